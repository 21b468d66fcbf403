"""The rules of one caller as SQL: which rows are there for them, and which they may write.

PostgreSQL's semantics: of the permissive policies that concern a command one must let a row in, and all restrictive
ones must; with no permissive one there is nothing. Null lets nobody in. Who changes or deletes a row must see it as
well, and must see what becomes of it.

For a statement about one bucket the rules are folded: only those that count there, with everything that is the same for
each row put in, so that what is left can be looked up in an index.

Source: PostgreSQL, CREATE POLICY, "Policies Applied by Command Type".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, false, null, or_, true

from engine.permissions.rows import Command, Facts, ObjectColumns, PolicyTable, RowColumns
from engine.permissions.rules import Rule

if TYPE_CHECKING:
    from engine.permissions.language import Expression

_OF_CONTENT: Final = frozenset({"metadata", "size"})
"""Columns that say what an object holds."""


@dataclass(frozen=True, slots=True)
class Place:
    """The one bucket that a statement is about."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Clause:
    """One side of one rule."""

    rule: Rule
    expression: Expression


class CallerRules:
    """The rules of one caller in one state of the database.

    Args:
        rules: All there are.
        facts: Who asks, and when.
        place: The one bucket that is asked about, or None.
    """

    def __init__(self, rules: Sequence[Rule], facts: Facts, place: Place | None) -> None:
        self._rules = [rule for rule in rules if place is None or rule.bucket_id in {None, place.id}]
        self._facts = facts
        self._place = place

    def existing(
        self, command: Command, columns: RowColumns, bucket_id: ColumnElement[Any] | None = None
    ) -> ColumnElement[bool]:
        """Return the condition of rows that are there for a command: those that the caller sees, and it reaches.

        Args:
            command: What is to be done with them.
            columns: The rows' columns.
            bucket_id: Their buckets' ids, where the rules are not for one place.
        """
        seen = self._using(Command.SELECT, _table_of(columns))
        conditions = [self._all_of(seen, columns, bucket_id)]
        reached = self._using(command, _table_of(columns))
        if reached != seen:
            conditions.append(self._all_of(reached, columns, bucket_id))
        return and_(*conditions)

    def new(self, command: Command, columns: RowColumns, *, seen: bool) -> ColumnElement[bool]:
        """Return the condition of rows that a command may write: true, false, or null where it cannot be known.

        Args:
            command: INSERT or UPDATE.
            columns: The columns of the rows as they will be.
            seen: Whether the caller must see them afterwards, as those must who read what they write.
        """
        conditions = [self._all_of(self._check(command, _table_of(columns)), columns, None)]
        if seen:
            conditions.append(self._all_of(self._using(Command.SELECT, _table_of(columns)), columns, None))
        return and_(*conditions)

    def may_ever(self, command: Command, table: PolicyTable) -> bool:
        """Return whether some row could be written: False where no policy lets the caller write any."""
        checks = [rule.check for rule in self._concerning(table, command) if rule.permissive]
        folded = [self._folded(check, table) for check in checks if check is not None]
        return any(not (one is None or one is False) for one in folded)

    def speak_of_content(self, *, seen: bool) -> bool:
        """Return whether adding an object depends on its content: on what is known only when its bytes have come.

        Args:
            seen: Whether the caller must see it afterwards.
        """
        from engine.permissions.language.tree import Column  # see there: many a start sees no policy

        clauses = self._check(Command.INSERT, PolicyTable.OBJECTS)
        clauses += self._using(Command.SELECT, PolicyTable.OBJECTS) if seen else []
        nodes = (node for clause in clauses for node in clause.expression.root.walk())
        return any(isinstance(node, Column) and node.name in _OF_CONTENT for node in nodes)

    def _using(self, command: Command, table: PolicyTable) -> list[_Clause]:
        """Return what the rules say of existing rows."""
        rules = self._concerning(table, command)
        return [_Clause(rule, rule.using) for rule in rules if rule.using is not None]

    def _check(self, command: Command, table: PolicyTable) -> list[_Clause]:
        """Return what the rules say of rows that are to be written."""
        rules = self._concerning(table, command)
        return [_Clause(rule, rule.check) for rule in rules if rule.check is not None]

    def _concerning(self, table: PolicyTable, command: Command) -> list[Rule]:
        role = self._facts.context.role
        return [rule for rule in self._rules if rule.concerns(table, command, role)]

    def _all_of(
        self, clauses: Sequence[_Clause], columns: RowColumns, bucket_id: ColumnElement[Any] | None
    ) -> ColumnElement[bool]:
        """Return what permissive and restrictive clauses come to."""
        letting_in = [self._condition(clause, columns, bucket_id) for clause in clauses if clause.rule.permissive]
        if not letting_in:
            return false()
        holding_back = [self._condition(clause, columns, bucket_id) for clause in clauses if not clause.rule.permissive]
        return and_(or_(*letting_in), *holding_back)

    def _condition(
        self, clause: _Clause, columns: RowColumns, bucket_id: ColumnElement[Any] | None
    ) -> ColumnElement[bool]:
        """Return one clause as SQL; in other buckets than its own it has no say."""
        from engine.permissions.language import predicate  # see there: many a start sees no policy

        folded = self._folded(clause.expression, _table_of(columns))
        if folded is None or isinstance(folded, bool):
            said = _constant(folded)
        else:
            said = predicate(folded, columns, self._facts)
        if clause.rule.bucket_id is None or self._place is not None:
            return said
        if bucket_id is None:
            return false()
        here = bucket_id == clause.rule.bucket_id
        return and_(here, said) if clause.rule.permissive else or_(bucket_id != clause.rule.bucket_id, said)

    def _folded(self, expression: Expression, table: PolicyTable) -> Expression | bool | None:
        """Return an expression with everything put in that is the same for each row, where that is known."""
        from engine.permissions.language import simplified  # see there: many a start sees no policy

        if self._place is None or table is not PolicyTable.OBJECTS:
            return expression
        return simplified(expression, self._facts, self._place.name)


def _table_of(columns: RowColumns) -> PolicyTable:
    return PolicyTable.OBJECTS if isinstance(columns, ObjectColumns) else PolicyTable.BUCKETS


def _constant(value: bool | None) -> ColumnElement[bool]:
    """Return a truth value as SQL."""
    if value is None:
        return null()  # type: ignore[return-value]
    return true() if value else false()
