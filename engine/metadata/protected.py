"""The tables that row rules protect, found in what a statement reads or changes. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, Table
from sqlalchemy.sql.selectable import AliasedReturnsRows, FromClause, FromGrouping, Join

from engine.errors import EngineBug
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects

_REMEMBERED: Final = 256
_PROTECTED: Final = (storage_buckets, storage_objects, storage_object_versions)


@lru_cache(_REMEMBERED)
def tables_read(statement: Select[Any]) -> tuple[Table, ...]:
    """Return the protected tables that a SELECT names at its top; to find out, SQLAlchemy compiles all of it once.

    Args:
        statement: Most are made once and run often: they are known by what object they are.

    Raises:
        EngineBug: As `protected_tables`.
    """
    return tuple(table for source in statement.get_final_froms() for table in protected_tables(source))


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
