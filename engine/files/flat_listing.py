"""Listing by full names: everything that begins with some text, byte by byte, whatever folders it lies in.

The index has paths as folder and leaf, in which `b` comes before `a/b`. So a page in the order of names is put
together from two ranges: the objects right in a folder, and those in folders below it, which the index has folder by
folder. Where the second is cut off, the folder at the cut is looked into by itself: it has as many as are missing.
A page costs two short ranges for each level of the folder that it begins or ends in, however many objects there are.

Orders by time have no index: such a page reads the range through.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select

from engine import limits
from engine.acts import act
from engine.context import Operation
from engine.errors import InvalidKey, InvalidRequest
from engine.files.flat_queries import by_time, descendants, folders, leaves
from engine.files.quarantine import Quarantine
from engine.files.records import find_bucket, object_from
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.paths import parent_of
from engine.types import Bucket, Folder, RlsContext, StorageObject

_SYSTEM: Final = RlsContext.service()
_END: Final = "\U0010ffff"
"""After every text that a name may go on with: no path has this character."""

_NEXT: Final = "\x01"
"""Before every such text, for the same reason."""

_INTEGER_END: Final = 2**63


class FlatOrder(StrEnum):
    """What a listing by full names is ordered by; ties go by name."""

    NAME = "name"
    CREATED = "created_at"
    UPDATED = "updated_at"


_TIMES: Final = {
    FlatOrder.CREATED: storage_objects.c.created_at,
    FlatOrder.UPDATED: storage_objects.c.updated_at,
}


@dataclass(frozen=True, slots=True)
class FlatRequest:
    """One page of what begins with some text.

    Attributes:
        prefix: How names begin; need not end at a `/`.
        limit: Entries wanted, folders and objects together, 1 to `limits.LIST_PAGE_MAX`.
        delimited: Whether a folder stands for everything below it: names then end at the first `/` after the prefix.
        order: By what; in orders by time, folders come first, by name.
        descending: Direction of that order.
        cursor: `FlatPage.next_cursor` of the page before; its order counts, not the request's.
    """

    prefix: str = ""
    limit: int = limits.LIST_PAGE_MAX
    delimited: bool = False
    order: FlatOrder = FlatOrder.NAME
    descending: bool = False
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class FlatPage:
    """Some entries, each kind in the order asked for.

    Attributes:
        next_cursor: Where to go on, or None at the end.
        next_name: Full name of the last entry where there are more, or None.
    """

    folders: tuple[Folder, ...]
    objects: tuple[StorageObject, ...]
    next_cursor: str | None = None
    next_name: str | None = None


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The last entry of a page.

    Attributes:
        key: Its time in microseconds, or None in orders by name and for folders.
    """

    order: FlatOrder
    descending: bool
    key: int | None
    name: str

    def encode(self) -> str:
        """Return opaque text."""
        raw = json.dumps([self.order, self.descending, self.key, self.name], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(raw).decode()

    @classmethod
    def decode(cls, text: str) -> _Cursor:
        """Return the cursor of `encode`.

        Raises:
            InvalidRequest: The text is no cursor.
        """
        try:
            match json.loads(base64.urlsafe_b64decode(text.encode())):
                case [str(order), bool(descending), None | int() as key, str(name)] if _fits(key):
                    cursor = cls(FlatOrder(order), descending, key, name)
                    if cursor.encode() == text:
                        return cursor
        except (ValueError, RecursionError) as error:
            raise InvalidRequest("The listing cursor is not valid") from error
        raise InvalidRequest("The listing cursor is not valid")


def _fits(key: int | None) -> bool:
    """Return whether a cursor's key may be a time."""
    return key is None or (not isinstance(key, bool) and abs(key) < _INTEGER_END)


@dataclass(frozen=True, slots=True)
class _Level:
    """What is wanted of one folder: a range of its leaves, and one of the folders below it. Ends are excluded."""

    folder: str
    low: str
    high: str
    parent_low: str
    parent_high: str

    @classmethod
    def of(cls, folder: str, start: str = "") -> _Level:
        """Return all of a folder that begins with `start`, below it as well."""
        path = folder + start
        return cls(folder, start, start + _END, path if start else folder + _NEXT, path + _END)

    def beyond(self, name: str, *, descending: bool) -> _Level:
        """Return what of it comes after a name, and after everything below that if it is a folder."""
        first, slash, _ = name[len(self.folder) :].partition("/")
        child = self.folder + first
        if descending:
            return replace(self, high=first + slash, parent_high=child + slash)
        if slash:
            return replace(self, low=first + slash, parent_low=child + "0")
        return replace(self, low=first + _NEXT, parent_low=child + _NEXT)

    @property
    def values(self) -> dict[str, object]:
        """Return the parameters of statements."""
        return {
            "folder": self.folder,
            "low": self.low,
            "high": self.high,
            "length": len(self.folder),
            "parent_low": self.parent_low,
            "parent_high": self.parent_high,
        }


class FlatListing:
    """Answers what begins with some text.

    Args:
        executor: For rows.
        quarantine: Which of them have lost their bytes.
    """

    def __init__(self, executor: Executor, quarantine: Quarantine) -> None:
        self._executor = executor
        self._quarantine = quarantine

    @act(Operation.OBJECT_LIST_V2, path="request.prefix")
    def page(self, bucket: str, request: FlatRequest, context: RlsContext) -> FlatPage:
        """Return one page.

        Args:
            bucket: Name or id.
            request: What is wanted.
            context: Who asks.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: The prefix is no text that could be stored.
            InvalidRequest: Limit or cursor make no sense.
        """
        place = _place_of(request)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            page = _Reading(tx.within(found), found, place).page(request)
        return replace(page, objects=self._quarantine.marked(page.objects)) if self._quarantine.has_any() else page


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: in which order, below what, after what.

    Attributes:
        after: The entry before, or None at the start.
    """

    order: FlatOrder
    descending: bool
    level: _Level
    after: _Cursor | None


def _place_of(request: FlatRequest) -> _Place:
    """Return where a page begins.

    Raises:
        InvalidKey: The prefix is no text that could be stored.
        InvalidRequest: Limit or cursor make no sense.
    """
    if not 1 <= request.limit <= limits.LIST_PAGE_MAX:
        raise InvalidRequest(f"limit must be between 1 and {limits.LIST_PAGE_MAX}")
    prefix = request.prefix
    if prefix.encode(errors="ignore").decode() != prefix:
        raise InvalidKey("Invalid key: the prefix is not valid text")
    folder = parent_of(prefix)
    level = _Level.of(folder, prefix.removeprefix(folder))
    after = None if request.cursor is None else _Cursor.decode(request.cursor)
    if after is None:
        return _Place(request.order, request.descending, level, None)
    among_folders = after.order in _TIMES and after.key is None
    if not after.name.startswith(prefix) or (among_folders and not request.delimited):
        raise InvalidRequest("The listing cursor is not valid")
    return _Place(after.order, after.descending, level, after)


class _Reading:
    """One page being read in a transaction."""

    def __init__(self, tx: Transaction, bucket: Bucket, place: _Place) -> None:
        self._tx = tx
        self._bucket = bucket
        self._place = place

    def page(self, request: FlatRequest) -> FlatPage:
        """Return the page; one entry more than it may have is read, to know whether there are more."""
        wanted = request.limit + 1
        if self._place.order in _TIMES:
            entries = self._by_time(request.delimited, wanted)
        elif request.delimited:
            entries = self._delimited(wanted)
        else:
            entries = [self._object(row) for row in self._by_name(wanted)]
        return self._page_of(entries[: request.limit], complete=len(entries) <= request.limit)

    def _page_of(self, entries: Sequence[Folder | StorageObject], *, complete: bool) -> FlatPage:
        page = FlatPage(
            tuple(entry for entry in entries if isinstance(entry, Folder)),
            tuple(entry for entry in entries if isinstance(entry, StorageObject)),
        )
        if complete:
            return page
        last = entries[-1]
        cursor = _Cursor(self._place.order, self._place.descending, self._key(last), last.path)
        return replace(page, next_cursor=cursor.encode(), next_name=last.path)

    def _key(self, entry: Folder | StorageObject) -> int | None:
        """Return an entry's time, where the order is one of time."""
        if isinstance(entry, Folder) or self._place.order is FlatOrder.NAME:
            return None
        return entry.created_us if self._place.order is FlatOrder.CREATED else entry.updated_us

    def _by_name(self, count: int) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for level in self._levels():
            rest: _Level | None = level
            while rest is not None and len(rows) < count:
                part, rest = self._part(rest, count - len(rows))
                rows += part
        return rows

    def _levels(self) -> Iterator[_Level]:
        """Yield what is left of the folder that the page begins in, then of the one above, up to that of the prefix."""
        top, after = self._place.level, self._place.after
        if after is None:
            yield top
            return
        folder = parent_of(after.name)
        while len(folder) > len(top.folder):
            yield _Level.of(folder).beyond(after.name, descending=self._place.descending)
            folder = parent_of(folder[:-1])
        yield top.beyond(after.name, descending=self._place.descending)

    def _part(self, level: _Level, count: int) -> tuple[list[tuple[Any, ...]], _Level | None]:
        """Return the first rows of a level, and the folder that has the others if they are not all there."""
        descending = self._place.descending
        near = self._rows(leaves(descending=descending), level, count)
        far = self._rows(descendants(descending=descending), level, count)
        if len(far) < count:
            return self._in_order([*near, *far])[:count], None
        end = far[-1][2].index("/", len(level.folder)) + 1
        child: str = far[-1][2][:end]
        sure = [row for row in (*near, *far) if not row[2].startswith(child) and _precedes(row, child, descending)]
        if len(sure) >= count:
            return self._in_order(sure)[:count], None
        return self._in_order(sure), _Level.of(child)

    def _in_order(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return sorted(rows, key=_name_of, reverse=self._place.descending)

    def _delimited(self, count: int) -> list[Folder | StorageObject]:
        level, after, descending = self._place.level, self._place.after, self._place.descending
        if after is not None:
            level = level.beyond(after.name, descending=descending)
        near = self._rows(leaves(descending=descending), level, count)
        entries: list[Folder | StorageObject] = [*self._folders(level, count, descending=descending)]
        entries += map(self._object, near)
        return sorted(entries, key=lambda entry: entry.path, reverse=descending)[:count]

    def _by_time(self, delimited: bool, count: int) -> list[Folder | StorageObject]:
        level, after = self._place.level, self._place.after
        entries: list[Folder | StorageObject] = []
        if delimited and (after is None or after.key is None):
            from_here = level if after is None else level.beyond(after.name, descending=False)
            entries += self._folders(from_here, count, descending=False)
            after = None
        if len(entries) >= count:
            return entries
        query = by_time(
            _TIMES[self._place.order],
            deep=not delimited,
            descending=self._place.descending,
            resumed=after is not None,
        )
        keys = {} if after is None else {"key": after.key, "name": after.name}
        rows = self._rows(query, level, count - len(entries), keys)
        return [*entries, *map(self._object, rows)]

    def _rows(
        self, query: Select[Any], level: _Level, count: int, more: Mapping[str, object] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        return self._tx.tuples(query, {"bucket": self._bucket.id, "count": count} | level.values | dict(more or {}))

    def _folders(self, level: _Level, count: int, *, descending: bool) -> list[Folder]:
        query = folders(self._tx.rule(storage_objects), descending=descending)
        rows = self._tx.execute(query, {"bucket": self._bucket.id, "count": count} | level.values)
        return [Folder(row[0]) for row in rows]

    def _object(self, row: tuple[Any, ...]) -> StorageObject:
        return object_from(row, self._bucket.name)


def _name_of(row: tuple[Any, ...]) -> str:
    """Return the full name of a row that begins with `OBJECT_COLUMNS`."""
    name: str = row[2] + row[3]
    return name


def _precedes(row: tuple[Any, ...], folder: str, descending: bool) -> bool:
    """Return whether a row comes before everything in a folder that it does not lie in."""
    name = _name_of(row)
    return name > folder if descending else name < folder
