"""What one transaction changes, as those who listen are to learn it: written with the change itself.

A commit leaves one row of `storage_events`, a very large one a row for each `EVENTS_A_ROW` events, whatever it changes:
ten thousand uploads in one call cost as many rows as they have batches. The body is JSON, a list of groups

    [type, bucket id, bucket's name, owner id, items, source bucket's id, source bucket's name]

where the source is there for moves across buckets alone, and deflated where that is worth it. Items are paths; for
what was deleted everything that policies may ask of it (`OBJECT_FACTS`, `BUCKET_FACTS`), since no row can be asked any
more. Of what exists, the rows themselves are asked; but what left a place, or was seen until its labels changed, may be
anywhere or gone when somebody reads of it: moves are `[path, *OBJECT_FACTS before]`, changes of labels
`[OBJECT_FACTS before, OBJECT_FACTS after]`, and changes of buckets `[name before, BUCKET_FACTS before, BUCKET_FACTS
after]`.

Where it changed who may see what, that is one event, however many objects it is about: `[table, roles, user id,
whether only those need to know who do not see the bucket]`, of a bucket or, with `""` for it, of all.

Events are numbered. A commit's first number is the next one, or the moment in microseconds since 1970 if that is
higher: numbers grow whatever the clock does, and tell nobody how many other events there were.
"""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from engine.events import EventType
from engine.times import from_datetime, now_us
from engine.types import Bucket, StorageObject

if TYPE_CHECKING:
    from engine.metadata.transactions import Transaction

EVENTS_A_ROW: Final = 1000
"""Events of one row: what a reader has to hold at once."""

OBJECT_FACTS: Final = (
    "path", "owner_id", "size_bytes", "mime_type", "id", "checksum", "cache_control", "version", "user_metadata",
    "created_at", "updated_at",
)  # fmt: skip
"""What is written down of an object as it was: the names of `engine.permissions.columns`."""

BUCKET_FACTS: Final = ("public", "file_size_limit", "allowed_mime_types", "created_at", "updated_at")
"""What is written down of a bucket as it was, beside its name and owner."""

_ACCESS_BUCKETS_MAX: Final = 16
"""Buckets that are told one by one where policies change; what is about more of them counts for all."""

_DEFLATED_FROM_BYTES: Final = 512
_QUICKLY: Final = 1
_INSERT: Final = (
    "INSERT INTO storage_events (id, count, at, body)"
    " VALUES (max((SELECT max(id) FROM storage_events), ? - 1) + ?, ?, ?, ?)"
)
_encode: Final = json.JSONEncoder(separators=(",", ":")).encode
"""Made once: `json.dumps` would make an encoder for each small upload, which costs more than its work."""

Group = list[Any]


