"""Who is calling: API keys, and bearer tokens turned into `RlsContext`.

Tokens are Supabase's: JWTs signed with one HS256 secret, the claim `role` naming the database role and `sub` the user.

Source: specification, "With Authentication (Phase 8)"; RFC 7519; Supabase's messages for refused tokens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import jwt

from engine.errors import InvalidToken
from engine.tokens import TokenCodec
from engine.types import RlsContext, Role

_ISSUER: Final = "holdall"
_ISSUED_AT_UNIX_S: Final = 1_767_225_600
"""A fixed moment (the start of 2026), so that a secret always gives the same keys."""

_TOKEN_MAX_CHARS: Final = 16 * 1024
"""Longest token that is looked at: what HTTP servers take as one header."""

_REMEMBERED_TOKENS: Final = 256
"""Verified tokens kept, so that a busy client pays for one signature; bounds the memory to 4 MiB."""

_ROLES: Final = frozenset(Role)


class ApiKeys:
    """The two keys of a workspace, for clients of its HTTP API. Equal secrets give equal keys.

    Args:
        secret: The HS256 secret.

    Raises:
        InvalidRequest: The secret is empty, or is a public key or certificate.
    """

    def __init__(self, secret: str) -> None:
        self._codec = TokenCodec(secret.encode())

    @property
    def anon(self) -> str:
        """The key that may be public: its holder is nobody in particular."""
        return self._key(Role.ANON)

    @property
    def service_role(self) -> str:
        """The key to keep: its holder may do everything."""
        return self._key(Role.SERVICE)

    def _key(self, role: Role) -> str:
        return self._codec.encode({"iss": _ISSUER, "role": role.value, "iat": _ISSUED_AT_UNIX_S})


@dataclass(frozen=True, slots=True)
class _Verified:
    context: RlsContext
    not_before_unix_s: float
    expires_unix_s: float


class TokenVerifier:
    """Turns bearer tokens into contexts. Thread-safe; remembers the signatures it has checked, never their expiry.

    Args:
        secret: The HS256 secret.
        clock: Seconds since the epoch.

    Raises:
        InvalidRequest: The secret is empty, or is a public key or certificate.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._codec = TokenCodec(secret.encode())
        self._clock = clock
        self._verified = lru_cache(maxsize=_REMEMBERED_TOKENS)(self._verify)

    def context(self, token: str) -> RlsContext:
        """Return who the holder of `token` is.

        Args:
            token: What followed `Bearer`; `""` if there was none.

        Returns:
            The context, with all claims.

        Raises:
            InvalidToken: Malformed, signed otherwise, not valid now, or with a role that is unknown here.
        """
        if len(token) > _TOKEN_MAX_CHARS:
            raise InvalidToken("Invalid Compact JWS")
        verified = self._verified(token)
        now_s = self._clock()
        if now_s >= verified.expires_unix_s:
            raise InvalidToken('"exp" claim timestamp check failed')
        if now_s < verified.not_before_unix_s:
            raise InvalidToken('"nbf" claim timestamp check failed')
        return verified.context

    def _verify(self, token: str) -> _Verified:
        claims = self._signed_claims(token)
        return _Verified(
            context=_context_of(claims),
            not_before_unix_s=_time_claim(claims, "nbf", default=-math.inf),
            expires_unix_s=_time_claim(claims, "exp", default=math.inf),
        )

    def _signed_claims(self, token: str) -> dict[str, Any]:
        try:
            return self._codec.decode(token)
        except jwt.InvalidSignatureError as error:
            raise InvalidToken("signature verification failed") from error
        except jwt.InvalidAlgorithmError as error:
            raise InvalidToken('"alg" (Algorithm) Header Parameter value not allowed') from error
        except jwt.InvalidTokenError as error:
            raise InvalidToken("Invalid Compact JWS") from error


def _context_of(claims: dict[str, Any]) -> RlsContext:
    role = claims.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise InvalidToken(f'"role" claim must be one of {", ".join(Role)}')
    user_id = claims.get("sub")
    if user_id is not None and not isinstance(user_id, str):
        raise InvalidToken('"sub" claim must be a string')
    return RlsContext(
        user_id=user_id or None,
        role=Role(role),
        claims=MappingProxyType(claims),
        can_bypass_rls=role == Role.SERVICE,
    )


def _time_claim(claims: Mapping[str, Any], name: str, *, default: float) -> float:
    if name not in claims:
        return default
    value = claims[name]
    if type(value) is int or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise InvalidToken(f'"{name}" claim must be a number')
