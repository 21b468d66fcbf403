"""The columns of a policy as SQL over the columns of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Text, cast, type_coerce

from engine.permissions.language.sql import Sql, call, choice, infix, parameter, text
from engine.permissions.rows import BucketColumns, ObjectColumns, RowColumns

HEX: Final = "[0-9a-fA-F]"
UUID_GLOB: Final = "-".join(HEX * count for count in (8, 4, 4, 4, 12))
"""What a UUID looks like, for GLOB."""


def column(name: str, columns: RowColumns) -> Sql:
    """Return a column of a policy.

    Args:
        name: As policies name it.
        columns: The row's.
    """
    known: dict[str, Callable[[Any], Sql]] = _OBJECTS if isinstance(columns, ObjectColumns) else _BUCKETS
    return known[name](columns)


def owner_id(columns: RowColumns) -> Sql:
    """Return the column that says who owns the row."""
    return columns.owner_id


def _owner(columns: RowColumns) -> Sql:
    """Return the owner where it is a UUID."""
    return choice((infix(columns.owner_id, "GLOB", text(UUID_GLOB)), columns.owner_id))


def segments(path: Sql, delimiter: str = "/") -> Sql:
    """Return the parts of a text as an array, by its JSON form; the delimiter must be none of JSON's escapes."""
    parts = call("replace", call("json_quote", path), delimiter, '","')
    return infix(infix(text("["), "||", parts), "||", text("]"))


def _path_tokens(columns: ObjectColumns) -> Sql:
    """Return the parts of the path."""
    return choice((infix(columns.path, "<>", text("")), segments(columns.path)))


def _metadata(columns: ObjectColumns) -> Sql:
    """Return what is known of the contents, as a document."""
    pairs: list[Any] = []
    for key, (member, is_number) in metadata_members(columns).items():
        pairs.extend((key, cast(member, columns.size_bytes.type) if is_number else member))
    return call("json_object", *pairs)


def metadata_members(columns: ObjectColumns) -> dict[str, tuple[Sql, bool]]:
    """Return the members of `metadata` by their names, and whether they are numbers."""
    size = columns.size_bytes
    if columns.is_new:
        return {"mimetype": (columns.mime_type, False), "contentLength": (size, True)}
    etag = infix(infix(text('"'), "||", columns.checksum), "||", text('"'))
    return {
        "eTag": (etag, False),
        "size": (size, True),
        "mimetype": (columns.mime_type, False),
        "cacheControl": (columns.cache_control, False),
        "lastModified": (_iso(columns.updated_at), False),
        "contentLength": (size, True),
        "httpStatusCode": (parameter(200), True),
    }


def _iso(moment_us: Sql) -> Sql:
    """Return a moment as text with milliseconds."""
    seconds = call("strftime", "%Y-%m-%dT%H:%M:%S", infix(moment_us, "/", parameter(1_000_000)), "unixepoch")
    milliseconds = infix(infix(moment_us, "/", parameter(1_000)), "%", parameter(1_000))
    return call("printf", "%s.%03dZ", seconds, milliseconds)


_OBJECTS: Final[dict[str, Callable[[ObjectColumns], Sql]]] = {
    "id": lambda columns: columns.id,
    "bucket_id": lambda columns: columns.bucket_name,
    "name": lambda columns: columns.path,
    "owner": _owner,
    "owner_id": owner_id,
    "size": lambda columns: columns.size_bytes,
    "metadata": _metadata,
    "user_metadata": lambda columns: type_coerce(columns.user_metadata, Text()),
    "version": lambda columns: columns.version,
    "created_at": lambda columns: columns.created_at,
    "updated_at": lambda columns: columns.updated_at,
    "last_accessed_at": lambda columns: columns.updated_at,
    "path_tokens": _path_tokens,
}
_BUCKETS: Final[dict[str, Callable[[BucketColumns], Sql]]] = {
    "id": lambda columns: columns.name,
    "name": lambda columns: columns.name,
    "owner": _owner,
    "owner_id": owner_id,
    "public": lambda columns: columns.public,
    "file_size_limit": lambda columns: columns.file_size_limit,
    "allowed_mime_types": lambda columns: call("json", type_coerce(columns.allowed_mime_types, Text())),
    "created_at": lambda columns: columns.created_at,
    "updated_at": lambda columns: columns.updated_at,
}
