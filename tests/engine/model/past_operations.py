"""Operations on what buckets keep: old versions, the trash, their expiry."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from engine.errors import ObjectNotFound, RequestFault
from engine.types import RlsContext
from engine.version_types import ObjectVersion
from tests.engine.model.objects import store_copy
from tests.engine.model.operation import SERVICE, Bench, Done, Operation, Step, expected, nth, seen
from tests.engine.model.world import Kept, Refused, Shelf, World, check_may_add, may

_NOTHING = -1
"""A version that there is not."""


@dataclass(frozen=True)
class Chosen:
    """A version: the model's number and the engine's id of it."""

    number: int = _NOTHING
    row_id: int = _NOTHING


class OnKept(Operation):
    """An operation on some of what a bucket keeps; numbers in `chosen` count through that until they are aimed."""

    bucket: str
    chosen: tuple[Chosen, ...]
    of_trash = False

    def aim(self, world: World, row_ids: Mapping[int, int]) -> Self:
        shelf = world.shelves.get(self.bucket)
        kept = [one.number for one in shelf.past.values() if one.in_trash or not self.of_trash] if shelf else []
        chosen = tuple(dict.fromkeys(nth(one.number, kept, _NOTHING) for one in self.chosen))
        aimed = tuple(Chosen(number, row_ids.get(number, _NOTHING)) for number in chosen)
        return replace(super().aim(world, row_ids), chosen=aimed)  # type: ignore[type-var]

    @property
    def numbers(self) -> list[int]:
        return [one.number for one in self.chosen]

    @property
    def row_ids(self) -> list[int]:
        return [one.row_id for one in self.chosen]

    def found(self, world: World, context: RlsContext) -> list[Kept]:
        return world.find_kept(self.bucket, self.numbers, context)


def version_seen(version: ObjectVersion) -> tuple[object, ...]:
    return *seen(version.info), version.ending, version.in_trash


def version_expected(kept: Kept) -> tuple[object, ...]:
    return *expected(kept.path, kept.stored), kept.ending, kept.in_trash


@dataclass(frozen=True)
class ListVersions(Operation):
    bucket: str
    path: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        return [version_seen(version) for version in bench.storage.versions.list(self.bucket, self.path, self.context)]

    def expect(self, world: World) -> object:
        shelf = world.find(self.bucket)
        stored = shelf.objects.get(self.path)
        old = [one for one in shelf.past.values() if one.path == self.path and may(self.context, one.stored.owner_id)]
        listed = [version_expected(one) for one in sorted(old, key=lambda one: -one.number)]
        if stored is not None and may(self.context, stored.owner_id):
            listed.insert(0, (*expected(self.path, stored), None, False))
        if not listed:
            raise Refused(ObjectNotFound)
        return listed


@dataclass(frozen=True)
class OpenVersion(OnKept):
    bucket: str
    chosen: tuple[Chosen, ...]
    context: RlsContext

    def run(self, bench: Bench) -> object:
        with bench.storage.versions.open(self.bucket, self.row_ids[0], self.context, verify=True) as reader:
            return seen(reader.info), reader.read()

    def expect(self, world: World) -> object:
        (kept,) = self.found(world, self.context)
        return expected(kept.path, kept.stored), kept.stored.data


@dataclass(frozen=True)
class RestoreVersion(OnKept):
    """Store an old content again: opened first, stored then."""

    bucket: str
    chosen: tuple[Chosen, ...]
    context: RlsContext
    target: str | None
    replacing: bool

    def run(self, bench: Bench) -> object:
        return seen(
            bench.storage.versions.restore(
                self.bucket, self.row_ids[0], self.context, target_path=self.target, replace=self.replacing
            )
        )

    def first_step(self, world: World) -> Step | Done:
        (kept,) = self.found(world, self.context)
        path = kept.path if self.target is None else self.target
        return lambda later: self._store(later, path, kept.stored.data)

    def _store(self, world: World, path: str, data: bytes) -> Done:
        shelf = world.find(self.bucket)
        return Done(store_copy(world, shelf, path, data, self.context, replacing=self.replacing, to_trash=True))


@dataclass(frozen=True)
class DeleteVersions(OnKept):
    bucket: str
    chosen: tuple[Chosen, ...]
    context: RlsContext

    def run(self, bench: Bench) -> object:
        return bench.storage.versions.delete(self.bucket, self.row_ids, self.context)

    def expect(self, world: World) -> object:
        world.forget(world.find(self.bucket), [kept.number for kept in self.found(world, self.context)])
        return len(self.chosen)


@dataclass(frozen=True)
class ListTrash(Operation):
    """List the trash page by page. What is put there at once has no order that anybody promised."""

    bucket: str
    context: RlsContext
    limit: int = 1000

    def run(self, bench: Bench) -> object:
        page = bench.storage.trash.list(self.bucket, self.context, limit=self.limit)
        items = list(page.items)
        while page.next_cursor is not None:
            page = bench.storage.trash.list(self.bucket, self.context, limit=self.limit, cursor=page.next_cursor)
            items += page.items
        assert [item.id for item in items] == sorted((item.id for item in items), key=lambda row_id: -(row_id or 0))
        return sorted((version_seen(item) for item in items), key=repr)

    def expect(self, world: World) -> object:
        past = world.find(self.bucket).past.values()
        mine = [one for one in past if one.in_trash and may(self.context, one.stored.owner_id)]
        return sorted(map(version_expected, mine), key=repr)


@dataclass(frozen=True)
class TakeFromTrash(OnKept):
    """Take objects out of the trash, all or none. Of two reasons to refuse, either may be told."""

    bucket: str
    chosen: tuple[Chosen, ...]
    context: RlsContext
    target: str | None
    of_trash = True

    def run(self, bench: Bench) -> object:
        target = self.target if len(self.chosen) == 1 else None
        try:
            restored = bench.storage.trash.restore(self.bucket, self.row_ids, self.context, target_path=target)
        except RequestFault:
            return "refused"
        return sorted(map(seen, restored), key=repr)

    def expect(self, world: World) -> object:
        target = self.target if len(self.chosen) == 1 else None
        try:
            check_may_add(self.context)
            goals = world.bring_back(world.find(self.bucket), self.found(world, self.context), target)
        except Refused:
            return "refused"
        objects = world.find(self.bucket).objects
        return sorted((expected(path, objects[path]) for path in goals), key=repr)


@dataclass(frozen=True)
class EmptyTrash(OnKept):
    """Delete from the trash for good: what was in it when the call began, or some of that."""

    bucket: str
    chosen: tuple[Chosen, ...]
    context: RlsContext
    of_trash = True

    def run(self, bench: Bench) -> object:
        return bench.storage.trash.empty(self.bucket, self.context, self.row_ids or None)

    def first_step(self, world: World) -> Step | Done:
        past = world.find(self.bucket).past.values()
        last = max((one.number for one in past if one.in_trash and may(self.context, one.stored.owner_id)), default=0)
        return lambda later: self._delete(later, last, 0)

    def _delete(self, world: World, last: int, count: int) -> Step | Done:
        past = world.find(self.bucket).past
        gone = [
            number
            for number, one in past.items()
            if one.in_trash
            and number <= last
            and may(self.context, one.stored.owner_id)
            and (not self.chosen or number in self.numbers)
        ]
        world.forget(world.find(self.bucket), gone)
        return (lambda later: self._delete(later, last, count + len(gone))) if gone else Done(count)


Turn = tuple[int, Callable[[World, Shelf], int]]
"""A bucket, and what is done in it in one commit."""


@dataclass(frozen=True)
class Expire(Operation):
    """Forget what buckets keep no longer, a bucket at a time: out of the trash first, then of old versions."""

    def run(self, bench: Bench) -> object:
        return bench.expiry.run()

    def first_step(self, world: World) -> Step | Done:
        turns = [(shelf.number, part) for shelf in world.shelves.values() for part in (World.leave_trash, World.expire)]
        return self._next(turns, 0)

    def _next(self, turns: list[Turn], count: int) -> Step | Done:
        return (lambda later: self._forget(later, turns, count)) if turns else Done(count)

    def _forget(self, world: World, turns: list[Turn], count: int) -> Step | Done:
        number, part = turns[0]
        with contextlib.suppress(Refused):
            count += part(world, world.find_by_number(number))
        return self._next(turns[1:], count)


@dataclass(frozen=True)
class CleanUp(Operation):
    """Look for files without rows and rows without files: there are none, whatever goes on meanwhile."""

    def run(self, bench: Bench) -> object:
        return bench.cleanup.run(SERVICE).items

    def expect(self, world: World) -> object:
        return ()


@dataclass(frozen=True)
class Check(Operation):
    """Read everything and hold it against the rows: nothing is wrong, whatever goes on meanwhile."""

    repair: bool

    def run(self, bench: Bench) -> object:
        return bench.storage.check(SERVICE, repair=self.repair).findings

    def expect(self, world: World) -> object:
        return ()
