"""The types of expressions, checked as PostgreSQL does: what it would refuse is refused, with its reason.

A quoted literal has no type of its own; it takes the one of what stands beside it.

Source: PostgreSQL, "Type Conversion".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.permissions.language import literals
from engine.permissions.language.kinds import ARRAYS, ELEMENTS, INTEGERS, ORDERED, Kind, written
from engine.permissions.language.refusals import Refusal
from engine.permissions.language.tree import Cast, Literal, Node, Span

_NO_JSON = "jsonb values cannot be compared here; take a text out with ->> and compare that"


def given(node: Node, kind: Kind) -> Node:
    """Return a node with a type, where it is a literal that has none yet.

    Raises:
        Refusal: The literal is no value of that type.
    """
    if node.kind is not Kind.UNKNOWN:
        return node
    return literals.read(node, kind) if isinstance(node, Literal) else node


def settled(node: Node) -> Node:
    """Return a node that has a type: text, where nothing says otherwise."""
    return given(node, Kind.TEXT)


def needed(node: Node, kind: Kind, what: str) -> Node:
    """Return a node that must have a certain type.

    Args:
        node: The node.
        kind: Its type; an `INT4` will do for an `INT8`.
        what: What needs it, for the reason.

    Raises:
        Refusal: It has another.
    """
    node = given(node, kind)
    if node.kind is kind or (node.kind is Kind.INT4 and kind is Kind.INT8):
        return node
    raise Refusal(f"{what} must be {kind.value}, not {node.kind.value}", node.span)


def truth(node: Node, what: str) -> Node:
    """Return a node that must be a condition.

    Raises:
        Refusal: It is none.
    """
    return needed(node, Kind.BOOLEAN, what)


def alike(nodes: Sequence[Node], span: Span, what: str) -> tuple[Node, ...]:
    """Return nodes that stand side by side, such as the results of CASE, with one type.

    Raises:
        Refusal: Their types do not go together.
    """
    kind = _common([node.kind for node in nodes], span, what)
    return tuple(_widened(given(node, kind), kind) for node in nodes)


def _widened(node: Node, kind: Kind) -> Node:
    """Return a node as a value of the common type: integers of both sizes become the larger."""
    if node.kind is kind:
        return node
    return literals.recast(node, kind) if isinstance(node, Literal) else Cast(kind, node, span=node.span)


def _common(kinds: Iterable[Kind], span: Span, what: str) -> Kind:
    """Return the type that values of all these types can have.

    Raises:
        Refusal: There is none.
    """
    known = [kind for kind in kinds if kind is not Kind.UNKNOWN]
    if not known:
        return Kind.TEXT
    if all(kind in INTEGERS for kind in known):
        return Kind.INT8 if Kind.INT8 in known else Kind.INT4
    for kind in known:
        if kind is not known[0]:
            raise Refusal(f"{what}: {known[0].value} and {kind.value} cannot be matched", span)
    return known[0]


def compared(left: Node, right: Node, operator: str) -> tuple[Node, Node]:
    """Return two nodes that are compared with each other.

    Raises:
        Refusal: PostgreSQL has no such operator for them.
    """
    if left.kind is Kind.UNKNOWN and right.kind is Kind.UNKNOWN:
        left = settled(left)
    left, right = given(left, right.kind), given(right, left.kind)
    span = left.span.to(right.span)
    if Kind.JSON in (left.kind, right.kind):
        raise Refusal(_NO_JSON, span)
    if left.kind in ELEMENTS and left.kind is right.kind and operator in ("=", "<>"):
        return left, right
    same = left.kind is right.kind or {left.kind, right.kind} <= INTEGERS
    if not same or left.kind not in ORDERED:
        raise Refusal(_unlike(left, right, operator), span)
    return left, right


def _unlike(left: Node, right: Node, operator: str) -> str:
    """Return why two types cannot be compared, with what helps."""
    reason = f"{left.kind.value} and {right.kind.value} cannot be compared with {operator}"
    other = right if left.kind is Kind.TEXT else left
    if Kind.TEXT in (left.kind, right.kind) and other.kind in (Kind.UUID, *INTEGERS):
        return f"{reason}; add ::text to the {other.kind.value}, or ::{written(other.kind)} to the text"
    return reason


def array_beside(left: Node, array: Node, operator: str) -> tuple[Node, Node]:
    """Return both sides of `left op ANY (array)`.

    Raises:
        Refusal: The right side is no array, or its elements cannot be compared with the left.
    """
    if array.kind is Kind.UNKNOWN:
        element = settled(left).kind
        if element not in ARRAYS:
            raise Refusal(f"there are no arrays of {element.value} here", array.span)
        array = given(array, ARRAYS[element])
    if array.kind not in ELEMENTS:
        raise Refusal(f"ANY and ALL need an array, not {array.kind.value}", array.span)
    stand_in = replace(Literal(ELEMENTS[array.kind], None), span=array.span)
    return compared(left, stand_in, operator)[0], array
