"""`Search`: finds objects by their names, and by what else is known of them, as far as the caller may see.

The row rules of a listing are in each statement. What the index of names does not know yet is read, so that an object
is found as soon as its upload is acknowledged. Where SQLite has no FTS5 or no trigram tokenizer (before 3.34), or the
index is damaged, every name is read: slower, and the same answer.

Threads: any.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy.types import BigInteger

from engine import limits
from engine.errors import DatabaseFault, DatabaseLocked, InvalidRequest
from engine.files.folder_queries import SORT_COLUMNS
from engine.files.quarantine import Quarantine
from engine.files.records import find_bucket, object_from
from engine.folding import words_of
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_buckets
from engine.paths import validate_prefix
from engine.search.conditions import conditions_of
from engine.search.index import NameIndex
from engine.search.plans import PLACE_LABEL, Ground, Part, parts_of
from engine.search_types import SearchCount, SearchFilter, SearchPage, SearchRequest
from engine.types import RlsContext, SortColumn

_logger = logging.getLogger(__name__)
_SYSTEM: Final = RlsContext.service()
_NUMBERS: Final = frozenset({SortColumn.SIZE, SortColumn.TIME})
_INTEGER_END: Final = 2**63
_KEY_PLACES: Final = {SortColumn.NAME: 3, SortColumn.SIZE: 4, SortColumn.TYPE: 5, SortColumn.TIME: 12}
"""Where a row has what it is sorted by, in `OBJECT_COLUMNS`."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page ended: at a sort key, and a rowid."""

    key: str | int | None
    place: int

    def encode(self) -> str:
        """Return opaque text."""
        raw = json.dumps([self.key, self.place], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(raw).decode()

    @classmethod
    def decode(cls, text: str, sort: SortColumn | None) -> _Cursor:
        """Return the cursor of `encode`.

        Raises:
            InvalidRequest: The text is no cursor of a search in that order.
        """
        try:
            match json.loads(base64.urlsafe_b64decode(text.encode())):
                case [key, int(place)] if _is_key(key, sort) and abs(place) < _INTEGER_END:
                    return cls(key, place)
        except (ValueError, RecursionError) as error:
            raise InvalidRequest("The search cursor is not valid") from error
        raise InvalidRequest("The search cursor is not valid")


def _is_key(key: object, sort: SortColumn | None) -> bool:
    """Return whether decoded JSON can be what rows are sorted by."""
    if sort is None:
        return key is None
    if sort in _NUMBERS:
        return isinstance(key, int) and abs(key) < _INTEGER_END
    return isinstance(key, str)


class Search:
    """Answers what there is to find.

    Args:
        executor: For rows.
        quarantine: Which of them have lost their bytes.
        index: What makes it fast.
    """

    def __init__(self, executor: Executor, quarantine: Quarantine, index: NameIndex) -> None:
        self._executor = executor
        self._quarantine = quarantine
        self._index = index

    def page(self, request: SearchRequest, context: RlsContext) -> SearchPage:
        """Return one page of what was found.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: The prefix is neither empty nor a path that ends with `/`.
            InvalidRequest: Limit, offset, cursor, a bound or a moment make no sense.
        """
        _check(request)
        query = _PageQuery(request)
        rows, names = self._asked(request.wanted, context, query.run)
        rows, more = rows[: request.limit], len(rows) > request.limit
        objects = [object_from(row, names[row[1]]) for row in rows]
        marked = self._quarantine.marked(objects) if self._quarantine.has_any() else objects
        return SearchPage(tuple(marked), query.cursor_at(rows[-1]) if more else None)

    def count(self, wanted: SearchFilter, context: RlsContext, at_most: int) -> SearchCount:
        """Return how many objects there are to find.

        Args:
            wanted: What is looked for.
            context: Who asks.
            at_most: Where counting ends.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: As for `page`.
            InvalidRequest: Likewise.
        """
        if not 1 <= at_most < _INTEGER_END:
            raise InvalidRequest("What is counted to must be a number of objects")

        def run(tx: Transaction, parts: Sequence[Part]) -> int:
            ones = [part.query.with_only_columns(literal(1).label("one"), maintain_column_froms=True) for part in parts]
            some = union_all(*ones).limit(at_most + 1).subquery()
            return int(tx.execute(select(func.count()).select_from(some)).scalar_one())

        found = self._asked(wanted, context, run)
        return SearchCount(min(found, at_most), is_exact=found <= at_most)

    def _asked(
        self,
        wanted: SearchFilter,
        context: RlsContext,
        run: Callable[[Transaction, Sequence[Part]], _Answer],
    ) -> _Answer:
        """Ask with the index; if that fails without it, and have the index made anew."""
        try:
            return self._answer(wanted, context, run, use_index=True)
        except DatabaseLocked:
            raise
        except DatabaseFault:
            answer = self._answer(wanted, context, run, use_index=False)
            _logger.warning("the index of names failed, and is made anew", exc_info=True)
            self._index.distrust()
            return answer

    def _answer(
        self,
        wanted: SearchFilter,
        context: RlsContext,
        run: Callable[[Transaction, Sequence[Part]], _Answer],
        *,
        use_index: bool,
    ) -> _Answer:
        """Ask in one state of the database. The rules are in the statements; nothing is added to them."""
        validate_prefix(wanted.prefix)
        words = words_of(wanted.text)
        with self._executor.snapshot(context) as tx:
            bucket = find_bucket(tx.as_caller(_SYSTEM), wanted.bucket) if wanted.bucket else None
            if bucket is None and wanted.prefix:
                raise InvalidRequest("A folder is looked for in a bucket", path=wanted.prefix)
            tx = tx if bucket is None else tx.within(bucket)
            conditions = conditions_of(wanted, None if bucket is None else bucket.id, words)
            parts = parts_of(Ground(tx, bucket, wanted.prefix, words, conditions, use_index=use_index))
            return run(tx.as_caller(_SYSTEM), parts)


class _PageQuery:
    """The statement of one page."""

    def __init__(self, request: SearchRequest) -> None:
        self._request = request
        self._after = None if request.cursor is None else _Cursor.decode(request.cursor, request.sort)

    def run(self, tx: Transaction, parts: Sequence[Part]) -> tuple[Sequence[tuple[Any, ...]], dict[str, str]]:
        """Return the rows of the page and one more, and the names of their buckets."""
        request = self._request
        selects = [self._resumed(part) for part in parts]
        query = selects[0] if len(selects) == 1 else union_all(*selects)
        query = query.order_by(*self._order()).limit(request.limit + 1).offset(request.offset)
        rows = tx.tuples(query)
        names = select(storage_buckets.c.id, storage_buckets.c.name)
        names = names.where(storage_buckets.c.id.in_({row[1] for row in rows}))
        return rows, {row[0]: row[1] for row in tx.execute(names)}

    def cursor_at(self, row: tuple[Any, ...]) -> str:
        """Return where to go on after a row."""
        sort = self._request.sort
        return _Cursor(None if sort is None else row[_KEY_PLACES[sort]], row[-1]).encode()

    @property
    def _falls(self) -> bool:
        return self._request.sort is None or self._request.descending

    def _order(self) -> list[ColumnElement[Any]]:
        """Return the order, by the names of the columns."""
        names = [PLACE_LABEL] if self._request.sort is None else [SORT_COLUMNS[self._request.sort].name, PLACE_LABEL]
        columns: list[ColumnElement[Any]] = [literal_column(name) for name in names]
        return [column.desc() if self._falls else column for column in columns]

    def _resumed(self, part: Part) -> Select[Any]:
        """Return one statement from where the page before ended."""
        if self._after is None:
            return part.query
        if self._request.sort is None:
            return part.query.where(part.place < self._after.place)
        column = SORT_COLUMNS[self._request.sort]
        here = tuple_(column, part.place)
        there = tuple_(literal(self._after.key, column.type), literal(self._after.place, BigInteger))
        return part.query.where(here < there if self._falls else here > there)


def _check(request: SearchRequest) -> None:
    """Refuse what makes no sense."""
    if not 1 <= request.limit <= limits.LIST_PAGE_MAX:
        raise InvalidRequest(f"limit must be between 1 and {limits.LIST_PAGE_MAX}")
    if not 0 <= request.offset < _INTEGER_END:
        raise InvalidRequest("offset must be a number of rows to skip")
