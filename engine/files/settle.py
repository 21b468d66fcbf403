"""`Settler`: lets the files follow what was committed. Runs after each commit, and over what a crash left.

All work on keys is done under the database's write lock, so that it never races another commit, also one of another
process: a record is read, its rows are looked at as they are *now*, and what no longer holds is left alone.

Files change before the transaction that says so commits, so work can be half done when a process dies: bytes have left
a key that a row still names. Two rules keep such a row from ever meeting bytes that are not its own:

- Nothing is put under a key that an older open record names; that record is settled first. Where it cannot be, the
  newcomer goes to its spare key.
- Staged bytes go to a spare key only after the row names it, in a commit and with a record of their own.

The spare key of an old version is its own: its bytes may be there before the row says so, and are found at either key.
So every record may be repeated from wherever it was left.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select, update

from engine.backends.base import BackendChanges, Outcome, StorageBackend
from engine.backends.names import folded
from engine.errors import BackendUnreachable, IoError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.archive import archived_version, spare_archive_key
from engine.files.journal import Journal, JournalKind, JournalRecord, Publication
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_journal, storage_object_versions, storage_objects
from engine.types import RlsContext

_logger = logging.getLogger(__name__)
_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_IDS_A_QUERY: Final = 500
_NEVER_GIVEN_OUT: Final = 2**63 - 1
"""A journal id above all others."""

_SYSTEM: Final = RlsContext.service()
_ELSEWHERE: Final = (
    update(storage_object_versions)
    .where(_V.version == bindparam("content"), _V.physical_path == bindparam("before"))
    .values(physical_path=bindparam("after"))
)


@dataclass(frozen=True, slots=True)
class _Row:
    """What settling needs of an object's row."""

    id: str
    bucket_id: str
    path: str
    version: str
    physical_path: str


@dataclass(frozen=True, slots=True)
class _Work:
    """One attempt at a record.

    Attributes:
        around: Whether keys that older records name are avoided; else those are to be settled first.
    """

    tx: Transaction
    changes: BackendChanges
    journal_id: int
    around: bool


class _Blocked(Exception):
    """Older work on the same keys should be done first."""

    def __init__(self, journal_ids: Sequence[int]) -> None:
        super().__init__()
        self.journal_ids = journal_ids


