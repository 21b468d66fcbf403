"""Checksums of uploads that are not complete, remembered while the process lives.

The state of a hash is not portable: after a restart, or where too many uploads go on at once, the bytes are read again
once they are complete.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from engine import limits
from engine.backends.base import BackendReader

if TYPE_CHECKING:
    from hashlib import _Hash

_START: Final = 0


class RunningHashes:
    """Remembers how far each upload is hashed. Any thread.

    Args:
        capacity: How many uploads at most; the longest unused are forgotten.
    """

    def __init__(self, capacity: int = limits.RESUMABLE_HASHES_MAX) -> None:
        self._lock = threading.Lock()
        self._capacity = capacity
        self._known: OrderedDict[str, tuple[int, _Hash]] = OrderedDict()

    def take(self, upload_id: str, offset_bytes: int) -> _Hash | None:
        """Return the hash of an upload's first bytes, to go on with, or None where it is not known.

        Args:
            upload_id: Which.
            offset_bytes: How many bytes.
        """
        if offset_bytes == _START:
            return hashlib.sha256()
        with self._lock:
            known_bytes, known = self._known.pop(upload_id, (-1, None))
        return known if known_bytes == offset_bytes else None

    def keep(self, upload_id: str, offset_bytes: int, known: _Hash | None) -> None:
        """Remember the hash of an upload's first bytes.

        Args:
            upload_id: Which.
            offset_bytes: How many bytes.
            known: None forgets it.
        """
        with self._lock:
            self._known.pop(upload_id, None)
            if known is not None and offset_bytes:
                self._known[upload_id] = offset_bytes, known
                while len(self._known) > self._capacity:
                    self._known.popitem(last=False)


def checksum_of(reader: BackendReader) -> str:
    """Return the SHA-256 of all that a reader reads, as 64 hexadecimal digits.

    Args:
        reader: Stays open.

    Raises:
        IoError: The system refused.
    """
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(limits.HASH_CHUNK_BYTES))
    offset = 0
    while count := reader.readinto_at(offset, buffer):
        sha256.update(buffer[:count])
        offset += count
    return sha256.hexdigest()
