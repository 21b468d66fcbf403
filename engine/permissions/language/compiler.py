"""Turns a tree into an SQL condition for SQLite that comes to what PostgreSQL would come to.

Every value is a bind parameter: no text of a policy becomes SQL. What SQLite does otherwise than PostgreSQL is spelled
out; where that needs an operand twice and the operand is not small, a function of ours does it instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import case, func, select

from engine.permissions.language import compiled_calls, compiled_casts, kernels, rows_sql
from engine.permissions.language.failures import can_fail
from engine.permissions.language.json_sql import json_get, json_has
from engine.permissions.language.kinds import MAX_INT4, MAX_INT8, Kind
from engine.permissions.language.sql import (
    NULL,
    Sql,
    call,
    choice,
    concatenated,
    failing,
    infix,
    joined,
    negated,
    parameter,
    policy,
    text,
)
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
    is_small,
)
from engine.permissions.rows import Facts, RowColumns

_GLOB_STEPS: Final = (("[", "[[]"), ("*", "[*]"), ("?", "[?]"), ("%", "*"), ("_", "?"))


class Compiler:
    """Compiles folded trees for a row and a call.

    Attributes:
        columns: The row's columns.
        facts: The call.
    """

    def __init__(self, columns: RowColumns, facts: Facts) -> None:
        self.columns = columns
        self.facts = facts

    def sql(self, node: Node) -> Sql:
        """Return a node as SQL."""
        return _COMPILERS[type(node)](self, node)

    def condition(self, node: Node) -> Sql:
        """Return a node that rows are chosen by: there NULL is as good as no, which lets an index serve."""
        if isinstance(node, Logic):
            return joined(node.operator, [self.condition(each) for each in node.operands])
        if isinstance(node, Compare) and node.operator == "=":
            for column, value in ((node.left, node.right), (node.right, node.left)):
                if (owned := self._owned(column, value)) is not None:
                    return owned
        return self.sql(node)

    def literal(self, node: Literal) -> Sql:
        """Return a constant."""
        return parameter(node.value)

    def column(self, node: Column) -> Sql:
        """Return a column."""
        return rows_sql.column(node.name, self.columns)

    def compare(self, node: Compare) -> Sql:
        """Return a comparison."""
        return infix(self.sql(node.left), node.operator, self.sql(node.right))

    def _owned(self, column: Node, value: Node) -> Sql | None:
        """Return `owner = constant` as a plain condition on the column, so that its index serves; or None."""
        if not (isinstance(column, Column) and column.name == "owner" and isinstance(value, Literal)):
            return None
        return infix(self.columns.owner_id, "=", parameter(value.value))

    def distinct(self, node: Distinct) -> Sql:
        """Return IS [NOT] DISTINCT FROM."""
        return infix(self.sql(node.left), "IS" if node.negated else "IS NOT", self.sql(node.right))

    def logic(self, node: Logic) -> Sql:
        """Return operands with AND or OR."""
        return joined(node.operator, [self.sql(each) for each in node.operands])

    def opposite(self, node: Not) -> Sql:
        """Return NOT."""
        return negated(self.sql(node.operand))

    def is_null(self, node: IsNull) -> Sql:
        """Return IS [NOT] NULL."""
        return infix(self.sql(node.operand), "IS NOT" if node.negated else "IS", NULL)

    def is_truth(self, node: IsTruth) -> Sql:
        """Return IS [NOT] TRUE, FALSE or UNKNOWN."""
        return infix(self.sql(node.operand), "IS NOT" if node.negated else "IS", parameter(node.value))

    def membership(self, node: In) -> Sql:
        """Return IN."""
        return self._in(node.operand, node.items, node.negated)

    def _in(self, operand: Node, items: tuple[Node, ...], negative: bool) -> Sql:
        """Return whether an operand is among others, or is not."""
        inside = self.sql(operand).in_([self.sql(each) for each in items])
        return negated(inside) if negative else joined("and", [inside])

    def quantified(self, node: Quantified) -> Sql:
        """Return a comparison with the elements of an array."""
        simple = (node.operator, node.every) in (("=", False), ("<>", True))
        if isinstance(node.array, ArrayOf):
            if not node.array.items:
                return parameter(node.every)
            if simple and not can_fail(node.array):
                return self._in(node.left, node.array.items, node.every)
        elif simple and is_small(node.array):
            return self._among(node)
        return policy("quantified", node.operator, node.every, self.sql(node.left), self.sql(node.array))

    def _among(self, node: Quantified) -> Sql:
        """Return whether the left side is among the elements of an array that the row has, or is not."""
        array = self.sql(node.array)
        elements = func.json_each(array).table_valued("value")
        inside = self.sql(node.left).in_(select(elements.c.value))
        found = negated(inside) if node.every else joined("and", [inside])
        return choice((infix(array, "IS", NULL), NULL), default=found)

    def between(self, node: Between) -> Sql:
        """Return BETWEEN."""
        within = self.sql(node.operand).between(self.sql(node.low), self.sql(node.high))
        return negated(within) if node.negated else joined("and", [within])

    def like(self, node: Like) -> Sql:
        """Return LIKE or ILIKE."""
        matched = self._matched(node)
        return negated(matched) if node.negated else matched

    def _matched(self, node: Like) -> Sql:
        """Return whether a text is like a pattern: by GLOB, where that can tell."""
        operand = self.lowered(node.operand) if node.ignores_case else self.sql(node.operand)
        constant = self._glob(node)
        if constant is not None:
            return infix(operand, "GLOB", text(constant))
        if node.escape is None and is_small(node.operand) and is_small(node.pattern):
            return self._dynamic(node, operand)
        return self._by_function(node)

    def _glob(self, node: Like) -> str | None:
        """Return the pattern for GLOB, if it is constant and GLOB can tell."""
        escape = "\\" if node.escape is None else getattr(node.escape, "value", None)
        if not isinstance(node.pattern, Literal) or escape is None or node.pattern.value is None:
            return None
        return kernels.glob(str(node.pattern.value), str(escape), ignores_case=node.ignores_case)

    def _dynamic(self, node: Like, operand: Sql) -> Sql:
        """Return a match with a pattern that the row has: by GLOB, unless it has a backslash."""
        pattern = self.lowered(node.pattern) if node.ignores_case else self.sql(node.pattern)
        glob = pattern
        for old, new in _GLOB_STEPS:
            glob = call("replace", glob, old, new)
        plain = infix(call("instr", pattern, "\\"), "=", parameter(0))
        return choice((plain, infix(operand, "GLOB", glob)), default=self._by_function(node))

    def _by_function(self, node: Like) -> Sql:
        """Return a match by a function of ours."""
        escape = text("\\") if node.escape is None else self.sql(node.escape)
        name = "ilike" if node.ignores_case else "like"
        return policy(name, self.sql(node.operand), self.sql(node.pattern), escape)

    def lowered(self, node: Node) -> Sql:
        """Return a text in small letters."""
        return compiled_calls.changed_case(self, "lower", node)

    def arithmetic(self, node: Arithmetic) -> Sql:
        """Return arithmetic that raises where PostgreSQL's does."""
        if node.kind in (Kind.TIME, Kind.INTERVAL):
            return infix(self.sql(node.left), node.operator, self.sql(node.right))
        top = MAX_INT4 if node.kind is Kind.INT4 else MAX_INT8
        left, right = self.sql(node.left), self.sql(node.right)
        if not (is_small(node.left) and is_small(node.right)):
            return policy("arithmetic", node.operator, left, right, top)
        result = infix(left, node.operator, right)
        branches = [(infix(right, "=", parameter(0)), failing("division by zero"))] if node.operator in "/%" else []
        branches.append((_too_large(result, top), failing("integer out of range")))
        return choice(*branches, default=result)

    def negate(self, node: Negate) -> Sql:
        """Return an integer with the other sign."""
        top = MAX_INT4 if node.kind is Kind.INT4 else MAX_INT8
        return policy("arithmetic", "-", 0, self.sql(node.operand), top)

    def concat(self, node: Concat) -> Sql:
        """Return texts as one; a long row stays one row, in which nothing is nested."""
        operands = [node.right]
        left = node.left
        while isinstance(left, Concat):
            operands.append(left.right)
            left = left.left
        return concatenated([self.sql(each) for each in (left, *reversed(operands))])

    def case(self, node: Case) -> Sql:
        """Return CASE."""
        branches = [(self.sql(when), self.sql(then)) for when, then in node.branches]
        default = NULL if node.default is None else self.sql(node.default)
        if node.operand is None:
            return choice(*branches, default=default)
        operand = self.sql(node.operand)
        whole: Sql = case(*branches, value=operand, else_=default)
        return whole

    def array(self, node: ArrayOf) -> Sql:
        """Return an array, as JSON."""
        values = [each.value for each in node.items if isinstance(each, Literal)]
        if len(values) == len(node.items):
            return parameter(values)
        return call("json_array", *(self.sql(each) for each in node.items))

    def subscript(self, node: Subscript) -> Sql:
        """Return an element of an array."""
        return compiled_calls.subscript(self, node)

    def json_get(self, node: JsonGet) -> Sql:
        """Return a step into a document."""
        return json_get(self, node)

    def json_has(self, node: JsonHas) -> Sql:
        """Return whether a document has a key."""
        return json_has(self, node)

    def cast(self, node: Cast) -> Sql:
        """Return a cast."""
        return compiled_casts.cast(self, node)

    def call(self, node: Call) -> Sql:
        """Return a call."""
        return compiled_calls.call(self, node)


def _too_large(result: Sql, top: int) -> Sql:
    """Return whether a result is beyond its type: SQLite makes a float of what is beyond eight bytes."""
    if top == MAX_INT8:
        return infix(call("typeof", result), "=", text("real"))
    return negated(result.between(parameter(-top - 1), parameter(top)))


_COMPILERS: Final[dict[type[Node], Callable[[Compiler, Any], Sql]]] = {
    Literal: Compiler.literal,
    Column: Compiler.column,
    Call: Compiler.call,
    Cast: Compiler.cast,
    Compare: Compiler.compare,
    Distinct: Compiler.distinct,
    Logic: Compiler.logic,
    Not: Compiler.opposite,
    IsNull: Compiler.is_null,
    IsTruth: Compiler.is_truth,
    In: Compiler.membership,
    Quantified: Compiler.quantified,
    Between: Compiler.between,
    Like: Compiler.like,
    Arithmetic: Compiler.arithmetic,
    Negate: Compiler.negate,
    Concat: Compiler.concat,
    Case: Compiler.case,
    ArrayOf: Compiler.array,
    Subscript: Compiler.subscript,
    JsonGet: Compiler.json_get,
    JsonHas: Compiler.json_has,
}
