"""What rows say about bytes, one content at a time: where they are, whether they are there, what they hash to.

A content is that of a live object, or of a row of history with bytes of its own. Threads: any.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select

from engine import limits
from engine.backends.base import BackendReader, Monitor, StorageBackend
from engine.errors import IoError
from engine.files.records import OBJECT_COLUMNS, object_from
from engine.files.settle import Settler
from engine.files.version_rows import VERSION_COLUMNS
from engine.metadata.executor import AnyRow, Transaction
from engine.metadata.tables import storage_buckets, storage_journal, storage_object_versions, storage_objects
from engine.types import StorageObject

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_B: Final = storage_buckets.c
_J: Final = storage_journal.c
_T = TypeVar("_T")
_KEYS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that a row names.

    Attributes:
        info: The object, or what it was.
        key: Where its bytes are, once they are published or archived.
        is_open: Whether the commit that last touched the row may have work left.
        staging: Where the bytes of such a commit may lie.
        version_id: Id of the row of history, or None for a live object.
    """

    info: StorageObject
    key: str
    is_open: bool
    staging: str | None
    version_id: int | None

    @property
    def name(self) -> str:
        """Return `bucket/path`."""
        return f"{self.info.bucket}/{self.info.path}"


def _select(table: Any, columns: Sequence[ColumnElement[Any]], journal_id: ColumnElement[Any]) -> Select[Any]:  # noqa: ANN401 - either table
    """Return the SELECT of one table's contents."""
    joined = table.join(storage_buckets, _B.id == table.c.bucket_id).outerjoin(storage_journal, _J.id == journal_id)
    return select(*columns, table.c.physical_path, _J.id, _J.staging, _B.name).select_from(joined)


_WANTED: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_OBJECTS: Final = _select(storage_objects, OBJECT_COLUMNS, _O.journal_id).where(_O.id.in_(_WANTED))
_VERSIONS: Final = _select(storage_object_versions, (*VERSION_COLUMNS[:14], _V.id), _V.journal_id).where(
    _V.id.in_(_WANTED), _V.physical_path.is_not(None)
)


def object_contents(tx: Transaction, object_ids: Sequence[str]) -> list[Content]:
    """Return the contents of those objects that exist."""
    rows = tx.execute(_OBJECTS, {"ids": list(object_ids)})
    return [_content(row, None, row[14:]) for row in rows]


def version_contents(tx: Transaction, version_ids: Sequence[int]) -> list[Content]:
    """Return the contents of those rows of history that exist and have bytes of their own."""
    rows = tx.execute(_VERSIONS, {"ids": list(version_ids)})
    return [_content(row, row[14], row[15:]) for row in rows]


def _content(row: AnyRow, version_id: int | None, place: Sequence[Any]) -> Content:
    key, journal_id, staging, bucket = place
    return Content(object_from(row, bucket), key, journal_id is not None, staging, version_id)


def again(tx: Transaction, content: Content) -> Content | None:
    """Return what a content's row says now, or None where there is none that means the same bytes."""
    if content.version_id is None:
        found = object_contents(tx, [content.info.id])
    else:
        found = version_contents(tx, [content.version_id])
    return found[0] if found and found[0].info.version == content.info.version else None


class Bytes:
    """Looks at the bytes of contents.

    Args:
        backend: Where they are.
        settler: Knows which are on their way.
    """

    def __init__(self, backend: StorageBackend, settler: Settler) -> None:
        self._backend = backend
        self._settler = settler

    def open(self, content: Content) -> BackendReader | None:
        """Open the bytes where they are: staged, or under their key."""
        if content.version_id is None and content.staging is not None:
            staged = self._backend.open_staged(content.staging, content.info.version)
            if staged is not None:
                return staged
        return self._backend.open(content.key)

    def finish_open_work(self) -> None:
        """Bring what is on its way to where it belongs, so that what is missing then is missing."""
        self._settler.roll_forward()

    def size(self, content: Content) -> int | None:
        """Return how many bytes there are under a content's key, or None where there are none."""
        reader = self._backend.open(content.key)
        if reader is None:
            return None
        with contextlib.closing(reader):
            return reader.size_bytes

    def are_gone(self, tx: Transaction, content: Content) -> bool:
        """Return whether a content has no bytes and none are on their way; `tx` holds changes off.

        What cannot be looked at is not gone.
        """
        if content.is_open or self._settler.is_awaited(tx, content.key):
            return False
        try:
            return self.size(content) is None
        except IoError:
            return False


def parts(items: Sequence[_T], count: int) -> Iterator[Sequence[_T]]:
    """Yield parts of up to `count` items."""
    return (items[start : start + count] for start in range(0, len(items), count))


def claimed_keys(tx: Transaction, keys: Sequence[str]) -> set[str]:
    """Return those of `keys` that a row names.

    No index leads from a key to its row, and none is worth what each upload would pay for it: keys are looked up many
    at a time, in one pass over the rows.
    """
    return {
        str(row[0])
        for part in parts(keys, _KEYS_MAX)
        for query in _CLAIMS
        for row in tx.execute(query, {"keys": list(part)})
    }


_CLAIMS: Final = tuple(
    select(table.c.physical_path).where(table.c.physical_path.in_(bindparam("keys", expanding=True)))
    for table in (storage_objects, storage_object_versions)
)


def checksum(reader: BackendReader, monitor: Monitor) -> str:
    """Return the SHA-256 of what a reader holds.

    Args:
        reader: Read from its start.
        monitor: Told the bytes of every step; raises to stop.
    """
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(limits.HASH_CHUNK_BYTES))
    offset = 0
    while count := reader.readinto_at(offset, buffer):
        sha256.update(buffer[:count])
        offset += count
        monitor(count)
    return sha256.hexdigest()
