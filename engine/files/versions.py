"""Old versions of objects: listing, opening, restoring, forgetting.

A restore is a new version with the old content. What it replaces becomes an old version in its turn or, where the
bucket keeps none, goes to the trash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from engine.cancel import CancelToken
from engine.errors import ObjectNotFound
from engine.files.copies import Copies
from engine.files.downloads import ObjectReader
from engine.files.history import forget
from engine.files.keeping import size_of_condemned
from engine.files.mutations import Mutation, Mutations
from engine.files.quarantine import Quarantine
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, object_from
from engine.files.version_rows import (
    VersionBytes,
    as_current,
    check_deletable,
    find_versions,
    select_versions,
    version_from,
)
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of, validate_object_path
from engine.times import now_us
from engine.types import ProgressCallback, Retention, RlsContext, StorageObject, TreeSize
from engine.version_types import ObjectVersion, Replaced

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()


class Versions:
    """Old versions of objects.

    Args:
        executor: For rows.
        mutations: The commit protocol.
        contents: Opens their bytes.
        copies: Stores a restored content.
        quarantine: Which of them have lost their bytes.
    """

    def __init__(
        self,
        executor: Executor,
        mutations: Mutations,
        contents: VersionBytes,
        copies: Copies,
        quarantine: Quarantine,
    ) -> None:
        self._executor = executor
        self._mutations = mutations
        self._contents = contents
        self._copies = copies
        self._quarantine = quarantine

    def list(self, bucket: str, path: str, context: RlsContext) -> tuple[ObjectVersion, ...]:
        """Return what stands at a path and what stood there, newest first.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: Nothing stands or stood there that the caller may see.
        """
        validate_object_path(path)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            live = tx.execute(select(*OBJECT_COLUMNS, _O.valid_from).where(at_path(found.id, path))).first()
            here = (_V.bucket_id == found.id) & (_V.parent == parent_of(path)) & (_V.leaf == leaf_of(path))
            old = tx.execute(select_versions(here).order_by(_V.valid_to.desc(), _V.id.desc())).all()
        current = [] if live is None else [as_current(object_from(live, found.name), live.valid_from)]
        if not current and not old:
            raise ObjectNotFound("Object not found", path=path)
        return self._quarantine.marked_versions([*current, *(version_from(row, found.name) for row in old)])

    def size(self, bucket: str, context: RlsContext) -> TreeSize:
        """Return how many old versions a bucket keeps, those in its trash and those without bytes not counted.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        query = select(func.count(), func.coalesce(func.sum(_V.size_bytes), 0)).select_from(storage_object_versions)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            kept = (_V.bucket_id == found.id) & ~_V.in_trash & _V.physical_path.is_not(None)
            row = tx.execute(query.where(kept)).one()
        return TreeSize(int(row[0]), int(row[1]))

    def condemned(self, bucket: str, retention: Retention, context: RlsContext) -> TreeSize:
        """Return how much a bucket keeps now, its trash included, that it would forget with another retention.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            row = tx.execute(size_of_condemned(found, retention, now_us())).one()
        return TreeSize(int(row[0]), int(row[1]))

    def open(self, bucket: str, version_id: int, context: RlsContext, *, verify: bool = False) -> ObjectReader:
        """Open an old version.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: The version is gone, or the caller may not see it.
            BytesMissing: Its bytes are gone.
        """
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            row = find_versions(tx, found.id, [version_id])[0]
        return self._contents.open(row, found.name, verify=verify)

    def restore(
        self,
        bucket: str,
        version_id: int,
        context: RlsContext,
        *,
        target_path: str | None = None,
        replace: bool = True,
        replaced: Replaced = Replaced.TRASHED,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store the content of an old version again, at its own path or another.

        Args:
            bucket: Where.
            version_id: `ObjectVersion.id`.
            context: Who asks.
            target_path: Another path than the old one.
            replace: Whether what stands there gives way.
            replaced: What becomes of it then.
            progress: Told of the bytes.
            cancel: Stops it.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: The version is gone, or the caller may not see it.
            Unauthorized: The caller may not add or replace objects.
            ObjectAlreadyExists: The path is taken and `replace` is False.
            WouldBeLost: What stands there must not be lost (`replaced`), and would be.
            ChecksumMismatch: The bytes are damaged; nothing was restored.
            Cancelled: `cancel` was used.
        """
        with self.open(bucket, version_id, context) as reader:
            path = reader.info.path if target_path is None else target_path
            return self._copies.store(
                reader, bucket, path, context, replace=replace, replaced=replaced, progress=progress, cancel=cancel
            )

    def delete(self, bucket: str, version_ids: Sequence[int], context: RlsContext) -> int:
        """Forget old versions; bytes that nothing else means go with them.

        Returns:
            How many.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: One of them is gone, or the caller may not see it; none was forgotten.
            Unauthorized: The caller may see one but not delete it; none was forgotten.
        """

        def work(change: Mutation) -> int:
            found = find_bucket(change.system, bucket)
            change.within(found)
            rows = find_versions(change.tx, found.id, version_ids)
            check_deletable(change.tx, rows)
            forget(change, rows)
            return len(rows)

        return self._mutations.run(context, work)
