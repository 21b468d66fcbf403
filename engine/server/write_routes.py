"""Changing objects: upload, delete, move, copy.

An upload is checked (token, bucket, right, name, type, announced size) before its first byte is asked for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from engine.errors import BucketNotFound, InvalidRequest, ObjectAlreadyExists, ObjectNotFound, Unauthorized
from engine.server import bounds
from engine.server.dispositions import OCTET_STREAM
from engine.server.errors import MoveTargetExists, RelatedResourceNotFound
from engine.server.exchange import Exchange, parse_json_object
from engine.server.fields import Fields
from engine.server.identity import Identity
from engine.server.multipart import FilePart, UploadForm, boundary_of
from engine.server.payloads import row_json, stored_json
from engine.server.routing import Route, Shape, Target
from engine.server.uploads import Uploads
from engine.server.workers import Workers
from engine.storage import FileStorage
from engine.types import RlsContext, StorageObject, UploadOptions

_DEFAULT_CACHE_CONTROL: Final = "no-cache"


class WriteRoutes:
    """Handlers of POST, PUT and DELETE below `/object`.

    Args:
        storage: The engine.
        identity: Tells who is asking.
        workers: Where the engine's writing calls run.
        uploads: Carries bodies into the engine.
    """

    def __init__(self, storage: FileStorage, identity: Identity, workers: Workers, uploads: Uploads) -> None:
        self._storage = storage
        self._identity = identity
        self._workers = workers
        self._uploads = uploads

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("POST", "object", Shape.OBJECT, self._create),
            Route("PUT", "object", Shape.OBJECT, self._replace),
            Route("DELETE", "object", Shape.OBJECT, self._delete),
            Route("DELETE", "object", Shape.BUCKET, self._delete_many),
            Route("POST", "object/move", Shape.PLAIN, self._move),
            Route("POST", "object/copy", Shape.PLAIN, self._copy),
        )

    async def _create(self, exchange: Exchange, target: Target) -> None:
        await self._upload(exchange, target, replace=_wants_upsert(exchange))

    async def _replace(self, exchange: Exchange, target: Target) -> None:
        await self._upload(exchange, target, replace=True)

    async def _upload(self, exchange: Exchange, target: Target, *, replace: bool) -> None:
        context = self._identity.required(exchange)
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
        stored = await self._store(target, context, options, size_hint, pieces)
        await exchange.answer_json(201, stored_json(stored))

    async def _store(
        self,
        target: Target,
        context: RlsContext,
        options: UploadOptions,
        size_hint: int | None,
        pieces: AsyncIterator[bytes],
    ) -> StorageObject:
        begin = partial(self._storage.begin_upload, target.bucket, target.path, context, options, size_hint=size_hint)
        return await self._uploads.store(begin, pieces)

    async def _delete(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.required(exchange)
        await self._workers.run(self._storage.delete, target.bucket, target.path, context)
        await exchange.answer(204, [])

    async def _delete_many(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.required(exchange)
        body = Fields("body", await exchange.json_body())
        paths = body.texts("prefixes", max_items=bounds.BULK_PATHS_MAX)
        deleted = await self._workers.run(self._delete_exactly, target.bucket, paths, context)
        await exchange.answer_json(200, [row_json(info, info.path) for info in deleted])

    def _delete_exactly(self, bucket: str, paths: tuple[str, ...], context: RlsContext) -> list[StorageObject]:
        """Delete the objects of exactly these paths; a trailing slash means the folder's marker, never its content."""
        objects = [path for path in paths if not path.endswith("/")]
        deleted = list(self._storage.delete_many(bucket, objects, context))
        for marker in (path for path in paths if path.endswith("/")):
            with suppress(ObjectNotFound, Unauthorized):
                info = self._storage.info(bucket, marker, context)
                self._storage.delete(bucket, marker, context)
                deleted.append(info)
        return deleted

    async def _move(self, exchange: Exchange, _: Target) -> None:
        context = self._identity.required(exchange)
        pair = _Pair.read(Fields("body", await exchange.json_body()))
        with _related_faults():
            try:
                await self._workers.run(
                    self._storage.move, pair.bucket, pair.source, pair.target, context, target_bucket=pair.target_bucket
                )
            except ObjectAlreadyExists as error:
                raise MoveTargetExists(error.message, path=error.path) from error
        await exchange.answer_json(200, {"message": "Successfully moved"})

    async def _copy(self, exchange: Exchange, _: Target) -> None:
        context = self._identity.required(exchange)
        pair = _Pair.read(Fields("body", await exchange.json_body()))
        with _related_faults():
            stored = await self._workers.run(
                self._storage.copy,
                pair.bucket,
                pair.source,
                pair.target,
                context,
                target_bucket=pair.target_bucket,
                replace=_wants_upsert(exchange),
            )
        await exchange.answer_json(200, stored_json(stored))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Where a copy or move begins and ends."""

    bucket: str
    source: str
    target: str
    target_bucket: str | None

    @classmethod
    def read(cls, body: Fields) -> _Pair:
        return cls(
            bucket=body.required_text("bucketId"),
            source=body.required_text("sourceKey"),
            target=body.required_text("destinationKey"),
            target_bucket=body.text("destinationBucket", "") or None,
        )


@contextmanager
def _related_faults() -> Iterator[None]:
    """A copy or move names its buckets in the body, so a missing one is no missing address."""
    try:
        yield
    except BucketNotFound as error:
        raise RelatedResourceNotFound(error.message, path=error.path) from error


def _wants_upsert(exchange: Exchange) -> bool:
    return (exchange.header(b"x-upsert") or "").strip().lower() == "true"


def _raw_options(exchange: Exchange, *, replace: bool) -> UploadOptions:
    return UploadOptions(
        mime_type=exchange.header(b"content-type") or OCTET_STREAM,
        replace=replace,
        cache_control=exchange.header(b"cache-control") or _DEFAULT_CACHE_CONTROL,
        user_metadata=_metadata_of(exchange.header(b"x-metadata")),
    )


def _form_options(file: FilePart, *, replace: bool) -> UploadOptions:
    max_age = file.fields.get("cacheControl", "").strip()
    metadata = file.fields.get("metadata", "")
    return UploadOptions(
        mime_type=file.fields.get("contentType") or file.mime_type or OCTET_STREAM,
        replace=replace,
        cache_control=_max_age(max_age) if max_age else _DEFAULT_CACHE_CONTROL,
        user_metadata=parse_json_object(metadata, "metadata") if metadata else {},
    )


def _max_age(field: str) -> str:
    """Return what a form's `cacheControl` means: a number of seconds, or a rule of its own."""
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
