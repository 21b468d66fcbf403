"""`Outbox`: what came after an event, for many readers at once.

Everything that is asked for together is read in one snapshot: the events, the policies, and the rows that these judge.
Nothing is kept between two calls, so memory does not grow with readers, nor with how far they are behind.

Threads: any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, select

from engine.events import EventType
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_buckets
from engine.metadata.transactions import Transaction
from engine.outbox.queries import Queries
from engine.outbox.rows import Bounds, bounds, events_after
from engine.outbox.sight import Sight, names_now
from engine.outbox.values import EventFilter, EventPage, RecordedEvent, Wanted
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()
_B: Final = storage_buckets.c
_CALLED: Final = select(_B.id).where(_B.name == bindparam("wanted"))


class Outbox:
    """Reads what was changed.

    Args:
        executor: For rows.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._queries = Queries()

    def newest(self) -> int:
        """Return the number of the last event: what comes after it is what happens from now on."""
        with self._executor.snapshot(_SYSTEM) as tx:
            return bounds(tx).newest

    def read(self, wanted: Sequence[Wanted]) -> list[EventPage]:
        """Return what came after the event that each reader knows.

        Args:
            wanted: By whom, and what. Equal wishes of the same context cost no more than one.

        Returns:
            A page for each.
        """
        with self._executor.snapshot(_SYSTEM) as tx:
            reading = _Reading(tx, self._queries)
            return [reading.page_or_error(one) for one in wanted]


class _Reading:
    """One call: what was found once is not looked up again."""

    def __init__(self, tx: Transaction, queries: Queries) -> None:
        self._tx = tx
        self._queries = queries
        self._bounds: Bounds = bounds(tx)
        self._events: dict[int, tuple[list[RecordedEvent], int]] = {}
        self._shown: dict[tuple[int, int, EventFilter], tuple[RecordedEvent, ...]] = {}
        self._called: dict[str, str | None] = {}
        self._named: dict[int, Mapping[str, str]] = {}

    def page_or_error(self, wanted: Wanted) -> EventPage:
        """Return what one reader is to have, or why it cannot: that is no fault of the others."""
        try:
            return self.page(wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to that reader
            return EventPage((), wanted.after, error=error)

    def page(self, wanted: Wanted) -> EventPage:
        """Return what one reader is to have."""
        if not self._bounds.hold(wanted.after):
            return EventPage((), self._bounds.newest, reset=True)
        events, last_id = self._after(wanted.after)
        return EventPage(self._shown_of(wanted, events), last_id, more=last_id < self._bounds.newest)

    def _after(self, after: int) -> tuple[list[RecordedEvent], int]:
        """Return the next events, whoever sees them, and the number that is known with them."""
        if after >= self._bounds.newest:
            return [], after
        known = self._events.get(after)
        if known is None:
            known = self._events[after] = events_after(self._tx, after)
        return known

    def _shown_of(self, wanted: Wanted, events: Sequence[RecordedEvent]) -> tuple[RecordedEvent, ...]:
        """Return those that one reader wants and may see."""
        caller = 0 if wanted.context.can_bypass_rls else id(wanted.context)
        key = wanted.after, caller, wanted.filter
        known = self._shown.get(key)
        if known is None:
            known_id = self._id_of(wanted.filter.bucket)
            asked = [event for event in events if _may_be_wanted(event, wanted, known_id)]
            seen = Sight(self._tx.as_caller(wanted.context), self._names(wanted.after), self._queries).of(asked)
            known = tuple(event for event in seen if _is_wanted(event, wanted.filter, known_id))
            self._shown[key] = known
        return known

    def _names(self, after: int) -> Mapping[str, str]:
        """Return the names that buckets have now, of those that the next events are about."""
        if after not in self._named:
            self._named[after] = names_now(self._tx, self._after(after)[0])
        return self._named[after]

    def _id_of(self, bucket: str | None) -> str | None:
        """Return the id of the bucket that has a name now."""
        if bucket is None:
            return None
        if bucket not in self._called:
            self._called[bucket] = self._tx.execute(_CALLED, {"wanted": bucket}).scalar()
        return self._called[bucket]


def _may_be_wanted(event: RecordedEvent, by: Wanted, known_id: str | None) -> bool:
    """Return whether an event is wanted, as it is or as what those take it for who see no more than that it is gone."""
    if event.access is not None:
        return event.access.concerns(by.context) and by.filter.takes_any_of(event.access.types)
    may_hide = event.type is EventType.OBJECT_MOVED or bool(event.facts_after)
    gone = EventType.BUCKET_DELETED if event.is_of_bucket else EventType.OBJECT_DELETED
    of_type = by.filter.takes_type(event.type) or (may_hide and by.filter.takes_type(gone))
    return of_type and _is_in_bucket(event, by.filter, known_id)


def _is_wanted(event: RecordedEvent, wanted: EventFilter, known_id: str | None) -> bool:
    if event.access is not None:
        return not event.bucket_id or _is_in_bucket(event, wanted, known_id)
    return wanted.takes_type(event.type) and _is_in_bucket(event, wanted, known_id)


def _is_in_bucket(event: RecordedEvent, wanted: EventFilter, known_id: str | None) -> bool:
    """Return whether an event is about a bucket, which an object may have come to or left."""
    if wanted.takes_bucket(event.bucket_id, event.bucket, known_id):
        return True
    return event.old_bucket_id is not None and wanted.takes_bucket(event.old_bucket_id, event.old_bucket, known_id)
