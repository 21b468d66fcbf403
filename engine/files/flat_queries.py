"""The statements of listings by full names, made once: building one anew costs more than running it.

Every bound is half-open, `low` to `high`, over leaves or over parents; both come as parameters, so that one form serves
a first page and those after it. All functions are pure.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, and_, bindparam, func, or_, select, tuple_

from engine.files.folder_queries import AFTER_SLASH, folder_of
from engine.files.records import OBJECT_COLUMNS
from engine.metadata.tables import storage_objects

_O: Final = storage_objects.c
PATH: Final = _O.parent.concat(_O.leaf)
"""The full name."""

_IN_BUCKET: Final = _O.bucket_id == bindparam("bucket")
_LEAVES: Final = and_(_O.parent == bindparam("folder"), _O.leaf >= bindparam("low"), _O.leaf < bindparam("high"))
_PARENTS: Final = and_(_O.parent >= bindparam("parent_low"), _O.parent < bindparam("parent_high"))


@cache
def leaves(*, descending: bool) -> Select[Any]:
    """Return the statement of objects right in a folder. Parameters: `bucket`, `folder`, `low`, `high`, `count`."""
    order = _O.leaf.desc() if descending else _O.leaf
    return _objects().where(_LEAVES).order_by(order)


@cache
def descendants(*, descending: bool) -> Select[Any]:
    """Return the statement of objects in a range of folders, as the index has them.

    Parameters: `bucket`, `parent_low`, `parent_high`, `count`.
    """
    order = (_O.parent.desc(), _O.leaf.desc()) if descending else (_O.parent, _O.leaf)
    return _objects().where(_PARENTS).order_by(*order)


@cache
def by_time(column: ColumnElement[Any], *, deep: bool, descending: bool, resumed: bool) -> Select[Any]:
    """Return the statement of objects in the order of a time, then of their names.

    Parameters: `bucket`, `folder`, `low`, `high`, `count`; if `deep`, also `parent_low` and `parent_high`; if
    `resumed`, `key` and `name` of the object before.

    Args:
        column: The time.
        deep: Whether objects in folders count as well.
        descending: Whether the newest come first.
        resumed: Whether the page begins after an object.
    """
    order = (column, PATH)
    query = _objects().where(or_(_LEAVES, _PARENTS) if deep else _LEAVES)
    query = query.order_by(*((part.desc() for part in order) if descending else order))
    if not resumed:
        return query
    here = tuple_(*order)
    there = tuple_(bindparam("key", type_=_O.updated_at.type), bindparam("name", type_=_O.leaf.type))
    return query.where(here < there if descending else here > there)


def folders(rule: ColumnElement[bool] | None, *, descending: bool) -> Select[Any]:
    """Return the statement of the folders right below another: one row each, one seek of the index each.

    Parameters: `bucket`, `length` of the folder's path, `parent_low`, `parent_high`, `count`.

    Args:
        rule: The caller's predicate over objects.
        descending: Whether from the end.
    """
    scan = _open_scan if rule is None else _skip_scan
    found = scan(rule, descending)
    return select(found.c.folder).where(found.c.folder.is_not(None)).limit(bindparam("count"))


def _objects() -> Select[Any]:
    return select(*OBJECT_COLUMNS).where(_IN_BUCKET).limit(bindparam("count"))


def _skip_scan(rule: ColumnElement[bool] | None, descending: bool) -> CTE:
    """Return the folders of a range as a recursive query; the last row is NULL."""

    def seek(*bounds: ColumnElement[bool]) -> ScalarSelect[Any]:
        edge = func.max(_O.parent) if descending else func.min(_O.parent)
        query = select(folder_of(edge)).where(_IN_BUCKET, *bounds)
        return (query if rule is None else query.where(rule)).scalar_subquery()

    low, high = _O.parent >= bindparam("parent_low"), _O.parent < bindparam("parent_high")
    found = select(seek(low, high).label("folder")).cte("folders", recursive=True)
    if descending:
        step = seek(low, _O.parent < found.c.folder)
    else:
        beyond = func.substr(found.c.folder, 1, func.length(found.c.folder) - 1).concat(AFTER_SLASH)
        step = seek(_O.parent >= beyond, high)
    return found.union_all(select(step).where(found.c.folder.is_not(None)))


_open_scan: Final = cache(_skip_scan)
"""The scan of those whom no row rule holds back; the others' rules are values of their own."""
