"""A PostgreSQL for the tests of this folder, one for each process that tests; skipped where none is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.policies.callers import CALLERS
from tests.engine.policies.oracle import Oracle
from tests.engine.policies.postgres import Postgres, running_server, why_not
from tests.engine.policies.rows import bucket_rows, object_rows


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a server."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def oracle(postgres: Postgres) -> Oracle:
    """Return PostgreSQL with the rows that policies judge."""
    found = Oracle(postgres, CALLERS)
    found.prepare(object_rows(), bucket_rows())
    return found
