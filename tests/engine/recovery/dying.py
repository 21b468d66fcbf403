"""A nursery of processes that restore, rebuild or back up, until they are killed; see `tests/engine/crash/nursery.py`.

{"start": {"work": "restore" | "rebuild" | "back up", "data_dir": …, "folder": …}}
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.config import load_settings
from engine.jobs.backups import Backups
from engine.recovery.recovery import Recovery
from tests.engine.crash.nursery import serve


def run(plan: dict[str, Any]) -> None:
    """Do what a plan says."""
    logging.disable()
    settings = load_settings(Path(plan["data_dir"]), environ={})
    match plan["work"]:
        case "restore":
            Recovery(settings).restore()
        case "rebuild":
            Recovery(settings).rebuild(force=True)
        case "back up":
            backups = Backups(settings.database_path, Path(plan["folder"]), 3, 1)
            while True:
                backups.make()


if __name__ == "__main__":
    serve(run)
