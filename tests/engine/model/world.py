"""What the engine should hold, as plain dictionaries: buckets, their objects, and what they keep of the past.

Nothing here knows files, rows or threads. Each method does one thing that the engine does in one transaction: it either
raises `Refused` and leaves everything as it was, or does the whole of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache

from engine.errors import (
    BucketAlreadyExists,
    BucketNotEmpty,
    BucketNotFound,
    InvalidKey,
    InvalidRequest,
    ObjectAlreadyExists,
    ObjectNotFound,
    PayloadTooLarge,
    StorageError,
    Unauthorized,
)
from engine.types import NOTHING_KEPT, Retention, RlsContext
from engine.version_types import Ending


class Refused(Exception):
    """The engine must raise this error, and change nothing."""

    def __init__(self, error: type[StorageError]) -> None:
        super().__init__(error.__name__)
        self.error = error


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that stands at a path.

    Attributes:
        object_id: Stays through overwrites and moves; a number here, bound to the engine's id when it is first seen.
        stay: Names its standing with this content at this path.
        stamp: When it was last touched: deletions by folder spare what came after they began.
        content: Names its bytes, wherever they stand.
    """

    data: bytes
    owner_id: str | None
    object_id: int
    stay: int
    stamp: int
    content: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What stood at a path and is kept.

    Attributes:
        number: Grows in the order of the commits; bound to the engine's id when it is first seen.
        day: On which its standing ended.
    """

    number: int
    path: str
    stored: Stored
    ending: Ending
    in_trash: bool
    day: int


@dataclass(slots=True)
class Shelf:
    """One bucket. `number` stays when its name changes, and is another for the next bucket of that name."""

    number: int
    retention: Retention = NOTHING_KEPT
    limit_bytes: int | None = None
    objects: dict[str, Stored] = field(default_factory=dict)
    past: dict[int, Kept] = field(default_factory=dict)

    def copy(self) -> Shelf:
        return replace(self, objects=dict(self.objects), past=dict(self.past))


@lru_cache(maxsize=4096)
def checksum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parent_of(path: str) -> str:
    return path[: path.rfind("/") + 1]


def may(context: RlsContext, owner_id: str | None) -> bool:
    """Return whether rows of an owner are the caller's to see and to change."""
    return context.can_bypass_rls or (context.user_id is not None and owner_id == context.user_id)


def check_may_add(context: RlsContext) -> None:
    if not context.can_bypass_rls and context.user_id is None:
        raise Refused(Unauthorized)


