"""Resumable uploads over HTTP: the tus protocol 1.0.0, with tokens of callers or with tokens to upload one object.

Errors are plain text, with the same statuses as everywhere else. An upload is asked about before anything is done to
it: for everybody but its own caller there is none.

Source: tus resumable upload protocol 1.0.0; Supabase Storage's metadata (`bucketName`, `objectName`, `contentType`,
`cacheControl`, `metadata`) and its `x-signature` field.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.context import Operation
from engine.errors import InvalidLink, InvalidRequest, InvalidToken, PayloadTooLarge, StorageError, WrongSignature
from engine.resumable_types import OffsetConflict, ResumableUpload, UploadBusy, upload_name
from engine.server import bounds
from engine.server import tus_fields as fields
from engine.server.errors import MethodNotAllowed, describe, extra_headers, log_fault
from engine.server.exchange import NOSNIFF, ClientGone, Exchange, Header, http_date, parse_json_object
from engine.server.identity import Identity, in_act
from engine.server.refusals import Refusals
from engine.server.routing import Handler, Match, Route, Shape, Target
from engine.server.targets import BASE_PATH
from engine.server.tus_finishing import Finishings
from engine.server.tus_progress import Progress
from engine.server.tus_receiver import TusReceiver
from engine.server.tus_turns import Turns
from engine.server.upload_routes import DEFAULT_CACHE_CONTROL, max_age, wants_upsert
from engine.server.workers import Workers
from engine.signed_url import UrlSigner
from engine.storage import FileStorage
from engine.types import RlsContext, UploadOptions

_logger = logging.getLogger(__name__)
_PLAIN: Final = "upload/resumable"
_SIGNED: Final = "upload/resumable/sign"
_TUS: Final[Header] = (b"tus-resumable", fields.VERSION.encode())
_TEXT: Final[Header] = (b"content-type", b"text/plain; charset=utf-8")
_NO_STORE: Final[Header] = (b"cache-control", b"no-store")
_OFFERS: Final[list[Header]] = [
    _TUS,
    (b"tus-version", fields.VERSION.encode()),
    (b"tus-extension", fields.EXTENSIONS.encode()),
    (b"tus-checksum-algorithm", fields.ALGORITHMS.encode()),
]
_SERVER_FAULT: Final = 500


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who asks.

    Attributes:
        context: In their act.
        holder: Whose the upload is, if not simply the caller's.
        upsert: Whether it may replace an object.
    """

    context: RlsContext
    holder: str | None
    upsert: bool


_Identify = Callable[[Exchange, Operation, str, str], _Caller]
_Answer = Callable[[Exchange, Target, _Identify], Awaitable[None]]


