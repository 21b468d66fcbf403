"""Takes a body into a resumable upload. What came is kept, also of a client that leaves half way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial

from engine.cancel import CancelToken
from engine.errors import StorageError
from engine.files.resumable.session import ResumableSession
from engine.server.buffering import BufferedBody
from engine.server.connection import Wire
from engine.server.tus_fields import PartChecksum
from engine.server.tus_finishing import Finishings, held
from engine.server.tus_progress import Progress
from engine.server.uploads import committed
from engine.server.workers import Workers

_logger = logging.getLogger(__name__)


class TusReceiver:
    """Carries bodies into sessions.

    Args:
        workers: Where the engine's calls run.
        finishings: Store what is to be scanned first.
    """

    def __init__(self, workers: Workers, finishings: Finishings) -> None:
        self._workers = workers
        self._finishings = finishings

    async def receive(
        self,
        upload_id: str,
        resume: Callable[[], ResumableSession],
        pieces: AsyncIterator[bytes],
        checksum: PartChecksum | None,
        wire: Wire,
        patience_s: float | None,
    ) -> Progress | None:
        """Add a body to an upload, and store the object if that was all.

        Args:
            upload_id: Which.
            resume: Opens the session.
            pieces: The body; read only after `resume` has agreed.
            checksum: What the body is to have, or None. With one it counts as a whole or not at all.
            wire: The client's; once it leaves, what is whole goes on without it.
            patience_s: How long a whole upload is waited for at most, in seconds, or None for as long as it takes.

        Returns:
            How the upload stands; what it says is durable. None if it is whole and that was too long.

        Raises:
            PartDamaged: The checksum is another one; nothing of the body is kept.
            UploadBusy: It is whole, and too many are being stored.
            StorageError: What the session refuses.
            ClientGone: The client left before the end.
        """
        session = await held(self._workers, resume)
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
        if not (session.is_scanned and session.is_complete):
            return await committed(self._workers, wire, partial(_finish, session, checksum))
        await self._set_aside(session, checksum)
        await self._finishings.begin(upload_id, session)
        return await self._finishings.outcome(upload_id, wire, patience_s)

    async def _set_aside(self, session: ResumableSession, checksum: PartChecksum | None) -> None:
        """Make what is whole durable; a server that stops meanwhile takes it up when it starts again."""
        started = self._workers.submit(_set_aside, session, checksum)
        try:
            await asyncio.shield(asyncio.wrap_future(started))
        except asyncio.CancelledError:
            started.add_done_callback(lambda _: session.close())
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
        _check(session, checksum)
        if session.is_complete:
            session.commit(cancel)
    return Progress(session.offset_bytes, session.expires_at)


def _set_aside(session: ResumableSession, checksum: PartChecksum | None) -> None:
    """Make durable what is whole, or with the wrong checksum keep none of what came."""
    try:
        _check(session, checksum)
        session.set_aside()
    except BaseException:
        session.close()
        raise


def _check(session: ResumableSession, checksum: PartChecksum | None) -> None:
    """Forget what came with the wrong checksum.

    Raises:
        PartDamaged: It is the wrong one.
    """
    if checksum is None:
        return
    try:
        checksum.check()
    except BaseException:
        session.undo()
        raise


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