class World:
    """Everything. Copied for each order of events that is tried out."""

    def __init__(self) -> None:
        self.shelves: dict[str, Shelf] = {}
        self.day = 0
        self.last_number = 0
        # Which row of the past has the bytes of a content that stands nowhere; others of it only say where it stood.
        self.holders: dict[int, int] = {}

    def copy(self) -> World:
        twin = World()
        twin.shelves = {name: shelf.copy() for name, shelf in self.shelves.items()}
        twin.day, twin.last_number, twin.holders = self.day, self.last_number, dict(self.holders)
        return twin

    def next_number(self) -> int:
        self.last_number += 1
        return self.last_number

    def find(self, name: str) -> Shelf:
        if name not in self.shelves:
            raise Refused(BucketNotFound)
        return self.shelves[name]

    def find_by_number(self, number: int) -> Shelf:
        for shelf in self.shelves.values():
            if shelf.number == number:
                return shelf
        raise Refused(BucketNotFound)

    def find_object(self, name: str, path: str, context: RlsContext) -> Stored:
        stored = self.find(name).objects.get(path)
        if stored is None or not may(context, stored.owner_id):
            raise Refused(ObjectNotFound)
        return stored

    def find_kept(self, name: str, numbers: list[int], context: RlsContext) -> list[Kept]:
        past = self.find(name).past
        found = [past[number] for number in dict.fromkeys(numbers) if number in past]
        if len(found) < len(set(numbers)) or not all(may(context, kept.stored.owner_id) for kept in found):
            raise Refused(ObjectNotFound)
        return found

    # Buckets

    def create_bucket(self, name: str, context: RlsContext, retention: Retention) -> None:
        if not context.can_bypass_rls:
            raise Refused(Unauthorized)
        if name in self.shelves:
            raise Refused(BucketAlreadyExists)
        self.shelves[name] = Shelf(self.next_number(), retention)

    def delete_bucket(self, name: str) -> None:
        if self.find(name).objects:
            raise Refused(BucketNotEmpty)
        past = self.shelves.pop(name).past
        self._release(list(past.values()))

    # Objects

    def check_taken_in(self, shelf: Shelf, path: str, size_bytes: int) -> None:
        if size_bytes and path.endswith("/"):
            raise Refused(InvalidRequest)
        if shelf.limit_bytes is not None and size_bytes > shelf.limit_bytes:
            raise Refused(PayloadTooLarge)

    def put(
        self, shelf: Shelf, path: str, data: bytes, context: RlsContext, *, replacing: bool, to_trash: bool = False
    ) -> Stored:
        old = shelf.objects.get(path)
        if old is not None and not replacing:
            raise Refused(ObjectAlreadyExists)
        if old is not None and not may(context, old.owner_id):
            raise Refused(Unauthorized)
        if old is not None:
            self._retire(shelf, path, Ending.REPLACED, to_trash=to_trash)
        number = self.next_number()
        owner_id, object_id = (context.user_id, number) if old is None else (old.owner_id, old.object_id)
        shelf.objects[path] = Stored(data, owner_id, object_id, number, number, number)
        return shelf.objects[path]

    def delete(self, shelf: Shelf, path: str, *, for_good: bool) -> Stored:
        stored = shelf.objects[path]
        self._retire(shelf, path, Ending.DELETED, for_good=for_good)
        del shelf.objects[path]
        return stored

    def seen_below(self, shelf: Shelf, prefix: str, context: RlsContext) -> list[str]:
        """Return the paths below a prefix that the caller may see, in the order of a walk."""
        seen = [
            path for path, stored in shelf.objects.items() if path.startswith(prefix) and may(context, stored.owner_id)
        ]
        return sorted(seen, key=lambda path: (parent_of(path), path))

    def move(self, source: Shelf, path: str, target: Shelf, goal: str) -> Stored:
        if source is not target:
            self.check_taken_in(target, goal, len(source.objects[path].data))
        elif source.objects[path].data and goal.endswith("/"):
            raise Refused(InvalidRequest)
        if goal in target.objects:
            raise Refused(ObjectAlreadyExists)
        return self._relocate(source, path, target, goal)

    def move_folder(self, source: Shelf, prefix: str, target: Shelf, goal: str, context: RlsContext) -> int:
        if source is target and goal.startswith(prefix):
            raise Refused(InvalidRequest)
        moving = {path: goal + path[len(prefix) :] for path in self.seen_below(source, prefix, context)}
        if not moving:
            raise Refused(ObjectNotFound)
        for path, there in moving.items():
            if there.startswith("/"):
                raise Refused(InvalidKey)
            if there and source is not target:
                self.check_taken_in(target, there, len(source.objects[path].data))
        merged = [path for path, there in moving.items() if not there or there in target.objects]
        for path in merged:
            there = moving[path]
            if there and (not there.endswith("/") or (source is target and there in moving)):
                raise Refused(ObjectAlreadyExists)
        for path, there in moving.items():
            if path in merged:
                self.delete(source, path, for_good=True)
            else:
                self._relocate(source, path, target, there)
        return len(moving)

    def _relocate(self, source: Shelf, path: str, target: Shelf, goal: str) -> Stored:
        if source.retention.keeps_versions:
            self._keep(source, path, Ending.MOVED, in_trash=False)
        number = self.next_number()
        target.objects[goal] = replace(source.objects.pop(path), stay=number, stamp=number)
        return target.objects[goal]

    def _retire(
        self, shelf: Shelf, path: str, ending: Ending, *, for_good: bool = False, to_trash: bool = False
    ) -> None:
        goes = ending is Ending.DELETED or (to_trash and not shelf.retention.keeps_versions)
        in_trash = goes and shelf.retention.trash_days is not None
        if (shelf.retention.keeps_versions or in_trash) and not for_good:
            self._keep(shelf, path, ending, in_trash=in_trash)
            self.holders[shelf.objects[path].content] = self.last_number
        else:
            self._inherit(shelf.objects[path].content)

    def forget(self, shelf: Shelf, numbers: list[int]) -> None:
        """Remove rows of the past."""
        self._release([shelf.past.pop(number) for number in numbers])

    def _release(self, gone: list[Kept]) -> None:
        for one in gone:
            if self.holders.get(one.stored.content) == one.number:
                self._inherit(one.stored.content)

    def _inherit(self, content: int) -> None:
        """Give bytes to the first row that means them, if any does."""
        meaning = [
            number
            for shelf in self.shelves.values()
            for number, one in shelf.past.items()
            if one.stored.content == content
        ]
        self.holders.pop(content, None)
        if meaning:
            self.holders[content] = min(meaning)

    def _keep(self, shelf: Shelf, path: str, ending: Ending, *, in_trash: bool) -> None:
        number = self.next_number()
        shelf.past[number] = Kept(number, path, shelf.objects[path], ending, in_trash, self.day)

    # The past

    def bring_back(self, shelf: Shelf, kept: list[Kept], target: str | None) -> list[str]:
        """Take objects out of the trash, all or none."""
        goals = [one.path if target is None else target for one in kept]
        for one, goal in zip(kept, goals, strict=True):
            if not one.in_trash:
                raise Refused(ObjectNotFound)
            if one.stored.data and goal.endswith("/"):
                raise Refused(InvalidRequest)
        if len(set(goals)) < len(goals) or shelf.objects.keys() & set(goals):
            raise Refused(ObjectAlreadyExists)
        for one, goal in zip(kept, goals, strict=True):
            number = self.next_number()
            alive = {stored.object_id for other in self.shelves.values() for stored in other.objects.values()}
            object_id = number if one.stored.object_id in alive else one.stored.object_id
            shelf.objects[goal] = replace(one.stored, object_id=object_id, stay=number, stamp=number)
            self.holders.pop(one.stored.content, None)
            if shelf.retention.keeps_versions:
                shelf.past[one.number] = replace(one, in_trash=False)
            else:
                del shelf.past[one.number]
        return goals

    def leave_trash(self, shelf: Shelf) -> int:
        """Let out of the trash what was there long enough: a version like others, or nothing."""
        kept, retention = shelf.past, shelf.retention
        dumped = [
            n for n, one in kept.items() if one.in_trash and self._is_over(one, retention.trash_days, or_none=True)
        ]
        if retention.keeps_versions:
            kept |= {number: replace(kept[number], in_trash=False) for number in dumped}
            return 0
        self.forget(shelf, dumped)
        return len(dumped)

    def expire(self, shelf: Shelf) -> int:
        """Forget the old versions that the bucket keeps no longer."""
        over = self._too_old(shelf)
        self.forget(shelf, over)
        return len(over)

    def _is_over(self, kept: Kept, days: int | None, *, or_none: bool) -> bool:
        return or_none if days is None else kept.day + days <= self.day

    def _too_old(self, shelf: Shelf) -> list[int]:
        versions = sorted((one for one in shelf.past.values() if not one.in_trash), key=lambda one: -one.number)
        if not shelf.retention.keeps_versions:
            return [one.number for one in versions]
        places: dict[tuple[str, bool], int] = {}
        found = []
        for one in versions:
            # Rows that have no bytes of their own push out none that have.
            kind = (one.path, self.holders.get(one.stored.content) == one.number)
            places[kind] = places.get(kind, 0) + 1
            beyond = shelf.retention.versions is not None and places[kind] > shelf.retention.versions
            if beyond or self._is_over(one, shelf.retention.days, or_none=False):
                found.append(one.number)
        return found

    def stood(self, shelf: Shelf, then: dict[str, Stored]) -> dict[str, bytes]:
        """Return what is still known of objects that stood in a bucket at a moment."""
        known = {stored.stay for stored in shelf.objects.values()} | {one.stored.stay for one in shelf.past.values()}
        return {path: stored.data for path, stored in then.items() if stored.stay in known}
