"""Computes the parts of an expression that are the same for every row, in Python, exactly as the database would."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from engine.permissions.language import functions, json_values, kernels
from engine.permissions.language.functions import COMPARERS, order_key
from engine.permissions.language.kinds import ELEMENTS, INTEGERS, MAX_INT4, MAX_INT8, Kind
from engine.permissions.language.tree import (
    Arithmetic,
    ArrayOf,
    Between,
    Call,
    Cast,
    Compare,
    Concat,
    Distinct,
    In,
    IsNull,
    IsTruth,
    JsonGet,
    JsonHas,
    Like,
    Literal,
    Negate,
    Node,
    Not,
    Quantified,
    Subscript,
)

Value = Any
"""As `tree.Literal` keeps it; arrays are lists."""


def is_constant(node: Node) -> bool:
    """Return whether a node is a literal, or an array of literals."""
    return isinstance(node, Literal) or (isinstance(node, ArrayOf) and all(map(is_constant, node.items)))


def value_of(node: Node) -> Value:
    """Return the value of a constant node."""
    return [value_of(each) for each in node.items] if isinstance(node, ArrayOf) else getattr(node, "value", None)


def constant(kind: Kind, value: Value, like: Node) -> Node:
    """Return a value as a node, at the place of another."""
    if isinstance(value, list):
        items = tuple(Literal(ELEMENTS[kind], each, span=like.span) for each in value)
        return ArrayOf(kind, items, span=like.span)
    return Literal(kind, value, span=like.span)


def evaluated(node: Node) -> Value:
    """Return what a node of constants comes to that is not `is_null`; the three truth values are True, False and None.

    Raises:
        ValueError: What PostgreSQL would raise.
    """
    return _EVALUATORS[type(node)](node)


STRICT: Final = (Arithmetic, Cast, Compare, Concat, JsonGet, JsonHas, Like, Negate, Not, Subscript)
"""What is NULL as soon as something below it is, as most functions are."""

LENIENT_CALLS: Final = frozenset({"coalesce", "nullif", "storage.allow_only_operation", "storage.allow_any_operation"})
"""The functions that are not."""


def is_null(node: Node) -> bool:
    """Return whether a node is NULL because something below it is."""
    strict = isinstance(node, STRICT) or (isinstance(node, Call) and node.name not in LENIENT_CALLS)
    return strict and any(isinstance(each, Literal) and each.value is None for each in node.children)


def can_evaluate(node: Node) -> bool:
    """Return whether `evaluated` knows this kind of node, and all below it is constant."""
    return type(node) in _EVALUATORS and all(map(is_constant, node.children))


def compare(operator: str, left: Value, right: Value) -> bool | None:
    """Return a comparison with three truth values."""
    if left is None or right is None:
        return None
    if isinstance(left, list):
        return bool(left == right) == (operator == "=")
    return COMPARERS[operator](order_key(left), order_key(right))


def _opposite(value: bool | None, negated: bool) -> bool | None:
    """Return a truth value, or its opposite."""
    return value if value is None or not negated else not value


def _compare(node: Compare) -> Value:
    return compare(node.operator, value_of(node.left), value_of(node.right))


def _distinct(node: Distinct) -> Value:
    return (value_of(node.left) != value_of(node.right)) != node.negated


def _in(node: In) -> Value:
    items = [value_of(each) for each in node.items]
    return _opposite(functions.quantified("=", False, value_of(node.operand), items), node.negated)


def _quantified(node: Quantified) -> Value:
    elements = value_of(node.array)
    if elements is None:
        return None
    return functions.quantified(node.operator, node.every, value_of(node.left), elements)


def _between(node: Between) -> Value:
    operand = value_of(node.operand)
    bounds = (compare(">=", operand, value_of(node.low)), compare("<=", operand, value_of(node.high)))
    within = False if False in bounds else None if None in bounds else True
    return _opposite(within, node.negated)


def _like(node: Like) -> Value:
    text, pattern = value_of(node.operand), value_of(node.pattern)
    escape = "\\" if node.escape is None else value_of(node.escape)
    if node.ignores_case:
        return _opposite(kernels.ilike(text, pattern, escape), node.negated)
    return _opposite(kernels.like(text, pattern, escape), node.negated)


def _arithmetic(node: Arithmetic) -> Value:
    top = MAX_INT4 if node.kind is Kind.INT4 else MAX_INT8
    return functions.arithmetic(node.operator, value_of(node.left), value_of(node.right), top)


def _negate(node: Negate) -> Value:
    return functions.in_range(-value_of(node.operand), MAX_INT4 if node.kind is Kind.INT4 else MAX_INT8)


def _concat(node: Concat) -> Value:
    return value_of(node.left) + value_of(node.right)


def _subscript(node: Subscript) -> Value:
    array, index = value_of(node.array), value_of(node.index)
    return array[index - 1] if 1 <= index <= len(array) else None


def _json_get(node: JsonGet) -> Value:
    document, key = value_of(node.operand), value_of(node.key)
    as_text = node.operator.endswith(">>")
    if isinstance(key, list):
        return functions.json_path(document, json.dumps(key), as_text)
    return functions.json_get(document, key, as_text)


def _json_has(node: JsonHas) -> Value:
    return functions.json_has(value_of(node.operand), value_of(node.key))


def _cast(node: Cast) -> Value:
    return _converted(value_of(node.operand), node.operand.kind, node.kind)


def _converted(value: Value, source: Kind, target: Kind) -> Value:
    """Return a value as one of another type."""
    if target is Kind.TEXT:
        return _to_text(value, source)
    if source is Kind.JSON:
        return _from_json(value, target)
    if source is Kind.TEXT:
        return _FROM_TEXT[target](value)
    if target is Kind.BOOLEAN:
        return value != 0
    return functions.in_range(int(value), MAX_INT4 if target is Kind.INT4 else MAX_INT8)


_FROM_TEXT: Final[dict[Kind, Callable[[str], Value]]] = {
    Kind.INT4: kernels.text_to_int4,
    Kind.INT8: kernels.text_to_int8,
    Kind.BOOLEAN: kernels.text_to_boolean,
    Kind.UUID: kernels.text_to_uuid,
}


def _to_text(value: Value, source: Kind) -> str:
    """Return a value as text."""
    if source is Kind.BOOLEAN:
        return "true" if value else "false"
    return json_values.text_to_json(value) if source is Kind.JSON else str(value)


def _from_json(value: str, target: Kind) -> Value:
    """Return a document as an integer or a truth value."""
    if target in INTEGERS:
        return functions.json_integer(value, MAX_INT4 if target is Kind.INT4 else MAX_INT8)
    return functions.json_boolean(value)


def _call(node: Call) -> Value:
    arguments = [value_of(each) for each in node.arguments]
    if node.name == "nullif":
        return None if compare("=", *arguments) else arguments[0]
    return _CALLS[node.name](*arguments)


def _array_length(array: list[Value], dimension: int) -> int | None:
    return len(array) if array and dimension == 1 else None


_CALLS: Final[dict[str, Callable[..., Value]]] = {
    "lower": kernels.lower,
    "upper": kernels.upper,
    "length": len,
    "substring": kernels.substring,
    "split_part": kernels.split_part,
    "starts_with": kernels.starts_with,
    "strpos": kernels.strpos,
    "left": kernels.left,
    "right": kernels.right,
    "array_length": _array_length,
    "cardinality": len,
    "storage.foldername": kernels.foldername,
    "storage.filename": kernels.filename,
    "storage.extension": kernels.extension,
}


def _not(node: Not) -> Value:
    return _opposite(value_of(node.operand), negated=True)


_EVALUATORS: Final[dict[type[Node], Callable[[Any], Value]]] = {
    Call: _call,
    Cast: _cast,
    Compare: _compare,
    Distinct: _distinct,
    Not: _not,
    IsNull: lambda node: (value_of(node.operand) is None) != node.negated,
    IsTruth: lambda node: (value_of(node.operand) is node.value) != node.negated,
    In: _in,
    Quantified: _quantified,
    Between: _between,
    Like: _like,
    Arithmetic: _arithmetic,
    Negate: _negate,
    Concat: _concat,
    Subscript: _subscript,
    JsonGet: _json_get,
    JsonHas: _json_has,
}
