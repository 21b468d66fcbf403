"""The rows that an explanation is about: as they are, or as they would be, in the form of candidates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from engine.errors import BucketNotFound
from engine.ids import new_id
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_buckets, storage_objects
from engine.move_types import Target
from engine.paths import leaf_of, parent_of
from engine.permissions.rows import PolicyTable
from engine.types import RlsContext

_B: Final = storage_buckets.c
_O: Final = storage_objects.c
_OBJECT: Final = (
    _O.id,
    _O.owner_id,
    _O.size_bytes,
    _O.mime_type,
    _O.checksum,
    _O.cache_control,
    _O.version,
    _O.created_at,
    _O.updated_at,
)
_GIVEN: Final = {
    "mimetype": "mime_type",
    "contentLength": "size_bytes",
    "size": "size_bytes",
    "cacheControl": "cache_control",
}
"""What a caller may say of a row, by its names in `metadata`."""

_COPIED: Final = ("size_bytes", "mime_type", "checksum", "cache_control", "user_metadata")
"""What a copy has of what it is made from."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an explanation is about.

    Attributes:
        bucket_id: UUID of the bucket, or None for one that is not there.
        bucket: Its name.
        public: Whether it is open for reading.
        old: The row as it is, or as it could be.
        new: The row that a change of it would write.
        added: The row that adding it would write, whether it is there or not.
        target_id: UUID of the bucket that `new` and `added` would be in.
        target: Its name.
    """

    bucket_id: str | None
    bucket: str
    public: bool
    old: Row
    new: Row
    added: Row
    target_id: str | None
    target: str

    def place_of(self, row: str) -> tuple[str | None, str]:
        """Return id and name of the bucket that a row is in, by the row's name here."""
        return (self.bucket_id, self.bucket) if row == "old" else (self.target_id, self.target)


def subject_of(
    tx: Transaction,
    table: PolicyTable,
    bucket: str,
    path: str,
    who: RlsContext,
    metadata: Mapping[str, Any],
    owner_id: str | None,
    moment_us: int,
    target: Target | None = None,
) -> Subject:
    """Find what an explanation is about.

    Args:
        tx: Of the service role.
        table: Objects or buckets.
        bucket: Name or id.
        path: Of the object.
        who: Who would own what is not there yet.
        metadata: What a row about to be written would say.
        owner_id: Who would own it instead.
        moment_us: When it would be written.
        target: Where it is to go, if anywhere.

    Raises:
        BucketNotFound: There is no such bucket, and objects are asked about.
    """
    found = _found(tx, bucket)
    if table is PolicyTable.BUCKETS:
        row = _bucket_row(found, bucket, owner_id or who.user_id, moment_us)
        bucket_id, name = (None, bucket) if found is None else (found.id, found.name)
        made = _bucket_row(None, name, owner_id or who.user_id, moment_us)
        return Subject(bucket_id, name, False, row, row, made, bucket_id, name)
    goal = found if target is None or target.bucket is None else _found(tx, target.bucket)
    if found is None or goal is None:
        raise BucketNotFound("Bucket not found", path=bucket if target is None else target.bucket or bucket)
    said = {_GIVEN[name]: value for name, value in metadata.items() if name in _GIVEN}
    if owner_id is not None:
        said["owner_id"] = owner_id
    added = {
        "id": new_id(),
        "path": path,
        "owner_id": who.user_id,
        "cache_control": "no-cache",
        "user_metadata": "{}",
        "created_at": moment_us,
        "updated_at": moment_us,
    } | said
    old = _object_row(tx, found.id, path) or dict(added)
    new = {**old, **said}
    if target is not None:
        new["path"] = target.path
        added |= {name: old[name] for name in _COPIED if name in old} | said | {"path": target.path}
    return Subject(found.id, found.name, bool(found.public), old, new, added, goal.id, goal.name)


def _found(tx: Transaction, bucket: str) -> Any:  # noqa: ANN401 - a row or None
    """Return the row of a bucket by its name or id."""
    named = _B.name == bucket
    return tx.execute(select(storage_buckets).where(named | (_B.id == bucket)).order_by(named.desc()).limit(1)).first()


def _object_row(tx: Transaction, bucket_id: str, path: str) -> dict[str, Any] | None:
    """Return the row of an object, or None where there is none."""
    here = (_O.bucket_id == bucket_id, _O.parent == parent_of(path), _O.leaf == leaf_of(path))
    row = tx.execute(select(*_OBJECT, _O.user_metadata).where(*here)).one_or_none()
    if row is None:
        return None
    return {**row._mapping, "path": path, "user_metadata": json.dumps(dict(row.user_metadata))}


def _bucket_row(found: Any, name: str, owner_id: str | None, moment_us: int) -> Row:  # noqa: ANN401 - a row or None
    """Return the row of a bucket, or of one that would be made."""
    if found is not None:
        return {**found._mapping, "allowed_mime_types": json.dumps(list(found.allowed_mime_types))}
    return {
        "name": name,
        "owner_id": owner_id,
        "public": False,
        "file_size_limit": None,
        "allowed_mime_types": "[]",
        "created_at": moment_us,
        "updated_at": moment_us,
    }
