"""From the request's token to the caller's context.

A bearer token counts first; the `apikey` field, which Supabase's clients send as well, stands in for a missing one.
"""

from __future__ import annotations

from typing import Final

from engine.auth import TokenVerifier
from engine.errors import InvalidToken
from engine.server.exchange import Exchange
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


def _token_of(exchange: Exchange) -> str:
    field = exchange.header(b"authorization")
    if field is None:
        return (exchange.header(b"apikey") or "").strip()
    scheme, token = field[: len(_BEARER)], field[len(_BEARER) :]
    return token.strip() if scheme.lower() == _BEARER else ""
