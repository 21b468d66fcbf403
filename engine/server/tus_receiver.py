"""Takes a body into a resumable upload. What came is kept, also of a client that leaves half way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from engine.cancel import CancelToken
from engine.errors import StorageError
from engine.files.resumable.session import ResumableSession
from engine.server.buffering import BufferedBody
from engine.server.connection import Wire
from engine.server.tus_fields import PartChecksum
from engine.server.uploads import committed
from engine.server.workers import Workers

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How an upload stands after a request.

    Attributes:
        offset_bytes: How many bytes are there.
        expires_at: When it is thrown away.
    """

    offset_bytes: int
    expires_at: datetime


class TusReceiver:
    """Carries bodies into sessions.

    Args:
        workers: Where the engine's calls run.
        commits: Where those run that may store an object, and have to wait for a scanner then.
    """

    def __init__(self, workers: Workers, commits: Workers) -> None:
        self._workers = workers
        self._commits = commits

    async def receive(
        self,
        resume: Callable[[], ResumableSession],
        pieces: AsyncIterator[bytes],
        checksum: PartChecksum | None,
        wire: Wire,
    ) -> Progress:
        """Add a body to an upload, and store the object if that was all.

        Args:
            resume: Opens the session.
            pieces: The body; read only after `resume` has agreed.
            checksum: What the body is to have, or None. With one it counts as a whole or not at all.
            wire: The client's; once it leaves nobody waits for a scanner any more.

        Returns:
            How the upload stands; what it says is durable.

        Raises:
            PartDamaged: The checksum is another one; nothing of the body is kept.
            StorageError: What the session refuses.
            ClientGone: The client left before the end.
        """
        session = await self._resumed(resume)
        body = BufferedBody(_writer(session, checksum), self._workers)
        try:
            async for piece in pieces:
                await body.add(piece)
            await body.flush()
        except BaseException as error:
            keep = checksum is None and not isinstance(error, StorageError)
            leaving = self._workers.submit(_leave, body, session, undo=checksum is not None, keep=keep)
            if not isinstance(error, asyncio.CancelledError):
                await asyncio.shield(asyncio.wrap_future(leaving))
            raise
        lane = self._commits if session.is_complete else self._workers
        return await committed(lane, wire, partial(_finish, session, checksum))

    async def _resumed(self, resume: Callable[[], ResumableSession]) -> ResumableSession:
        started = self._workers.submit(resume)
        try:
            return await asyncio.wrap_future(started)
        except asyncio.CancelledError:
            started.add_done_callback(_close_unwanted)
            raise


def _writer(session: ResumableSession, checksum: PartChecksum | None) -> Callable[[bytes], None]:
    """Return what writes a buffer."""
    if checksum is None:
        return session.write

    def write(data: bytes) -> None:
        checksum.update(data)
        session.write(data)

    return write


def _finish(session: ResumableSession, checksum: PartChecksum | None, cancel: CancelToken) -> Progress:
    """Keep what came, or with the wrong checksum none of it; store what is complete."""
    with session:
        if checksum is not None:
            try:
                checksum.check()
            except BaseException:
                session.undo()
                raise
        if session.is_complete:
            session.commit(cancel)
    return Progress(session.offset_bytes, session.expires_at)


def _leave(body: BufferedBody, session: ResumableSession, *, undo: bool, keep: bool) -> None:
    """Let go of an upload whose body does not come to its end; the client asks how much of it counts.

    Args:
        body: What came.
        session: To be closed.
        undo: Whether nothing of the body counts.
        keep: Whether what is held of it is still to be written.
    """
    try:
        with session:
            if keep:
                body.drain()
            else:
                body.settle()
            if undo:
                session.undo()
    except StorageError:
        _logger.info("An upload is left as it was last said to be", exc_info=True)


def _close_unwanted(started: Future[ResumableSession]) -> None:
    if not started.cancelled() and started.exception() is None:
        started.result().close()