class ChangeLog:
    """Collects the events of one transaction, in their order."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._access: dict[tuple[str, str, str, bool], set[str]] = {}

    def created(self, bucket: Bucket, owner_id: str | None, paths: Sequence[str]) -> None:
        """Note objects that came to be.

        Args:
            bucket: Where.
            owner_id: Of all of them.
            paths: Theirs.
        """
        self._add(EventType.OBJECT_CREATED, bucket, owner_id, paths)

    def updated(self, bucket: Bucket, owned: Iterable[tuple[str | None, str]]) -> None:
        """Note objects that have another content now.

        Args:
            bucket: Where.
            owned: Owner and path of each.
        """
        for owner_id, paths in _by_owner(owned).items():
            self._add(EventType.OBJECT_UPDATED, bucket, owner_id, paths)

    def relabelled(self, bucket: Bucket, before: Sequence[StorageObject], after: Sequence[StorageObject]) -> None:
        """Note objects of which something else is true now, by which they may come into sight or leave it.

        Args:
            bucket: Where.
            before: As they were.
            after: The same as they are.
        """
        facts = [[_facts_of(was), _facts_of(now)] for was, now in zip(before, after, strict=True)]
        self._add(EventType.OBJECT_UPDATED, bucket, None, facts)

    def deleted(self, objects: Sequence[StorageObject]) -> None:
        """Note objects that are gone.

        Args:
            objects: As they were, all of one bucket.
        """
        if objects:
            first = objects[0]
            facts = [_facts_of(stored) for stored in objects]
            self._groups.append([EventType.OBJECT_DELETED, first.bucket_id, first.bucket, None, facts])

    def moved(self, source: Bucket, target: Bucket, moves: Sequence[Sequence[Any]]) -> None:
        """Note objects that have another path.

        Args:
            source: Where they were.
            target: Where they are.
            moves: Path of each, and behind it its `OBJECT_FACTS` as they were.
        """
        across = () if source.id == target.id else (source.id, source.name)
        self._add(EventType.OBJECT_MOVED, target, None, moves, *across)

    def bucket_created(self, bucket: Bucket) -> None:
        """Note that a bucket came to be.

        Args:
            bucket: As it is.
        """
        self._add(EventType.BUCKET_CREATED, bucket, bucket.owner_id, [""])

    def bucket_updated(self, before: Bucket, after: Bucket) -> None:
        """Note that a bucket is another now.

        Args:
            before: As it was.
            after: As it is.
        """
        item = [before.name, _facts_of_bucket(before), _facts_of_bucket(after)]
        self._add(EventType.BUCKET_UPDATED, after, after.owner_id, [item])

    def bucket_deleted(self, bucket: Bucket) -> None:
        """Note that a bucket is gone.

        Args:
            bucket: As it was.
        """
        self._add(EventType.BUCKET_DELETED, bucket, bucket.owner_id, [_facts_of_bucket(bucket)])

    def access(
        self, table: str, roles: Iterable[str], bucket_id: str | None, bucket: str | None, *, unlisted: bool = False
    ) -> None:
        """Note that some roles may see other rows of a table now.

        Args:
            table: Whose rows, `objects` or `buckets`.
            roles: Which; as in policies, `public` is all.
            bucket_id: The only bucket in which they do, or None.
            bucket: Its name.
            unlisted: Whether it is told otherwise to who sees the bucket itself.
        """
        self._access.setdefault((bucket_id or "", bucket or "", table, unlisted), set()).update(roles)

    def access_of(self, user_id: str) -> None:
        """Note that a user may see something else now.

        Args:
            user_id: Who.
        """
        self._groups.append([EventType.ACCESS_CHANGED, "", "", None, [["", [], user_id, False]]])

    def write(self, tx: Transaction) -> None:
        """Write everything down, as a part of a transaction that is about to be committed."""
        for count, body in self._rows():
            moment_us = now_us()
            tx.run_text(_INSERT, (moment_us, count, count, moment_us, body))

    def _add(self, kind: EventType, bucket: Bucket, owner_id: str | None, items: Sequence[Any], *source: str) -> None:
        if items:
            self._groups.append([kind, bucket.id, bucket.name, owner_id, items, *source])

    def _rows(self) -> Iterator[tuple[int, bytes]]:
        """Yield the rows: how many events each has, and its body."""
        waiting: list[Group] = []
        count = 0
        for group in self._parts():
            if count + len(group[_ITEMS]) > EVENTS_A_ROW:
                yield count, _packed(waiting)
                waiting, count = [], 0
            waiting.append(group)
            count += len(group[_ITEMS])
        if waiting:
            yield count, _packed(waiting)

    def _parts(self) -> Iterator[Group]:
        """Yield the groups, none larger than a row."""
        for group in itertools.chain(self._groups, self._access_groups()):
            items = group[_ITEMS]
            for start in range(0, len(items), EVENTS_A_ROW):
                yield [*group[:_ITEMS], items[start : start + EVENTS_A_ROW], *group[_ITEMS + 1 :]]

    def _access_groups(self) -> Iterator[Group]:
        """Yield what changed in who sees what: at the end, so that who reads anew then reads everything."""
        changes = self._access
        if len({bucket_id for bucket_id, *_ in changes}) > _ACCESS_BUCKETS_MAX:
            changes = {}
            for (_, _, table, _), roles in self._access.items():
                changes.setdefault(("", "", table, False), set()).update(roles)
        for (bucket_id, bucket, table, unlisted), roles in changes.items():
            yield [EventType.ACCESS_CHANGED, bucket_id, bucket, None, [[table, sorted(roles), None, unlisted]]]


_ITEMS: Final = 4
"""Where a group has its items."""


def unpacked(body: bytes) -> list[Group]:
    """Return the groups of a row's body.

    Args:
        body: As it was written.
    """
    groups: list[Group] = json.loads(body if body.startswith(b"[") else zlib.decompress(body))
    return groups


def _packed(groups: list[Group]) -> bytes:
    """Return a row's body."""
    data = _encode(groups).encode()
    return data if len(data) < _DEFLATED_FROM_BYTES else zlib.compress(data, _QUICKLY)


def _facts_of(stored: StorageObject) -> list[Any]:
    """Return the `OBJECT_FACTS` of an object."""
    return [
        stored.path,
        stored.owner_id,
        stored.size_bytes,
        stored.mime_type,
        stored.id,
        stored.checksum,
        stored.cache_control,
        stored.version,
        json.dumps(dict(stored.user_metadata)) if stored.user_metadata else "{}",
        stored.created_us,
        stored.updated_us,
    ]


def _facts_of_bucket(bucket: Bucket) -> list[Any]:
    """Return the `BUCKET_FACTS` of a bucket."""
    return [
        bucket.public,
        bucket.file_size_limit_bytes,
        json.dumps(bucket.allowed_mime_types),
        from_datetime(bucket.created_at),
        from_datetime(bucket.updated_at),
    ]


def _by_owner(owned: Iterable[tuple[str | None, Any]]) -> dict[str | None, list[Any]]:
    """Return items by their owner."""
    owners: dict[str | None, list[Any]] = {}
    for owner_id, item in owned:
        owners.setdefault(owner_id, []).append(item)
    return owners
