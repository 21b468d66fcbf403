"""Who may manage buckets: rows of the buckets table, held against its policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from engine.errors import Unauthorized
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_buckets
from engine.permissions.columns import CANDIDATE_BUCKET
from engine.permissions.rows import Command, PolicyTable
from engine.permissions.rules import WRITE_DENIED
from engine.times import from_datetime
from engine.types import Bucket

_B: Final = storage_buckets.c
_JUDGED: Final = ("name", "owner_id", "public", "file_size_limit", "created_at", "updated_at")


def check_may_manage(tx: Transaction) -> None:
    """Refuse a caller who could add no bucket at all.

    Raises:
        Unauthorized: No policy lets them.
    """
    if not tx.may_insert(PolicyTable.BUCKETS):
        raise Unauthorized(WRITE_DENIED)


def check_bucket_writable(tx: Transaction, command: Command, row: Mapping[str, Any]) -> None:
    """Refuse to write a bucket's row that the caller may not write. Who changes one must see what becomes of it.

    Args:
        tx: Whose caller asks.
        command: INSERT or UPDATE.
        row: As it will be.

    Raises:
        Unauthorized: They may not.
    """
    rule = tx.check(command, CANDIDATE_BUCKET, seen=command is Command.UPDATE)
    if rule is None:
        return
    values = {name: row[name] for name in _JUDGED} | {"allowed_mime_types": json.dumps(row["allowed_mime_types"])}
    if not tx.execute(select(rule.label("verdict")), values).scalar():
        raise Unauthorized(WRITE_DENIED, path=str(row["name"]))


def check_bucket_reached(tx: Transaction, command: Command, bucket: Bucket) -> None:
    """Refuse a command on a bucket that the caller sees and the command does not reach.

    Raises:
        Unauthorized: It does not.
    """
    rule = tx.rule(storage_buckets, command)
    if rule is not None and tx.execute(select(_B.id).where(_B.id == bucket.id, rule)).first() is None:
        raise Unauthorized(WRITE_DENIED if command is Command.UPDATE else "Access denied", path=bucket.name)


def row_of(bucket: Bucket) -> dict[str, Any]:
    """Return what a bucket's row says, as far as policies ask for it."""
    return {
        "name": bucket.name,
        "owner_id": bucket.owner_id,
        "public": bucket.public,
        "file_size_limit": bucket.file_size_limit_bytes,
        "allowed_mime_types": list(bucket.allowed_mime_types),
        "created_at": from_datetime(bucket.created_at),
        "updated_at": from_datetime(bucket.updated_at),
    }
