"""Where in a folder's listing the next name stands that begins with some letters: for typing instead of scrolling.

Case and accents make no difference, as in a search: each way to spell the letters that names have (`spellings`) is a
seek in the index over names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select, tuple_

from engine.errors import InvalidRequest
from engine.files.folder_queries import AFTER_SLASH, SHOWN, SORT_COLUMNS, folder_values, folders_page
from engine.files.records import find_bucket
from engine.files.spellings import END, spellings
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.paths import validate_prefix
from engine.types import ListRequest, RlsContext, SortColumn

_O: Final = storage_objects.c
_SYSTEM: Final = RlsContext.service()
_TYPED_MAX: Final = 255
_HIGH: Final = 2**62


@dataclass(frozen=True, slots=True)
class Position:
    """A row of a listing.

    Attributes:
        path: Of the object or folder.
        row: How many rows stand before it.
    """

    path: str
    row: int


class Positions:
    """Finds rows by the beginning of their name.

    Args:
        executor: For rows.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def find(
        self, bucket: str, request: ListRequest, typed: str, start: str, context: RlsContext, *, beyond: bool
    ) -> Position | None:
        """Return the next row whose name begins with what was typed, from a row on and then from the beginning.

        Args:
            bucket: Where.
            request: The folder and its order; not of the past.
            typed: How the name begins.
            start: Path of the row to begin with, or `""` for the first; rows follow each other by name here.
            context: Who asks.
            beyond: Whether that row itself does not count.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidRequest: Nothing was typed, or too much, or it is about the past.
        """
        validate_prefix(request.prefix)
        if not 0 < len(typed) <= _TYPED_MAX or request.moment is not None:
            raise InvalidRequest("nothing that a name could begin with")
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            folder = _Folder(tx.within(found), found.id, request)
            name = start.removeprefix(request.prefix)
            path = folder.next(typed, name, beyond=beyond)
            return None if path is None else Position(path, folder.place(path))


class _Folder:
    """One folder, as one transaction sees it."""

    def __init__(self, tx: Transaction, bucket_id: str, request: ListRequest) -> None:
        self._tx = tx
        self._bucket_id = bucket_id
        self._request = request
        self._values: dict[str, object] = {"bucket": bucket_id, "prefix": request.prefix}

    def next(self, typed: str, name: str, *, beyond: bool) -> str | None:
        """Return the path of the next row from a name on, folders before objects, and around."""
        objects, folders = spellings(typed, self._first_leaf), spellings(typed, self._first_folder)
        if name and not name.endswith("/"):
            return (
                self._object(objects, name, beyond=beyond) or self._subfolder(folders, "", beyond=False)
                or self._object(objects, "", beyond=False)
            )  # fmt: skip
        return (
            self._subfolder(folders, name, beyond=beyond) or self._object(objects, "", beyond=False)
            or self._subfolder(folders, "", beyond=False)
        )  # fmt: skip

    def _first_leaf(self, low: str, high: str) -> str | None:
        return self._tx.execute(_next_leaf(beyond=False), self._values | {"low": low, "high": high}).scalar()

    def _first_folder(self, low: str, high: str) -> str | None:
        prefix = self._request.prefix
        values: dict[str, object] = {"bucket": self._bucket_id, "low": prefix + low, "high": prefix + high}
        parent: str | None = self._tx.execute(_NEXT_PARENT, values).scalar()
        return None if parent is None else parent.removeprefix(prefix)

    def place(self, path: str) -> int:
        """Return how many rows stand before one."""
        name = path.removeprefix(self._request.prefix)
        folders = self._folders()
        if name.endswith("/"):
            return folders.index(path)
        values: dict[str, object] = self._values | {"leaf": name}
        if self._request.sort is not SortColumn.NAME:
            values["key"] = self._tx.execute(_key_of(self._request.sort), values).scalar_one()
        query = _before(self._request.sort, descending=self._request.descending)
        return len(folders) + int(self._tx.execute(query, values).scalar_one())

    def _object(self, spellings: Iterable[str], name: str, *, beyond: bool) -> str | None:
        leaves = [self._leaf(spelling, name, beyond=beyond) for spelling in spellings]
        return min((self._request.prefix + leaf for leaf in leaves if leaf), default=None)

    def _leaf(self, spelling: str, name: str, *, beyond: bool) -> str | None:
        values: dict[str, object] = self._values | {"low": max(spelling, name), "high": spelling + END}
        return self._tx.execute(_next_leaf(beyond=beyond and name >= spelling), values).scalar()

    def _subfolder(self, spellings: Iterable[str], name: str, *, beyond: bool) -> str | None:
        parents = [self._parent(spelling, name, beyond=beyond) for spelling in spellings]
        length = len(self._request.prefix)
        return min((parent[: parent.index("/", length) + 1] for parent in parents if parent), default=None)

    def _parent(self, spelling: str, name: str, *, beyond: bool) -> str | None:
        prefix = self._request.prefix
        begin = name[:-1] + AFTER_SLASH if beyond and name else name
        values: dict[str, object] = {
            "bucket": self._bucket_id,
            "low": prefix + max(spelling, begin),
            "high": prefix + spelling + END,
        }
        return self._tx.execute(_NEXT_PARENT, values).scalar()

    def _folders(self) -> list[str]:
        descending = self._request.descending and self._request.sort is SortColumn.NAME
        prefix = self._request.prefix
        query = folders_page(self._tx.rule(storage_objects), at_top=not prefix, resumed=False, descending=descending)
        values = folder_values(self._bucket_id, prefix) | {"skip": 0, "count": _HIGH}
        return [row[0] for row in self._tx.as_caller(_SYSTEM).execute(query, values)]


_NEXT_PARENT: Final = (
    select(_O.parent)
    .where(_O.bucket_id == bindparam("bucket"), _O.parent >= bindparam("low"), _O.parent < bindparam("high"))
    .order_by(_O.parent)
    .limit(1)
)


@cache
def _next_leaf(*, beyond: bool) -> Select[Any]:
    """Return the statement of the first name from a bound on, or beyond it."""
    low = _O.leaf > bindparam("low") if beyond else _O.leaf >= bindparam("low")
    where = (_O.bucket_id == bindparam("bucket"), _O.parent == bindparam("prefix"), low, _O.leaf < bindparam("high"))
    return select(_O.leaf).where(*where).order_by(_O.leaf).limit(1)


@cache
def _key_of(sort: SortColumn) -> Select[Any]:
    """Return the statement of an object's value in the sorted column."""
    return select(SORT_COLUMNS[sort]).where(SHOWN, _O.leaf == bindparam("leaf"))


@cache
def _before(sort: SortColumn, *, descending: bool) -> Select[Any]:
    """Return the statement of how many objects stand before one."""
    order = [_O.leaf] if sort is SortColumn.NAME else [SORT_COLUMNS[sort], _O.leaf]
    names = ["key", "leaf"][-len(order) :]
    there = tuple_(*(bindparam(name, type_=part.type) for name, part in zip(names, order, strict=True)))
    if sort is SortColumn.NAME:
        before = _O.leaf > bindparam("leaf") if descending else _O.leaf < bindparam("leaf")
    else:
        before = tuple_(*order) > there if descending else tuple_(*order) < there
    return select(func.count()).select_from(storage_objects).where(SHOWN, before)
