"""The tables, under the specification's names.

Times are integers, microseconds since 1970 in UTC: they sort, compare and index alike on every database and
cost nothing to convert in bulk. Text is compared byte for byte. An object's path is kept as `parent` (up to
and including the last `/`) and `leaf`; the one index over both serves look-ups, folder pages, folder
enumeration and prefix ranges.

Source: specification, "Metadata Storage".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine


class SparseJson(TypeDecorator[Mapping[str, Any]]):
    """JSON objects of which most are empty: those cost no parser, which pages of rows notice."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own JSON type where it has one, else text."""
        return dialect.type_descriptor(JSON() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> object:
        """Return what the driver takes."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps(dict(value)) if value else "{}"

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what decodes a value, without the calls around calls of a decorated type: it runs for every row."""
        return _decoded


def _decoded(value: Any) -> Any:  # noqa: ANN401 - what a driver gives
    """Return the object of a value as the driver gives it."""
    if value == "{}":
        return {}
    return json.loads(value) if isinstance(value, str) else value


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

storage_buckets = Table(
    "storage_buckets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("owner_id", Text),
    Column("public", Boolean, nullable=False),
    Column("file_size_limit", BigInteger),
    Column("allowed_mime_types", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("keep_versions", Integer),
    Column("keep_days", Integer),
    Column("trash_days", Integer),
)
"""One row a bucket. `id` names its folder on disk, so that renaming a bucket moves no bytes."""

storage_objects = Table(
    "storage_objects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("bucket_id", Text, ForeignKey("storage_buckets.id"), nullable=False),
    Column("parent", Text, nullable=False),
    Column("leaf", Text, nullable=False),
    Column("owner_id", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("cache_control", Text, nullable=False),
    Column("user_metadata", SparseJson, nullable=False),
    Column("version", Text, nullable=False),
    Column("physical_path", Text, nullable=False),
    Column("journal_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger),
    Column("valid_from", BigInteger, nullable=False, server_default="0"),
    Index("ux_storage_objects_path", "bucket_id", "parent", "leaf", unique=True),
    Index("ix_storage_objects_owner", "bucket_id", "owner_id", "parent", "leaf"),
)
"""One row an object. While `journal_id` names an open record of `storage_journal`, the bytes of `version` may
still lie in staging; otherwise they are at `physical_path`, relative to the bucket's folder."""

storage_object_versions = Table(
    "storage_object_versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("object_id", Text, nullable=False),
    Column("bucket_id", Text, ForeignKey("storage_buckets.id"), nullable=False),
    Column("parent", Text, nullable=False),
    Column("leaf", Text, nullable=False),
    Column("owner_id", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("cache_control", Text, nullable=False),
    Column("user_metadata", SparseJson, nullable=False),
    Column("version", Text, nullable=False),
    Column("physical_path", Text),
    Column("journal_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("in_trash", Boolean, nullable=False),
    Index("ix_storage_object_versions_path", "bucket_id", "parent", "leaf", "valid_to"),
    Index("ix_storage_object_versions_age", "bucket_id", "valid_to"),
    Index("ix_storage_object_versions_version", "version"),
    Index(
        "ix_storage_object_versions_trash",
        "bucket_id",
        "id",
        sqlite_where=text("in_trash = 1"),
    ),
    sqlite_autoincrement=True,
)
"""What stood at a path from `valid_from` until `valid_to`: contents that were replaced or deleted, and paths that were
left. `physical_path` is where the bytes are now, below `.versions/`; it is NULL where they are still those of a live
object (which only moved), or where another row of the same `version` names them. No two rows name the same bytes."""

storage_journal = Table(
    "storage_journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("staging", Text, nullable=False),
    Column("items", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Committed intentions whose work on files may not be finished (`engine.files.journal`). Ids are never reused."""

storage_settings = Table(
    "storage_settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What the workspace remembers about itself, such as the id of the person at this computer."""

storage_commits = Table(
    "storage_commits",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""How many transactions were committed: those that changed something, and those after which nobody has to look up
anything (`engine.metadata.commits`). Two rows from the start."""

storage_orphans = Table(
    "storage_orphans",
    metadata,
    Column("key", Text, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
)
"""Bytes that nobody claims, and since when they are known for that. What is claimed after all, or gone, has no row."""

storage_quarantine = Table(
    "storage_quarantine",
    metadata,
    Column("version", Text, primary_key=True),
    Column("object_id", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Contents whose bytes are missing or damaged. By `version`, so that an object which gets other bytes is free of it."""

storage_audit = Table(
    "storage_audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("bucket_id", Text),
    Column("path", Text, nullable=False),
    Column("detail", SparseJson, nullable=False),
    Column("user_id", Text),
    Column("role", Text),
    Column("bucket", Text),
    Column("result", Text, nullable=False, server_default="done"),
    Column("request_id", Text),
    Column("remote_address", Text),
    Column("hash", LargeBinary),
    Index("ix_storage_audit_at", "at"),
    Index(
        "ix_storage_audit_refused",
        "at",
        sqlite_where=text("result <> 'done'"),
    ),
    sqlite_autoincrement=True,
)
"""Who did what, allowed or not: written in the same transaction where there is one, never changed, and without row
rules: not for callers. `hash` covers the row and the hash before it; NULL in rows from before there was a chain."""

storage_policies = Table(
    "storage_policies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("bucket_id", Text, ForeignKey("storage_buckets.id"), index=True),
    Column("command", Text, nullable=False),
    Column("permissive", Boolean, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("using_text", Text),
    Column("check_text", Text),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ux_storage_policies_name", "table_name", "name", unique=True),
)
"""Row-level security policies. One with a `bucket_id` counts in that bucket alone, beside what its texts say: it
follows the bucket's name, and goes with the bucket."""

storage_users = Table(
    "storage_users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("claims", SparseJson, nullable=False),
    Column("password_hash", Text),
    Column("tokens_from", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""People who are known here, to mint tokens for. Tokens from before `tokens_from` (seconds since 1970) do not count."""

storage_tokens = Table(
    "storage_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, index=True),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)
"""Tokens that were minted here, by their `jti`. The tokens themselves are kept nowhere."""

storage_signing_keys = Table(
    "storage_signing_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("secret_name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retires_at", BigInteger),
)
"""Which keys sign tokens and links, and until when older ones still count. The keys are in the secret store."""

storage_search_state = Table(
    "storage_search_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("indexed_to", BigInteger, nullable=False),
)
"""How far the index of names reaches (`engine.search.index`): to which rowid of `storage_objects`. One row."""

storage_search_stale = Table(
    "storage_search_stale",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("leaf", Text, nullable=False),
)
"""Rowids of objects that lost the name by which they are indexed, renamed or deleted, with that name. Triggers of
`storage_objects` fill it: they know also what other programs do, and uploads have nothing to do with them."""

storage_resumable_uploads = Table(
    "storage_resumable_uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("bucket_id", Text, ForeignKey("storage_buckets.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("size_bytes", BigInteger),
    Column("offset_bytes", BigInteger, nullable=False),
    Column("mime_type", Text),
    Column("cache_control", Text, nullable=False),
    Column("user_metadata", SparseJson, nullable=False),
    Column("modified_at", BigInteger),
    Column("replaces", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("object_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("counted_for", Text),
    Column("finishing", Text),
    Column("refusal", Text),
    Index("ix_storage_resumable_uploads_age", "expires_at"),
    Index(
        "ix_storage_resumable_uploads_counted",
        "counted_for",
        "expires_at",
        sqlite_where=text("counted_for IS NOT NULL"),
    ),
    Index(
        "ix_storage_resumable_uploads_finishing",
        "created_at",
        sqlite_where=text("finishing IS NOT NULL"),
    ),
)
"""Uploads that come in parts (`engine.files.resumable`), until `expires_at`. The first `offset_bytes` of the backend's
part `id` are durable, never all of them: the last ones become so with the object. `object_id` says what it became;
`size_bytes` is NULL as long as nobody has said how many there will be, `holder` who may go on, `note` what they want to
be told again; `counted_for` whose open uploads it is one of (`engine.files.resumable.counting`), NULL for nobody's and
once it is stored or refused; `finishing` who brought the last byte of a part that is durable as a whole, until it is
known what becomes of it, and `refusal` why it was not stored then. Without row rules: not for callers."""

storage_events = Table(
    "storage_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What was changed, for those who listen (`engine.metadata.change_log`): a row a commit, or several of a large one.
`id` is the number of the last of its `count` events; the first row has none, and says what is not kept. Without row
rules: `engine.outbox` knows what callers may see."""
