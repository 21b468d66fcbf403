"""Where a policy finds what it speaks of: the columns of the row it judges, and the facts of the call.

The same policy judges rows of a table (its columns are the table's), rows of the past, and rows that are about to be
written (their columns are parameters). All values here are frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement

from engine.context import RlsContext


class PolicyTable(StrEnum):
    """The tables that policies are written for, below Supabase's schema `storage`."""

    OBJECTS = "objects"
    BUCKETS = "buckets"


class Command(StrEnum):
    """The commands that rules are written for, as in PostgreSQL's CREATE POLICY."""

    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is the same for every row of a statement.

    Attributes:
        context: Who asks; `context.act` says for what.
        now_us: The moment of the transaction, microseconds since 1970.
    """

    context: RlsContext
    now_us: int


@dataclass(frozen=True, slots=True)
class ObjectColumns:
    """The columns of `storage.objects` as SQL expressions of ours.

    Attributes:
        id: UUID of the object, text.
        bucket_name: What Supabase calls `bucket_id`.
        path: The full path, `name`.
        owner_id: Text or NULL.
        size_bytes: Integer; NULL where it is not known yet.
        mime_type, checksum, cache_control, version: Text.
        user_metadata: JSON as text.
        created_at, updated_at: Microseconds since 1970.
        is_new: Whether the row is about to be written: then `metadata` holds `mimetype` and `contentLength` alone.
    """

    id: ColumnElement[Any]
    bucket_name: ColumnElement[Any]
    path: ColumnElement[Any]
    owner_id: ColumnElement[Any]
    size_bytes: ColumnElement[Any]
    mime_type: ColumnElement[Any]
    checksum: ColumnElement[Any]
    cache_control: ColumnElement[Any]
    version: ColumnElement[Any]
    user_metadata: ColumnElement[Any]
    created_at: ColumnElement[Any]
    updated_at: ColumnElement[Any]
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class BucketColumns:
    """The columns of `storage.buckets` as SQL expressions of ours.

    Attributes:
        name: What Supabase calls `id` and `name`.
        owner_id: Text or NULL.
        public: Boolean.
        file_size_limit: Integer or NULL.
        allowed_mime_types: A JSON array as text.
        created_at, updated_at: Microseconds since 1970.
    """

    name: ColumnElement[Any]
    owner_id: ColumnElement[Any]
    public: ColumnElement[Any]
    file_size_limit: ColumnElement[Any]
    allowed_mime_types: ColumnElement[Any]
    created_at: ColumnElement[Any]
    updated_at: ColumnElement[Any]


RowColumns = ObjectColumns | BucketColumns
