"""Holds metadata against bytes, both ways, and repairs what can be repaired without losing anything.

- **missing**: a row without bytes. Repair: bytes with the same checksum that lie about without a row, or were put aside
  by an earlier repair, are given back; a row that stays without bytes is written to `removed.jsonl` beside what was put
  aside, and then removed. Where too many rows are without bytes at once, it is the disk that is missing: then no row is
  removed.
- **orphaned**: bytes without a row. Repair: they are moved to `.lost+found`, never deleted. Where there are too many of
  them at once, it is the database that is wrong: then they stay where they are.
- **damaged**: bytes that differ from their checksum, or cannot be read. Nothing can repair them; they are reported
  each time.

What is missing or damaged is put into quarantine, and what is sound again leaves it, as with the scrub.

Every suspicion is looked at again under the write lock before it counts, so that a running upload is never reported.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, tuple_

from engine import limits
from engine.backends.base import StorageBackend
from engine.check_types import CheckReport, Finding, FindingKind
from engine.errors import IoError
from engine.files.quarantine import Problem
from engine.files.records import ObjectRecord, record_from, select_records
from engine.files.settle import Settler
from engine.files.throttle import ProgressMeter
from engine.jobs.check_history import HistoryCheck
from engine.jobs.check_lost import LostBytes, content_of, name_of
from engine.jobs.check_orphans import StrayBytes
from engine.jobs.check_run import CheckRun
from engine.jobs.contents import checksum
from engine.jobs.verdicts import Verdicts
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_buckets, storage_objects
from engine.permissions.rules import PermissionChecker
from engine.types import RlsContext, StorageObject

_O: Final = storage_objects.c
_SYSTEM: Final = RlsContext.service()
_JOB: Final = "check"


class Checks:
    """Runs checks.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Finishes open work first.
        permissions: Who may.
        verdicts: Told of all bytes that are read, or are not there.
        aside_dir: Folder for the record of removed rows.
        removed: Told of them.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        settler: Settler,
        permissions: PermissionChecker,
        verdicts: Verdicts,
        aside_dir: Path,
        removed: Callable[[Sequence[StorageObject]], None],
    ) -> None:
        self._executor = executor
        self._settler = settler
        self._permissions = permissions
        self._verdicts = verdicts
        self._stray = StrayBytes(executor, backend, settler)
        self._lost = LostBytes(executor, backend, settler, verdicts, aside_dir, removed)
        self._history = HistoryCheck(executor, backend, settler, verdicts)

    def run(self, context: RlsContext, meter: ProgressMeter, *, repair: bool) -> CheckReport:
        """Look at every row and every stored byte.

        Args:
            context: The service role's.
            meter: Counts bytes and objects, and knows of cancellation.
            repair: Whether to put right what can be.

        Returns:
            What was read and what disagreed.

        Raises:
            Unauthorized: The caller is not the service role.
            Cancelled: The caller cancelled.
        """
        self._permissions.check_service(context)
        self._settler.roll_forward()
        label = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
        run = CheckRun(repair, meter, label, context.user_id or _JOB)
        self._expect_all(run)
        claimed = {hash(key) for key in self._check_rows(run)}
        self._stray.find(run, claimed)
        self._lost.settle(run)
        self._stray.settle(run)
        run.findings += self._history.versions(meter, run.actor)
        run.findings += self._history.orphans(meter, run.is_too_many, repair=repair, label=run.label)
        meter.report_now()
        return CheckReport(run.objects, run.size_bytes, tuple(run.findings))

    def _expect_all(self, run: CheckRun) -> None:
        """Tell the meter how much there is to read."""
        query = select(func.coalesce(func.sum(_O.size_bytes), 0), func.count(_O.id))
        size_bytes, objects = self._executor.execute(query, _SYSTEM)[0]
        run.meter.expect(int(size_bytes) + self._history.size_bytes(), int(objects))
        run.meter.all_expected()

    def _check_rows(self, run: CheckRun) -> Iterator[str]:
        """Hold every row against its bytes and yield the keys that rows claim."""
        for record in self._records():
            yield record.physical_path
            run.objects += 1
            run.size_bytes += record.info.size_bytes
            self._check_record(run, record)
            run.meter.finished()

    def _check_record(self, run: CheckRun, record: ObjectRecord) -> None:
        """Read one object's bytes; what disagrees counts only when the row is the same afterwards."""
        while (found := self._checksum_of(run, record)) != record.info.checksum:
            fresh = self._again(record)
            if fresh is None:
                return
            if fresh == record:
                self._note(run, record, found)
                return
            record = fresh
        self._verdicts.settle(content_of(record), None, "", run.actor)

    def _checksum_of(self, run: CheckRun, record: ObjectRecord) -> str | IoError | None:
        """Return the checksum of an object's bytes, why they cannot be read, or None where there are none."""
        try:
            reader = self._lost.open(record)
            if reader is None:
                return None
            with contextlib.closing(reader):
                return checksum(reader, lambda count: run.meter.moved(count, record.info.path))
        except IoError as error:
            if error.retryable:
                raise
            return error

    def _note(self, run: CheckRun, record: ObjectRecord, found: str | IoError | None) -> None:
        """Remember an object whose bytes are missing or wrong."""
        if found is None:
            run.missing.append(record)
            return
        detail = f"its bytes have the SHA-256 {found} instead of {record.info.checksum}"
        if isinstance(found, IoError):
            detail = f"its bytes cannot be read: {found}"
        self._verdicts.settle(content_of(record), Problem.DAMAGED, detail, run.actor)
        run.findings.append(Finding(FindingKind.DAMAGED, name_of(record), detail))

    def _records(self) -> Iterator[ObjectRecord]:
        """Yield every object, a page at a time."""
        after: tuple[str, str, str] | None = None
        while True:
            query = select_records().order_by(_O.bucket_id, _O.parent, _O.leaf).limit(limits.LIST_PAGE_MAX)
            if after is not None:
                query = query.where(tuple_(_O.bucket_id, _O.parent, _O.leaf) > after)
            with self._executor.snapshot(_SYSTEM) as tx:
                rows = tx.execute(query).all()
                buckets = tx.execute(select(storage_buckets.c.id, storage_buckets.c.name)).all()
            names = {str(row[0]): str(row[1]) for row in buckets}
            yield from (record_from(row, names[row[1]]) for row in rows)
            if len(rows) < limits.LIST_PAGE_MAX:
                return
            after = (rows[-1][1], rows[-1][2], rows[-1][3])

    def _again(self, record: ObjectRecord) -> ObjectRecord | None:
        """Return the row as it is now, after whatever work was open on it is done."""
        if record.journal_id is not None:
            self._settler.settle(record.journal_id, eager=True)
        rows = self._executor.execute(select_records().where(_O.id == record.info.id), _SYSTEM)
        return record_from(rows[0], record.info.bucket) if rows else None
