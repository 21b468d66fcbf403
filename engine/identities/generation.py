"""The counter of all that decides who may do what: policies, users, tokens, keys. What is remembered is keyed by it.

Every transaction that changes any of these raises it. Looking it up costs a few microseconds as long as nothing at all
was committed, by whichever process. Threads: any.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import insert, select, update

from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_settings
from engine.types import RlsContext

ACCESS_GENERATION: Final = "access_generation"
"""Name of the setting that holds it, a number as text."""

_SYSTEM: Final = RlsContext.service()
_S: Final = storage_settings.c
_QUERY: Final = select(_S.value).where(_S.name == ACCESS_GENERATION)


class AccessGeneration:
    """Tells whether anything has changed.

    Args:
        executor: For the row.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._seen: tuple[int, int] | None = None

    def current(self) -> int:
        """Return the generation: whatever was committed before this call is in it.

        Raises:
            DatabaseFault: The database failed.
        """
        version = self._executor.data_version()
        seen = self._seen
        if seen is not None and seen[0] == version:
            return seen[1]
        # The version is older than what is read now or as old, so that nothing is taken for known which is not.
        rows = self._executor.execute(_QUERY, _SYSTEM)
        generation = int(rows[0][0]) if rows else 0
        self._seen = (version, generation)
        return generation


def raise_generation(tx: Transaction) -> None:
    """Let everybody read access state again once a transaction is committed.

    Args:
        tx: The transaction that changes some of it.
    """
    found = tx.execute(_QUERY).scalar()
    if found is None:
        tx.execute(insert(storage_settings).values(name=ACCESS_GENERATION, value="1"))
    else:
        tx.execute(update(storage_settings).where(_S.name == ACCESS_GENERATION).values(value=str(int(found) + 1)))