class Settler:
    """Rolls journal records forward.

    Args:
        executor: For the rows.
        backend: For the files.
        journal: For the records.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        journal: Journal,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._failpoints = failpoints
        self._executor = executor
        self._backend = backend
        self._journal = journal

    def settle(self, journal_id: int, *, eager: bool = False, known: Sequence[Publication] = ()) -> None:
        """Do the work of one record; a no-op when it was done.

        Args:
            journal_id: The record.
            eager: Whether a `publish` record is removed at once instead of with the next commit.
            known: What a `publish` record is about, if this process wrote it a moment ago: saves reading the rows
                when no other commit came in between.

        Raises:
            EnvironmentFault: The backend or the database failed; the record stays.
        """
        try:
            successor = self._attempt(journal_id, known, eager=eager, around=False)
        except _Blocked as blocked:
            for older in blocked.journal_ids:
                self._settle_if_possible(older)
            successor = self._attempt(journal_id, known, eager=eager, around=True)
        if successor is not None:
            self.settle(successor, eager=eager)

    def roll_forward(self, staging: str | None = None) -> bool:
        """Finish what is open, of one process's staging or of all; what the backend refuses is left open.

        Returns:
            Whether nothing is left.

        Raises:
            DatabaseFault: The database failed.
        """
        self._failpoints.reach(Failpoint.ROLL_FORWARD)
        with self._executor.snapshot(_SYSTEM) as tx:
            journal_ids = self._journal.open_ids(tx, staging)
        left = [journal_id for journal_id in journal_ids if not self._settle_if_possible(journal_id)]
        return not left

    def is_awaited(self, tx: Transaction, key: str) -> bool:
        """Return whether open work is going to move or remove the bytes under a key."""
        return bool(self.awaited(tx, [key]))

    def awaited(self, tx: Transaction, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` whose bytes open work is going to move or remove."""
        named = set().union(*self._journal.holders(tx, _NEVER_GIVEN_OUT, keys).values())
        return {key for key in keys if folded(key) in named} if named else set()

    def is_moving(self, tx: Transaction) -> bool:
        """Return whether bytes may have left for a key that their row does not name yet."""
        query = select(storage_journal.c.id).where(storage_journal.c.kind == JournalKind.RELOCATE.value).limit(1)
        return tx.execute(query).first() is not None

    def _settle_if_possible(self, journal_id: int) -> bool:
        """Settle a record for good, and answer whether the backend let it happen."""
        try:
            self.settle(journal_id, eager=True)
        except (IoError, BackendUnreachable):
            _logger.warning("files cannot follow commit %s yet", journal_id, exc_info=True)
            return False
        return True

    def _attempt(self, journal_id: int, known: Sequence[Publication], *, eager: bool, around: bool) -> int | None:
        """Do a record's work under the write lock and return the record of what is left to do, if any."""
        self._failpoints.reach(Failpoint.SETTLE_BEGIN)
        with self._backend.changes() as changes:
            with self._executor.transaction(_SYSTEM) as tx:
                work = _Work(tx, changes, journal_id, around)
                if known and self._journal.is_newest(tx, journal_id):
                    successor = self._publish(work, self._backend.staging, known)
                else:
                    record = self._journal.read(tx, journal_id)
                    if record is None:
                        return None
                    if record.kind is not JournalKind.PUBLISH:
                        return self._move_or_remove(work, record)
                    successor = self._publish(work, record.staging, self._publications(tx, record))
            changes.sync()
        self._failpoints.reach(Failpoint.SETTLE_DONE)
        self._finish(journal_id, now=eager)
        return successor

    def _finish(self, journal_id: int, *, now: bool) -> None:
        """Remove the record, or have it removed with the next commit."""
        self._journal.finish(journal_id)
        if now:
            with self._executor.transaction(_SYSTEM) as tx:
                self._failpoints.reach(Failpoint.RECORD_REMOVE)
                self._journal.remove(tx, journal_id)
            self._failpoints.reach(Failpoint.RECORD_REMOVED)
            self._journal.forget({journal_id})

    def _publications(self, tx: Transaction, record: JournalRecord) -> list[Publication]:
        """Return what a record has to publish; superseded bytes are thrown away."""
        rows = self._rows(tx, [item[0] for item in record.items])
        current: list[Publication] = []
        for object_id, version, fresh in record.items:
            row = rows.get(object_id)
            if row is not None and row.version == version:
                current.append(Publication(object_id, version, fresh, row.physical_path))
            elif record.staging == self._backend.staging:
                # Another process's staged bytes go when its lease is swept.
                self._backend.discard(version)
        return current

    def _publish(self, work: _Work, staging: str, publications: Sequence[Publication]) -> int | None:
        """Rename staged bytes to their keys.

        Returns:
            The record of those whose keys are taken, if any: they have other keys now.
        """
        occupied = self._occupied(work, [publication.key for publication in publications if publication.fresh])
        displaced = [
            publication
            for publication in publications
            if (occupied and publication.fresh and folded(publication.key) in occupied)
            or work.changes.publish(staging, publication.version, publication.key, replace=not publication.fresh)
            is Outcome.TAKEN
        ]
        return self._displace(work.tx, staging, displaced) if displaced else None

    def _displace(self, tx: Transaction, staging: str, displaced: Sequence[Publication]) -> int:
        """Let rows name spare keys, and write down that their bytes are to be published there.

        Raises:
            IoError: Something stands in the way of a spare key; the bytes stay staged.
        """
        items = [(publication.object_id, publication.version, True) for publication in displaced]
        journal_id = self._journal.add(tx, JournalKind.PUBLISH, staging, items)
        keys = {row.id: self._spare(row) for row in self._rows(tx, [item[0] for item in items]).values()}
        for publication in displaced:
            if keys[publication.object_id] == publication.key:
                raise IoError("Something stands in the way of the stored file", path=publication.key)
        statement = update(storage_objects).where(_O.id == bindparam("row_id"))
        parameters = [{"row_id": row_id, "key": key} for row_id, key in keys.items()]
        tx.execute(statement.values(physical_path=bindparam("key"), journal_id=journal_id), parameters)
        return journal_id

    def _move_or_remove(self, work: _Work, record: JournalRecord) -> int | None:
        """Do the work of the other kinds: durable, and its record removed, with the commit.

        Returns:
            The record of what has another step to go, if anything.
        """
        successor = None
        if record.kind is JournalKind.RELOCATE:
            successor = self._relocate(work, record)
        elif record.kind is JournalKind.ARCHIVE:
            self._archive(work, record)
        else:
            for key in record.items:
                work.changes.remove(key)
        work.changes.sync()
        self._failpoints.reach(Failpoint.RECORD_REMOVE)
        self._journal.remove(work.tx, record.id)
        return successor

    def _archive(self, work: _Work, record: JournalRecord) -> None:
        """Move the bytes of old versions to where they are kept, and let rows name those that had to go elsewhere."""
        for key, archived_key in record.items:
            self._failpoints.reach(Failpoint.ARCHIVE)
            found = self._archived(work.changes, key, archived_key)
            self._failpoints.reach(Failpoint.ARCHIVED)
            if found != archived_key:
                version = archived_version(archived_key)
                work.tx.execute(_ELSEWHERE, {"content": version, "before": archived_key, "after": found})

    def _archived(self, changes: BackendChanges, key: str, archived_key: str) -> str:
        """Move the bytes of one old version and return the key that they have now.

        Raises:
            IoError: Something stands in the way of every key; the bytes stay where they were, and the record open.
        """
        outcome = changes.relocate(key, archived_key)
        if outcome is Outcome.DONE or (outcome is Outcome.GONE and self._backend.exists(archived_key)):
            return archived_key
        spare = spare_archive_key(archived_key)
        # Also where nothing is left to move: what somebody moved there who did not come to say so is made durable.
        outcome = changes.relocate(key, spare)
        if outcome is Outcome.TAKEN:
            raise IoError("Something stands in the way of the file of an old version", path=archived_key)
        return spare if outcome is Outcome.DONE or self._backend.exists(spare) else archived_key

    def _relocate(self, work: _Work, record: JournalRecord) -> int | None:
        """Move the bytes of renamed objects to where their new paths map to.

        What goes where something else of the record is, or was a moment ago, waits under its spare key until all of it
        is durable: before that, the row of what was there may still name the key, and would take what is put there for
        its own; and without the power for a moment, the file that is put there may be all that is left of both.

        Returns:
            The record of what waits, if anything does.
        """
        rows = self._rows(work.tx, [item[0] for item in record.items])
        due = [row for object_id, key in record.items if (row := rows.get(object_id)) and row.physical_path == key]
        occupied = self._occupied(work, [self._natural(row) for row in due])
        held = _held_by_others(due, self._natural)
        moved = [
            {"row_id": row.id, "key": self._relocated(work.changes, row, occupied, waits=row.id in held)} for row in due
        ]
        if not moved:
            return None
        statement = update(storage_objects).where(_O.id == bindparam("row_id"))
        work.tx.execute(statement.values(physical_path=bindparam("key")), moved)
        waiting = [(part["row_id"], part["key"]) for part in moved if part["row_id"] in held]
        return self._go_on_later(work.tx, record, waiting) if waiting else None

    def _go_on_later(self, tx: Transaction, record: JournalRecord, waiting: Sequence[tuple[str, str]]) -> int:
        """Write down that bytes under spare keys are to move on, and let their rows await that."""
        journal_id = self._journal.add(tx, JournalKind.RELOCATE, record.staging, waiting)
        awaiting = update(storage_objects).where(_O.id == bindparam("row_id"), _O.journal_id == record.id)
        tx.execute(awaiting.values(journal_id=journal_id), [{"row_id": row_id} for row_id, _ in waiting])
        return journal_id

    def _relocated(self, changes: BackendChanges, row: _Row, occupied: set[str], *, waits: bool) -> str:
        """Move one object's bytes and return the key that they have now."""
        natural, spare = self._natural(row), self._spare(row)
        if natural == row.physical_path:
            return natural
        targets = [spare] if waits or (occupied and folded(natural) in occupied) else [natural, spare]
        outcome = Outcome.TAKEN
        for target in targets:
            outcome = changes.relocate(row.physical_path, target)
            if outcome is Outcome.DONE:
                return target
        if outcome is Outcome.GONE:
            # Moved before, by somebody who did not come to say where.
            return next((key for key in reversed(targets) if self._backend.exists(key)), row.physical_path)
        return row.physical_path

    def _occupied(self, work: _Work, keys: Sequence[str]) -> set[str]:
        """Return those of `keys`, folded, that older open records name.

        Raises:
            _Blocked: There are some, and they are to be settled first.
        """
        holders = self._journal.holders(work.tx, work.journal_id, keys)
        if holders and not work.around:
            raise _Blocked(sorted(holders))
        return set().union(*holders.values())

    def _rows(self, tx: Transaction, object_ids: list[str]) -> dict[str, _Row]:
        """Return the rows of these objects that exist now, by id."""
        columns = (_O.id, _O.bucket_id, _O.parent, _O.leaf, _O.version, _O.physical_path)
        query = select(*columns).where(_O.id.in_(bindparam("ids", expanding=True)))
        return {
            row[0]: _Row(row[0], row[1], row[2] + row[3], row[4], row[5])
            for ids in _slices(object_ids)
            for row in tx.execute(query, {"ids": ids})
        }

    def _natural(self, row: _Row) -> str:
        """Return the key that the row's path maps to."""
        return f"{row.bucket_id}/{self._backend.natural_path(row.path)}"

    def _spare(self, row: _Row) -> str:
        """Return the key to use when the natural one is taken."""
        return f"{row.bucket_id}/{self._backend.spare_path(row.path, row.version)}"


def _held_by_others(due: Sequence[_Row], natural: Callable[[_Row], str]) -> set[str]:
    """Return the ids of rows that go to a key which another one has: case and Unicode form do not count."""
    if len(due) < 2:
        return set()
    holders = Counter(folded(row.physical_path) for row in due)
    return {row.id for row in due if holders[key := folded(natural(row))] > (key == folded(row.physical_path))}


def _slices(items: list[str]) -> Iterator[Iterable[str]]:
    """Yield parts that a query takes at once."""
    for start in range(0, len(items), _IDS_A_QUERY):
        yield items[start : start + _IDS_A_QUERY]
