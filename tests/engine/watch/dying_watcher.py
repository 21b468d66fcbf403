"""A nursery of processes that take changes in and are killed at a step of the protocol; see `crash/nursery.py`.

{"start": {"data_dir": …, "point": the step, "ready": the file that is made once it watches}}
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.config import load_settings
from engine.failpoints import Failpoint
from engine.secrets import FixedSecrets
from engine.watch.hints import Settling
from engine.watch.watcher import Watcher
from engine.workspace import open_workspace
from tests.engine.crash.nursery import serve

LIFE_S = 60
"""Whom nothing kills until then ends as if all were well."""


class Dying:
    """Failpoints at one of which the watching thread takes the process with it."""

    def __init__(self, point: Failpoint) -> None:
        self._point = point

    def reach(self, point: Failpoint) -> None:
        if point is self._point and threading.current_thread().name == "holdall-watch":
            os.kill(os.getpid(), signal.SIGKILL)


def run(plan: dict[str, Any]) -> None:
    """Watch a data folder."""
    logging.disable()
    settings = load_settings(Path(plan["data_dir"]), environ={"HOLDALL_OUTSIDE_CHANGES": "take-in"})
    with open_workspace(settings, FixedSecrets(bytes(32)), failpoints=Dying(Failpoint(plan["point"]))) as workspace:
        watcher = Watcher(workspace.watcher._ground, settings.storage_dir, settings.outside_changes, Settling(0.1, 0.3))
        watcher.start()
        assert watcher.ready.wait(20)
        Path(plan["ready"]).touch()
        time.sleep(LIFE_S)
        watcher.close()


if __name__ == "__main__":
    serve(run)
