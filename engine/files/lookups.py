"""What stands at many paths, in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from engine.files.records import OBJECT_COLUMNS, find_bucket, object_from
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_objects
from engine.paths import leaf_of, parent_of
from engine.types import RlsContext, StorageObject

_O: Final = storage_objects.c
_LEAVES_A_QUERY: Final = 500
_SYSTEM: Final = RlsContext.service()
_AT: Final = select(*OBJECT_COLUMNS).where(
    _O.bucket_id == bindparam("bucket_id"),
    _O.parent == bindparam("parent"),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)


class Lookups:
    """Finds objects by their paths.

    Args:
        executor: For rows.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def find(self, bucket: str, paths: Sequence[str], context: RlsContext) -> dict[str, StorageObject]:
        """Return those of some objects that the caller sees, by path; whatever else was asked for is left out.

        Args:
            bucket: Where.
            paths: Any number, of objects or folder markers.
            context: Who asks.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        leaves: dict[str, list[str]] = {}
        for path in paths:
            leaves.setdefault(parent_of(path), []).append(leaf_of(path))
        found: dict[str, StorageObject] = {}
        with self._executor.snapshot(context) as tx:
            here = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(here)
            for parent, names in leaves.items():
                for start in range(0, len(names), _LEAVES_A_QUERY):
                    part = {"bucket_id": here.id, "parent": parent, "leaves": names[start : start + _LEAVES_A_QUERY]}
                    rows = tx.execute(_AT, part).all()
                    found.update((stored.path, stored) for stored in (object_from(row, here.name) for row in rows))
        return found
