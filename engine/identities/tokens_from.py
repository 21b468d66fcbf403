"""From when on the tokens of a subject count that this workspace does not remember one by one."""

from __future__ import annotations

from sqlalchemy import select

from engine.identities.rules import TOKENS_FROM
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_settings, storage_users


def tokens_from(tx: Transaction, user_id: str) -> int:
    """Return from which second since 1970 on a subject's tokens count; 0 where they never ended.

    Args:
        tx: Sees users and settings.
        user_id: `sub` of a token.
    """
    users, settings = storage_users.c, storage_settings.c
    ends = [
        *tx.execute(select(users.tokens_from).where(users.id == user_id)).scalars(),
        *tx.execute(select(settings.value).where(settings.name == f"{TOKENS_FROM}{user_id}")).scalars(),
    ]
    return max(map(int, ends), default=0)
