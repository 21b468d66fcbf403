"""How large an expression may be, so that nothing takes long, and SQLite can read what it is compiled to.

Source: SQLite, YYSTACKDEPTH: its parser has room for 100 open parts of a statement, of which each node takes some.
"""

from __future__ import annotations

from typing import Final

from engine.permissions.language.kinds import MAX_INT8
from engine.permissions.language.refusals import Refusal
from engine.permissions.language.tree import (
    ArrayOf,
    Cast,
    Compare,
    Concat,
    Distinct,
    IsNull,
    IsTruth,
    JsonGet,
    Literal,
    Logic,
    Node,
    Not,
    Subscript,
)

MAX_DEPTH: Final = 60
"""How many parts of a text may be open at once."""

MAX_NODES: Final = 1_000
"""How many parts an expression may have."""

_MAX_COMPILED: Final = 2_000
"""How many parts a tree may have that is compiled: one that is gone through in order has some of them twice."""

_MAX_OPEN: Final = 66
"""How many parts of SQL may be open at once: what is left are those of the statement around it, and of leaves."""

_OPEN: Final = dict.fromkeys((Compare, Concat, Distinct, IsNull, IsTruth, Logic, Not), 3) | dict.fromkeys(
    (ArrayOf, Cast, JsonGet, Subscript), 4
)
_OPEN_BY_MOST: Final = 6


def check_size(root: Node) -> None:
    """Refuse a tree that is too large or too deep, or holds a number that only a sign would have made small enough.

    Raises:
        Refusal: It does.
    """
    waiting = [(root, 0, 0)]
    count = 0
    while waiting:
        node, taken, depth = waiting.pop()
        count += 1
        if count > MAX_NODES:
            raise Refusal(f"the expression has more than {MAX_NODES} parts", root.span)
        if taken > _MAX_OPEN or depth > MAX_DEPTH:
            raise Refusal("the expression is nested too deeply", root.span)
        if isinstance(node, Literal) and isinstance(node.value, int) and node.value > MAX_INT8:
            raise Refusal("the number is too large", node.span)
        below = taken + _OPEN.get(type(node), _OPEN_BY_MOST)
        waiting.extend((each, taken if is_chained(node, each) else below, depth + 1) for each in node.children)


def fits(root: Node) -> bool:
    """Return whether SQLite has room for a tree in which the same parts may stand in several places."""
    count, opened = _measured(root, {})
    return count <= _MAX_COMPILED and opened <= _MAX_OPEN


def _measured(node: Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Return how many parts a tree has, and how many of SQL are open at once; every part is looked at once.

    Args:
        node: The tree.
        known: What was found for parts before, by their identity.
    """
    if id(node) in known:
        return known[id(node)]
    own = _OPEN.get(type(node), _OPEN_BY_MOST)
    count, opened = 1, 0
    for each in node.children:
        below_count, below_opened = _measured(each, known)
        count += below_count
        opened = max(opened, below_opened + (0 if is_chained(node, each) else own))
    known[id(node)] = (count, opened)
    return count, opened


def is_chained(node: Node, child: Node) -> bool:
    """Return whether a child is joined in the same row as its node, as `a || b || c`."""
    return isinstance(node, Concat) and child is node.left and isinstance(child, Concat)
