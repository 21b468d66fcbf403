"""Writes one staged file of the local backend."""

from __future__ import annotations

import os
from typing import Final

from engine import limits
from engine.backends.base import Staged
from engine.backends.folders import Folder
from engine.backends.ingest import write_all
from engine.backends.system_calls import start_writeback
from engine.failpoints import Failpoint, Failpoints
from engine.hashing import PipelinedHasher
from engine.os_errors import from_os_error

_WRITEBACK_BYTES: Final = 32 * limits.MIB


class LocalWriter:
    """Streams one staged file, hashing as it goes."""

    def __init__(self, folder: Folder, staged_id: str, failpoints: Failpoints) -> None:
        self._folder = folder
        self._failpoints = failpoints
        self._staged_id = staged_id
        self._hasher = PipelinedHasher()
        self._size_bytes = 0
        self._flushed_bytes = 0
        self._fd = folder.open(staged_id, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        failpoints.reach(Failpoint.STAGE_CREATED)

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises:
            IoError: The system refused; the writer is of no more use.
        """
        self._hasher.update(data)
        try:
            write_all(self._fd, data)
        except OSError as error:
            raise from_os_error(error) from error
        self._size_bytes += len(data)
        if self._size_bytes - self._flushed_bytes >= _WRITEBACK_BYTES:
            start_writeback(self._fd, self._flushed_bytes, self._size_bytes - self._flushed_bytes)
            self._flushed_bytes = self._size_bytes

    def finish(self) -> Staged:
        """Make the bytes and their name durable.

        Raises:
            IoError: The system refused; nothing is promised about the bytes, throw them away.
        """
        self._failpoints.reach(Failpoint.STAGE_WRITTEN)
        self._failpoints.reach(Failpoint.STAGE_FLUSH)
        try:
            os.fsync(self._fd)
            self._folder.sync()
        except OSError as error:
            raise from_os_error(error) from error
        self._failpoints.reach(Failpoint.STAGE_FLUSHED)
        self._close()
        return Staged(self._staged_id, self._size_bytes, self._hasher.hexdigest())

    def abort(self) -> None:
        """Throw the bytes away."""
        self._close()
        self._hasher.close()
        if self._folder.stat(self._staged_id) is not None:
            self._folder.unlink(self._staged_id)

    def _close(self) -> None:
        """Close the file once."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
