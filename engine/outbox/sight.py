"""What of the past a caller may see: by their SELECT policies as they are now.

Of what is there, the rows as they stand are asked; what is not there any more, or another object by now, is not shown,
and that it was deleted follows. What was deleted is judged by what was written down of it. A moved object is shown
where it is now; where it was is judged by what was written down, and who saw it there but does not see it where it went
(also because it went on since) learns that it is gone from there. So does who saw it until its labels were changed.

Nobody learns of an event by an error: one on which a policy fails is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, bindparam, func, select

from engine.events import EventType
from engine.metadata.change_log import OBJECT_FACTS
from engine.metadata.tables import storage_buckets, storage_objects
from engine.metadata.transactions import Transaction
from engine.outbox.bucket_sight import access_told, buckets_seen
from engine.outbox.choosing import chosen, judged, standing
from engine.outbox.queries import Queries
from engine.outbox.values import RecordedEvent
from engine.paths import leaf_of, parent_of
from engine.permissions.clauses import Place
from engine.permissions.columns import CANDIDATES, candidate_objects
from engine.types import RlsContext

_O: Final = storage_objects.c
_B: Final = storage_buckets.c
_SYSTEM: Final = RlsContext.service()


def _told(name: str) -> ColumnElement[Any]:
    """Return a text of what is asked about."""
    return func.json_extract(CANDIDATES.c.value, f"$.{name}", type_=Text())


_OBJECT: Final = and_(
    _O.bucket_id == bindparam("here"),
    _O.parent == _told("parent"),
    _O.leaf == _told("leaf"),
    # Another one that came to its place tells nobody of it.
    _O.owner_id.is_not_distinct_from(_told("owner_id")),
    _O.created_at <= func.json_extract(CANDIDATES.c.value, "$.number", type_=BigInteger()),
)
_NAMES: Final = select(_B.id, _B.name).where(_B.id.in_(bindparam("ids", expanding=True)))


def names_now(tx: Transaction, events: Sequence[RecordedEvent]) -> Mapping[str, str]:
    """Return what the buckets of events are called now: policies speak of that.

    Args:
        tx: A snapshot that sees everything.
        events: Any.
    """
    ids = {event.bucket_id for event in events} | {event.old_bucket_id for event in events if event.old_bucket_id}
    return {row[0]: row[1] for row in tx.execute(_NAMES, {"ids": list(ids)})} if ids else {}


class Sight:
    """What one caller may see of some events.

    Args:
        tx: A snapshot of the caller's.
        names: As `names_now`.
        queries: Made before.
    """

    def __init__(self, tx: Transaction, names: Mapping[str, str], queries: Queries) -> None:
        self._tx = tx
        self._names = names
        self._queries = queries

    def of(self, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """Return what the caller may see, in its order."""
        if self._tx.context.can_bypass_rls or not events:
            return events
        buckets = [event for event in events if event.is_of_bucket]
        access = [event for event in events if event.access is not None]
        shown = buckets_seen(self._tx, buckets, self._names) + access_told(self._tx, access, self._names)
        objects = [event for event in events if not event.is_of_bucket and event.access is None]
        for bucket_id, recorded in dict.fromkeys((event.bucket_id, event.bucket) for event in objects):
            here = [event for event in objects if (event.bucket_id, event.bucket) == (bucket_id, recorded)]
            shown += self._of_objects(self._place(bucket_id, recorded), here)
        return sorted(shown, key=lambda event: event.id)

    def _place(self, bucket_id: str | None, recorded: str | None) -> Place:
        """Return a bucket as it is called now or, once it is gone, was called last."""
        return Place(bucket_id or "", self._names.get(bucket_id or "", recorded or ""))

    def _of_objects(self, place: Place, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Return the events of one bucket's objects that the caller sees, or would have seen."""
        there = [event for event in events if event.type is not EventType.OBJECT_DELETED]
        seen = self._standing(place, there)
        ids = {event.id for event in seen}
        seen = self._with_past(seen, [event for event in there if event.type is EventType.OBJECT_MOVED])
        seen += self._hidden(place, [event for event in there if event.facts_after and event.id not in ids])
        return seen + self._as_it_was(place, [event for event in events if event.type is EventType.OBJECT_DELETED])

    def _standing(self, place: Place, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Return the events of objects that the caller sees where they stand."""
        tx = self._tx.within(place)

        def query() -> Select[Any]:
            return standing(storage_objects, _OBJECT, tx.rule(storage_objects)).params(here=place.id)

        return chosen(tx, self._queries.get(tx, place, query), events, [_address(event) for event in events])

    def _with_past(self, seen: Sequence[RecordedEvent], moved: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Return what is seen, moves with where they came from only where that was seen, and what left sight.

        Out of sight is also what went on, or was deleted, before anybody read of it.
        """
        ids = {event.id for event in seen}
        knows_past: set[int] = set()
        for old_id, recorded in dict.fromkeys((event.old_bucket_id, event.old_bucket) for event in moved):
            there = [event for event in moved if (event.old_bucket_id, event.old_bucket) == (old_id, recorded)]
            knows_past |= {event.id for event in self._as_it_was(self._place(old_id, recorded), there)}
        left = [_gone_from_sight(event) for event in moved if event.id in knows_past and event.id not in ids]
        told = [event if event.old_path is None or event.id in knows_past else _without_past(event) for event in seen]
        return told + left

    def _hidden(self, place: Place, relabelled: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Return what the caller saw until its labels were changed, as gone."""
        was_seen = self._as_it_was(place, relabelled)
        after = [replace(event, facts=event.facts_after) for event in was_seen]
        still_seen = {event.id for event in self._as_it_was(place, after)}
        return [
            replace(event, type=EventType.OBJECT_DELETED, facts_after=())
            for event in was_seen
            if event.id not in still_seen
        ]

    def _as_it_was(self, place: Place, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """Return the events of objects that the caller would see as they are written down."""
        if not events:
            return []
        tx = self._tx.within(place)
        facts = [dict(zip(OBJECT_FACTS, event.facts, strict=True)) for event in events]

        def query() -> Select[Any]:
            return judged(tx.sight(candidate_objects(place.name, is_new=False)))

        return chosen(tx, self._queries.get(tx, (place, "gone"), query), events, facts)


def _address(event: RecordedEvent) -> dict[str, Any]:
    """Return which object an event is about: where it is, whose it is, and by when it must have come to be."""
    return {
        "parent": parent_of(event.path),
        "leaf": leaf_of(event.path),
        "owner_id": event.owner_id,
        "number": event.id,
    }


def _without_past(event: RecordedEvent) -> RecordedEvent:
    """Return a move without where it came from."""
    return replace(event, old_bucket_id=None, old_bucket=None, old_path=None)


def _gone_from_sight(event: RecordedEvent) -> RecordedEvent:
    """Return a move as who cannot see where it went has to take it."""
    return RecordedEvent(
        event.id,
        EventType.OBJECT_DELETED,
        event.old_bucket_id or "",
        event.old_bucket or "",
        event.old_path or "",
        event.owner_id,
        event.moment_us,
    )
