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
    """Open a regular file, unbuffered, under its own name.

    Raises:
        SourceUnreadable: It is missing, of another kind, or not readable.
    """
    try:
        file = FileIO(str(source), "rb", opener=_open)
    except (OSError, ValueError) as error:
        raise SourceUnreadable(f"Cannot read the file ({_reason(error)})", path=str(source)) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SourceUnreadable("Not a regular file", path=str(source))
    return file


def read_source(file: FileIO, count: int) -> bytes:
    """Return the next bytes of an open source, at most `count`.

    Raises:
        SourceUnreadable: The system refused.
    """
    try:
        return os.read(file.fileno(), count)
    except OSError as error:
        raise SourceUnreadable(f"Cannot read the file ({_reason(error)})", path=str(file.name)) from error


def check_unchanged(before: os.stat_result, after: os.stat_result, staged: Staged, source: str) -> None:
    """Refuse a file that somebody wrote to while it was read.

    Raises:
        SourceChanged: Size, time or length of what was read differ.
    """
    same = before.st_size == after.st_size and before.st_mtime_ns == after.st_mtime_ns
    if not same or staged.size_bytes != before.st_size:
        raise SourceChanged("The file changed while it was read", path=source)


def check_ended(file: FileIO) -> None:
    """Refuse a file that goes on beyond the size it gave, such as one that the system makes up as it is read.

    Raises:
        SourceChanged: There is more to read.
    """
    if read_source(file, 1):
        raise SourceChanged("The file is longer than its size", path=str(file.name))


def _open(path: str, _flags: int) -> int:
    """Open without ever waiting."""
    return os.open(path, _FLAGS)


def _reason(error: OSError | ValueError) -> str:
    """Return why a file cannot be had; a name with a NUL is no OSError."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
