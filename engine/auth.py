"""Who is calling: API keys, and bearer tokens turned into `RlsContext`.

Tokens are Supabase's: JWTs whose claim `role` names the database role and `sub` the user. They are signed with a
secret of this workspace, or with a key of somebody whom it trusts. Which key a token is checked with follows from
`kid`, or from there being only one; the key has one algorithm, and a token that names another is refused.

What is checked, in this order: form and signature, the form of the claims, `iss` and `aud`, role and subject, the
times, and whether the token was ended. `iss` and `aud` are not asked of tokens that were minted here.

Source: specification, "With Authentication (Phase 8)"; RFC 7519, RFC 8725; Supabase's messages for refused tokens.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Protocol

from engine.errors import InvalidToken
from engine.tokens import HS256, TokenCodec, TokenReader, header_of
from engine.types import RlsContext, Role

ISSUER: Final = "holdall"
"""`iss` of the keys and tokens that are made here."""

_ISSUED_AT_UNIX_S: Final = 1_767_225_600
"""A fixed moment (the start of 2026), so that a secret always gives the same keys."""

_TOKEN_MAX_CHARS: Final = 16 * 1024
"""Longest token that is looked at: what HTTP servers take as one header."""

_REMEMBERED_TOKENS: Final = 256
"""Verified tokens kept, so that a busy client pays for one signature; bounds the memory to 4 MiB."""

_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
"""What no database takes as text: a policy that reads such a claim would fail, or see another text."""

_WRONG_SIGNATURE: Final = "signature verification failed"
_WRONG_ALGORITHM: Final = '"alg" (Algorithm) Header Parameter value not allowed'
_NO_TOKEN: Final = "Invalid Compact JWS"  # noqa: S105 - a message
_NO_KEY: Final = "no applicable key found in the JSON Web Key Set"


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
        claims = {"iss": ISSUER, "role": role.value, "iat": _ISSUED_AT_UNIX_S}
        return self._codec.encode(claims, self._codec.key_id)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key that tokens may be signed with.

    Attributes:
        reader: Checks them.
        key_id: What `kid` calls it, or None where its owner gave it no name.
        is_own: Whether it is a secret of this workspace, and not somebody else's public key.
        retires_unix_s: From when on it no longer counts.
    """

    reader: TokenReader
    key_id: str | None
    is_own: bool = False
    retires_unix_s: float = math.inf


class Trust(Protocol):
    """Whose tokens count, and who is known. Thread-safe."""

    def stamp(self) -> Hashable:
        """Return a value that differs once anything below may answer otherwise; asked for every token, so cheap."""

    def token_keys(self) -> Sequence[TokenKey]:
        """Return the keys, those of this workspace first."""

    def knows_role(self, role: str) -> bool:
        """Return whether there is such a role, for a policy or a user."""

    def has_ended(self, token_id: str) -> bool:
        """Return whether a token that was minted here counts no longer, by its `jti`."""

    def tokens_from_unix_s(self, user_id: str) -> int:
        """Return from when on tokens of a user count that were made elsewhere."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What tokens must say.

    Attributes:
        audience: What `aud` must be, or hold; None asks for nothing.
        issuer: What `iss` must be; None asks for nothing.
        leeway_s: By how many seconds other clocks may be off.
        external_service_role: Whether a token that somebody else signed may claim the service role.
    """

    audience: str | None = None
    issuer: str | None = None
    leeway_s: float = 0
    external_service_role: bool = False


@dataclass(frozen=True, slots=True)
class _Verified:
    context: RlsContext
    issued_unix_s: float
    not_before_unix_s: float
    expires_unix_s: float
    key_retires_unix_s: float


