"""Takes a body into an upload, whatever its size; nothing is kept of one that does not come to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from engine.cancel import CancelToken
from engine.files.uploads import UploadSession
from engine.server.buffering import BufferedBody
from engine.server.connection import Wire
from engine.server.workers import Workers
from engine.types import StorageObject

T = TypeVar("T")


class Uploads:
    """Carries bodies into upload sessions.

    Args:
        workers: Where the engine's calls run.
        commits: Where those run that store what has come, which may have to wait for a scanner.
    """

    def __init__(self, workers: Workers, commits: Workers) -> None:
        self._workers = workers
        self._commits = commits

    async def store(
        self, begin: Callable[[], UploadSession], pieces: AsyncIterator[bytes], wire: Wire
    ) -> StorageObject:
        """Store a body as one object, or nothing of it.

        Args:
            begin: Opens the session; checks everything that can be checked before the first byte.
            pieces: The content; read only after `begin` has agreed.
            wire: The client's; once it leaves nobody waits for a scanner any more.

        Returns:
            The object, durable.

        Raises:
            StorageError: What the session refuses.
            ClientGone: The client left before the end.
        """
        session = await self._begin(begin)
        body = BufferedBody(session.write, self._workers)
        try:
            async for piece in pieces:
                await body.add(piece)
            await body.flush()
        except BaseException as error:
            await self._undo(body, session, wait=not isinstance(error, asyncio.CancelledError))
            raise
        return await committed(self._commits, wire, partial(_commit, session))

    async def _undo(self, body: BufferedBody, session: UploadSession, *, wait: bool) -> None:
        """Throw away what was written; a server that is being stopped does not wait for it."""
        undone = self._workers.submit(_abort, body, session)
        if wait:
            await asyncio.shield(asyncio.wrap_future(undone))

    async def _begin(self, begin: Callable[[], UploadSession]) -> UploadSession:
        started = self._workers.submit(begin)
        try:
            return await asyncio.wrap_future(started)
        except asyncio.CancelledError:
            started.add_done_callback(_abort_unwanted)
            raise


def _abort(body: BufferedBody, session: UploadSession) -> None:
    """Throw away what was written, after the write that may still run."""
    body.settle()
    session.abort()


async def committed(commits: Workers, wire: Wire, commit: Callable[[CancelToken], T]) -> T:
    """Let a worker store what has come; a scan is given up when the client leaves, or the server is to stop.

    Args:
        commits: Where that runs; goes on to its end in any case.
        wire: The client's.
        commit: Stores; told by what it is cancelled.
    """
    cancel = CancelToken()
    wire.on_lost(cancel.cancel)
    if wire.disconnected:
        cancel.cancel()
    try:
        return await asyncio.shield(asyncio.wrap_future(commits.submit(commit, cancel)))
    except asyncio.CancelledError:
        cancel.cancel()
        raise
    finally:
        wire.on_lost(None)


def _commit(session: UploadSession, cancel: CancelToken) -> StorageObject:
    """Commit, or leave nothing behind."""
    with session:
        return session.commit(cancel)


def _abort_unwanted(started: Future[UploadSession]) -> None:
    if not started.cancelled() and started.exception() is None:
        started.result().abort()
