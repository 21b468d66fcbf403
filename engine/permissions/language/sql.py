"""Small pieces of SQL for the compiler: operators with their parentheses always there, and values as parameters."""

from __future__ import annotations

from functools import reduce
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, ColumnElement, Text, and_, case, func, literal, null, or_
from sqlalchemy.sql.elements import Grouping, UnaryExpression
from sqlalchemy.sql.operators import concat_op, custom_op

from engine.permissions.language.functions import PREFIX, array_text

Sql = ColumnElement[Any]
_NOT: Final = custom_op[Any]("NOT")
"""SQLAlchemy's own asks for a type, which comparisons of text here do not have."""


def parameter(value: str | int | bool | list[Any] | None) -> Sql:
    """Return a value as a bind parameter; arrays as JSON."""
    if value is None:
        return null()
    if isinstance(value, list):
        return literal(array_text(value), Text())
    return literal(value, Text()) if isinstance(value, str) else literal(int(value), BigInteger())


def infix(left: Sql, operator: str, right: Sql) -> Sql:
    """Return an operator between two operands, in parentheses."""
    return Grouping(left.op(operator)(right))


def concatenated(operands: list[Sql]) -> Sql:
    """Return texts as one, in parentheses; a long row is not nested."""
    return Grouping(reduce(lambda left, right: left.operate(concat_op, right), operands))


def joined(operator: str, operands: list[Sql]) -> Sql:
    """Return operands with AND or OR between them, in parentheses."""
    return Grouping(and_(*operands) if operator == "and" else or_(*operands))


def negated(operand: Sql) -> Sql:
    """Return the opposite of a condition."""
    return Grouping(UnaryExpression(Grouping(operand), operator=_NOT, type_=Boolean()))


def policy(name: str, *arguments: Any) -> Sql:
    """Return a call of one of `functions`."""
    given = [each if isinstance(each, ColumnElement) else parameter(each) for each in arguments]
    return getattr(func, f"{PREFIX}{name}")(*given)  # type: ignore[no-any-return]


def failing(message: str) -> Sql:
    """Return what raises as soon as it is reached."""
    return policy("fail", message)


def choice(*branches: tuple[Sql, Sql], default: Sql | None = None) -> Sql:
    """Return a CASE."""
    return case(*branches, else_=null() if default is None else default)


NULL: Sql = null()
"""SQL's NULL."""


def text(value: str) -> Sql:
    """Return a text as a parameter."""
    return parameter(value)


def call(name: str, *arguments: Any) -> Sql:
    """Return a call of one of SQLite's own functions."""
    given = [each if isinstance(each, ColumnElement) else parameter(each) for each in arguments]
    return getattr(func, name)(*given)  # type: ignore[no-any-return]
