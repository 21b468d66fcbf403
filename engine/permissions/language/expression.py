"""An expression of a policy: read from a text, written again, compiled, and made smaller for a call."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Boolean, ColumnElement, type_coerce

from engine.permissions.language.compiler import Compiler
from engine.permissions.language.folding import folded, logic
from engine.permissions.language.grammar import Grammar
from engine.permissions.language.hiding import hidden
from engine.permissions.language.kinds import Kind
from engine.permissions.language.order import in_order
from engine.permissions.language.printer import printed
from engine.permissions.language.refusals import Refusal, located
from engine.permissions.language.tree import Column, Compare, In, Literal, Logic, Node, Span
from engine.permissions.rows import Facts, PolicyTable, RowColumns

MAX_LENGTH = 8 * 1024
"""How many characters an expression may have."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that a policy sets. Equal to others that mean the same by the same tree.

    Attributes:
        text: As it was written.
        table: What it is about.
        root: Its tree; places count in `text`.
    """

    text: str = field(compare=False)
    table: PolicyTable
    root: Node

    @property
    def sql(self) -> str:
        """The expression as PostgreSQL takes it, always written in the same way."""
        return printed(self.root)

    @property
    def is_condition(self) -> bool:
        """Whether it is true or false; parts of an expression may be values of other types."""
        return self.root.kind is Kind.BOOLEAN


def parse(text: str, table: PolicyTable) -> Expression:
    """Return the expression that a text says.

    Args:
        text: As behind USING or WITH CHECK, with or without the parentheses.
        table: What the policy is for.

    Raises:
        InvalidPolicy: It is no condition, or one that is not supported; with the place and the reason.
    """
    if len(text) > MAX_LENGTH:
        refusal = Refusal(f"the text is too long; {MAX_LENGTH} characters are the most", Span(MAX_LENGTH, 0))
        raise located(refusal, text)
    try:
        return Expression(text, table, Grammar(text, table).whole())
    except Refusal as refusal:
        raise located(refusal, text) from refusal


def predicate(expression: Expression, columns: RowColumns, facts: Facts) -> ColumnElement[bool]:
    """Return an expression as an SQL condition on a row; NULL counts as no. Of a part that is none, its value.

    Args:
        expression: What is to be met.
        columns: The row's columns, of the expression's table.
        facts: The call.
    """
    root = in_order(folded(expression.root, facts, {}))
    compiled = Compiler(hidden(root, columns), facts).condition(root)
    return type_coerce(compiled, Boolean()) if expression.is_condition else compiled


def simplified(expression: Expression, facts: Facts, bucket_name: str | None) -> Expression | bool | None:
    """Return an expression with all that is the same for every row of a call worked out; `now()` stays.

    Args:
        expression: What is to be met.
        facts: The call.
        bucket_name: The one bucket that the call is about, or None.

    Returns:
        What is left to look at, or the result where nothing is; None is SQL's NULL.
    """
    name = "bucket_id" if expression.table is PolicyTable.OBJECTS else "name"
    known = {} if bucket_name is None else {name: bucket_name}
    if bucket_name is not None and expression.table is PolicyTable.BUCKETS:
        known["id"] = bucket_name
    root = folded(expression.root, facts, known, keeps_now=True)
    if isinstance(root, Literal):
        return None if root.value is None else bool(root.value)
    return Expression(expression.text, expression.table, root)


def split_bucket(expression: Expression, *, permissive: bool = True) -> tuple[str, Expression | None] | None:
    """Return the one bucket that a policy on objects is about, and what it says there.

    One that lets in says `bucket_id = 'name' AND ...`. One that holds back would close all other buckets with that: it
    is about one bucket where it says `bucket_id <> 'name' OR ...`.

    Args:
        expression: What the policy says.
        permissive: Whether it lets in.

    Returns:
        The name, and the rest or None where nothing is left; None where it is not about one bucket.
    """
    if expression.table is not PolicyTable.OBJECTS:
        return None
    operator = "and" if permissive else "or"
    root = expression.root
    operands = root.operands if isinstance(root, Logic) and root.operator == operator else (root,)
    for place, each in enumerate(operands):
        name = _named_bucket(each, permissive)
        if name is not None:
            return name, _rest(operator, operands[:place] + operands[place + 1 :], root)
    return None


def _named_bucket(node: Node, is_asked_for: bool) -> str | None:
    """Return the bucket that a condition asks for, or leaves out; None where it says something else."""
    if isinstance(node, Compare) and node.operator == ("=" if is_asked_for else "<>"):
        pair = (node.left, node.right)
    elif isinstance(node, In) and len(node.items) == 1 and node.negated is not is_asked_for:
        pair = (node.operand, node.items[0])
    else:
        return None
    column, value = pair if isinstance(pair[0], Column) else pair[::-1]
    if isinstance(column, Column) and column.name == "bucket_id" and isinstance(value, Literal):
        return None if value.value is None else str(value.value)
    return None


def _rest(operator: str, operands: tuple[Node, ...], root: Node) -> Expression | None:
    """Return what is left of a row of conditions, as an expression with a text of its own."""
    if not operands:
        return None
    text = printed(logic(operator, operands, root) if len(operands) > 1 else operands[0])
    return parse(text, PolicyTable.OBJECTS)
