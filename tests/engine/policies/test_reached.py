"""What fails on which row, for whom: exactly where it fails in a real PostgreSQL, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.permissions.language import parse
from engine.permissions.rows import Facts, PolicyTable
from tests.engine.policies.callers import CALLERS, context_of
from tests.engine.policies.oracle import DENIED, Case, Oracle
from tests.engine.policies.ours import Ours
from tests.engine.policies.rows import ALICE, bucket_rows, object_rows

OBJECTS = PolicyTable.OBJECTS
FAILED = "failed"
FAILS = "name::integer = 1"
CONDITIONS = (
    f"(bucket_id <> version OR '{ALICE}'::uuid = auth.uid() OR owner_id = '{ALICE}' OR size = 1) IS TRUE",
    f"(bucket_id = 'cats' OR '{ALICE}'::uuid = auth.uid()) IS NOT NULL",
    f"coalesce(bucket_id = 'cats' OR {FAILS}, false)",
    f"(bucket_id = 'cats' AND {FAILS}) IS NOT TRUE",
    f"(NOT (bucket_id = 'cats' OR {FAILS})) = false",
    f"(owner_id <> '{ALICE}' AND {FAILS}) OR name IS NOT NULL",
    f"(owner_id <> '{ALICE}' OR {FAILS}) IS UNKNOWN",
    f"NOT (owner_id = '{ALICE}' OR {FAILS})",
    f"CASE WHEN owner_id = '{ALICE}' AND {FAILS} THEN false ELSE bucket_id = 'cats' OR {FAILS} END",
    "name::uuid > auth.uid()",
    "(auth.uid() = name::uuid) IS NULL",
    "id IN (id, auth.uid(), '7c9e6679-7425-40de-944b-e07fc1f90ae7'::uuid)",
    f"id IN ({FAILS.replace(' = 1', '')}::text::uuid, id)",
    f"owner NOT IN ('{ALICE}', (select auth.uid()))",
    f"owner = ANY (ARRAY['{ALICE}'::uuid, auth.uid()])",
    "owner = auth.uid() OR auth.role() = 'authenticated'",
    "(id = auth.uid() AND auth.role() = 'editor') OR bucket_id = 'cats'",
    "(auth.role() = 'editor' AND id = auth.uid()) OR bucket_id = 'cats'",
    "auth.uid() BETWEEN owner AND id OR auth.role() = 'authenticated'",
    "coalesce(auth.role() = 'authenticated' AND owner = auth.uid(), true)",
    f"({FAILS} AND false) OR bucket_id = 'cats'",
    f"({FAILS} AND NULL::boolean AND {FAILS}) OR bucket_id = 'cats'",
    "1023 BETWEEN owner_id::integer AND -1025",
    "NULL::integer BETWEEN owner_id::integer AND 7 OR bucket_id = 'cats'",
    "(size BETWEEN 100 AND 1000 / (size - size)) IS FALSE",
    "(size NOT BETWEEN 100 AND 1000 / (size - size)) IS TRUE",
)
"""Each one condition as a whole, or parts between OR: only these PostgreSQL goes through in the order of the text."""


@pytest.fixture(scope="module")
def ours() -> Iterator[Ours]:
    judge = Ours(object_rows(), bucket_rows())
    yield judge
    judge.close()


def test_what_fails_fails_where_it_does_in_postgres(oracle: Oracle, ours: Ours):
    numbers = sorted(ours.numbers(OBJECTS))
    asked = {"insert": "objects", "rows": numbers}
    policies = [f"create policy p on storage.objects with check ({condition})" for condition in CONDITIONS]
    now_us, outcomes = oracle.ask([Case([policy], [asked]) for policy in policies])
    for condition, outcome in zip(CONDITIONS, outcomes, strict=True):
        expression = parse(condition, OBJECTS)
        for caller, (answers,) in zip(CALLERS, outcome.answers, strict=True):
            verdicts = ours.may_write(expression, Facts(context_of(caller), now_us), OBJECTS, numbers)
            theirs = {n: {"done": True, DENIED: False}.get(answers[str(n)], FAILED) for n in numbers}
            mine = {n: FAILED if isinstance(verdict, str) else verdict for n, verdict in verdicts.items()}
            assert mine == theirs, (condition, caller.label)
