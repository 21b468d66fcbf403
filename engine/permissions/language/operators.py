"""Builds the nodes of operators, with their types checked."""

from __future__ import annotations

from engine.permissions.language import kinds, literals, typing_rules
from engine.permissions.language.kinds import ELEMENTS, INTEGERS, Kind
from engine.permissions.language.refusals import Refusal
from engine.permissions.language.tree import (
    Arithmetic,
    ArrayOf,
    Between,
    Cast,
    Compare,
    Concat,
    Distinct,
    In,
    JsonGet,
    JsonHas,
    Like,
    Literal,
    Logic,
    Negate,
    Node,
    Not,
    Quantified,
    Span,
    Subscript,
)

COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
JSON_STEPS = frozenset({"->", "->>", "#>", "#>>"})

_CASTS = {
    Kind.TEXT: frozenset(
        {Kind.TEXT, Kind.INT4, Kind.INT8, Kind.BOOLEAN, Kind.UUID, Kind.JSON},
    ),
    Kind.INT4: frozenset({Kind.TEXT, Kind.INT4, Kind.INT8, Kind.JSON, Kind.BOOLEAN}),
    Kind.INT8: frozenset({Kind.TEXT, Kind.INT4, Kind.INT8, Kind.JSON}),
    Kind.BOOLEAN: frozenset({Kind.TEXT, Kind.BOOLEAN, Kind.JSON, Kind.INT4}),
    Kind.UUID: frozenset({Kind.TEXT, Kind.UUID}),
    Kind.TIME: frozenset({Kind.TIME}),
    Kind.INTERVAL: frozenset({Kind.INTERVAL}),
    Kind.JSON: frozenset({Kind.JSON}),
}
"""What can be cast, by what it is cast to."""


def binary(operator: str, left: Node, right: Node, place: Span) -> Node:
    """Return the node of an operator between two others.

    Args:
        operator: The operator.
        left: Before it.
        right: Behind it.
        place: Where it is written.

    Raises:
        Refusal: It is not supported, or not for these types.
    """
    span = left.span.to(right.span)
    if operator in COMPARISONS:
        left, right = typing_rules.compared(left, right, operator)
        return Compare(Kind.BOOLEAN, operator, left, right, span=span)
    if operator in ARITHMETIC:
        return _arithmetic(operator, left, right, span)
    if operator in JSON_STEPS:
        return _json_step(operator, left, right, span)
    if operator == "||":
        return _concat(left, right, span)
    if operator == "?":
        operand = typing_rules.needed(left, Kind.JSON, "the left side of ?")
        return JsonHas(Kind.BOOLEAN, operand, typing_rules.needed(right, Kind.TEXT, "the key of ?"), span=span)
    raise Refusal(f"the operator {operator} is not supported", place)


def logic(operator: str, left: Node, right: Node) -> Node:
    """Return `left AND right`, or OR; rows of the same operator become one node."""
    operands: list[Node] = []
    for each in (left, right):
        each = typing_rules.truth(each, f"an operand of {operator.upper()}")
        operands.extend(each.operands if isinstance(each, Logic) and each.operator == operator else (each,))
    return Logic(Kind.BOOLEAN, operator, tuple(operands), span=left.span.to(right.span))


def negation(operand: Node, start: Span) -> Node:
    """Return `NOT operand`."""
    return Not(Kind.BOOLEAN, typing_rules.truth(operand, "the operand of NOT"), span=start.to(operand.span))


def minus(operand: Node, start: Span) -> Node:
    """Return `-operand`; a number with a sign is a number.

    Raises:
        Refusal: It is no integer.
    """
    span = start.to(operand.span)
    if isinstance(operand, Literal) and isinstance(operand.value, int) and operand.kind in INTEGERS:
        value = -operand.value
        small = (operand.kind is Kind.INT4 or value == -kinds.MAX_INT4 - 1) and kinds.fits(value, Kind.INT4)
        return Literal(Kind.INT4 if small else Kind.INT8, value, span=span)
    if operand.kind not in INTEGERS:
        raise Refusal(f"- needs an integer, not {operand.kind.value}", operand.span)
    return Negate(operand.kind, operand, span=span)


def _arithmetic(operator: str, left: Node, right: Node, span: Span) -> Node:
    """Return an arithmetic node, over integers, or times and intervals."""
    if Kind.TIME in (left.kind, right.kind) or Kind.INTERVAL in (left.kind, right.kind):
        return _of_times(operator, left, right, span)
    left, right = typing_rules.given(left, right.kind), typing_rules.given(right, left.kind)
    if left.kind not in INTEGERS or right.kind not in INTEGERS:
        raise Refusal(f"there is no {left.kind.value} {operator} {right.kind.value}", span)
    kind = Kind.INT8 if Kind.INT8 in (left.kind, right.kind) else Kind.INT4
    return Arithmetic(kind, operator, left, right, span=span)


_OF_TIMES = {
    (Kind.TIME, "+", Kind.INTERVAL): Kind.TIME,
    (Kind.TIME, "-", Kind.INTERVAL): Kind.TIME,
    (Kind.INTERVAL, "+", Kind.TIME): Kind.TIME,
    (Kind.TIME, "-", Kind.TIME): Kind.INTERVAL,
}


def _of_times(operator: str, left: Node, right: Node, span: Span) -> Node:
    """Return an arithmetic node over times and intervals."""
    kind = _OF_TIMES.get((left.kind, operator, right.kind))
    if kind is None:
        raise Refusal(f"there is no {left.kind.value} {operator} {right.kind.value} here", span)
    return Arithmetic(kind, operator, left, right, span=span)


