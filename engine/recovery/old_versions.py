"""Takes in what lies below `.versions/` and has no row: old versions, and what was in the trash.

A key there says bucket, path and content (`engine.files.history.archive_key`), and the content's id says when it came
to be (UUID version 7). What no file tells is put as carefully as it can be:

- *until when*: until the next content that is known of the path came to be; where nothing stands there, until now.
- *how it ended*: replaced where another content followed, deleted where none did. In a bucket that has a trash and
  keeps no old versions only deletions leave anything, so all of it was deleted. That an object moved away is not told.
- *what is in the trash*: what was deleted, where the bucket has a trash; its time there counts from that moment.

What cannot be told stays where it is and is reported: where the bucket keeps nothing, or nothing is written down about
it (its rows would be forgotten within the hour, and the bytes with them); names too long to be whole, and spare ones;
an id that tells no time; a content that a row of the backup already means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, insert, literal, or_, select, update

from engine import limits
from engine.backends.base import StorageBackend, StoredEntry
from engine.errors import IoError
from engine.files.archive import ARCHIVE_FOLDER, archived_version
from engine.files.records import at_path
from engine.files.throttle import ProgressMeter
from engine.ids import is_id
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of
from engine.recovery.files import FoundFile, path_of, read_file
from engine.recovery.values import Findings
from engine.times import now_us
from engine.types import RlsContext
from engine.version_types import Ending

_B: Final = storage_buckets.c
_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()
_KNOWN_KEYS: Final = tuple(
    select(table.c.physical_path).where(table.c.physical_path.in_(bindparam("keys", expanding=True)))
    for table in (storage_object_versions, storage_objects)
)
_KNOWN_CONTENTS: Final = tuple(
    select(table.c.version).where(table.c.version.in_(bindparam("versions", expanding=True)))
    for table in (storage_object_versions, storage_objects)
)
_MS_IN_US: Final = 1000
_TIMED_UUID: Final = 7


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an archived content stood.

    Attributes:
        bucket_id: Bucket.
        path: Path in it.
        version: The content.
        born_us: When it came to be, in microseconds since 1970, UTC.
    """

    bucket_id: str
    path: str
    version: str
    born_us: int


