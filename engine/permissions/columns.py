"""Where policies find their columns: in our tables, and in rows that are about to be written."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Table,
    Text,
    bindparam,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from engine.metadata.tables import storage_buckets, storage_object_versions
from engine.permissions.rows import BucketColumns, ObjectColumns

_B: Final = storage_buckets.c

BUCKET_COLUMNS: Final = BucketColumns(
    name=_B.name,
    owner_id=_B.owner_id,
    public=_B.public,
    file_size_limit=_B.file_size_limit,
    allowed_mime_types=type_coerce(_B.allowed_mime_types, Text),
    created_at=_B.created_at,
    updated_at=_B.updated_at,
)
"""The columns of the buckets there are."""


def object_columns(table: Table, bucket: str | None, path: ColumnElement[Any] | None = None) -> ObjectColumns:
    """Return the columns of objects, or of what they were.

    Args:
        table: `storage_objects` or `storage_object_versions`.
        bucket: Name of the one bucket that a statement is about, or None: then each row's is looked up.
        path: The path that rows are about to get, or None for the one they have.
    """
    columns = table.c
    named: ColumnElement[Any] = (
        select(_B.name).where(_B.id == columns.bucket_id).correlate(table).scalar_subquery()
        if bucket is None
        else literal(bucket, Text)
    )
    return ObjectColumns(
        id=columns.object_id if table is storage_object_versions else columns.id,
        bucket_name=named,
        path=columns.parent.concat(columns.leaf) if path is None else path,
        owner_id=columns.owner_id,
        size_bytes=columns.size_bytes,
        mime_type=columns.mime_type,
        checksum=columns.checksum,
        cache_control=columns.cache_control,
        version=columns.version,
        user_metadata=type_coerce(columns.user_metadata, Text),
        created_at=columns.created_at,
        updated_at=columns.updated_at,
    )


def columns_of(table: Table, bucket: str | None) -> ObjectColumns | BucketColumns:
    """Return the columns of a protected table."""
    return BUCKET_COLUMNS if table is storage_buckets else object_columns(table, bucket)


CANDIDATES: Final = func.json_each(bindparam("candidates", type_=Text)).table_valued("key", "value", name="candidates")
"""Rows that are about to be written, as one JSON array. Parameter: `candidates`."""


def candidate_objects(bucket: str, *, is_new: bool = True) -> ObjectColumns:
    """Return the columns of objects among the `CANDIDATES` of one bucket."""
    return ObjectColumns(
        id=_candidate("id", Text()),
        bucket_name=literal(bucket, Text),
        path=_candidate("path", Text()),
        owner_id=_candidate("owner_id", Text()),
        size_bytes=_candidate("size_bytes", BigInteger()),
        mime_type=_candidate("mime_type", Text()),
        checksum=_candidate("checksum", Text()),
        cache_control=_candidate("cache_control", Text()),
        version=_candidate("version", Text()),
        user_metadata=_candidate("user_metadata", Text()),
        created_at=_candidate("created_at", BigInteger()),
        updated_at=_candidate("updated_at", BigInteger()),
        is_new=is_new,
    )


def candidate_buckets() -> BucketColumns:
    """Return the columns of buckets among the `CANDIDATES`; `allowed_mime_types` is JSON text in each."""
    return BucketColumns(
        name=_candidate("name", Text()),
        owner_id=_candidate("owner_id", Text()),
        public=_candidate("public", Boolean()),
        file_size_limit=_candidate("file_size_limit", BigInteger()),
        allowed_mime_types=_candidate("allowed_mime_types", Text()),
        created_at=_candidate("created_at", BigInteger()),
        updated_at=_candidate("updated_at", BigInteger()),
    )


CANDIDATE_BUCKET: Final = BucketColumns(
    name=bindparam("name", type_=Text),
    owner_id=bindparam("owner_id", type_=Text),
    public=bindparam("public", type_=Boolean),
    file_size_limit=bindparam("file_size_limit", type_=BigInteger),
    allowed_mime_types=bindparam("allowed_mime_types", type_=Text),
    created_at=bindparam("created_at", type_=BigInteger),
    updated_at=bindparam("updated_at", type_=BigInteger),
)
"""The columns of a bucket that is about to be written. Parameters: their names; `allowed_mime_types` as JSON text."""


def _candidate(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """Return one value of a candidate."""
    return func.json_extract(CANDIDATES.c.value, f"$.{name}", type_=kind)
