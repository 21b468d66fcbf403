"""What the engine's values look like in JSON: Supabase's fields, and those of the specification beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.files.flat_listing import FlatPage
from engine.server.dispositions import safe_mime_type
from engine.types import Bucket, Folder, StorageObject


def timestamp(moment: datetime) -> str:
    """Return a time as Supabase writes it: `2026-11-22T07:02:36.648Z`.

    Args:
        moment: Aware.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bucket_json(bucket: Bucket) -> dict[str, Any]:
    """Return a bucket as the bucket routes show it."""
    return {
        "id": bucket.id,
        "name": bucket.name,
        "owner": bucket.owner_id or "",
        "public": bucket.public,
        "file_size_limit": bucket.file_size_limit_bytes,
        "allowed_mime_types": list(bucket.allowed_mime_types) or None,
        "retention": {
            "versions": bucket.retention.versions,
            "days": bucket.retention.days,
            "trash_days": bucket.retention.trash_days,
        },
        "created_at": timestamp(bucket.created_at),
        "updated_at": timestamp(bucket.updated_at),
    }


def stored_json(info: StorageObject) -> dict[str, Any]:
    """Return a freshly stored object: the answer to an upload, a copy."""
    return {
        "Key": f"{info.bucket}/{info.path}",
        "Id": info.id,
        "id": info.id,
        "bucket": info.bucket,
        "bucket_id": info.bucket_id,
        "path": info.path,
        "size": info.size_bytes,
        "mime_type": info.mime_type,
        "checksum": info.checksum,
        "version": info.version,
        "created_at": timestamp(info.created_at),
        "updated_at": timestamp(info.updated_at),
    }


def info_json(info: StorageObject) -> dict[str, Any]:
    """Return an object as the info routes show it."""
    return {
        "id": info.id,
        "name": info.path,
        "version": info.version,
        "bucket_id": info.bucket_id,
        "bucket": info.bucket,
        "size": info.size_bytes,
        "content_type": safe_mime_type(info.mime_type),
        "cache_control": info.cache_control,
        "etag": info.etag,
        "metadata": dict(info.user_metadata),
        "checksum": info.checksum,
        "problem": info.problem,
        "last_modified": timestamp(info.updated_at),
        "created_at": timestamp(info.created_at),
    }


def row_json(info: StorageObject, name: str) -> dict[str, Any]:
    """Return an object as a row of a listing or of a bulk delete.

    Args:
        info: The object.
        name: What the row calls it: relative to the folder in listings, the full path elsewhere.
    """
    return {
        "name": name,
        "id": info.id,
        "bucket_id": info.bucket_id,
        "bucket": info.bucket,
        "owner": info.owner_id or "",
        "version": info.version,
        "problem": info.problem,
        "updated_at": timestamp(info.updated_at),
        "created_at": timestamp(info.created_at),
        "last_accessed_at": timestamp(info.updated_at),
        "metadata": {
            "eTag": info.etag,
            "size": info.size_bytes,
            "mimetype": info.mime_type,
            "cacheControl": info.cache_control,
            "lastModified": timestamp(info.updated_at),
            "contentLength": info.size_bytes,
            "httpStatusCode": 200,
        },
        "user_metadata": dict(info.user_metadata),
    }


def folder_json(folder: Folder) -> dict[str, Any]:
    """Return a folder as a row of a listing."""
    return {
        "name": folder.name,
        "id": None,
        "updated_at": None,
        "created_at": None,
        "last_accessed_at": None,
        "metadata": None,
    }


def flat_json(page: FlatPage) -> dict[str, Any]:
    """Return a page of a listing by full names."""
    more = {"nextCursor": page.next_cursor, "nextCursorKey": page.next_name} if page.next_cursor else {}
    return {
        "hasNext": page.next_cursor is not None,
        **more,
        "folders": [folder_json(folder) | {"name": folder.path, "key": folder.name} for folder in page.folders],
        "objects": [row_json(info, info.path) | {"key": info.name} for info in page.objects],
    }
