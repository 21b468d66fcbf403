"""The JSON bodies of the API, as JSON Schema (draft 2020-12): what is sent, and what is answered."""

from __future__ import annotations

from typing import Any, Final

from engine import limits
from engine.images.transform import FORMATS, QUALITY_MAX, QUALITY_MIN, RESIZES
from engine.server import bounds

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
JSON: Final[Schema] = {"type": "object", "additionalProperties": True}
ORDER: Final[Schema] = {"type": "string", "enum": ["asc", "desc"]}
KEPT: Final[Schema] = {"type": ["integer", "null"], "minimum": 1, "maximum": limits.RETENTION_MAX}


def ref(name: str) -> Schema:
    """Return a reference to one of `SCHEMAS`.

    Args:
        name: Of the schema.
    """
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    """Return a schema that takes null as well.

    Args:
        schema: With one type.
    """
    return schema | {"type": [schema["type"], "null"]}


def array(schema: Schema, **rules: int) -> Schema:
    """Return a list of what a schema takes.

    Args:
        schema: Of the items.
        **rules: `minItems`, `maxItems`.
    """
    return {"type": "array", "items": schema, **rules}


def an_object(required: str = "", **properties: Schema) -> Schema:
    """Return an object with these properties; others may stand beside them.

    Args:
        required: Names of those that must be there, with blanks between them.
        **properties: By name.
    """
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": required.split()} if required else {})


SIZE_LIMIT: Final[Schema] = {
    "description": "Bytes, or text with a decimal unit such as `20MB`.",
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 2**53},
        {"type": "string", "pattern": r"^\d{1,9}\s?[kKmMgG]?[bB]?$"},
        {"type": "null"},
    ],
}
RETENTION: Final = an_object(versions=KEPT, days=KEPT, trash_days=KEPT) | {"additionalProperties": False}
TRANSFORM: Final = an_object(
    width=COUNT,
    height=COUNT,
    resize={"type": "string", "enum": list(RESIZES)},
    quality={"type": "integer", "minimum": QUALITY_MIN, "maximum": QUALITY_MAX},
    format={"type": "string", "enum": list(FORMATS)},
)
_MIME_TYPES: Final[Schema] = {"type": ["array", "null"], "items": TEXT, "maxItems": 1000}
_LIFE: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": limits.LINK_EXPIRES_MAX_S}
_OFFSET: Final[Schema] = COUNT | {"maximum": 2**31}
_LIMIT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": bounds.LIST_LIMIT_MAX}
_STORED: Final = {
    "id": TEXT,
    "bucket_id": TEXT,
    "bucket": TEXT,
    "version": TEXT,
    "created_at": TIME,
    "updated_at": TIME,
}
_SOURCE_AND_TARGET: Final = {
    "bucketId": TEXT,
    "sourceKey": TEXT,
    "destinationKey": TEXT,
    "destinationBucket": maybe(TEXT),
}
_FILE_METADATA: Final = an_object(
    "eTag size mimetype cacheControl lastModified contentLength httpStatusCode",
    eTag=TEXT,
    size=COUNT,
    mimetype=TEXT,
    cacheControl=TEXT,
    lastModified=TIME,
    contentLength=COUNT,
    httpStatusCode=COUNT,
)
_ROW: Final = {
    "name": TEXT,
    "id": maybe(TEXT),
    "owner": TEXT,
    "updated_at": maybe(TIME),
    "created_at": maybe(TIME),
    "last_accessed_at": maybe(TIME),
    "metadata": {"anyOf": [_FILE_METADATA, {"type": "null"}]},
    "user_metadata": JSON,
    "problem": maybe(TEXT),
}

