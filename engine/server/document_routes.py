"""The server's description of itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property

from engine.server.exchange import NOSNIFF, Exchange
from engine.server.openapi import openapi
from engine.server.routing import Route, Shape, Target


class DocumentRoutes:
    """Handler of `/openapi.json`; anybody may ask.

    Args:
        routes: Every other route of the server.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._others = tuple(routes)

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table: the others', and its own."""
        return (*self._others, Route("GET", "openapi.json", Shape.PLAIN, self._document))

    @cached_property
    def _text(self) -> bytes:
        return json.dumps(openapi(self.routes()), separators=(",", ":")).encode()

    async def _document(self, exchange: Exchange, _: Target) -> None:
        await exchange.answer(200, [(b"content-type", b"application/json; charset=utf-8"), NOSNIFF], self._text)