class TusRoutes:
    """Handlers of `/upload/resumable`.

    Args:
        storage: The engine.
        signer: Checks tokens to upload.
        identity: Tells who is asking.
        workers: Where the engine's calls run.
        commits: Where those run that store objects.
        finishings: Store what is to be scanned first.
        refusals: Is told of callers who showed nothing that counts.
    """

    def __init__(
        self,
        storage: FileStorage,
        signer: UrlSigner,
        identity: Identity,
        workers: Workers,
        commits: Workers,
        finishings: Finishings,
        refusals: Refusals,
    ) -> None:
        self._resumable = storage.resumable
        self._signer = signer
        self._identity = identity
        self._workers = workers
        self._refusals = refusals
        self._commits = commits
        self._finishings = finishings
        self._receiver = TusReceiver(workers, finishings)
        self._turns = Turns()
        self._offers = [*_OFFERS, *_most(self._resumable.limit_bytes)]

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (*self._family(_PLAIN, self._with_token), *self._family(_SIGNED, self._with_signature))

    def _family(self, words: str, identify: _Identify) -> list[Route]:
        """Return the routes of one way to show who one is."""
        methods: dict[str, _Answer] = {"HEAD": self._tell, "PATCH": self._add, "DELETE": self._end}
        handler = partial(self._handler, words, identify)
        overridden = {method: handler(method, Shape.BUCKET, answer) for method, answer in methods.items()}
        return [
            *(Route("OPTIONS", words, shape, self._offer) for shape in (Shape.PLAIN, Shape.BUCKET)),
            Route("POST", words, Shape.PLAIN, handler("POST", Shape.PLAIN, partial(self._create, words))),
            Route("POST", words, Shape.BUCKET, partial(_override, overridden)),
            *(Route(method, words, Shape.BUCKET, made) for method, made in overridden.items()),
        ]

    async def _offer(self, exchange: Exchange, _: Target) -> None:
        """Say what is spoken here; anybody may know."""
        await exchange.answer(204, self._offers)

    def _handler(self, words: str, identify: _Identify, method: str, shape: Shape, answer: _Answer) -> Handler:
        """Return a handler that tells errors as plain text.

        Args:
            words: Of the route.
            identify: Tells who is asking.
            method: What is asked for, which a POST may say in a field.
            shape: Of the route.
            answer: Does it.
        """

        async def handle(exchange: Exchange, target: Target) -> None:
            try:
                fields.check_version(exchange)
                await answer(exchange, target, identify)
            except ClientGone:
                raise
            except Exception as error:  # noqa: BLE001 - the boundary: whatever happens becomes an answer
                if isinstance(error, InvalidToken | InvalidLink):
                    named = Target(path=upload_name(target.bucket)) if shape is Shape.BUCKET else target
                    self._refusals.note(exchange, Match(None, named, words.encode(), shape), error, method)
                await _answer_error(exchange, error)

        return handle

    def _with_token(self, exchange: Exchange, operation: Operation, bucket: str, path: str) -> _Caller:
        """Identify a caller by their bearer token."""
        context = self._identity.acting(exchange, operation, bucket, path)
        return _Caller(context, None, wants_upsert(exchange))

    def _with_signature(self, exchange: Exchange, operation: Operation, bucket: str, path: str) -> _Caller:
        """Identify a caller by a token to upload one object: it is the work of whoever made the token.

        Raises:
            InvalidLink: The token does not count, or not for this object.
        """
        signed_bucket, signed_path, grant = self._signer.granted_upload(exchange.header(b"x-signature") or "")
        if path and (bucket, path) != (signed_bucket, signed_path):
            raise WrongSignature("The link was not made for this")
        exchange.user_id = grant.owner_id
        owner = RlsContext.service(grant.owner_id)
        context = in_act(exchange, owner, operation, signed_bucket, signed_path)
        holder = json.dumps(["token", grant.owner_id, signed_bucket, signed_path])
        return _Caller(context, holder, grant.upsert)

    async def _create(self, words: str, exchange: Exchange, _: Target, identify: _Identify) -> None:
        """Begin an upload, perhaps with its first bytes."""
        note = exchange.header(b"upload-metadata") or ""
        metadata = fields.metadata_of(note)
        bucket, path = _named(metadata, "bucketName"), _named(metadata, "objectName")
        caller = identify(exchange, Operation.TUS_CREATE, bucket, path)
        size_bytes, checksum = fields.creation_length(exchange), fields.checksum_of(exchange)
        options = _options(metadata, replace=caller.upsert)
        lane = self._workers if size_bytes else self._commits  # one of no bytes is stored at once
        upload = await lane.run(
            self._resumable.begin,
            bucket,
            path,
            caller.context,
            options,
            size_bytes=size_bytes,
            holder=caller.holder,
            note=note,
        )
        progress = Progress(upload.offset_bytes, upload.expires_at)
        if fields.is_offset_body(exchange) and not upload.is_complete:
            progress = await self._first_bytes(exchange, upload, caller, checksum)
        headers = [
            *_standing(progress),
            *_most(upload.limit_bytes),
            (b"location", f"{_origin(exchange)}{words}/{upload.id}".encode("latin-1")),
        ]
        await exchange.answer(201, headers)

    async def _first_bytes(
        self, exchange: Exchange, upload: ResumableUpload, caller: _Caller, checksum: fields.PartChecksum | None
    ) -> Progress:
        """Take bytes that come with the creation; unless all of them come there is no upload: nobody knows of it.

        While they are scanned the client is told where to ask: an upload of which it does not know cannot outlive it.
        """
        try:
            done = await self._receive(exchange, upload, 0, caller, checksum, bounds.TUS_RESULT_WAIT_S)
        except (StorageError, ClientGone):
            await self._finishings.drop(upload.id)
            await self._workers.run(self._discard, upload.id, caller)
            raise
        return done or Progress(upload.offset_bytes, upload.expires_at)

    def _discard(self, upload_id: str, caller: _Caller) -> None:
        try:
            self._resumable.end(upload_id, caller.context, holder=caller.holder)
        except StorageError:
            _logger.info("An upload that was refused is left for the sweep", exc_info=True)

    async def _tell(self, exchange: Exchange, target: Target, identify: _Identify) -> None:
        """Say how an upload stands."""
        caller = identify(exchange, Operation.TUS_GET, "", "")
        upload = await self._settled(exchange, target, caller)
        headers = _standing(Progress(upload.offset_bytes, upload.expires_at))
        length: Header = (b"upload-defer-length", b"1")
        if upload.size_bytes is not None:
            length = (b"upload-length", b"%d" % upload.size_bytes)
        headers += [length, _NO_STORE]
        if upload.note:
            headers.append((b"upload-metadata", upload.note.encode("latin-1")))
        await exchange.answer(200, headers)

    async def _add(self, exchange: Exchange, target: Target, identify: _Identify) -> None:
        """Add bytes."""
        fields.check_offset_body(exchange)
        offset, checksum = fields.offset_of(exchange), fields.checksum_of(exchange)
        caller = identify(exchange, Operation.TUS_PART, "", "")
        upload = await self._settled(exchange, target, caller)
        if upload.refusal is not None:
            raise upload.refusal
        done = None
        if not (upload.is_complete and offset == upload.offset_bytes and not exchange.content_length):
            done = await self._receive(exchange, upload, offset, caller, checksum)
        progress = done or Progress(offset, upload.expires_at)  # said again, because the answer was lost
        await exchange.answer(204, _standing(progress))

    async def _end(self, exchange: Exchange, target: Target, identify: _Identify) -> None:
        """Throw an upload away."""
        caller = identify(exchange, Operation.TUS_DELETE, "", "")
        upload = await self._find(target, caller)
        await self._finishings.drop(upload.id)
        await self._workers.run(self._resumable.end, upload.id, caller.context, holder=caller.holder)
        await exchange.answer(204, [_TUS])

    async def _find(self, target: Target, caller: _Caller) -> ResumableUpload:
        """Return an upload of the caller's, once what they sent over a broken connection is durable."""
        find = partial(self._resumable.find, target.bucket, caller.context, holder=caller.holder)
        upload = await self._workers.run(find)
        if await self._turns.settle(upload.id):
            upload = await self._workers.run(find)
        return upload

    async def _settled(self, exchange: Exchange, target: Target, caller: _Caller) -> ResumableUpload:
        """Return an upload of the caller's of which it is known how it stands.

        Raises:
            UploadBusy: It is whole, and being scanned.
        """
        upload = await self._find(target, caller)
        if not upload.is_finishing:
            return upload
        known = await self._finishings.settle(upload.id, exchange.wire)
        upload = await self._find(target, caller)
        if upload.is_finishing or not known:
            raise UploadBusy("The upload is being scanned for viruses: ask again how it stands")
        return upload

    async def _receive(
        self,
        exchange: Exchange,
        upload: ResumableUpload,
        offset: int,
        caller: _Caller,
        checksum: fields.PartChecksum | None,
        patience_s: float | None = None,
    ) -> Progress | None:
        """Take a body in."""
        if offset != upload.offset_bytes:
            raise OffsetConflict(f"The upload has {upload.offset_bytes} bytes")
        said = fields.said_length(exchange)
        size_bytes = said if upload.size_bytes is None else upload.size_bytes
        if size_bytes is not None and offset + (exchange.content_length or 0) > size_bytes:
            raise PayloadTooLarge("The upload is longer than it was said to be")
        resume = partial(
            self._resumable.resume,
            upload.id,
            offset,
            caller.context,
            holder=caller.holder,
            size_bytes=said,
            whole=checksum is not None,
        )
        with self._turns.taken(upload.id, exchange.wire) as turn:
            pieces = turn.heard(exchange.body())
            return await self._receiver.receive(upload.id, resume, pieces, checksum, exchange.wire, patience_s)


