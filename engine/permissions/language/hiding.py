"""Keeps SQLite from putting a constant in a column's place where something else may fail by that.

Of `1 / (size - 7) = 5 AND size = 7` it makes `1 / (7 - 7) = 5`, which is the same for all rows and fails before the
first of them. A plus before the column hides the equation. No index serves what has it, so only those columns get one
that stand in a part that may fail, and beside other parts.

Source: SQLite, select.c, propagateConstants.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final

from sqlalchemy.sql.elements import ColumnClause, UnaryExpression
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import iterate

from engine.permissions.language import rows_sql
from engine.permissions.language.failures import can_fail
from engine.permissions.language.sql import Sql
from engine.permissions.language.tree import Column, Logic, Node
from engine.permissions.rows import RowColumns

_PLUS: Final = custom_op[object]("+")


def hidden(root: Node, columns: RowColumns) -> RowColumns:
    """Return a row's columns as a condition is to name them.

    Args:
        root: The condition.
        columns: The row's.
    """
    if not isinstance(root, Logic) or root.operator != "and":
        return columns
    named = {each.name for part in root.operands if can_fail(part) for each in part.walk() if isinstance(each, Column)}
    found = [id(each) for name in named for each in iterate(rows_sql.column(name, columns))]
    known = {each.name: getattr(columns, each.name) for each in fields(columns)}
    plain = {name: each for name, each in known.items() if isinstance(each, ColumnClause) and id(each) in found}
    changes: dict[str, Any] = {name: _plus(each) for name, each in plain.items()}
    return replace(columns, **changes)


def _plus(column: Sql) -> Sql:
    return UnaryExpression(column, operator=_PLUS, type_=column.type)
