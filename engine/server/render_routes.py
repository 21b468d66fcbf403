"""Pictures in other sizes: `/render/image`, and forgetting those that are remembered: `/cdn`.

The three doors are those of downloads. What a signed link shows stands in its token; the query says nothing then.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Final

from engine.context import Operation
from engine.errors import ChecksumMismatch, Unauthorized
from engine.files.downloads import ObjectReader
from engine.files.quarantine import Problem
from engine.images import Transform
from engine.images.transform import EDGE_MAX_PX, FORMATS, QUALITY_MAX, QUALITY_MIN, RESIZES
from engine.server.conditions import Validators, Verdict, evaluate
from engine.server.dispositions import attachment, safe_field
from engine.server.errors import PreconditionFailed
from engine.server.exchange import NOSNIFF, Exchange, Header, http_date
from engine.server.fields import Fields
from engine.server.identity import Identity, origin_of
from engine.server.links import meant_by
from engine.server.open_objects import Caller, Door, OpenObjects
from engine.server.pictures import Pictures
from engine.server.routing import Route, Shape, Target
from engine.signed_url import UrlSigner

_EDGE_ASKED_MAX: Final = 2**31
_VARY: Final[Header] = (b"vary", b"accept")


class RenderRoutes:
    """Handlers of GET below `/render/image`, and of DELETE below `/cdn`.

    Args:
        signer: Checks links.
        identity: Tells who is asking.
        objects: Opens objects.
        pictures: Draws them.
    """

    def __init__(self, signer: UrlSigner, identity: Identity, objects: OpenObjects, pictures: Pictures) -> None:
        self._signer = signer
        self._identity = identity
        self._objects = objects
        self._pictures = pictures

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("GET", "render/image/authenticated", Shape.OBJECT, self._own),
            Route("GET", "render/image/public", Shape.OBJECT, self._public),
            Route("GET", "render/image/sign", Shape.OBJECT, self._signed),
            Route("DELETE", "cdn", Shape.BUCKET, self._purge),
            Route("DELETE", "cdn", Shape.OBJECT, self._purge),
        )

    async def _own(self, exchange: Exchange, target: Target) -> None:
        caller = self._identity.required(exchange)
        await self._send(exchange, target, caller, Operation.RENDER, asked_for(Fields("querystring", exchange.query)))

    async def _public(self, exchange: Exchange, target: Target) -> None:
        transform = asked_for(Fields("querystring", exchange.query))
        await self._send(exchange, target, Door.PUBLIC, Operation.RENDER_PUBLIC, transform)

    async def _signed(self, exchange: Exchange, target: Target) -> None:
        token = exchange.query.get("token", "")
        meant, text = meant_by(target, partial(self._signer.verify_render, token=token))
        await self._send(exchange, meant, Door.GRANTED, Operation.RENDER_SIGNED, Transform.of_text(text))

    async def _purge(self, exchange: Exchange, target: Target) -> None:
        """Forget what is remembered. It is never out of date, so who asks learns that it is done."""
        context = self._identity.acting(exchange, Operation.CACHE_PURGE, target.bucket, target.path)
        if not context.can_bypass_rls:
            raise Unauthorized("Access denied")
        self._pictures.forget()
        await exchange.answer_json(200, {"message": "success"})

    async def _send(
        self, exchange: Exchange, target: Target, caller: Caller, operation: Operation, transform: Transform
    ) -> None:
        origin = partial(origin_of, exchange)
        opened = await self._objects.borrow(target.bucket, target.path, caller, operation, origin)
        try:
            await self._show(exchange, opened.reader, transform)
        finally:
            self._objects.give_back(opened)

    async def _show(self, exchange: Exchange, reader: ObjectReader, transform: Transform) -> None:
        info = reader.info
        if reader.size != info.size_bytes or info.problem == Problem.DAMAGED:
            raise ChecksumMismatch("The stored bytes were changed or damaged", path=info.path)
        accepted = _accepted(exchange) if transform.format is None else frozenset()
        tag = hashlib.sha256(f"{info.checksum}\n{transform.text()}\n{'image/webp' in accepted}".encode()).hexdigest()
        validators = Validators(f'"{tag[:32]}"', int(info.updated_at.timestamp()))
        caching = [
            (b"etag", validators.etag.encode()),
            (b"last-modified", http_date(validators.modified_s)),
            (b"cache-control", safe_field(info.cache_control, "no-cache").encode()),
            *([_VARY] if transform.format is None else []),
        ]
        verdict = evaluate(exchange.headers, validators)
        if verdict is Verdict.FAILED:
            raise PreconditionFailed("The object is not the one that was expected")
        if verdict is Verdict.NOT_MODIFIED:
            await exchange.answer(304, caching)
            return
        picture = await self._pictures.picture(reader, transform, accepted)
        headers = [*caching, (b"content-type", picture.mime_type.encode()), NOSNIFF]
        if (name := exchange.query.get("download")) is not None:
            headers.append((b"content-disposition", attachment(name or info.name).encode()))
        await exchange.answer(200, headers, picture.data)


def asked_for(fields: Fields) -> Transform:
    """Return what is wanted of a picture; sides that are too long, or none at all, become what is possible.

    Args:
        fields: A query, or the field `transform` of a body.

    Raises:
        InvalidRequest: A field is none of the allowed values.
    """
    width, height, quality = (
        fields.integer("width", 0, minimum=0, maximum=_EDGE_ASKED_MAX),
        fields.integer("height", 0, minimum=0, maximum=_EDGE_ASKED_MAX),
        fields.integer("quality", 0, minimum=QUALITY_MIN, maximum=QUALITY_MAX),
    )
    resize, form = fields.text("resize", RESIZES[0]), fields.text("format", "") or None
    if resize not in RESIZES:
        raise fields.wrong("resize", "must be equal to one of the allowed values")
    if form not in (None, *FORMATS):
        raise fields.wrong("format", "must be equal to one of the allowed values")
    return Transform(min(width, EDGE_MAX_PX) or None, min(height, EDGE_MAX_PX) or None, resize, quality or None, form)


def _accepted(exchange: Exchange) -> frozenset[str]:
    """Return the MIME types that the client names; one it wants nothing of is none."""
    kinds = (kind.partition(";") for kind in (exchange.header(b"accept") or "").split(","))
    return frozenset(name.strip().lower() for name, _, rest in kinds if rest.replace(" ", "") not in ("q=0", "q=0.0"))
