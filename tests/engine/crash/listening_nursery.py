"""A nursery of processes that serve events, work, and die; a plan names the port, and at which step."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.server import StorageServer
from tests.engine.crash.load import Log, Worker
from tests.engine.crash.nursery import failpoints_of, serve
from tests.engine.crash.record import opened


def run(plan: dict[str, Any]) -> None:
    """Serve and work as a plan says, in this process."""
    logging.disable()
    log = Log(Path(plan["log"]))
    with opened(Path(plan["data_dir"]), failpoints_of(plan)) as workspace:
        server = StorageServer(workspace, port=plan["port"])
        server.start()
        Worker(workspace.storage, log, "w", plan["seed"], Path(plan["scratch"])).run(0)
        server.stop()


if __name__ == "__main__":
    serve(run)