class TokenVerifier:
    """Turns bearer tokens into contexts. Thread-safe; remembers the signatures it has checked, never their expiry.

    The same token gives the very same context until something changes that decides about it.

    Args:
        trust: Whose tokens count.
        rules: What they must say.
        clock: Seconds since the epoch.
    """

    def __init__(self, trust: Trust, rules: TokenRules | None = None, clock: Callable[[], float] = time.time) -> None:
        self._trust = trust
        self._rules = rules or TokenRules()
        self._clock = clock
        self._verified = lru_cache(maxsize=_REMEMBERED_TOKENS)(self._verify)

    def context(self, token: str) -> RlsContext:
        """Return who the holder of `token` is.

        Args:
            token: What followed `Bearer`; `""` if there was none.

        Returns:
            The context, with all claims.

        Raises:
            InvalidToken: Malformed, signed otherwise, not valid now, ended, or with a role that is unknown here.
        """
        if len(token) > _TOKEN_MAX_CHARS:
            raise InvalidToken(_NO_TOKEN)
        verified = self._verified(token, self._trust.stamp())
        self._check_times(verified)
        return verified.context

    def _check_times(self, verified: _Verified) -> None:
        now_s, leeway_s = self._clock(), self._rules.leeway_s
        if now_s >= verified.key_retires_unix_s:
            raise InvalidToken(_WRONG_SIGNATURE)
        if now_s - leeway_s >= verified.expires_unix_s:
            raise InvalidToken('"exp" claim timestamp check failed')
        if now_s + leeway_s < verified.not_before_unix_s:
            raise InvalidToken('"nbf" claim timestamp check failed')
        if now_s + leeway_s < verified.issued_unix_s:
            raise InvalidToken('"iat" claim timestamp check failed')

    def _verify(self, token: str, stamp: Hashable) -> _Verified:
        """Check all that stays true while the stamp does."""
        del stamp
        key, claims = self._signed_claims(token)
        verified = _Verified(
            issued_unix_s=_time_claim(claims, "iat", default=-math.inf),
            not_before_unix_s=_time_claim(claims, "nbf", default=-math.inf),
            expires_unix_s=_time_claim(claims, "exp", default=math.inf),
            key_retires_unix_s=key.retires_unix_s,
            context=self._context_of(claims, key),
        )
        self._check_times(verified)
        self._refuse_ended(claims, key)
        return verified

    def _signed_claims(self, token: str) -> tuple[TokenKey, dict[str, Any]]:
        """Return the claims, and the key that they are signed with."""
        from jwt import InvalidSignatureError, InvalidTokenError  # see engine.tokens

        try:
            for key in self._keys_for(header_of(token)):
                try:
                    return key, key.reader.decode(token)
                except InvalidSignatureError:
                    continue
        except InvalidTokenError as error:
            raise InvalidToken(_NO_TOKEN) from error
        raise InvalidToken(_WRONG_SIGNATURE)

    def _keys_for(self, header: Mapping[str, Any]) -> Sequence[TokenKey]:
        """Return the keys that a token may be signed with: the one that it names, if there is such a key.

        Where it names none, or one that is not known, all secrets of this workspace are tried: tokens of other
        programs, which share a secret, know no name for it. Of the keys of others it is then the one that has no name
        either, or where the token names none the only one.
        """
        now_s = self._clock()
        keys = [key for key in self._trust.token_keys() if now_s < key.retires_unix_s]
        algorithm, key_id = header.get("alg"), header.get("kid")
        named = [key for key in keys if key_id is not None and key.key_id == key_id]
        fitting = [key for key in named or keys if key.reader.algorithm == algorithm]
        if not fitting:
            raise InvalidToken(_WRONG_ALGORITHM)
        if named or algorithm == HS256:
            return fitting
        nameless = [key for key in fitting if key_id is None or key.key_id is None]
        if len(nameless) != 1:
            raise InvalidToken(_NO_KEY)
        return nameless

    def _context_of(self, claims: dict[str, Any], key: TokenKey) -> RlsContext:
        _refuse_unfit(claims)
        if not (key.is_own and claims.get("iss") == ISSUER):
            self._check_origin(claims)
        role = self._role_of(claims, key)
        user_id = claims.get("sub")
        if user_id is not None and not isinstance(user_id, str):
            raise InvalidToken('"sub" claim must be a string')
        return RlsContext(
            user_id=user_id or None,
            role=role,
            claims=MappingProxyType(claims),
            can_bypass_rls=role == Role.SERVICE,
        )

    def _check_origin(self, claims: Mapping[str, Any]) -> None:
        """Refuse tokens that were made by, or for, somebody else than asked for."""
        rules, audience = self._rules, claims.get("aud")
        if rules.issuer is not None and claims.get("iss") != rules.issuer:
            raise InvalidToken('unexpected "iss" claim value')
        if rules.audience is None or audience == rules.audience:
            return
        if not isinstance(audience, list) or rules.audience not in audience:
            raise InvalidToken('unexpected "aud" claim value')

    def _role_of(self, claims: Mapping[str, Any], key: TokenKey) -> str:
        role = claims.get("role")
        if not isinstance(role, str) or not self._trust.knows_role(role):
            raise InvalidToken('"role" claim must name a role that is known here')
        if role == Role.SERVICE and not key.is_own and not self._rules.external_service_role:
            raise InvalidToken('"role" claim must not be service_role in a token that was signed elsewhere')
        return role

    def _refuse_ended(self, claims: Mapping[str, Any], key: TokenKey) -> None:
        """Refuse tokens that were revoked: those minted here one by one, others by when they were made."""
        token_id, user_id = claims.get("jti"), claims.get("sub")
        if key.is_own and claims.get("iss") == ISSUER and token_id is not None:
            if not isinstance(token_id, str) or self._trust.has_ended(token_id):
                raise InvalidToken("The token was revoked")
        elif user_id and _time_claim(claims, "iat", default=0) < self._trust.tokens_from_unix_s(user_id):
            raise InvalidToken("The token was revoked")


def _refuse_unfit(claims: dict[str, Any]) -> None:
    """Refuse texts and numbers that policies could not read as they are."""
    for value in _values_in(claims):
        if isinstance(value, str) and _UNFIT.search(value):
            raise InvalidToken("The claims hold characters that are not allowed")
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidToken("The claims hold a number that is too large")


def _values_in(claims: dict[str, Any]) -> Iterator[object]:
    """Yield every key and every value of claims, however deep; without recursion, for they may be deeper than that."""
    waiting: list[Any] = [claims]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            yield value


def _time_claim(claims: Mapping[str, Any], name: str, *, default: float) -> float:
    if name not in claims:
        return default
    value = claims[name]
    if type(value) is int or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise InvalidToken(f'"{name}" claim must be a number')
