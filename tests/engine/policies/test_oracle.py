"""What the comparison stands on: that PostgreSQL is asked what is meant, and that its answers are told apart."""

from __future__ import annotations

import pytest

from tests.engine.policies.oracle import DENIED, Case, Oracle
from tests.engine.policies.postgres import Postgres, PostgresFailed
from tests.engine.policies.rows import object_rows

SEE = {"see": "objects"}


def policy(condition: str, command: str = "all", role: str = "public") -> str:
    return f"create policy p on storage.objects for {command} to {role} using ({condition})"


def seen(oracle: Oracle, *policies: str) -> dict[str, object]:
    """Return what each caller sees."""
    _, (outcome,) = oracle.ask([Case(policies, [SEE])])
    assert outcome.refused is None
    return {caller.label: answer["rows"] for caller, (answer,) in zip(oracle.callers, outcome.answers, strict=True)}


def test_nobody_sees_anything_without_a_policy(oracle: Oracle):
    assert seen(oracle) == {caller.label: [] for caller in oracle.callers}


def test_claims_roles_and_operations_are_those_of_the_caller(oracle: Oracle):
    everything = [row.n for row in object_rows()]
    assert seen(oracle, policy("auth.email() = 'alice@example.com'"))["alice"] == everything
    assert seen(oracle, policy("true", role="editor")) == {
        caller.label: everything if caller.label == "editor" else [] for caller in oracle.callers
    }
    assert seen(oracle, policy("storage.operation() = 'storage.object.list'"))["anon"] == everything


def test_a_case_leaves_nothing_behind(oracle: Oracle):
    seen(oracle, policy("true"))
    assert seen(oracle)["alice"] == []


def test_a_failing_row_is_told_from_the_others(oracle: Oracle):
    _, (outcome,) = oracle.ask([Case([policy("1 / size = 1")], [SEE])])
    answer = outcome.answers[0][0]
    sizes = {row.n: row.size_bytes for row in object_rows()}
    assert answer["error"] == "22012"
    assert answer["each"] == {str(n): "22012" if size == 0 else size == 1 for n, size in sizes.items()}


def test_a_row_that_may_not_be_written_is_denied_and_no_row_stays(oracle: Oracle):
    check = "create policy written on storage.objects for insert with check (metadata ->> 'contentLength' = '1')"
    _, (outcome,) = oracle.ask([Case([check, policy("true", "select")], [{"insert": "objects", "rows": [0, 1]}, SEE])])
    assert outcome.refused is None
    assert outcome.answers[0] == [{"0": DENIED, "1": "done"}, {"rows": [row.n for row in object_rows()]}]


def test_a_policy_that_is_none_says_so(oracle: Oracle):
    _, (outcome,) = oracle.ask([Case([policy("nonsense")], [SEE])])
    assert outcome.refused is not None
    assert outcome.refused[0] == "42703"


def test_a_script_with_an_error_fails(postgres: Postgres):
    with pytest.raises(PostgresFailed, match="division by zero"):
        postgres.run("select 1 / 0;")
