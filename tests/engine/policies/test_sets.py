"""Sets of policies, as they are pasted, held by the whole engine and by a real PostgreSQL: who sees and does what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.storage import FileStorage
from tests.engine.policies.compare_sets import compare_sets, filled_storage, sets_oracle
from tests.engine.policies.oracle import Oracle
from tests.engine.policies.postgres import Postgres

SETS = 20
SEED = 20_261_127


@pytest.fixture(scope="module")
def oracle_of_sets(postgres: Postgres) -> Oracle:
    return sets_oracle(postgres)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[FileStorage]:
    with filled_storage(tmp_path / "data") as filled:
        yield filled


@pytest.mark.campaign
@pytest.mark.timeout(600)  # A busy machine is no failure.
def test_sets_let_callers_see_and_do_what_postgres_does(oracle_of_sets: Oracle, storage: FileStorage):
    tally = compare_sets(oracle_of_sets, storage, SETS, SEED)
    print(f"seed {SEED}: {tally}")
    assert tally.differences == []
    assert tally.answers >= SETS * 4 * 9
    assert all(tally.outcomes[f"{deed} {end}"] for deed in ("Upload", "Delete", "Move") for end in ("done", "denied"))
