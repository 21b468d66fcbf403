"""The statements of a folder's page, made once: building one anew costs more than running it.

Values come as parameters; only what changes a statement's form is an argument here. All functions are pure.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, and_, bindparam, func, or_, select, true, tuple_

from engine.files.records import OBJECT_COLUMNS
from engine.metadata.tables import storage_objects
from engine.paths import prefix_end
from engine.types import SortColumn

_O: Final = storage_objects.c
SORT_COLUMNS: Final = {
    SortColumn.NAME: _O.leaf,
    SortColumn.SIZE: _O.size_bytes,
    SortColumn.TYPE: _O.mime_type,
    SortColumn.TIME: _O.updated_at,
}
AFTER_SLASH: Final = "0"
"""The character after `/`: with it in place of the slash, a prefix becomes the first text beyond its range."""

SHOWN: Final = and_(_O.bucket_id == bindparam("bucket"), _O.parent == bindparam("prefix"), _O.leaf != "")
"""The condition of the objects that a folder shows: not its own marker. Parameters: `bucket`, `prefix`."""


def below(bucket_id: str, prefix: str) -> ColumnElement[bool]:
    """Return the condition of everything below a prefix: one range of the index."""
    if not prefix:
        return _O.bucket_id == bucket_id
    return and_(_O.bucket_id == bucket_id, _O.parent >= prefix, _O.parent < prefix_end(prefix))


def stored_by(mark: int | None) -> ColumnElement[bool]:
    """Return the condition of rows that no commit after a mark has touched; without a mark, of all."""
    if mark is None:
        return true()
    return or_(_O.journal_id <= mark, _O.journal_id.is_(None))


@cache
def objects_page(sort: SortColumn, *, descending: bool, resumed: bool) -> Select[Any]:
    """Return the statement of a folder's objects in an order.

    Parameters: `bucket`, `prefix`, `skip`, `count`; if `resumed`, also `key` (the sorted column's value, not for names)
    and `leaf` of the object before.
    """
    column = SORT_COLUMNS[sort]
    order = [column] if sort is SortColumn.NAME else [column, _O.leaf]
    query = select(*OBJECT_COLUMNS).where(SHOWN)
    query = query.order_by(*((part.desc() for part in order) if descending else order))
    if resumed:
        names = ["key", "leaf"][-len(order) :]
        here = tuple_(*order)
        there = tuple_(*(bindparam(name, type_=part.type) for name, part in zip(names, order, strict=True)))
        query = query.where(here < there if descending else here > there)
    return query.offset(bindparam("skip")).limit(bindparam("count"))


def folder_values(bucket_id: str, prefix: str, after: str | None = None) -> dict[str, object]:
    """Return the parameters of the folder statements but `skip` and `count`."""
    values: dict[str, object] = {"bucket": bucket_id, "prefix": prefix, "length": len(prefix)}
    if prefix:
        values["prefix_end"] = prefix_end(prefix)
    if after is not None:
        values["after"] = after
    return values


def folders_page(rule: ColumnElement[bool] | None, *, at_top: bool, resumed: bool, descending: bool) -> Select[Any]:
    """Return the statement of the folders that a folder shows: one row each, none twice.

    Parameters: those of `folder_values`, `skip` and `count`.

    Args:
        rule: The caller's predicate over objects.
        at_top: Whether the folder is the bucket itself.
        resumed: Whether the page begins after a folder.
        descending: Whether from the end.
    """
    scan = _open_scan if rule is None else _skip_scan
    found = scan(rule, at_top, resumed, descending)
    query = select(found.c.folder).where(found.c.folder.is_not(None))
    return query.offset(bindparam("skip")).limit(bindparam("count"))


def folders_count(rule: ColumnElement[bool] | None, *, at_top: bool) -> Select[Any]:
    """Return the statement of how many folders a folder shows. Parameters: those of `folder_values`."""
    scan = _open_scan if rule is None else _skip_scan
    found = scan(rule, at_top, False, False)
    return select(func.count()).select_from(found).where(found.c.folder.is_not(None))


def _skip_scan(rule: ColumnElement[bool] | None, at_top: bool, resumed: bool, descending: bool) -> CTE:
    """Return the folders below a prefix as a recursive query, one index seek each.

    Each step looks for the first path beyond the range of the folder before; the last row is NULL.
    """

    def seek(bound: list[ColumnElement[bool]]) -> ScalarSelect[Any]:
        edge = func.max(_O.parent) if descending else func.min(_O.parent)
        conditions = [_O.bucket_id == bindparam("bucket"), *_between(bound, at_top, descending)]
        query = select(folder_of(edge)).where(*conditions)
        return (query if rule is None else query.where(rule)).scalar_subquery()

    start = [_beyond(bindparam("after", type_=_O.parent.type), descending)] if resumed else []
    found = select(seek(start).label("folder")).cte("folders", recursive=True)
    step = seek([_beyond(found.c.folder, descending)])
    return found.union_all(select(step).where(found.c.folder.is_not(None)))


_open_scan: Final = cache(_skip_scan)
"""The scan of those whom no row rule holds back; the others' rules are values of their own."""


def folder_of(parent: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the folder right below the prefix that a longer path goes through."""
    length = bindparam("length", type_=_O.size_bytes.type)
    rest = func.substr(parent, length + 1)
    return func.substr(parent, 1, length + func.instr(rest, "/"))


def _between(bound: list[ColumnElement[bool]], at_top: bool, descending: bool) -> list[ColumnElement[bool]]:
    """Return the conditions of parents strictly below a prefix and beyond a bound.

    The bound takes the place of the prefix's own end on its side: given two, SQLite seeks to the wrong one and reads
    every row before the bound again at each step.
    """
    lower: list[ColumnElement[bool]] = [_O.parent > bindparam("prefix")]
    upper: list[ColumnElement[bool]] = [] if at_top else [_O.parent < bindparam("prefix_end")]
    if not bound:
        return [*lower, *upper]
    return [*lower, *bound] if descending else [*bound, *upper]


def _beyond(folder: ColumnElement[Any], descending: bool) -> ColumnElement[bool]:
    """Return the condition of parents beyond a folder's own range."""
    if descending:
        return _O.parent < folder
    return _O.parent >= func.substr(folder, 1, func.length(folder) - 1).concat(AFTER_SLASH)
