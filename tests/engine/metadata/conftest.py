"""A database with a few buckets and objects of two people, and the executor over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from engine.metadata import schema
from engine.metadata.database import open_database
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_buckets, storage_objects, storage_policies
from engine.permissions.rules import PermissionChecker
from engine.types import RlsContext
from tests.policies import OWNER

ALICE = "a11ce000-0000-4000-8000-000000000001"
BOB = "b0b00000-0000-4000-8000-000000000002"
OWNERS = {"a1": ALICE, "a2": ALICE, "b1": BOB, "nobodys": None}
"""Who owns the objects of the database, by their ids."""


def object_row(object_id: str, owner_id: str | None) -> dict[str, Any]:
    """Return the row of an object."""
    return {
        "id": object_id,
        "bucket_id": "bucket",
        "parent": "folder/",
        "leaf": object_id,
        "owner_id": owner_id,
        "size_bytes": 1,
        "mime_type": "text/plain",
        "checksum": "0" * 64,
        "cache_control": "no-cache",
        "user_metadata": {},
        "version": object_id,
        "physical_path": f"bucket/folder/{object_id}",
        "journal_id": None,
        "created_at": 1,
        "updated_at": 1,
        "modified_at": None,
    }


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    """Return where the database is."""
    return tmp_path / "holdall.db"


@pytest.fixture
def database(database_path: Path) -> Iterator[Engine]:
    """Open a new database of the present schema."""
    engine = open_database(database_path)
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def executor(database: Engine) -> Iterator[Executor]:
    """Return an executor over a database with rows."""
    opened = Executor(database, PermissionChecker())
    bucket = {
        "id": "bucket",
        "name": "photos",
        "owner_id": ALICE,
        "public": True,
        "file_size_limit": None,
        "allowed_mime_types": [],
        "created_at": 1,
        "updated_at": 1,
    }
    policy = {
        "id": "policy",
        "name": "owners",
        "table_name": "objects",
        "bucket_id": None,
        "command": "ALL",
        "permissive": True,
        "roles": ["authenticated"],
        "using_text": OWNER,
        "check_text": OWNER,
        "enabled": True,
        "created_at": 1,
        "updated_at": 1,
    }
    with opened.transaction(RlsContext.service()) as tx:
        tx.execute(insert(storage_policies).values(policy))
        tx.execute(insert(storage_buckets).values(bucket))
        tx.execute(insert(storage_objects), [object_row(*item) for item in OWNERS.items()])
    yield opened
    opened.close()
