"""The bytes that are looked at: read by range, never by path, and never more than a look may cost."""

from __future__ import annotations

import io
from typing import Protocol

from engine.cancel import CancelToken


class Content(Protocol):
    """One content of one object, open for reading in somebody's name."""

    @property
    def name(self) -> str:
        """Return the last segment of its path."""

    @property
    def size_bytes(self) -> int:
        """Return how long it is."""

    @property
    def token(self) -> CancelToken:
        """Return what says that nobody waits any more."""

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`, fewer only at the end."""


class TooMuch(Exception):
    """A file asks for more reads, or for more bytes, than a look at it may cost."""


class Ranged(io.RawIOBase):
    """A content as a file for parsers of the standard library, with bounds that what it says of itself can't lift."""

    def __init__(self, content: Content, reads_max: int, bytes_max: int) -> None:
        """Args: what is read; how many reads and bytes it may take."""
        super().__init__()
        self._content = content
        self._reads_left = reads_max
        self._bytes_left = bytes_max
        self._place = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._content.size_bytes}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def read(self, count: int | None = -1) -> bytes:
        """Return the next bytes.

        Raises:
            TooMuch: It was asked for too much.
            Cancelled: Nobody waits any more.
        """
        left = max(self._content.size_bytes - self._place, 0)
        wanted = left if count is None or count < 0 else min(count, left)
        self._reads_left -= 1
        self._bytes_left -= wanted
        if self._reads_left < 0 or self._bytes_left < 0:
            raise TooMuch
        self._content.token.raise_if_cancelled()
        data = self._content.read_at(self._place, wanted)
        self._place += len(data)
        return data

    def exactly(self, count: int) -> bytes:
        """Return the next bytes, all of them.

        Raises:
            EOFError: There are not so many.
            TooMuch: As `read`.
        """
        data = self.read(count)
        if len(data) < count:
            raise EOFError
        return data
