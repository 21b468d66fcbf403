"""Writes a tree as PostgreSQL text, which reads back as the same tree. Parentheses stand wherever one could doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from engine.permissions.language import timestamps
from engine.permissions.language.kinds import INTEGERS, Kind, fits, written
from engine.permissions.language.sizes import is_chained
from engine.permissions.language.tree import (
    Arithmetic,
    ArrayOf,
    Between,
    Call,
    Case,
    Cast,
    Column,
    Compare,
    Concat,
    Distinct,
    Fact,
    In,
    IsNull,
    IsTruth,
    JsonGet,
    JsonHas,
    Like,
    Literal,
    Logic,
    Negate,
    Node,
    Not,
    Quantified,
    Subscript,
)

_PLAIN = (Literal, Column, Fact, Call, ArrayOf, Subscript, Cast)
_TRUTHS = {True: "true", False: "false", None: "unknown"}


def printed(node: Node) -> str:
    """Return a node as text."""
    return _PRINTERS[type(node)](node)


def quoted(text: str) -> str:
    """Return a text as a literal."""
    return "'" + text.replace("'", "''") + "'"


def _inner(node: Node) -> str:
    """Return an operand as text, in parentheses where it is made of parts."""
    return printed(node) if isinstance(node, _PLAIN) else f"({printed(node)})"


def _listed(nodes: tuple[Node, ...]) -> str:
    """Return nodes with commas between them."""
    return ", ".join(map(printed, nodes))


def _literal(node: Literal) -> str:
    """Return a constant; all but text, small numbers and truth values say their type."""
    value, kind = node.value, node.kind
    if value is None:
        return "null" if kind is Kind.TEXT else f"null::{written(kind)}"
    if kind is Kind.TEXT:
        return quoted(str(value))
    if kind is Kind.BOOLEAN:
        return _TRUTHS[bool(value)]
    if kind in INTEGERS:
        return _number(cast("int", value), kind)
    shown = {Kind.TIME: timestamps.written, Kind.INTERVAL: timestamps.interval_written}.get(kind)
    return f"{quoted(shown(cast('int', value)) if shown else str(value))}::{written(kind)}"


def _number(value: int, kind: Kind) -> str:
    """Return an integer."""
    shown = str(value) if value >= 0 else f"({value})"
    return shown if (kind is Kind.INT4) == fits(value, Kind.INT4) else f"{shown}::{written(kind)}"


def _cast(node: Cast) -> str:
    """Return a cast; a constant below it says its own type first, so that it is not read as one of the other."""
    inner = _inner(node.operand)
    if isinstance(node.operand, Literal) and node.operand.kind is Kind.TEXT:
        inner = f"{inner}::text"
    return f"{inner}::{written(node.kind)}"


def _call(node: Call) -> str:
    """Return a call."""
    return f"{node.name}({_listed(node.arguments)})"


def _logic(node: Logic) -> str:
    """Return operands with AND or OR between them."""
    return f" {node.operator} ".join(map(_inner, node.operands))


def _negatable(node: Distinct | In | Between | Like) -> str:
    """Return the word for the opposite, with its blank, or nothing."""
    return "not " if node.negated else ""


def _is_truth(node: IsTruth) -> str:
    """Return IS with a truth value."""
    return f"{_inner(node.operand)} is {'not ' if node.negated else ''}{_TRUTHS[node.value]}"


def _quantified(node: Quantified) -> str:
    """Return a comparison with the elements of an array."""
    return f"{_inner(node.left)} {node.operator} {'all' if node.every else 'any'} ({printed(node.array)})"


def _between(node: Between) -> str:
    """Return BETWEEN."""
    return f"{_inner(node.operand)} {_negatable(node)}between {_inner(node.low)} and {_inner(node.high)}"


def _like(node: Like) -> str:
    """Return LIKE or ILIKE."""
    word = "ilike" if node.ignores_case else "like"
    escape = f" escape {_inner(node.escape)}" if node.escape else ""
    return f"{_inner(node.operand)} {_negatable(node)}{word} {_inner(node.pattern)}{escape}"


def _case(node: Case) -> str:
    """Return CASE."""
    operand = f" {printed(node.operand)}" if node.operand else ""
    branches = "".join(f" when {printed(when)} then {printed(then)}" for when, then in node.branches)
    default = f" else {printed(node.default)}" if node.default else ""
    return f"case{operand}{branches}{default} end"


def _array(node: ArrayOf) -> str:
    """Return ARRAY; an empty one says its type."""
    return f"array[{_listed(node.items)}]" if node.items else f"'{{}}'::{written(node.kind)}"


def _subscript(node: Subscript) -> str:
    """Return an element of an array."""
    return f"({printed(node.array)})[{printed(node.index)}]"


def _concat(node: Concat) -> str:
    """Return texts with `||` between them; a long row has no parentheses."""
    left = printed(node.left) if is_chained(node, node.left) else _inner(node.left)
    return f"{left} || {_inner(node.right)}"


def _between_operator(left: Node, operator: str, right: Node) -> str:
    """Return a binary operator between its operands."""
    return f"{_inner(left)} {operator} {_inner(right)}"


_PRINTERS: Final[dict[type[Node], Callable[[Any], str]]] = {
    Literal: _literal,
    Column: lambda node: node.name,
    Fact: lambda node: f"{node.name}()",
    Call: _call,
    Cast: _cast,
    Compare: lambda node: _between_operator(node.left, node.operator, node.right),
    Distinct: lambda node: f"{_inner(node.left)} is {_negatable(node)}distinct from {_inner(node.right)}",
    Logic: _logic,
    Not: lambda node: f"not {_inner(node.operand)}",
    IsNull: lambda node: f"{_inner(node.operand)} is {'not ' if node.negated else ''}null",
    IsTruth: _is_truth,
    In: lambda node: f"{_inner(node.operand)} {_negatable(node)}in ({_listed(node.items)})",
    Quantified: _quantified,
    Between: _between,
    Like: _like,
    Arithmetic: lambda node: _between_operator(node.left, node.operator, node.right),
    Negate: lambda node: f"-{_inner(node.operand)}",
    Concat: _concat,
    Case: _case,
    ArrayOf: _array,
    Subscript: _subscript,
    JsonGet: lambda node: f"{_inner(node.operand)} {node.operator} {_inner(node.key)}",
    JsonHas: lambda node: _between_operator(node.operand, "?", node.key),
}
