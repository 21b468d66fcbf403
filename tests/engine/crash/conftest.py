"""The nursery of processes that die, and a record of what they acknowledged before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.crash.record import Nursery, Record, database_with_bucket, nursery_opened


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Start the nursery."""
    with nursery_opened() as opened:
        yield opened


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a database with one bucket and nothing in it."""
    return database_with_bucket(tmp_path_factory.mktemp("crash"))


@pytest.fixture
def record(tmp_path: Path, database: bytes) -> Record:
    """Return a data folder and the record of what it must hold."""
    return Record(tmp_path, database)
