"""Making signed links, one or many, in both forms at once.

`signedURL` is Supabase's: relative to `/storage/v1`, with a JWT, and, since its clients encode it themselves, not
percent-encoded but where it would be read otherwise. `url` is the specification's: absolute, on the address
that the caller itself used, so that a link made through a LAN address opens in the LAN.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from engine import limits
from engine.context import Operation
from engine.errors import InvalidKey, ObjectNotFound
from engine.server import bounds
from engine.server.exchange import Exchange
from engine.server.fields import Fields
from engine.server.identity import Identity
from engine.server.render_routes import asked_for
from engine.server.routing import Route, Shape, Target
from engine.server.targets import BASE_PATH
from engine.server.workers import Workers
from engine.signed_url import UrlSigner
from engine.storage import FileStorage
from engine.types import RlsContext

_AMBIGUOUS: Final = re.compile(r"[?#%]")
_UNSIGNABLE: Final = "Either the object does not exist or you do not have access to it"


class LinkRoutes:
    """Handlers of POST `/object/sign`.

    Args:
        storage: The engine; it checks that the caller may read what is to be signed.
        signer: Makes the tokens of Supabase's form.
        identity: Tells who is asking.
        workers: Where the engine's calls run.
        base_url: The server's own address, for clients that name no host.
    """

    def __init__(
        self, storage: FileStorage, signer: UrlSigner, identity: Identity, workers: Workers, base_url: str
    ) -> None:
        self._storage = storage
        self._signer = signer
        self._identity = identity
        self._workers = workers
        self._base_url = base_url

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("POST", "object/sign", Shape.OBJECT, self._sign),
            Route("POST", "object/sign", Shape.BUCKET, self._sign_many),
        )

    async def _sign(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.OBJECT_SIGN, target.bucket, target.path)
        body = Fields("body", await exchange.json_body())
        expires_in_s = _expires_in_s(Fields("querystring", exchange.query), body)
        transform = body.nested("transform")
        shown_as = asked_for(transform).text() if transform.names() else ""
        link = await self._workers.run(
            self._link, target.bucket, target.path, context, expires_in_s, self._base(exchange), shown_as
        )
        await exchange.answer_json(200, link)

    async def _sign_many(self, exchange: Exchange, target: Target) -> None:
        context = self._identity.acting(exchange, Operation.OBJECT_SIGN_MANY, target.bucket)
        body = Fields("body", await exchange.json_body())
        paths = body.texts("paths", max_items=bounds.BULK_PATHS_MAX)
        expires_in_s = _expires_in_s(Fields("querystring", exchange.query), body)
        links = await self._workers.run(self._links, target.bucket, paths, context, expires_in_s, self._base(exchange))
        await exchange.answer_json(200, links)

    def _links(
        self, bucket: str, paths: tuple[str, ...], context: RlsContext, expires_in_s: int, base_url: str
    ) -> list[dict[str, Any]]:
        return [self._link_or_reason(bucket, path, context, expires_in_s, base_url) for path in paths]

    def _link_or_reason(
        self, bucket: str, path: str, context: RlsContext, expires_in_s: int, base_url: str
    ) -> dict[str, Any]:
        try:
            asking = context.doing(Operation.OBJECT_SIGN_MANY, bucket, path)
            link: dict[str, Any] = dict(self._link(bucket, path, asking, expires_in_s, base_url))
        except (ObjectNotFound, InvalidKey):
            return {"error": _UNSIGNABLE, "path": path, "signedURL": None}
        return {"error": None, "path": path, **link}

    def _link(
        self, bucket: str, path: str, context: RlsContext, expires_in_s: int, base_url: str, shown_as: str = ""
    ) -> dict[str, str]:
        """Return a link in both forms; to a picture in another size there is but Supabase's, which says which."""
        link = self._storage.sign(bucket, path, context, expires_in_s)
        token = self._signer.sign_jwt(bucket, path, expires_in_s, shown_as)
        words = "render/image/sign" if shown_as else "object/sign"
        signed = f"/{words}/{_readable(bucket)}/{_readable(path)}?token={token}"
        encoded = f"/{words}/{quote(bucket, safe='')}/{quote(path, safe='/')}?token={token}"
        return {"signedURL": signed, "url": f"{base_url}{BASE_PATH}{encoded}" if shown_as else link.absolute(base_url)}

    def _base(self, exchange: Exchange) -> str:
        host = exchange.header(b"host")
        return f"{exchange.scope['scheme']}://{host}" if host else self._base_url


def _readable(text: str) -> str:
    """Return a part of an address as Supabase writes it, for clients that encode it."""
    return _AMBIGUOUS.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _expires_in_s(query: Fields, body: Fields) -> int:
    """Return the life of a link: `expiresIn` of the body, else `expires_in` of the query, else an hour."""
    fields, name = (body, "expiresIn") if "expiresIn" in body else (query, "expires_in")
    return fields.integer(name, bounds.SIGN_EXPIRES_DEFAULT_S, minimum=1, maximum=limits.LINK_EXPIRES_MAX_S)
