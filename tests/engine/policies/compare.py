"""Holds our answers against PostgreSQL's.

The rule, which never lets through more than PostgreSQL does:

- Where PostgreSQL fails on no row, we fail on none and select the same rows.
- Where it fails, so do we, or we select only rows that it selects when asked for each alone.
- A caller whose id is no UUID has none of PostgreSQL's: `auth.uid()` fails. Here people may be known by other ids, and
  `auth.uid()::text` is that id: what such a caller gets of a condition that has this is not compared.
- What fails where is the same (`test_reached.py` holds it, row by row): AND, OR, IN, BETWEEN, CASE and COALESCE go
  through their parts as PostgreSQL's executor does. Its planner may leave that order: it sorts what stands between the
  ANDs of a whole condition by cost, works out beforehand what is constant, and fails then. We take what is known of the
  call first there, and fail where a row gets to it. An answer that differs by a failure is no difference only where
  PostgreSQL itself answers as we do when it is made to go through the parts in some order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import InvalidPolicy
from engine.permissions.language import Expression, parse
from engine.permissions.rows import Facts, PolicyTable
from tests.engine.policies.callers import context_of
from tests.engine.policies.expr import Expr
from tests.engine.policies.oracle import DENIED, Caller, Case, Oracle, Outcome, owner_of
from tests.engine.policies.orders import orders
from tests.engine.policies.ours import Ours, Seen, Verdict

INTERNAL_ERROR = "XX000"
"""A fault of PostgreSQL's own, from which there is nothing to learn: 15 has one on `NOT NOT f() = f()`."""

Answer = Mapping[str, Any]
"""What PostgreSQL says; see `ask.sql`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two answers to one question.

    Attributes:
        condition: The policy's.
        caller: Who asked.
        question: What.
        postgres, ours: The answers.
        suspects: Where one of us failed, which may be a matter of order: the rows that we let through; else None.
        ours_failed: Whether it was us.
        row: The row that was to be written, or None where it was asked what is seen.
    """

    condition: Expr
    caller: str
    question: str
    postgres: str
    ours: str
    suspects: frozenset[int] | None = None
    ours_failed: bool = False
    row: int | None = None

    def is_told_by(self, ways: Sequence[Sequence[Answer]]) -> bool:
        """Return whether PostgreSQL answers as we do when it is made to go through the parts in one order.

        Args:
            ways: Its answers to what is seen and written, for each order.
        """
        return self.suspects is not None and any(self._is_told(seen, written) for seen, written in ways)

    def _is_told(self, seen: Answer, written: Answer) -> bool:
        if self.ours_failed:
            return "error" in seen if self.row is None else written[str(self.row)] not in ("done", DENIED)
        if self.row is not None:
            return bool(written[str(self.row)] == "done")
        rows = {int(n) for n, verdict in seen.get("each", {}).items() if verdict is True} | set(seen.get("rows", ()))
        return (self.suspects or frozenset()) <= rows

    def __str__(self) -> str:
        return (
            f"{self.condition.sql}\n    {self.caller}: {self.question}\n"
            f"    PostgreSQL: {self.postgres}\n    ours:       {self.ours}"
        )


@dataclass(slots=True)
class Tally:
    """What was compared.

    Attributes:
        policies: Conditions that both sides took.
        answers: Policies times callers.
        rows: Verdicts on a row that were held against each other.
        raised: Answers where PostgreSQL failed on some row.
        order: Differences that were matters of order.
        own_ids: Answers that were not compared: an id that is no UUID is made a text.
        faults: Answers with a fault of PostgreSQL's own.
        neither: Conditions that both refused.
        refused: Those that we alone refused, by the reason.
        differences: What must not be.
    """

    policies: int = 0
    answers: int = 0
    rows: int = 0
    raised: int = 0
    order: int = 0
    own_ids: int = 0
    faults: int = 0
    neither: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.policies} policies x callers = {self.answers} answers, {self.rows} verdicts on rows; "
            f"PostgreSQL raised in {self.raised} answers, {self.order} differences were matters of order, "
            f"{self.faults} were faults of its own, {self.own_ids} were about ids that are no UUIDs; "
            f"policies refused by both: {self.neither}, by us alone: {self.refused.total()}; "
            f"differences: {len(self.differences)}"
        )


