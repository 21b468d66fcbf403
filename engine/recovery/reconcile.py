"""Lets a database that nobody uses yet say what the files say.

Held against an empty database this makes all of it from the files; held against a restored backup it takes in what came
after: buckets and objects that the backup does not know, and contents that were overwritten. Nothing is removed: a row
without bytes stays and is reported, and a file that cannot become an object stays where it is.

One file after the other, a batch a transaction: memory stays the same however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from engine import limits
from engine.backends.base import StorageBackend, StoredEntry
from engine.errors import IoError
from engine.files.archive import ARCHIVE_FOLDER
from engine.files.local_names import numbered
from engine.files.records import at_path
from engine.files.sidecars import Sidecars
from engine.files.throttle import ProgressMeter
from engine.ids import is_id, new_id
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of
from engine.recovery.files import FoundFile, path_of, read_file
from engine.recovery.values import Findings
from engine.times import now_us
from engine.types import RlsContext

_O: Final = storage_objects.c
_B: Final = storage_buckets.c
_SYSTEM: Final = RlsContext.service()
_COLUMNS: Final = (_O.id, _O.parent, _O.leaf, _O.physical_path, _O.size_bytes, _O.checksum, _O.updated_at)
_CLAIMANTS: Final = select(*_COLUMNS).where(_O.physical_path.in_(bindparam("keys", expanding=True)))
_V: Final = storage_object_versions.c
_KNOWN_VERSIONS: Final = select(_V.physical_path).where(_V.physical_path.in_(bindparam("keys", expanding=True)))


class Reconciler:
    """Reconciles one database.

    Args:
        executor: Of the new database.
        backend: Its files.
        sidecars: What was written beside them.
        owner_id: Whose the objects are that are taken in.
        meter: Counts files and bytes, and knows of cancellation.
        known_us: Until when the database's rows are surely right; None where nobody can say.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        sidecars: Sidecars,
        owner_id: str,
        meter: ProgressMeter,
        known_us: int | None = None,
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._sidecars = sidecars
        self._owner_id = owner_id
        self._meter = meter
        self._known_us = known_us
        self._findings = Findings()

    def run(self) -> Findings:
        """Do it.

        Raises:
            Cancelled: The caller cancelled; what was done so far is in the database.
            EnvironmentFault: Files or database failed as a whole.
        """
        folders = list(self._backend.list_buckets())
        self._expect(folders)
        knows_objects = bool(self._executor.execute(select(_O.id).limit(1), _SYSTEM))
        for sidecar in self._sidecars.read_all():
            self._meter.check()
            if sidecar.row is not None:
                self._take_bucket(sidecar.bucket_id, sidecar.row)
        for folder in folders:
            if self._is_bucket(folder):
                self._take_files(folder)
        if knows_objects:
            self._report_missing()
        self._report_versions()
        self._meter.report_now(finalising=True)
        return self._findings

    def _expect(self, folders: Iterable[str]) -> None:
        """Tell the meter how much there is."""
        for bucket_id in folders:
            for entry in self._backend.list(bucket_id):
                self._meter.check()
                self._meter.expect(entry.size_bytes)
        self._meter.all_expected()

    def _take_bucket(self, bucket_id: str, row: Mapping[str, Any]) -> None:
        """Let the database know a bucket, if it does not know it or knows less."""
        with self._executor.transaction(_SYSTEM) as tx:
            known = tx.execute(select(_B.updated_at).where(_B.id == bucket_id)).scalar()
            values = dict(row) | {"name": self._free_name(tx, bucket_id, str(row["name"]))}
            if known is None:
                tx.execute(insert(storage_buckets).values(values))
            elif known < values["updated_at"]:
                tx.execute(update(storage_buckets).where(_B.id == bucket_id).values(values))

    def _is_bucket(self, folder: str) -> bool:
        """Return whether a folder is that of a bucket, which the database knows then."""
        if self._executor.execute(select(_B.id).where(_B.id == folder), _SYSTEM):
            return True
        if not is_id(folder):
            self._findings.add(folder, "a folder that is no bucket's; it is left alone")
            return False
        self._take_bucket(folder, self._substitute(folder))
        return True

    def _substitute(self, bucket_id: str) -> dict[str, Any]:
        """Return the row of a bucket of which nothing is written down: closed to everybody, open to any content."""
        name, now = f"recovered-{bucket_id}", now_us()
        self._findings.add(name, "nothing is written down about this bucket; it has a new name and no settings")
        return {
            "id": bucket_id,
            "name": name,
            "owner_id": self._owner_id,
            "public": False,
            "file_size_limit": None,
            "allowed_mime_types": [],
            "created_at": now,
            "updated_at": now,
        }

    def _free_name(self, tx: Transaction, bucket_id: str, name: str) -> str:
        """Return a bucket's name, or one like it where another bucket has that."""
        free, number = name, 1
        while tx.execute(select(_B.id).where((_B.name == free) & (_B.id != bucket_id))).first() is not None:
            number += 1
            free = f"{name} ({number})"
        if free != name:
            self._findings.add(free, f"another bucket is called {name!r} already")
        return free

    def _take_files(self, bucket_id: str) -> None:
        """Take in what the database does not know of one bucket's files."""
        entries = self._backend.list(bucket_id)
        while batch := list(islice(entries, limits.RECOVERY_BATCH)):
            with self._executor.snapshot(_SYSTEM) as tx:
                rows = {row.physical_path: row for row in tx.execute(_CLAIMANTS, {"keys": [e.key for e in batch]})}
            found = [file for entry in batch if (file := self._news_of(entry, rows.get(entry.key)))]
            with self._executor.transaction(_SYSTEM) as tx:
                for file in found:
                    self._take_file(tx, bucket_id, file, rows.get(file.key))

    def _news_of(self, entry: StoredEntry, row: AnyRow | None) -> FoundFile | None:
        """Read a file, unless it is the one that its row knows."""
        try:
            found = read_file(self._backend, entry, self._meter, row, self._known_us)
        except IoError as error:
            if error.retryable:
                raise
            self._findings.add(entry.key, f"the file cannot be read ({error.message}); it is left where it is")
            found = None
        self._meter.finished()
        return found

    def _take_file(self, tx: Transaction, bucket_id: str, file: FoundFile, row: AnyRow | None) -> None:
        """Write down what a file holds: in its own row, in that of a lost file of its path, or in a new one."""
        if row is not None:
            self._renew(tx, row, file)
            return
        path, sure = path_of(file.key.removeprefix(f"{bucket_id}/"))
        if path is None:
            self._findings.add(file.key, "its name breaks the rules for objects; it is left where it is")
            return
        holder = tx.execute(select(*_COLUMNS).where(at_path(bucket_id, path))).one_or_none()
        if holder is not None and not self._backend.exists(holder.physical_path):
            self._renew(tx, holder, file)
            return
        free = path if holder is None else _free_path(tx, bucket_id, path)
        if not sure or free != path:
            self._findings.add(file.key, f"its name is not known for sure; it is now called {free}")
        tx.execute(insert(storage_objects).values(self._values(bucket_id, free, file)))
        self._findings.taken_in += 1

    def _renew(self, tx: Transaction, row: AnyRow, file: FoundFile) -> None:
        """Let a row say what its path's file holds now; what a file cannot tell stays as it was."""
        self._findings.taken_in += 1
        place = update(storage_objects).where(_O.id == row.id).values(physical_path=file.key)
        if file.checksum == row.checksum:
            tx.execute(place)
            return
        values = {
            "size_bytes": file.size_bytes,
            "checksum": file.checksum,
            "mime_type": file.mime_type(row.parent + row.leaf),
            "version": new_id(),
            "updated_at": file.modified_us,
            "valid_from": file.modified_us,
        }
        tx.execute(place.values(values))

    def _values(self, bucket_id: str, path: str, file: FoundFile) -> dict[str, Any]:
        """Return the row of an object that is taken in."""
        object_id = new_id()
        return {
            "id": object_id,
            "bucket_id": bucket_id,
            "parent": parent_of(path),
            "leaf": leaf_of(path),
            "owner_id": self._owner_id,
            "size_bytes": file.size_bytes,
            "mime_type": file.mime_type(path),
            "checksum": file.checksum,
            "cache_control": "no-cache",
            "user_metadata": {},
            "version": object_id,
            "physical_path": file.key,
            "created_at": file.modified_us,
            "updated_at": file.modified_us,
            "modified_at": file.modified_us,
            "valid_from": file.modified_us,
        }

    def _report_missing(self) -> None:
        """Report the rows whose files are not there: deleted or moved after the backup, or lost."""
        for bucket, row in self._rows():
            self._meter.check()
            if not self._backend.exists(row.physical_path):
                detail = "its file is not there: deleted or moved since the backup, or lost; the check tells more"
                self._findings.add(f"{bucket}/{row.parent}{row.leaf}", detail)

    def _rows(self) -> Iterator[tuple[str, AnyRow]]:
        """Yield every object with its bucket's name, a page at a time."""
        query = select(*_COLUMNS, _B.name).join_from(storage_objects, storage_buckets).order_by(_O.id)
        after = ""
        while rows := self._executor.execute(query.where(_O.id > after).limit(limits.LIST_PAGE_MAX), _SYSTEM):
            yield from ((row.name, row) for row in rows)
            after = rows[-1].id

    def _report_versions(self) -> None:
        """Report what is kept of older versions and in the trash without a row: it is left as it is."""
        count, size_bytes, entries = 0, 0, self._backend.list(ARCHIVE_FOLDER)
        while batch := list(islice(entries, limits.RECOVERY_BATCH)):
            self._meter.check()
            with self._executor.snapshot(_SYSTEM) as tx:
                known = set(tx.execute(_KNOWN_VERSIONS, {"keys": [entry.key for entry in batch]}).scalars())
            unknown = [entry.size_bytes for entry in batch if entry.key not in known]
            count, size_bytes = count + len(unknown), size_bytes + sum(unknown)
        if count:
            files, stay = ("file", "is left as it is") if count == 1 else ("files", "are left as they are")
            detail = f"{count} {files} of older versions and deleted objects, {size_bytes} bytes, {stay}"
            self._findings.add(ARCHIVE_FOLDER, detail)


def _free_path(tx: Transaction, bucket_id: str, path: str) -> str:
    """Return `folder/name (2).ext` or its like that no object has."""
    number = 2
    while tx.execute(select(_O.id).where(at_path(bucket_id, _numbered(path, number)))).first() is not None:
        number += 1
    return _numbered(path, number)


def _numbered(path: str, number: int) -> str:
    stem, slash = (path[:-1], "/") if path.endswith("/") else (path, "")
    return parent_of(stem) + numbered(leaf_of(stem), number) + slash
