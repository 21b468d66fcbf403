"""Writes a folded tree so that SQLite comes to what PostgreSQL comes to, in its order: what is not reached cannot fail.

PostgreSQL goes through AND and OR from the left and stops as soon as the outcome is known, wherever they stand. SQLite
does so only where the outcome decides what is done next, as under WHERE and behind WHEN. Where it is a value (`(a OR b)
IS NULL`), it computes every part; and where NULL is as good as no, it leaves `b` of `a AND b` out for an `a` that is
NULL, where PostgreSQL looks at it. Both matter only where a part may fail. There a CASE goes through the parts instead:
each is behind a WHEN of its own, and a last one, which reaches nothing that the others did not, tells NULL from the
other outcome.

Source: PostgreSQL, execExprInterp.c, EEOP_BOOL_AND_STEP; SQLite, expr.c, sqlite3ExprCodeTarget and sqlite3ExprIfTrue.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final

from engine.permissions.language.failures import can_be_null, can_fail
from engine.permissions.language.folding import logic
from engine.permissions.language.kinds import ARRAYS, Kind
from engine.permissions.language.sizes import fits
from engine.permissions.language.tree import (
    ArrayOf,
    Between,
    Case,
    Column,
    Compare,
    In,
    IsTruth,
    Literal,
    Logic,
    Node,
    Not,
    Quantified,
)

_TRUE: Final = Literal(Kind.BOOLEAN, True)
_FALSE: Final = Literal(Kind.BOOLEAN, False)
_TOGETHER: Final = 2
"""From how many on PostgreSQL makes an array of what is behind IN."""


def in_order(root: Node) -> Node:
    """Return a tree that is compiled to what reaches the parts that PostgreSQL reaches.

    One that would become too large for SQLite, as with ANDs and ORs whose values are asked for four times inside one
    another, stays as it is: then SQLite's order decides what fails. What comes to a value comes to the same.

    Args:
        root: A folded tree.
    """
    if not can_fail(root) or not any(isinstance(each, Logic | Between | In) for each in root.walk()):
        return root
    ordered = _condition(root, whole=True)
    return ordered if fits(ordered) else root


def _condition(node: Node, *, whole: bool = False) -> Node:
    """Return a node for a place where NULL is as good as no, and SQLite stops as soon as it knows.

    Args:
        node: The node.
        whole: Whether it is the whole condition, or stands there between AND only; PostgreSQL stops at NULL there too.
    """
    spelled = _spelled(node)
    if isinstance(spelled, Not):
        inner = _spelled(spelled.operand)
        return _condition(_opposite(inner), whole=whole) if isinstance(inner, Logic | Not) else _value(spelled)
    return _joined(spelled, whole) if isinstance(spelled, Logic) else _value(spelled)


def _joined(node: Logic, whole: bool) -> Node:
    """Return operands between AND or OR where NULL is as good as no, as `_condition` does."""
    known = [each for each in node.operands if not (isinstance(each, Literal) and each.value is None)]
    if node.operator == "and" and len(known) < len(node.operands):
        return _FALSE
    if node.operator == "and" and not whole and _skips(node):
        return _value(node)
    stays_whole = whole and node.operator == "and"
    return logic(node.operator, tuple(_condition(each, whole=stays_whole) for each in known), node, in_order=True)


def _opposite(node: Logic | Not) -> Node:
    """Return the opposite of a node without a NOT around it, as PostgreSQL's planner makes it."""
    if isinstance(node, Not):
        return node.operand
    operands = tuple(Not(Kind.BOOLEAN, each, span=each.span) for each in node.operands)
    return replace(node, operator="or" if node.operator == "and" else "and", operands=operands)


def _skips(node: Logic) -> bool:
    """Return whether a part that may fail stands behind one that may be NULL."""
    unknown = False
    for each in node.operands:
        if unknown and can_fail(each):
            return True
        unknown = unknown or can_be_null(each)
    return False


def _spelled(node: Node) -> Node:
    """Return BETWEEN and IN as the comparisons that PostgreSQL makes of them, where their order counts."""
    if isinstance(node, Between) and can_fail(node.high):
        return node.compared
    if isinstance(node, In) and node.operand.kind in ARRAYS and any(map(can_fail, node.items)):
        return _among(node)
    return node


def _among(node: In) -> Node:
    """Return IN with what does not ask the row first, all of it together, where there are several of these."""
    apart = tuple(each for each in node.items if not any(isinstance(part, Column) for part in each.walk()))
    if len(apart) < _TOGETHER:
        return node
    operator = "<>" if node.negated else "="
    array = ArrayOf(ARRAYS[node.operand.kind], apart, span=node.span)
    first = Quantified(Kind.BOOLEAN, operator, node.negated, node.operand, array, span=node.span)
    others = [each for each in node.items if each not in apart]
    compared = [Compare(Kind.BOOLEAN, operator, node.operand, each, span=node.span) for each in others]
    return logic("and" if node.negated else "or", (first, *compared), node, in_order=True)


def _value(node: Node) -> Node:
    """Return a node for a place where its value counts."""
    spelled = _spelled(node)
    if isinstance(spelled, Logic):
        return _stepwise(spelled) if any(map(can_fail, spelled.operands[1:])) else _with_values(spelled)
    if isinstance(spelled, IsTruth) and spelled.value is True and can_fail(spelled.operand):
        outcomes = (_FALSE, _TRUE) if spelled.negated else (_TRUE, _FALSE)
        return Case(Kind.BOOLEAN, None, ((_condition(spelled.operand), outcomes[0]),), outcomes[1], span=node.span)
    if isinstance(spelled, Case) and spelled.operand is None:
        branches = tuple((_condition(when), _value(then)) for when, then in spelled.branches)
        return replace(spelled, branches=branches, default=spelled.default and _value(spelled.default))
    return _with_values(spelled)


def _stepwise(node: Logic) -> Node:
    """Return operands between AND or OR as a CASE that stops where PostgreSQL does."""
    if node.operator == "or":
        steps = [(_condition(each), _TRUE) for each in node.operands]
        last: tuple[Node, Node] = (Not(Kind.BOOLEAN, _plain(node)), _FALSE)
    else:
        steps = [(Not(Kind.BOOLEAN, _value(each)), _FALSE) for each in node.operands]
        last = (_plain(node), _TRUE)
    return Case(Kind.BOOLEAN, None, (*steps, last), None, span=node.span)


def _plain(node: Node) -> Node:
    """Return a node whose AND, OR and NOT stay as they are, for what has been gone through before."""
    if isinstance(node, Logic):
        return _with_operands(node, [_plain(each) for each in node.operands])
    if isinstance(node, Not):
        return replace(node, operand=_plain(node.operand))
    spelled = _spelled(node)
    return _plain(spelled) if isinstance(spelled, Logic) else _value(spelled)


def _with_operands(node: Logic, operands: list[Node]) -> Node:
    return replace(node, operands=tuple(operands))


def _with_values(node: Node) -> Node:
    """Return a node with the nodes in it as values."""
    changes = {}
    for each in fields(node):
        before = getattr(node, each.name)
        after = _valued(before)
        if after is not before:
            changes[each.name] = after
    return replace(node, **changes) if changes else node


def _valued(value: Any) -> Any:  # noqa: ANN401 - whatever a node holds
    """Return a field of a node with the nodes in it as values; the same object where it holds none."""
    if isinstance(value, Node):
        return _value(value)
    return tuple(map(_valued, value)) if isinstance(value, tuple) else value
