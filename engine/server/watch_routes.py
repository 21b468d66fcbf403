"""What the store says of itself to whoever watches it: numbers for Prometheus, and how it is.

Nobody learns anything without a token that allows it: the service role's, or for the numbers one of the role
`metrics_reader`, which opens nothing else, so that a monitoring system need not hold the key to everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.errors import InvalidToken, Unauthorized
from engine.observability.exposition import render
from engine.server.exchange import NOSNIFF, Exchange
from engine.server.identity import Identity
from engine.server.routing import Route, Shape, Target
from engine.server.workers import Workers

if TYPE_CHECKING:
    from engine.observability.alarms import Alarms
    from engine.observability.meters import Meters

METRICS_ROLE: Final = "metrics_reader"
"""Who has it may read the numbers."""


class WatchRoutes:
    """Handlers of `/metrics` and `/status`.

    Args:
        meters: What is counted.
        alarms: What is wrong.
        identity: Tells who is asking.
        workers: Where numbers are read.
    """

    def __init__(self, meters: Meters, alarms: Alarms, identity: Identity, workers: Workers) -> None:
        self._meters = meters
        self._alarms = alarms
        self._identity = identity
        self._workers = workers

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (
            Route("GET", "metrics", Shape.PLAIN, self._metrics),
            Route("GET", "status", Shape.PLAIN, self._status),
        )

    async def _metrics(self, exchange: Exchange, _: Target) -> None:
        caller = self._identity.required(exchange)
        if not caller.can_bypass_rls and caller.role != METRICS_ROLE:
            raise Unauthorized("Only the service role and metrics_reader may read metrics")
        content_type, text = await self._workers.run(self._render, exchange.header(b"accept") or "")
        headers = [(b"content-type", content_type.encode()), (b"cache-control", b"no-store"), NOSNIFF]
        await exchange.answer(200, headers, text)

    def _render(self, accept: str) -> tuple[str, bytes]:
        self._meters.buckets_changed()  # perhaps, by another process
        return render(self._meters.read(), accept)

    async def _status(self, exchange: Exchange, _: Target) -> None:
        """Say that the server is there; and to the service role how it is."""
        try:
            knows = self._identity.required(exchange).can_bypass_rls
        except InvalidToken:
            knows = False
        if not knows:
            await exchange.answer(200, [])
            return
        await exchange.answer_json(200, self._alarms.status(), [(b"cache-control", b"no-store")])
