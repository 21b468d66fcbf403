"""The statements of a folder's page at a moment: over what stands now and what is history, each in its own index order.

Parameters are those of `engine.files.folder_queries`, `moment` in microseconds, and for objects `reach`, the sum of
`skip` and `count`: no table is read further than that. All functions are pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy import union_all as union

from engine.errors import InvalidRequest
from engine.files.folder_queries import AFTER_SLASH, SORT_COLUMNS, folder_of
from engine.files.records import OBJECT_COLUMNS
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.times import from_datetime
from engine.types import SortColumn

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c


def moment_us(moment: datetime) -> int:
    """Return the parameter of a moment.

    Raises:
        InvalidRequest: It does not say in which time zone it is meant.
    """
    if moment.utcoffset() is None:
        raise InvalidRequest("The moment must have a time zone")
    return from_datetime(moment)


@dataclass(frozen=True)
class PastRules:
    """A caller's predicates over live objects and over history; None where there are none to meet."""

    objects: ColumnElement[bool] | None
    versions: ColumnElement[bool] | None

    @property
    def are_none(self) -> bool:
        """Return whether nothing holds the caller back."""
        return self.objects is None and self.versions is None


def objects_page_at(rules: PastRules, sort: SortColumn, *, descending: bool, resumed: bool) -> Select[Any]:
    """Return the statement of the objects that a folder showed, in an order; columns as `OBJECT_COLUMNS`."""
    if rules.are_none:
        return _open_objects_page(sort, descending, resumed)
    return _objects_page(rules, sort, descending, resumed)


def folders_page_at(rules: PastRules, *, at_top: bool, resumed: bool, descending: bool) -> Select[Any]:
    """Return the statement of the folders that a folder showed: one row each, none twice."""
    if rules.are_none:
        return _open_folders_page(at_top, resumed, descending)
    return _folders_page(rules, at_top, resumed, descending)


def folders_count_at(rules: PastRules, *, at_top: bool) -> Select[Any]:
    """Return the statement of how many folders a folder showed."""
    found = _skip_scan(rules, at_top, resumed=False, descending=False)
    return select(func.count()).select_from(found).where(found.c.folder.is_not(None))


def objects_count_at(rules: PastRules) -> Select[Any]:
    """Return the statement of how many objects a folder showed."""
    tables = ((storage_objects, rules.objects), (storage_object_versions, rules.versions))
    live, old = (
        select(func.count()).select_from(table).where(*_here(table), *_stood(table, rule)).scalar_subquery()
        for table, rule in tables
    )
    return select(live + old)


def mark_at(rules: PastRules) -> CompoundSelect[Any]:
    """Return the statement of the mark that a folder had, if it had one; columns as `OBJECT_COLUMNS`."""
    tables = ((storage_objects, rules.objects), (storage_object_versions, rules.versions))
    live, old = (
        select(*_columns(table)).where(*_in_folder(table), table.c.leaf == "", *_stood(table, rule))
        for table, rule in tables
    )
    return live.union_all(old).limit(1)


def _objects_page(rules: PastRules, sort: SortColumn, descending: bool, resumed: bool) -> Select[Any]:
    names = [SORT_COLUMNS[sort].name] if sort is SortColumn.NAME else [SORT_COLUMNS[sort].name, "leaf"]
    both = union(
        _part(storage_objects, rules.objects, names, descending, resumed),
        _part(storage_object_versions, rules.versions, names, descending, resumed),
    ).subquery("then")
    order = [both.c[name].desc() if descending else both.c[name] for name in names]
    return select(both).order_by(*order).offset(bindparam("skip")).limit(bindparam("count"))


def _part(
    table: Table, rule: ColumnElement[bool] | None, names: list[str], descending: bool, resumed: bool
) -> Select[Any]:
    """Return what one table knows of a folder at the moment, as many rows as the page can take of it, in order."""
    query = select(*_columns(table)).where(*_here(table), *_stood(table, rule))
    if resumed:
        order = [table.c[name] for name in names]
        binds = ["key", "leaf"][-len(order) :]
        there = tuple_(*(bindparam(name, type_=part.type) for name, part in zip(binds, order, strict=True)))
        query = query.where(tuple_(*order) < there if descending else tuple_(*order) > there)
    order_by = [table.c[name].desc() if descending else table.c[name] for name in names]
    first = query.order_by(*order_by).limit(bindparam("reach")).subquery()
    return select(first)


