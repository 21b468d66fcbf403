"""What in an expression may fail on some row, and what may be NULL: both rather too often than too rarely."""

from __future__ import annotations

from typing import Final

from engine.permissions.language import kernels
from engine.permissions.language.kinds import INTEGERS, Kind
from engine.permissions.language.tree import (
    Arithmetic,
    Call,
    Cast,
    Column,
    Compare,
    Distinct,
    In,
    IsNull,
    IsTruth,
    Like,
    Literal,
    Logic,
    Negate,
    Node,
    Not,
)

_ALWAYS_THERE: Final = frozenset({"bucket_id", "name"})
"""Columns that no row has NULL in."""

_FAILING_CALLS: Final = frozenset({"substring", "split_part"})


def can_fail(node: Node) -> bool:
    """Return whether something in a node may raise."""
    return any(map(_fails, node.walk()))


def _fails(node: Node) -> bool:
    """Return whether a node may raise of itself."""
    if isinstance(node, Cast):
        return _cast_fails(node.operand.kind, node.kind)
    if isinstance(node, Arithmetic):
        return node.kind in INTEGERS
    if isinstance(node, Call):
        return node.name in _FAILING_CALLS and not all(_is_harmless(each) for each in node.arguments[1:])
    if isinstance(node, Like):
        return not _is_sound(node)
    return isinstance(node, Negate)


def _cast_fails(source: Kind, target: Kind) -> bool:
    """Return whether a value of one type may be none of another."""
    if source in (Kind.TEXT, Kind.JSON):
        return target not in (Kind.TEXT, source)
    return source is Kind.INT8 and target is Kind.INT4


def _is_harmless(node: Node) -> bool:
    """Return whether an argument is a constant that no function minds: a text, or a number above zero."""
    return isinstance(node, Literal) and (not isinstance(node.value, int) or node.value > 0)


def _is_sound(node: Like) -> bool:
    """Return whether a pattern is a constant that ends as a pattern may."""
    escape = "\\" if node.escape is None else getattr(node.escape, "value", None)
    if not isinstance(node.pattern, Literal) or escape is None:
        return False
    return node.pattern.value is None or kernels.glob(str(node.pattern.value), str(escape)) is not None


def can_be_null(node: Node) -> bool:
    """Return whether a node may be NULL on some row."""
    if isinstance(node, Literal):
        return node.value is None
    if isinstance(node, Column):
        return node.name not in _ALWAYS_THERE
    if isinstance(node, IsNull | IsTruth | Distinct):
        return False
    if isinstance(node, Compare | In | Logic | Not):
        return any(map(can_be_null, node.children))
    return True
