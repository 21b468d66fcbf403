"""The ASGI application: gatekeeper, routes, errors, log. Loop's thread only.

Every request passes one choke point: Host and Origin first, then exactly one handler, which authorises before it
touches anything. Whatever a handler lets through becomes an answer here, or cuts the connection when the answer has
begun, so that no client takes a torn body for a whole one.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import MutableMapping
from typing import Any, Final

from engine.errors import InvalidLink, InvalidToken, NotFound
from engine.server.errors import MethodNotAllowed, NoSuchRoute, describe, extra_headers, log_fault
from engine.server.exchange import ClientGone, Exchange, Header, Receive, Send
from engine.server.gatekeeper import Gatekeeper
from engine.server.pages import PAGE_HEADERS, link_page
from engine.server.refusals import Refusals
from engine.server.request_log import RequestLog
from engine.server.routing import Router

_logger = logging.getLogger(__name__)
_SERVER_FAULT: Final = 500


class StorageApp:
    """Answers requests.

    Args:
        router: Every route.
        gatekeeper: Decides who is let in at all.
        log: Is told of every finished exchange.
        refusals: Is told of callers who showed nothing that counts.
    """

    def __init__(self, router: Router, gatekeeper: Gatekeeper, log: RequestLog, refusals: Refusals) -> None:
        self._router = router
        self._gatekeeper = gatekeeper
        self._log = log
        self._refusals = refusals
        self._id_prefix = os.urandom(6).hex()
        self._numbers = itertools.count(1)

    async def __call__(self, scope: MutableMapping[str, Any], _: Receive, send: Send) -> None:
        """Answer one request.

        Args:
            scope: ASGI scope; `http` alone is served.
            _: ASGI receive; bodies come by the request's `Wire`.
            send: ASGI send.
        """
        exchange = Exchange(scope, send, f"{self._id_prefix}-{next(self._numbers):x}")
        try:
            await self._answer(exchange)
        except (ClientGone, asyncio.CancelledError):
            exchange.wire.cut()
        finally:
            self._log.add(exchange)

    async def _answer(self, exchange: Exchange) -> None:
        try:
            self._gatekeeper.check(exchange)
            exchange.check_coding()
            await self._dispatch(exchange)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary: whatever happens becomes an answer
            await self._answer_error(exchange, error)

    async def _dispatch(self, exchange: Exchange) -> None:
        match = self._router.match(exchange.method, exchange.raw_path)
        if match.handler is not None:
            try:
                await match.handler(exchange, match.target)
            except (InvalidToken, InvalidLink) as error:
                self._refusals.note(exchange, match, error)
                raise
        elif match.allowed:
            raise MethodNotAllowed(match.allowed)
        else:
            raise NoSuchRoute(f"Route {exchange.method}:{exchange.raw_path.decode('latin-1')} not found")

    async def _answer_error(self, exchange: Exchange, error: Exception) -> None:
        answer = describe(error)
        if answer.status >= _SERVER_FAULT:
            log_fault(_logger, exchange.request_id, error)
        if exchange.status:
            exchange.wire.cut()
            return
        headers: list[Header] = [(b"x-request-id", exchange.request_id.encode()), *extra_headers(error)]
        if isinstance(error, InvalidLink | NotFound) and _is_browser(exchange):
            await exchange.answer(answer.status, [*PAGE_HEADERS, *headers], link_page(error))
            return
        await exchange.answer_json(answer.status, answer.body(), headers)


def _is_browser(exchange: Exchange) -> bool:
    """Return whether a person looks at the answer: browsers ask for HTML when an address is opened."""
    return exchange.method == "GET" and "text/html" in (exchange.header(b"accept") or "")
