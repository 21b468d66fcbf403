"""What a bucket's settings may be, whether a caller asks for them or a file says that they were so.

Source: specification, "Bucket management (CRUD)"; its checks of MIME types and sizes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine import limits
from engine.errors import InvalidRequest
from engine.paths import validate_bucket_name

_MIME: Final = re.compile(r"\*|\*/\*|[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/(\*|[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*)")
_KEPT: Final = ("keep_versions", "keep_days", "trash_days")
_INTEGER_END: Final = 2**63


def checked_limit(limit: int | None) -> int | None:
    """Return a size limit.

    Raises:
        InvalidRequest: It is no size.
    """
    if limit is not None and not 0 < limit < _INTEGER_END:
        raise InvalidRequest("The size limit must be a positive number of bytes")
    return limit


def checked_types(types: Sequence[str]) -> list[str]:
    """Return MIME types as they are stored, each once.

    Raises:
        InvalidRequest: A text names none.
    """
    cleaned = [text.strip().lower() for text in types]
    for text in cleaned:
        if not _MIME.fullmatch(text):
            raise InvalidRequest(f"Not a MIME type: {text or '(empty)'}", hint="Write type/subtype or type/*.")
    return list(dict.fromkeys(cleaned))


def checked_kept(count: int | None) -> int | None:
    """Return how many versions, or for how many days, a bucket keeps.

    Raises:
        InvalidRequest: That cannot be kept.
    """
    if count is not None and not 1 <= count <= limits.RETENTION_MAX:
        raise InvalidRequest(f"What is kept must be a number from 1 to {limits.RETENTION_MAX:,}")
    return count


def is_text(value: object) -> bool:
    """Return whether a value that was read is text that can be stored."""
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:
        return False


def is_bucket_row(row: Mapping[str, Any]) -> bool:
    """Return whether the columns of a bucket, read from a file, are such as were ever written.

    Args:
        row: Values of any types; columns that may be empty may be missing.
    """
    types, owner_id = row["allowed_mime_types"], row.get("owner_id")
    counts = [row.get(column) for column in ("file_size_limit", *_KEPT)]
    if not (is_text(row["name"]) and isinstance(row["public"], bool) and isinstance(types, list)):
        return False
    if not all(map(is_text, types)) or not (owner_id is None or is_text(owner_id)):
        return False
    if not all(count is None or _is_integer(count) for count in counts):
        return False
    return all(_is_integer(row[column]) for column in ("created_at", "updated_at")) and _is_allowed(row)


def _is_integer(value: object) -> bool:
    """Return whether a value that was read is a whole number that can be stored and is not negative."""
    return type(value) is int and 0 <= value < _INTEGER_END


def _is_allowed(row: Mapping[str, Any]) -> bool:
    """Return whether a caller could have asked for what a row says, of whose types nothing is wrong."""
    try:
        validate_bucket_name(row["name"])
        checked_limit(row.get("file_size_limit"))
        checked_types(row["allowed_mime_types"])
        for column in _KEPT:
            checked_kept(row.get(column))
    except InvalidRequest:
        return False
    return True
