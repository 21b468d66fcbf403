"""Uploading objects: with the caller's own rights, or with a token that somebody who may upload has made.

An upload is checked (token, bucket, right, name, type, announced size) before its first byte is asked for. A signed
upload is the work of whoever made its token: they were asked for their rights then, and the object becomes theirs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from engine.context import Operation
from engine.errors import InvalidRequest
from engine.server import bounds
from engine.server.dispositions import OCTET_STREAM
from engine.server.exchange import Exchange, parse_json_object
from engine.server.identity import Identity, in_act
from engine.server.multipart import FilePart, UploadForm, boundary_of
from engine.server.payloads import stored_json
from engine.server.routing import Route, Shape, Target
from engine.server.uploads import Uploads
from engine.server.workers import Workers
from engine.signed_url import UploadGrant, UrlSigner
from engine.storage import FileStorage
from engine.types import RlsContext, UploadOptions

DEFAULT_CACHE_CONTROL: Final = "no-cache"
"""What is kept for an object whose client says nothing."""


class UploadRoutes:
    """Handlers of POST and PUT of objects.

    Args:
        storage: The engine.
        signer: Makes and checks tokens to upload.
        identity: Tells who is asking.
        workers: Where the engine's writing calls run.
        uploads: Carries bodies into the engine.
    """

    def __init__(
        self, storage: FileStorage, signer: UrlSigner, identity: Identity, workers: Workers, uploads: Uploads
    ) -> None:
        self._storage = storage
        self._signer = signer
        self._identity = identity
        self._workers = workers
        self._uploads = uploads

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("POST", "object", Shape.OBJECT, self._create),
            Route("PUT", "object", Shape.OBJECT, self._replace),
            Route("POST", "object/upload/sign", Shape.OBJECT, self._sign),
            Route("PUT", "object/upload/sign", Shape.OBJECT, self._upload_signed),
        )

    async def _create(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.OBJECT_UPLOAD, target.bucket, target.path)
        await self._upload(exchange, target, context, replace=wants_upsert(exchange))

    async def _replace(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.OBJECT_UPDATE, target.bucket, target.path)
        await self._upload(exchange, target, context, replace=True)

    async def _sign(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.OBJECT_SIGN_UPLOAD, target.bucket, target.path)
        grant = UploadGrant(context.user_id, wants_upsert(exchange))
        token = await self._workers.run(self._token, target, context, grant)
        where = f"/object/upload/sign/{quote(target.bucket, safe='')}/{quote(target.path, safe='/')}"
        await exchange.answer_json(200, {"url": f"{where}?token={token}", "token": token})

    def _token(self, target: Target, context: RlsContext, grant: UploadGrant) -> str:
        """Return a token for an upload that the caller may make: its session is opened, approved, and left."""
        options = UploadOptions(replace=grant.upsert)
        with self._storage.begin_upload(target.bucket, target.path, context, options) as session:
            session.approve()
        return self._signer.sign_upload(target.bucket, target.path, grant, bounds.SIGN_UPLOAD_EXPIRES_S)

    async def _upload_signed(self, exchange: Exchange, target: Target) -> None:
        grant = self._signer.verify_upload(target.bucket, target.path, exchange.query.get("token", ""))
        exchange.user_id = grant.owner_id
        owner = RlsContext.service(grant.owner_id)
        context = in_act(exchange, owner, Operation.OBJECT_UPLOAD_SIGNED, target.bucket, target.path)
        await self._upload(exchange, target, context, replace=grant.upsert)

    async def _upload(self, exchange: Exchange, target: Target, context: RlsContext, *, replace: bool) -> None:
        if exchange.header(b"content-range") is not None:
            raise InvalidRequest(
                "A part of an object cannot be uploaded"
            )  # never take it for the whole: RFC 9110, 14.5
        boundary = boundary_of(exchange.header(b"content-type"))
        if boundary is None:
            options = _raw_options(exchange, replace=replace)
            size_hint, pieces = exchange.content_length, exchange.body()
        else:
            form = UploadForm(boundary, exchange.body())
            options = _form_options(await form.head(), replace=replace)
            size_hint, pieces = None, form.pieces()
        begin = partial(self._storage.begin_upload, target.bucket, target.path, context, options, size_hint=size_hint)
        stored = await self._uploads.store(begin, pieces, exchange.wire)
        await exchange.answer_json(201, stored_json(stored))


def wants_upsert(exchange: Exchange) -> bool:
    """Return whether a request may replace an object that exists.

    Args:
        exchange: The request.
    """
    return (exchange.header(b"x-upsert") or "").strip().lower() == "true"


def _raw_options(exchange: Exchange, *, replace: bool) -> UploadOptions:
    return UploadOptions(
        mime_type=exchange.header(b"content-type") or OCTET_STREAM,
        replace=replace,
        cache_control=exchange.header(b"cache-control") or DEFAULT_CACHE_CONTROL,
        user_metadata=_metadata_of(exchange.header(b"x-metadata")),
    )


def _form_options(file: FilePart, *, replace: bool) -> UploadOptions:
    cache_control = file.fields.get("cacheControl", "").strip()
    metadata = file.fields.get("metadata", "")
    return UploadOptions(
        mime_type=file.fields.get("contentType") or file.mime_type or OCTET_STREAM,
        replace=replace,
        cache_control=max_age(cache_control) if cache_control else DEFAULT_CACHE_CONTROL,
        user_metadata=parse_json_object(metadata, "metadata") if metadata else {},
    )


def max_age(field: str) -> str:
    """Return what a form's `cacheControl` means: a number of seconds, or a rule of its own.

    Args:
        field: Not empty.
    """
    return f"max-age={field}" if field.isascii() and field.isdigit() else field


def _metadata_of(field: str | None) -> Mapping[str, Any]:
    """Return the user metadata of an `x-metadata` field: JSON in base64, of either alphabet, padded or not."""
    if not field:
        return {}
    raw = field.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(raw + "=" * (-len(raw) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("x-metadata is not valid base64") from error
    return parse_json_object(data, "x-metadata")
