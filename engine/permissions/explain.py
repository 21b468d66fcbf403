"""Why somebody may do something, or may not: every policy with what it says, and the words in it that decided.

All sub-expressions of all policies that have a say are computed in one query, on the row that is there, or on one as it
would be. Reads only; threads: any.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from engine.access_types import Explanation, Policy, PolicyVerdict
from engine.context import Operation
from engine.errors import InvalidRequest, PolicyFailed
from engine.metadata.executor import Executor, Transaction
from engine.move_types import Target
from engine.permissions.columns import CANDIDATES, candidate_buckets, candidate_objects
from engine.permissions.culprits import FAILED, Judged, conditions_of, culprits_of
from engine.permissions.explained_rows import Row, Subject, subject_of
from engine.permissions.policy_rows import SELECT_POLICIES, policy_from
from engine.permissions.reasons import Step, reason_of
from engine.permissions.rows import Command, Facts, PolicyTable, RowColumns
from engine.permissions.rules import Rule, RuleReader
from engine.times import now_us
from engine.types import RlsContext

if TYPE_CHECKING:
    from engine.permissions.language import Expression, Part

_SYSTEM: Final = RlsContext.service()
_USING: Final = "USING"
_CHECK: Final = "WITH CHECK"
_COLUMNS_A_QUERY: Final = 500


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be explained.

    Attributes:
        subject: Whom it is about.
        command: What they want to do.
        bucket: Where.
        path: With which object.
        metadata: What a row about to be written would say.
        owner_id: Who would own it, if not the subject.
        table: Whose policies are asked.
        target: Where the object is to go: moved by UPDATE, copied by INSERT.
    """

    subject: RlsContext
    command: Command
    bucket: str
    path: str
    metadata: Mapping[str, Any]
    owner_id: str | None
    table: PolicyTable
    target: Target | None = None

    @property
    def needs(self) -> tuple[_Need, ...]:
        """Return what must be granted for it."""
        return _COPYING if self.is_copy else _NEEDS[self.command]

    @property
    def is_copy(self) -> bool:
        """Return whether a copy is asked about, for which the object itself must be seen."""
        return self.target is not None and self.command is Command.INSERT

    @property
    def asking(self) -> RlsContext:
        """Return the subject in an act: their own, or what one usually does by such a command."""
        if self.subject.act is not None:
            return self.subject
        operation = Operation.OBJECT_MOVE if self.target is not None else _USUAL[self.table, self.command]
        return self.subject.doing(Operation.OBJECT_COPY if self.is_copy else operation)


@dataclass(frozen=True, slots=True)
class _Need:
    """One thing that must be granted: the policies of a command, one side of them, on one row."""

    command: Command
    clause: str
    row: str


_NEEDS: Final[Mapping[Command, tuple[_Need, ...]]] = {
    Command.SELECT: (_Need(Command.SELECT, _USING, "old"),),
    Command.INSERT: (_Need(Command.INSERT, _CHECK, "added"),),
    Command.UPDATE: (
        _Need(Command.SELECT, _USING, "old"),
        _Need(Command.UPDATE, _USING, "old"),
        _Need(Command.UPDATE, _CHECK, "new"),
        _Need(Command.SELECT, _USING, "new"),
    ),
    Command.DELETE: (_Need(Command.SELECT, _USING, "old"), _Need(Command.DELETE, _USING, "old")),
}
"""What each command needs. Source: PostgreSQL, CREATE POLICY, "Policies Applied by Command Type"."""

_COPYING: Final = (*_NEEDS[Command.SELECT], *_NEEDS[Command.INSERT])
_USUAL: Final[Mapping[tuple[PolicyTable, Command], Operation]] = {
    (PolicyTable.OBJECTS, Command.SELECT): Operation.OBJECT_GET,
    (PolicyTable.OBJECTS, Command.INSERT): Operation.OBJECT_UPLOAD,
    (PolicyTable.OBJECTS, Command.UPDATE): Operation.OBJECT_UPDATE,
    (PolicyTable.OBJECTS, Command.DELETE): Operation.OBJECT_DELETE,
    (PolicyTable.BUCKETS, Command.SELECT): Operation.BUCKET_GET,
    (PolicyTable.BUCKETS, Command.INSERT): Operation.BUCKET_CREATE,
    (PolicyTable.BUCKETS, Command.UPDATE): Operation.BUCKET_UPDATE,
    (PolicyTable.BUCKETS, Command.DELETE): Operation.BUCKET_DELETE,
}
"""What `storage.operation()` is for a subject who is in no act."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A policy and its rule; a rule that does not count in a bucket is not asked there."""

    policy: Policy
    rule: Rule
    bucket_id: str | None

    def counts_in(self, bucket_id: str | None) -> bool:
        """Return whether it has a say in a bucket."""
        return self.policy.enabled and self.bucket_id in {None, bucket_id}

    def side(self, need: _Need) -> Expression | None:
        """Return its expression for a need."""
        return self.rule.using if need.clause == _USING else self.rule.check


