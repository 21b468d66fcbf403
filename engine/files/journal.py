"""The journal: which committed changes may still have work to do on files.

A record is written in the same transaction as the rows it is about, and removed when the files have followed. After
a crash every record that is left is rolled forward (`engine.files.settle`), as often as need be.

- `publish`: rename staged bytes to their keys. Items `[object id, version, fresh]`; `fresh` says that the key was
  nobody's before. Removing the record may lag behind the work: repeating it changes nothing.
- `relocate`: move the bytes of renamed objects. Items `[object id, key before]`.
- `remove`: delete the bytes of deleted objects. Items: keys. Removed in the transaction that did the work.
- `archive`: move the bytes of old versions out of the way. Items `[key before, key after]`. Removed like `remove`.

Threads: any.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from engine.backends.names import folded
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_journal
from engine.times import now_us

SLICE: Final = 1000
"""Items of one record that publishes nothing: what is done under one hold of the write lock."""


_J: Final = storage_journal.c


class JournalKind(StrEnum):
    """What is left to do."""

    PUBLISH = "publish"
    RELOCATE = "relocate"
    REMOVE = "remove"
    ARCHIVE = "archive"


class Publication(NamedTuple):
    """One item of a `publish` record; the key is not written down, the object's row has it."""

    object_id: str
    version: str
    fresh: bool
    key: str


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One open record."""

    id: int
    kind: JournalKind
    staging: str
    items: Sequence[Any]


_OLDER_MOVES: Final = select(_J.id, _J.kind, _J["items"]).where(
    _J.id < bindparam("before_id"), _J.kind != JournalKind.PUBLISH.value
)


class Journal:
    """Writes and reads records inside the callers' transactions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._finished: set[int] = set()

    def add(self, tx: Transaction, kind: JournalKind, staging: str, items: Sequence[Any]) -> int:
        """Write a record and return its id."""
        values = {"kind": kind.value, "staging": staging, "items": items, "created_at": now_us()}
        statement = insert(storage_journal).values(values).returning(storage_journal.c.id)
        return int(tx.execute(statement).scalar_one())

    def read(self, tx: Transaction, journal_id: int) -> JournalRecord | None:
        """Return a record, or None once it is gone."""
        row = tx.execute(select(storage_journal).where(storage_journal.c.id == journal_id)).one_or_none()
        return None if row is None else JournalRecord(row.id, JournalKind(row.kind), row.staging, row.items)

    def is_newest(self, tx: Transaction, journal_id: int) -> bool:
        """Return whether no commit came after the record's: its rows are then as it left them.

        Every change of an object's path, content or existence writes a record, and ids only grow. False where the
        database keeps no such count.
        """
        return tx.last_journal_id() == journal_id

    def open_ids(self, tx: Transaction, staging: str | None = None) -> list[int]:
        """Return the ids of all open records, oldest first; of one process's staging only, if given."""
        query = select(storage_journal.c.id).order_by(storage_journal.c.id)
        if staging is not None:
            query = query.where(storage_journal.c.staging == staging)
        return list(tx.execute(query).scalars())

    def still_open(self, tx: Transaction, ids: Iterable[int | None]) -> list[int]:
        """Return those of `ids` whose records are still there."""
        wanted = {journal_id for journal_id in ids if journal_id is not None}
        if not wanted:
            return []
        return [journal_id for journal_id in self.open_ids(tx) if journal_id in wanted]

    def holders(self, tx: Transaction, journal_id: int, keys: Sequence[str]) -> dict[int, set[str]]:
        """Return older open records whose bytes are, or were a moment ago, under some of `keys`.

        A row may still name such a key although its bytes have left it: nothing else may be put there.

        Returns:
            By id, which of `keys` each record names, folded: case and Unicode form do not count.
        """
        older = tx.execute(_OLDER_MOVES, {"before_id": journal_id}).all() if keys else ()
        if not older:
            return {}
        wanted = {folded(key) for key in keys}
        named = {row[0]: wanted & {folded(key) for key in _keys_of(row[1], row[2])} for row in older}
        return {older_id: common for older_id, common in named.items() if common}

    def remove(self, tx: Transaction, journal_id: int) -> None:
        """Remove a record now."""
        tx.execute(delete(storage_journal).where(storage_journal.c.id == journal_id))

    def finish(self, journal_id: int) -> None:
        """Remember that a `publish` record has no work left; it is removed with the next commit."""
        with self._lock:
            self._finished.add(journal_id)

    def has_finished(self) -> bool:
        """Return whether there are records for `remove_finished` to remove."""
        return bool(self._finished)

    def is_finished(self, journal_id: int | None) -> bool:
        """Return whether this process finished the record's work."""
        return journal_id in self._finished

    def remove_finished(self, tx: Transaction) -> set[int]:
        """Remove the records that have no work left; `forget` them once `tx` is committed."""
        with self._lock:
            finished = set(self._finished)
        if finished:
            tx.execute(delete(storage_journal).where(storage_journal.c.id.in_(finished)))
        return finished

    def forget(self, journal_ids: set[int]) -> None:
        """Forget records that are gone for good."""
        with self._lock:
            self._finished -= journal_ids


def _keys_of(kind: str, items: Sequence[Any]) -> list[str]:
    """Return the keys that bytes leave by a record that publishes nothing."""
    match kind:
        case JournalKind.RELOCATE:
            return [item[1] for item in items]
        case JournalKind.ARCHIVE:
            return [item[0] for item in items]
        case _:
            return list(items)