SCHEMAS: Final[dict[str, Schema]] = {
    "Error": an_object(
        "statusCode error code message",
        statusCode=TEXT | {"description": "The HTTP status, as text."},
        error=TEXT,
        code=TEXT | {"description": "A stable name for programs."},
        message=TEXT,
    ),
    "Message": an_object("message", message=TEXT),
    "NewBucket": an_object(
        "name",
        name=TEXT | {"minLength": 1, "maxLength": 100},
        id=TEXT | {"description": "Equal to `name`, where it is sent."},
        public=FLAG,
        file_size_limit=SIZE_LIMIT,
        allowed_mime_types=_MIME_TYPES,
        retention=RETENTION,
    ),
    "BucketChanges": an_object(
        public=FLAG, file_size_limit=SIZE_LIMIT, allowed_mime_types=_MIME_TYPES, retention=RETENTION
    ),
    "Bucket": an_object(
        "id name owner public file_size_limit allowed_mime_types created_at updated_at",
        id=TEXT,
        name=TEXT,
        owner=TEXT,
        public=FLAG,
        file_size_limit=maybe(COUNT),
        allowed_mime_types=_MIME_TYPES,
        retention=an_object(versions=KEPT, days=KEPT, trash_days=KEPT),
        created_at=TIME,
        updated_at=TIME,
    ),
    "StoredObject": an_object(
        "Key Id id bucket path size checksum version",
        Key=TEXT,
        Id=TEXT,
        path=TEXT,
        size=COUNT,
        mime_type=TEXT,
        checksum=TEXT,
        **_STORED,
    ),
    "ObjectInfo": an_object(
        "id name version bucket_id size content_type cache_control etag metadata last_modified created_at",
        id=TEXT,
        name=TEXT,
        version=TEXT,
        bucket_id=TEXT,
        bucket=TEXT,
        size=COUNT,
        content_type=TEXT,
        cache_control=TEXT,
        etag=TEXT,
        metadata=JSON,
        checksum=TEXT,
        problem=maybe(TEXT),
        last_modified=TIME,
        created_at=TIME,
    ),
    "ListRequest": an_object(
        prefix=TEXT,
        limit=_LIMIT,
        offset=_OFFSET,
        search=TEXT,
        sortBy=an_object(
            column={"type": "string", "enum": ["name", "updated_at", "created_at", "last_accessed_at"]}, order=ORDER
        ),
    ),
    "FlatListRequest": an_object(
        prefix=TEXT,
        limit=_LIMIT,
        cursor=TEXT,
        with_delimiter=FLAG,
        sortBy=an_object(column={"type": "string", "enum": ["name", "updated_at", "created_at"]}, order=ORDER),
    ),
    "Row": an_object("name id updated_at created_at last_accessed_at metadata", **_ROW),
    "FlatPage": an_object(
        "hasNext folders objects",
        hasNext=FLAG,
        nextCursor=TEXT,
        nextCursorKey=TEXT,
        folders=array(an_object("name key", name=TEXT, key=TEXT)),
        objects=array(an_object("name key id", key=TEXT, **_ROW)),
    ),
    "Move": an_object("bucketId sourceKey destinationKey", **_SOURCE_AND_TARGET),
    "Copy": an_object(
        "bucketId sourceKey destinationKey",
        copyMetadata=FLAG,
        metadata=an_object(cacheControl=TEXT, mimetype=TEXT),
        **_SOURCE_AND_TARGET,
    ),
    "Paths": an_object("prefixes", prefixes=array(TEXT, minItems=1, maxItems=bounds.BULK_PATHS_MAX)),
    "SignRequest": an_object(expiresIn=_LIFE, transform=TRANSFORM),
    "SignManyRequest": an_object(
        "paths", expiresIn=_LIFE, paths=array(TEXT, minItems=1, maxItems=bounds.BULK_PATHS_MAX)
    ),
    "SignedLink": an_object("signedURL url", signedURL=TEXT, url=TEXT),
    "SignedLinkOrReason": an_object(
        "error path signedURL", error=maybe(TEXT), path=TEXT, signedURL=maybe(TEXT), url=TEXT
    ),
    "UploadGrant": an_object("url token", url=TEXT, token=TEXT),
    "Health": an_object("healthy", healthy=FLAG),
}
"""By name, below `#/components/schemas`."""
