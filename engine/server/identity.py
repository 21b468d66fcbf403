"""From the request's token to the caller's context, and from that to who does what, from where.

A bearer token counts first; the `apikey` field, which Supabase's clients send as well, stands in for a missing one.
What the verifier returns is one object for one token, by which callers are recognised: what is done with it goes into
a copy.
"""

from __future__ import annotations

from typing import Final

from engine.auth import TokenVerifier
from engine.context import Operation, Origin
from engine.errors import InvalidToken
from engine.server.exchange import Exchange
from engine.server.gatekeeper import plain_address
from engine.types import RlsContext

ANONYMOUS: Final = RlsContext.anonymous()
"""Somebody who showed nothing; one object, so that it is recognised."""

_BEARER: Final = "bearer "


class Identity:
    """Tells who is asking.

    Args:
        verifier: Checks tokens.
    """

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def required(self, exchange: Exchange) -> RlsContext:
        """Return the caller's context where a token is needed.

        Args:
            exchange: The request; learns the user's id for the log.

        Raises:
            InvalidToken: No token, or one that does not hold. A missing one counts as an empty one.
        """
        context = self._verifier.context(_token_of(exchange))
        exchange.user_id = context.user_id
        return context

    def optional(self, exchange: Exchange) -> RlsContext:
        """Return the caller's context where anybody may ask: a missing or bad token counts as anonymous.

        Args:
            exchange: The request; learns the user's id for the log.
        """
        try:
            return self.required(exchange)
        except InvalidToken:
            return ANONYMOUS

    def acting(self, exchange: Exchange, operation: Operation, bucket: str = "", path: str = "") -> RlsContext:
        """Return `required` with what the caller does, and where the request came from.

        Args:
            exchange: The request; learns the user's id for the log.
            operation: What is done.
            bucket: Where, as the caller named it.
            path: To what.

        Raises:
            InvalidToken: As `required`.
        """
        return in_act(exchange, self.required(exchange), operation, bucket, path)


def in_act(
    exchange: Exchange, caller: RlsContext, operation: Operation, bucket: str = "", path: str = ""
) -> RlsContext:
    """Return a caller with what they do, and where the request came from.

    Args:
        exchange: The request.
        caller: Who it is.
        operation: What is done.
        bucket: Where, as the caller named it.
        path: To what.
    """
    return caller.doing(operation, bucket, path).coming_from(origin_of(exchange))


def origin_of(exchange: Exchange) -> Origin:
    """Return where a request came from.

    Args:
        exchange: The request.
    """
    return Origin(exchange.request_id, plain_address(exchange.client))


def _token_of(exchange: Exchange) -> str:
    field = exchange.header(b"authorization")
    if field is None:
        return (exchange.header(b"apikey") or "").strip()
    scheme, token = field[: len(_BEARER)], field[len(_BEARER) :]
    return token.strip() if scheme.lower() == _BEARER else ""