async def _override(handlers: Mapping[str, Handler], exchange: Exchange, target: Target) -> None:
    """Answer a client that can only POST: X-HTTP-Method-Override says what is meant."""
    method = (exchange.header(b"x-http-method-override") or "").strip().upper()
    handler = handlers.get(method)
    if handler is None:
        raise MethodNotAllowed((*handlers, "OPTIONS"))
    await handler(exchange, target)


async def _answer_error(exchange: Exchange, error: Exception) -> None:
    """Tell an error as plain text, or cut an answer that has begun."""
    answer = describe(error)
    if answer.status >= _SERVER_FAULT:
        log_fault(_logger, exchange.request_id, error)
    if exchange.status:
        exchange.wire.cut()
        return
    headers = [_TUS, _TEXT, NOSNIFF, _NO_STORE, (b"x-request-id", exchange.request_id.encode()), *extra_headers(error)]
    if isinstance(error, PayloadTooLarge):
        headers += _most(error.limit_bytes)
    await exchange.answer(answer.status, headers, answer.message.encode(errors="backslashreplace"))


def _most(limit_bytes: int | None) -> list[Header]:
    """Return the field that says how large an upload may be, if there is a bound."""
    return [] if limit_bytes is None else [(b"tus-max-size", b"%d" % limit_bytes)]


def _standing(progress: Progress) -> list[Header]:
    """Return the fields that say how far an upload is."""
    expires = http_date(int(progress.expires_at.timestamp()))
    return [_TUS, (b"upload-offset", b"%d" % progress.offset_bytes), (b"upload-expires", expires)]


def _named(metadata: Mapping[str, str], name: str) -> str:
    """Return what an upload must say.

    Raises:
        InvalidRequest: It does not.
    """
    value = metadata.get(name, "")
    if not value:
        raise InvalidRequest(f"Upload-Metadata must have {name}")
    return value


def _options(metadata: Mapping[str, str], *, replace: bool) -> UploadOptions:
    """Return how an upload is to be stored."""
    cache_control, own = metadata.get("cacheControl", "").strip(), metadata.get("metadata", "")
    return UploadOptions(
        mime_type=metadata.get("contentType") or None,
        replace=replace,
        cache_control=max_age(cache_control) if cache_control else DEFAULT_CACHE_CONTROL,
        user_metadata=parse_json_object(own, "metadata") if own else {},
    )


def _origin(exchange: Exchange) -> str:
    """Return what comes before the words of a route in an address: absolute, as some clients need it."""
    host = exchange.header(b"host")
    return f"{exchange.scope['scheme']}://{host}{BASE_PATH}/" if host else f"{BASE_PATH}/"
