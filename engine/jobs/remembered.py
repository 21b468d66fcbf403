"""What jobs remember from one run to the next, also over restarts: small texts in `storage_settings`. Threads: any."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_settings
from engine.types import RlsContext

_SYSTEM = RlsContext.service()


class Remembered:
    """One text.

    Args:
        executor: For its row.
        name: Unique among the settings.
    """

    def __init__(self, executor: Executor, name: str) -> None:
        self._executor = executor
        self._name = name

    def get(self) -> str | None:
        """Return the text, or None where there is none yet."""
        table = storage_settings
        rows = self._executor.execute(select(table.c.value).where(table.c.name == self._name), _SYSTEM)
        return str(rows[0][0]) if rows else None

    def put(self, value: str, tx: Transaction | None = None, patience_s: float | None = None) -> None:
        """Keep another text, in a transaction of its own or the caller's.

        Args:
            value: The text.
            tx: The caller's transaction, or None.
            patience_s: How long one of its own waits for other processes; `limits.BUSY_TIMEOUT_S` by default.
        """
        if tx is None:
            with self._executor.transaction(_SYSTEM, patience_s) as own:
                self.put(value, own)
            return
        tx.execute(delete(storage_settings).where(storage_settings.c.name == self._name))
        tx.execute(insert(storage_settings).values(name=self._name, value=value))

    def forget(self) -> None:
        """Keep none."""
        self._executor.execute(delete(storage_settings).where(storage_settings.c.name == self._name), _SYSTEM)
