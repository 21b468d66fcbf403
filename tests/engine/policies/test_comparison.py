"""Some 500 policies, each as five callers, against a real PostgreSQL; `make policies` compares more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.permissions.rows import PolicyTable
from tests.engine.policies.callers import CALLERS
from tests.engine.policies.oracle import Oracle
from tests.engine.policies.ours import Ours
from tests.engine.policies.rows import bucket_rows, object_rows
from tests.engine.policies.run import compare

SEED = 20_261_127
SAMPLES = [
    (PolicyTable.OBJECTS, 0, 150),
    (PolicyTable.OBJECTS, 1, 150),
    (PolicyTable.OBJECTS, 2, 150),
    (PolicyTable.BUCKETS, 0, 50),
]
"""Table, number, and how many policies. Some are refused, by both or by us; still more than 2,000 answers are left."""

REFUSED = ("timestamp with time zone cannot be cast to text here",)
"""What the generator makes and we alone refuse: the text of a time depends on a setting of PostgreSQL's session."""


@pytest.fixture
def ours() -> Iterator[Ours]:
    judge = Ours(object_rows(), bucket_rows())
    yield judge
    judge.close()


@pytest.mark.campaign
@pytest.mark.timeout(600)  # A busy machine is no failure.
@pytest.mark.parametrize(("table", "part", "count"), SAMPLES)
def test_policies_mean_what_they_mean_to_postgres(
    oracle: Oracle, ours: Ours, table: PolicyTable, part: int, count: int
):
    tally = compare(oracle, ours, table, count, SEED + part)
    print(f"seed {SEED + part}, {table.value}: {tally}")
    assert [str(difference) for difference in tally.differences] == []
    assert set(tally.refused) <= set(REFUSED)
    assert tally.refused.total() <= count // 20
    assert tally.neither <= count // 20
    assert tally.order <= tally.answers // 20
    assert tally.policies >= count * 9 // 10
    assert tally.answers >= tally.policies * (len(CALLERS) - 1)
