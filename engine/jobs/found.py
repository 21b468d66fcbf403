"""Bytes that belong to no row, looked up by what they are. One thread.

Only bytes of a size that is asked for are read, and none twice: a store that lost its database has as many of them as
objects.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable

from engine.backends.base import StoredEntry


class FoundBytes:
    """Finds bytes by size and checksum.

    Args:
        entries: What was found, the preferred first.
        checksum_of: Reads one and returns its SHA-256, or None where it cannot be read.
    """

    def __init__(self, entries: Iterable[StoredEntry], checksum_of: Callable[[StoredEntry], str | None]) -> None:
        self._checksum_of = checksum_of
        self._unread: defaultdict[int, list[StoredEntry]] = defaultdict(list)
        self._read: defaultdict[tuple[int, str | None], deque[StoredEntry]] = defaultdict(deque)
        for entry in entries:
            self._unread[entry.size_bytes].append(entry)

    def matching(self, size_bytes: int, checksum: str) -> deque[StoredEntry]:
        """Return what has exactly these bytes; the caller takes out what it uses.

        Args:
            size_bytes: Length.
            checksum: SHA-256, 64 hexadecimal digits.
        """
        for entry in self._unread.pop(size_bytes, ()):
            self._read[size_bytes, self._checksum_of(entry)].append(entry)
        return self._read[size_bytes, checksum]
