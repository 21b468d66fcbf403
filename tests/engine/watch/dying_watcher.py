"""A process that takes changes in and is killed at a step of the protocol.

python dying_watcher.py DATA_DIR FAILPOINT

Says `ready` once it watches.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.config import load_settings
from engine.failpoints import Failpoint
from engine.secrets import FixedSecrets
from engine.watch.hints import Settling
from engine.watch.watcher import Watcher
from engine.workspace import open_workspace


class Dying:
    """Failpoints at one of which the watching thread takes the process with it."""

    def __init__(self, point: Failpoint) -> None:
        self._point = point

    def reach(self, point: Failpoint) -> None:
        if point is self._point and threading.current_thread().name == "holdall-watch":
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    settings = load_settings(Path(sys.argv[1]), environ={"HOLDALL_OUTSIDE_CHANGES": "take-in"})
    with open_workspace(settings, FixedSecrets(bytes(32)), failpoints=Dying(Failpoint(sys.argv[2]))) as workspace:
        watcher = Watcher(workspace.watcher._ground, settings.storage_dir, settings.outside_changes, Settling(0.1, 0.3))
        watcher.start()
        assert watcher.ready.wait(20)
        print("ready", flush=True)
        sys.stdin.readline()
        watcher.close()


if __name__ == "__main__":
    main()
