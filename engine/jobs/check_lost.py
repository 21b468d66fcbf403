"""Objects without bytes: given back what is found of them, or put into quarantine, or written down and removed."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update

from engine import limits
from engine.backends.base import BackendReader, Outcome, StorageBackend, StoredEntry
from engine.check_types import Finding, FindingKind
from engine.errors import IoError, StorageError
from engine.files.quarantine import Problem
from engine.files.records import ObjectRecord
from engine.files.settle import Settler
from engine.jobs.aside import entries_aside
from engine.jobs.check_run import CheckRun
from engine.jobs.contents import Content, checksum, claimed_keys, parts
from engine.jobs.found import FoundBytes
from engine.jobs.verdicts import Verdicts
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.types import RlsContext, StorageObject

_O: Final = storage_objects.c
_SYSTEM: Final = RlsContext.service()
_Absent = tuple[ObjectRecord, deque[StoredEntry]]


class LostBytes:
    """Settles what becomes of objects without bytes.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Knows which bytes are on their way.
        verdicts: Told of every object that stays without.
        aside_dir: Folder for the record of removed rows.
        removed: Told of them.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        settler: Settler,
        verdicts: Verdicts,
        aside_dir: Path,
        removed: Callable[[Sequence[StorageObject]], None],
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler
        self._verdicts = verdicts
        self._aside_dir = aside_dir
        self._removed = removed

    def settle(self, run: CheckRun) -> None:
        """Report rows without bytes; on repair give them found bytes back, or write them down and remove them."""
        found = self._found_bytes(run)
        lost: list[ObjectRecord] = []
        for part in parts(run.missing, limits.CLEANUP_BATCH):
            absent = [(one, _matches(found, one)) for one in part if not self._is_there(one)]
            lost += self._without_bytes(run, absent)
        too_many = run.is_too_many(len(lost))
        for record in lost:
            detail = f"{record.info.size_bytes} bytes are not at {record.physical_path}"
            if not run.repair or too_many:
                self._verdicts.settle(content_of(record), Problem.MISSING, detail, run.actor)
            if run.repair and too_many:
                detail += "; nothing removed, too many are missing at once: is the storage folder whole?"
            elif run.repair:
                detail = f"row removed, kept in {self._remove(run, record)}"
            removed = run.repair and not too_many
            run.findings.append(Finding(FindingKind.MISSING, name_of(record), detail, repaired=removed))

    def open(self, record: ObjectRecord) -> BackendReader | None:
        """Open an object's bytes where they are."""
        if record.staging is not None:
            staged = self._backend.open_staged(record.staging, record.info.version)
            if staged is not None:
                return staged
        return self._backend.open(record.physical_path)

    def _is_there(self, record: ObjectRecord) -> bool:
        """Return whether an object has bytes again."""
        reader = self.open(record)
        if reader is not None:
            reader.close()
        return reader is not None

    def _found_bytes(self, run: CheckRun) -> FoundBytes:
        """Return what a repair may give back: bytes that no row claims, then those that repairs put aside."""
        entries: Iterable[StoredEntry] = ()
        if run.repair and run.missing:
            entries = itertools.chain(run.orphans.values(), entries_aside(self._backend))
        return FoundBytes(entries, lambda entry: self._checksum_of_entry(run, entry))

    def _without_bytes(self, run: CheckRun, absent: Sequence[_Absent]) -> list[ObjectRecord]:
        """Give objects bytes that are exactly their own, with every change held off; return those that get none."""
        lost = []
        with self._executor.transaction(_SYSTEM) as tx:
            offered = _offered(run, absent)
            free = set(offered) - claimed_keys(tx, offered)
            for record, matches in absent:
                if not _is_unchanged(tx, record):
                    continue
                given = self._claim(run, tx, record, matches, free)
                if given is None:
                    lost.append(record)
                    continue
                run.orphans.pop(given.key, None)
                self._verdicts.write(tx, content_of(record), None, "", run.actor)
                detail = f"found its bytes at {given.key}"
                run.findings.append(Finding(FindingKind.MISSING, name_of(record), detail, repaired=True))
        return lost

    def _claim(
        self, run: CheckRun, tx: Transaction, record: ObjectRecord, matches: deque[StoredEntry], free: set[str]
    ) -> StoredEntry | None:
        """Take the first of the matches that is still nobody's: where it is, or from aside to the object's own key."""
        while matches:
            entry = matches.popleft()
            if entry.key not in run.orphans:
                if self._is_taken_back(tx, entry.key, record.physical_path):
                    return entry
            elif self._is_free(tx, entry.key, free):
                statement = update(storage_objects).where(_O.id == record.info.id)
                tx.execute(statement.values(physical_path=entry.key))
                return entry
        return None

    def _is_free(self, tx: Transaction, key: str, free: set[str]) -> bool:
        """Return whether no row and no running delete claims a key that still holds bytes; `tx` holds changes off.

        Args:
            tx: For rows.
            key: Which.
            free: Keys that are known to be no row's; others are looked up.
        """
        unclaimed = key in free or not claimed_keys(tx, [key])
        return unclaimed and not self._settler.is_awaited(tx, key) and self._backend.exists(key)

    def _is_taken_back(self, tx: Transaction, aside_key: str, key: str) -> bool:
        """Move bytes from aside to a key where nothing is or comes; `tx` holds changes off."""
        if self._settler.is_awaited(tx, key):
            return False
        with self._backend.changes() as changes:
            outcome = changes.relocate(aside_key, key)
            changes.sync()
        return outcome is Outcome.DONE

    def _checksum_of_entry(self, run: CheckRun, entry: StoredEntry) -> str | None:
        """Return the checksum of a key's bytes, or None where they cannot be read."""
        try:
            reader = self._backend.open(entry.key)
            if reader is None:
                return None
            with contextlib.closing(reader):
                return checksum(reader, lambda _: run.meter.check())
        except IoError as error:
            if error.retryable:
                raise
            return None

    def _remove(self, run: CheckRun, record: ObjectRecord) -> Path:
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
            tx.changes.deleted([info] if gone else [])
        if gone:
            self._removed([info])
        return kept


def content_of(record: ObjectRecord) -> Content:
    """Return an object's bytes as those who judge them know it."""
    return Content(record.info, record.physical_path, record.staging is not None, record.staging, None)


def name_of(record: ObjectRecord) -> str:
    """Return `bucket/path`."""
    return f"{record.info.bucket}/{record.info.path}"


def _matches(found: FoundBytes, record: ObjectRecord) -> deque[StoredEntry]:
    """Return what has exactly an object's bytes."""
    return found.matching(record.info.size_bytes, record.info.checksum)


def _offered(run: CheckRun, absent: Sequence[_Absent]) -> list[str]:
    """Return the keys that objects are likely to be given: of many alike, as many as there are objects."""
    offered = {entry.key for _, matches in absent for entry in itertools.islice(matches, len(absent))}
    return sorted(offered & run.orphans.keys())


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
