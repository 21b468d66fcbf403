"""Listing: one folder a page, folders first, by keyset or by position; and everything below a prefix.

Folders are not stored: they are the distinct next segments of the paths below a prefix. They are found by skipping
through the index, one seek a folder, so that a listing costs what it shows, whatever lies below. A folder exists
for a caller when some object below it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, literal, select, tuple_

from engine import limits
from engine.errors import InvalidRequest
from engine.files.counts import Counts
from engine.files.filtering import filtered, filtered_folders, filtered_then
from engine.files.folder_queries import SHOWN, below, folder_values, folders_count, folders_page, objects_page
from engine.files.list_cursors import INTEGER_END, Cursor
from engine.files.name_texts import NameTexts
from engine.files.orders import Orders, OrdersNow
from engine.files.past_queries import (
    PastRules,
    folders_count_at,
    folders_page_at,
    mark_at,
    moment_us,
    objects_count_at,
    objects_page_at,
)
from engine.files.quarantine import Quarantine
from engine.files.records import OBJECT_COLUMNS, find_bucket, leaves_by_folder, object_from
from engine.folding import words_of
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.paths import validate_prefix
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
_LEAVES_A_QUERY: Final = 500
_SIZE: Final = select(func.count(), func.coalesce(func.sum(_O.size_bytes), 0)).select_from(storage_objects)
_SIZE_OF: Final = _SIZE.where(
    _O.bucket_id == bindparam("bucket"),
    _O.parent == bindparam("parent"),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)
_COUNT_SHOWN: Final = select(func.count()).select_from(storage_objects).where(SHOWN)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is remembered of vast folders, for one transaction.

    Attributes:
        orders: By other columns than the name.
        texts: For filters.
    """

    orders: OrdersNow
    texts: NameTexts


