"""The quarantine: contents whose bytes are known to be missing or damaged.

An object in it stays where it is and can be asked for: what is missing may come back, and damaged bytes may be all that
is left. Listings, `info` and lists of versions say so in `StorageObject.problem`. An entry is about a content
(`version`), so whoever replaces the object is rid of it.

Threads: any.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, delete, insert, select, update

from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects, storage_quarantine
from engine.times import to_datetime
from engine.types import RlsContext, StorageObject
from engine.version_types import ObjectVersion

_Q: Final = storage_quarantine.c
_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()


class Problem(StrEnum):
    """Why a content is in quarantine."""

    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One content in quarantine.

    Attributes:
        version: The content.
        object_id: Whose it is.
        where: `bucket/path`.
        since: When that was found.
        problem: What is wrong.
        detail: The same in words.
    """

    version: str
    object_id: str
    where: str
    since: datetime
    problem: Problem
    detail: str


class Quarantine:
    """Knows what is in quarantine.

    Args:
        executor: For rows.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._lock = threading.Lock()
        self._known: tuple[int, Mapping[str, str]] | None = None

    def list(self) -> tuple[Quarantined, ...]:
        """Return everything in quarantine that an object or a kept version still means, the oldest first."""
        found = [
            Quarantined(row[0], row[1], f"{row[5]}/{row[6]}{row[7]}", to_datetime(row[2]), Problem(row[3]), row[4])
            for query in _LISTS
            for row in self._executor.execute(query, _SYSTEM)
        ]
        return tuple(sorted({one.version: one for one in found}.values(), key=lambda one: (one.since, one.version)))

    def has_any(self) -> bool:
        """Return whether anything is in quarantine: costs next to nothing as long as nobody writes."""
        return bool(self._problems())

    def among(self, tx: Transaction, versions: Sequence[str]) -> set[str]:
        """Return those of some contents that are in quarantine."""
        if not self.has_any():
            return set()
        return set(tx.execute(select(_Q.version).where(_Q.version.in_(versions))).scalars())

    def marked(self, objects: Sequence[StorageObject]) -> tuple[StorageObject, ...]:
        """Return objects with their problems."""
        problems = self._problems()
        if not problems:
            return tuple(objects)
        return tuple(one._replace(problem=problems.get(one.version)) for one in objects)

    def marked_versions(self, versions: Sequence[ObjectVersion]) -> tuple[ObjectVersion, ...]:
        """Return old and present versions of objects with their problems."""
        if not self.has_any():
            return tuple(versions)
        infos = self.marked([version.info for version in versions])
        return tuple(version._replace(info=info) for version, info in zip(versions, infos, strict=True))

    def enter(self, tx: Transaction, info: StorageObject, problem: Problem, moment_us: int, detail: str) -> bool:
        """Put a content into quarantine, or say what else is wrong with it now; return whether that is news."""
        known = tx.execute(select(_Q.reason).where(_Q.version == info.version)).scalar()
        if known == problem:
            return False
        values = {"since": moment_us, "reason": problem.value, "detail": detail}
        if known is None:
            tx.execute(insert(storage_quarantine).values(version=info.version, object_id=info.id, **values))
        else:
            tx.execute(update(storage_quarantine).where(_Q.version == info.version).values(values))
        return True

    def leave(self, tx: Transaction, version: str) -> bool:
        """Take a content out of quarantine and return whether it was in."""
        return bool(tx.execute(delete(storage_quarantine).where(_Q.version == version)).rowcount)

    def forget_replaced(self, tx: Transaction) -> None:
        """Remove the entries of contents that nothing means any more."""
        tx.execute(delete(storage_quarantine).where(~_is_meant()))

    def _problems(self) -> Mapping[str, str]:
        """Return the reasons by content, read again after any commit."""
        version = self._executor.data_version()
        with self._lock:
            known = self._known
        if known is None or known[0] != version:
            rows = self._executor.execute(select(_Q.version, _Q.reason), _SYSTEM)
            known = version, {row[0]: row[1] for row in rows}
            with self._lock:
                self._known = known
        return known[1]


def _is_meant() -> ColumnElement[bool]:
    """Return the condition that a content is an object's, or a kept version's."""
    return select(_O.id).where(_O.id == _Q.object_id, _O.version == _Q.version).exists() | (
        select(_V.id).where(_V.version == _Q.version).exists()
    )


def _lists(table: Table, means: ColumnElement[bool]) -> Select[Any]:
    """Return the SELECT of what is in quarantine and meant by a row of a table."""
    columns = (_Q.version, _Q.object_id, _Q.since, _Q.reason, _Q.detail, storage_buckets.c.name)
    meant = storage_quarantine.join(table, means).join(storage_buckets, storage_buckets.c.id == table.c.bucket_id)
    return select(*columns, table.c.parent, table.c.leaf).select_from(meant)


_LISTS: Final = (
    _lists(storage_object_versions, _V.version == _Q.version),
    _lists(storage_objects, (_O.id == _Q.object_id) & (_O.version == _Q.version)),
)
