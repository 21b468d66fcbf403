"""The fast way of one file into another: written by one thread, hashed by another from the same buffers.

The checksum is that of the bytes that were written, whatever happens to the source meanwhile, and costs no second
reading. Where the file system can share content between files (reflinks), nothing is copied at all, and the clone is
read back instead. Write-back is started early, so that the final fsync finds little left to do.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from typing import Final

from engine import limits
from engine.backends.base import Monitor
from engine.backends.system_calls import clone, start_writeback

_WRITEBACK_BYTES: Final = 16 * limits.MIB
_WRITE_BYTES: Final = 128 * limits.KIB
"""One write. Larger ones were measured ten times slower on ext4 (Linux 6.18): 1 MiB took 3 s a GiB, 128 KiB 0.35 s."""

_BUFFERS: Final = 4
_Filled = tuple[memoryview, int]


class _Hasher(threading.Thread):
    """Hashes buffers in the order in which they were filled, and hands them back."""

    def __init__(self) -> None:
        super().__init__(name="ingest", daemon=True)
        self._sha256 = hashlib.sha256()
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._filled: queue.SimpleQueue[_Filled | None] = queue.SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(memoryview(bytearray(limits.HASH_CHUNK_BYTES)))

    def run(self) -> None:
        """Hash until told to stop."""
        while (filled := self._filled.get()) is not None:
            buffer, count = filled
            self._sha256.update(buffer[:count])
            self._free.put(buffer)

    def buffer(self) -> memoryview:
        """Return a buffer that may be filled, waiting for one if hashing is behind."""
        return self._free.get()

    def take(self, buffer: memoryview, count: int) -> None:
        """Hash the first `count` bytes of a buffer, which is not to be touched from now on."""
        self._filled.put((buffer, count))

    def stop(self) -> None:
        """Hash what was taken and join."""
        self._filled.put(None)
        self.join()

    def hexdigest(self) -> str:
        """Return the checksum; after `stop`."""
        return self._sha256.hexdigest()


def copy_and_hash(source_fd: int, target_fd: int, size_bytes: int, monitor: Monitor) -> tuple[int, str]:
    """Copy a file from its start and return how many bytes came over and their SHA-256.

    Args:
        source_fd: Readable, at its start.
        target_fd: Readable and writable, empty.
        size_bytes: How many bytes to take at most.
        monitor: Called about every 8 MiB and at the end; raises to stop.

    Raises:
        OSError: Reading or writing failed.
    """
    if clone(source_fd, target_fd):
        if os.fstat(target_fd).st_size > size_bytes:
            os.ftruncate(target_fd, size_bytes)
        return _hash(target_fd, monitor)
    hasher = _Hasher()
    hasher.start()
    try:
        copied = _copy(source_fd, target_fd, size_bytes, hasher, monitor)
    finally:
        hasher.stop()
    return copied, hasher.hexdigest()


def _copy(source_fd: int, target_fd: int, size_bytes: int, hasher: _Hasher, monitor: Monitor) -> int:
    """Write what is read, and have it hashed."""
    copied = told = flushed = 0
    while copied < size_bytes:
        buffer = hasher.buffer()
        count = _read(source_fd, buffer[: min(len(buffer), size_bytes - copied)])
        if count == 0:
            break
        write_all(target_fd, buffer[:count])
        hasher.take(buffer, count)
        copied += count
        if copied - told >= limits.COPY_CHUNK_BYTES:
            told = copied
            monitor(copied)
        if copied - flushed >= _WRITEBACK_BYTES:
            start_writeback(target_fd, flushed, copied - flushed)
            flushed = copied
    monitor(copied)
    return copied


def _hash(fd: int, monitor: Monitor) -> tuple[int, str]:
    """Return length and checksum of a file."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(limits.HASH_CHUNK_BYTES))
    done = 0
    while count := read_at(fd, buffer, done):
        sha256.update(buffer[:count])
        done += count
        if done % limits.COPY_CHUNK_BYTES == 0:
            monitor(done)
    monitor(done)
    return done, sha256.hexdigest()


def _read(fd: int, buffer: memoryview) -> int:
    """Fill `buffer` from the file's offset and return how many bytes were read; 0 at the end."""
    if hasattr(os, "readv"):
        return os.readv(fd, [buffer])
    data = os.read(fd, len(buffer))
    buffer[: len(data)] = data
    return len(data)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of `data` at the present offset.

    Raises:
        OSError: The system refused.
    """
    if len(data) <= _WRITE_BYTES:
        done = os.write(fd, data)
        if done == len(data):
            return
        data = data[done:]
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view[:_WRITE_BYTES]) :]


def read_at(fd: int, buffer: memoryview, offset: int) -> int:
    """Fill `buffer` from `offset` without moving the file's own offset. POSIX only.

    Returns:
        How many bytes were read; 0 at the end.
    """
    if hasattr(os, "preadv"):
        return os.preadv(fd, [buffer], offset)
    data = os.pread(fd, len(buffer), offset)
    buffer[: len(data)] = data
    return len(data)
