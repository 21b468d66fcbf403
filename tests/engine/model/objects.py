"""Operations on buckets and single objects."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ObjectAlreadyExists, PayloadTooLarge
from engine.types import BucketChanges, Retention, RlsContext, UploadItem, UploadOptions
from tests.engine.model.operation import SERVICE, Bench, Done, Operation, Step, expected, seen
from tests.engine.model.world import Refused, Shelf, World, check_may_add, may

_PART_BYTES = 3000


@dataclass(frozen=True)
class CreateBucket(Operation):
    name: str
    retention: Retention
    context: RlsContext = SERVICE

    def run(self, bench: Bench) -> object:
        return bench.storage.create_bucket(self.name, self.context, retention=self.retention).name

    def expect(self, world: World) -> object:
        world.create_bucket(self.name, self.context, self.retention)
        return self.name


@dataclass(frozen=True)
class Keep(Operation):
    """Change what a bucket keeps."""

    name: str
    retention: Retention

    def run(self, bench: Bench) -> object:
        return bench.storage.update_bucket(self.name, SERVICE, BucketChanges(retention=self.retention)).retention

    def expect(self, world: World) -> object:
        world.find(self.name).retention = self.retention
        return self.retention


@dataclass(frozen=True)
class Limit(Operation):
    """Change how large the objects of a bucket may be. Looked at before bytes are taken: not for threads."""

    name: str
    limit_bytes: int | None

    def run(self, bench: Bench) -> object:
        changes = BucketChanges(file_size_limit_bytes=self.limit_bytes)
        return bench.storage.update_bucket(self.name, SERVICE, changes).file_size_limit_bytes

    def expect(self, world: World) -> object:
        world.find(self.name).limit_bytes = self.limit_bytes
        return self.limit_bytes


@dataclass(frozen=True)
class RenameThereAndBack(Operation):
    name: str

    def run(self, bench: Bench) -> object:
        bench.storage.rename_bucket(self.name, "for a moment", SERVICE)
        return bench.storage.rename_bucket("for a moment", self.name, SERVICE).name

    def expect(self, world: World) -> object:
        world.find(self.name)
        return self.name


@dataclass(frozen=True)
class DeleteBucket(Operation):
    name: str

    def run(self, bench: Bench) -> object:
        return bench.storage.delete_bucket(self.name, SERVICE)

    def expect(self, world: World) -> object:
        return world.delete_bucket(self.name)


@dataclass(frozen=True)
class Upload(Operation):
    bucket: str
    path: str
    data: bytes
    context: RlsContext
    replacing: bool
    streamed: bool

    def run(self, bench: Bench) -> object:
        options = UploadOptions(replace=self.replacing)
        if not self.streamed:
            return seen(bench.storage.upload(self.bucket, self.path, self.data, self.context, options))
        with bench.storage.begin_upload(self.bucket, self.path, self.context, options) as session:
            for start in range(0, len(self.data), _PART_BYTES):
                session.write(self.data[start : start + _PART_BYTES])
            return seen(session.commit())

    def expect(self, world: World) -> object:
        shelf = world.find(self.bucket)
        check_may_add(self.context)
        if not self.streamed:
            world.check_taken_in(shelf, self.path, len(self.data))
        if self.path in shelf.objects and not self.replacing:
            raise Refused(ObjectAlreadyExists)
        world.check_taken_in(shelf, self.path, len(self.data))
        stored = world.put(shelf, self.path, self.data, self.context, replacing=self.replacing)
        return expected(self.path, stored)


@dataclass(frozen=True)
class UploadMany(Operation):
    """Upload files, some under one path. What is taken is looked at first, and each is committed on its merits."""

    bucket: str
    wanted: tuple[tuple[str, bytes], ...]
    context: RlsContext
    replacing: bool

    def run(self, bench: Bench) -> object:
        with tempfile.TemporaryDirectory() as folder:
            items = []
            for number, (path, data) in enumerate(self.wanted):
                (Path(folder) / str(number)).write_bytes(data)
                items.append(UploadItem(Path(folder) / str(number), path))
            report = bench.storage.upload_many(self.bucket, items, self.context, UploadOptions(replace=self.replacing))
        return report.done, frozenset((failure.source[-1], type(failure.error)) for failure in report.failures)

    def first_step(self, world: World) -> Step | Done:
        number = world.find(self.bucket).number
        check_may_add(self.context)
        return lambda later: self._look(later, number, self._parts(), 0, frozenset())

    def _parts(self) -> list[list[int]]:
        """Return the places of the items that are committed together: no two of one path."""
        parts: list[list[int]] = [[]]
        for place, (path, _) in enumerate(self.wanted):
            if path in {self.wanted[other][0] for other in parts[-1]}:
                parts.append([])
            parts[-1].append(place)
        return parts

    def _look(
        self, world: World, number: int, parts: list[list[int]], done: int, failed: frozenset[tuple[str, type]]
    ) -> Step | Done:
        """Leave out what is taken, and what is too large."""
        if not parts:
            return Done((done, failed))
        limit_bytes, objects = self._shelf_if_any(world, number)
        free = []
        for place in parts[0]:
            path, data = self.wanted[place]
            if not self.replacing and path in objects:
                failed |= {(str(place), ObjectAlreadyExists)}
            elif limit_bytes is not None and len(data) > limit_bytes:
                failed |= {(str(place), PayloadTooLarge)}
            else:
                free.append(place)
        return lambda later: self._commit(later, number, free, parts[1:], done, failed)

    @staticmethod
    def _shelf_if_any(world: World, number: int) -> tuple[int | None, set[str]]:
        try:
            shelf = world.find_by_number(number)
        except Refused:
            return None, set()
        return shelf.limit_bytes, set(shelf.objects)

    def _commit(
        self,
        world: World,
        number: int,
        places: list[int],
        parts: list[list[int]],
        done: int,
        failed: frozenset[tuple[str, type]],
    ) -> Step | Done:
        if places:
            shelf = world.find_by_number(number)
            for place in places:
                path, data = self.wanted[place]
                try:
                    world.put(shelf, path, data, self.context, replacing=self.replacing)
                    done += 1
                except Refused as refused:
                    failed |= {(str(place), refused.error)}
        return lambda later: self._look(later, number, parts, done, failed)


@dataclass(frozen=True)
class Delete(Operation):
    bucket: str
    path: str
    context: RlsContext
    for_good: bool

    def run(self, bench: Bench) -> object:
        return bench.storage.delete(self.bucket, self.path, self.context, for_good=self.for_good)

    def expect(self, world: World) -> object:
        world.find_object(self.bucket, self.path, self.context)
        world.delete(world.find(self.bucket), self.path, for_good=self.for_good)


@dataclass(frozen=True)
class Move(Operation):
    bucket: str
    source: str
    other: str
    goal: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        moved = bench.storage.move(self.bucket, self.source, self.goal, self.context, target_bucket=self.other)
        return moved.bucket, *seen(moved)

    def expect(self, world: World) -> object:
        source, target = world.find(self.bucket), world.find(self.other)
        world.find_object(self.bucket, self.source, self.context)
        return self.other, *expected(self.goal, world.move(source, self.source, target, self.goal))


@dataclass(frozen=True)
class Copy(Operation):
    bucket: str
    source: str
    other: str
    goal: str
    context: RlsContext
    replacing: bool

    def run(self, bench: Bench) -> object:
        copied = bench.storage.copy(
            self.bucket, self.source, self.goal, self.context, target_bucket=self.other, replace=self.replacing
        )
        return copied.bucket, *seen(copied)

    def first_step(self, world: World) -> Step | Done:
        data = world.find_object(self.bucket, self.source, self.context).data
        return lambda later: self._store(later, data)

    def _store(self, world: World, data: bytes) -> Done:
        shelf = world.find(self.other)
        stored = store_copy(world, shelf, self.goal, data, self.context, replacing=self.replacing)
        return Done((self.other, *stored))


def store_copy(
    world: World,
    shelf: Shelf,
    path: str,
    data: bytes,
    context: RlsContext,
    *,
    replacing: bool,
    to_trash: bool = False,
) -> tuple[object, ...]:
    """Store what was read, as copies and restored versions are."""
    check_may_add(context)
    world.check_taken_in(shelf, path, len(data))
    return expected(path, world.put(shelf, path, data, context, replacing=replacing, to_trash=to_trash))


@dataclass(frozen=True)
class Read(Operation):
    """Read an object wholly, in two goes, so that it may be replaced or deleted in between."""

    bucket: str
    path: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        with bench.storage.open_object(self.bucket, self.path, self.context, verify=True) as reader:
            head = reader.read(min(1, reader.size))
            time.sleep(0.001)
            return seen(reader.info), head + reader.read(), reader.read_at(2, 7)

    def expect(self, world: World) -> object:
        stored = world.find_object(self.bucket, self.path, self.context)
        return expected(self.path, stored), stored.data, stored.data[2:9]


@dataclass(frozen=True)
class Info(Operation):
    bucket: str
    path: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        if not bench.storage.exists(self.bucket, self.path, self.context):
            return None
        return seen(bench.storage.info(self.bucket, self.path, self.context))

    def first_step(self, world: World) -> Step | Done:
        stored = world.find(self.bucket).objects.get(self.path)
        if stored is None or not may(self.context, stored.owner_id):
            return Done(None)
        return lambda later: Done(expected(self.path, later.find_object(self.bucket, self.path, self.context)))


@dataclass(frozen=True)
class Download(Operation):
    """Write an object to a file."""

    bucket: str
    path: str

    def run(self, bench: Bench) -> object:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "target"
            stored = bench.storage.download(self.bucket, self.path, target, SERVICE)
            return seen(stored), target.read_bytes()

    def expect(self, world: World) -> object:
        stored = world.find_object(self.bucket, self.path, SERVICE)
        return expected(self.path, stored), stored.data
