"""A nursery of processes that restore, rebuild or back up, until they are killed; see `tests/engine/crash/nursery.py`.

{"start": {"work": "restore" | "rebuild" | "back up", "data_dir": …, "folder": …, "begun": …, "hold": …}}
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.cancel import CancelToken
from engine.config import load_settings
from engine.jobs.backups import Backups
from engine.recovery.recovery import Recovery
from tests.engine.crash.nursery import serve

HELD_S = 60


class Telling(CancelToken):
    """Is looked at in the middle of work: then it lays a file that says so, and may hold the work there.

    Args:
        begun: The file.
        hold: Whether to.
    """

    __slots__ = ("_begun", "_hold")

    def __init__(self, begun: Path, *, hold: bool) -> None:
        super().__init__()
        self._begun = begun
        self._hold = hold

    @property
    def cancelled(self) -> bool:
        if not self._begun.exists():
            self._begun.touch()
            time.sleep(HELD_S if self._hold else 0)
        return False

    def raise_if_cancelled(self) -> None:
        assert not self.cancelled


def run(plan: dict[str, Any]) -> None:
    """Do what a plan says."""
    logging.disable()
    settings = load_settings(Path(plan["data_dir"]), environ={})
    telling = Telling(Path(plan["begun"]), hold=plan["hold"])
    match plan["work"]:
        case "restore":
            Recovery(settings, cancel=telling).restore()
        case "rebuild":
            Recovery(settings, cancel=telling).rebuild(force=True)
        case "back up":
            backups = Backups(settings.database_path, Path(plan["folder"]), 3, 1)
            while True:
                backups.make(telling)


if __name__ == "__main__":
    serve(run)
