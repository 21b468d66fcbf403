"""What a bucket takes: the specification's checks of MIME type and size, before a byte is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine import limits
from engine.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from engine.types import Bucket


def check_mime(bucket: Bucket, mime_type: str, path: str) -> None:
    """Refuse a type that the bucket does not take; parameters such as `charset` do not count.

    Raises:
        UnsupportedMediaType: Neither the type nor its family (`type/*`) is allowed.
    """
    if not bucket.allowed_mime_types or path.endswith("/"):
        return
    essence = mime_type.partition(";")[0].strip().lower()
    family = essence.partition("/")[0] + "/*"
    if not {essence, family, "*/*", "*"} & {allowed.lower() for allowed in bucket.allowed_mime_types}:
        raise UnsupportedMediaType(f"mime type {essence} is not supported", path=path)


def check_size(bucket: Bucket, size_bytes: int, path: str) -> None:
    """Refuse a content larger than the bucket takes.

    Raises:
        PayloadTooLarge: It is.
    """
    limit = bucket.file_size_limit_bytes
    if limit is not None and size_bytes > limit:
        raise PayloadTooLarge("The object exceeded the maximum allowed size", path=path)


def check_user_metadata(metadata: Mapping[str, Any]) -> None:
    """Refuse user metadata that is no JSON object of a reasonable size.

    Raises:
        InvalidRequest: It is not.
    """
    if not metadata:
        return
    try:
        size_bytes = len(json.dumps(dict(metadata), allow_nan=False).encode())
    except (TypeError, ValueError) as error:
        raise InvalidRequest("User metadata must be a JSON object") from error
    if size_bytes > limits.USER_METADATA_MAX_BYTES:
        raise InvalidRequest(f"User metadata is larger than {limits.USER_METADATA_MAX_BYTES} bytes")
