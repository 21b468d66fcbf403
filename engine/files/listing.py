"""Listing: one folder a page, folders first, by keyset or by position; and everything below a prefix.

Folders are not stored: they are the distinct next segments of the paths below a prefix. They are found by skipping
through the index, one seek a folder, so that a listing costs what it shows, whatever lies below. A folder exists
for a caller when some object below it does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, and_, func, literal, select, tuple_

from engine import limits
from engine.errors import InvalidRequest
from engine.files.records import OBJECT_COLUMNS, find_bucket, object_from
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.paths import prefix_end, validate_prefix
from engine.times import from_datetime
from engine.types import (
    Bucket,
    Folder,
    FolderCount,
    ListPage,
    ListRequest,
    RlsContext,
    SortColumn,
    StorageObject,
    TreeSize,
)

_O: Final = storage_objects.c
_SYSTEM: Final = RlsContext.service()
_SORT_COLUMNS: Final = {
    SortColumn.NAME: _O.leaf,
    SortColumn.SIZE: _O.size_bytes,
    SortColumn.TYPE: _O.mime_type,
    SortColumn.TIME: _O.updated_at,
}
_NUMBERS: Final = frozenset({SortColumn.SIZE, SortColumn.TIME})
_INTEGER_END: Final = 2**63
_AFTER_SLASH: Final = "0"
"""The character after `/`: with it in place of the slash, a prefix becomes the first text beyond its range."""


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page ended: in the folders, or in the objects at a sort key."""

    folder: str | None
    key: str | int | None = None
    leaf: str = ""

    def encode(self) -> str:
        """Return opaque text."""
        raw = json.dumps([self.folder, self.key, self.leaf], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(raw).decode()

    @classmethod
    def decode(cls, text: str, sort: SortColumn) -> _Cursor:
        """Return the cursor of `encode`.

        Raises:
            InvalidRequest: The text is no cursor of a listing in that order.
        """
        try:
            parts = json.loads(base64.urlsafe_b64decode(text.encode()))
            cursor = cls(*parts) if _are_cursor_parts(parts, sort) else None
            if cursor is not None and cursor.encode() == text:
                return cursor
        except (ValueError, RecursionError) as error:
            raise InvalidRequest("The listing cursor is not valid") from error
        raise InvalidRequest("The listing cursor is not valid")


def _are_cursor_parts(parts: object, sort: SortColumn) -> bool:
    """Return whether decoded JSON has the form of a cursor's."""
    match parts:
        case [str() | None, None, ""]:
            return True
        case [None, bool(), _]:
            return False
        case [None, int(key), str()]:
            return sort in _NUMBERS and abs(key) < _INTEGER_END
        case [None, str(), str()]:
            return sort not in _NUMBERS
        case _:
            return False


class Listing:
    """Answers what is in a folder.

    Args:
        executor: For rows.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def page(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        """Return one page of a folder.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: The prefix is neither empty nor a path that ends with `/`.
            InvalidRequest: Limit, offset or cursor make no sense.
        """
        _check(request)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            if request.cursor is not None:
                return _page_after(tx, found, request, _Cursor.decode(request.cursor, request.sort))
            return _page_at(tx, found, request)

    def count(self, bucket: str, prefix: str, context: RlsContext) -> FolderCount:
        """Return how many folders and objects one folder shows.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        validate_prefix(prefix)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            folders = _count_folders(tx, found.id, prefix)
            objects = tx.execute(select(func.count()).select_from(storage_objects).where(_shown_in(found.id, prefix)))
            return FolderCount(folders, int(objects.scalar_one()))

    def size(self, bucket: str, prefix: str, context: RlsContext) -> TreeSize:
        """Return how many objects lie below a prefix and what they weigh; folder markers do not count.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        validate_prefix(prefix)
        query = select(func.count(), func.coalesce(func.sum(_O.size_bytes), 0)).select_from(storage_objects)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            row = tx.execute(query.where(below(found.id, prefix), _O.leaf != "")).one()
        return TreeSize(int(row[0]), int(row[1]))

    def walk(self, bucket: str, prefix: str, context: RlsContext) -> Iterator[StorageObject]:
        """Yield everything below a prefix, folder by folder, markers included, a page at a time.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        validate_prefix(prefix)
        after: tuple[str, str] | None = None
        while True:
            with self._executor.snapshot(context) as tx:
                found = find_bucket(tx.as_caller(_SYSTEM), bucket)
                rows = tx.execute(_walk_query(found.id, prefix, after)).all()
            yield from (object_from(row, found.name) for row in rows)
            if len(rows) < limits.LIST_PAGE_MAX:
                return
            after = (rows[-1][2], rows[-1][3])


def below(bucket_id: str, prefix: str) -> ColumnElement[bool]:
    """Return the condition of everything below a prefix: one range of the index."""
    if not prefix:
        return _O.bucket_id == bucket_id
    return and_(_O.bucket_id == bucket_id, _O.parent >= prefix, _O.parent < prefix_end(prefix))


def _shown_in(bucket_id: str, prefix: str) -> ColumnElement[bool]:
    """Return the condition of the objects that a folder shows: not its own marker."""
    return and_(_O.bucket_id == bucket_id, _O.parent == prefix, _O.leaf != "")


def _check(request: ListRequest) -> None:
    """Refuse what makes no sense."""
    validate_prefix(request.prefix)
    if not 1 <= request.limit <= limits.LIST_PAGE_MAX:
        raise InvalidRequest(f"limit must be between 1 and {limits.LIST_PAGE_MAX}")
    if not 0 <= request.offset < _INTEGER_END:
        raise InvalidRequest("offset must be a number of rows to skip")


def _walk_query(bucket_id: str, prefix: str, after: tuple[str, str] | None) -> Select[Any]:
    """Return a keyset page of everything below a prefix."""
    query = select(*OBJECT_COLUMNS).where(below(bucket_id, prefix)).order_by(_O.parent, _O.leaf)
    if after is not None:
        query = query.where(tuple_(_O.parent, _O.leaf) > tuple_(literal(after[0]), literal(after[1])))
    return query.limit(limits.LIST_PAGE_MAX)


def _page_at(tx: Transaction, bucket: Bucket, request: ListRequest) -> ListPage:
    """Return the page at an offset."""
    folders, reached_end = _folders(tx, bucket.id, request, None, request.offset)
    if not reached_end:
        return ListPage(folders, (), _Cursor(folders[-1].path).encode())
    skipped = request.offset
    if request.offset and not folders:
        skipped -= min(request.offset, _count_folders(tx, bucket.id, request.prefix))
    else:
        skipped = 0
    return _with_objects(tx, bucket, request, folders, None, skipped)


def _page_after(tx: Transaction, bucket: Bucket, request: ListRequest, cursor: _Cursor) -> ListPage:
    """Return the page after a cursor."""
    if cursor.folder is None:
        return _with_objects(tx, bucket, request, (), cursor, 0)
    folders, reached_end = _folders(tx, bucket.id, request, cursor.folder, 0)
    if not reached_end:
        return ListPage(folders, (), _Cursor(folders[-1].path).encode())
    return _with_objects(tx, bucket, request, folders, None, 0)


def _with_objects(
    tx: Transaction,
    bucket: Bucket,
    request: ListRequest,
    folders: tuple[Folder, ...],
    after: _Cursor | None,
    skip: int,
) -> ListPage:
    """Fill a page up with objects."""
    room = request.limit - len(folders)
    query = _objects_query(bucket.id, request, after).offset(skip).limit(room + 1)
    objects = tuple([object_from(row, bucket.name) for row in tx.execute(query).all()])
    if len(objects) <= room:
        return ListPage(folders, objects, None)
    if room == 0:
        return ListPage(folders, (), _Cursor(None).encode())
    last = objects[room - 1]
    return ListPage(folders, objects[:room], _Cursor(None, _sort_key(last, request.sort), last.name).encode())


def _objects_query(bucket_id: str, request: ListRequest, after: _Cursor | None) -> Select[Any]:
    """Return the objects of a folder in the order asked for, beyond a cursor."""
    column = _SORT_COLUMNS[request.sort]
    query = select(*OBJECT_COLUMNS).where(_shown_in(bucket_id, request.prefix))
    order = [column] if request.sort is SortColumn.NAME else [column, _O.leaf]
    query = query.order_by(*((part.desc() for part in order) if request.descending else order))
    if after is None or after.key is None:
        return query
    here = tuple_(*order)
    there = tuple_(*(literal(value) for value in ([after.key, after.leaf] if len(order) > 1 else [after.leaf])))
    return query.where(here < there if request.descending else here > there)


def _sort_key(stored: StorageObject, sort: SortColumn) -> str | int:
    """Return an object's value in the sorted column, as the table has it."""
    match sort:
        case SortColumn.SIZE:
            return stored.size_bytes
        case SortColumn.TYPE:
            return stored.mime_type
        case SortColumn.TIME:
            return from_datetime(stored.updated_at)
        case _:
            return stored.name


def _folders(
    tx: Transaction, bucket_id: str, request: ListRequest, after: str | None, skip: int
) -> tuple[tuple[Folder, ...], bool]:
    """Return up to a page of folders, and whether these are the last."""
    descending = request.descending and request.sort is SortColumn.NAME
    found = _skip_scan(tx, bucket_id, request.prefix, after, descending)
    query = select(found.c.folder).where(found.c.folder.is_not(None)).offset(skip).limit(request.limit + 1)
    paths = [row[0] for row in tx.execute(query)]
    page = tuple(Folder(path) for path in paths[: request.limit])
    return page, len(paths) <= request.limit


def _count_folders(tx: Transaction, bucket_id: str, prefix: str) -> int:
    """Return how many folders a folder shows."""
    found = _skip_scan(tx, bucket_id, prefix, None, descending=False)
    query = select(func.count()).select_from(found).where(found.c.folder.is_not(None))
    return int(tx.execute(query).scalar_one())


def _skip_scan(tx: Transaction, bucket_id: str, prefix: str, after: str | None, descending: bool) -> CTE:
    """Return the folders below a prefix as a recursive query, one index seek each.

    Each step looks for the first path beyond the range of the folder before; the last row is NULL.
    """
    length = len(prefix)

    def folder_of(parent: ColumnElement[str]) -> ColumnElement[str]:
        rest = func.substr(parent, length + 1)
        return func.substr(parent, 1, length + func.instr(rest, "/"))

    def seek(bound: Sequence[ColumnElement[bool]]) -> ScalarSelect[str]:
        edge = func.max(_O.parent) if descending else func.min(_O.parent)
        query = select(folder_of(edge)).where(_O.bucket_id == bucket_id, *_between(prefix, bound, descending))
        rule = tx.rule(storage_objects)
        return (query if rule is None else query.where(rule)).scalar_subquery()

    start = [] if after is None else [_beyond(literal(after), descending)]
    found = select(seek(start).label("folder")).cte("folders", recursive=True)
    step = seek([_beyond(found.c.folder, descending)])
    return found.union_all(select(step).where(found.c.folder.is_not(None)))


def _between(prefix: str, bound: Sequence[ColumnElement[bool]], descending: bool) -> list[ColumnElement[bool]]:
    """Return the conditions of parents strictly below a prefix and beyond a bound.

    The bound takes the place of the prefix's own end on its side: given two, SQLite seeks to the wrong one and reads
    every row before the bound again at each step.
    """
    lower: list[ColumnElement[bool]] = [_O.parent > prefix]
    upper: list[ColumnElement[bool]] = [_O.parent < prefix_end(prefix)] if prefix else []
    if not bound:
        return [*lower, *upper]
    return [*lower, *bound] if descending else [*bound, *upper]


def _beyond(folder: ColumnElement[str], descending: bool) -> ColumnElement[bool]:
    """Return the condition of parents beyond a folder's own range."""
    if descending:
        return _O.parent < folder
    return _O.parent >= func.substr(folder, 1, func.length(folder) - 1).concat(_AFTER_SLASH)
