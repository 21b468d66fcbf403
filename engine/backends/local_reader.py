"""Reads one open file of the local backend."""

from __future__ import annotations

import os
import threading

from engine.backends.ingest import read_at
from engine.os_errors import from_os_error


class LocalReader:
    """Holds a descriptor: the bytes stay readable after a rename over the file, or its removal.

    Args:
        fd: Open for reading; the reader closes it.
        size_bytes: Its length.
    """

    def __init__(self, fd: int, size_bytes: int) -> None:
        self._fd = fd
        self._size_bytes = size_bytes
        self._seek_lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """Return the length that the file had when it was opened."""
        return self._size_bytes

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`; fewer only at the end.

        Raises:
            IoError: The system refused.
        """
        try:
            data = self._pread(offset, count)
            while len(data) < count and (more := self._pread(offset + len(data), count - len(data))):
                data += more
        except OSError as error:
            raise from_os_error(error) from error
        return data

    def readinto_at(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from `offset`.

        Returns:
            How many bytes were read; 0 at the end.

        Raises:
            IoError: The system refused.
        """
        try:
            if hasattr(os, "pread"):
                return read_at(self._fd, buffer, offset)
            data = self._pread(offset, len(buffer))
        except OSError as error:
            raise from_os_error(error) from error
        buffer[: len(data)] = data
        return len(data)

    def fileno(self) -> int:
        """Return the descriptor; it stays the reader's to close."""
        return self._fd

    def close(self) -> None:
        """Close the descriptor; safe to call again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _pread(self, offset: int, count: int) -> bytes:
        """Read at an offset, also where the system has no call for it."""
        if hasattr(os, "pread"):
            return os.pread(self._fd, count, offset)
        with self._seek_lock:
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.read(self._fd, count)
