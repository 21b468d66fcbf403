"""A staged content, what becomes of it, and what its row will say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, update

from engine.backends.base import Staged
from engine.errors import StorageError
from engine.metadata.tables import storage_objects
from engine.types import Bucket, StorageObject, UploadOptions

_O: Final = storage_objects.c


@dataclass(frozen=True, slots=True)
class NewContent:
    """A staged content and what its row will say.

    Attributes:
        path: Full path in the bucket.
        staged: The bytes; the staged id becomes the object's version.
        mime_type: As given or sniffed.
        modified_us: The content's own modification time, or None.
        options: What the caller asked for.
        source: The file it came from, to name it when something fails.
        seen_version: The only content that may give way, where the caller has seen one; `""` for any.
    """

    path: str
    staged: Staged
    mime_type: str
    modified_us: int | None
    options: UploadOptions
    source: str = ""
    seen_version: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """A content that is stored.

    Attributes:
        replaced: Whether an older content had to give way.
    """

    content: NewContent
    object_id: str
    owner_id: str | None
    created_us: int
    updated_us: int
    replaced: bool

    def stored_in(self, bucket: Bucket) -> StorageObject:
        """Return the object."""
        content = self.content
        return StorageObject(
            id=self.object_id,
            bucket_id=bucket.id,
            bucket=bucket.name,
            path=content.path,
            size_bytes=content.staged.size_bytes,
            mime_type=content.mime_type,
            checksum=content.staged.checksum,
            owner_id=self.owner_id,
            cache_control=content.options.cache_control,
            user_metadata=content.options.user_metadata,
            version=content.staged.staged_id,
            created_us=self.created_us,
            updated_us=self.updated_us,
            modified_us=content.modified_us,
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A content that is not stored, and why."""

    content: NewContent
    error: StorageError


FRESH_COLUMNS: Final = (
    "id",
    "bucket_id",
    "parent",
    "leaf",
    "owner_id",
    "size_bytes",
    "mime_type",
    "checksum",
    "cache_control",
    "user_metadata",
    "version",
    "physical_path",
    "journal_id",
    "created_at",
    "updated_at",
    "modified_at",
    "valid_from",
)


def fresh_row(bucket_id: str, result: Committed, key: str, journal_id: int) -> tuple[Any, ...]:
    """Return the values of a new row, in the order of `FRESH_COLUMNS`."""
    content = result.content
    staged = content.staged
    options = content.options
    parent, slash, leaf = content.path.rpartition("/")
    return (
        result.object_id,
        bucket_id,
        parent + slash,
        leaf,
        result.owner_id,
        staged.size_bytes,
        content.mime_type,
        staged.checksum,
        options.cache_control,
        metadata_text(content.options),
        staged.staged_id,
        key,
        journal_id,
        result.created_us,
        result.updated_us,
        content.modified_us,
        result.updated_us,
    )


_RENEWED: Final = (
    "size_bytes",
    "mime_type",
    "checksum",
    "cache_control",
    "user_metadata",
    "version",
    "physical_path",
    "journal_id",
    "updated_at",
    "modified_at",
    "valid_from",
)
CHANGED_COLUMNS: Final = (*(f"new_{name}" for name in _RENEWED), "row_id")
UPDATE_CHANGED: Final = (
    update(storage_objects)
    .where(_O.id == bindparam("row_id"))
    .values({name: bindparam(f"new_{name}") for name in _RENEWED})
)


def changed_row(result: Committed, key: str, journal_id: int) -> tuple[Any, ...]:
    """Return the values that give an existing row its new content, in the order of `CHANGED_COLUMNS`."""
    content = result.content
    staged = content.staged
    return (
        staged.size_bytes,
        content.mime_type,
        staged.checksum,
        content.options.cache_control,
        metadata_text(content.options),
        staged.staged_id,
        key,
        journal_id,
        result.updated_us,
        content.modified_us,
        result.updated_us,
        result.object_id,
    )


def metadata_text(options: UploadOptions) -> str:
    """Return the user's metadata as the driver takes it."""
    return json.dumps(dict(options.user_metadata)) if options.user_metadata else "{}"