class OldVersions:
    """Takes them in. The objects that stand now have to be known already.

    Args:
        executor: Of the new database.
        backend: Its files.
        owner_id: Whose they are.
        meter: Knows of cancellation.
        findings: Told of what is taken in and of what is left.
    """

    def __init__(
        self, executor: Executor, backend: StorageBackend, owner_id: str, meter: ProgressMeter, findings: Findings
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._owner_id = owner_id
        self._meter = meter
        self._findings = findings
        self._now_us = now_us()

    def run(self) -> None:
        """Do it, a batch a transaction.

        Raises:
            Cancelled: The caller cancelled.
            IoError: The disk refused for now.
        """
        last_id = self._executor.execute(select(func.coalesce(func.max(_V.id), 0)), _SYSTEM)[0][0]
        keeping = self._keeping()
        left, left_bytes, entries = 0, 0, self._backend.list(ARCHIVE_FOLDER)
        while batch := list(islice(entries, limits.RECOVERY_BATCH)):
            self._meter.check()
            unknown = self._unknown(batch)
            taken = self._take(unknown, keeping)
            left += len(unknown) - len(taken)
            left_bytes += sum(entry.size_bytes for entry in unknown if entry.key not in taken)
        for bucket_id, (versions, trash) in keeping.items():
            self._order(bucket_id, last_id, versions=versions, trash=trash)
        if left:
            files, stay = ("file", "is left as it is") if left == 1 else ("files", "are left as they are")
            detail = f"{left} {files} of older versions and deleted objects, {left_bytes} bytes, {stay}: "
            detail += "the bucket keeps none, or the names do not tell what they were"
            self._findings.add(ARCHIVE_FOLDER, detail)

    def _keeping(self) -> dict[str, tuple[bool, bool]]:
        """Return the buckets that keep anything: whether old versions, and whether they have a trash."""
        keeps = (_B.keep_versions.is_not(None) | _B.keep_days.is_not(None), _B.trash_days.is_not(None))
        rows = self._executor.execute(select(_B.id, *keeps), _SYSTEM)
        return {str(row[0]): (bool(row[1]), bool(row[2])) for row in rows if row[1] or row[2]}

    def _unknown(self, entries: Sequence[StoredEntry]) -> list[StoredEntry]:
        """Return the files that no row of history names, and no object that had its bytes given back."""
        wanted = {"keys": [entry.key for entry in entries]}
        with self._executor.snapshot(_SYSTEM) as tx:
            known = {key for query in _KNOWN_KEYS for key in tx.execute(query, wanted).scalars()}
        return [entry for entry in entries if entry.key not in known]

    def _take(self, entries: Sequence[StoredEntry], keeping: Mapping[str, tuple[bool, bool]]) -> set[str]:
        """Take in what can be, and return the keys."""
        places = {entry.key: place for entry in entries if (place := _place_of(entry.key)) is not None}
        meant = self._meant([place.version for place in places.values()])
        found = []
        for entry in entries:
            place = places.get(entry.key)
            if place is not None and place.bucket_id in keeping and place.version not in meant:
                meant.add(place.version)
                file = self._read(entry)
                if file is not None:
                    found.append((place, file))
        with self._executor.transaction(_SYSTEM) as tx:
            for place, file in found:
                in_trash = keeping[place.bucket_id] == (False, True)
                tx.execute(insert(storage_object_versions).values(self._values(tx, place, file, in_trash=in_trash)))
        self._findings.versions += len(found)
        return {file.key for _, file in found}

    def _meant(self, versions: Sequence[str]) -> set[str]:
        """Return those contents that a row means already."""
        with self._executor.snapshot(_SYSTEM) as tx:
            return {str(row[0]) for query in _KNOWN_CONTENTS for row in tx.execute(query, {"versions": versions})}

    def _read(self, entry: StoredEntry) -> FoundFile | None:
        """Read a file, or return None where it cannot be read."""
        try:
            self._meter.expect(entry.size_bytes)
            found = read_file(self._backend, entry, self._meter)
        except IoError as error:
            if error.retryable:
                raise
            self._findings.add(entry.key, f"the file cannot be read ({error.message}); it is left where it is")
            return None
        self._meter.finished()
        return found

    def _values(self, tx: Transaction, place: _Place, file: FoundFile, *, in_trash: bool) -> dict[str, Any]:
        """Return the row of a content; until when it stood is put in order when all are known."""
        here = tx.execute(select(_O.id).where(at_path(place.bucket_id, place.path))).scalar()
        return {
            "object_id": place.version if here is None or in_trash else here,
            "bucket_id": place.bucket_id,
            "parent": parent_of(place.path),
            "leaf": leaf_of(place.path),
            "owner_id": self._owner_id,
            "size_bytes": file.size_bytes,
            "mime_type": file.mime_type(place.path),
            "checksum": file.checksum,
            "cache_control": "no-cache",
            "user_metadata": {},
            "version": place.version,
            "physical_path": file.key,
            "created_at": place.born_us,
            "updated_at": place.born_us,
            "modified_at": file.modified_us,
            "valid_from": place.born_us,
            "valid_to": self._ended_us(place),
            "reason": Ending.DELETED.value,
            "in_trash": in_trash,
        }

    def _ended_us(self, place: _Place) -> int:
        """Return now, or just after a content began where the clock was set back."""
        return max(self._now_us, place.born_us + 1)

    def _order(self, bucket_id: str, last_id: int, *, versions: bool, trash: bool) -> None:
        """Let what was taken in of a bucket end where the next content of its path begins."""
        fresh = (_V.bucket_id == bucket_id) & (_V.id > last_id)
        values: dict[str, Any] = {"valid_to": func.coalesce(_NEXT, _V.valid_to)}
        if versions:
            followed = _NEXT.is_not(None)
            values["reason"] = case((followed, Ending.REPLACED.value), else_=Ending.DELETED.value)
            values["in_trash"] = case((followed, False), else_=literal(trash))
        self._executor.execute(update(storage_object_versions).where(fresh).values(values), _SYSTEM)


_LATER: Final = storage_object_versions.alias("later")
_SAME_PATH: Final = and_(
    _LATER.c.bucket_id == _V.bucket_id,
    _LATER.c.parent == _V.parent,
    _LATER.c.leaf == _V.leaf,
    or_(
        _LATER.c.valid_from > _V.valid_from,
        and_(_LATER.c.valid_from == _V.valid_from, _LATER.c.version > _V.version),
    ),
)
_LIVE: Final = and_(_O.bucket_id == _V.bucket_id, _O.parent == _V.parent, _O.leaf == _V.leaf)
_STANDS: Final = case((_O.valid_from > _V.valid_from, _O.valid_from), else_=_V.valid_from + 1)
_NEXT: Final = func.coalesce(
    select(func.min(_LATER.c.valid_from)).where(_SAME_PATH).correlate(storage_object_versions).scalar_subquery(),
    # What stands there now may be older, where it was moved there: then the content ended no one knows when.
    select(_STANDS).where(_LIVE).correlate(storage_object_versions).scalar_subquery(),
)


def _place_of(key: str) -> _Place | None:
    """Return where a content stood, or None where its key does not tell that for sure."""
    version = archived_version(key)
    physical, tilde, _ = key.removeprefix(f"{ARCHIVE_FOLDER}/").rpartition("~")
    bucket_id, slash, rest = physical.partition("/")
    if not (tilde and slash and is_id(version)) or UUID(version).version != _TIMED_UUID:
        return None
    path, sure = path_of(rest)
    return _Place(bucket_id, path, version, _born_us(version)) if path is not None and sure else None


def _born_us(version: str) -> int:
    """Return when an id was made, in microseconds since 1970, UTC.

    Source: RFC 9562 section 5.7.
    """
    return (UUID(version).int >> 80) * _MS_IN_US
