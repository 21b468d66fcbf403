"""What each route takes and answers. What there is, the routing table says; a test holds the two against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from engine import limits
from engine.images.transform import FORMATS, QUALITY_MAX, QUALITY_MIN, RESIZES
from engine.server.openapi.schemas import COUNT, FLAG, ORDER, TEXT, Schema, array, ref
from engine.server.routing import Shape

ANY: Final = "*/*"
PLAIN_TEXT: Final = "text/plain"
_JSON: Final = "application/json"
_BINARY: Final[Schema] = {}
_NOTHING: Final[Mapping[str, Schema]] = {}

RouteKey = tuple[str, str, Shape]


@dataclass(frozen=True, slots=True)
class Description:
    """What a route takes and answers.

    Attributes:
        summary: One line.
        answers: Status → what it means, and the bodies of it by content type.
        errors: Statuses with an error's body that the route itself knows.
        body: Bodies that are taken, by content type; none for routes without.
        body_required: Whether one must come.
        query: Fields of the query.
        headers: Fields of the request, beside what HTTP itself has.
        token: Whether a bearer token is needed; without one, anybody may ask, and some see more with one.
        template: The address where the shape of the route does not say it all.
    """

    summary: str
    answers: Mapping[int, tuple[str, Mapping[str, Schema]]]
    errors: tuple[int, ...] = ()
    body: Mapping[str, Schema] | None = None
    body_required: bool = True
    query: Mapping[str, Schema] | None = None
    headers: Mapping[str, Schema] | None = None
    token: bool = True
    template: str = ""


def _json(schema: Schema) -> dict[str, Schema]:
    return {_JSON: schema}


def _ok(schema: Schema, status: int = 200, means: str = "Done.") -> dict[int, tuple[str, Mapping[str, Schema]]]:
    return {status: (means, _json(schema))}


_BYTES: Final[dict[int, tuple[str, Mapping[str, Schema]]]] = {
    200: ("The whole object, under its own type.", {ANY: _BINARY}),
    206: ("The part that `Range` asked for.", {ANY: _BINARY}),
    304: ("The client's own copy is still good.", _NOTHING),
}
_PICTURE: Final[dict[int, tuple[str, Mapping[str, Schema]]]] = {
    200: ("The picture.", {f"image/{kind}": _BINARY for kind in ("png", "jpeg", "webp", "avif")}),
    304: ("The client's own copy is still good.", _NOTHING),
}
_SHOWN_AS: Final[dict[str, Schema]] = {
    "width": COUNT,
    "height": COUNT,
    "resize": {"type": "string", "enum": list(RESIZES)},
    "quality": {"type": "integer", "minimum": QUALITY_MIN, "maximum": QUALITY_MAX},
    "format": {"type": "string", "enum": list(FORMATS)},
}
_DOWNLOAD: Final[dict[str, Schema]] = {
    "download": TEXT | {"description": "Saves under this name; under its own when empty."}
}
_TOKEN: Final[dict[str, Schema]] = {"token": TEXT}
_UPSERT: Final[dict[str, Schema]] = {"x-upsert": {"type": "string", "enum": ["true", "false"]}}
_CONTENT: Final[dict[str, Schema]] = {
    "application/octet-stream": {},
    "multipart/form-data": {
        "type": "object",
        "properties": {
            "cacheControl": TEXT,
            "metadata": TEXT,
            "contentType": TEXT,
            "file": {"type": "string", "contentMediaType": "application/octet-stream"},
        },
        "required": ["file"],
    },
}
_CONTENT_HEADERS: Final[dict[str, Schema]] = {
    "x-metadata": TEXT | {"description": "The caller's own JSON object, in base64."},
}
_EXPIRES: Final[dict[str, Schema]] = {
    "expires_in": {"type": "integer", "minimum": 1, "maximum": limits.LINK_EXPIRES_MAX_S}
}
_READ_ERRORS: Final = (404, 412, 416)
_SHOW_ERRORS: Final = (404, 412, 422)
_STORED: Final = _ok(ref("StoredObject"), 201, "Stored; it survives a power cut.")
_STORE_ERRORS: Final = (404, 409, 413, 415)
_PART_ERRORS: Final = (404, 409, 410, 412, 413, 415, 422, 423, 460)
_BEGIN_ERRORS: Final = (*_PART_ERRORS, 429)
_EVENT_STREAM: Final = {
    200: (
        "Events, until one side closes or the token ends. `reset` says that what is known has to be read anew: with the"
        " reason `forgotten` because older events are not kept, with `access` because it changed what the caller may"
        " see (of the event types in `types`; in the one bucket that is named, or in any).",
        {"text/event-stream": TEXT},
    )
}


def _reading(summary: str, query: Mapping[str, Schema] = _NOTHING, *, token: bool = False) -> Description:
    return Description(summary, _BYTES, _READ_ERRORS, query={**_DOWNLOAD, **query}, token=token)


def _telling(summary: str) -> Description:
    return Description(summary, _ok(ref("ObjectInfo")), (404,), token=False)


def _storing(summary: str, headers: Mapping[str, Schema], **more: Any) -> Description:
    return Description(
        summary, _STORED, _STORE_ERRORS, _CONTENT, body_required=False, headers={**_CONTENT_HEADERS, **headers}, **more
    )


def _resumable(words: str, about: str, *, token: bool) -> dict[RouteKey, Description]:
    """Return the routes of one way to send uploads in parts."""
    one = f"/{words}/{{id}}"
    version: dict[str, Schema] = {"tus-resumable": TEXT}
    signature: dict[str, Schema] = {} if token else {"x-signature": TEXT}
    about_all = version | signature | {"upload-length": TEXT, "upload-defer-length": TEXT, "upload-metadata": TEXT}
    about_part = version | signature | {"upload-offset": TEXT, "upload-checksum": TEXT}
    offered = Description(f"{about}: what is spoken here", {204: ("It.", _NOTHING)}, token=False)
    part: dict[str, Schema] = {"application/offset+octet-stream": {}}
    said = partial(Description, errors=_PART_ERRORS, token=token)
    taken, standing = {204: ("Taken.", _NOTHING)}, {200: ("How it stands.", _NOTHING)}
    added = said(f"{about}: add bytes", taken, body=part, body_required=False, headers=about_part, template=one)
    told = said(f"{about}: how one stands", standing, headers=version | signature, template=one)
    return {
        ("OPTIONS", words, Shape.PLAIN): offered,
        ("OPTIONS", words, Shape.BUCKET): replace(offered, template=one),
        ("POST", words, Shape.PLAIN): said(
            f"{about}: begin one",
            {201: ("Begun.", _NOTHING)},
            errors=_BEGIN_ERRORS,
            body=part,
            body_required=False,
            headers=about_all,
        ),
        ("POST", words, Shape.BUCKET): replace(
            added,
            summary=f"{about}: for clients that can only POST",
            answers=taken | standing,
            errors=(*_PART_ERRORS, 405),
            headers=about_part | {"x-http-method-override": TEXT},
        ),
        ("HEAD", words, Shape.BUCKET): told,
        ("PATCH", words, Shape.BUCKET): added,
        ("DELETE", words, Shape.BUCKET): replace(told, summary=f"{about}: throw one away", answers=taken),
    }


DESCRIPTIONS: Final[Mapping[RouteKey, Description]] = {
    ("GET", "health", Shape.PLAIN): Description("Is the server there", _ok(ref("Health")), token=False),
    ("GET", "status", Shape.PLAIN): Description(
        "Is the server there, for probes", {200: ("It is.", _NOTHING)}, token=False
    ),
    ("GET", "openapi.json", Shape.PLAIN): Description("This document", _ok({"type": "object"}), token=False),
    ("POST", "bucket", Shape.PLAIN): Description(
        "Make a bucket", _ok(ref("Bucket")), (409, 413), _json(ref("NewBucket"))
    ),
    ("GET", "bucket", Shape.PLAIN): Description(
        "List buckets",
        _ok(array(ref("Bucket"))),
        query={
            "limit": {"type": "integer", "minimum": 1, "maximum": 2**31},
            "offset": COUNT | {"maximum": 2**31},
            "sortColumn": {"type": "string", "enum": ["id", "name", "created_at", "updated_at"]},
            "sortOrder": ORDER,
            "search": TEXT,
        },
    ),
    ("GET", "bucket", Shape.BUCKET): Description("Tell about a bucket", _ok(ref("Bucket")), (404,)),
    ("PUT", "bucket", Shape.BUCKET): Description(
        "Change a bucket", _ok(ref("Message")), (404, 413), _json(ref("BucketChanges"))
    ),
    ("DELETE", "bucket", Shape.BUCKET): Description("Delete an empty bucket", _ok(ref("Message")), (404, 409)),
    ("POST", "bucket", Shape.OBJECT): Description(
        "Delete everything in a bucket", _ok(ref("Message")), (404,), template="/bucket/{bucket}/empty"
    ),
    ("POST", "object", Shape.OBJECT): _storing("Upload an object", _UPSERT),
    ("PUT", "object", Shape.OBJECT): _storing("Upload an object, or other content for one", {}),
    ("GET", "object", Shape.OBJECT): _reading(
        "Download an object, by one's own rights or by a link", {**_TOKEN, "expires": TEXT}
    ),
    ("DELETE", "object", Shape.OBJECT): Description("Delete an object", {204: ("Deleted.", _NOTHING)}, (404,)),
    ("DELETE", "object", Shape.BUCKET): Description(
        "Delete many objects; those that are missing or hidden are left out",
        _ok(array(ref("Row"))),
        (404, 413),
        _json(ref("Paths")),
    ),
    ("GET", "object/authenticated", Shape.OBJECT): _reading("Download an object, by one's own rights", token=True),
    ("GET", "object/public", Shape.OBJECT): _reading("Download an object of a public bucket"),
    ("GET", "object/sign", Shape.OBJECT): _reading("Download an object, by a link", _TOKEN),
    ("GET", "object/info", Shape.OBJECT): _telling("Tell about an object"),
    ("GET", "object/info/authenticated", Shape.OBJECT): _telling("Tell about an object, by one's own rights"),
    ("GET", "object/info/public", Shape.OBJECT): _telling("Tell about an object of a public bucket"),
    ("POST", "object/list", Shape.BUCKET): Description(
        "List a folder", _ok(array(ref("Row"))), (413,), _json(ref("ListRequest"))
    ),
    ("POST", "object/list-v2", Shape.BUCKET): Description(
        "List by full names", _ok(ref("FlatPage")), (413,), _json(ref("FlatListRequest"))
    ),
    ("POST", "object/move", Shape.PLAIN): Description(
        "Move an object", _ok(ref("Message")), (404, 409, 413, 415), _json(ref("Move"))
    ),
    ("POST", "object/copy", Shape.PLAIN): Description(
        "Copy an object", _ok(ref("StoredObject")), _STORE_ERRORS, _json(ref("Copy")), headers=_UPSERT
    ),
    ("POST", "object/sign", Shape.OBJECT): Description(
        "Make a link",
        _ok(ref("SignedLink")),
        (404, 413),
        _json(ref("SignRequest")),
        body_required=False,
        query=_EXPIRES,
    ),
    ("POST", "object/sign", Shape.BUCKET): Description(
        "Make many links",
        _ok(array(ref("SignedLinkOrReason"))),
        (404, 413),
        _json(ref("SignManyRequest")),
        query=_EXPIRES,
    ),
    ("POST", "object/upload/sign", Shape.OBJECT): Description(
        "Make a token to upload one object", _ok(ref("UploadGrant")), (404, 409), headers=_UPSERT
    ),
    ("PUT", "object/upload/sign", Shape.OBJECT): _storing("Upload with a token", {}, query=_TOKEN, token=False),
    ("GET", "render/image/authenticated", Shape.OBJECT): Description(
        "See a picture in another size, by one's own rights", _PICTURE, _SHOW_ERRORS, query=_SHOWN_AS | _DOWNLOAD
    ),
    ("GET", "render/image/public", Shape.OBJECT): Description(
        "See a picture of a public bucket in another size",
        _PICTURE,
        _SHOW_ERRORS,
        query=_SHOWN_AS | _DOWNLOAD,
        token=False,
    ),
    ("GET", "render/image/sign", Shape.OBJECT): Description(
        "See a picture as a link says", _PICTURE, _SHOW_ERRORS, query=_TOKEN | _DOWNLOAD, token=False
    ),
    ("DELETE", "cdn", Shape.BUCKET): Description(
        "Forget drawn pictures", _ok(ref("Message")), query={"transformations": FLAG}
    ),
    ("DELETE", "cdn", Shape.OBJECT): Description(
        "Forget drawn pictures", _ok(ref("Message")), query={"transformations": FLAG}
    ),
    ("GET", "metrics", Shape.PLAIN): Description(
        "Numbers for Prometheus", {200: ("Its text format.", {PLAIN_TEXT: TEXT, "application/openmetrics-text": TEXT})}
    ),
    ("GET", "events", Shape.PLAIN): Description(
        "What changes, as it happens", _EVENT_STREAM, query={"bucket": TEXT, "types": TEXT, "last_event_id": TEXT}
    ),
    **_resumable("upload/resumable", "Uploads that come in parts (TUS 1.0.0)", token=True),
    **_resumable("upload/resumable/sign", "Uploads that come in parts, with a token to upload", token=False),
}
"""By method, words and shape of the route."""
