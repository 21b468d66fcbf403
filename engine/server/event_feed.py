"""Brings events to the streams that wait for them. Loop's thread only.

One task reads for all of them, as long as there are any: when this process changed something at once, and every few
milliseconds when the database says that somebody else did. What streams get is read behind the number of the last event
that each of them knows, a page at a time and only when the page before is sent: a slow reader holds a page, however far
it is behind, and one that is behind what is kept is told so.

Whoever listens has shown a token. It is looked at again once a second, and after each page was read: what was committed
after a token had ended is shown to nobody.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from engine.events import StorageEvent
from engine.outbox import EventFilter, EventPage, Wanted
from engine.server import bounds
from engine.server.errors import Overloaded
from engine.server.exchange import ClientGone
from engine.server.workers import Workers
from engine.storage import FileStorage
from engine.types import RlsContext

_TOKEN_LOOK_S: Final = 1.0
_Waiting = asyncio.Future[EventPage | None]


@dataclass(eq=False, slots=True)
class Listener:
    """One stream.

    Attributes:
        after: Number of the last event that it knows.
        context: Who listens.
        filter: To what.
        check: Raises `InvalidToken` once the caller's token has ended.
        version: The database's version before it was last looked for events; None to look in any case.
    """

    after: int
    context: RlsContext
    filter: EventFilter
    check: Callable[[], object]
    version: int | None = None


class EventFeed:
    """Reads events for streams.

    Args:
        storage: The engine.
        workers: Where reading runs.

    Attributes:
        closed: Whether the server is about to stop: streams are to end.
    """

    def __init__(self, storage: FileStorage, workers: Workers) -> None:
        self._storage = storage
        self._workers = workers
        self._waiting: dict[Listener, _Waiting] = {}
        self._count = 0
        self._of_callers: Counter[Hashable] = Counter()
        self._wake = asyncio.Event()
        self._is_poked = False
        self._reading: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self.closed = False

    @contextmanager
    def joined(self, caller: Hashable | None = None) -> Iterator[None]:
        """Count a stream for the time of the block.

        Args:
            caller: Who may have only some of all streams, or None for who may have all.

        Raises:
            Overloaded: There are enough, or enough of this caller's.
        """
        has_enough = caller is not None and self._of_callers[caller] >= bounds.EVENT_STREAMS_A_CALLER_MAX
        if has_enough or self._count >= bounds.EVENT_STREAMS_MAX:
            raise Overloaded("The server has too many listeners, try again later")
        self._count += 1
        self._of_callers[caller] += 1
        if self._count == 1:
            self._begin()
        try:
            yield
        finally:
            self._count -= 1
            self._of_callers -= Counter((caller,))
            if not self._count:
                self._end()

    async def next(self, listener: Listener, patience_s: float) -> EventPage | None:
        """Wait for what comes next for a stream.

        Args:
            listener: The stream; goes on behind what is returned.
            patience_s: How long to wait.

        Returns:
            A page, or None if nothing came or the server is about to stop.

        Raises:
            ClientGone: The client left.
            InvalidToken: The caller's token has ended.
            StorageError: The database failed.
        """
        if self.closed:
            return None
        waiting = self._waiting[listener] = asyncio.get_running_loop().create_future()
        self._wake.set()
        try:
            await asyncio.wait([waiting], timeout=patience_s)
            return waiting.result() if waiting.done() else None
        finally:
            del self._waiting[listener]

    def drop(self, listener: Listener) -> None:
        """Let a stream whose client has left wait no longer."""
        _fail(self._waiting.get(listener), ClientGone())

    def close(self) -> None:
        """Let every stream end."""
        self.closed = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(None)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()

        def poke() -> None:
            self._is_poked = False
            self._wake.set()

        def note(_event: StorageEvent) -> None:
            """Called in whatever thread made a change: once for all changes that come before the loop's turn."""
            if not self._is_poked:
                self._is_poked = True
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(poke)

        self._unsubscribe = self._storage.events.subscribe(note)
        self._reading = loop.create_task(self._read_on())

    def _end(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._reading is not None:
            self._reading.cancel()
        self._unsubscribe = self._reading = None

    async def _read_on(self) -> None:
        """Read whenever there may be something, for as long as anybody listens."""
        loop = asyncio.get_running_loop()
        looked_s = time.monotonic()
        while True:
            look = loop.call_later(bounds.EVENT_POLL_S, self._wake.set)
            await self._wake.wait()
            look.cancel()
            self._wake.clear()
            if time.monotonic() - looked_s >= _TOKEN_LOOK_S:
                looked_s = time.monotonic()
                self._end_ended()
            await self._read()

    def _end_ended(self) -> None:
        """End the streams whose tokens have."""
        for listener, waiting in list(self._waiting.items()):
            try:
                listener.check()
            except Exception as error:  # noqa: BLE001 - the task reads for the others as well
                _fail(waiting, error)

    async def _read(self) -> None:
        """Read for all who wait and whom the last look does not serve any more."""
        try:
            version = self._storage.data_version()
        except Exception as error:  # noqa: BLE001 - whatever it is: streams that hear nothing of it would wait for ever
            for waiting in self._waiting.values():
                _fail(waiting, error)
            return
        due = [
            (listener, waiting)
            for listener, waiting in self._waiting.items()
            if listener.version != version and not waiting.done()
        ]
        for start in range(0, len(due), bounds.EVENT_READERS_AT_ONCE):
            part = due[start : start + bounds.EVENT_READERS_AT_ONCE]
            try:
                await self._serve(part, version)
            except Exception as error:  # noqa: BLE001 - as above; the others are read for all the same
                for _, waiting in part:
                    _fail(waiting, error)

    async def _serve(self, due: Sequence[tuple[Listener, _Waiting]], version: int) -> None:
        """Read for some; those for whom there is nothing wait on, behind what is not theirs to see."""
        wanted = [Wanted(listener.after, listener.context, listener.filter) for listener, _ in due]
        pages = await self._workers.run(self._storage.outbox.read, wanted)
        for (listener, waiting), page in zip(due, pages, strict=True):
            # Who gave up waiting meanwhile, and perhaps waits again, is read for anew.
            if self._waiting.get(listener) is waiting and not waiting.done():
                self._hand_over(listener, waiting, page, version)

    def _hand_over(self, listener: Listener, waiting: _Waiting, page: EventPage, version: int) -> None:
        """Give a stream what was read for it, if its caller's token still counts."""
        if page.error is not None:
            _fail(waiting, page.error)
            return
        listener.version = None if page.more else version
        if page.more:
            self._wake.set()
        if page.events or page.reset:
            try:
                listener.check()
            except Exception as error:  # noqa: BLE001 - the others of this part have their pages all the same
                _fail(waiting, error)
                return
            waiting.set_result(page)
        listener.after = page.last_id


def _fail(waiting: _Waiting | None, error: Exception) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_exception(error)
