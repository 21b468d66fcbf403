"""Bytes that nobody claims: remembered when they are first seen, put aside when they stayed nobody's for their grace.

The age of a file proves nothing (one moved here keeps its times, and a clock may have been wrong), so the time counts
from the first run that saw the file, at that size. Nothing is ever deleted: what is put aside to `.lost+found` can be
given back by `check --repair` or taken in by a rebuild, and a person who needs the room empties that folder.

Every file is looked at again under the write lock, where no upload of any process is half way between its row and
its key: a running upload's key is claimed by its row from the commit on, and before that its bytes are staged.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import bindparam, delete, insert, select

from engine import limits
from engine.audit import Audit, Operation
from engine.backends.base import StorageBackend, StoredEntry
from engine.cancel import CancelToken
from engine.errors import BytesMissing, IoError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.archive import ARCHIVE_FOLDER
from engine.files.settle import Settler
from engine.jobs.contents import claimed_keys, parts
from engine.jobs.remembered import Remembered
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_orphans
from engine.observability.counts import Counter
from engine.times import now_us
from engine.types import RlsContext

_logger = logging.getLogger(__name__)
_K: Final = storage_orphans.c
_RECOVERED: Final = "recovered_at"
_IDS: Final = 500
_SYSTEM: Final = RlsContext.service()
_SECOND_US: Final = 1_000_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Orphan:
    """Bytes that nobody claims.

    Attributes:
        key: Where they are.
        size_bytes: How many.
        since_us: When they were first seen so.
        held: Whether they may be old versions that a recovery has no rows for: those are only told of.
    """

    key: str
    size_bytes: int
    since_us: int
    held: bool


def note_recovery(executor: Executor) -> None:
    """Let old versions without rows lie for a while: this database was made from a backup or from files.

    Args:
        executor: Of the new database.
    """
    Remembered(executor, _RECOVERED).put(str(now_us()))
    executor.execute(delete(storage_orphans), _SYSTEM)


def holds_versions(executor: Executor, moment_us: int) -> bool:
    """Return whether a recovery was so short ago that old versions without rows are left alone.

    Args:
        executor: For the note of it.
        moment_us: Now.
    """
    recovered = Remembered(executor, _RECOVERED).get()
    return recovered is not None and moment_us - int(recovered) < limits.RECOVERED_VERSIONS_GRACE_S * _SECOND_US


class Orphans:
    """Notes orphans and puts them aside.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Knows which bytes are on their way.
        audit: Told of what is put aside.
        found: Counts orphans, each once.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        settler: Settler,
        audit: Audit,
        found: Counter,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler
        self._audit = audit
        self._found = found
        self._failpoints = failpoints

    def note(self, suspects: Sequence[StoredEntry], moment_us: int, *, dry_run: bool) -> list[Orphan]:
        """Return those of the suspects that nobody claims, and remember since when.

        Args:
            suspects: All files that a whole survey found unclaimed; what is not among them is forgotten.
            moment_us: Now.
            dry_run: Whether nothing is to be remembered.
        """
        unclaimed = [entry for part in parts(suspects, _IDS) for entry in self._unclaimed(part)]
        if dry_run:
            with self._executor.snapshot(_SYSTEM) as tx:
                return self._dated(tx, unclaimed, moment_us)
        with self._executor.transaction(_SYSTEM) as tx:
            orphans = self._dated(tx, unclaimed, moment_us)
            self._remember(tx, orphans)
        return orphans

    def _dated(self, tx: Transaction, entries: Sequence[StoredEntry], moment_us: int) -> list[Orphan]:
        """Return entries with the moment when they were first seen."""
        since = _known(tx)
        held = holds_versions(self._executor, moment_us)
        return [
            Orphan(
                entry.key,
                entry.size_bytes,
                min(since.get((entry.key, entry.size_bytes), moment_us), moment_us),
                held and entry.key.startswith(f"{ARCHIVE_FOLDER}/"),
            )
            for entry in entries
        ]

    def put_aside(self, orphans: Sequence[Orphan], label: str, actor: str, cancel: CancelToken) -> set[str]:
        """Move orphans to `.lost+found` and return the keys of those that were moved.

        Raises:
            Cancelled: `cancel` was used; what is moved stays moved.
        """
        moved: set[str] = set()
        for part in parts(orphans, limits.CLEANUP_BATCH):
            cancel.raise_if_cancelled()
            with self._executor.transaction(_SYSTEM) as tx:
                if self._settler.is_moving(tx):
                    _logger.info("nothing is put aside while objects wait to be moved")
                    break
                claimed = claimed_keys(tx, [orphan.key for orphan in part])
                for orphan in part:
                    if orphan.key not in claimed and self._is_put_aside(tx, orphan, label, actor):
                        moved.add(orphan.key)
        return moved

    def _is_put_aside(self, tx: Transaction, orphan: Orphan, label: str, actor: str) -> bool:
        """Move one file, unless open work is about it or it has changed; `tx` holds changes off."""
        try:
            if self._settler.is_awaited(tx, orphan.key) or self._backend.size(orphan.key) != orphan.size_bytes:
                return False
            where = self._backend.set_aside(orphan.key, label)
        except (BytesMissing, IoError):
            _logger.warning("%s cannot be put aside", orphan.key, exc_info=True)
            return False
        self._failpoints.reach(Failpoint.SET_ASIDE)
        tx.execute(delete(storage_orphans).where(_K.key == orphan.key))
        detail = {"size_bytes": orphan.size_bytes, "now_at": where, "since_us": orphan.since_us}
        self._audit.record(tx, actor, Operation.SET_ASIDE, _bucket_of(orphan.key), orphan.key, detail)
        return True

    def _unclaimed(self, entries: Sequence[StoredEntry]) -> list[StoredEntry]:
        """Return the entries that are there and nobody's: nothing is on its way while the transaction is open."""
        keys = [entry.key for entry in entries]
        with self._executor.transaction(_SYSTEM) as tx:
            somebodys = claimed_keys(tx, keys) | self._settler.awaited(tx, keys)
            return [entry for entry in entries if entry.key not in somebodys and self._backend.exists(entry.key)]

    def _remember(self, tx: Transaction, orphans: Sequence[Orphan]) -> None:
        """Write down what is new, and forget what is nobody's no longer."""
        before = _known(tx).keys()
        now = {(orphan.key, orphan.size_bytes): orphan.since_us for orphan in orphans}
        gone = [{"gone": key} for key, _ in before - now.keys()]
        fresh = [{"key": key, "size_bytes": size, "since": now[key, size]} for key, size in now.keys() - before]
        if gone:
            tx.execute(delete(storage_orphans).where(_K.key == bindparam("gone")), gone)
        if fresh:
            tx.execute(insert(storage_orphans), fresh)
        self._found.add(len(fresh))


def _known(tx: Transaction) -> dict[tuple[str, int], int]:
    """Return since when keys of a size are known for nobody's."""
    rows = tx.execute(select(_K.key, _K.size_bytes, _K.since))
    return {(row[0], row[1]): row[2] for row in rows}


def _bucket_of(key: str) -> str | None:
    """Return the bucket that a key lies in."""
    return key.removeprefix(f"{ARCHIVE_FOLDER}/").partition("/")[0] or None