def _json_step(operator: str, left: Node, right: Node, span: Span) -> Node:
    """Return the node of `->`, `->>`, `#>` or `#>>`."""
    operand = typing_rules.needed(left, Kind.JSON, f"the left side of {operator}")
    if operator.startswith("#"):
        right = _path(right, operator)
    else:
        right = typing_rules.settled(right)
        if right.kind not in (Kind.TEXT, Kind.INT4):
            raise Refusal(f"the key of {operator} must be text or integer, not {right.kind.value}", right.span)
    return JsonGet(Kind.TEXT if operator.endswith(">>") else Kind.JSON, operator, operand, right, span=span)


def _path(right: Node, operator: str) -> Node:
    """Return the path of `#>` as an array of constants."""
    path = typing_rules.given(right, Kind.TEXTS)
    if isinstance(path, ArrayOf) and all(isinstance(each, Literal) for each in path.items):
        return typing_rules.needed(path, Kind.TEXTS, f"the path of {operator}")
    raise Refusal(f"the path of {operator} must be written out, as in '{{a,b}}'", right.span)


def _concat(left: Node, right: Node, span: Span) -> Node:
    """Return `left || right`, of which one must be text and the other becomes it."""
    if left.kind is Kind.UNKNOWN and right.kind is Kind.UNKNOWN:
        left, right = typing_rules.settled(left), typing_rules.settled(right)
    kinds_given = (left.kind, right.kind)
    if Kind.TEXT not in kinds_given and Kind.UNKNOWN not in kinds_given:
        raise Refusal("|| needs text; add ::text", span)
    if not all(kind in _CASTS[Kind.TEXT] or kind is Kind.UNKNOWN for kind in kinds_given) or Kind.JSON in kinds_given:
        wrong = next(kind for kind in kinds_given if kind is not Kind.TEXT)
        raise Refusal(f"|| joins text here, not {wrong.value}", span)
    return Concat(Kind.TEXT, _as_text(left), _as_text(right), span=span)


def _as_text(node: Node) -> Node:
    """Return a node as text."""
    node = typing_rules.settled(node)
    return node if node.kind is Kind.TEXT else Cast(Kind.TEXT, node, span=node.span)


def cast(operand: Node, kind: Kind, span: Span) -> Node:
    """Return `operand::kind`; a literal becomes a value of that type at once.

    Raises:
        Refusal: There is no such cast.
    """
    if operand.kind is Kind.UNKNOWN:
        given = typing_rules.given(operand, kind)
        return given if isinstance(given, ArrayOf) else Literal(kind, getattr(given, "value", None), span=span)
    if operand.kind is kind:
        return operand
    if literals.is_constant_integer(operand) and kind in INTEGERS and isinstance(operand, Literal):
        return literals.recast(Literal(operand.kind, operand.value, span=span), kind)
    if operand.kind not in _CASTS.get(kind, frozenset()):
        raise Refusal(f"{operand.kind.value} cannot be cast to {kind.value} here", span)
    return Cast(kind, operand, span=span)


def distinct(left: Node, right: Node, negated: bool) -> Node:
    """Return `left IS [NOT] DISTINCT FROM right`."""
    span = left.span.to(right.span)
    left, right = typing_rules.compared(left, right, "=")
    return Distinct(Kind.BOOLEAN, left, right, negated, span=span)


def membership(operand: Node, items: list[Node], negated: bool, end: Span) -> Node:
    """Return `operand [NOT] IN (items)`."""
    span = operand.span.to(end)
    kind = next((each.kind for each in (operand, *items) if each.kind is not Kind.UNKNOWN), Kind.TEXT)
    operand = typing_rules.given(operand, kind)
    chosen = tuple(typing_rules.compared(operand, each, "=")[1] for each in items)
    return In(Kind.BOOLEAN, operand, chosen, negated, span=span)


def quantified(operator: str, every: bool, left: Node, array: Node, end: Span) -> Node:
    """Return `left op ANY (array)`, or ALL."""
    span = left.span.to(end)
    left, array = typing_rules.array_beside(left, array, operator)
    return Quantified(Kind.BOOLEAN, operator, every, left, array, span=span)


def between(operand: Node, low: Node, high: Node, negated: bool) -> Node:
    """Return `operand [NOT] BETWEEN low AND high`."""
    span = operand.span.to(high.span)
    kind = next((each.kind for each in (operand, low, high) if each.kind is not Kind.UNKNOWN), Kind.TEXT)
    operand = typing_rules.given(operand, kind)
    low = typing_rules.compared(operand, low, ">=")[1]
    high = typing_rules.compared(operand, high, "<=")[1]
    return Between(Kind.BOOLEAN, operand, low, high, negated, span=span)


def likeness(operand: Node, pattern: Node, escape: Node | None, ignores_case: bool, negated: bool) -> Node:
    """Return `operand [NOT] LIKE pattern [ESCAPE escape]`, or ILIKE."""
    span = operand.span.to((escape or pattern).span)
    name = "ILIKE" if ignores_case else "LIKE"
    operand = typing_rules.needed(operand, Kind.TEXT, f"the left side of {name}")
    pattern = typing_rules.needed(pattern, Kind.TEXT, f"the pattern of {name}")
    if escape is not None:
        escape = typing_rules.needed(escape, Kind.TEXT, "ESCAPE")
    return Like(Kind.BOOLEAN, operand, pattern, escape, ignores_case, negated, span=span)


def subscript(array: Node, index: Node, end: Span) -> Node:
    """Return `(array)[index]`.

    Raises:
        Refusal: It is no array, or the index no integer.
    """
    if array.kind not in ELEMENTS:
        raise Refusal(f"only arrays have elements, and this is {array.kind.value}", array.span)
    index = typing_rules.needed(index, Kind.INT4, "an index")
    return Subscript(ELEMENTS[array.kind], array, index, span=array.span.to(end))
