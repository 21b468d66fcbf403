"""What a recovery leaves for the audit: it makes a database before anybody has the key of the chain.

It is put down in the new database's settings, and becomes an entry when the workspace is opened for the first time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert, select

from engine.audit.entries import Operation
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_settings

_SETTING: Final = "audit_recovered"
_S: Final = storage_settings.c


class Recovered(NamedTuple):
    """A recovery.

    Attributes:
        actor: Who did it, as the audit calls them.
        operation: How.
        detail: What came of it; as JSON can hold it.
    """

    actor: str
    operation: Operation
    detail: Mapping[str, Any]


def leave(tx: Transaction, recovered: Recovered) -> None:
    """Put down a recovery in the database that it makes."""
    tx.execute(delete(storage_settings).where(_S.name == _SETTING))
    tx.execute(insert(storage_settings).values(name=_SETTING, value=json.dumps(recovered)))


def left(tx: Transaction) -> Recovered | None:
    """Return a recovery that has no entry yet, or None."""
    value = tx.execute(select(_S.value).where(_S.name == _SETTING)).scalar()
    if value is None:
        return None
    actor, operation, detail = json.loads(value)
    return Recovered(actor, Operation(operation), detail)


def taken(tx: Transaction) -> None:
    """Forget it: it has an entry."""
    tx.execute(delete(storage_settings).where(_S.name == _SETTING))
