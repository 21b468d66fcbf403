"""The audit: what was removed or put aside, by whom and when. Written with the change itself, or not at all.

Each entry is logged as well, once its transaction is written: a log without its entry is a change that did not happen.
Entries stay for a year, the newest 10,000 for ever.

Threads: any.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import delete, insert, select

from engine import limits
from engine.cancel import CancelToken
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_audit
from engine.times import now_us, to_datetime
from engine.types import RlsContext

_logger = logging.getLogger(__name__)
_A: Final = storage_audit.c
_SYSTEM: Final = RlsContext.service()


class Operation(StrEnum):
    """What an entry is about."""

    SET_ASIDE = "cleanup.set-aside"
    """Bytes that nobody claimed were moved to `.lost+found`."""
    ROW_REMOVED = "cleanup.row-removed"
    """An object, or an old version, whose bytes stayed away was removed."""
    STAGED_SWEPT = "cleanup.staged-swept"
    """Uploads that their processes left unfinished were thrown away."""
    QUARANTINED = "quarantine.entered"
    """The bytes of an object were found missing or damaged."""
    RELEASED = "quarantine.left"
    """They are there again."""
    OUTSIDE_EDITED = "outside.edited"
    """Another program changed an object's file, which became a new version; what it replaced is in here whole."""
    OUTSIDE_ADDED = "outside.added"
    """Another program put a file into a bucket's folder, which became an object."""
    OUTSIDE_DELETED = "outside.deleted"
    """Another program deleted an object's file, and the object went with it; its row is in here whole."""
    OUTSIDE_REPORTED = "outside.reported"
    """Another program put a file into a bucket's folder, and it was left where it is."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry.

    Attributes:
        at: When it happened.
        actor: Who did it: a user's id, or the name of a job.
        operation: What was done; a value of `Operation`, or of a later program's.
        bucket_id: Where, or None where it was in no bucket.
        path: The object's path, or the stored file's key.
        detail: What is to be known of it; a removed row is in here whole.
    """

    at: datetime
    actor: str
    operation: str
    bucket_id: str | None
    path: str
    detail: Mapping[str, Any]


class Audit:
    """Writes and reads the audit.

    Args:
        executor: For rows.
        now: The present moment, in microseconds since 1970, UTC.
    """

    def __init__(self, executor: Executor, now: Callable[[], int] = now_us) -> None:
        self._executor = executor
        self._now = now

    def record(
        self,
        tx: Transaction,
        actor: str,
        operation: Operation,
        bucket_id: str | None,
        path: str,
        detail: Mapping[str, Any],
    ) -> None:
        """Write an entry, in the transaction of the change that it is about."""
        values = {"actor": actor, "operation": operation.value, "bucket_id": bucket_id, "path": path, "detail": detail}
        tx.execute(insert(storage_audit).values(at=self._now(), **values))
        _logger.info("%s by %s: %s", operation, actor, path, extra={"audit": values})

    def prune(self, cancel: CancelToken) -> int:
        """Remove entries that are old, and return how many.

        Raises:
            Cancelled: `cancel` was used; what is removed stays removed.
        """
        last = select(_A.id).order_by(_A.id.desc()).offset(limits.AUDIT_KEPT_MIN).limit(1).scalar_subquery()
        old = (_A.at < self._now() - limits.AUDIT_KEPT_S * 1_000_000) & (_A.id <= last)
        removed = 0
        while ids := self._executor.execute(select(_A.id).where(old).limit(limits.AUDIT_BATCH), _SYSTEM):
            cancel.raise_if_cancelled()
            with self._executor.transaction(_SYSTEM) as tx:
                tx.execute(delete(storage_audit).where(_A.id.in_([row[0] for row in ids])))
            removed += len(ids)
        return removed

    def newest(self, count: int) -> tuple[AuditEntry, ...]:
        """Return the last entries, the newest first."""
        query = select(_A.at, _A.actor, _A.operation, _A.bucket_id, _A.path, _A.detail)
        rows = self._executor.execute(query.order_by(_A.id.desc()).limit(count), _SYSTEM)
        return tuple(AuditEntry(to_datetime(row[0]), *row[1:]) for row in rows)