class Listing:
    """Answers what is in a folder.

    Args:
        executor: For rows.
        quarantine: Which of them have lost their bytes.
        orders: Finds the rows of vast folders by other columns than the name; of the usual sizes unless given.
        texts: Finds those that fit a filter; likewise.
    """

    def __init__(
        self,
        executor: Executor,
        quarantine: Quarantine,
        orders: Orders | None = None,
        texts: NameTexts | None = None,
    ) -> None:
        self._executor = executor
        self._quarantine = quarantine
        self._orders = orders or Orders(executor)
        self._texts = texts or NameTexts()
        self._counts = Counts(executor)

    def page(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        """Return one page of a folder.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: The prefix is neither empty nor a path that ends with `/`.
            InvalidRequest: Limit, offset, cursor or moment make no sense.
        """
        _check(request)
        page = self._page(bucket, request, context)
        return replace(page, objects=self._quarantine.marked(page.objects)) if self._quarantine.has_any() else page

    def _page(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        """Return one page of a folder as the rows say."""
        memory = _Memory(self._orders.as_of_now(), self._texts)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            if request.cursor is not None:
                return _page_after(memory, tx, found, request, Cursor.decode(request.cursor, request.sort))
            return _page_at(memory, tx, found, request)

    def count(
        self, bucket: str, prefix: str, context: RlsContext, moment: datetime | None = None, matching: str = ""
    ) -> FolderCount:
        """Return how many folders and objects one folder shows, or showed at a moment; only those with some words.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        validate_prefix(prefix)
        version = self._executor.data_version()
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            request = ListRequest(prefix, moment=moment, matching=matching)
            if moment or matching:
                return self._counted(tx, found, request)
            folder = {"bucket": found.id, "prefix": prefix}
            return self._counts.of(tx, version, folder, lambda: self._counted(tx, found, request))

    def _counted(self, tx: Transaction, bucket: Bucket, request: ListRequest) -> FolderCount:
        """Count what a folder shows."""
        values: dict[str, object] = {"bucket": bucket.id, "prefix": request.prefix} | _moment(request)
        words = words_of(request.matching)
        objects = None if request.moment else self._texts.count(tx, words, values)
        if objects is None:
            objects = int(tx.execute(_count_objects(tx, request), values).scalar_one())
        return FolderCount(_count_folders(tx, bucket.id, request), objects)

    def expect_filter(self, bucket: str, prefix: str, context: RlsContext) -> None:
        """Make ready what finds the first rows of a filter, where a folder is vast.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        validate_prefix(prefix)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            self._texts.make_ready(tx.within(found), {"bucket": found.id, "prefix": prefix})

    def walk_at(self, bucket: str, prefix: str, moment: datetime, context: RlsContext) -> Iterator[StorageObject]:
        """Yield everything that stood below a prefix at a moment, folder by folder, marks included, a page at a time.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        folders = [prefix]
        while folders:
            request = ListRequest(folders.pop(), moment=moment)
            yield from self._mark_at(bucket, request, context)
            while True:
                page = self.page(bucket, request, context)
                folders.extend(folder.path for folder in page.folders)
                yield from page.objects
                if page.next_cursor is None:
                    break
                request = replace(request, cursor=page.next_cursor)

    def _mark_at(self, bucket: str, request: ListRequest, context: RlsContext) -> list[StorageObject]:
        """Return the mark that a folder had, if it had one."""
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            values = {"bucket": found.id, "prefix": request.prefix} | _moment(request)
            return [object_from(row, found.name) for row in tx.tuples(mark_at(_past_rules(tx)), values)]

    def size(self, bucket: str, paths: Sequence[str], context: RlsContext) -> TreeSize:
        """Return how many objects some paths mean and what they weigh, all at one moment; folder markers do not count.

        Args:
            bucket: Where.
            paths: Objects, and folders with a trailing `/`, none inside another; `""` is the whole bucket.
            context: Who asks.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        folders = [validate_prefix(path) for path in paths if not path or path.endswith("/")]
        objects = leaves_by_folder([path for path in paths if path and not path.endswith("/")])
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            rows = [tx.execute(_SIZE.where(below(found.id, prefix), _O.leaf != "")).one() for prefix in folders]
            for parent, leaves in objects.items():
                for start in range(0, len(leaves), _LEAVES_A_QUERY):
                    part = leaves[start : start + _LEAVES_A_QUERY]
                    rows.append(tx.execute(_SIZE_OF, {"bucket": found.id, "parent": parent, "leaves": part}).one())
            return TreeSize(sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows), tx.last_journal_id())

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
                tx = tx.within(found)
                rows = tx.execute(_walk_query(found.id, prefix, after)).all()
            objects = [object_from(row, found.name) for row in rows]
            yield from self._quarantine.marked(objects) if self._quarantine.has_any() else objects
            if len(rows) < limits.LIST_PAGE_MAX:
                return
            after = (rows[-1][2], rows[-1][3])


def _check(request: ListRequest) -> None:
    """Refuse what makes no sense."""
    validate_prefix(request.prefix)
    if not 1 <= request.limit <= limits.LIST_PAGE_MAX:
        raise InvalidRequest(f"limit must be between 1 and {limits.LIST_PAGE_MAX}")
    if not 0 <= request.offset < INTEGER_END:
        raise InvalidRequest("offset must be a number of rows to skip")


def _walk_query(bucket_id: str, prefix: str, after: tuple[str, str] | None) -> Select[Any]:
    """Return a keyset page of everything below a prefix."""
    query = select(*OBJECT_COLUMNS).where(below(bucket_id, prefix)).order_by(_O.parent, _O.leaf)
    if after is not None:
        query = query.where(tuple_(_O.parent, _O.leaf) > tuple_(literal(after[0]), literal(after[1])))
    return query.limit(limits.LIST_PAGE_MAX)


def _page_at(memory: _Memory, tx: Transaction, bucket: Bucket, request: ListRequest) -> ListPage:
    """Return the page at an offset."""
    folders, reached_end = _folders(tx, bucket.id, request, None, request.offset)
    if not reached_end:
        return ListPage(folders, (), Cursor(folders[-1].path).encode())
    skipped = request.offset
    if request.offset and not folders:
        skipped -= min(request.offset, _count_folders(tx, bucket.id, request))
    else:
        skipped = 0
    return _with_objects(memory, tx, bucket, request, folders, None, skipped)


def _page_after(memory: _Memory, tx: Transaction, bucket: Bucket, request: ListRequest, cursor: Cursor) -> ListPage:
    """Return the page after a cursor."""
    if cursor.folder is None:
        return _with_objects(memory, tx, bucket, request, (), cursor, 0)
    folders, reached_end = _folders(tx, bucket.id, request, cursor.folder, 0)
    if not reached_end:
        return ListPage(folders, (), Cursor(folders[-1].path).encode())
    return _with_objects(memory, tx, bucket, request, folders, None, 0)


def _with_objects(
    memory: _Memory,
    tx: Transaction,
    bucket: Bucket,
    request: ListRequest,
    folders: tuple[Folder, ...],
    after: Cursor | None,
    skip: int,
) -> ListPage:
    """Fill a page up with objects."""
    room = request.limit - len(folders)
    rows = _objects(memory, tx, bucket, request, after, skip, room + 1)
    objects = tuple([object_from(row, bucket.name) for row in rows])
    if len(objects) <= room:
        return ListPage(folders, objects, None)
    if room == 0:
        return ListPage(folders, (), Cursor(None).encode())
    last = objects[room - 1]
    return ListPage(folders, objects[:room], Cursor(None, _sort_key(last, request.sort), last.name).encode())


def _objects(
    memory: _Memory,
    tx: Transaction,
    bucket: Bucket,
    request: ListRequest,
    after: Cursor | None,
    skip: int,
    count: int,
) -> Sequence[tuple[Any, ...]]:
    """Return the objects of a folder in the order asked for, beyond a cursor."""
    resumed = after is not None and after.key is not None
    values: dict[str, object] = {"bucket": bucket.id, "prefix": request.prefix, "skip": skip, "count": count}
    if after is not None and resumed:
        values["leaf"] = after.leaf
        if request.sort is not SortColumn.NAME:
            values["key"] = after.key
    if request.moment is not None:
        query = objects_page_at(_past_rules(tx), request.sort, descending=request.descending, resumed=resumed)
        reach = INTEGER_END - 1 if request.matching else skip + count
        query = filtered_then(query, words_of(request.matching))
        return tx.as_caller(_SYSTEM).tuples(query, values | _moment(request) | {"reach": reach})
    if not resumed and not request.matching:
        ordered = memory.orders.page(
            tx, request.sort, descending=request.descending, values=values, old_is_fine=request.old_is_fine
        )
        if ordered is not None:
            return ordered
    words, in_order = words_of(request.matching), request.sort is SortColumn.NAME
    if in_order:
        named = memory.texts.page(tx, words, descending=request.descending, values=values)
        if named is not None:
            return named
    query = objects_page(request.sort, descending=request.descending, resumed=resumed)
    return tx.tuples(filtered(query, tx, words, in_order=in_order), values)


def _count_objects(tx: Transaction, request: ListRequest) -> Select[Any]:
    """Return the statement of how many objects a folder shows."""
    words = words_of(request.matching)
    if request.moment is None:
        return filtered(_COUNT_SHOWN, tx, words)
    if not words:
        return objects_count_at(_past_rules(tx))
    page = objects_page_at(_past_rules(tx), SortColumn.NAME, descending=False, resumed=False)
    shown = filtered_then(page, words).params(skip=0, count=INTEGER_END - 1, reach=INTEGER_END - 1)
    return select(func.count()).select_from(shown.subquery())


def _sort_key(stored: StorageObject, sort: SortColumn) -> str | int:
    """Return an object's value in the sorted column, as the table has it."""
    match sort:
        case SortColumn.SIZE:
            return stored.size_bytes
        case SortColumn.TYPE:
            return stored.mime_type
        case SortColumn.TIME:
            return stored.updated_us
        case _:
            return stored.name


def _folders(
    tx: Transaction, bucket_id: str, request: ListRequest, after: str | None, skip: int
) -> tuple[tuple[Folder, ...], bool]:
    """Return up to a page of folders, and whether these are the last."""
    at_top, resumed = not request.prefix, after is not None
    descending = request.descending and request.sort is SortColumn.NAME
    values = folder_values(bucket_id, request.prefix, after) | {"skip": skip, "count": request.limit + 1}
    if request.moment is None:
        query = folders_page(tx.rule(storage_objects), at_top=at_top, resumed=resumed, descending=descending)
    else:
        query = folders_page_at(_past_rules(tx), at_top=at_top, resumed=resumed, descending=descending)
    query = filtered_folders(query, words_of(request.matching))
    # The rules are in the query; finding out what else it reads costs more than running it.
    paths = [row[0] for row in tx.as_caller(_SYSTEM).execute(query, values | _moment(request))]
    page = tuple(Folder(path) for path in paths[: request.limit])
    return page, len(paths) <= request.limit


def _count_folders(tx: Transaction, bucket_id: str, request: ListRequest) -> int:
    """Return how many folders a folder shows."""
    at_top = not request.prefix
    if request.moment is None:
        query = folders_count(tx.rule(storage_objects), at_top=at_top)
    else:
        query = folders_count_at(_past_rules(tx), at_top=at_top)
    values = folder_values(bucket_id, request.prefix) | _moment(request)
    query = filtered_folders(query, words_of(request.matching))
    return int(tx.as_caller(_SYSTEM).execute(query, values).scalar_one())


def _past_rules(tx: Transaction) -> PastRules:
    """Return the caller's predicates over what stands and over what stood."""
    return PastRules(tx.rule(storage_objects), tx.rule(storage_object_versions))


def _moment(request: ListRequest) -> dict[str, object]:
    """Return the parameter of statements about the past."""
    return {} if request.moment is None else {"moment": moment_us(request.moment)}
