"""Takes a body into an upload, piece by piece, whatever its size.

While a worker hashes and stores one buffer, the loop collects the next; the client is told to wait when both are
full. So memory is bounded by two buffers, and nothing is kept of a body that does not come to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future

from engine.files.uploads import UploadSession
from engine.server import bounds
from engine.server.workers import Workers
from engine.types import StorageObject


class Uploads:
    """Carries bodies into upload sessions.

    Args:
        workers: Where the engine's calls run.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def store(self, begin: Callable[[], UploadSession], pieces: AsyncIterator[bytes]) -> StorageObject:
        """Store a body as one object, or nothing of it.

        Args:
            begin: Opens the session; checks everything that can be checked before the first byte.
            pieces: The content; read only after `begin` has agreed.

        Returns:
            The object, durable.

        Raises:
            StorageError: What the session refuses.
            ClientGone: The client left before the end.
        """
        session = await self._begin(begin)
        transfer = _Transfer(session, self._workers)
        try:
            async for piece in pieces:
                await transfer.add(piece)
            await transfer.flush()
        except BaseException as error:
            await self._undo(transfer, wait=not isinstance(error, asyncio.CancelledError))
            raise
        return await asyncio.shield(asyncio.wrap_future(self._workers.submit(_commit, session)))

    async def _undo(self, transfer: _Transfer, *, wait: bool) -> None:
        """Throw away what was written; a server that is being stopped does not wait for it."""
        undone = self._workers.submit(transfer.abort)
        if wait:
            await asyncio.shield(asyncio.wrap_future(undone))

    async def _begin(self, begin: Callable[[], UploadSession]) -> UploadSession:
        started = self._workers.submit(begin)
        try:
            return await asyncio.wrap_future(started)
        except asyncio.CancelledError:
            started.add_done_callback(_abort_unwanted)
            raise


class _Transfer:
    """One session being written: at most one buffer with a worker, one being filled."""

    def __init__(self, session: UploadSession, workers: Workers) -> None:
        self._session = session
        self._workers = workers
        self._buffer: list[bytes] = []
        self._buffer_bytes = 0
        self._writing: Future[None] | None = None

    async def add(self, piece: bytes) -> None:
        self._buffer.append(piece)
        self._buffer_bytes += len(piece)
        if self._buffer_bytes >= bounds.WRITE_BUFFER_BYTES:
            await self._hand_over()

    async def flush(self) -> None:
        if self._buffer:
            await self._hand_over()
        await self._written()

    def abort(self) -> None:
        """Abort after the write that may still run; one that has not begun is dropped, never waited for. Blocks."""
        if self._writing is not None and not self._writing.cancel():
            self._writing.exception()
        self._session.abort()

    async def _hand_over(self) -> None:
        await self._written()
        self._writing = self._workers.submit(_write, self._session, self._buffer)
        self._buffer, self._buffer_bytes = [], 0

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.shield(asyncio.wrap_future(self._writing))
            self._writing = None


def _write(session: UploadSession, pieces: list[bytes]) -> None:
    session.write(b"".join(pieces))


def _commit(session: UploadSession) -> StorageObject:
    """Commit, or leave nothing behind."""
    with session:
        return session.commit()


def _abort_unwanted(started: Future[UploadSession]) -> None:
    if not started.cancelled() and started.exception() is None:
        started.result().abort()
