"""Vast folders in an order that no index has: by size, type or time.

Indexes for these would make every upload dearer, for a look that is rare. So the first rows are found by one pass
through the table, its two halves side by side, which is several times quicker than by way of the index over names;
and for rows further on the whole order is made once, six bytes a row, and kept for a while. Between two makings it
may be a little old: rows that went meanwhile are left out, those that came are not in it yet.

Only for callers whom no row rule holds back: an order says what somebody may see.

Threads: any; who needs an order that is being made waits for it, and it is made to its end as long as somebody does.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import itemgetter
from threading import Lock
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, literal_column, select

from engine.files.folder_queries import SHOWN, SORT_COLUMNS
from engine.files.records import OBJECT_COLUMNS
from engine.metadata.executor import Executor, Transaction
from engine.metadata.patience import held
from engine.metadata.tables import storage_objects
from engine.types import SortColumn

_O: Final = storage_objects.c
_ROWID: Final = literal_column("storage_objects.rowid", BigInteger)
VAST: Final = 50_000
"""Objects from which on a folder is vast."""

_FIRST: Final = 1_024
_KEPT: Final = 2
_BASE: Final = 94
_FIRST_DIGIT: Final = 33
_DIGITS: Final = 6
"""A row number is written in six digits of base 94, which are what ASCII has between the blank and the end: as one text
the order comes into Python at one go, in which no other thread can run, and that takes as long as the text is."""

_Key = tuple[str, str, SortColumn]
_LAST_NUMBER: Final = 2**63 - 1
_STALE_TIMES: Final = 10
"""An order is made anew when it is older than so many times as long as making it took."""

_STRETCHES: Final = 4
"""Stretches in which an order is made, one after another: each is a pass, and holds a part of it in memory."""

_SAMPLE: Final = 256
_SHARE: Final = 8
"""The whole table is read for a folder that has at least one in so many of its rows."""

_TABLE_SIZE: Final = select(func.max(_ROWID)).select_from(storage_objects)
_HAS_AS_MANY: Final = select(_O.leaf).where(SHOWN).order_by(_O.leaf).offset(bindparam("many")).limit(1)


@dataclass(frozen=True, slots=True)
class _Order:
    """The row numbers of a folder in ascending order.

    Attributes:
        digits: Of all objects, each number as long as the other. One text, because the database makes it without a step
            back into Python for each row: a million of these, and the main thread hardly gets a turn.
        version: The database's when it was made.
        made_s: When that was, on the monotonic clock.
        took_s: How long it took.
    """

    digits: str
    version: int
    made_s: float
    took_s: float

    def numbers(self, start: int, stop: int) -> list[int]:
        """Return the numbers of some places, as far as there are so many."""
        part = self.digits[start * _DIGITS : stop * _DIGITS]
        return [_number(part[at : at + _DIGITS]) for at in range(0, len(part), _DIGITS)]

    def __len__(self) -> int:
        """Return how many objects there are."""
        return len(self.digits) // _DIGITS

    def is_fresh(self, version: int) -> bool:
        """Return whether it is good enough."""
        return version == self.version or time.monotonic() - self.made_s < _STALE_TIMES * self.took_s


class Orders:
    """Remembers the orders that were asked for last.

    Args:
        executor: For the database's version.
        vast: Objects from which on an order is worth it.
        first: Rows at the beginning of an order that are found without it.
    """

    def __init__(self, executor: Executor, vast: int = VAST, first: int = _FIRST) -> None:
        self._executor = executor
        self._vast = vast
        self._first = first
        self._lock = Lock()
        self._known: OrderedDict[_Key, _Order] = OrderedDict()
        self._wanted: list[_Key] = []
        """Of the orders that somebody waits for or makes, once for each of them."""

    def as_of_now(self) -> OrdersNow:
        """Return the orders for a transaction that is about to begin."""
        return OrdersNow(self, self._executor.data_version())

    def page(
        self, tx: Transaction, version: int, sort: SortColumn, *, descending: bool, values: dict[str, object],
        old_is_fine: bool,
    ) -> Sequence[tuple[Any, ...]] | None:  # fmt: skip
        """See `OrdersNow.page`."""
        if not tx.context.can_bypass_rls or not tx.on_sqlite or sort is SortColumn.NAME:
            return None
        folder = {"bucket": values["bucket"], "prefix": values["prefix"]}
        skip, count = int(str(values["skip"])), int(str(values["count"]))
        known = self._fresh(sort, folder, version) if old_is_fine else None
        if known is None and skip + count <= self._first:
            if not self._is_most(tx, folder):
                return None
            numbers = self._first_numbers(tx, version, sort, descending, values)
            return _by_number(tx, numbers[skip : skip + count], folder)
        if not old_is_fine or (known is None and not has_as_many(tx, folder, self._vast)):
            return None
        order = known or self._order(tx, version, sort, folder)
        end = max(len(order) - skip, 0)
        numbers = order.numbers(max(end - count, 0), end)[::-1] if descending else order.numbers(skip, skip + count)
        rows = _by_number(tx, numbers, folder)
        # a page that is short would be taken for the last one
        return rows if len(rows) == len(numbers) else None

    def _first_numbers(
        self, tx: Transaction, version: int, sort: SortColumn, descending: bool, values: Mapping[str, object]
    ) -> list[int]:
        """Return the numbers of objects at the beginning of an order, as many as are skipped or wanted."""
        query, reach = _first_query(sort, descending=descending), int(str(values["skip"])) + int(str(values["count"]))
        wanted = {**values, "reach": reach, "above": 0, "up_to": _LAST_NUMBER}
        with self._executor.snapshot(tx.context) as beside:
            middle = int(beside.execute(_TABLE_SIZE).scalar() or 0) // 2
            if self._executor.data_version() == version:
                rows = _in_halves(tx, beside, query, wanted, middle)
            else:  # something was committed since: the two would not see the same
                rows = list(tx.tuples(query, wanted))
            let_go(beside)
        let_go(tx)
        return [row[0] for row in sorted(rows, key=itemgetter(1, 2), reverse=descending)]

    def _is_most(self, tx: Transaction, folder: dict[str, object]) -> bool:
        """Return whether a folder is vast and has a good part of all rows."""
        return has_as_many(tx, folder, max(self._vast, int(tx.execute(_TABLE_SIZE).scalar() or 0) // _SHARE))

    def _fresh(self, sort: SortColumn, folder: dict[str, object], version: int) -> _Order | None:
        """Return an order that is known and fresh enough."""
        known = self._known.get(_key(sort, folder))
        return known if known is not None and known.is_fresh(version) else None

    def _order(self, tx: Transaction, version: int, sort: SortColumn, folder: dict[str, object]) -> _Order:
        """Return an order, made anew if another thread has not just done so."""
        key = _key(sort, folder)
        with self._wanting(key), held(self._lock, tx.context.cancel):
            known = self._fresh(sort, folder, version)
            if known is None:
                self._known.pop(key, None)
                # both directions, and all places, need the same one: whoever waits for it would have to begin anew
                with tx.seen_through(lambda: self._wanted.count(key) > 1):
                    # stamped with what was there before the transaction began: what came since may not be in it
                    known = self._known[key] = _made(tx, sort, folder, version)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
            return known

    @contextmanager
    def _wanting(self, key: _Key) -> Iterator[None]:
        """Let it be known that somebody waits for an order."""
        self._wanted.append(key)
        try:
            yield
        finally:
            self._wanted.remove(key)


@dataclass(frozen=True, slots=True)
class OrdersNow:
    """Orders for one transaction.

    Attributes:
        orders: What is remembered.
        version: The database's, from before the transaction began.
    """

    orders: Orders
    version: int

    def page(
        self,
        tx: Transaction,
        sort: SortColumn,
        *,
        descending: bool,
        values: dict[str, object],
        old_is_fine: bool,
    ) -> Sequence[tuple[Any, ...]] | None:
        """Return some objects of a folder as `folder_queries.objects_page` would, or None where that is for it to do.

        Args:
            tx: Of the caller.
            sort: By which column.
            descending: In which direction.
            values: `bucket`, `prefix`, `skip` and `count`.
            old_is_fine: As `ListRequest.old_is_fine`.
        """
        return self.orders.page(tx, self.version, sort, descending=descending, values=values, old_is_fine=old_is_fine)


def _key(sort: SortColumn, folder: dict[str, object]) -> _Key:
    return str(folder["bucket"]), str(folder["prefix"]), sort


def _made(tx: Transaction, sort: SortColumn, folder: dict[str, object], version: int) -> _Order:
    """Make an order."""
    start_s = time.monotonic()
    bounds = [None, *_bounds(tx, sort, folder), None]
    digits = "".join(_stretch(tx, sort, folder, least, below) for least, below in pairwise(bounds))
    let_go(tx)
    return _Order(digits, version, time.monotonic(), time.monotonic() - start_s)


def _bounds(tx: Transaction, sort: SortColumn, folder: dict[str, object]) -> list[Any]:
    """Return some values between which about as many objects lie each: SQLite holds in memory what it sorts."""
    step = max(int(tx.execute(_TABLE_SIZE).scalar() or 0) // _SAMPLE, 1)
    numbers = range(1, _SAMPLE * step + 1, step)
    sampled = sorted(row[0] for row in tx.tuples(_values(sort), folder | {"numbers": list(numbers)}))
    return sorted({sampled[len(sampled) * part // _STRETCHES] for part in range(1, _STRETCHES)}) if sampled else []


def _stretch(tx: Transaction, sort: SortColumn, folder: dict[str, object], least: object, below: object) -> str:
    """Return the digits of the objects from one value up to another, or without an end."""
    values = {name: value for name, value in (("least", least), ("below", below)) if value is not None}
    query = _numbers(sort, lower=least is not None, upper=below is not None)
    return str(tx.execute(query, folder | values).scalar() or "")


def let_go(tx: Transaction) -> None:
    """Give back the memory in which the connection keeps what it has read: a pass leaves nothing of use in it.

    Source: SQLite's PRAGMA shrink_memory.
    """
    tx.run_text("PRAGMA shrink_memory")


def has_as_many(tx: Transaction, folder: dict[str, object], many: int) -> bool:
    """Return whether a folder shows more objects than that."""
    return bool(tx.tuples(_HAS_AS_MANY, folder | {"many": many}))


def _in_halves(
    tx: Transaction, beside: Transaction, query: Select[Any], wanted: dict[str, object], middle: int
) -> list[tuple[Any, ...]]:
    """Run a pass through the table as two, side by side: the interpreter is let go while SQLite reads.

    Args:
        tx: Reads the half up to the middle.
        beside: Reads the other one, in a thread of its own; sees the same state.
        query: Of `_first_query`.
        wanted: Its parameters for the whole table.
        middle: A row number.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="holdall-half") as other:
        upper = other.submit(beside.tuples, query, wanted | {"above": middle})
        lower = tx.tuples(query, wanted | {"up_to": middle})
        return [*lower, *upper.result()]


