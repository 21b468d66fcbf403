"""Whether the server is there."""

from __future__ import annotations

from engine.server.exchange import Exchange
from engine.server.routing import Route, Shape, Target


class StatusRoutes:
    """Handlers of `/health`; anybody may ask, and learns nothing else."""

    def routes(self) -> tuple[Route, ...]:
        """Return the lines of the routing table."""
        return (Route("GET", "health", Shape.PLAIN, self._health),)

    async def _health(self, exchange: Exchange, _: Target) -> None:
        await exchange.answer_json(200, {"healthy": True})
