"""The journal of a restored backup: work on files that was open then, most of which is long done.

A file that was to be moved or removed may be another object's by now, so that work is dropped; reconciling finds the
file where it is. Two kinds are still safe, and needed if the backup was the last thing before a crash: staged bytes are
nobody else's, and bytes that are older than their record make room for those.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, select, update

from engine.backends.base import StorageBackend
from engine.files.journal import Journal, JournalKind
from engine.files.settle import Settler
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_journal, storage_object_versions, storage_objects
from engine.recovery.files import modified_us
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()
_J: Final = storage_journal.c


def close_journal(executor: Executor, backend: StorageBackend) -> None:
    """Finish what is still safe to finish, and drop the rest.

    Args:
        executor: Of the restored database, which nobody else uses.
        backend: Its files.
    """
    with executor.transaction(_SYSTEM) as tx:
        tx.execute(delete(storage_journal).where(_J.kind.in_([JournalKind.RELOCATE.value, JournalKind.REMOVE.value])))
        _keep_true(tx, backend)
    Settler(executor, backend, Journal()).roll_forward()
    with executor.transaction(_SYSTEM) as tx:
        tx.execute(delete(storage_journal))
        for table in (storage_objects, storage_object_versions):
            tx.execute(update(table).values(journal_id=None))


def _keep_true(tx: Transaction, backend: StorageBackend) -> None:
    """Let `archive` records name only bytes that were there when they were written."""
    for row in tx.execute(select(storage_journal).where(_J.kind == JournalKind.ARCHIVE.value)).all():
        kept: Sequence[Any] = [item for item in row.items if _is_older(backend, item[0], row.created_at)]
        tx.execute(update(storage_journal).where(_J.id == row.id).values(items=kept))


def _is_older(backend: StorageBackend, key: str, moment_us: int) -> bool:
    reader = backend.open(key)
    if reader is None:
        return False
    with contextlib.closing(reader):
        return modified_us(reader) <= moment_us