def _by_number(tx: Transaction, numbers: list[int], folder: dict[str, object]) -> list[tuple[Any, ...]]:
    """Return rows by their numbers, in that order; those that are no longer in the folder are left out."""
    found = tx.tuples(_OF_NUMBERS, folder | {"numbers": numbers})
    by_number = {row[0]: row[1:] for row in found}
    return [by_number[number] for number in numbers if number in by_number]


def _passing() -> ColumnElement[bool]:
    """Return `SHOWN` in a form for which no index is of use, so that the table is read as it lies."""
    plain = literal_column("+storage_objects.bucket_id", _O.bucket_id.type)
    return and_(plain == bindparam("bucket"), _O.parent == bindparam("prefix"), _O.leaf != "")


@cache
def _first_query(sort: SortColumn, *, descending: bool) -> Select[Any]:
    """Return the statement of a folder's first objects by one pass: number, value of the column and name.

    Parameters: `bucket`, `prefix`, `reach` (how many), `above` and `up_to` (between which row numbers).
    """
    order = [SORT_COLUMNS[sort], _O.leaf]
    among = and_(_passing(), bindparam("above") < _ROWID, bindparam("up_to") >= _ROWID)
    query = select(_ROWID, *order).where(among)
    return query.order_by(*((part.desc() for part in order) if descending else order)).limit(bindparam("reach"))


