"""Reading a bucket as it was at a moment; `engine.files.listing` lists it.

What stands now stood then if it came before; what is history stood then if the moment lies in its time. How far back
that reaches is what the bucket keeps.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from engine.errors import ObjectNotFound
from engine.files.downloads import Downloads, ObjectReader
from engine.files.records import at_path, find_bucket
from engine.files.version_rows import VersionBytes, select_versions
from engine.metadata.executor import AnyRow, Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of, validate_object_path
from engine.times import from_datetime, to_datetime
from engine.types import RlsContext

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()


class Past:
    """Opens objects as they were.

    Args:
        executor: For rows.
        downloads: Opens what still stands.
        contents: Opens what is history.
    """

    def __init__(self, executor: Executor, downloads: Downloads, contents: VersionBytes) -> None:
        self._executor = executor
        self._downloads = downloads
        self._contents = contents

    def open(
        self, bucket: str, path: str, moment: datetime, context: RlsContext, *, verify: bool = False
    ) -> ObjectReader:
        """Open what stood at a path at a moment.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: Nothing is known to have stood there then, as far as the caller may see.
            BytesMissing: Its bytes are gone.
        """
        validate_object_path(path)
        moment_us = from_datetime(moment)
        while True:
            row, name = self._history(bucket, path, moment_us, context)
            if row is not None:
                return self._contents.open(row, name, verify=verify)
            # Nothing of the past then: what stands there now did, if it came before. It may be replaced meanwhile.
            since_us = self._since(bucket, path, context)
            if since_us is None or since_us > moment_us:
                raise ObjectNotFound("Object not found", path=path)
            reader = self._downloads.open(bucket, path, context, verify=verify)
            if self._since(bucket, path, context) == since_us:
                return reader
            reader.close()

    def before_last_change(self, bucket: str, context: RlsContext) -> datetime | None:
        """Return the last moment at which something stood in a bucket that is history now.

        Returns:
            Aware, UTC; None where nothing of the past is kept, as far as the caller may see.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            ended_us = tx.execute(select(func.max(_V.valid_to)).where(_V.bucket_id == found.id)).scalar()
            return None if ended_us is None else to_datetime(int(ended_us) - 1)

    def _history(self, bucket: str, path: str, moment_us: int, context: RlsContext) -> tuple[AnyRow | None, str]:
        """Return the row of history that was valid at the moment, if one was, and the bucket's name."""
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            here = (_V.bucket_id == found.id) & (_V.parent == parent_of(path)) & (_V.leaf == leaf_of(path))
            then = here & (_V.valid_from <= moment_us) & (_V.valid_to > moment_us)
            return tx.execute(select_versions(then).order_by(_V.valid_to.desc()).limit(1)).first(), found.name

    def _since(self, bucket: str, path: str, context: RlsContext) -> int | None:
        """Return since when the present object stands there, or None where there is none."""
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            value = tx.execute(select(_O.valid_from).where(at_path(found.id, path))).scalar()
            return None if value is None else int(value)
