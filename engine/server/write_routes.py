"""Changing objects that are there: delete, move, copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from engine.context import Operation
from engine.errors import BucketNotFound, ObjectAlreadyExists, ObjectNotFound, Unauthorized
from engine.server import bounds
from engine.server.errors import MoveTargetExists, RelatedResourceNotFound
from engine.server.exchange import Exchange
from engine.server.fields import Fields
from engine.server.identity import Identity, in_act
from engine.server.payloads import row_json, stored_json
from engine.server.routing import Route, Shape, Target
from engine.server.upload_routes import wants_upsert
from engine.server.uploads import committed
from engine.server.workers import Workers
from engine.storage import FileStorage
from engine.types import UNCHANGED, LabelChanges, RlsContext, StorageObject


class WriteRoutes:
    """Handlers of DELETE, and of moves and copies, below `/object`.

    Args:
        storage: The engine.
        identity: Tells who is asking.
        workers: Where the engine's writing calls run.
        commits: Where those run that store contents.
    """

    def __init__(self, storage: FileStorage, identity: Identity, workers: Workers, commits: Workers) -> None:
        self._storage = storage
        self._identity = identity
        self._workers = workers
        self._commits = commits

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("DELETE", "object", Shape.OBJECT, self._delete),
            Route("DELETE", "object", Shape.BUCKET, self._delete_many),
            Route("POST", "object/move", Shape.PLAIN, self._move),
            Route("POST", "object/copy", Shape.PLAIN, self._copy),
        )

    async def _delete(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.OBJECT_DELETE, target.bucket, target.path)
        await self._workers.run(self._storage.delete, target.bucket, target.path, context)
        await exchange.answer(204, [])

    async def _delete_many(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.OBJECT_DELETE_MANY, target.bucket)
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
        caller = self._identity.required(exchange)
        pair = _Pair.read(Fields("body", await exchange.json_body()))
        context = in_act(exchange, caller, Operation.OBJECT_MOVE, pair.bucket, pair.source)
        with _related_faults():
            try:
                await self._workers.run(
                    self._storage.move, pair.bucket, pair.source, pair.target, context, target_bucket=pair.target_bucket
                )
            except ObjectAlreadyExists as error:
                raise MoveTargetExists(error.message, path=error.path) from error
        await exchange.answer_json(200, {"message": "Successfully moved"})

    async def _copy(self, exchange: Exchange, _: Target) -> None:
        caller = self._identity.required(exchange)
        body = Fields("body", await exchange.json_body())
        pair, labels = _Pair.read(body), _labels(body)
        context = in_act(exchange, caller, Operation.OBJECT_COPY, pair.bucket, pair.source)
        copy = partial(
            self._storage.copy,
            pair.bucket,
            pair.source,
            pair.target,
            context,
            target_bucket=pair.target_bucket,
            replace=wants_upsert(exchange),
            labels=labels,
        )
        with _related_faults():
            stored = await committed(self._commits, exchange.wire, lambda cancel: copy(cancel=cancel))
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


def _labels(body: Fields) -> LabelChanges:
    """Return what is said of a copy: the same as of its source, unless the body says otherwise.

    Without `copyMetadata` the copy has no user metadata, and keeps of type and cache rule what `metadata` leaves out.
    """
    if body.flag("copyMetadata", default=True):
        return LabelChanges()
    told = body.nested("metadata")
    return LabelChanges(
        mime_type=told.text("mimetype", "") or UNCHANGED,
        cache_control=told.text("cacheControl", "") or UNCHANGED,
        user_metadata={},
    )


@contextmanager
def _related_faults() -> Iterator[None]:
    """A copy or move names its buckets in the body, so a missing one is no missing address."""
    try:
        yield
    except BucketNotFound as error:
        raise RelatedResourceNotFound(error.message, path=error.path) from error