def _columns(table: Table) -> list[ColumnElement[Any]]:
    """Return what one table has for `OBJECT_COLUMNS`."""
    identity = table.c.id if table is storage_objects else table.c.object_id
    return [identity.label("id"), *(table.c[column.name] for column in OBJECT_COLUMNS[1:])]


def _in_folder(table: Table) -> list[ColumnElement[bool]]:
    """Return the conditions of what is directly in a folder, its mark included."""
    return [table.c.bucket_id == bindparam("bucket"), table.c.parent == bindparam("prefix")]


def _here(table: Table) -> list[ColumnElement[bool]]:
    """Return the conditions of the objects directly in a folder."""
    return [*_in_folder(table), table.c.leaf != ""]


def _stood(table: Table, rule: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    """Return the conditions of rows that were valid at the moment and that the caller may see."""
    moment = bindparam("moment", type_=_O.valid_from.type)
    conditions: list[ColumnElement[bool]] = [table.c.valid_from <= moment]
    if table is storage_object_versions:
        # A sum, which no index has: SQLite would rather read a bucket's whole past by age, and sort it.
        conditions.append(table.c.valid_to + 0 > moment)
    return conditions if rule is None else [*conditions, rule]


def _folders_page(rules: PastRules, at_top: bool, resumed: bool, descending: bool) -> Select[Any]:
    found = _skip_scan(rules, at_top, resumed, descending)
    query = select(found.c.folder).where(found.c.folder.is_not(None))
    return query.offset(bindparam("skip")).limit(bindparam("count"))


def _skip_scan(rules: PastRules, at_top: bool, resumed: bool, descending: bool) -> CTE:
    """Return the folders as a recursive query: each step seeks in both tables and takes the nearer."""

    def seek(edge: ColumnElement[Any] | None) -> ColumnElement[Any]:
        parts = ((storage_objects, rules.objects), (storage_object_versions, rules.versions))
        live, old = (_nearest(table, rule, edge, at_top, descending) for table, rule in parts)
        nearer = live > old if descending else live < old
        return folder_of(case((old.is_(None), live), (live.is_(None), old), (nearer, live), else_=old))

    start = bindparam("after", type_=_O.parent.type) if resumed else None
    found = select(seek(start).label("folder")).cte("folders", recursive=True)
    return found.union_all(select(seek(found.c.folder)).where(found.c.folder.is_not(None)))


def _nearest(
    table: Table, rule: ColumnElement[bool] | None, edge: ColumnElement[Any] | None, at_top: bool, descending: bool
) -> ColumnElement[Any]:
    """Return the first parent below the prefix and beyond a folder's own range that one table knows."""
    parent = table.c.parent
    conditions: list[ColumnElement[bool]] = [table.c.bucket_id == bindparam("bucket"), *_stood(table, rule)]
    after_edge = None if edge is None else func.substr(edge, 1, func.length(edge) - 1).concat(AFTER_SLASH)
    if after_edge is None or descending:
        conditions.append(parent > bindparam("prefix"))
    if edge is not None:
        conditions.append(parent < edge if descending else parent >= after_edge)
    if not at_top and not (descending and edge is not None):
        conditions.append(parent < bindparam("prefix_end"))
    order = parent.desc() if descending else parent
    return select(parent).where(*conditions).order_by(order).limit(literal_column("1")).scalar_subquery()


@cache
def _open_objects_page(sort: SortColumn, descending: bool, resumed: bool) -> Select[Any]:
    return _objects_page(PastRules(None, None), sort, descending, resumed)


@cache
def _open_folders_page(at_top: bool, resumed: bool, descending: bool) -> Select[Any]:
    return _folders_page(PastRules(None, None), at_top, resumed, descending)
