"""Bytes that no object claims: found, and on repair moved to `.lost+found`, never deleted."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

from engine import limits
from engine.backends.base import StorageBackend, StoredEntry
from engine.check_types import Finding, FindingKind
from engine.files.settle import Settler
from engine.jobs.aside import put_aside
from engine.jobs.check_run import CheckRun
from engine.jobs.contents import claimed_keys, parts
from engine.metadata.executor import Executor, Transaction
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()


class StrayBytes:
    """Finds them, and puts them aside.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Knows which bytes are on their way.
    """

    def __init__(self, executor: Executor, backend: StorageBackend, settler: Settler) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler

    def find(self, run: CheckRun, claimed: Set[int]) -> None:
        """Collect stored bytes that no row claims, also not once the work of running deletes is done.

        Args:
            run: Is given what is found.
            claimed: Hashes of the keys that rows named.
        """
        suspects: list[StoredEntry] = []
        for entry in self._backend.list():
            run.meter.check()
            if hash(entry.key) not in claimed:
                suspects.append(entry)
        if suspects:
            self._settler.roll_forward()
        for part in parts(suspects, limits.CLEANUP_BATCH):
            with self._executor.transaction(_SYSTEM) as tx:
                run.orphans.update((entry.key, entry) for entry in self._unclaimed(tx, part))

    def settle(self, run: CheckRun) -> None:
        """Report bytes without a row; on repair put them aside."""
        too_many = run.is_too_many(len(run.orphans))
        for part in parts(list(run.orphans.values()), limits.CLEANUP_BATCH):
            aside = self._set_aside(run, part) if run.repair and not too_many else {}
            for entry in part:
                where = aside.get(entry.key)
                detail = f"{entry.size_bytes} bytes that no object claims" if where is None else f"moved to {where}"
                if run.repair and too_many:
                    detail += "; not moved, too many are nobody's at once: is the database the right one?"
                elif run.repair and where is None:
                    detail += "; it cannot be moved aside"
                run.findings.append(Finding(FindingKind.ORPHANED, entry.key, detail, repaired=where is not None))

    def _set_aside(self, run: CheckRun, entries: Sequence[StoredEntry]) -> dict[str, str | None]:
        """Put orphaned bytes aside, with every change held off, and return where they are now."""
        with self._executor.transaction(_SYSTEM) as tx:
            return {entry.key: put_aside(self._backend, entry.key, run.label) for entry in self._unclaimed(tx, entries)}

    def _unclaimed(self, tx: Transaction, entries: Sequence[StoredEntry]) -> list[StoredEntry]:
        """Return what no row and no running delete claims and still holds bytes; `tx` holds changes off."""
        claimed = claimed_keys(tx, [entry.key for entry in entries])
        return [
            entry
            for entry in entries
            if entry.key not in claimed
            and not self._settler.is_awaited(tx, entry.key)
            and self._backend.exists(entry.key)
        ]
