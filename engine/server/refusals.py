"""Lets the audit know of callers who were refused before the engine was asked: bad tokens, links that do not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.context import Operation
from engine.errors import InvalidLink, InvalidToken
from engine.server.exchange import Exchange
from engine.server.identity import in_act
from engine.server.routing import Match, Shape
from engine.storage import FileStorage
from engine.types import RlsContext

_UNKNOWN: Final = RlsContext(role="")
"""Somebody of whom nothing is known: what they showed does not count."""

_OPERATIONS: Final[Mapping[tuple[str, bytes, Shape], Operation]] = {
    ("POST", b"bucket", Shape.PLAIN): Operation.BUCKET_CREATE,
    ("GET", b"bucket", Shape.PLAIN): Operation.BUCKET_LIST,
    ("GET", b"bucket", Shape.BUCKET): Operation.BUCKET_GET,
    ("PUT", b"bucket", Shape.BUCKET): Operation.BUCKET_UPDATE,
    ("DELETE", b"bucket", Shape.BUCKET): Operation.BUCKET_DELETE,
    ("POST", b"bucket", Shape.OBJECT): Operation.BUCKET_EMPTY,
    ("POST", b"object", Shape.OBJECT): Operation.OBJECT_UPLOAD,
    ("PUT", b"object", Shape.OBJECT): Operation.OBJECT_UPDATE,
    ("POST", b"object/upload/sign", Shape.OBJECT): Operation.OBJECT_SIGN_UPLOAD,
    ("PUT", b"object/upload/sign", Shape.OBJECT): Operation.OBJECT_UPLOAD_SIGNED,
    ("POST", b"upload/resumable", Shape.PLAIN): Operation.TUS_CREATE,
    ("HEAD", b"upload/resumable", Shape.BUCKET): Operation.TUS_GET,
    ("PATCH", b"upload/resumable", Shape.BUCKET): Operation.TUS_PART,
    ("DELETE", b"upload/resumable", Shape.BUCKET): Operation.TUS_DELETE,
    ("POST", b"upload/resumable/sign", Shape.PLAIN): Operation.TUS_CREATE,
    ("HEAD", b"upload/resumable/sign", Shape.BUCKET): Operation.TUS_GET,
    ("PATCH", b"upload/resumable/sign", Shape.BUCKET): Operation.TUS_PART,
    ("DELETE", b"upload/resumable/sign", Shape.BUCKET): Operation.TUS_DELETE,
    ("GET", b"object/authenticated", Shape.OBJECT): Operation.OBJECT_GET,
    ("POST", b"object/list", Shape.BUCKET): Operation.OBJECT_LIST,
    ("POST", b"object/list-v2", Shape.BUCKET): Operation.OBJECT_LIST_V2,
    ("POST", b"object/sign", Shape.OBJECT): Operation.OBJECT_SIGN,
    ("POST", b"object/sign", Shape.BUCKET): Operation.OBJECT_SIGN_MANY,
    ("GET", b"events", Shape.PLAIN): Operation.EVENT_LISTEN,
    ("POST", b"object/move", Shape.PLAIN): Operation.OBJECT_MOVE,
    ("POST", b"object/copy", Shape.PLAIN): Operation.OBJECT_COPY,
    ("GET", b"render/image/authenticated", Shape.OBJECT): Operation.RENDER,
    ("GET", b"render/image/sign", Shape.OBJECT): Operation.RENDER_SIGNED,
    ("DELETE", b"cdn", Shape.BUCKET): Operation.CACHE_PURGE,
    ("DELETE", b"cdn", Shape.OBJECT): Operation.CACHE_PURGE,
    ("DELETE", b"object", Shape.OBJECT): Operation.OBJECT_DELETE,
    ("DELETE", b"object", Shape.BUCKET): Operation.OBJECT_DELETE_MANY,
}
"""What the routes do that need a token; all others that refuse somebody are links to read by."""


class Refusals:
    """Notes refused requests.

    Args:
        storage: Whose audit.
    """

    def __init__(self, storage: FileStorage) -> None:
        self._storage = storage

    def note(
        self, exchange: Exchange, match: Match, error: InvalidToken | InvalidLink, method: str | None = None
    ) -> None:
        """Remember a request that was refused.

        Args:
            exchange: The request.
            match: Where it led.
            error: Why.
            method: What it asked for, unless its own method says so.
        """
        method = method or exchange.method
        known = _OPERATIONS.get((method, match.words, match.shape))
        if known is None and method == "HEAD":
            known = _OPERATIONS.get(("GET", match.words, match.shape))
        operation = known or Operation.OBJECT_GET_SIGNED
        if operation is Operation.OBJECT_GET and isinstance(error, InvalidLink):
            operation = Operation.OBJECT_GET_SIGNED
        self._storage.note(in_act(exchange, _UNKNOWN, operation, match.target.bucket, match.target.path), error)
