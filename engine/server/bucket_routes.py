"""The bucket routes.

A bucket is addressed by name or id. Its `id` may be sent when it is made, as Supabase's clients do, but only equal
to its name: ids are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from engine.context import Operation
from engine.errors import Unauthorized
from engine.server.errors import NoSuchRoute
from engine.server.exchange import Exchange
from engine.server.fields import Fields
from engine.server.identity import Identity, in_act
from engine.server.payloads import bucket_json
from engine.server.routing import Route, Shape, Target
from engine.server.workers import Workers
from engine.storage import FileStorage
from engine.types import UNCHANGED, Bucket, BucketChanges, Retention

_SORT_COLUMNS: Final = ("id", "name", "created_at", "updated_at")
_ORDERS: Final = ("asc", "desc")
_LIMIT_MAX: Final = 2**31


class BucketRoutes:
    """Handlers of `/bucket`.

    Args:
        storage: The engine.
        identity: Tells who is asking.
        readers: Where the engine's reading calls run.
        writers: Where its writing calls run.
    """

    def __init__(self, storage: FileStorage, identity: Identity, readers: Workers, writers: Workers) -> None:
        self._storage = storage
        self._identity = identity
        self._readers = readers
        self._writers = writers

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("POST", "bucket", Shape.PLAIN, self._create),
            Route("GET", "bucket", Shape.PLAIN, self._list),
            Route("GET", "bucket", Shape.BUCKET, self._get),
            Route("PUT", "bucket", Shape.BUCKET, self._update),
            Route("DELETE", "bucket", Shape.BUCKET, self._delete),
            Route("POST", "bucket", Shape.OBJECT, self._empty),
        )

    async def _create(self, exchange: Exchange, _: Target) -> None:
        caller = self._identity.required(exchange)
        body = Fields("body", await exchange.json_body())
        name = body.required_text("name")
        if body.text("id", name) != name:
            raise body.wrong("id", "must be equal to body/name")
        context = in_act(exchange, caller, Operation.BUCKET_CREATE, name)
        bucket = await self._writers.run(
            self._storage.create_bucket,
            name,
            context,
            public=body.flag("public", default=False),
            file_size_limit_bytes=body.size_bytes("file_size_limit"),
            allowed_mime_types=body.optional_texts("allowed_mime_types"),
            retention=_retention(body),
        )
        await exchange.answer_json(200, bucket_json(bucket))

    async def _list(self, exchange: Exchange, _: Target) -> None:
        context = self._identity.acting(exchange, Operation.BUCKET_LIST)
        query = Fields("querystring", exchange.query)
        column, order = query.text("sortColumn", "name"), query.text("sortOrder", "asc").lower()
        if column not in _SORT_COLUMNS:
            raise query.wrong("sortColumn", "must be equal to one of the allowed values")
        if order not in _ORDERS:
            raise query.wrong("sortOrder", "must be equal to one of the allowed values")
        limit = query.integer("limit", _LIMIT_MAX, minimum=1, maximum=_LIMIT_MAX)
        offset = query.integer("offset", 0, minimum=0, maximum=_LIMIT_MAX)
        buckets = _matching(await self._readers.run(self._storage.list_buckets, context), query.text("search", ""))
        buckets.sort(key=lambda bucket: _sort_key(bucket, column), reverse=order == "desc")
        await exchange.answer_json(200, [bucket_json(bucket) for bucket in buckets[offset : offset + limit]])

    async def _get(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.BUCKET_GET, target.bucket)
        bucket = await self._readers.run(self._storage.get_bucket, target.bucket, context)
        await exchange.answer_json(200, bucket_json(bucket))

    async def _update(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.BUCKET_UPDATE, target.bucket)
        changes = _changes(Fields("body", await exchange.json_body()))
        await self._writers.run(self._storage.update_bucket, target.bucket, context, changes)
        await exchange.answer_json(200, {"message": "Successfully updated"})

    async def _delete(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.BUCKET_DELETE, target.bucket)
        await self._writers.run(self._storage.delete_bucket, target.bucket, context)
        await exchange.answer_json(200, {"message": "Successfully deleted"})

    async def _empty(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.BUCKET_EMPTY, target.bucket)
        if target.path != "empty":
            raise NoSuchRoute(f"Route {exchange.method}:{exchange.raw_path.decode('latin-1')} not found")
        if not context.can_bypass_rls:
            raise Unauthorized("Access denied")
        await self._writers.run(self._storage.empty_bucket, target.bucket, context)
        await exchange.answer_json(200, {"message": "Successfully emptied"})


def _matching(buckets: Sequence[Bucket], search: str) -> list[Bucket]:
    wanted = search.casefold()
    return [bucket for bucket in buckets if wanted in bucket.name.casefold()]


def _sort_key(bucket: Bucket, column: str) -> tuple[str | datetime, str]:
    keys: dict[str, str | datetime] = {
        "id": bucket.id,
        "name": bucket.name,
        "created_at": bucket.created_at,
        "updated_at": bucket.updated_at,
    }
    return keys[column], bucket.name


def _changes(body: Fields) -> BucketChanges:
    """Return what the body names; a field that it does not name stays as it is."""
    changes: dict[str, Any] = {
        "public": body.flag("public", default=False) if "public" in body else UNCHANGED,
        "file_size_limit_bytes": body.size_bytes("file_size_limit") if "file_size_limit" in body else UNCHANGED,
        "allowed_mime_types": (
            body.optional_texts("allowed_mime_types") if "allowed_mime_types" in body else UNCHANGED
        ),
        "retention": _retention(body) if "retention" in body else UNCHANGED,
    }
    return BucketChanges(**changes)


def _retention(body: Fields) -> Retention:
    """Return what a bucket shall keep of the past: nothing but what the field names.

    Supabase has no such field: its clients neither send it nor miss it.
    """
    field = body.nested("retention")
    unknown = sorted(field.names() - {"versions", "days", "trash_days"})
    if unknown:
        raise field.wrong(unknown[0], "is not known: there are versions, days and trash_days")
    return Retention(versions=field.kept("versions"), days=field.kept("days"), trash_days=field.kept("trash_days"))
