"""The fast way of one file into another: the kernel copies on one thread while the other hashes the copy.

What is hashed is the destination, read back while it is still in memory, so that the checksum is that of the
stored bytes whatever happens to the source meanwhile. Write-back is started early, so that the final fsync
finds little left to do.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from typing import Final

from engine import limits
from engine.backends.base import Monitor
from engine.backends.system_calls import start_writeback

_WRITEBACK_BYTES: Final = 32 * limits.MIB
_NO_KERNEL_COPY: Final = frozenset(
    {errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF, errno.EISDIR}
)


class _Copier(threading.Thread):
    """Copies on its own thread and tells how far it got."""

    def __init__(self, source_fd: int, target_fd: int, size_bytes: int) -> None:
        super().__init__(name="ingest", daemon=True)
        self._source_fd = source_fd
        self._target_fd = target_fd
        self._size_bytes = size_bytes
        self._moved = threading.Condition()
        self._copied_bytes = 0
        self._ended = False
        self._stopping = False
        self._error: OSError | None = None

    def run(self) -> None:
        """Copy until the size is reached, the source ends, or somebody stops it."""
        try:
            self._copy()
        except OSError as error:
            self._error = error
        finally:
            with self._moved:
                self._ended = True
                self._moved.notify()

    def wait_beyond(self, offset: int) -> int:
        """Wait for bytes beyond `offset` and return how many are there in all; `offset` again at the end.

        Raises:
            OSError: What the copying failed with.
        """
        with self._moved:
            self._moved.wait_for(lambda: self._copied_bytes > offset or self._ended)
            if self._error is not None:
                raise self._error
            return self._copied_bytes

    def stop(self) -> None:
        """Stop and join."""
        self._stopping = True
        self.join()

    def _copy(self) -> None:
        move = _kernel_copy if hasattr(os, "copy_file_range") else _plain_copy
        flushed = copied = 0
        while copied < self._size_bytes and not self._stopping:
            want = min(limits.COPY_CHUNK_BYTES, self._size_bytes - copied)
            try:
                count = move(self._source_fd, self._target_fd, want)
            except OSError as error:
                if move is _plain_copy or copied or error.errno not in _NO_KERNEL_COPY:
                    raise
                move = _plain_copy
                continue
            if count == 0:
                return
            copied += count
            with self._moved:
                self._copied_bytes = copied
                self._moved.notify()
            if copied - flushed >= _WRITEBACK_BYTES:
                start_writeback(self._target_fd, flushed, copied - flushed)
                flushed = copied


def copy_and_hash(source_fd: int, target_fd: int, size_bytes: int, monitor: Monitor) -> tuple[int, str]:
    """Copy a file from its present offset and return how many bytes came over and their SHA-256.

    Args:
        source_fd: Readable.
        target_fd: Readable and writable, empty.
        size_bytes: How many bytes to take at most.
        monitor: Called about every 8 MiB; raises to stop.

    Raises:
        OSError: Reading or writing failed.
    """
    if not hasattr(os, "pread"):
        return _copy_then_hash(source_fd, target_fd, size_bytes, monitor)
    copier = _Copier(source_fd, target_fd, size_bytes)
    copier.start()
    try:
        return _hash_behind(copier, target_fd, monitor)
    finally:
        copier.stop()


def _hash_behind(copier: _Copier, target_fd: int, monitor: Monitor) -> tuple[int, str]:
    """Hash the destination as it grows."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(limits.HASH_CHUNK_BYTES))
    hashed = 0
    while (copied := copier.wait_beyond(hashed)) > hashed:
        while hashed < copied:
            count = read_at(target_fd, buffer[: min(len(buffer), copied - hashed)], hashed)
            if count == 0:
                raise OSError(errno.EIO, "The file ended early")
            sha256.update(buffer[:count])
            hashed += count
        monitor(hashed)
    return hashed, sha256.hexdigest()


def _copy_then_hash(source_fd: int, target_fd: int, size_bytes: int, monitor: Monitor) -> tuple[int, str]:
    """Do both in turn, where files have no positioned reads."""
    sha256 = hashlib.sha256()
    done = 0
    while done < size_bytes and (data := os.read(source_fd, min(limits.COPY_CHUNK_BYTES, size_bytes - done))):
        write_all(target_fd, data)
        sha256.update(data)
        done += len(data)
        monitor(done)
    return done, sha256.hexdigest()


def _kernel_copy(source_fd: int, target_fd: int, count: int) -> int:
    """Copy inside the kernel, by reference where the file system can. Linux alone has the call."""
    return os.copy_file_range(source_fd, target_fd, count)  # type: ignore[attr-defined,unused-ignore]


def _plain_copy(source_fd: int, target_fd: int, count: int) -> int:
    """Copy through memory."""
    data = os.read(source_fd, count)
    write_all(target_fd, data)
    return len(data)


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data` at the present offset.

    Raises:
        OSError: The system refused.
    """
    written = os.write(fd, data)
    if written == len(data):
        return
    view = memoryview(data)[written:]
    while view:
        view = view[os.write(fd, view) :]


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
