"""Makes an expression smaller for one call: what is the same for every row becomes a constant.

Nothing changes what it comes to for any row, with three truth values. What would raise stays as it is, to raise where
it is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.permissions.language import evaluation, functions
from engine.permissions.language.evaluation import constant, is_constant, value_of
from engine.permissions.language.facts import fact
from engine.permissions.language.kinds import Kind
from engine.permissions.language.tree import (
    Call,
    Case,
    Cast,
    Column,
    Compare,
    Fact,
    Literal,
    Logic,
    Node,
)
from engine.permissions.rows import Facts

_UID = Fact(Kind.UUID, "auth.uid")


@dataclass(frozen=True, slots=True)
class Folder:
    """Folds trees.

    Attributes:
        facts: The call.
        columns: Columns whose value is known.
        keeps_now: Whether `now()` stays, so that what comes out counts at other times too.
    """

    facts: Facts
    columns: Mapping[str, str]
    keeps_now: bool = False

    def fold(self, node: Node) -> Node:
        """Return a node with all below it folded."""
        if isinstance(node, Fact):
            return self._fact(node)
        if isinstance(node, Cast) and node.kind is Kind.TEXT and isinstance(node.operand, Fact):
            return _computed(self._id_as_text(node) or replace(node, operand=self._fact(node.operand)))
        if isinstance(node, Column) and node.name in self.columns:
            return constant(node.kind, self.columns[node.name], node)
        return self._reduced(self._with_folded_children(node))

    def _fact(self, node: Fact) -> Node:
        """Return a fact as a constant; a caller's id that is no UUID as a cast, which raises where it is reached."""
        if node.name == "now" and self.keeps_now:
            return node
        value = fact(node.name, self.facts)
        if node.name == "auth.uid" and value is not None:
            return _computed(Cast(Kind.UUID, constant(Kind.TEXT, value, node), span=node.span))
        return constant(node.kind, value, node)

    def _id_as_text(self, node: Cast) -> Node | None:
        """Return `auth.uid()::text` of a caller whose id is no UUID: the id as it is; or None for all others.

        Supabase has no such callers, but people here may be known by other ids, and own objects.
        """
        value = fact("auth.uid", self.facts)
        if node.operand != _UID or value is None or isinstance(self._fact(_UID), Literal):
            return None
        return constant(Kind.TEXT, value, node)

    def _with_folded_children(self, node: Node) -> Node:
        """Return a node whose children are folded; the same object where none changed."""
        changes = {}
        for each in fields(node):
            before = getattr(node, each.name)
            after = self._folded(before)
            if after is not before:
                changes[each.name] = after
        return replace(node, **changes) if changes else node

    def _folded(self, value: Any) -> Any:  # noqa: ANN401 - whatever a node holds
        """Return a field of a node with the nodes in it folded; the same object where none changed."""
        if isinstance(value, Node):
            return self.fold(value)
        if isinstance(value, tuple):
            folded = tuple(map(self._folded, value))
            return folded if any(new is not old for new, old in zip(folded, value, strict=True)) else value
        return value

    def _reduced(self, node: Node) -> Node:
        """Return a node whose children are folded as something smaller, where that is possible."""
        if isinstance(node, Logic):
            return logic(node.operator, node.operands, node)
        if isinstance(node, Call) and node.name in ("storage.allow_only_operation", "storage.allow_any_operation"):
            return self._operation(node)
        if isinstance(node, Call) and node.name == "coalesce":
            return _coalesce(node)
        if isinstance(node, Case):
            return _case(node)
        return _computed(node)

    def _operation(self, node: Call) -> Node:
        """Return what a question about the operation comes to."""
        (expected,) = node.arguments
        if not is_constant(expected):
            return node
        act = self.facts.context.act
        asks = functions.allows_only if node.name.endswith("only_operation") else functions.allows_any
        return constant(Kind.BOOLEAN, asks(value_of(expected), act.operation if act else None), node)


def _computed(node: Node) -> Node:
    """Return a node of constants as its value; a strict one with a NULL below it is NULL."""
    if evaluation.is_null(node):
        return constant(node.kind, None, node)
    if not evaluation.can_evaluate(node):
        return node
    try:
        return constant(node.kind, evaluation.evaluated(node), node)
    except ValueError:
        return node


def logic(operator: str, operands: tuple[Node, ...], like: Node) -> Node:
    """Return operands between AND or OR without those that change nothing.

    Args:
        operator: `and` or `or`.
        operands: What stands between them.
        like: The node whose place it is.
    """
    ends = operator == "or"
    left: list[Node] = []
    for each in operands:
        if isinstance(each, Literal) and each.value is not None:
            if each.value is ends:
                return constant(Kind.BOOLEAN, ends, like)
        elif isinstance(each, Logic) and each.operator == operator:
            left.extend(each.operands)
        elif each not in left:
            left.append(each)
    if not left:
        return constant(Kind.BOOLEAN, not ends, like)
    return left[0] if len(left) == 1 else Logic(Kind.BOOLEAN, operator, tuple(left), span=like.span)


def _coalesce(node: Call) -> Node:
    """Return a COALESCE without NULLs, and without what follows a value that is none."""
    left: list[Node] = []
    for each in node.arguments:
        if not is_constant(each):
            left.append(each)
        elif value_of(each) is not None:
            left.append(each)
            break
    if not left:
        return constant(node.kind, None, node)
    return left[0] if len(left) == 1 else replace(node, arguments=tuple(left))


def _case(node: Case) -> Node:
    """Return a CASE without branches that are never taken."""
    branches: list[tuple[Node, Node]] = []
    default = node.default
    for when, then in node.branches:
        met = _met(node.operand, when)
        if met is None:
            branches.append((when, then))
        elif met:
            default = then
            break
    if not branches:
        return default or constant(node.kind, None, node)
    return replace(node, branches=tuple(branches), default=default)


def _met(operand: Node | None, when: Node) -> bool | None:
    """Return whether a branch is taken, or None where that depends on the row."""
    condition = when if operand is None else _computed(Compare(Kind.BOOLEAN, "=", operand, when))
    return bool(condition.value) if isinstance(condition, Literal) else None
