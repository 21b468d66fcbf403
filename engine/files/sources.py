"""Files of this computer as the sources of uploads."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final

from engine.errors import SourceChanged, SourceUnreadable

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Without waiting: opening a pipe must not hang an upload."""


class SourceFile:
    """An open regular file, read from its start; knows whether somebody wrote to it since it was opened.

    A bulk upload opens thousands, so it holds a bare descriptor: Python's own file objects cost more than the reading.

    Attributes:
        fd: Its descriptor.
        name: What it was opened as.
        size_bytes: Its length when it was opened.
        modified_us: Its modification time then, in microseconds since the epoch.
    """

    __slots__ = ("_modified_ns", "fd", "modified_us", "name", "size_bytes")

    def __init__(self, source: Path | str) -> None:
        """Open the file.

        Raises:
            SourceUnreadable: It is missing, of another kind, or not readable.
        """
        self.name = str(source)
        try:
            self.fd = os.open(self.name, _FLAGS)
        except (OSError, ValueError) as error:
            raise SourceUnreadable(f"Cannot read the file ({_reason(error)})", path=self.name) from error
        found = os.fstat(self.fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(self.fd)
            raise SourceUnreadable("Not a regular file", path=self.name)
        self.size_bytes = found.st_size
        self._modified_ns = found.st_mtime_ns
        self.modified_us = self._modified_ns // 1000

    def __enter__(self) -> SourceFile:
        """Return the file."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close it."""
        os.close(self.fd)

    def read(self, count: int) -> bytes:
        """Return the next bytes, at most `count`.

        Raises:
            SourceUnreadable: The system refused.
        """
        try:
            return os.read(self.fd, count)
        except OSError as error:
            raise SourceUnreadable(f"Cannot read the file ({_reason(error)})", path=self.name) from error

    def stream(self) -> FileIO:
        """Return an unbuffered file object over the same descriptor, back at the start; it need not be closed."""
        os.lseek(self.fd, 0, os.SEEK_SET)
        return FileIO(self.fd, "rb", closefd=False)

    def check_unchanged(self, read_bytes: int) -> None:
        """Refuse a file that somebody wrote to while it was read.

        Args:
            read_bytes: How many bytes came out of it.

        Raises:
            SourceChanged: Size, time or length of what was read differ.
        """
        now = os.fstat(self.fd)
        if now.st_mtime_ns != self._modified_ns or now.st_size != self.size_bytes or read_bytes != self.size_bytes:
            raise SourceChanged("The file changed while it was read", path=self.name)

    def check_ended(self) -> None:
        """Refuse a file that goes on beyond the size it gave, such as one that the system makes up as it is read.

        Raises:
            SourceChanged: There is more to read.
        """
        if self.read(1):
            raise SourceChanged("The file is longer than its size", path=self.name)


def _reason(error: OSError | ValueError) -> str:
    """Return why a file cannot be had; a name with a NUL is no OSError."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
