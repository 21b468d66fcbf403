"""Holds what is kept of the past against its bytes: old versions and trash, both ways.

Nothing here can be given back from elsewhere, so a version without its bytes, or with others, is reported and stays
known. Bytes below `.versions/` that nothing means any more are put aside on repair, like other orphans, and like those
not where they are too many at once; after a recovery, which has no rows for them, they are left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import func, select

from engine import limits
from engine.backends.base import BackendReader, StorageBackend, StoredEntry
from engine.check_types import Finding, FindingKind
from engine.errors import IoError
from engine.files.history import ARCHIVE_FOLDER, archived_version
from engine.files.records import object_from
from engine.files.settle import Settler
from engine.files.throttle import ProgressMeter
from engine.files.version_rows import VERSION_COLUMNS
from engine.jobs.aside import put_aside
from engine.jobs.orphans import holds_versions
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects
from engine.times import now_us, to_datetime
from engine.types import RlsContext, StorageObject

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()


class HistoryCheck:
    """Checks old versions and trash.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Knows which bytes are on their way.
    """

    def __init__(self, executor: Executor, backend: StorageBackend, settler: Settler) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler

    def size_bytes(self) -> int:
        """Return how much there is to read."""
        query = select(func.coalesce(func.sum(_V.size_bytes), 0)).where(_V.physical_path.is_not(None))
        return int(self._executor.execute(query, _SYSTEM)[0][0])

    def versions(self, meter: ProgressMeter) -> Iterator[Finding]:
        """Yield what is wrong with the bytes of old versions.

        Raises:
            Cancelled: The caller cancelled.
        """
        for row, bucket in self._rows():
            meter.check()
            info = object_from(row, bucket)
            found = self._checksum_of(row, meter, info)
            if found != info.checksum and self._is_unchanged(row):
                kind = FindingKind.MISSING if found is None else FindingKind.DAMAGED
                detail = f"the version until {to_datetime(row.valid_to):%Y-%m-%d %H:%M:%S} UTC "
                detail += "has no bytes" if found is None else f"has bytes with the SHA-256 {found}"
                yield Finding(kind, f"{bucket}/{info.path}", detail)

    def orphans(
        self, meter: ProgressMeter, is_too_many: Callable[[int], bool], *, repair: bool, label: str
    ) -> Iterator[Finding]:
        """Yield archived bytes that nothing means; on repair they are put aside.

        Args:
            meter: Knows of cancellation.
            is_too_many: Whether so many are not to be moved.
            repair: Whether to put them aside.
            label: Name of the folder for what is put aside.

        Raises:
            Cancelled: The caller cancelled.
        """
        suspects = [entry for entry in self._backend.list(ARCHIVE_FOLDER) if self._is_suspect(entry, meter)]
        reason = ""
        if repair and holds_versions(self._executor, now_us()):
            reason = "; not moved, the database was restored or rebuilt a short while ago and has no rows for them"
        elif repair and is_too_many(len(suspects)):
            reason = "; not moved, too many are nobody's at once: is the database the right one?"
        for entry in suspects:
            yield from self._orphan(entry, label if repair and not reason else None, reason)

    def _is_suspect(self, entry: StoredEntry, meter: ProgressMeter) -> bool:
        """Return whether nothing means archived bytes, as far as can be seen from here."""
        meter.check()
        with self._executor.snapshot(_SYSTEM) as tx:
            return not self._is_claimed(tx, entry.key)

    def _orphan(self, entry: StoredEntry, label: str | None, reason: str) -> Iterator[Finding]:
        """Look again with every change held off, and report what is nobody's still."""
        with self._executor.transaction(_SYSTEM) as tx:
            if self._is_claimed(tx, entry.key) or not self._backend.exists(entry.key):
                return
            aside = None if label is None else put_aside(self._backend, entry.key, label)
        detail = f"{entry.size_bytes} bytes that no version claims{reason}" if aside is None else f"moved to {aside}"
        yield Finding(FindingKind.ORPHANED, entry.key, detail, repaired=aside is not None)

    def _is_claimed(self, tx: Transaction, key: str) -> bool:
        """Return whether a version, an object just taken out of the trash, or open work means a key."""
        kept = tx.execute(select(_V.id).where(_V.version == archived_version(key), _V.physical_path == key))
        if kept.first() is not None or self._settler.is_awaited(tx, key):
            return True
        return tx.execute(select(_O.id).where(_O.physical_path == key).limit(1)).first() is not None

    def _rows(self) -> Iterator[tuple[AnyRow, str]]:
        """Yield rows of history that have bytes of their own, with their bucket's name, a page at a time."""
        last = 0
        while True:
            query = select(*VERSION_COLUMNS).where(_V.id > last, _V.physical_path.is_not(None)).order_by(_V.id)
            with self._executor.snapshot(_SYSTEM) as tx:
                rows = tx.execute(query.limit(limits.LIST_PAGE_MAX)).all()
                buckets = tx.execute(select(storage_buckets.c.id, storage_buckets.c.name)).all()
            names = {str(row[0]): str(row[1]) for row in buckets}
            yield from ((row, names[row[1]]) for row in rows)
            if len(rows) < limits.LIST_PAGE_MAX:
                return
            last = rows[-1].id

    def _checksum_of(self, row: AnyRow, meter: ProgressMeter, info: StorageObject) -> str | None:
        """Return the checksum of archived bytes, or None where there are none that can be read."""
        if row.journal_id is not None:
            self._settler.settle(row.journal_id, eager=True)
        try:
            reader = self._backend.open(row.physical_path)
            if reader is None:
                return None
            with contextlib.closing(reader):
                return _checksum(reader, meter, info.path)
        except IoError as error:
            if error.retryable:
                raise
            return None

    def _is_unchanged(self, row: AnyRow) -> bool:
        """Return whether a row of history still names the same bytes."""
        query = select(_V.id).where(_V.id == row.id, _V.physical_path == row.physical_path)
        return bool(self._executor.execute(query, _SYSTEM))


def _checksum(reader: BackendReader, meter: ProgressMeter, path: str) -> str:
    """Return the SHA-256 of what a reader holds."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(limits.HASH_CHUNK_BYTES))
    offset = 0
    while count := reader.readinto_at(offset, buffer):
        sha256.update(buffer[:count])
        offset += count
        meter.moved(count, path)
    return sha256.hexdigest()
