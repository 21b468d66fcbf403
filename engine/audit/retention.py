"""How long entries are kept, and the removal of those that are older: from the beginning of the chain alone.

Clocks may be wrong. An entry that seems old between younger ones stays until those are old as well, one of a time to
come holds nothing back, and the newest stay in any case.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.sql import text

from engine import limits
from engine.audit.chain import Chain, Link
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_audit, storage_settings

PRUNING_SETTING: Final = "audit_pruning"
"""Name of the setting without which the database lets nobody delete an entry; there inside a transaction alone."""

_DAYS_SETTING: Final = "audit_days"
_A: Final = storage_audit.c
_S: Final = storage_settings.c
_FIRST_YOUNG: Final = text(
    # `+at`: by number, from the oldest, instead of through all that are younger
    "SELECT id FROM storage_audit WHERE +at >= :cutoff AND +at <= :now ORDER BY id LIMIT 1"
)


def kept_days(tx: Transaction) -> int:
    """Return for how many days entries are kept."""
    value = tx.execute(select(_S.value).where(_S.name == _DAYS_SETTING)).scalar()
    return limits.AUDIT_KEPT_DAYS if value is None else int(value)


def set_kept_days(tx: Transaction, days: int) -> None:
    """Change for how many days entries are kept."""
    if tx.execute(update(storage_settings).where(_S.name == _DAYS_SETTING).values(value=str(days))).rowcount == 0:
        tx.execute(insert(storage_settings).values(name=_DAYS_SETTING, value=str(days)))


def last_old(tx: Transaction, now_us: int) -> int:
    """Return the number of the last entry that is to be removed, or 0."""
    cutoff_us = now_us - kept_days(tx) * 24 * 3600 * 1_000_000
    young = tx.execute(_FIRST_YOUNG, {"cutoff": cutoff_us, "now": now_us}).scalar()
    kept = tx.execute(select(_A.id).order_by(_A.id.desc()).offset(limits.AUDIT_KEPT_MIN).limit(1)).scalar()
    if kept is None:
        return 0
    return int(kept) if young is None else min(int(kept), int(young) - 1)


def remove_some(tx: Transaction, chain: Chain, last_id: int) -> tuple[int, int]:
    """Remove a batch of the oldest entries, and let the chain begin after them.

    Args:
        tx: Writing.
        chain: Whose entries.
        last_id: The last that may go.

    Returns:
        How many went, and the number of the last of them.
    """
    query = select(_A.id, _A.hash).where(_A.id <= last_id).order_by(_A.id).limit(limits.AUDIT_BATCH)
    rows = tx.execute(query).all()
    if not rows:
        return 0, 0
    number, found = int(rows[-1][0]), rows[-1][1]
    tx.execute(insert(storage_settings).values(name=PRUNING_SETTING, value="1"))
    tx.execute(delete(storage_audit).where(_A.id <= number))
    tx.execute(delete(storage_settings).where(_S.name == PRUNING_SETTING))
    head = chain.head(tx)
    if head is not None and head.holds and found is not None:
        chain.set_head(tx, replace(head, first=Link(number, bytes(found))))
    return len(rows), number
