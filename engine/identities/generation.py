"""The counter of all that decides who may do what: policies, users, tokens, keys. What is remembered is keyed by it.

Every transaction that changes any of these raises it. Looking it up costs a few microseconds as long as nothing at all
was committed, by whichever process. Threads: any.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from engine.metadata.executor import Executor
from engine.metadata.tables import storage_settings
from engine.permissions.generation import ACCESS_GENERATION
from engine.types import RlsContext

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
