"""Makes an expression smaller for one call: what is the same for every row becomes a constant.

Nothing changes what it comes to for any row, with three truth values. What would raise stays as it is, to raise where
it is reached.

First the constants of the text are worked out, as PostgreSQL does when it plans: a strict function of NULL is NULL, and
`x AND false` is false, whatever `x` would do. What is known of the call and the bucket PostgreSQL learns only when it
gets there, so that what stands before it, or beside it, still fails. Between the ANDs of the whole condition alone it
may look at them first, and we do.

Source: PostgreSQL, clauses.c, simplify_and_arguments, simplify_function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.permissions.language import evaluation, functions
from engine.permissions.language.evaluation import constant, is_constant, value_of
from engine.permissions.language.facts import fact
from engine.permissions.language.failures import can_fail
from engine.permissions.language.kinds import Kind
from engine.permissions.language.tree import (
    Between,
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
_FALSE = Literal(Kind.BOOLEAN, False)


def folded(root: Node, facts: Facts, columns: Mapping[str, str], *, keeps_now: bool = False) -> Node:
    """Return a whole condition with everything put in that is the same for each row.

    Args:
        root: Its tree.
        facts: The call.
        columns: Columns whose value is known.
        keeps_now: Whether `now()` stays, so that what comes out counts at other times too.
    """
    planner, folder = Folder(None, {}), Folder(facts, columns, keeps_now)
    if not (isinstance(root, Logic) and root.operator == "and"):
        return folder.fold(planner.fold(root))
    left: list[Node] = []
    for each in root.operands:
        left.append(folder.fold(planner.fold(each)))
        if left[-1] == _FALSE:
            break
    return logic("and", tuple(left), root)


@dataclass(frozen=True, slots=True)
class Folder:
    """Folds trees.

    Attributes:
        facts: The call; None to work out constants only.
        columns: Columns whose value is known.
        keeps_now: Whether `now()` stays.
    """

    facts: Facts | None
    columns: Mapping[str, str]
    keeps_now: bool = False

    def fold(self, node: Node) -> Node:
        """Return a node with all below it folded."""
        if self.facts is not None and isinstance(node, Fact):
            return self._fact(node, self.facts)
        if self.facts is not None and _is_own_id_as_text(node):
            return self._id_as_text(node, self.facts)
        if isinstance(node, Column) and node.name in self.columns:
            return constant(node.kind, self.columns[node.name], node)
        return self._reduced(self._with_folded_children(node))

    def _fact(self, node: Fact, facts: Facts) -> Node:
        """Return a fact as a constant; a caller's id that is no UUID as a cast, which raises where it is reached."""
        if node.name == "now" and self.keeps_now:
            return node
        value = fact(node.name, facts)
        if node.name == "auth.uid" and value is not None:
            return self._computed(Cast(Kind.UUID, constant(Kind.TEXT, value, node), span=node.span))
        return constant(node.kind, value, node)

    def _id_as_text(self, node: Node, facts: Facts) -> Node:
        """Return `auth.uid()::text`: an id that is no UUID as it is.

        Supabase has no such callers, but people here may be known by other ids, and own objects.
        """
        known = self._fact(_UID, facts)
        return constant(Kind.TEXT, known.value if isinstance(known, Literal) else fact("auth.uid", facts), node)

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
            return logic(node.operator, node.operands, node, in_order=self.facts is not None)
        if isinstance(node, Between):
            return self._between(node)
        if isinstance(node, Call) and node.name in ("storage.allow_only_operation", "storage.allow_any_operation"):
            return self._operation(node)
        if isinstance(node, Call) and node.name == "coalesce":
            return _coalesce(node)
        if isinstance(node, Case):
            return _case(node)
        return self._computed(node)

    def _between(self, node: Between) -> Node:
        """Return BETWEEN; only the comparison that is left where the other is known."""
        compared = node.compared
        left = self._reduced(replace(compared, operands=tuple(map(self._computed, compared.operands))))
        return node if left == compared else left

    def _operation(self, node: Call) -> Node:
        """Return what a question about the operation comes to."""
        (expected,) = node.arguments
        if self.facts is None or not is_constant(expected):
            return node
        act = self.facts.context.act
        asks = functions.allows_only if node.name.endswith("only_operation") else functions.allows_any
        return constant(Kind.BOOLEAN, asks(value_of(expected), act.operation if act else None), node)

    def _computed(self, node: Node) -> Node:
        """Return a node of constants as its value; a strict one with a NULL below it is NULL."""
        if evaluation.is_null(node):
            fails = self.facts is not None and any(map(can_fail, node.children))
            return node if fails else constant(node.kind, None, node)
        return computed(node)


def computed(node: Node) -> Node:
    """Return a node of constants as its value, and any other as it is."""
    if evaluation.is_null(node):
        return constant(node.kind, None, node)
    if not evaluation.can_evaluate(node):
        return node
    try:
        return constant(node.kind, evaluation.evaluated(node), node)
    except ValueError:
        return node


def _is_own_id_as_text(node: Node) -> bool:
    return isinstance(node, Cast) and node.kind is Kind.TEXT and node.operand == _UID


def logic(operator: str, operands: tuple[Node, ...], like: Node, *, in_order: bool = False) -> Node:
    """Return operands between AND or OR without those that change nothing.

    Args:
        operator: `and` or `or`.
        operands: What stands between them.
        like: The node whose place it is.
        in_order: Whether what may fail still does before what decides.
    """
    ends = operator == "or"
    left: list[Node] = []
    for each in operands:
        if isinstance(each, Literal) and each.value is not None:
            if each.value is ends and not (in_order and any(map(can_fail, left))):
                return constant(Kind.BOOLEAN, ends, like)
            if each.value is ends:
                left.append(each)
                break
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
    condition = when if operand is None else computed(Compare(Kind.BOOLEAN, "=", operand, when))
    return bool(condition.value) if isinstance(condition, Literal) else None
