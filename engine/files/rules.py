"""What a bucket takes: the specification's checks of MIME type and size, before a byte is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from engine import limits
from engine.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from engine.paths import leaf_of
from engine.types import Bucket

_MIME: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_PARAMETERS: Final = re.compile(r"""[\x20-\x7e]{0,256}""")
_FIELD: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?")
_PLACEHOLDER: Final = ".emptyFolderPlaceholder"
"""What other object stores' windows put into a new folder."""


def is_folder_mark(path: str) -> bool:
    """Return whether an object of that path is there for its folder alone: no type is asked of it, and no bytes."""
    return path.endswith("/") or leaf_of(path) == _PLACEHOLDER


def check_folder_mark(size_bytes: int, path: str) -> None:
    """Refuse bytes where listings and downloads would not show them.

    Raises:
        InvalidRequest: The path marks a folder, and there are some.
    """
    if size_bytes and is_folder_mark(path):
        raise InvalidRequest("The mark of a folder holds no bytes", path=path)


def check_mime(bucket: Bucket, mime_type: str, path: str) -> None:
    """Refuse a type that the bucket does not take; parameters such as `charset` do not count.

    Raises:
        UnsupportedMediaType: Neither the type nor its family (`type/*`) is allowed.
    """
    if not bucket.allowed_mime_types or is_folder_mark(path):
        return
    essence = mime_type.partition(";")[0].strip().lower()
    family = essence.partition("/")[0] + "/*"
    if not {essence, family, "*/*", "*"} & {allowed.lower() for allowed in bucket.allowed_mime_types}:
        raise UnsupportedMediaType(f"mime type {essence} is not supported", path=path)


def check_size(bucket: Bucket, size_bytes: int, path: str) -> None:
    """Refuse a content larger than the bucket, or the name, takes.

    Raises:
        PayloadTooLarge: It is too large for the bucket.
        InvalidRequest: The path marks a folder, which holds nothing.
    """
    check_folder_mark(size_bytes, path)
    limit = bucket.file_size_limit_bytes
    if limit is not None and size_bytes > limit:
        raise PayloadTooLarge("The object exceeded the maximum allowed size", path=path, limit_bytes=limit)


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


def checked_mime_text(mime_type: str) -> str:
    """Return a MIME type as it is stored: type and subtype in lower case, parameters as they were given.

    Raises:
        InvalidRequest: It is none, or would not fit into a header.

    Source: RFC 6838 section 4.2 for the names.
    """
    essence, semicolon, parameters = mime_type.strip().partition(";")
    essence = essence.strip().lower()
    if not _MIME.fullmatch(essence) or not _PARAMETERS.fullmatch(parameters):
        raise InvalidRequest("Not a MIME type", path=mime_type, hint="Write type/subtype, such as image/png.")
    return essence + semicolon + parameters


def check_cache_control(cache_control: str) -> None:
    """Refuse a cache rule that would not fit into a header.

    Raises:
        InvalidRequest: It is empty, too long, or has characters that headers cannot hold.
    """
    if not _FIELD.fullmatch(cache_control):
        raise InvalidRequest("Not a cache rule", path=cache_control, hint="Write something like max-age=3600.")
