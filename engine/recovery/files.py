"""What a stored file tells about the object that it was."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from dataclasses import dataclass
from typing import Final

from engine import limits
from engine.backends.base import BackendReader, StorageBackend, StoredEntry
from engine.backends.names import original
from engine.errors import InvalidKey
from engine.files.throttle import ProgressMeter
from engine.metadata.executor import AnyRow
from engine.mime import sniff
from engine.paths import validate_object_path
from engine.times import now_us

_MARKER_TYPE: Final = "application/x-directory"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that was read.

    Attributes:
        key: Where it is.
        size_bytes: Its length.
        checksum: Its SHA-256, 64 hexadecimal digits.
        head: Its first bytes, from which its type is told.
        modified_us: When it was written, in microseconds since 1970, UTC.
    """

    key: str
    size_bytes: int
    checksum: str
    head: bytes
    modified_us: int

    def mime_type(self, path: str) -> str:
        """Return the type of the object that has this content under `path`."""
        return _MARKER_TYPE if path.endswith("/") and not self.size_bytes else sniff(self.head, path)


def read_file(
    backend: StorageBackend,
    entry: StoredEntry,
    meter: ProgressMeter,
    row: AnyRow | None = None,
    known_us: int | None = None,
) -> FoundFile | None:
    """Read a stored file.

    Args:
        backend: Where it is.
        entry: Which.
        meter: Told of its bytes.
        row: What is known of it, or None. A file of that length that is no younger is taken for known, unless it may
            have come to its name, with the times that it had, since that was known.
        known_us: Until when `row` is surely right, in microseconds since 1970, UTC; None where nobody can say.

    Returns:
        What it holds, or None where that is known or it is gone.

    Raises:
        IoError: It cannot be read.
        Cancelled: The caller cancelled.
    """
    reader = backend.open(entry.key)
    if reader is None:
        return None
    with contextlib.closing(reader):
        written_us = modified_us(reader)
        is_like_it = row is not None and reader.size_bytes == row.size_bytes and written_us <= row.updated_at
        if is_like_it and _is_unchanged_since(reader, known_us):
            meter.moved(entry.size_bytes, entry.key)
            return None
        found = FoundFile(entry.key, reader.size_bytes, *_content_of(reader, entry.key, meter), written_us)
    return None if row is not None and found.checksum == row.checksum else found


def path_of(physical_path: str) -> tuple[str | None, bool]:
    """Return the path of the object whose bytes are at a physical path, relative to its bucket.

    Returns:
        The path, or None where no object can have it, and whether it is surely the one.
    """
    path, sure = original(physical_path)
    try:
        return validate_object_path(path), sure
    except InvalidKey:
        return None, False


def _content_of(reader: BackendReader, key: str, meter: ProgressMeter) -> tuple[str, bytes]:
    """Return the SHA-256 and the first bytes of what a reader holds."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(min(limits.HASH_CHUNK_BYTES, max(reader.size_bytes, 1))))
    head, offset = b"", 0
    while count := reader.readinto_at(offset, buffer):
        head = head or bytes(buffer[: min(count, limits.SNIFF_BYTES)])
        sha256.update(buffer[:count])
        offset += count
        meter.moved(count, key)
    meter.moved(0, key)
    return sha256.hexdigest(), head


def modified_us(reader: BackendReader) -> int:
    """Return when a file was last written, in microseconds since 1970; now, where the backend does not know."""
    fd = reader.fileno()
    return now_us() if fd is None else os.fstat(fd).st_mtime_ns // 1000


def _is_unchanged_since(reader: BackendReader, known_us: int | None) -> bool:
    """Return whether a file surely was neither written nor renamed after a moment.

    Windows keeps no time of the last change; what stands there has that name is the time of creation.
    """
    fd = reader.fileno()
    if known_us is None or fd is None or sys.platform == "win32":
        return False
    return os.fstat(fd).st_ctime_ns // 1000 <= known_us
