"""The feed alone, over an outbox in which something always happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from engine.errors import DatabaseFault, InvalidToken
from engine.events import EventBus, EventType
from engine.outbox import EventFilter, EventPage, RecordedEvent, Wanted
from engine.server import bounds
from engine.server.event_feed import EventFeed, Listener
from engine.types import RlsContext


class Restless:
    """A storage whose version is another each time, with an event after every other."""

    def __init__(self) -> None:
        self.events = EventBus()
        self.outbox = self
        self.version = 0
        self.error: Exception | None = None

    def data_version(self) -> int:
        self.version += 1
        return self.version

    def read(self, wanted: Sequence[Wanted]) -> list[EventPage]:
        if self.error is not None:
            raise self.error
        return [EventPage((event(one.after + 1),), one.after + 1, more=True) for one in wanted]


class Inline:
    """Workers that take a turn of the loop."""

    async def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        await asyncio.sleep(0)
        return call(*arguments)


def event(number: int) -> RecordedEvent:
    return RecordedEvent(number, EventType.OBJECT_CREATED, "id", "photos", f"{number}", None, 0)


def feed_of(storage: Restless) -> EventFeed:
    return EventFeed(cast("Any", storage), cast("Any", Inline()))


def listener(check: Callable[[], object] = lambda: None) -> Listener:
    return Listener(0, RlsContext.service(), EventFilter(), check)


def test_no_event_is_handed_over_twice_however_much_happens() -> None:
    async def listen(feed: EventFeed, pauses: int) -> list[int]:
        heard, one = [], listener()
        for _ in range(100):
            page = await feed.next(one, 10)
            assert page is not None
            heard += [found.id for found in page.events]
            for _ in range(pauses):
                await asyncio.sleep(0)
        return heard

    async def run() -> list[list[int]]:
        feed = feed_of(Restless())
        with feed.joined():
            return await asyncio.gather(*(listen(feed, pauses) for pauses in range(4)))

    assert asyncio.run(run()) == [list(range(1, 101))] * 4


def test_whoever_gives_up_waiting_misses_nothing() -> None:
    async def run() -> list[int]:
        feed, one, heard = feed_of(Restless()), listener(), []
        with feed.joined():
            for _ in range(200):
                page = await feed.next(one, 0)
                heard += [] if page is None else [found.id for found in page.events]
                await asyncio.sleep(0)
        return heard

    heard = asyncio.run(run())
    assert heard == list(range(1, len(heard) + 1))


def test_a_database_that_fails_is_told_to_all_who_wait_and_the_next_begin_anew() -> None:
    async def run() -> None:
        storage = Restless()
        storage.error = DatabaseFault("broken")
        feed = feed_of(storage)
        with feed.joined():
            with pytest.raises(DatabaseFault):
                await feed.next(listener(), 10)
            storage.error = None
            assert await feed.next(listener(), 10) is not None

    asyncio.run(run())


def test_what_fails_for_some_ends_the_streams_of_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the page of one fails, reading for a few, or looking at a token."""
    monkeypatch.setattr(bounds, "EVENT_READERS_AT_ONCE", 2)
    monkeypatch.setattr("engine.server.event_feed._TOKEN_LOOK_S", 0.0)

    class Picky(Restless):
        def read(self, wanted: Sequence[Wanted]) -> list[EventPage]:
            if any(one.after == 1_000 for one in wanted):
                raise ValueError("this part")
            pages = super().read(wanted)
            return [
                EventPage((), 0, error=ValueError("this one")) if one.after == 2_000 else page
                for one, page in zip(wanted, pages, strict=True)
            ]

    def fail() -> None:
        raise ValueError("this token")

    async def run() -> list[object]:
        feed = feed_of(Picky())
        ends = [listener(), listener(), listener(), listener(), listener(fail), listener()]
        ends[0].after, ends[2].after = 1_000, 2_000
        with feed.joined():
            found = await asyncio.gather(*(feed.next(one, 10) for one in ends), return_exceptions=True)
            assert await feed.next(listener(), 10) is not None
        return [str(one) if isinstance(one, Exception) else type(one) for one in found]

    heard = asyncio.run(run())
    assert heard[2:] == ["this one", EventPage, "this token", EventPage]
    assert heard[:2] == ["this part", "this part"]


def test_what_was_read_is_kept_from_who_may_listen_no_longer() -> None:
    def refuse() -> None:
        raise InvalidToken("The token was revoked")

    async def run() -> None:
        feed = feed_of(Restless())
        with feed.joined(), pytest.raises(InvalidToken):
            await feed.next(listener(refuse), 10)

    asyncio.run(run())


def test_the_end_of_the_feed_is_the_end_of_waiting() -> None:
    async def run() -> None:
        feed = feed_of(Restless())
        feed.close()
        with feed.joined():
            assert await feed.next(listener(), 10) is None

    asyncio.run(run())


def test_nobody_listens_to_the_bus_once_nobody_listens() -> None:
    async def run() -> None:
        storage = Restless()
        feed = feed_of(storage)
        for _ in range(2):
            with feed.joined(), feed.joined():
                assert len(storage.events._listeners) == 1
            assert len(storage.events._listeners) == 0
        assert bounds.EVENT_STREAMS_MAX > 2

    asyncio.run(run())
