"""Files of this computer as the sources of uploads."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path
from typing import Final

from engine.backends.base import Staged
from engine.errors import SourceChanged, SourceUnreadable

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Without waiting: opening a pipe must not hang an upload."""


def open_source(source: Path) -> FileIO:
    """Open a regular file, unbuffered.

    Raises:
        SourceUnreadable: It is missing, of another kind, or not readable.
    """
    try:
        fd = os.open(source, _FLAGS)
    except OSError as error:
        raise SourceUnreadable(f"Cannot read the file ({error.strerror})", path=str(source)) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise SourceUnreadable("Not a regular file", path=str(source))
    return FileIO(fd, "rb")


def check_unchanged(before: os.stat_result, after: os.stat_result, staged: Staged, source: str) -> None:
    """Refuse a file that somebody wrote to while it was read.

    Raises:
        SourceChanged: Size, time or length of what was read differ.
    """
    same = before.st_size == after.st_size and before.st_mtime_ns == after.st_mtime_ns
    if not same or staged.size_bytes != before.st_size:
        raise SourceChanged("The file changed while it was read", path=source)
