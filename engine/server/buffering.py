"""Takes a body to a writer, buffer by buffer, whatever its size.

While a worker stores one buffer, the loop collects the next; the client is told to wait when both are full. So memory
is bounded by two buffers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

from engine.server import bounds
from engine.server.workers import Workers

Write = Callable[[bytes], None]


class BufferedBody:
    """One body being written: at most one buffer with a worker, one being filled.

    Loop's thread, but for `settle` and `drain`.

    Args:
        write: Stores the next bytes. Blocks.
        workers: Where it runs.
    """

    def __init__(self, write: Write, workers: Workers) -> None:
        self._write = write
        self._workers = workers
        self._buffer: list[bytes] = []
        self._buffer_bytes = 0
        self._writing: Future[None] | None = None

    async def add(self, piece: bytes) -> None:
        """Take the next piece; returns once there is room for more.

        Args:
            piece: Never changed afterwards.

        Raises:
            StorageError: What writing an earlier one raised.
        """
        self._buffer.append(piece)
        self._buffer_bytes += len(piece)
        if self._buffer_bytes >= bounds.WRITE_BUFFER_BYTES:
            await self._hand_over()

    async def flush(self) -> None:
        """Return when everything is written.

        Raises:
            StorageError: What writing raised.
        """
        if self._buffer:
            await self._hand_over()
        await self._written()

    def settle(self) -> None:
        """Wait for the write that may still run; one that has not begun is dropped, never waited for. Blocks."""
        if self._writing is not None and not self._writing.cancel():
            self._writing.exception()

    def drain(self) -> None:
        """Write what is still held, after the write that may still run. Blocks; in a worker, whose turns are in order.

        Raises:
            StorageError: What writing raised.
        """
        if self._writing is not None:
            self._writing.result()
            self._writing = None
        if self._buffer:
            _write(self._write, self._buffer)
            self._buffer = []

    async def _hand_over(self) -> None:
        await self._written()
        self._writing = self._workers.submit(_write, self._write, self._buffer)
        self._buffer, self._buffer_bytes = [], 0

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.shield(asyncio.wrap_future(self._writing))
            self._writing = None


def _write(write: Write, pieces: list[bytes]) -> None:
    write(b"".join(pieces))
