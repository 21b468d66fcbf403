"""Between rows of history and values, and from rows of history to bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, select

from engine.backends.base import BackendReader, StorageBackend
from engine.errors import BytesMissing, ObjectNotFound, StorageError, Unauthorized
from engine.files.downloads import Downloads, ObjectReader
from engine.files.records import OBJECT_COLUMNS, object_from
from engine.files.settle import Settler
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects
from engine.permissions.rules import Command
from engine.types import RlsContext, StorageObject
from engine.version_types import Ending, ObjectVersion

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()
_ATTEMPTS: Final = 5
IDS_A_QUERY: Final = 1000
"""Rows that are asked for by their ids at a time: a database takes so many parameters and no more."""


VERSION_COLUMNS: Final = (
    _V.object_id,
    *(_V[column.name] for column in OBJECT_COLUMNS[1:]),
    _V.id,
    _V.valid_from,
    _V.valid_to,
    _V.reason,
    _V.in_trash,
    _V.physical_path,
    _V.journal_id,
)
"""What `version_from` reads: the columns of an object in the order of `OBJECT_COLUMNS`, then those of its past."""


def version_from(row: AnyRow, bucket: str) -> ObjectVersion:
    """Return the value of a row of `VERSION_COLUMNS`."""
    return ObjectVersion(row[14], object_from(row, bucket), row[15], row[16], Ending(row[17]), bool(row[18]))


def select_versions(condition: ColumnElement[bool]) -> Select[Any]:
    """Return the SELECT of rows of history under a condition."""
    return select(*VERSION_COLUMNS).where(condition)


def find_versions(tx: Transaction, bucket_id: str, version_ids: Sequence[int]) -> list[AnyRow]:
    """Return rows of history by their ids, those that the caller of `tx` may see.

    Raises:
        ObjectNotFound: One of them is not there.
    """
    wanted = list(dict.fromkeys(version_ids))
    parts = (wanted[start : start + IDS_A_QUERY] for start in range(0, len(wanted), IDS_A_QUERY))
    rows = [row for part in parts for row in tx.execute(_BY_IDS, {"bucket": bucket_id, "ids": part})]
    if len(rows) < len(wanted):
        raise ObjectNotFound("This version is gone")
    return rows


_BY_IDS: Final = select_versions(
    (_V.bucket_id == bindparam("bucket")) & _V.id.in_(bindparam("ids", expanding=True))
).order_by(_V.id)


def check_deletable(tx: Transaction, rows: Sequence[AnyRow]) -> None:
    """Refuse to delete what the caller of `tx` may only see.

    Raises:
        Unauthorized: There is some.
    """
    rule, system = tx.rule(storage_object_versions, Command.DELETE), tx.as_caller(_SYSTEM)
    if rule is None:
        return
    for start in range(0, len(rows), IDS_A_QUERY):
        part = [row.id for row in rows[start : start + IDS_A_QUERY]]
        if len(system.execute(select(_V.id).where(_V.id.in_(part) & rule)).all()) < len(part):
            raise Unauthorized("Access denied")


class VersionBytes:
    """Opens the bytes of rows of history, wherever they are now.

    Args:
        executor: For rows.
        backend: For bytes.
        settler: For bytes that are on their way.
        downloads: For bytes that are a live object's.
    """

    def __init__(self, executor: Executor, backend: StorageBackend, settler: Settler, downloads: Downloads) -> None:
        self._executor = executor
        self._backend = backend
        self._settler = settler
        self._downloads = downloads

    def open(self, row: AnyRow, bucket: str, *, verify: bool = False) -> ObjectReader:
        """Open what a row of history means.

        Raises:
            ObjectNotFound: The row was forgotten meanwhile, and its bytes went with it.
            BytesMissing: The bytes are gone.
        """
        info = object_from(row, bucket)
        for _ in range(_ATTEMPTS):
            found = self._archived(row)
            reader = self._live(row) if found is None else self._read(found)
            if reader is not None:
                return ObjectReader(info, reader, verify=verify)
        if not self._is_known(row):
            raise ObjectNotFound("This version is gone", path=info.path)
        raise BytesMissing("The bytes of this version are missing", path=f"{bucket}/{info.path}")

    def _is_known(self, row: AnyRow) -> bool:
        """Return whether the row is still there."""
        return bool(self._executor.execute(select(_V.id).where(_V.id == row.id), _SYSTEM))

    def _archived(self, row: AnyRow) -> AnyRow | None:
        """Return the row of history that names the key of the bytes, as it is now."""
        with self._executor.snapshot(_SYSTEM) as tx:
            return tx.execute(_HOLDER, {"wanted": row.version}).first()

    def _read(self, holder: AnyRow) -> BackendReader | None:
        """Open archived bytes; they may still be on their way there."""
        reader = self._backend.open(holder.physical_path)
        if reader is None and holder.journal_id is not None:
            self._settler.settle(holder.journal_id, eager=True)
            reader = self._backend.open(holder.physical_path)
        return reader

    def _live(self, row: AnyRow) -> BackendReader | None:
        """Open bytes that are a live object's, or return None if it has others by now."""
        with self._executor.snapshot(_SYSTEM) as tx:
            place = tx.execute(_PLACE, {"wanted": row.object_id, "content": row.version}).first()
        if place is None:
            return None
        try:
            reader = self._downloads.open(place[0], place[1] + place[2], _SYSTEM)
        except StorageError:
            return None
        if reader.info.version == row.version:
            return reader.source
        reader.close()
        return None


_HOLDER: Final = (
    select(_V.physical_path, _V.journal_id)
    .where(_V.version == bindparam("wanted"), _V.physical_path.is_not(None))
    .limit(1)
)
_PLACE: Final = (
    select(storage_buckets.c.name, _O.parent, _O.leaf)
    .select_from(storage_objects.join(storage_buckets, storage_buckets.c.id == _O.bucket_id))
    .where(_O.id == bindparam("wanted"), _O.version == bindparam("content"))
)


def as_current(info: StorageObject, since_us: int) -> ObjectVersion:
    """Return a live object as the newest of its versions."""
    return ObjectVersion(None, info, since_us, None, None, in_trash=False)
