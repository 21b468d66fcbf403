"""Stores resumable uploads whose bytes are all there and are scanned first, whether or not their clients wait for it.

A scanner may be slower than a client is patient. So a whole upload is set aside, durably, and stored by itself; who
comes back waits for what becomes of it. What the server does not come to before it stops, or is killed, it takes up
when it starts again. Loop's thread only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from engine.cancel import CancelToken
from engine.errors import Cancelled, RequestFault, StorageError
from engine.files.resumable.session import ResumableSession
from engine.files.resumable.uploads import ResumableUploads
from engine.resumable_types import UploadBusy
from engine.server import bounds
from engine.server.connection import Wire
from engine.server.exchange import ClientGone
from engine.server.tus_progress import Progress
from engine.server.workers import Workers

S = TypeVar("S", bound=ResumableSession | None)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    """One upload that is being stored.

    Attributes:
        session: Set aside.
        work: In a thread of its own, or waiting for one.
        over: The same, for the loop.
        cancel: Ends its scan.
    """

    session: ResumableSession
    work: Future[Progress]
    over: asyncio.Future[Progress]
    cancel: CancelToken

    def end(self, workers: Workers) -> asyncio.Future[Any]:
        """End it as soon as that can be, at once if it has not begun; return what is done when the upload is let go of.

        Args:
            workers: Where its session is closed then.
        """
        self.cancel.cancel()
        return asyncio.wrap_future(workers.submit(self.session.close)) if self.work.cancel() else self.over


class Finishings:
    """All of them, as many at once as `bounds.TUS_FINISHING_MAX`; the others wait as rows.

    Args:
        resumable: The use case.
        workers: Where the engine's short calls run.
        commits: Where those run that store, and have to wait for a scanner then.
    """

    def __init__(self, resumable: ResumableUploads, workers: Workers, commits: Workers) -> None:
        self._resumable = resumable
        self._workers = workers
        self._commits = commits
        self._jobs: dict[str, _Job] = {}
        self._is_closed = False
        self._are_waiting = False
        self._taking_up: asyncio.Task[None] | None = None

    def take_up(self) -> None:
        """Go on with uploads that were set aside and wait to be stored, as far as there is room."""
        if self._taking_up is None or self._taking_up.done():
            self._taking_up = asyncio.create_task(self._take_up())

    async def begin(self, upload_id: str, session: ResumableSession) -> None:
        """Store an upload by and by.

        Args:
            upload_id: Which.
            session: Set aside; ended in any case.

        Raises:
            UploadBusy: Too many are being stored; it is taken up when there is room.
        """
        if self._is_closed or len(self._jobs) >= bounds.TUS_FINISHING_MAX:
            self._are_waiting = True
            await self._workers.run(session.close)
            raise UploadBusy("The upload waits to be scanned for viruses: ask again how it stands")
        cancel = CancelToken()
        work = self._commits.submit(_store, session, cancel)
        job = _Job(session, work, asyncio.wrap_future(work), cancel)
        self._jobs[upload_id] = job
        job.over.add_done_callback(partial(self._done, upload_id))

    async def outcome(self, upload_id: str, wire: Wire, patience_s: float | None = None) -> Progress | None:
        """Return what has become of an upload that is being stored.

        Args:
            upload_id: Which.
            wire: Of the client that waits for it.
            patience_s: How long it is waited at most, in seconds.

        Returns:
            How it stands, or None if that is not known yet.

        Raises:
            StorageError: Why it was not stored.
            ClientGone: The client waits no more; the upload goes on.
        """
        over = self._jobs[upload_id].over
        left: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        either: set[asyncio.Future[Any]] = {over, left}
        wire.on_lost(partial(_tell, left))
        if wire.disconnected:
            _tell(left)
        try:
            await asyncio.wait(either, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wire.on_lost(None)
        if over.cancelled():
            raise Cancelled("The upload was ended")
        if over.done():
            return over.result()
        if left.done():
            raise ClientGone
        return None

    async def settle(self, upload_id: str, wire: Wire) -> bool:
        """Wait a while for what becomes of an upload that was set aside; one that nobody stores is taken up.

        Args:
            upload_id: Which.
            wire: Of the client that asks.

        Returns:
            Whether it is known now, as far as this process knows.

        Raises:
            ClientGone: The client waits no more.
        """
        if upload_id not in self._jobs:
            await self._resumed(upload_id)
        if upload_id not in self._jobs:
            return True
        try:
            return await self.outcome(upload_id, wire, bounds.TUS_RESULT_WAIT_S) is not None
        except StorageError:
            return True

    async def drop(self, upload_id: str) -> None:
        """End the scan of an upload that nobody wants any more, and wait until it is let go of.

        Args:
            upload_id: Which; it may not be being stored at all.
        """
        job = self._jobs.get(upload_id)
        if job is not None:
            await asyncio.wait({job.end(self._workers)})

    async def close(self, timeout_s: float) -> None:
        """End all scans; what was set aside stays so, and is taken up by the next start.

        Args:
            timeout_s: How long it is waited for what is just being stored.
        """
        self._is_closed = True
        if self._taking_up is not None:
            self._taking_up.cancel()
        ending = [job.end(self._workers) for job in self._jobs.values()]
        if ending:
            _, late = await asyncio.wait(ending, timeout=timeout_s)
            for one in late:
                one.cancel()

    def _done(self, upload_id: str, over: asyncio.Future[Progress]) -> None:
        """Forget one that is stored or refused, and go on with those that wait for room."""
        del self._jobs[upload_id]
        error = None if over.cancelled() else over.exception()
        if isinstance(error, StorageError):
            _logger.info("An upload that was set aside is not stored: %s", error.message)
        elif error is not None:
            _logger.error("An upload that was set aside is not stored", exc_info=error)
        if self._are_waiting and not self._is_closed:
            self.take_up()

    async def _take_up(self) -> None:
        """Begin with those that wait, each of them once: another process may be at some."""
        self._are_waiting = False
        tried: set[str] = set()
        while waiting := await self._untried(tried):
            for upload_id in waiting:
                if len(self._jobs) >= bounds.TUS_FINISHING_MAX:
                    self._are_waiting = True
                    return
                tried.add(upload_id)
                await self._resumed(upload_id)

    async def _untried(self, tried: set[str]) -> list[str]:
        """Return some uploads that wait to be stored and that were not tried to be begun with yet."""
        at_most = bounds.TUS_FINISHING_MAX + len(tried) + len(self._jobs)
        try:
            waiting = await self._workers.run(self._resumable.finishing, at_most)
        except StorageError:
            _logger.warning("Uploads that were set aside are left to whoever asks for them", exc_info=True)
            return []
        return [upload_id for upload_id in waiting if upload_id not in tried and upload_id not in self._jobs]

    async def _resumed(self, upload_id: str) -> None:
        """Begin with an upload that was set aside, unless another process is at it, or it waits no more."""
        try:
            session = await held(self._workers, partial(self._resumable.finish, upload_id))
            if session is not None:
                await self.begin(upload_id, session)
        except RequestFault as error:
            _logger.info("An upload that was set aside is not taken up: %s", error.message)
        except StorageError:
            _logger.warning("An upload that was set aside is not taken up", exc_info=True)


async def held(workers: Workers, hold: Callable[[], S]) -> S:
    """Return a session that a worker opens; nobody keeps it who has left meanwhile.

    Args:
        workers: Where that runs.
        hold: Opens it.

    Raises:
        StorageError: As `hold`.
    """
    started = workers.submit(hold)
    try:
        return await asyncio.wrap_future(started)
    except asyncio.CancelledError:
        started.add_done_callback(_close_unwanted)
        raise


def _close_unwanted(started: Future[S]) -> None:
    if started.cancelled() or started.exception() is not None:
        return
    session = started.result()
    if session is not None:
        session.close()


def _tell(left: asyncio.Future[None]) -> None:
    if not left.done():
        left.set_result(None)


def _store(session: ResumableSession, cancel: CancelToken) -> Progress:
    with session:
        cancel.raise_if_cancelled()
        session.commit(cancel)
    return Progress(session.offset_bytes, session.expires_at)
