"""What the engine holds and what the model holds, in one form, and which of their names mean the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from engine.files.version_rows import VERSION_COLUMNS, version_from
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_object_versions
from engine.storage import FileStorage
from engine.types import Bucket, StorageObject
from engine.version_types import ObjectVersion
from tests.engine.model.operation import SERVICE, expected, seen
from tests.engine.model.past_operations import version_expected, version_seen
from tests.engine.model.world import Kept, Shelf, World

Picture = dict[str, object]
"""Bucket by bucket: what it keeps and takes, its objects, and the versions of each path, newest first."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the engine holds of one bucket."""

    bucket: Bucket
    objects: dict[str, StorageObject]
    versions: dict[str, list[ObjectVersion]]


def observe(storage: FileStorage, executor: Executor) -> dict[str, Held]:
    """Return everything that the engine holds; history in one look, because there are many paths."""
    buckets = storage.list_buckets(SERVICE)
    query = select(*VERSION_COLUMNS).order_by(storage_object_versions.c.valid_to, storage_object_versions.c.id)
    held = {bucket.id: Held(bucket, {}, {}) for bucket in buckets}
    for row in executor.execute(query, SERVICE):
        version = version_from(row, held[row.bucket_id].bucket.name)
        held[row.bucket_id].versions.setdefault(version.info.path, []).insert(0, version)
    for one in held.values():
        one.objects.update({stored.path: stored for stored in storage.walk(one.bucket.id, "", SERVICE)})
    return {one.bucket.name: one for one in held.values()}


def picture_of(held: dict[str, Held]) -> Picture:
    """Return what the engine holds."""
    return {
        name: (
            one.bucket.retention,
            one.bucket.file_size_limit_bytes,
            {path: seen(stored) for path, stored in one.objects.items()},
            {path: [version_seen(version) for version in versions] for path, versions in one.versions.items()},
        )
        for name, one in held.items()
    }


def picture_in(world: World) -> Picture:
    """Return what the model holds."""
    return {
        name: (
            shelf.retention,
            shelf.limit_bytes,
            {path: expected(path, stored) for path, stored in shelf.objects.items()},
            {path: [version_expected(one) for one in kept] for path, kept in versions_by_path(shelf).items()},
        )
        for name, shelf in world.shelves.items()
    }


def versions_by_path(shelf: Shelf) -> dict[str, list[Kept]]:
    """Return what a bucket keeps, newest first."""
    found: dict[str, list[Kept]] = {}
    for one in sorted(shelf.past.values(), key=lambda one: -one.number):
        found.setdefault(one.path, []).append(one)
    return found


@dataclass(slots=True)
class Bindings:
    """The engine's ids, by the model's numbers."""

    objects: dict[int, str] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)

    def extended(self, world: World, held: dict[str, Held]) -> Bindings | None:
        """Return the bindings with what is new, or None where a thing that was known is another one now."""
        found = Bindings(dict(self.objects), {})
        for name, shelf in world.shelves.items():
            for path, stored in shelf.objects.items():
                found.objects.setdefault(stored.object_id, held[name].objects[path].id)
                if found.objects[stored.object_id] != held[name].objects[path].id:
                    return None
            for path, kept in versions_by_path(shelf).items():
                if not self._are_the_same(kept, held[name].versions[path]):
                    return None
                pairs = zip(kept, held[name].versions[path], strict=True)
                found.rows |= {one.number: version.id or 0 for one, version in pairs}
        return found if len(set(found.objects.values())) == len(found.objects) else None

    def _are_the_same(self, kept: Sequence[Kept], versions: Sequence[ObjectVersion]) -> bool:
        pairs = zip(kept, versions, strict=True)
        return all(self.rows.get(one.number, version.id) == version.id for one, version in pairs)
