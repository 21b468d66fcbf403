"""`Tokens`: bearer tokens that are minted here, remembered by their id, and ended before their time. Threads: any.

A token says who its holder is and in which role, so that nothing has to be looked up for it but whether it was ended.
It is signed with the key of the day, named in its header, and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from engine import limits
from engine.access_types import IssuedToken, TokenInfo, User
from engine.acts import act
from engine.auth import ISSUER
from engine.context import Operation
from engine.errors import InvalidRequest, TokenNotFound
from engine.identities.known import KnownIdentities
from engine.identities.rules import TOKENS_FROM, checked_claims, checked_role, checked_subject
from engine.identities.signing_keys import SigningKeys
from engine.ids import new_id
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_settings, storage_tokens, storage_users
from engine.permissions.generation import raise_generation
from engine.permissions.rules import PermissionChecker
from engine.times import now_us, to_datetime
from engine.tokens import TokenCodec
from engine.types import RlsContext, Role

_T: Final = storage_tokens.c
_SECOND_US: Final = 1_000_000


class Tokens:
    """Mints and ends tokens. Only the service role may.

    Args:
        executor: For rows.
        permissions: Who may.
        signing_keys: What they are signed with.
        known: Which roles there are.
        now: The present moment, microseconds since 1970.
    """

    def __init__(
        self,
        executor: Executor,
        permissions: PermissionChecker,
        signing_keys: SigningKeys,
        known: KnownIdentities,
        now: Callable[[], int] = now_us,
    ) -> None:
        self._executor = executor
        self._permissions = permissions
        self._signing_keys = signing_keys
        self._known = known
        self._now = now

    @act(Operation.TOKEN_CHANGE, None)
    def mint(
        self,
        context: RlsContext,
        *,
        sub: str | None,
        role: str = Role.AUTHENTICATED,
        claims: Mapping[str, Any] | None = None,
        expires_in_s: int | None = None,
    ) -> IssuedToken:
        """Make a token.

        Args:
            context: Who asks.
            sub: Whom it is for, usually a user's id; None for nobody in particular.
            role: The role of its holder.
            claims: What else it says.
            expires_in_s: Its life in seconds, 1 to `limits.TOKEN_EXPIRES_MAX_S`, or None for until it is ended.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidRequest: One of these cannot be, or no policy and no user has that role.
        """
        self._permissions.check_service(context)
        extra, subject = checked_claims(claims), checked_subject(sub)
        if not self._known.knows_role(checked_role(role)):
            raise InvalidRequest("No policy and no user has this role", path=role)
        now_s = self._now() // _SECOND_US
        info = TokenInfo(
            id=new_id(),
            user_id=subject,
            role=str(role),
            created_at=to_datetime(now_s * _SECOND_US),
            expires_at=None if expires_in_s is None else to_datetime((now_s + _life(expires_in_s)) * _SECOND_US),
            revoked_at=None,
        )
        self._remember(info, now_s, expires_in_s, context)
        return IssuedToken(self._signed(info, now_s, expires_in_s, extra), info)

    def mint_for(self, user: User, context: RlsContext, expires_in_s: int | None = None) -> IssuedToken:
        """Make a token for a local user, in their role and with their claims.

        Args:
            user: Who.
            context: Who asks.
            expires_in_s: Likewise.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidRequest: Its life is out of range.
        """
        return self.mint(context, sub=user.id, role=user.role, claims=user.claims, expires_in_s=expires_in_s)

    def list(self, context: RlsContext, user_id: str | None = None) -> tuple[TokenInfo, ...]:
        """Return the tokens that were minted here, the newest first; expired ones are forgotten after a while.

        Args:
            context: Who asks.
            user_id: Those of one subject alone, or None.

        Raises:
            Unauthorized: The caller is not the service role.
        """
        self._permissions.check_service(context)
        query = select(storage_tokens).order_by(_T.id.desc())
        if user_id is not None:
            query = query.where(_T.user_id == user_id)
        return tuple(_info_from(row) for row in self._executor.execute(query, context))

    @act(Operation.TOKEN_CHANGE, None, path="token_id")
    def revoke(self, token_id: str, context: RlsContext) -> None:
        """End a token; one that was ended stays so.

        Args:
            token_id: Its `jti`.
            context: Who asks.

        Raises:
            Unauthorized: The caller is not the service role.
            TokenNotFound: There is none.
        """
        self._permissions.check_service(context)
        with self._executor.transaction(context) as tx:
            if tx.execute(select(_T.id).where(_T.id == token_id)).first() is None:
                raise TokenNotFound("There is no token of this id", path=token_id)
            tx.execute(update(storage_tokens).where(_living(_T.id == token_id)).values(revoked_at=self._now()))
            raise_generation(tx)

    @act(Operation.TOKEN_CHANGE, None, path="user_id")
    def revoke_all(self, user_id: str, context: RlsContext) -> int:
        """End all tokens of a subject, and of a local user also those that other programs signed until now.

        Args:
            user_id: The subject.
            context: Who asks.

        Returns:
            How many that were minted here have ended.

        Raises:
            Unauthorized: The caller is not the service role.
        """
        self._permissions.check_service(context)
        with self._executor.transaction(context) as tx:
            ended = end_tokens_of(tx, user_id, self._now())
            raise_generation(tx)
        return ended

    def _remember(self, info: TokenInfo, now_s: int, expires_in_s: int | None, context: RlsContext) -> None:
        """Write a token's row, and forget what expired long ago."""
        now = now_s * _SECOND_US
        values = {
            "id": info.id,
            "user_id": info.user_id,
            "role": info.role,
            "created_at": now,
            "expires_at": None if expires_in_s is None else now + expires_in_s * _SECOND_US,
        }
        with self._executor.transaction(context) as tx:
            tx.execute(delete(storage_tokens).where(_T.expires_at < now - limits.TOKEN_KEPT_S * _SECOND_US))
            tx.execute(insert(storage_tokens).values(values))
            tx.note(token=info.id, sub=info.user_id, role=info.role)
            raise_generation(tx)

    def _signed(self, info: TokenInfo, now_s: int, expires_in_s: int | None, extra: Mapping[str, Any]) -> str:
        """Return the token itself."""
        codec = TokenCodec(self._signing_keys.jwt_secret.encode())
        claims: dict[str, Any] = {"iss": ISSUER, "role": info.role, "iat": now_s, "jti": info.id}
        if info.user_id is not None:
            claims["sub"] = info.user_id
        if expires_in_s is not None:
            claims["exp"] = now_s + expires_in_s
        return codec.encode({**extra, **claims}, codec.key_id)


