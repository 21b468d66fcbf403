"""Holds metadata against bytes, both ways, and repairs what can be repaired without losing anything.

- **missing**: a row without bytes. Repair: bytes with the same checksum that lie about without a row, or were put aside
  by an earlier repair, are given back; a row that stays without bytes is written to `removed.jsonl` beside what was put
  aside, and then removed. Where too many rows are without bytes at once, it is the disk that is missing: then no row is
  removed.
- **orphaned**: bytes without a row. Repair: they are moved to `.lost+found`, never deleted. Where there are too many of
  them at once, it is the database that is wrong: then they stay where they are.
- **damaged**: bytes that differ from their checksum, or cannot be read. Nothing can repair them; they are reported
  each time.

Every suspicion is looked at again under the write lock before it counts, so that a running upload is never reported.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, tuple_, update

from engine import limits
from engine.backends.base import BackendReader, Monitor, Outcome, StorageBackend, StoredEntry
from engine.check_types import CheckReport, Finding, FindingKind
from engine.errors import IoError, StorageError
from engine.files.records import ObjectRecord, record_from, select_records
from engine.files.settle import Settler
from engine.files.throttle import ProgressMeter
from engine.jobs.aside import entries_aside, put_aside
from engine.jobs.check_history import HistoryCheck
from engine.jobs.found import FoundBytes
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_objects
from engine.permissions.rules import PermissionChecker
from engine.types import RlsContext, StorageObject

_O: Final = storage_objects.c
_SYSTEM: Final = RlsContext.service()


@dataclass(slots=True)
class _Run:
    """What one run has seen."""

    repair: bool
    meter: ProgressMeter
    label: str
    objects: int = 0
    size_bytes: int = 0
    missing: list[ObjectRecord] = field(default_factory=list)
    orphans: dict[str, StoredEntry] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class Checks:
    """Runs checks.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Finishes open work first.
        permissions: Who may.
        aside_dir: Folder for the record of removed rows.
        removed: Told of them.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        settler: Settler,
        permissions: PermissionChecker,
        aside_dir: Path,
        removed: Callable[[Sequence[StorageObject]], None],
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler
        self._permissions = permissions
        self._aside_dir = aside_dir
        self._removed = removed
        self._history = HistoryCheck(executor, backend, settler)

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
        run = _Run(repair, meter, datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ"))
        self._expect_all(run)
        claimed = {hash(key) for key in self._check_rows(run)}
        self._find_orphans(run, claimed)
        self._settle_missing(run)
        self._settle_orphans(run)
        run.findings += self._history.versions(meter)
        too_many = partial(_too_many, run=run)
        run.findings += self._history.orphans(meter, too_many, repair=repair, label=run.label)
        meter.report_now()
        return CheckReport(run.objects, run.size_bytes, tuple(run.findings))

    def _expect_all(self, run: _Run) -> None:
        """Tell the meter how much there is to read."""
        query = select(func.coalesce(func.sum(_O.size_bytes), 0), func.count(_O.id))
        size_bytes, objects = self._executor.execute(query, _SYSTEM)[0]
        run.meter.expect(int(size_bytes) + self._history.size_bytes(), int(objects))
        run.meter.all_expected()

    def _check_rows(self, run: _Run) -> Iterator[str]:
        """Hold every row against its bytes and yield the keys that rows claim."""
        for record in self._records():
            yield record.physical_path
            run.objects += 1
            run.size_bytes += record.info.size_bytes
            self._check_record(run, record)
            run.meter.finished()

    def _check_record(self, run: _Run, record: ObjectRecord) -> None:
        """Read one object's bytes; what disagrees counts only when the row is the same afterwards."""
        while (found := self._checksum_of(run, record)) != record.info.checksum:
            fresh = self._again(record)
            if fresh is None:
                return
            if fresh == record:
                self._note(run, record, found)
                return
            record = fresh

    def _checksum_of(self, run: _Run, record: ObjectRecord) -> str | IoError | None:
        """Return the checksum of an object's bytes, why they cannot be read, or None where there are none."""
        try:
            reader = self._open(record)
            if reader is None:
                return None
            with contextlib.closing(reader):
                return _checksum(reader, lambda count: run.meter.moved(count, record.info.path))
        except IoError as error:
            if error.retryable:
                raise
            return error

    @staticmethod
    def _note(run: _Run, record: ObjectRecord, found: str | IoError | None) -> None:
        """Remember an object whose bytes are missing or wrong."""
        if found is None:
            run.missing.append(record)
            return
        detail = f"its bytes have the SHA-256 {found} instead of {record.info.checksum}"
        if isinstance(found, IoError):
            detail = f"its bytes cannot be read: {found}"
        run.findings.append(Finding(FindingKind.DAMAGED, _name(record), detail))

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

    def _open(self, record: ObjectRecord) -> BackendReader | None:
        """Open an object's bytes where they are."""
        if record.staging is not None:
            staged = self._backend.open_staged(record.staging, record.info.version)
            if staged is not None:
                return staged
        return self._backend.open(record.physical_path)

    def _is_there(self, record: ObjectRecord) -> bool:
        """Return whether an object has bytes again."""
        reader = self._open(record)
        if reader is not None:
            reader.close()
        return reader is not None

    def _again(self, record: ObjectRecord) -> ObjectRecord | None:
        """Return the row as it is now, after whatever work was open on it is done."""
        if record.journal_id is not None:
            self._settler.settle(record.journal_id, eager=True)
        rows = self._executor.execute(select_records().where(_O.id == record.info.id), _SYSTEM)
        return record_from(rows[0], record.info.bucket) if rows else None

    def _find_orphans(self, run: _Run, claimed: set[int]) -> None:
        """Collect stored bytes that no row claims, also not once the work of running deletes is done."""
        suspects: list[StoredEntry] = []
        for entry in self._backend.list():
            run.meter.check()
            if hash(entry.key) not in claimed:
                suspects.append(entry)
        if suspects:
            self._settler.roll_forward()
        for entry in suspects:
            with self._executor.transaction(_SYSTEM) as tx:
                if self._is_orphan(tx, entry.key):
                    run.orphans[entry.key] = entry

    def _is_orphan(self, tx: Transaction, key: str) -> bool:
        """Return whether no row and no running delete claims a key that still holds bytes; `tx` holds changes off."""
        claimed = tx.execute(select(_O.id).where(_O.physical_path == key).limit(1)).first() is not None
        return not claimed and not self._settler.is_awaited(tx, key) and self._backend.exists(key)

    def _settle_missing(self, run: _Run) -> None:
        """Report rows without bytes; on repair give them found bytes back, or write them down and remove them."""
        found = self._found_bytes(run)
        lost = [record for record in run.missing if self._is_lost(run, record, found)]
        too_many = _too_many(len(lost), run)
        for record in lost:
            detail = f"{record.info.size_bytes} bytes are not at {record.physical_path}"
            if run.repair and too_many:
                detail += "; nothing removed, too many are missing at once: is the storage folder whole?"
            elif run.repair:
                detail = f"row removed, kept in {self._remove(run, record)}"
            done = run.repair and not too_many
            run.findings.append(Finding(FindingKind.MISSING, _name(record), detail, repaired=done))

    def _found_bytes(self, run: _Run) -> FoundBytes:
        """Return what a repair may give back: bytes that no row claims, then those that repairs put aside."""
        entries: Iterable[StoredEntry] = ()
        if run.repair and run.missing:
            entries = itertools.chain(run.orphans.values(), entries_aside(self._backend))
        return FoundBytes(entries, lambda entry: self._checksum_of_entry(run, entry))

    def _is_lost(self, run: _Run, record: ObjectRecord, found: FoundBytes) -> bool:
        """Return whether an object is still the same, and still without bytes after these were looked for."""
        if self._is_there(record) or self._give_back(run, record, found):
            return False
        with self._executor.snapshot(_SYSTEM) as tx:
            return _is_unchanged(tx, record)

    def _give_back(self, run: _Run, record: ObjectRecord, found: FoundBytes) -> bool:
        """Give an object bytes that are exactly its own, with every change held off."""
        matches = found.matching(record.info.size_bytes, record.info.checksum)
        if not matches:
            return False
        with self._executor.transaction(_SYSTEM) as tx:
            given = self._claim(run, tx, record, matches) if _is_unchanged(tx, record) else None
        if given is None:
            return False
        run.orphans.pop(given.key, None)
        detail = f"found its bytes at {given.key}"
        run.findings.append(Finding(FindingKind.MISSING, _name(record), detail, repaired=True))
        return True

    def _claim(
        self, run: _Run, tx: Transaction, record: ObjectRecord, matches: deque[StoredEntry]
    ) -> StoredEntry | None:
        """Take the first of the matches that is still nobody's: where it is, or from aside to the object's own key."""
        while matches:
            entry = matches.popleft()
            if entry.key not in run.orphans:
                if self._is_taken_back(tx, entry.key, record.physical_path):
                    return entry
            elif self._is_orphan(tx, entry.key):
                statement = update(storage_objects).where(_O.id == record.info.id)
                tx.execute(statement.values(physical_path=entry.key))
                return entry
        return None

    def _is_taken_back(self, tx: Transaction, aside_key: str, key: str) -> bool:
        """Move bytes from aside to a key where nothing is or comes; `tx` holds changes off."""
        if self._settler.is_awaited(tx, key):
            return False
        with self._backend.changes() as changes:
            outcome = changes.relocate(aside_key, key)
            changes.sync()
        return outcome is Outcome.DONE

    def _settle_orphans(self, run: _Run) -> None:
        """Report bytes without a row; on repair put them aside."""
        too_many = _too_many(len(run.orphans), run)
        for entry in run.orphans.values():
            aside = self._set_aside(run, entry.key) if run.repair and not too_many else None
            detail = f"{entry.size_bytes} bytes that no object claims" if aside is None else f"moved to {aside}"
            if run.repair and too_many:
                detail += "; not moved, too many are nobody's at once: is the database the right one?"
            elif run.repair and aside is None:
                detail += "; it cannot be moved aside"
            run.findings.append(Finding(FindingKind.ORPHANED, entry.key, detail, repaired=aside is not None))

    def _set_aside(self, run: _Run, key: str) -> str | None:
        """Put orphaned bytes aside, with every change held off, and return where they are now."""
        with self._executor.transaction(_SYSTEM) as tx:
            return put_aside(self._backend, key, run.label) if self._is_orphan(tx, key) else None

    def _checksum_of_entry(self, run: _Run, entry: StoredEntry) -> str | None:
        """Return the checksum of a key's bytes, or None where they cannot be read."""
        try:
            reader = self._backend.open(entry.key)
            if reader is None:
                return None
            with contextlib.closing(reader):
                return _checksum(reader, lambda _: run.meter.check())
        except IoError as error:
            if error.retryable:
                raise
            return None

    def _remove(self, run: _Run, record: ObjectRecord) -> Path:
        """Write a row without bytes down, then remove it; return the file that keeps it.

        Raises:
            StorageError: It could not be written down; the row stays.
        """
        kept = self._aside_dir / run.label / "removed.jsonl"
        info = record.info
        line = json.dumps(
            {
                "bucket": info.bucket,
                "path": info.path,
                "size": info.size_bytes,
                "checksum": info.checksum,
                "mime_type": info.mime_type,
                "owner_id": info.owner_id,
                "cache_control": info.cache_control,
                "user_metadata": dict(info.user_metadata),
                "created_at": info.created_at.isoformat(),
                "updated_at": info.updated_at.isoformat(),
                "modified_at": info.modified_at and info.modified_at.isoformat(),
            },
            ensure_ascii=False,
        )
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with kept.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError("The removed rows cannot be written down", path=str(kept)) from error
        with self._executor.transaction(_SYSTEM) as tx:
            gone = tx.execute(delete(storage_objects).where(*_unchanged(record))).rowcount
        self._removed([info] if gone else [])
        return kept


def _too_many(count: int, run: _Run) -> bool:
    """Return whether so much disagrees that a repair must not take it away."""
    return count > max(limits.REPAIR_REMOVALS_MIN, run.objects * limits.REPAIR_REMOVALS_SHARE)


def _is_unchanged(tx: Transaction, record: ObjectRecord) -> bool:
    """Return whether a row is as it was when its bytes were found missing."""
    return tx.execute(select(_O.id).where(*_unchanged(record))).first() is not None


def _unchanged(record: ObjectRecord) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a row is as it was when its bytes were found missing."""
    return (
        _O.id == record.info.id,
        _O.version == record.info.version,
        _O.physical_path == record.physical_path,
        _O.journal_id.is_not_distinct_from(record.journal_id),
    )


def _checksum(reader: BackendReader, monitor: Monitor) -> str:
    """Return the SHA-256 of what a reader holds; `monitor` is told the bytes of every step."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(limits.HASH_CHUNK_BYTES))
    offset = 0
    while count := reader.readinto_at(offset, buffer):
        sha256.update(buffer[:count])
        offset += count
        monitor(count)
    return sha256.hexdigest()


def _name(record: ObjectRecord) -> str:
    """Return `bucket/path`."""
    return f"{record.info.bucket}/{record.info.path}"
