"""`SigningKeys`: what tokens and links are signed with, and how it is replaced.

The keys themselves are in the secret store; the database says which there are, and until when older ones count. A new
key has a name of its own, so that one which was replaced never comes back. A secret from the environment stands in for
all keys of tokens, and then none is replaced. Threads: any; keys of another process are seen with its commit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import insert, or_, select, update

from engine import limits
from engine.access_types import KeyInfo
from engine.acts import act
from engine.auth import ApiKeys, TokenKey
from engine.config import JWT_SECRET_VARIABLE
from engine.context import Operation
from engine.errors import InvalidRequest
from engine.identities.generation import AccessGeneration
from engine.ids import new_id
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_signing_keys
from engine.permissions.generation import raise_generation
from engine.permissions.rules import PermissionChecker
from engine.secrets import SecretStore
from engine.signed_url import LinkKey
from engine.times import now_us, to_datetime
from engine.tokens import HS256, TokenCodec
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()
_K: Final = storage_signing_keys.c


class Purpose(StrEnum):
    """What a key signs."""

    TOKENS = "jwt"
    LINKS = "links"


_FIRST_NAMES: Final = {Purpose.TOKENS: "jwt-secret", Purpose.LINKS: "link-signing-key"}
"""What the secret store calls the keys that a workspace begins with."""


@dataclass(frozen=True, slots=True)
class _Signing:
    """The keys of one generation, the current ones first."""

    generation: int
    jwt_secret: str
    api_keys: ApiKeys
    token_keys: tuple[TokenKey, ...]
    link_keys: tuple[LinkKey, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    purpose: str
    secret_name: str
    retires_at: int | None
    created_at: int

    @property
    def retires_unix_s(self) -> float:
        return math.inf if self.retires_at is None else self.retires_at / 1_000_000


class SigningKeys:
    """The keys of a workspace.

    Args:
        executor: For rows.
        permissions: Who may replace keys.
        secrets: Where keys are kept.
        generation: Tells when to look again.
        fixed_secret: HS256 secret from outside, or None.
        now: The present moment, microseconds since 1970.

    Raises:
        SecretsUnavailable: The keys cannot be read.
    """

    def __init__(
        self,
        executor: Executor,
        permissions: PermissionChecker,
        secrets: SecretStore,
        generation: AccessGeneration,
        fixed_secret: str | None = None,
        now: Callable[[], int] = now_us,
    ) -> None:
        self._executor = executor
        self._permissions = permissions
        self._secrets = secrets
        self._generation = generation
        self._fixed_secret = fixed_secret
        self._now = now
        self._remembered: dict[str, bytes] = {}
        self._begin()
        self._signing = self._read(generation.current())

    @property
    def jwt_secret(self) -> str:
        """Return the HS256 secret that tokens are signed with now."""
        return self._current().jwt_secret

    @property
    def api_keys(self) -> ApiKeys:
        """Return the API keys of the HTTP server as they are now."""
        return self._current().api_keys

    def token_keys(self) -> Sequence[TokenKey]:
        """Return the secrets that tokens may be signed with, the current one first."""
        return self._current().token_keys

    def link_keys(self) -> Sequence[LinkKey]:
        """Return the keys that links may be signed with, the current one first."""
        return self._current().link_keys

    def list(self, context: RlsContext) -> tuple[KeyInfo, ...]:
        """Return the keys that count now, the current ones before those that were replaced.

        Raises:
            Unauthorized: The caller is not the service role.
        """
        self._permissions.check_service(context)
        rows = [row for row in self._rows() if row.retires_at is None or row.retires_at > self._now()]
        own = [row for row in rows if self._fixed_secret is None or row.purpose == Purpose.LINKS]
        fixed = [] if self._fixed_secret is None else [KeyInfo(False, HS256, source=JWT_SECRET_VARIABLE)]
        told = [*fixed, *map(self._told, own)]
        return tuple(sorted(told, key=lambda key: (key.until is not None, key.signs_links)))

    @act(Operation.KEYS_ROTATE, None, told=("overlap_s",))
    def rotate(self, context: RlsContext, overlap_s: int) -> datetime:
        """Replace the keys of tokens and links; what was signed with the old ones counts until the overlap is over.

        Args:
            context: Who asks.
            overlap_s: Seconds, 0 to `limits.LINK_EXPIRES_MAX_S`; 0 ends all tokens, API keys and links at once.

        Returns:
            Until when the old ones count.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidRequest: The overlap is out of range, or the secret comes from outside.
            SecretsUnavailable: The new keys cannot be kept; nothing has changed.
        """
        self._permissions.check_service(context)
        self._check_rotation(overlap_s)
        # The keys first: a keyring may take its time, and where it fails, nothing has changed.
        names = {purpose: f"{first}-{new_id()}" for purpose, first in _FIRST_NAMES.items()}
        for name in names.values():
            self._secrets.get_or_create(name)
        with self._executor.transaction(context) as tx:
            now = self._now()
            until = now + overlap_s * 1_000_000
            longer = or_(_K.retires_at.is_(None), _K.retires_at > until)
            tx.execute(update(storage_signing_keys).where(longer).values(retires_at=until))
            for purpose, name in names.items():
                _insert(tx, purpose, name, now)
            raise_generation(tx)
        return to_datetime(until)

    def _check_rotation(self, overlap_s: int) -> None:
        if self._fixed_secret is not None:
            raise InvalidRequest(
                "The secret of tokens comes from HOLDALL_JWT_SECRET and cannot be replaced here",
                hint="Change it where it is set, or start without it.",
            )
        if isinstance(overlap_s, bool) or not 0 <= overlap_s <= limits.LINK_EXPIRES_MAX_S:
            raise InvalidRequest(f"The overlap is 0 to {limits.LINK_EXPIRES_MAX_S} seconds")

    def _begin(self) -> None:
        """Write down the keys that there are, where that was not done yet."""
        if len({row.purpose for row in self._rows()}) == len(Purpose):
            return
        names = {purpose: self._newest_name(first) for purpose, first in _FIRST_NAMES.items()}
        with self._executor.transaction(_SYSTEM) as tx:
            known = {str(row[0]) for row in tx.execute(select(_K.purpose))}
            for purpose, name in names.items():
                if purpose not in known:
                    _insert(tx, purpose, name, self._now())

    def _newest_name(self, first: str) -> str:
        """Return which key to begin with: where keys were replaced and the database is new, not the first one again."""
        later = [name for name in self._secrets.names() if name.startswith(f"{first}-")]
        return later[-1] if later else first

    def _current(self) -> _Signing:
        generation = self._generation.current()
        if self._signing.generation != generation:
            self._signing = self._read(generation)
        return self._signing

    def _read(self, generation: int) -> _Signing:
        """Get the keys that count, out of the secret store."""
        rows = [row for row in self._rows() if row.retires_at is None or row.retires_at > self._now()]
        links = [row for row in rows if row.purpose == Purpose.LINKS]
        tokens = [(self._secret(row).hex(), row.retires_unix_s) for row in rows if row.purpose == Purpose.TOKENS]
        if self._fixed_secret is not None:
            tokens = [(self._fixed_secret, math.inf)]
        return _Signing(
            generation=generation,
            jwt_secret=tokens[0][0],
            api_keys=ApiKeys(tokens[0][0]),
            token_keys=tuple(_token_key(secret, retires_unix_s) for secret, retires_unix_s in tokens),
            link_keys=tuple(LinkKey(self._secret(row), row.retires_unix_s) for row in links),
        )

    def _told(self, row: _Row) -> KeyInfo:
        """Return what may be told of a key."""
        links = row.purpose == Purpose.LINKS
        key_id = None if links else TokenCodec(self._secret(row).hex().encode()).key_id
        until = None if row.retires_at is None else to_datetime(row.retires_at)
        return KeyInfo(links, HS256, key_id, to_datetime(row.created_at), until)

    def _secret(self, row: _Row) -> bytes:
        """Return a key, asked of the store once: under one name it never changes, and a keyring takes its time."""
        found = self._remembered.get(row.secret_name)
        if found is None:
            found = self._remembered[row.secret_name] = self._secrets.get_or_create(row.secret_name)
        return found

    def _rows(self) -> Sequence[_Row]:
        """Return all rows, current keys before old ones."""
        query = select(_K.purpose, _K.secret_name, _K.retires_at, _K.created_at).order_by(
            _K.retires_at.is_not(None), _K.created_at.desc(), _K.id.desc()
        )
        return [_Row(*row) for row in self._executor.execute(query, _SYSTEM)]


def _insert(tx: Transaction, purpose: Purpose, name: str, now: int) -> None:
    values = {"id": new_id(), "purpose": purpose.value, "secret_name": name, "created_at": now, "retires_at": None}
    tx.execute(insert(storage_signing_keys).values(values))


def _token_key(secret: str, retires_unix_s: float) -> TokenKey:
    codec = TokenCodec(secret.encode())
    return TokenKey(codec, codec.key_id, is_own=True, retires_unix_s=retires_unix_s)