def end_tokens_of(tx: Transaction, user_id: str, now: int) -> int:
    """End all tokens of a subject in the caller's transaction, and return how many were minted here.

    Args:
        tx: The transaction; whoever opened it raises the generation.
        user_id: The subject.
        now: The present moment, microseconds since 1970.
    """
    ended = tx.execute(update(storage_tokens).where(_living(_T.user_id == user_id)).values(revoked_at=now)).rowcount
    # From the next second on: others write down whole seconds, and what was made in this one may be from before.
    values = {"tokens_from": now // _SECOND_US + 1}
    tx.execute(update(storage_users).where(storage_users.c.id == user_id).values(values))
    # Beside the user's row as well: it may go, and what ended must not count again.
    setting = {"name": f"{TOKENS_FROM}{user_id}", "value": str(values["tokens_from"])}
    tx.execute(delete(storage_settings).where(storage_settings.c.name == setting["name"]))
    tx.execute(insert(storage_settings).values(setting))
    return int(ended)


def _living(condition: Any) -> Any:  # noqa: ANN401 - conditions of SQLAlchemy
    return condition & _T.revoked_at.is_(None)


def _life(expires_in_s: int) -> int:
    if isinstance(expires_in_s, bool) or not isinstance(expires_in_s, int):
        raise InvalidRequest("The life of a token is a whole number of seconds")
    if not 0 < expires_in_s <= limits.TOKEN_EXPIRES_MAX_S:
        raise InvalidRequest(f"The life of a token is 1 to {limits.TOKEN_EXPIRES_MAX_S} seconds")
    return expires_in_s


def _info_from(row: AnyRow) -> TokenInfo:
    return TokenInfo(
        id=row.id,
        user_id=row.user_id,
        role=row.role,
        created_at=to_datetime(row.created_at),
        expires_at=None if row.expires_at is None else to_datetime(row.expires_at),
        revoked_at=None if row.revoked_at is None else to_datetime(row.revoked_at),
    )
