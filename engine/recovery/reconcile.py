"""Lets a database that nobody uses yet say what the files say.

Held against an empty database this makes all of it from the files; held against a restored backup it takes in what came
after: buckets and objects that the backup does not know, and contents that were overwritten. An object whose bytes went
among the old versions or into the trash since has them there; the next start moves them to where they were. Nothing is
removed: a row without bytes stays and is reported, and a file that cannot become an object stays where it is.

What is kept of the past follows (`engine.recovery.old_versions`). One file after the other, a batch a
transaction: memory stays the same however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from engine import limits
from engine.backends.base import StorageBackend, StoredEntry
from engine.errors import IoError
from engine.files.archive import archive_key
from engine.files.journal import SLICE, Journal, JournalKind
from engine.files.local_names import numbered
from engine.files.records import at_path
from engine.files.sidecars import Sidecars
from engine.files.throttle import ProgressMeter
from engine.ids import is_id, new_id
from engine.metadata.executor import AnyRow, Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_object_versions, storage_objects, storage_policies
from engine.paths import leaf_of, parent_of
from engine.permissions.generation import raise_generation
from engine.recovery.files import FoundFile, path_of, read_file
from engine.recovery.old_versions import OldVersions
from engine.recovery.values import Findings
from engine.times import now_us
from engine.types import RlsContext

_O: Final = storage_objects.c
_B: Final = storage_buckets.c
_SYSTEM: Final = RlsContext.service()
_COLUMNS: Final = (_O.id, _O.parent, _O.leaf, _O.physical_path, _O.size_bytes, _O.checksum, _O.version, _O.updated_at)
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
        self._take_policies()
        if knows_objects:
            self._settle_missing()
            self._report_lost_versions()
        OldVersions(self._executor, self._backend, self._owner_id, self._meter, self._findings).run()
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

    def _take_policies(self) -> None:
        """Let the policies be those that were last written down, all of them: of two states none is mixed."""
        rows = self._sidecars.policies()
        if rows is None:
            return
        with self._executor.transaction(_SYSTEM) as tx:
            known = {None, *tx.execute(select(_B.id)).scalars()}
            tx.execute(delete(storage_policies))
            for row in rows:
                if row["bucket_id"] in known:
                    tx.execute(insert(storage_policies).values(row))
            raise_generation(tx)

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

    def _settle_missing(self) -> None:
        """Give rows their bytes that went among the old versions, and report those whose files are not there."""
        given: list[tuple[str, str]] = []
        for bucket, row in self._rows():
            self._meter.check()
            if self._backend.exists(row.physical_path):
                continue
            if (key := self._archived(row)) is not None:
                given.append((row.id, key))
            else:
                detail = "its file is not there: moved since the backup, deleted, or lost; the check tells more"
                self._findings.add(f"{bucket}/{row.parent}{row.leaf}", detail)
            if len(given) == SLICE:
                self._give_back(given)
                given = []
        if given:
            self._give_back(given)

    def _archived(self, row: AnyRow) -> str | None:
        """Return where a row's bytes were archived since, replaced or deleted to the trash; None where they are not."""
        key = archive_key(row.physical_path, row.version)
        if not self._backend.exists(key) or self._executor.execute(_KNOWN_VERSIONS.params(keys=[key]), _SYSTEM):
            return None
        entry = StoredEntry(key, self._backend.size(key))
        self._meter.expect(entry.size_bytes)
        found = self._news_of(entry, None)
        return key if found is not None and found.checksum == row.checksum else None

    def _give_back(self, given: Sequence[tuple[str, str]]) -> None:
        """Let rows name archived bytes, which the next start moves to where their paths map to."""
        with self._executor.transaction(_SYSTEM) as tx:
            journal_id = Journal().add(tx, JournalKind.RELOCATE, "", given)
            place = update(storage_objects).where(_O.id == bindparam("row_id"))
            values = [{"row_id": row_id, "key": key} for row_id, key in given]
            tx.execute(place.values(physical_path=bindparam("key"), journal_id=journal_id), values)
        self._findings.taken_in += len(given)

    def _report_lost_versions(self) -> None:
        """Report old versions, and what is in the trash, whose files are not there."""
        query = select(_V.id, _V.physical_path, _V.parent, _V.leaf, _B.name).join_from(
            storage_object_versions, storage_buckets
        )
        query, after = query.where(_V.physical_path.is_not(None)).order_by(_V.id).limit(limits.LIST_PAGE_MAX), 0
        while rows := self._executor.execute(query.where(_V.id > after), _SYSTEM):
            for row in rows:
                self._meter.check()
                if not self._backend.exists(row.physical_path):
                    detail = "the file of an older version, or of what was deleted, is not there"
                    self._findings.add(f"{row.name}/{row.parent}{row.leaf}", detail)
            after = rows[-1].id

    def _rows(self) -> Iterator[tuple[str, AnyRow]]:
        """Yield every object with its bucket's name, a page at a time."""
        query = select(*_COLUMNS, _B.name).join_from(storage_objects, storage_buckets).order_by(_O.id)
        after = ""
        while rows := self._executor.execute(query.where(_O.id > after).limit(limits.LIST_PAGE_MAX), _SYSTEM):
            yield from ((row.name, row) for row in rows)
            after = rows[-1].id


def _free_path(tx: Transaction, bucket_id: str, path: str) -> str:
    """Return `folder/name (2).ext` or its like that no object has."""
    number = 2
    while tx.execute(select(_O.id).where(at_path(bucket_id, _numbered(path, number)))).first() is not None:
        number += 1
    return _numbered(path, number)


def _numbered(path: str, number: int) -> str:
    stem, slash = (path[:-1], "/") if path.endswith("/") else (path, "")
    return parent_of(stem) + numbered(leaf_of(stem), number) + slash
