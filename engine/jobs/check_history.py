"""Holds what is kept of the past against its bytes: old versions and trash, both ways.

Nothing here can be given back from elsewhere, so a version without its bytes, or with others, is reported and stays
known. Bytes below `.versions/` that nothing means any more are put aside on repair, like other orphans, and like those
not where they are too many at once; after a recovery, which has no rows for them, they are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from sqlalchemy import func, select

from engine import limits
from engine.backends.base import StorageBackend, StoredEntry
from engine.check_types import Finding, FindingKind
from engine.files.archive import ARCHIVE_FOLDER, archived_version
from engine.files.quarantine import Problem
from engine.files.records import object_from
from engine.files.settle import Settler
from engine.files.throttle import ProgressMeter
from engine.files.version_rows import VERSION_COLUMNS
from engine.jobs.aside import put_aside
from engine.jobs.contents import Content, claimed_keys, parts
from engine.jobs.orphans import holds_versions
from engine.jobs.verdicts import Verdicts
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_object_versions
from engine.times import now_us, to_datetime
from engine.types import RlsContext

_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()


class HistoryCheck:
    """Checks old versions and trash.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: Knows which bytes are on their way.
        verdicts: Reads what is kept, and writes down what is wrong.
    """

    def __init__(self, executor: Executor, backend: StorageBackend, settler: Settler, verdicts: Verdicts) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler
        self._verdicts = verdicts

    def size_bytes(self) -> int:
        """Return how much there is to read."""
        query = select(func.coalesce(func.sum(_V.size_bytes), 0)).where(_V.physical_path.is_not(None))
        return int(self._executor.execute(query, _SYSTEM)[0][0])

    def versions(self, meter: ProgressMeter, actor: str) -> Iterator[Finding]:
        """Yield what is wrong with the bytes of old versions.

        Raises:
            Cancelled: The caller cancelled.
        """
        for row, bucket in self._rows():
            meter.check()
            content = Content(object_from(row, bucket), row.physical_path, row.journal_id is not None, None, row.id)
            problem, detail = self._verdicts.judge(content, actor, partial(_moved, meter, content.info.path))
            if problem is not None:
                when = f"the version until {to_datetime(row.valid_to):%Y-%m-%d %H:%M:%S} UTC"
                yield Finding(_KINDS[problem], content.name, f"{when}: {detail}")

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
        suspects = list(self._suspects(meter))
        reason = ""
        if repair and holds_versions(self._executor, now_us()):
            reason = "; not moved, the database was restored or rebuilt a short while ago and has no rows for them"
        elif repair and is_too_many(len(suspects)):
            reason = "; not moved, too many are nobody's at once: is the database the right one?"
        for part in parts(suspects, limits.CLEANUP_BATCH):
            yield from self._orphans(part, label if repair and not reason else None, reason)

    def _orphans(self, entries: Sequence[StoredEntry], label: str | None, reason: str) -> Iterator[Finding]:
        """Look again with every change held off, and report what is nobody's still."""
        aside: dict[str, str | None] = {}
        with self._executor.transaction(_SYSTEM) as tx:
            claimed = claimed_keys(tx, [entry.key for entry in entries])
            orphans = [entry for entry in entries if entry.key not in claimed and self._is_nobodys(tx, entry.key)]
            if label is not None:
                aside = {entry.key: put_aside(self._backend, entry.key, label) for entry in orphans}
        for entry in orphans:
            where = aside.get(entry.key)
            left = f"{entry.size_bytes} bytes that no version claims{reason}"
            detail = left if where is None else f"moved to {where}"
            yield Finding(FindingKind.ORPHANED, entry.key, detail, repaired=where is not None)

    def _suspects(self, meter: ProgressMeter) -> Iterator[StoredEntry]:
        """Yield archived bytes that no version of theirs claims: an object just out of the trash still may."""
        for entry in self._backend.list(ARCHIVE_FOLDER):
            meter.check()
            kept = select(_V.id).where(_V.version == archived_version(entry.key), _V.physical_path == entry.key)
            if not self._executor.execute(kept, _SYSTEM):
                yield entry

    def _is_nobodys(self, tx: Transaction, key: str) -> bool:
        """Return whether no open work means a key that still holds bytes; `tx` holds changes off."""
        return not self._settler.is_awaited(tx, key) and self._backend.exists(key)

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


def _moved(meter: ProgressMeter, path: str, count: int) -> None:
    meter.moved(count, path)


_KINDS: Final = {Problem.MISSING: FindingKind.MISSING, Problem.DAMAGED: FindingKind.DAMAGED}
