"""Which buckets have lost their files as a whole: that is a disk that is not there, and no reason to remove rows.

A store may be smaller than the bound on what a cleanup takes away at once, and one bucket of a large store is. Objects
and what is kept of the past lie in folders of their own and are looked at apart.

Threads: any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select

from engine import limits
from engine.backends.base import StorageBackend
from engine.jobs.missing import Missing
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()


class Caution:
    """Looks at what is missing as a whole.

    Args:
        executor: For rows.
        backend: For folders.
    """

    def __init__(self, executor: Executor, backend: StorageBackend) -> None:
        self._executor = executor
        self._backend = backend

    def lost(self, missing: Sequence[Missing]) -> Mapping[str, frozenset[str]]:
        """Return what is missing because its bucket's files are gone as a whole.

        Args:
            missing: All rows without bytes.

        Returns:
            The buckets' names, with the versions of the rows.
        """
        groups: dict[tuple[str, bool], list[Missing]] = defaultdict(list)
        for one in missing:
            groups[one.content.info.bucket_id, one.content.version_id is not None].append(one)
        folders = set(self._backend.list_buckets()) if groups else set()
        lost: dict[str, frozenset[str]] = {}
        for (bucket_id, is_past), group in groups.items():
            without_folder = not is_past and bucket_id not in folders
            if without_folder or self._is_nearly_all(bucket_id, len(group), is_past=is_past):
                name = group[0].content.info.bucket
                lost[name] = lost.get(name, frozenset()) | {one.content.info.version for one in group}
        return lost

    def _is_nearly_all(self, bucket_id: str, count: int, *, is_past: bool) -> bool:
        """Return whether `count` is nearly all of a bucket's rows, and more than a handful."""
        if count < limits.CLEANUP_BUCKET_MIN:
            return False
        table = storage_object_versions if is_past else storage_objects
        query = select(func.count()).select_from(table)
        query = query.where((table.c.bucket_id == bucket_id) & table.c.physical_path.is_not(None))
        return count >= limits.CLEANUP_BUCKET_SHARE * int(self._executor.execute(query, _SYSTEM)[0][0])
