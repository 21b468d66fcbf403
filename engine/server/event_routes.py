"""`GET /events`: what is changed, as server-sent events, from now on or from behind the last one that a client knows.

Each event is told with its number (`id`), its type (`event`) and a JSON object (`data`). At the beginning, and with the
heartbeats that keep idle connections open, comes the number to go on from, without an event: so nothing is missed
between two connections, whether anything was told before or not. Numbers say when something was changed: to callers
with policies, who may not see it, heartbeats tell none, and where one is needed they are told the moment instead.

Source: WHATWG HTML, "Server-sent events"; specification, "With Real-Time (Phase 10)".
"""

from __future__ import annotations

import re
import time
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any, Final

from engine.addresses import counted_address
from engine.context import Operation
from engine.errors import InvalidRequest, InvalidToken
from engine.outbox import EventFilter, EventPage, RecordedEvent
from engine.server import bounds
from engine.server.event_feed import EventFeed, Listener
from engine.server.exchange import NOSNIFF, Exchange, Header, written_json
from engine.server.fields import Fields
from engine.server.gatekeeper import plain_address
from engine.server.identity import Identity, in_act
from engine.server.payloads import timestamp
from engine.server.routing import Route, Shape, Target
from engine.server.workers import Workers
from engine.storage import FileStorage
from engine.times import now_us, to_datetime
from engine.types import RlsContext

_HEADERS: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    NOSNIFF,
)
"""Nginx before the server would gather events, unless told not to."""

_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)
_EVENTS_A_PIECE: Final = 50
_RESET: Final = "reset"
_FORGOTTEN: Final[dict[str, Any]] = {
    "type": _RESET,
    "reason": "forgotten",
    "message": "Not everything after this event is kept any more: read anew what you know, then go on from here",
}
_ACCESS: Final[dict[str, Any]] = {
    "type": _RESET,
    "reason": "access",
    "message": "What you may see may be something else now: read it anew, then go on from here",
}


class EventRoutes:
    """Handler of GET `/events`.

    Args:
        storage: The engine.
        identity: Tells who is asking.
        workers: Where the engine's calls run.
        feed: Brings events.
    """

    def __init__(self, storage: FileStorage, identity: Identity, workers: Workers, feed: EventFeed) -> None:
        self._storage = storage
        self._identity = identity
        self._workers = workers
        self._feed = feed

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (Route("GET", "events", Shape.PLAIN, self._events),)

    async def _events(self, exchange: Exchange, _: Target) -> None:
        caller = self._identity.required(exchange)
        query = Fields("querystring", exchange.query)
        types = tuple(name.strip() for name in query.text("types", "").split(",") if name.strip())
        wanted = EventFilter(query.text("bucket", "") or None, types)
        after = _last_known(exchange, query)
        if exchange.method == "HEAD":
            await exchange.start(200, _HEADERS)
            await exchange.send(b"")
            return
        with self._feed.joined(_counted_as(exchange, caller)):
            is_known = after is not None
            if after is None:
                after = await self._workers.run(self._storage.outbox.newest)
            context = in_act(exchange, caller, Operation.EVENT_LISTEN, wanted.bucket or "")
            self._storage.note(context)
            listener = Listener(after, context, wanted, partial(self._identity.required, exchange))
            await self._stream(exchange, listener, is_known=is_known)

    async def _stream(self, exchange: Exchange, listener: Listener, *, is_known: bool) -> None:
        """Tell a client of events until it leaves, its token ends, or the server stops."""
        await exchange.start(200, _HEADERS)
        # The stream itself goes on behind the last event: one that is being committed may have an earlier moment.
        number = listener.after if is_known else _told_as(listener, listener.after)
        await exchange.send(b"retry: %d\n%b" % (bounds.EVENT_RETRY_MS, _place(number)), more=True)
        exchange.streams_since_s = time.perf_counter()
        exchange.wire.on_lost(partial(self._feed.drop, listener))
        try:
            while not self._feed.closed and not exchange.wire.disconnected:
                page = await self._feed.next(listener, bounds.EVENT_HEARTBEAT_S)
                await self._tell(exchange, listener, page)
        except InvalidToken:
            await exchange.send(b": your token has ended\n\n", more=True)
        finally:
            exchange.wire.on_lost(None)
        await exchange.send(b"")

    async def _tell(self, exchange: Exchange, listener: Listener, page: EventPage | None) -> None:
        """Send a page, or a sign of life."""
        if page is None:
            place = _place(listener.after) if listener.context.can_bypass_rls else b"\n"
            await exchange.send(b": heartbeat\n%b" % place, more=True)
        elif page.reset:
            number = _told_as(listener, page.last_id)
            await exchange.send(_block(number, _FORGOTTEN), more=True)
        else:
            for start in range(0, len(page.events), _EVENTS_A_PIECE):
                await exchange.send(_blocks(page.events[start : start + _EVENTS_A_PIECE]), more=True)


def _counted_as(exchange: Exchange, caller: RlsContext) -> Hashable | None:
    """Return by what a caller's streams are counted, or None for no bound.

    Tokens, roles of one user, and addresses within a network of IPv6 cost nothing.
    """
    if caller.can_bypass_rls:
        return None
    address = counted_address(plain_address(exchange.client))
    return caller.user_id, None if caller.user_id else caller.role, address


def _last_known(exchange: Exchange, query: Fields) -> int | None:
    """Return the number of the last event that a client knows, None if it wants what comes from now on.

    Raises:
        InvalidRequest: It is no number.
    """
    text = exchange.header(b"last-event-id") or query.text("last_event_id", "")
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidRequest("Last-Event-ID must be the id of an event")
    return int(text)


def _told_as(listener: Listener, newest: int) -> int:
    """Return the number of the last event as a listener may know it: whose it was, policies have not said."""
    return newest if listener.context.can_bypass_rls else max(newest, now_us())


def _place(number: int) -> bytes:
    """Return a block that tells a client where to go on, and is no event."""
    return b"id: %d\n\n" % number


def _blocks(events: Sequence[RecordedEvent]) -> bytes:
    return b"".join(_block(event.id, _payload(event)) for event in events)


def _block(number: int, payload: dict[str, Any]) -> bytes:
    """Return one event as it is sent; JSON holds no line break."""
    data = written_json({"id": number, **payload})
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, payload["type"].encode(), data)


def _payload(event: RecordedEvent) -> dict[str, Any]:
    """Return what a client is told of an event: the specification's fields, and where a moved object or a name was."""
    if event.access is not None:
        bucket = {"bucket_id": event.bucket_id, "bucket": event.bucket} if event.bucket_id else {}
        return {**_ACCESS, "types": event.access.types, **bucket}
    payload: dict[str, Any] = {"type": event.type.value, "bucket_id": event.bucket_id, "bucket": event.bucket}
    if not event.is_of_bucket:
        payload["path"] = event.path
    payload |= {"owner_id": event.owner_id, "timestamp": timestamp(to_datetime(event.moment_us))}
    if event.is_of_bucket and event.old_bucket is not None:
        payload["old_bucket"] = event.old_bucket
    elif event.old_path is not None:
        payload |= {
            "old_bucket_id": event.old_bucket_id,
            "old_bucket": event.old_bucket,
            "old_path": event.old_path,
        }
    return payload
