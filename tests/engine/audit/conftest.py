"""What the tests of the audit share."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from engine.access_types import AuditEntry, AuditFilter
from engine.types import RlsContext
from engine.workspace import Workspace

EVERYTHING = AuditFilter()


@pytest.fixture
def entries(workspace: Workspace) -> Callable[[], list[AuditEntry]]:
    """Return a function that gives every entry, the oldest first."""

    def read() -> list[AuditEntry]:
        workspace.audit.flush()
        return list(reversed(workspace.audit.page(EVERYTHING, RlsContext.service()).entries))

    return read


@pytest.fixture
def alice() -> RlsContext:
    """Return a signed-in user."""
    return RlsContext.user("a11ce000-0000-4000-8000-000000000001")


def tamper(data_dir: Path, *statements: str, parameters: Sequence[object] = ()) -> None:
    """Change the database of a closed workspace behind its back, the guards of the audit taken away."""
    with contextlib.closing(sqlite3.connect(data_dir / "holdall.db")) as connection:
        connection.execute("DROP TRIGGER IF EXISTS storage_audit_unchanged")
        connection.execute("DROP TRIGGER IF EXISTS storage_audit_kept")
        for statement in statements:
            connection.execute(statement, parameters)
        connection.commit()