class Explainer:
    """Explains.

    Args:
        executor: For rows.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def explain(self, question: Question) -> Explanation:
        """Answer a question.

        Raises:
            BucketNotFound: There is no such bucket, and objects are asked about.
            InvalidRequest: What neither is moved nor copied goes nowhere.
        """
        if question.target is not None and question.command not in {Command.INSERT, Command.UPDATE}:
            raise InvalidRequest("Only what is moved (UPDATE) or copied (INSERT) has a target")
        moment_us = now_us()
        with self._executor.snapshot(_SYSTEM) as tx:
            found = subject_of(
                tx,
                question.table,
                question.bucket,
                question.path,
                question.subject,
                question.metadata,
                question.owner_id,
                moment_us,
                question.target,
            )
            kept = _policies(tx, question)
        facts = Facts(question.asking, moment_us)
        steps = [self._step(need, kept, question, found, facts) for need in question.needs]
        verdicts = [verdict for step in steps for verdict in step.verdicts]
        told = {verdict.policy.id for verdict in verdicts}
        verdicts += [
            PolicyVerdict(one.policy, question.needs[-1].clause, applies=False, result=None)
            for one in kept
            if one.policy.id not in told
        ]
        public = found.public and question.command is Command.SELECT
        allowed = question.subject.can_bypass_rls or public or all(step.granted for step in steps)
        reason = reason_of(question.subject, question.table, steps, public=public)
        return Explanation(allowed, reason, question.command, tuple(dict.fromkeys(verdicts)))

    def _step(self, need: _Need, kept: Sequence[_Kept], question: Question, found: Subject, facts: Facts) -> Step:
        """Ask all policies that have a say in one need."""
        role = question.subject.role
        bucket_id, bucket = found.place_of(need.row)
        asked = [
            one for one in kept if one.counts_in(bucket_id) and one.rule.concerns(question.table, need.command, role)
        ]
        sides = [(one, side) for one in asked if (side := one.side(need)) is not None]
        row: Row = getattr(found, need.row)
        columns = _columns(question.table, bucket, need)
        judged = self._judged([side for _, side in sides], columns, facts, row)
        goes = question.target is not None and need.row != "old"
        verdicts = [
            PolicyVerdict(one.policy, need.clause, True, whole.truth, culprits_of(whole), at_target=goes)
            for (one, _), whole in zip(sides, judged, strict=True)
        ]
        return Step(need.command, tuple(verdicts))

    def _judged(self, expressions: Sequence[Expression], columns: RowColumns, facts: Facts, row: Row) -> list[Judged]:
        """Return what expressions and their parts come to on a row, all in one query if none fails."""
        found = [conditions_of(expression) for expression in expressions]
        try:
            values = self._values([part for some in found for part in some], columns, facts, row)
        except PolicyFailed:
            values = [value for some in found for part in some for value in self._alone(part, columns, facts, row)]
        rest = iter(values)
        return [Judged.of(some, [next(rest) for _ in some]) for some in found]

    def _values(self, wanted: Sequence[Part], columns: RowColumns, facts: Facts, row: Row) -> list[Any]:
        """Compute parts on a row.

        Raises:
            PolicyFailed: One of them has no value there.
        """
        return [value for some in _slices(wanted) for value in self._row(some, columns, facts, row)]

    def _row(self, some: Sequence[Part], columns: RowColumns, facts: Facts, row: Row) -> Sequence[Any]:
        """Compute as many parts as one query takes."""
        from engine.permissions.language import predicate  # see there: many a start sees no policy

        query = select(
            *(predicate(part.expression, columns, facts).label(f"part_{at}") for at, part in enumerate(some))
        ).select_from(CANDIDATES)
        with self._executor.snapshot(_SYSTEM) as tx:
            return tuple(tx.execute(query, {"candidates": json.dumps([dict(row)])}).one())

    def _alone(self, part: Part, columns: RowColumns, facts: Facts, row: Row) -> list[Any]:
        """Compute one part that may have no value."""
        try:
            return self._values([part], columns, facts, row)
        except PolicyFailed:
            return [FAILED]


def _policies(tx: Transaction, question: Question) -> list[_Kept]:
    """Return the policies of the table that is asked about."""
    reader = RuleReader()
    return [
        _Kept(policy_from(row), reader.rule_of(row), row.bucket_id)
        for row in tx.execute(SELECT_POLICIES)
        if row.table_name == question.table.value
    ]


def _columns(table: PolicyTable, bucket: str, need: _Need) -> RowColumns:
    if table is PolicyTable.BUCKETS:
        return candidate_buckets()
    return candidate_objects(bucket, is_new=need.command is Command.INSERT)


def _slices(wanted: Sequence[Part]) -> Iterator[Sequence[Part]]:
    """Yield as many parts as one query takes."""
    return (wanted[start : start + _COLUMNS_A_QUERY] for start in range(0, len(wanted), _COLUMNS_A_QUERY))
