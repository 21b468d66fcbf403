"""Makes events of what was done, and publishes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from engine.events import EventBus, EventType, OutsideChange, OutsideKind, StorageEvent
from engine.paths import parent_of
from engine.types import Bucket, StorageObject

_FOLDERS_MAX: Final = 100


class Announcer:
    """Publishes events after commits.

    Args:
        bus: Where to.
    """

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def stored(self, stored: StorageObject, replaced: bool) -> None:
        """Tell of one stored object."""
        self._objects(EventType.OBJECT_UPDATED if replaced else EventType.OBJECT_CREATED, [stored])

    def stored_many(self, bucket: Bucket, created: Sequence[str], replaced: Sequence[str]) -> None:
        """Tell of a batch of paths: one event for what is new and one for what was replaced."""
        self._paths(EventType.OBJECT_CREATED, bucket, created)
        self._paths(EventType.OBJECT_UPDATED, bucket, replaced)

    def relabelled(self, objects: Sequence[StorageObject]) -> None:
        """Tell of objects of which something else is said now."""
        self._objects(EventType.OBJECT_UPDATED, objects)

    def deleted(self, objects: Sequence[StorageObject]) -> None:
        """Tell of deleted objects."""
        self._objects(EventType.OBJECT_DELETED, objects)

    def moved(self, stored: StorageObject, source: Bucket, source_path: str) -> None:
        """Tell of one moved object; a bucket that it left hears that it is gone."""
        if source.id != stored.bucket_id:
            self._publish(EventType.OBJECT_DELETED, source.id, source.name, source_path, stored.owner_id, 1)
        self._objects(EventType.OBJECT_MOVED, [stored])

    def folder_moved(self, source: Bucket, source_prefix: str, target: Bucket, prefix: str, count: int) -> None:
        """Tell of a moved folder; a bucket that it left hears that it is gone."""
        if source.id != target.id:
            self._publish(EventType.OBJECT_DELETED, source.id, source.name, source_prefix, source.owner_id, count)
        self._publish(EventType.OBJECT_MOVED, target.id, target.name, prefix, target.owner_id, count)

    def many_moved(self, source: Bucket, before: Sequence[str], target: Bucket, after: Sequence[str]) -> None:
        """Tell of many moved objects: each folder that some left, and each that some came to."""
        left = EventType.OBJECT_MOVED if source.id == target.id else EventType.OBJECT_DELETED
        for part in _by_folder(before):
            self._paths(left, source, part)
        for part in _by_folder(after):
            self._paths(EventType.OBJECT_MOVED, target, part)

    def outside(
        self, bucket_id: str, bucket: str, paths: Sequence[str], what: OutsideKind, *, taken_in: bool, reason: str = ""
    ) -> None:
        """Tell what another program did to files of one bucket, beside what became of the objects."""
        about = (bucket_id, bucket, _common_path(paths), None, datetime.now(UTC), len(paths))
        self._bus.publish(OutsideChange(EventType.OBJECT_CHANGED_OUTSIDE.value, *about, what, taken_in, reason))

    def bucket(self, kind: EventType, bucket: Bucket) -> None:
        """Tell of a change of a bucket itself."""
        self._publish(kind, bucket.id, bucket.name, "", bucket.owner_id, 1)

    def _objects(self, kind: EventType, objects: Sequence[StorageObject]) -> None:
        """Tell of one object by its path, of several by their common folder."""
        if objects:
            first = objects[0]
            path = _common_path([stored.path for stored in objects])
            self._publish(kind, first.bucket_id, first.bucket, path, first.owner_id, len(objects))

    def _paths(self, kind: EventType, bucket: Bucket, paths: Sequence[str]) -> None:
        """Tell of paths of one bucket."""
        if paths:
            self._publish(kind, bucket.id, bucket.name, _common_path(paths), bucket.owner_id, len(paths))

    def _publish(
        self, kind: EventType, bucket_id: str, bucket: str, path: str, owner_id: str | None, count: int
    ) -> None:
        """Publish one event."""
        self._bus.publish(StorageEvent(kind.value, bucket_id, bucket, path, owner_id, datetime.now(UTC), count))


def _by_folder(paths: Sequence[str]) -> Iterator[list[str]]:
    """Yield paths folder by folder or, of very many folders, all at once."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(parent_of(path[:-1]), []).append(path)
    yield from folders.values() if len(folders) <= _FOLDERS_MAX else [list(paths)]


def _common_path(paths: Sequence[str]) -> str:
    """Return the one path, or the longest prefix, ending with `/` or empty, that all share."""
    if len(paths) == 1:
        return paths[0]
    first, last = min(paths), max(paths)
    shared = next(
        (index for index, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return parent_of(first[:shared])