@cache
def _values(sort: SortColumn) -> Select[Any]:
    """Return the statement of what some objects of a folder are sorted by. Parameters: as `SHOWN`, and `numbers`."""
    return select(SORT_COLUMNS[sort]).where(_passing(), _ROWID.in_(bindparam("numbers", expanding=True)))


@cache
def _numbers(sort: SortColumn, *, lower: bool, upper: bool) -> Select[Any]:
    """Return the statement of the row numbers of a folder in order, as one text.

    Parameters: as `SHOWN`; if `lower`, also `least` (the first value), and if `upper`, `below` (that after the last).

    Source: "The SQLite Query Planner": the order of a subquery is kept for aggregates other than count, min and max.
    """
    column = SORT_COLUMNS[sort]
    among = [_passing()]
    among += [column >= bindparam("least", type_=column.type)] if lower else []
    among += [column < bindparam("below", type_=column.type)] if upper else []
    ordered = select(_ROWID.label("number")).where(*among).order_by(column, _O.leaf).subquery()
    places = (literal_column(str(_BASE**place), BigInteger) for place in reversed(range(_DIGITS)))
    digits = (ordered.c.number.op("/")(place).op("%")(_BASE) + _FIRST_DIGIT for place in places)
    return select(func.group_concat(func.char(*digits), ""))


def _number(digits: str) -> int:
    """Return the number of a row."""
    number = 0
    for digit in digits:
        number = number * _BASE + ord(digit) - _FIRST_DIGIT
    return number


_OF_NUMBERS: Final = select(_ROWID, *OBJECT_COLUMNS).where(
    _ROWID.in_(bindparam("numbers", expanding=True)),
    literal_column("+storage_objects.bucket_id", _O.bucket_id.type) == bindparam("bucket"),
    _O.parent == bindparam("prefix"),
    _O.leaf != "",
)
