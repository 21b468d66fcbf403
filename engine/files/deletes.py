"""Deleting objects: rows first, bytes after.

Source: specification, "Delete Flow".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, bindparam, delete, select

from engine.cancel import CancelToken
from engine.errors import ObjectNotFound, Unauthorized
from engine.files.announce import Announcer
from engine.files.folder_queries import below
from engine.files.mutations import Mutation, Mutations
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, leaves_by_folder, object_from
from engine.metadata.executor import AnyRow
from engine.metadata.tables import storage_objects
from engine.paths import validate_object_path
from engine.types import Bucket, Progress, ProgressCallback, RlsContext, StorageObject

_O: Final = storage_objects.c
_ROWS_A_COMMIT: Final = 1000
_PATHS_A_COMMIT: Final = 500
_ROW: Final = select(*OBJECT_COLUMNS, _O.physical_path, _O.journal_id)
_AT_PATHS: Final = _ROW.where(
    _O.bucket_id == bindparam("bucket_id"),
    _O.parent == bindparam("parent"),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)


class Deletes:
    """Deletes objects and folders.

    Args:
        mutations: The commit protocol.
        announcer: Told of what was deleted.
    """

    def __init__(self, mutations: Mutations, announcer: Announcer) -> None:
        self._mutations = mutations
        self._announcer = announcer

    def delete(self, bucket: str, path: str, context: RlsContext) -> None:
        """Delete one object.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object that the caller may see.
            Unauthorized: The caller may see it but not delete it.
        """
        validate_object_path(path)

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            condition = at_path(found.id, path)
            deleted = _delete_rows(change, found, _visible(change, condition, limit=1))
            if not deleted:
                self._refuse(change, condition, path)
            return deleted

        self._announcer.deleted(self._mutations.run(context, work))

    def delete_many(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> tuple[StorageObject, ...]:
        """Delete objects and, for paths that end with `/`, whole folders. Others are skipped.

        Returns:
            What was deleted.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: A path breaks the rules; nothing was deleted.
            Cancelled: `cancel` was used; what was deleted stays deleted.
        """
        token = cancel or CancelToken()
        single = [validate_object_path(path) for path in dict.fromkeys(paths) if not path.endswith("/")]
        prefixes = [validate_object_path(path) for path in dict.fromkeys(paths) if path.endswith("/")]
        deleted: list[StorageObject] = []

        def note(batch: list[StorageObject]) -> None:
            deleted.extend(batch)
            self._announcer.deleted(batch)
            if progress is not None:
                progress(Progress(0, None, done_files=len(deleted), total_files=None))

        for start in range(0, len(single), _PATHS_A_COMMIT):
            token.raise_if_cancelled()
            note(self._delete_paths(bucket, single[start : start + _PATHS_A_COMMIT], context))
        for prefix in prefixes:
            self._delete_below(bucket, prefix, context, note, token)
        return tuple(deleted)

    def empty(
        self,
        bucket: str,
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> int:
        """Delete everything in a bucket and return how many objects that was.

        Raises:
            BucketNotFound: There is no such bucket.
            Cancelled: `cancel` was used; what was deleted stays deleted.
        """
        removed = 0

        def note(batch: list[StorageObject]) -> None:
            nonlocal removed
            removed += len(batch)
            self._announcer.deleted(batch)
            if progress is not None:
                progress(Progress(0, None, done_files=removed, total_files=None))

        self._delete_below(bucket, "", context, note, cancel or CancelToken())
        return removed

    def _delete_paths(self, bucket: str, paths: list[str], context: RlsContext) -> list[StorageObject]:
        """Delete some objects in one commit."""

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            return _delete_rows(change, found, _visible_at(change, found.id, paths))

        return self._mutations.run(context, work)

    def _delete_below(
        self,
        bucket: str,
        prefix: str,
        context: RlsContext,
        note: Callable[[list[StorageObject]], None],
        token: CancelToken,
    ) -> None:
        """Delete what lies below a prefix, commit by commit."""

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            return _delete_rows(change, found, _visible(change, below(found.id, prefix), limit=_ROWS_A_COMMIT))

        while True:
            token.raise_if_cancelled()
            batch = self._mutations.run(context, work)
            if not batch:
                return
            note(batch)

    @staticmethod
    def _refuse(change: Mutation, condition: ColumnElement[bool], path: str) -> None:
        """Say why nothing was deleted, without telling of what the caller may not see."""
        if change.tx.execute(select(_O.id).where(condition)).first() is None:
            raise ObjectNotFound("Object not found", path=path)
        raise Unauthorized("Access denied", path=path)


def _visible(change: Mutation, condition: ColumnElement[bool], limit: int) -> Sequence[AnyRow]:
    """Return rows that the caller may see."""
    return change.tx.execute(_ROW.where(condition).limit(limit)).all()


def _visible_at(change: Mutation, bucket_id: str, paths: Sequence[str]) -> Sequence[AnyRow]:
    """Return the rows at these paths that the caller may see: one query a folder."""
    return [
        row
        for parent, leaves in leaves_by_folder(paths).items()
        for row in change.tx.execute(_AT_PATHS, {"bucket_id": bucket_id, "parent": parent, "leaves": leaves})
    ]


def _delete_rows(change: Mutation, bucket: Bucket, rows: Sequence[AnyRow]) -> list[StorageObject]:
    """Delete those of the rows that the caller may delete, and have their bytes removed."""
    if not rows:
        return []
    change.require_settled(row.journal_id for row in rows)
    gone = _delete_returning(change, [row.id for row in rows])
    change.remove([row.physical_path for row in rows if row.id in gone])
    return [object_from(row, bucket.name) for row in rows if row.id in gone]


def _delete_returning(change: Mutation, ids: list[str]) -> set[str]:
    """Delete rows under the caller's DELETE rule and return the ids of those that went."""
    statement = delete(storage_objects).where(_O.id.in_(bindparam("ids", expanding=True))).returning(_O.id)
    return {row[0] for row in change.tx.execute(statement, {"ids": ids})}
