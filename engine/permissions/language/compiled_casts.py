"""Casts as SQL: the usual spellings by SQLite, all others, and what raises, by functions of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Text, case
from sqlalchemy import cast as sql_cast

from engine.permissions.language.kinds import INTEGERS, MAX_INT4, MAX_INT8, Kind
from engine.permissions.language.rows_sql import UUID_GLOB
from engine.permissions.language.sql import Sql, call, choice, infix, joined, negated, parameter, policy, text
from engine.permissions.language.tree import Cast, Node, is_small

if TYPE_CHECKING:
    from engine.permissions.language.compiler import Compiler

_SMALL_UUID_GLOB = UUID_GLOB.replace("A-F", "")
_SURE_DIGITS = {Kind.INT4: 9, Kind.INT8: 18}


def cast(compiler: Compiler, node: Cast) -> Sql:
    """Return `operand::kind`."""
    operand = compiler.sql(node.operand)
    source = node.operand.kind
    if node.kind is Kind.TEXT:
        return _to_text(operand, source)
    if source is Kind.JSON:
        return _from_json(operand, node.kind)
    if source is Kind.TEXT:
        return _from_text(compiler, node.operand, node.kind)
    if node.kind is Kind.BOOLEAN:
        return infix(operand, "<>", parameter(0))
    if node.kind is Kind.INT4 and source is Kind.INT8:
        return policy("in_range", operand, MAX_INT4)
    return operand


def _to_text(operand: Sql, source: Kind) -> Sql:
    """Return a value as text."""
    if source is Kind.BOOLEAN:
        whole: Sql = case((parameter(1), text("true")), (parameter(0), text("false")), value=operand)
        return whole
    if source in INTEGERS:
        return sql_cast(operand, Text())
    return policy("json_text", operand) if source is Kind.JSON else operand


def _from_json(operand: Sql, kind: Kind) -> Sql:
    """Return a document as a value."""
    if kind is Kind.BOOLEAN:
        return policy("json_boolean", operand)
    return policy("json_integer", operand, MAX_INT4 if kind is Kind.INT4 else MAX_INT8)


def _from_text(compiler: Compiler, node: Node, kind: Kind) -> Sql:
    """Return a text as a value."""
    operand = compiler.sql(node)
    names = {Kind.INT4: "int4", Kind.INT8: "int8", Kind.BOOLEAN: "boolean", Kind.UUID: "uuid"}
    whole = policy(names[kind], operand)
    if not is_small(node):
        return whole
    if kind is Kind.UUID:
        return choice((infix(operand, "GLOB", text(_SMALL_UUID_GLOB)), operand), default=whole)
    if kind is Kind.BOOLEAN:
        usual = [(infix(operand, "=", text(word)), parameter(word == "true")) for word in ("true", "false")]
        return choice(*usual, default=whole)
    digits = [
        infix(operand, "GLOB", text("[0-9]*")),
        negated(infix(operand, "GLOB", text("*[^0-9]*"))),
        infix(call("length", operand), "<=", parameter(_SURE_DIGITS[kind])),
    ]
    return choice((joined("and", digits), sql_cast(operand, BigInteger())), default=whole)
