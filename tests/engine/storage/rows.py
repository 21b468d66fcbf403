"""Rows without bytes, for tests of what only looks at rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.metadata.tables import storage_objects
from engine.paths import leaf_of, parent_of
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace


@dataclass(frozen=True)
class Entry:
    """What a listing needs of an object."""

    path: str
    size_bytes: int = 1
    mime_type: str = "text/plain"
    updated_us: int = 1_000_000
    owner_id: str | None = None


def insert_entries(workspace: Workspace, bucket: Bucket, entries: Iterable[Entry]) -> None:
    """Insert rows, many thousands a second."""
    with workspace._core.executor.transaction(RlsContext.service()) as tx:
        rows = [_row_of(bucket, entry, number) for number, entry in enumerate(entries)]
        if rows:
            tx.insert_rows(storage_objects, storage_objects.c.keys(), rows)


def _row_of(bucket: Bucket, entry: Entry, number: int) -> tuple[Any, ...]:
    values = {
        "id": f"{bucket.id} {entry.path}",
        "bucket_id": bucket.id,
        "parent": parent_of(entry.path),
        "leaf": leaf_of(entry.path),
        "owner_id": entry.owner_id,
        "size_bytes": entry.size_bytes,
        "mime_type": entry.mime_type,
        "checksum": "0" * 64,
        "cache_control": "no-cache",
        "user_metadata": "{}",
        "version": str(number),
        "physical_path": f"{bucket.id}/{entry.path}",
        "journal_id": None,
        "created_at": entry.updated_us,
        "updated_at": entry.updated_us,
        "modified_at": None,
        "valid_from": entry.updated_us,
    }
    return tuple(values[column.name] for column in storage_objects.columns)
