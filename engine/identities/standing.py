"""Whether somebody who was let in some time ago would be let in now, for what is done in their name later.

What they said of themselves is kept until then, their token is not: so its signature is not asked again, nor whether
its key still counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from engine.auth import ISSUER
from engine.identities.tokens_from import tokens_from
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_tokens
from engine.types import RlsContext

_T: Final = storage_tokens.c
_SECOND_US: Final = 1_000_000


def still_counts(tx: Transaction, caller: RlsContext, since_us: int, now_us: int) -> bool:
    """Return whether a caller's token has not ended; without one, whether the user was neither changed nor removed.

    Args:
        tx: Sees tokens and users.
        caller: Who it was.
        since_us: When they were let in, in microseconds since 1970, UTC.
        now_us: The present moment, likewise.
    """
    expires_s = _seconds(caller.claims, "exp")
    if expires_s is not None and now_us >= expires_s * _SECOND_US:
        return False
    is_revoked = _is_revoked(tx, caller)
    if is_revoked is not None:
        return not is_revoked
    if caller.user_id is None:
        return True
    made_s = _seconds(caller.claims, "iat")
    return (since_us // _SECOND_US if made_s is None else made_s) >= tokens_from(tx, caller.user_id)


def _is_revoked(tx: Transaction, caller: RlsContext) -> bool | None:
    """Return whether the token was ended, or None where it is not one that is remembered here."""
    token_id = caller.claims.get("jti")
    if caller.claims.get("iss") != ISSUER or not isinstance(token_id, str):
        return None
    mine = select(_T.revoked_at).where(_T.id == token_id, _T.user_id == caller.user_id)
    row = tx.execute(mine).first()
    return None if row is None else row.revoked_at is not None


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    return value if isinstance(value, int | float) else None
