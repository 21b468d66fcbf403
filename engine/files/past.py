"""Reading a bucket as it was at a moment; `engine.files.listing` lists it.

What stands now stood then if it came before; what is history stood then if the moment lies in its time. How far back
that reaches is what the bucket keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, select

from engine.errors import ObjectNotFound
from engine.files.downloads import Downloads, ObjectReader
from engine.files.past_queries import moment_us
from engine.files.records import OBJECT_COLUMNS, find_bucket, object_from
from engine.files.version_rows import VersionBytes, select_versions
from engine.metadata.executor import AnyRow, Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of, validate_object_path
from engine.times import to_datetime
from engine.types import RlsContext, StorageObject

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()


@dataclass(frozen=True, slots=True)
class _Stood:
    """What stood at a path.

    Attributes:
        row: Of history, or None where it stands there still.
        info: The object as it was.
    """

    row: AnyRow | None
    info: StorageObject


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
            InvalidKey: The path breaks the rules.
            InvalidRequest: The moment has no time zone.
            BytesMissing: Its bytes are gone.
        """
        while True:
            stood = self._look(bucket, path, moment, context)
            if stood.row is not None:
                return self._contents.open(stood.row, stood.info.bucket, verify=verify)
            reader = self._open_present(bucket, path, context, stood, verify=verify)
            if reader is not None:
                return reader
            # Replaced, moved or deleted since the look: what stood there then is history now.

    def info(self, bucket: str, path: str, moment: datetime, context: RlsContext) -> StorageObject:
        """Return what stood at a path at a moment; its bytes are not looked for.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: Nothing is known to have stood there then, as far as the caller may see.
            InvalidKey: The path breaks the rules.
            InvalidRequest: The moment has no time zone.
        """
        return self._look(bucket, path, moment, context).info

    def before_last_change(self, bucket: str, context: RlsContext) -> datetime | None:
        """Return the last moment at which something stood in a bucket that is history now.

        Returns:
            Aware, UTC; None where nothing of the past is kept, as far as the caller may see.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            ended_us = tx.execute(select(func.max(_V.valid_to)).where(_V.bucket_id == found.id)).scalar()
            return None if ended_us is None else to_datetime(int(ended_us) - 1)

    def _look(self, bucket: str, path: str, moment: datetime, context: RlsContext) -> _Stood:
        """Find what stood at a path in one state of the database: in its history, or there still."""
        validate_object_path(path)
        values = {"moment": moment_us(moment), "folder": parent_of(path), "name": leaf_of(path)}
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            tx = tx.within(found)
            row = tx.execute(_HISTORY, values | {"bucket": found.id}).first()
            stood = row if row is not None else tx.execute(_PRESENT, values | {"bucket": found.id}).first()
        if stood is None:
            raise ObjectNotFound("Object not found", path=path)
        return _Stood(row, object_from(stood, found.name))

    def _open_present(
        self, bucket: str, path: str, context: RlsContext, stood: _Stood, *, verify: bool
    ) -> ObjectReader | None:
        """Open what stands at a path if it is what was found there, or return None."""
        try:
            reader = self._downloads.open(bucket, path, context, verify=verify)
        except ObjectNotFound:
            return None
        if reader.info.id == stood.info.id and reader.info.version == stood.info.version:
            return reader
        reader.close()
        return None


def _there(table: Table) -> ColumnElement[bool]:
    """Return the condition of a path."""
    columns = table.c
    path = (columns.bucket_id, columns.parent, columns.leaf)
    names = ("bucket", "folder", "name")
    return and_(*(column == bindparam(name) for column, name in zip(path, names, strict=True)))


_HISTORY: Final = (
    select_versions(
        _there(storage_object_versions) & (_V.valid_from <= bindparam("moment")) & (_V.valid_to > bindparam("moment"))
    )
    .order_by(_V.valid_to.desc())
    .limit(1)
)
_PRESENT: Final = select(*OBJECT_COLUMNS).where(_there(storage_objects), _O.valid_from <= bindparam("moment"))
