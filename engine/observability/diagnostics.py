"""Takes the program's own warnings and errors into the log of a workspace, beside what was done.

They go where they went before as well: to the standard error stream, unless somebody has set up logging otherwise.
"""

from __future__ import annotations

import logging
from typing import Final

from engine import limits
from engine.observability.log_book import LogBook
from engine.observability.log_lines import Line, LogLevel

ROOMS: Final = ("engine", "app")
"""Whose warnings are taken; those of libraries are not ours to judge."""


class WarningsTaken(logging.Handler):
    """Writes warnings into a log until that is closed. Any thread.

    Args:
        log: Where to.
    """

    def __init__(self, log: LogBook) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        for room in ROOMS:
            logging.getLogger(room).addHandler(self)
        log.on_close(self.stop)

    def stop(self) -> None:
        """Take no more."""
        for room in ROOMS:
            logging.getLogger(room).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one down."""
        level = LogLevel.ERROR if record.levelno >= logging.ERROR else LogLevel.WARNING
        if level >= self._log.level:
            self._log.add(Line(record.created, level, record.name, "message", more=_more(record)))
        if not logging.getLogger().handlers and logging.lastResort is not None:
            logging.lastResort.handle(record)


def _more(record: logging.LogRecord) -> dict[str, object]:
    """Return the text, and the end of what led to it: there it says what happened."""
    try:
        more: dict[str, object] = {"message": record.getMessage()}
    except Exception:  # noqa: BLE001 - a wrong call of the logger is worth a line, not a crash
        more = {"message": str(record.msg)}
    if record.exc_info:
        more["trace"] = logging.Formatter().formatException(record.exc_info)[-limits.LOG_TEXT_MAX :]
    return more
