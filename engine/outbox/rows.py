"""The rows of `storage_events`: which there are, and the events that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from engine.events import EventType
from engine.metadata.change_log import OBJECT_FACTS, Group, unpacked
from engine.metadata.transactions import Transaction
from engine.outbox.values import AccessChange, RecordedEvent
from engine.times import now_us

PAGE_EVENTS: Final = 500
"""Events that are read at once, for however many readers."""

_OLDEST: Final = "SELECT min(id) FROM storage_events"
_NEWEST: Final = "SELECT max(id) FROM storage_events"
_HOW_MANY: Final = (
    "SELECT coalesce(sum(count), 0) FROM (SELECT count FROM storage_events WHERE id > ? ORDER BY id LIMIT ?)"
)
_SIZES: Final = "SELECT id, count FROM storage_events WHERE id > ? ORDER BY id LIMIT ?"
_ROWS: Final = "SELECT id, count, at, body FROM storage_events WHERE id > ? AND id <= ? ORDER BY id"
_PATH: Final = OBJECT_FACTS.index("path")
_OWNER: Final = OBJECT_FACTS.index("owner_id")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept.

    Attributes:
        newest: Number of the last event.
        floor: Number after which every event is kept.
    """

    newest: int
    floor: int

    def hold(self, after: int) -> bool:
        """Return whether everything that came after a number is kept, and the number is one of ours.

        Also a moment until now is, which callers are told who may not know when the last event was.
        """
        return self.floor <= after <= max(self.newest, now_us())


def bounds(tx: Transaction) -> Bounds:
    """Return what is kept."""
    return Bounds(tx.run_text(_NEWEST)[0][0], tx.run_text(_OLDEST)[0][0])


def has_more_than(tx: Transaction, most: int, after: int) -> bool:
    """Return whether more events than a number came after one, all counted that lie in one row with it.

    Args:
        tx: A snapshot.
        most: How many there may be.
        after: Number of the last one that is known.
    """
    # each row has one at least, so that the rest need not be looked at
    return int(tx.run_text(_HOW_MANY, (after, most + 1))[0][0]) > most


def events_after(tx: Transaction, after: int) -> tuple[list[RecordedEvent], int]:
    """Return the next events, up to `PAGE_EVENTS`, and the number that is known with them.

    Args:
        tx: A snapshot.
        after: Number of the last one that is known.
    """
    total, last = 0, after
    for row_id, count in tx.run_text(_SIZES, (after, PAGE_EVENTS)):
        last = row_id
        # of the first row some may be known
        total += min(count, row_id - after)
        if total >= PAGE_EVENTS:
            break
    found = [event for row in tx.run_text(_ROWS, (after, last)) for event in _events_of(*row) if event.id > after]
    if len(found) <= PAGE_EVENTS:
        return found, last
    return found[:PAGE_EVENTS], found[PAGE_EVENTS - 1].id


def _events_of(last_id: int, count: int, moment_us: int, body: bytes) -> Iterator[RecordedEvent]:
    """Yield the events of a row."""
    number = last_id - count
    for group in unpacked(body):
        for event in _events_in(group, number + 1, moment_us):
            yield event
            number = event.id


def _events_in(group: Group, first_id: int, moment_us: int) -> Iterator[RecordedEvent]:
    """Yield the events of a group."""
    kind, bucket_id, bucket, owner_id, items, *source = group
    of = EventType(kind)
    for number, item in enumerate(items, first_id):
        if of is EventType.ACCESS_CHANGED:
            table, roles, user_id, unlisted = item
            access = AccessChange(table, frozenset(roles), user_id, unlisted)
            yield RecordedEvent(number, of, bucket_id, bucket, "", None, moment_us, access=access)
        elif of is EventType.BUCKET_DELETED:
            yield RecordedEvent(number, of, bucket_id, bucket, "", owner_id, moment_us, facts=tuple(item))
        elif isinstance(item, str):
            yield RecordedEvent(number, of, bucket_id, bucket, item, owner_id, moment_us)
        elif of is EventType.BUCKET_UPDATED:
            yield _with_past(RecordedEvent(number, of, bucket_id, bucket, "", owner_id, moment_us), item)
        else:
            yield _with_facts(RecordedEvent(number, of, bucket_id, bucket, "", None, moment_us), item, source)


def _with_past(event: RecordedEvent, item: list[Any]) -> RecordedEvent:
    """Return an event with what its bucket was."""
    name, before, after = item
    past = {} if name == event.bucket else {"old_bucket_id": event.bucket_id, "old_bucket": name}
    return replace(event, facts=tuple(before), facts_after=tuple(after), **past)


def _with_facts(event: RecordedEvent, item: list[Any], source: list[str]) -> RecordedEvent:
    """Return an event with what is written down of its object."""
    if event.type is EventType.OBJECT_MOVED:
        path, *facts = item
        old_id, old = source or (event.bucket_id, event.bucket)
        past = {"old_bucket_id": old_id, "old_bucket": old, "old_path": facts[_PATH]}
        return replace(event, path=path, owner_id=facts[_OWNER], facts=tuple(facts), **past)
    before, after = (item, ()) if event.type is EventType.OBJECT_DELETED else item
    return replace(event, path=before[_PATH], owner_id=before[_OWNER], facts=tuple(before), facts_after=tuple(after))
