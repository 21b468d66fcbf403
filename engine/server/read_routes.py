"""Reading objects: their bytes, and what is known about them.

Three doors lead to the bytes: the caller's own rights, a public bucket, a signed link in either form. A link of the
specification's form (`?token=…&expires=…`) counts wherever its bucket and path stand in the address, also when the
bucket bears the name of a route.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from engine.context import Operation
from engine.errors import Cancelled, StorageError
from engine.server.downloads import Downloads
from engine.server.exchange import ClientGone, Exchange
from engine.server.identity import ANONYMOUS, Identity, in_act, origin_of
from engine.server.links import meant_by
from engine.server.open_objects import Caller, Door, OpenObjects
from engine.server.payloads import info_json
from engine.server.routing import Handler, Route, Shape, Target
from engine.server.workers import Workers
from engine.signed_url import UrlSigner
from engine.storage import FileStorage
from engine.types import RlsContext

_LINK_FIELDS: Final = frozenset({"token", "expires"})
_WITHOUT_BYTES: Final = {
    Operation.OBJECT_GET: Operation.OBJECT_INFO,
    Operation.OBJECT_GET_PUBLIC: Operation.OBJECT_INFO_PUBLIC,
}
"""What HEAD counts as, to policies that look at the operation: Supabase answers it as it does the info routes."""


class ReadRoutes:
    """Handlers of GET and HEAD below `/object`.

    Args:
        storage: The engine.
        signer: Checks links.
        identity: Tells who is asking.
        workers: Where the engine's calls run.
        objects: Opens objects.
        downloads: Sends what was opened.
    """

    def __init__(
        self,
        storage: FileStorage,
        signer: UrlSigner,
        identity: Identity,
        workers: Workers,
        objects: OpenObjects,
        downloads: Downloads,
    ) -> None:
        self._storage = storage
        self._signer = signer
        self._identity = identity
        self._workers = workers
        self._objects = objects
        self._downloads = downloads

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("GET", "object", Shape.OBJECT, self._read),
            Route("GET", "object/authenticated", Shape.OBJECT, self._beside_link("authenticated", self._read_own)),
            Route("GET", "object/public", Shape.OBJECT, self._beside_link("public", self._read_public)),
            Route("GET", "object/sign", Shape.OBJECT, self._beside_link("sign", self._read_by_jwt)),
            Route("GET", "object/info", Shape.OBJECT, self._beside_link("info", self._info)),
            Route("GET", "object/info/authenticated", Shape.OBJECT, self._info),
            Route("GET", "object/info/public", Shape.OBJECT, self._info_public),
        )

    async def _read(self, exchange: Exchange, target: Target) -> None:
        """Answer `/object/:bucket/*`: a link if there is one in the query, else the caller's own rights."""
        if exchange.scope["query_string"] and "token" in exchange.query:
            await self._read_by_link(exchange, target)
            return
        await self._send(exchange, target, self._identity.optional(exchange), Operation.OBJECT_GET)

    async def _read_own(self, exchange: Exchange, target: Target) -> None:
        await self._send(exchange, target, self._identity.required(exchange), Operation.OBJECT_GET)

    async def _read_public(self, exchange: Exchange, target: Target) -> None:
        await self._send(exchange, target, Door.PUBLIC, Operation.OBJECT_GET_PUBLIC)

    async def _read_by_link(self, exchange: Exchange, target: Target) -> None:
        token, expires = exchange.query["token"], exchange.query.get("expires", "")
        self._signer.verify(target.bucket, target.path, method=exchange.method, token=token, expires=expires)
        await self._send(exchange, target, Door.GRANTED, Operation.OBJECT_GET_SIGNED)

    async def _read_by_jwt(self, exchange: Exchange, target: Target) -> None:
        token = exchange.query.get("token", "")
        meant, _ = meant_by(target, partial(self._signer.verify_jwt, token=token))
        await self._send(exchange, meant, Door.GRANTED, Operation.OBJECT_GET_SIGNED)

    async def _info(self, exchange: Exchange, target: Target) -> None:
        caller = self._identity.optional(exchange)
        context = in_act(exchange, caller, Operation.OBJECT_INFO, target.bucket, target.path)
        await self._tell(exchange, target, context, public_only=False)

    async def _info_public(self, exchange: Exchange, target: Target) -> None:
        context = in_act(exchange, ANONYMOUS, Operation.OBJECT_INFO_PUBLIC, target.bucket, target.path)
        await self._tell(exchange, target, context, public_only=True)

    async def _tell(self, exchange: Exchange, target: Target, context: RlsContext, *, public_only: bool) -> None:
        info = await self._workers.run(self._storage.info, target.bucket, target.path, context, public_only=public_only)
        await exchange.answer_json(200, info_json(info))

    async def _send(self, exchange: Exchange, target: Target, caller: Caller, operation: Operation) -> None:
        if exchange.method == "HEAD":
            operation = _WITHOUT_BYTES.get(operation, operation)
        origin = partial(origin_of, exchange)
        opened = await self._objects.borrow(target.bucket, target.path, caller, operation, origin)
        error: BaseException | None = None
        try:
            await self._downloads.send(exchange, opened.reader)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._objects.give_back(opened)
            if exchange.method != "HEAD":
                exchange.downloaded = target
                self._storage.sent(opened.context, exchange.sent_bytes, _failure(error))

    def _beside_link(self, word: str, handler: Handler) -> Handler:
        """Return a handler that looks for a link to an object of the bucket called `word` first."""

        async def handle(exchange: Exchange, target: Target) -> None:
            if exchange.scope["query_string"] and exchange.query.keys() >= _LINK_FIELDS:
                await self._read_by_link(exchange, Target(word, f"{target.bucket}/{target.path}"))
                return
            await handler(exchange, target)

        return handle


def _failure(error: BaseException | None) -> Exception | None:
    """Return why an object was not sent, as the engine puts it: a client that leaves has cancelled."""
    if error is None or isinstance(error, StorageError):
        return error
    return error if isinstance(error, Exception) and not isinstance(error, ClientGone) else Cancelled("The client left")