class Comparer:
    """Compares conditions.

    Attributes:
        tally: What came of it.
    """

    def __init__(self, oracle: Oracle, ours: Ours, table: PolicyTable) -> None:
        self.tally = Tally()
        self._oracle = oracle
        self._ours = ours
        self._table = table

    def compare(self, conditions: Sequence[Expr], written: Sequence[Sequence[int]]) -> list[Difference]:
        """Compare some conditions in one round trip.

        Args:
            conditions: The USING of a policy each.
            written: For each, the rows that are asked whether they may be written.

        Returns:
            The differences, which the tally has as well.
        """
        now_us, outcomes = self._oracle.ask(
            [self._case(condition, rows) for condition, rows in zip(conditions, written, strict=True)]
        )
        found: list[Difference] = []
        for condition, outcome in zip(conditions, outcomes, strict=True):
            try:
                found.extend(self._judged(condition, outcome, now_us))
            except Exception as error:
                error.add_note(condition.sql)
                raise
        kept = self._without_order(found)
        self.tally.differences.extend(kept)
        return kept

    def _case(self, condition: Expr, rows: Sequence[int]) -> Case:
        policy = f"create policy p on storage.{self._table.value} using ({condition.sql})"
        return Case([policy], [{"see": self._table.value}, {"insert": self._table.value, "rows": list(rows)}])

    def _judged(self, condition: Expr, outcome: Outcome, now_us: int) -> list[Difference]:
        """Return the differences of one condition."""
        try:
            expression = parse(condition.sql, self._table)
        except InvalidPolicy as error:
            if outcome.refused is None:
                self.tally.refused[error.message] += 1
            else:
                self.tally.neither += 1
            return []
        if outcome.refused is not None:
            return [Difference(condition, "anybody", "is it a policy?", " ".join(outcome.refused), "yes")]
        self.tally.policies += 1
        found: list[Difference] = []
        for caller, (seen, inserted) in zip(self._oracle.callers, outcome.answers, strict=True):
            if condition.writes_own_id and owner_of(caller.claims.get("sub")) != caller.claims.get("sub"):
                self.tally.own_ids += 1
                continue
            if seen.get("error") == INTERNAL_ERROR or INTERNAL_ERROR in inserted.values():
                self.tally.faults += 1
                continue
            question = _Question(condition, expression, caller, Facts(context_of(caller), now_us))
            self._count(seen, inserted)
            found.extend(self._seen(question, seen))
            found.extend(self._written(question, inserted))
        return found

    def _count(self, seen: Answer, inserted: Answer) -> None:
        self.tally.answers += 1
        self.tally.raised += "error" in seen
        self.tally.rows += len(self._ours.numbers(self._table)) + len(inserted)

    def _seen(self, question: _Question, answer: Answer) -> list[Difference]:
        """Compare what is seen in the whole table, and in one bucket after all that is known was worked out."""
        everything = self._ours.numbers(self._table)
        whole = self._ours.seen(question.expression, question.facts, self._table)
        found = [question.about("what is seen", answer, whole, everything)]
        if self._table is PolicyTable.OBJECTS:
            bucket = self._ours.bucket_names[self.tally.answers % len(self._ours.bucket_names)]
            part = self._ours.seen_in_bucket(question.expression, question.facts, bucket)
            found.append(question.about(f"what is seen in {bucket}", answer, part, self._ours.numbers_in(bucket)))
        return [difference for difference in found if difference is not None]

    def _written(self, question: _Question, answers: Answer) -> list[Difference]:
        """Compare what may be written, row by row."""
        numbers = [int(n) for n in answers]
        verdicts = self._ours.may_write(question.expression, question.facts, self._table, numbers)
        found = [question.about_writing(n, answers[str(n)], verdicts[n]) for n in numbers]
        return [difference for difference in found if difference is not None]

    def _without_order(self, found: Sequence[Difference]) -> list[Difference]:
        """Return the differences that are more than matters of order."""
        suspects = {(each.condition.sql, each.row): each for each in found if each.suspects is not None}
        if not suspects:
            return list(found)
        forms = [(key, form, each.row) for key, each in suspects.items() for form in orders(each.condition)]
        _, outcomes = self._oracle.ask([self._case(form, [] if row is None else [row]) for _, form, row in forms])
        told: dict[tuple[str, int | None, str], list[Sequence[Answer]]] = defaultdict(list)
        for (key, _, _), outcome in zip(forms, outcomes, strict=True):
            for caller, answers in zip(self._oracle.callers, outcome.answers, strict=True):
                told[(*key, caller.label)].append(answers)
        kept = [each for each in found if not each.is_told_by(told[each.condition.sql, each.row, each.caller])]
        self.tally.order += len(found) - len(kept)
        return kept


@dataclass(frozen=True, slots=True)
class _Question:
    """A condition that one caller is judged by."""

    condition: Expr
    expression: Expression
    caller: Caller
    facts: Facts

    def about(self, question: str, answer: Answer, seen: Seen, within: frozenset[int]) -> Difference | None:
        """Return the difference between what is seen, if there is one.

        Args:
            question: What was asked.
            answer: PostgreSQL's, about all rows.
            seen: Ours.
            within: The rows that ours is about.
        """
        if "error" in answer:
            allowed = {int(n) for n, verdict in answer["each"].items() if verdict is True}
            if seen.rows is None or seen.rows <= allowed:
                return None
            alone = f"{answer['error']}, alone {sorted(allowed & within)}"
            return self._differs(question, alone, seen, seen.rows - allowed)
        wanted = frozenset(answer["rows"]) & within
        if seen.rows == wanted:
            return None
        return self._differs(question, str(sorted(wanted)), seen, frozenset() if seen.rows is None else None)

    def about_writing(self, n: int, answer: str, verdict: Verdict) -> Difference | None:
        """Return the difference about whether a row may be written, if there is one."""
        failed, postgres_failed = isinstance(verdict, str), answer not in ("done", DENIED)
        if (verdict is not True) if postgres_failed else (not failed and verdict == (answer == "done")):
            return None
        suspects = frozenset([n] if postgres_failed else []) if failed or postgres_failed else None
        question = f"may row {n} be written?"
        return Difference(self.condition, self.caller.label, question, answer, str(verdict), suspects, failed, n)

    def _differs(self, question: str, postgres: str, seen: Seen, suspects: frozenset[int] | None) -> Difference:
        ours = seen.error if seen.rows is None else str(sorted(seen.rows))
        failed = seen.rows is None
        return Difference(self.condition, self.caller.label, question, postgres, ours, suspects, failed)
