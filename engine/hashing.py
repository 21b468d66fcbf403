"""SHA-256 beside the writing of the same bytes, on its own thread once there is enough to share.

`hashlib` releases the GIL for large buffers, so on two cores hashing costs no time next to the disk.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from typing import Final

from engine.limits import MIB

_INLINE_BYTES: Final = 4 * MIB
"""Up to here a thread would cost more than it saves."""

_QUEUE_BUFFERS: Final = 4


class PipelinedHasher:
    """Takes buffers in order and hashes them behind the caller's back. One caller at a time."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._inline_bytes = 0
        self._queue: queue.Queue[bytes | None] = queue.Queue(_QUEUE_BUFFERS)
        self._thread: threading.Thread | None = None

    def update(self, data: bytes) -> None:
        """Add `data`, which must not change afterwards; waits only when hashing falls behind."""
        if self._thread is None and self._inline_bytes + len(data) <= _INLINE_BYTES:
            self._inline_bytes += len(data)
            self._sha256.update(data)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hasher", daemon=True)
            self._thread.start()
        self._queue.put(data)

    def hexdigest(self) -> str:
        """Return the checksum of everything added, as 64 hexadecimal digits. Ends the thread."""
        self.close()
        return self._sha256.hexdigest()

    def close(self) -> None:
        """End the thread, if there is one; safe to call again."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        """Hash queued buffers until told to stop."""
        while (data := self._queue.get()) is not None:
            self._sha256.update(data)
