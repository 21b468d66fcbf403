"""Holds all keys of rows against all keys of the backend, quickly: who is suspected of being without the other.

A survey proves nothing: rows are read before the files are listed, and both go on changing meanwhile. Whoever acts on
it looks at each suspect again under the write lock. A listing that fails ends the survey, so that what it did not
come to is never taken for missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, select

from engine import limits
from engine.backends.base import StorageBackend, StoredEntry
from engine.cancel import CancelToken
from engine.files.archive import ARCHIVE_FOLDER
from engine.ids import is_id
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.types import RlsContext

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()


@dataclass(frozen=True, slots=True)
class Survey:
    """What a survey found.

    Attributes:
        rows: How many rows name bytes.
        unclaimed: Files that no row named.
        objects: Ids of objects whose file was not listed.
        versions: Ids of rows of history whose file was not listed.
    """

    rows: int
    unclaimed: tuple[StoredEntry, ...]
    objects: tuple[str, ...]
    versions: tuple[int, ...]


class Surveyor:
    """Makes surveys.

    Args:
        executor: For rows.
        backend: For files.
    """

    def __init__(self, executor: Executor, backend: StorageBackend) -> None:
        self._executor = executor
        self._backend = backend

    def survey(self, cancel: CancelToken) -> Survey:
        """Look at every row and every file's name.

        Raises:
            Cancelled: `cancel` was used.
            EnvironmentFault: Something could not be listed.
        """
        # Hashes take a tenth of the room; two keys of one hash hide each other, and nothing more.
        unseen = {hash(key) for _, key in self._all_rows(cancel)}
        rows = len(unseen)
        unclaimed = []
        for entry in self._entries(cancel):
            if hash(entry.key) in unseen:
                unseen.remove(hash(entry.key))
            else:
                unclaimed.append(entry)
        objects = self._without_file(_O.id, _O.physical_path, unseen, cancel)
        versions = self._without_file(_V.id, _V.physical_path, unseen, cancel)
        return Survey(rows, tuple(unclaimed), objects, versions)

    def _entries(self, cancel: CancelToken) -> Iterator[StoredEntry]:
        """Yield every file of buckets and of old versions; a folder that is no bucket's is not ours to look into."""
        for folder in [*filter(is_id, self._backend.list_buckets()), ARCHIVE_FOLDER]:
            for entry in self._backend.list(folder):
                cancel.raise_if_cancelled()
                yield entry

    def _all_rows(self, cancel: CancelToken) -> Iterator[tuple[Any, str]]:
        """Yield the id and key of every row that names bytes."""
        yield from self._rows(_O.id, _O.physical_path, cancel)
        yield from self._rows(_V.id, _V.physical_path, cancel)

    def _without_file(self, ident: Column[Any], key: Column[Any], unseen: set[int], cancel: CancelToken) -> Any:  # noqa: ANN401 - ids of either table
        """Return the ids of rows whose keys are unseen."""
        if not unseen:
            return ()
        return tuple(row_id for row_id, named in self._rows(ident, key, cancel) if hash(named) in unseen)

    def _rows(self, ident: Column[Any], key: Column[Any], cancel: CancelToken) -> Iterator[tuple[Any, str]]:
        """Yield the id and key of one table's rows, a page at a time."""
        query = select(ident, key).where(key.is_not(None)).order_by(ident).limit(limits.LIST_PAGE_MAX)
        rows = self._executor.execute(query, _SYSTEM)
        while rows:
            cancel.raise_if_cancelled()
            yield from ((row[0], row[1]) for row in rows)
            rows = self._executor.execute(query.where(ident > rows[-1][0]), _SYSTEM)
