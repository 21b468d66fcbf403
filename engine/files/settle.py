"""`Settler`: lets the files follow what was committed. Runs after each commit, and over what a crash left.

All work on keys is done under the database's write lock, so that it never races another commit, also one of another
process: a record is read, its rows are looked at as they are *now*, and what no longer holds is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select, update

from engine.backends.base import BackendChanges, Outcome, StorageBackend
from engine.files.journal import Journal, JournalKind, JournalRecord, Publication
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_objects
from engine.types import RlsContext

_O: Final = storage_objects.c
_IDS_A_QUERY: Final = 500
_SYSTEM: Final = RlsContext.service()


@dataclass(frozen=True, slots=True)
class _Row:
    """What settling needs of an object's row."""

    id: str
    bucket_id: str
    path: str
    version: str
    physical_path: str


class Settler:
    """Rolls journal records forward.

    Args:
        executor: For the rows.
        backend: For the files.
        journal: For the records.
    """

    def __init__(self, executor: Executor, backend: StorageBackend, journal: Journal) -> None:
        self._executor = executor
        self._backend = backend
        self._journal = journal

    def settle(
        self,
        journal_id: int,
        *,
        recovering: bool = False,
        eager: bool = False,
        known: Sequence[Publication] = (),
    ) -> None:
        """Do the work of one record; a no-op when it was done.

        Args:
            journal_id: The record.
            known: What a `publish` record is about, if this process wrote it a moment ago: saves reading the rows
                when no other commit came in between.
            recovering: Whether the work may have been begun before: keys are then held against all rows.
            eager: Whether a `publish` record is removed at once instead of with the next commit.

        Raises:
            EnvironmentFault: The backend or the database failed; the record stays.
        """
        with self._backend.changes() as changes:
            with self._executor.transaction(_SYSTEM) as tx:
                if not (known and self._publish_known(tx, changes, journal_id, known)):
                    record = self._journal.read(tx, journal_id)
                    if record is None:
                        return
                    self._work(tx, changes, record, recovering)
            changes.sync()
        self._finish(journal_id, now=eager or recovering)

    def roll_forward(self, staging: str | None = None) -> int:
        """Finish what is open, of one process's staging or of all.

        Returns:
            How many records there were.
        """
        with self._executor.snapshot(_SYSTEM) as tx:
            journal_ids = self._journal.open_ids(tx, staging)
        for journal_id in journal_ids:
            self.settle(journal_id, recovering=True)
        return len(journal_ids)

    def _finish(self, journal_id: int, *, now: bool) -> None:
        """Remove the record, or have it removed with the next commit."""
        self._journal.finish(journal_id)
        if now:
            with self._executor.transaction(_SYSTEM) as tx:
                self._journal.remove(tx, journal_id)
            self._journal.forget({journal_id})

    def _work(self, tx: Transaction, changes: BackendChanges, record: JournalRecord, recovering: bool) -> None:
        """Do a record's work; all but publishing is durable, and its record removed, before the commit."""
        if record.kind is JournalKind.PUBLISH:
            self._publish(tx, changes, record)
            return
        if record.kind is JournalKind.RELOCATE:
            self._relocate(tx, changes, record, recovering)
        else:
            self._remove(tx, changes, record, recovering)
        changes.sync()
        self._journal.remove(tx, record.id)

    def _publish_known(
        self, tx: Transaction, changes: BackendChanges, journal_id: int, known: Sequence[Publication]
    ) -> bool:
        """Publish what was committed a moment ago; answer False, before anything is done, if more happened since."""
        if not self._journal.is_newest(tx, journal_id):
            return False
        staging = self._backend.staging
        taken = [
            publication
            for publication in known
            if changes.publish(staging, publication.version, publication.key, replace=not publication.fresh)
            is Outcome.TAKEN
        ]
        if taken:
            rows = self._rows(tx, [publication.object_id for publication in taken])
            moved = [self._publish_aside(changes, staging, row) for row in rows.values()]
            self._set_keys(tx, moved)
        return True

    def _publish_aside(self, changes: BackendChanges, staging: str, row: _Row) -> dict[str, str]:
        """Publish where nothing can be in the way."""
        spare = self._spare(row)
        changes.publish(staging, row.version, spare, replace=False)
        return {"row_id": row.id, "key": spare}

    def _publish(self, tx: Transaction, changes: BackendChanges, record: JournalRecord) -> None:
        """Rename staged bytes to their keys; superseded ones are thrown away."""
        rows = self._rows(tx, [item[0] for item in record.items])
        moved: list[dict[str, str]] = []
        for object_id, version, fresh in record.items:
            row = rows.get(object_id)
            if row is None or row.version != version:
                self._discard(record.staging, version)
                continue
            outcome = changes.publish(record.staging, version, row.physical_path, replace=not fresh)
            if outcome is Outcome.TAKEN:
                moved.append(self._publish_aside(changes, record.staging, row))
            elif outcome is Outcome.GONE and self._backend.exists(self._spare(row)):
                moved.append({"row_id": row.id, "key": self._spare(row)})
        self._set_keys(tx, moved)

    def _relocate(self, tx: Transaction, changes: BackendChanges, record: JournalRecord, recovering: bool) -> None:
        """Move the bytes of renamed objects to where their new paths map to."""
        rows = self._rows(tx, [item[0] for item in record.items])
        due = [row for object_id, key in record.items if (row := rows.get(object_id)) and row.physical_path == key]
        claimed = self._claimed(tx, [self._natural(row) for row in due]) if recovering else set()
        moved = [{"row_id": row.id, "key": self._relocated(changes, row, claimed)} for row in due]
        self._set_keys(tx, moved)

    def _relocated(self, changes: BackendChanges, row: _Row, claimed: set[str]) -> str:
        """Move one object's bytes and return the key that they have now."""
        natural, spare = self._natural(row), self._spare(row)
        if natural == row.physical_path:
            return natural
        outcome = changes.relocate(row.physical_path, natural)
        if outcome is Outcome.TAKEN:
            return spare if changes.relocate(row.physical_path, spare) is Outcome.DONE else row.physical_path
        if outcome is Outcome.DONE:
            return natural
        if self._backend.exists(spare):
            return spare
        return natural if natural not in claimed and self._backend.exists(natural) else row.physical_path

    def _remove(self, tx: Transaction, changes: BackendChanges, record: JournalRecord, recovering: bool) -> None:
        """Delete the bytes of deleted objects, unless a later object has the key."""
        claimed = self._claimed(tx, list(record.items)) if recovering else set()
        for key in record.items:
            if key not in claimed:
                changes.remove(key)

    def _rows(self, tx: Transaction, object_ids: list[str]) -> dict[str, _Row]:
        """Return the rows of these objects that exist now, by id."""
        columns = (_O.id, _O.bucket_id, _O.parent, _O.leaf, _O.version, _O.physical_path)
        query = select(*columns).where(_O.id.in_(bindparam("ids", expanding=True)))
        return {
            row[0]: _Row(row[0], row[1], row[2] + row[3], row[4], row[5])
            for ids in _slices(object_ids)
            for row in tx.execute(query, {"ids": ids})
        }

    def _claimed(self, tx: Transaction, keys: list[str]) -> set[str]:
        """Return those of `keys` that some row calls its own. Reads the whole table: for recovery alone."""
        query = select(_O.physical_path).where(_O.physical_path.in_(bindparam("keys", expanding=True)))
        return {key for part in _slices(keys) for key in tx.execute(query, {"keys": part}).scalars()}

    def _set_keys(self, tx: Transaction, moved: list[dict[str, str]]) -> None:
        """Write down where bytes are now."""
        if moved:
            statement = update(storage_objects).where(_O.id == bindparam("row_id"))
            tx.execute(statement.values(physical_path=bindparam("key")), moved)

    def _discard(self, staging: str, version: str) -> None:
        """Throw away superseded bytes of this process; another's go when its lease is swept."""
        if staging == self._backend.staging:
            self._backend.discard(version)

    def _natural(self, row: _Row) -> str:
        """Return the key that the row's path maps to."""
        return f"{row.bucket_id}/{self._backend.natural_path(row.path)}"

    def _spare(self, row: _Row) -> str:
        """Return the key to use when the natural one is taken."""
        return f"{row.bucket_id}/{self._backend.spare_path(row.path, row.version)}"


def _slices(items: list[str]) -> Iterator[Iterable[str]]:
    """Yield parts that a query takes at once."""
    for start in range(0, len(items), _IDS_A_QUERY):
        yield items[start : start + _IDS_A_QUERY]
