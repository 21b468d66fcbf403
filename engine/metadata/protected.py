"""The tables that row rules protect, found in what a statement reads or changes. Pure."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table
from sqlalchemy.sql.selectable import AliasedReturnsRows, FromClause, FromGrouping, Join

from engine.errors import EngineBug
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects

_PROTECTED: Final = (storage_buckets, storage_objects, storage_object_versions)


def protected_tables(source: FromClause) -> list[Table]:
    """Return the protected tables that a FROM element names, through its joins.

    Raises:
        EngineBug: A protected table has another name, which its rules do not reach.
    """
    if isinstance(source, Join):
        return protected_tables(source.left) + protected_tables(source.right)
    if isinstance(source, FromGrouping):
        return protected_tables(source.element)
    if isinstance(source, AliasedReturnsRows) and _is_protected(source.element):
        raise EngineBug("row rules do not reach a table under another name")
    if isinstance(source, Table) and _is_protected(source):
        return [source]
    return []


def _is_protected(source: object) -> bool:
    """Return whether something is one of the tables; elements of SQL are not compared with `==`."""
    return any(source is table for table in _PROTECTED)
