"""What of the past of buckets a caller may see, and whether their picture of what is in them may be another by now.

A bucket that exists is judged as it stands; one that is gone as it was written down. Who saw a bucket until it was
renamed, or something else in its row changed, learns that it is gone. A name that hid it is told to nobody who did not
see it under that: what happened meanwhile comes with the name that it has now.

Of changes of access those learn whose roles the policies name. The bucket is told to who sees it; for all others it
might be about any, so that nobody learns of a bucket by what they are told, or not told, of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Text, func

from engine.events import EventType
from engine.metadata.change_log import BUCKET_FACTS
from engine.metadata.tables import storage_buckets
from engine.metadata.transactions import Transaction
from engine.outbox.choosing import chosen, judged, standing
from engine.outbox.values import RecordedEvent
from engine.permissions.columns import CANDIDATES, candidate_buckets

_BUCKET: Final = storage_buckets.c.id == func.json_extract(CANDIDATES.c.value, "$.id", type_=Text())


def buckets_seen(tx: Transaction, events: Sequence[RecordedEvent], names: Mapping[str, str]) -> list[RecordedEvent]:
    """Return the events of buckets that the caller sees, or would have seen.

    Args:
        tx: A snapshot of the caller's.
        events: Of buckets.
        names: What buckets are called now.
    """
    there = [event for event in events if event.type is not EventType.BUCKET_DELETED]
    seen = _standing(tx, there)
    changed = [event for event in there if event.facts_after]
    was_seen = _as_it_was(tx, changed)
    after = {event.id for event in _as_it_was(tx, [_afterwards(event) for event in changed])}
    told = _without_hidden_names(seen, {event.id for event in was_seen}, after, names)
    told += _gone_from_sight(seen, was_seen, after)
    return told + _as_it_was(tx, [event for event in events if event.type is EventType.BUCKET_DELETED])


def access_told(tx: Transaction, events: Sequence[RecordedEvent], names: Mapping[str, str]) -> list[RecordedEvent]:
    """Return changes of access as the caller may know them: the last of each bucket, for that one covers all before.

    Args:
        tx: A snapshot of the caller's.
        events: Changes of access that concern the caller.
        names: What buckets are called now.
    """
    seen = {event.id for event in _standing(tx, [event for event in events if event.bucket_id])}
    told: dict[tuple[str, str], RecordedEvent] = {}
    for event in events:
        if event.access is None or (event.access.unlisted and event.id in seen):
            continue
        bucket_id = event.bucket_id if event.id in seen else ""
        known = replace(event, bucket_id=bucket_id, bucket=names.get(bucket_id, ""))
        told[known.bucket_id, event.access.table] = known
    return list(told.values())


def _standing(tx: Transaction, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
    """Return the events whose buckets the caller sees as they stand."""
    if not events:
        return []
    query = standing(storage_buckets, _BUCKET, tx.rule(storage_buckets))
    return chosen(tx, query, events, [{"id": event.bucket_id} for event in events])


def _as_it_was(tx: Transaction, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
    """Return the events of buckets that the caller would see as they are written down."""
    if not events:
        return []
    return chosen(tx, judged(tx.sight(candidate_buckets())), events, [_facts(event) for event in events])


def _facts(event: RecordedEvent) -> dict[str, Any]:
    """Return what is written down of a bucket, under the name that it had then."""
    named = {"name": event.old_bucket or event.bucket, "owner_id": event.owner_id}
    return named | dict(zip(BUCKET_FACTS, event.facts, strict=True))


def _afterwards(event: RecordedEvent) -> RecordedEvent:
    """Return a change with what is to be judged as it was just after it."""
    return replace(event, old_bucket=None, facts=event.facts_after)


def _without_hidden_names(
    seen: Sequence[RecordedEvent], before: Collection[int], after: Collection[int], names: Mapping[str, str]
) -> list[RecordedEvent]:
    """Return events with the names that buckets had only where they were seen under these.

    Else, and where it is not known because the bucket was new, they have the name of now, which the caller sees: so
    every change is told, and who follows them ends with that name.
    """
    return [
        _under(event, event.bucket if event.id in after else names[event.bucket_id], knows_old=event.id in before)
        for event in seen
    ]


def _under(event: RecordedEvent, name: str, *, knows_old: bool) -> RecordedEvent:
    """Return an event with a name, and with the one before it only where that is known, and another."""
    if knows_old and event.old_bucket != name:
        return replace(event, bucket=name)
    return replace(event, bucket=name, old_bucket_id=None, old_bucket=None)


def _gone_from_sight(
    seen: Sequence[RecordedEvent], was_seen: Sequence[RecordedEvent], after: Collection[int]
) -> list[RecordedEvent]:
    """Return what the caller saw until it was changed, as gone."""
    told = {event.id for event in seen}.union(after)
    return [
        replace(
            event,
            type=EventType.BUCKET_DELETED,
            bucket=event.old_bucket or event.bucket,
            old_bucket_id=None,
            old_bucket=None,
            facts_after=(),
        )
        for event in was_seen
        if event.id not in told
    ]
