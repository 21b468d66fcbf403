"""Between rows and values: the columns that are read, and what is made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, select

from engine.errors import BucketNotFound
from engine.metadata.executor import AnyRow, Transaction
from engine.metadata.tables import storage_buckets, storage_journal, storage_objects
from engine.paths import leaf_of, parent_of
from engine.times import to_datetime
from engine.types import NO_CLAIMS, Bucket, Retention, StorageObject

_O: Final = storage_objects.c
OBJECT_COLUMNS: Final = (
    _O.id,
    _O.bucket_id,
    _O.parent,
    _O.leaf,
    _O.size_bytes,
    _O.mime_type,
    _O.checksum,
    _O.owner_id,
    _O.cache_control,
    _O.user_metadata,
    _O.version,
    _O.created_at,
    _O.updated_at,
    _O.modified_at,
)
"""What `object_from` reads, in the order of a row."""


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """An object and where its bytes are.

    Attributes:
        info: What callers see.
        physical_path: Backend key of the bytes, once they are published.
        journal_id: The commit that last touched the row, or None.
        staging: Where the bytes of a commit that is still open may lie, or None when none is open.
    """

    info: StorageObject
    physical_path: str
    journal_id: int | None
    staging: str | None


def bucket_from(row: AnyRow) -> Bucket:
    """Return the bucket of a full row of `storage_buckets`."""
    return Bucket(
        id=row.id,
        name=row.name,
        owner_id=row.owner_id,
        public=row.public,
        file_size_limit_bytes=row.file_size_limit,
        allowed_mime_types=tuple(row.allowed_mime_types),
        created_at=to_datetime(row.created_at),
        updated_at=to_datetime(row.updated_at),
        retention=Retention(row.keep_versions, row.keep_days, row.trash_days),
    )


def object_from(row: Sequence[Any], bucket: str) -> StorageObject:
    """Return the object of a row that begins with `OBJECT_COLUMNS`, which are in the order of its fields.

    Args:
        row: The row.
        bucket: The bucket's name.
    """
    return StorageObject(
        row[0],
        row[1],
        bucket,
        row[2] + row[3],
        row[4],
        row[5],
        row[6],
        row[7],
        row[8],
        _read_only(row[9]),
        row[10],
        row[11],
        row[12],
        row[13],
    )


def select_records() -> Select[Any]:
    """Return the SELECT that `record_from` reads, without conditions on objects."""
    return select(*OBJECT_COLUMNS, _O.physical_path, _O.journal_id, storage_journal.c.staging).select_from(
        storage_objects.outerjoin(storage_journal, storage_journal.c.id == _O.journal_id)
    )


_B: Final = storage_buckets.c
_BUCKET_COLUMNS: Final = (
    _B.id,
    _B.name,
    _B.owner_id,
    _B.public,
    _B.file_size_limit,
    _B.allowed_mime_types,
    _B.created_at,
    _B.updated_at,
    _B.keep_versions,
    _B.keep_days,
    _B.trash_days,
)

# Looked up for every object that is read; building a statement anew costs more than running it.
_BUCKETS_NAMED: Final = tuple(
    select(*_BUCKET_COLUMNS).where(column == bindparam("wanted"))
    for column in (storage_buckets.c.name, storage_buckets.c.id)
)
_RECORD_AT_PATH: Final = select_records().where(
    _O.bucket_id == bindparam("bucket"), _O.parent == bindparam("folder"), _O.leaf == bindparam("name")
)


def record_from(row: AnyRow | tuple[Any, ...], bucket: str) -> ObjectRecord:
    """Return the record of a row of `select_records`."""
    return ObjectRecord(object_from(row, bucket), row[14], row[15], row[16])


def at_path(bucket_id: str, path: str) -> ColumnElement[bool]:
    """Return the condition that names one object."""
    return and_(_O.bucket_id == bucket_id, _O.parent == parent_of(path), _O.leaf == leaf_of(path))


def find_bucket(tx: Transaction, name_or_id: str) -> Bucket:
    """Return a bucket by name, or by id.

    Raises:
        BucketNotFound: There is none, or the caller of `tx` may not see it.
    """
    try:
        name_or_id.encode()
    except UnicodeEncodeError as error:
        raise BucketNotFound("Bucket not found", path=name_or_id.encode(errors="replace").decode()) from error
    for query in _BUCKETS_NAMED:
        row = tx.look_up(query, {"wanted": name_or_id})
        if row is not None:
            return _bucket_of(row)
    raise BucketNotFound("Bucket not found", path=name_or_id)


def find_record(tx: Transaction, bucket: Bucket, path: str) -> ObjectRecord | None:
    """Return the object at a path, or None where there is none that the caller of `tx` may see."""
    parameters = {"bucket": bucket.id, "folder": parent_of(path), "name": leaf_of(path)}
    row = tx.look_up(_RECORD_AT_PATH, parameters)
    return None if row is None else record_from(row, bucket.name)


def _bucket_of(row: tuple[Any, ...]) -> Bucket:
    """Return the bucket of `_BUCKET_COLUMNS`, as the driver gives them."""
    bucket_id, name, owner_id, public, limit, types, created, updated, *kept = row
    return Bucket(
        id=bucket_id,
        name=name,
        owner_id=owner_id,
        public=bool(public),
        file_size_limit_bytes=limit,
        allowed_mime_types=tuple(json.loads(types)),
        created_at=to_datetime(created),
        updated_at=to_datetime(updated),
        retention=Retention(*kept),
    )


def leaves_by_folder(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return the last segments of paths, by their folders: what one query for many objects asks for."""
    leaves: dict[str, list[str]] = {}
    for path in paths:
        parent, slash, leaf = path.rpartition("/")
        leaves.setdefault(parent + slash, []).append(leaf)
    return leaves


def _read_only(value: Mapping[str, Any] | str) -> Mapping[str, Any]:
    """Return JSON metadata, decoded or not, that nobody can change by accident."""
    if not value or value == "{}":
        return NO_CLAIMS
    return MappingProxyType(json.loads(value) if isinstance(value, str) else value)
