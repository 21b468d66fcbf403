"""Operations on folders, on many objects, and on all of a bucket; and listings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import InvalidKey, ObjectAlreadyExists, ObjectNotFound
from engine.types import FolderCount, ListRequest, RlsContext, SortColumn, TreeSize
from tests.engine.model.objects import store_copy
from tests.engine.model.operation import SERVICE, Bench, Done, Operation, Step, expected, seen
from tests.engine.model.world import Refused, Shelf, World, check_may_add, may, parent_of


@dataclass(frozen=True)
class DeleteMany(Operation):
    """Delete objects and folders: the objects in one commit, then each folder as it was when the call began."""

    bucket: str
    wanted: tuple[str, ...]
    context: RlsContext
    for_good: bool

    def run(self, bench: Bench) -> object:
        deleted = bench.storage.delete_many(self.bucket, self.wanted, self.context, for_good=self.for_good)
        return sorted(map(seen, deleted), key=repr)

    def first_step(self, world: World) -> Step | Done:
        mark = world.last_number
        single = [path for path in dict.fromkeys(self.wanted) if not path.endswith("/")]
        prefixes = [path for path in dict.fromkeys(self.wanted) if path.endswith("/")]
        if not single:
            return self._folders(prefixes, mark, ())
        return lambda later: self._delete_single(later, single, prefixes, mark)

    def _delete_single(self, world: World, single: list[str], prefixes: list[str], mark: int) -> Step | Done:
        shelf = world.find(self.bucket)
        there = [path for path in single if path in shelf.objects and may(self.context, shelf.objects[path].owner_id)]
        gone = tuple(expected(path, world.delete(shelf, path, for_good=self.for_good)) for path in there)
        return self._folders(prefixes, mark, gone)

    def _folders(self, prefixes: list[str], mark: int, gone: tuple[tuple[object, ...], ...]) -> Step | Done:
        if not prefixes:
            return Done(sorted(gone, key=repr))
        return lambda later: self._delete_below(later, prefixes, mark, gone)

    def _delete_below(
        self, world: World, prefixes: list[str], mark: int, gone: tuple[tuple[object, ...], ...]
    ) -> Step | Done:
        """Delete what lay below the first prefix at a mark, again until nothing is left of it."""
        shelf = world.find(self.bucket)
        paths = below_at(world, shelf, prefixes[0], self.context, mark)
        if not paths:
            return self._folders(prefixes[1:], mark, gone)
        batch = tuple(expected(path, world.delete(shelf, path, for_good=self.for_good)) for path in paths)
        return lambda later: self._delete_below(later, prefixes, mark, gone + batch)


def below_at(world: World, shelf: Shelf, prefix: str, context: RlsContext, mark: int) -> list[str]:
    """Return the paths below a prefix that nothing has touched since a mark."""
    return [path for path in world.seen_below(shelf, prefix, context) if shelf.objects[path].stamp <= mark]


@dataclass(frozen=True)
class Empty(Operation):
    """Delete all that a bucket has when the call begins."""

    bucket: str
    for_good: bool

    def run(self, bench: Bench) -> object:
        return bench.storage.empty_bucket(self.bucket, SERVICE, for_good=self.for_good)

    def first_step(self, world: World) -> Step | Done:
        number = world.find(self.bucket).number
        return lambda later: self._mark(later, number)

    def _mark(self, world: World, number: int) -> Step:
        """Note what there is: what is touched from now on stays."""
        mark = world.last_number
        return lambda later: self._delete(later, number, mark, 0)

    def _delete(self, world: World, number: int, mark: int, count: int) -> Step | Done:
        shelf = world.find_by_number(number)
        paths = below_at(world, shelf, "", SERVICE, mark)
        for path in paths:
            world.delete(shelf, path, for_good=self.for_good)
        objects = sum(not path.endswith("/") for path in paths)
        return (lambda later: self._delete(later, number, mark, count + objects)) if paths else Done(count)


@dataclass(frozen=True)
class CreateFolder(Operation):
    bucket: str
    prefix: str

    def run(self, bench: Bench) -> object:
        return bench.storage.create_folder(self.bucket, self.prefix, SERVICE)

    def first_step(self, world: World) -> Step | Done:
        if self.prefix in world.find(self.bucket).objects:
            return Done(None)
        return self._store

    def _store(self, world: World) -> Done:
        world.put(world.find(self.bucket), self.prefix, b"", SERVICE, replacing=True)
        return Done(None)


@dataclass(frozen=True)
class MoveFolder(Operation):
    bucket: str
    prefix: str
    other: str
    goal: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        return bench.storage.move_folder(self.bucket, self.prefix, self.goal, self.context, target_bucket=self.other)

    def expect(self, world: World) -> object:
        source, target = world.find(self.bucket), world.find(self.other)
        return world.move_folder(source, self.prefix, target, self.goal, self.context)


@dataclass(frozen=True)
class CopyFolder(Operation):
    """Copy what lies below a prefix when the call begins, one after the other; what cannot be is reported."""

    bucket: str
    prefix: str
    other: str
    goal: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        report = bench.storage.copy_folder(self.bucket, self.prefix, self.goal, self.context, target_bucket=self.other)
        return report.done, frozenset((failure.path, type(failure.error)) for failure in report.failures)

    def first_step(self, world: World) -> Step | Done:
        if not self.context.can_bypass_rls:
            world.find(self.other)
            check_may_add(self.context)
        wanted = world.seen_below(world.find(self.bucket), self.prefix, self.context)
        if self.prefix and not wanted:
            raise Refused(ObjectNotFound)
        return self._next([path for path in wanted if self._goal(path)], 0, frozenset())

    def _goal(self, path: str) -> str:
        return self.goal + path[len(self.prefix) :]

    def _next(self, wanted: list[str], done: int, failed: frozenset[tuple[str, type]]) -> Step | Done:
        return (lambda later: self._open(later, wanted, done, failed)) if wanted else Done((done, failed))

    def _open(self, world: World, wanted: list[str], done: int, failed: frozenset[tuple[str, type]]) -> Step | Done:
        goal = self._goal(wanted[0])
        try:
            if goal.startswith("/"):
                raise Refused(InvalidKey)
            data = world.find_object(self.bucket, wanted[0], self.context).data
        except Refused as refused:
            return self._next(wanted[1:], done, failed | {(goal, refused.error)})
        return lambda later: self._store(later, wanted, data, done, failed)

    def _store(
        self, world: World, wanted: list[str], data: bytes, done: int, failed: frozenset[tuple[str, type]]
    ) -> Step | Done:
        goal = self._goal(wanted[0])
        try:
            store_copy(world, world.find(self.other), goal, data, self.context, replacing=False)
        except Refused as refused:
            if not (refused.error is ObjectAlreadyExists and goal.endswith("/")):
                failed |= {(goal, refused.error)}
            return self._next(wanted[1:], done, failed)
        return self._next(wanted[1:], done + 1, failed)


@dataclass(frozen=True)
class Walk(Operation):
    bucket: str
    prefix: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        return [seen(stored) for stored in bench.storage.walk(self.bucket, self.prefix, self.context)]

    def expect(self, world: World) -> object:
        shelf = world.find(self.bucket)
        return [expected(path, shelf.objects[path]) for path in world.seen_below(shelf, self.prefix, self.context)]


@dataclass(frozen=True)
class ListFolder(Operation):
    """List a folder page by page; with one page it happens at once."""

    bucket: str
    prefix: str
    context: RlsContext
    limit: int = 1000
    sort: SortColumn = SortColumn.NAME
    descending: bool = False

    def run(self, bench: Bench) -> object:
        request = ListRequest(self.prefix, limit=self.limit, sort=self.sort, descending=self.descending)
        pages = [bench.storage.list(self.bucket, request, self.context)]
        while pages[-1].next_cursor is not None:
            request = replace(request, cursor=pages[-1].next_cursor)
            pages.append(bench.storage.list(self.bucket, request, self.context))
        objects = [seen(stored) for page in pages for stored in page.objects]
        # Types and times are no model's business: only what is on the pages, and each but once.
        ordered = self.sort in {SortColumn.NAME, SortColumn.SIZE}
        return [folder.path for page in pages for folder in page.folders], objects if ordered else sorted(objects)

    def expect(self, world: World) -> object:
        shelf = world.find(self.bucket)
        folders, here = shown(world.seen_below(shelf, self.prefix, self.context), self.prefix)
        if self.descending and self.sort is SortColumn.NAME:
            folders.reverse()
        objects = sorted(here)
        if self.sort is SortColumn.SIZE:
            objects.sort(key=lambda path: len(shelf.objects[path].data), reverse=self.descending)
        elif self.sort is SortColumn.NAME and self.descending:
            objects.reverse()
        return folders, [expected(path, shelf.objects[path]) for path in objects]


def shown(paths: list[str], prefix: str) -> tuple[list[str], list[str]]:
    """Return the folders and the objects that one folder shows of the paths below it."""
    rests = [path[len(prefix) :] for path in paths]
    folders = {f"{prefix}{rest.partition('/')[0]}/" for rest in rests if "/" in rest}
    return sorted(folders), sorted(path for path in paths if parent_of(path) == prefix and path != prefix)


@dataclass(frozen=True)
class Measure(Operation):
    bucket: str
    prefix: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        return bench.storage.count_folder(self.bucket, self.prefix, self.context)

    def expect(self, world: World) -> object:
        folders, objects = shown(world.seen_below(world.find(self.bucket), self.prefix, self.context), self.prefix)
        return FolderCount(len(folders), len(objects))


@dataclass(frozen=True)
class Weigh(Operation):
    bucket: str
    prefix: str
    context: RlsContext

    def run(self, bench: Bench) -> object:
        return bench.storage.tree_size(self.bucket, self.prefix, self.context)

    def expect(self, world: World) -> object:
        shelf = world.find(self.bucket)
        paths = [path for path in world.seen_below(shelf, self.prefix, self.context) if not path.endswith("/")]
        return TreeSize(len(paths), sum(len(shelf.objects[path].data) for path in paths))
