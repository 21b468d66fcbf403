"""Deleting objects: rows first, bytes after.

What is deleted by folder is what was there at a mark, the id of the last journal record of that moment: every upload,
replacement, move and copy writes a younger one into its rows, in the order of the commits. What arrives while a
deletion runs stays, and the deletion comes to an end.

Source: specification, "Delete Flow".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, delete, select, true

from engine.cancel import CancelToken
from engine.errors import ObjectNotFound, Unauthorized, WouldBeLost
from engine.files.announce import Announcer
from engine.files.folder_queries import below, stored_by
from engine.files.history import Leaving, retire
from engine.files.mutations import Mutation, Mutations
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, leaves_by_folder, object_from
from engine.metadata.executor import AnyRow, Executor
from engine.metadata.tables import storage_objects
from engine.paths import validate_object_path
from engine.permissions.rules import Command
from engine.types import Bucket, Progress, ProgressCallback, RlsContext, StorageObject
from engine.version_types import Ending

_O: Final = storage_objects.c
_SYSTEM: Final = RlsContext.service()
_ROWS_A_COMMIT: Final = 1000
_PATHS_A_COMMIT: Final = 500
_ROW: Final = select(*OBJECT_COLUMNS, _O.physical_path, _O.journal_id)
_AT_PATHS: Final = _ROW.where(
    _O.bucket_id == bindparam("bucket_id"),
    _O.parent == bindparam("parent"),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)


class _Course:
    """How far one call is, who wants to know, and whether it goes on."""

    def __init__(
        self,
        note: Callable[[list[StorageObject]], None],
        progress: ProgressCallback | None,
        cancel: CancelToken | None,
        *,
        for_good: bool = False,
        only_to_trash: bool = False,
    ) -> None:
        self.for_good = for_good
        self._only_to_trash = only_to_trash
        self.token = cancel or CancelToken()
        self.done = 0
        self._note = note
        self._progress = progress

    def check(self, bucket: Bucket) -> None:
        """Refuse to delete for good what shall be deleted only to the trash.

        Raises:
            WouldBeLost: The bucket has none.
        """
        if self._only_to_trash and bucket.retention.trash_days is None:
            raise WouldBeLost("The bucket has no trash any more", path=bucket.name)

    def advance(self, batch: list[StorageObject]) -> None:
        """Count the objects that one commit deleted, folder markers not among them, and tell."""
        self.done += sum(not stored.path.endswith("/") for stored in batch)
        self._note(batch)
        if self._progress is not None:
            self._progress(Progress(0, None, done_files=self.done, total_files=None))


class Deletes:
    """Deletes objects and folders.

    Args:
        executor: For the mark of a moment.
        mutations: The commit protocol.
        announcer: Told of what was deleted.
    """

    def __init__(self, executor: Executor, mutations: Mutations, announcer: Announcer) -> None:
        self._executor = executor
        self._mutations = mutations
        self._announcer = announcer

    def delete(self, bucket: str, path: str, context: RlsContext, *, for_good: bool = False) -> None:
        """Delete one object; `for_good` keeps nothing of its present content, whatever its bucket keeps.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object that the caller may see.
            Unauthorized: The caller may see it but not delete it.
        """
        validate_object_path(path)

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            change.within(found)
            condition = at_path(found.id, path)
            deleted = _delete_rows(change, found, _deletable(change, condition, limit=1), for_good=for_good)
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
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> tuple[StorageObject, ...]:
        """Delete objects and, for paths that end with `/`, whole folders. Others are skipped.

        Args:
            bucket: Where.
            paths: What.
            context: Who asks.
            progress: Told after every commit.
            cancel: Ends it between two commits.
            as_of: `TreeSize.as_of`: what came later than that stays. None: whatever stands at a path, and what is
                in a folder now.
            for_good: Whether to keep nothing, whatever the bucket keeps.

        Returns:
            What was deleted.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: A path breaks the rules; nothing was deleted.
            Cancelled: `cancel` was used; what was deleted stays deleted.
        """
        deleted: list[StorageObject] = []
        self._delete_all(bucket, paths, context, as_of, _Course(deleted.extend, progress, cancel, for_good=for_good))
        return tuple(deleted)

    def delete_trees(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> int:
        """Do as `delete_many` does in memory that does not grow with what is deleted.

        Returns:
            How many objects were deleted, folder markers not counted.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidKey: A path breaks the rules; nothing was deleted.
            Cancelled: `cancel` was used; what was deleted stays deleted.
        """
        objects = 0

        def note(batch: list[StorageObject]) -> None:
            nonlocal objects
            objects += sum(not stored.path.endswith("/") for stored in batch)

        self._delete_all(bucket, paths, context, as_of, _Course(note, progress, cancel, for_good=for_good))
        return objects

    def to_trash(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
    ) -> int:
        """Do as `delete_trees` does, `""` being the whole bucket, but delete nothing for good.

        Raises:
            WouldBeLost: The bucket has no trash, or has none any more; what came into it before that stays there.
            StorageError: As `delete_trees`.
        """
        objects = 0

        def note(batch: list[StorageObject]) -> None:
            nonlocal objects
            objects += sum(not stored.path.endswith("/") for stored in batch)

        course = _Course(note, progress, cancel, only_to_trash=True)
        if "" in paths:
            self._delete_below(bucket, "", context, self._mark(as_of), course)
        else:
            self._delete_all(bucket, paths, context, as_of, course)
        return objects

    def empty(
        self,
        bucket: str,
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> int:
        """Delete everything that is in a bucket now, or was at `as_of`.

        Returns:
            How many objects that was, folder markers not counted.

        Raises:
            BucketNotFound: There is no such bucket.
            Cancelled: `cancel` was used; what was deleted stays deleted.
        """
        course = _Course(lambda _: None, progress, cancel, for_good=for_good)
        self._delete_below(bucket, "", context, self._mark(as_of), course)
        return course.done

    def _delete_all(
        self, bucket: str, paths: Sequence[str], context: RlsContext, as_of: int | None, course: _Course
    ) -> None:
        """Delete objects and folders, commit by commit."""
        single = [validate_object_path(path) for path in dict.fromkeys(paths) if not path.endswith("/")]
        prefixes = [validate_object_path(path) for path in dict.fromkeys(paths) if path.endswith("/")]
        mark = self._mark(as_of) if prefixes else None
        for start in range(0, len(single), _PATHS_A_COMMIT):
            course.token.raise_if_cancelled()
            part = single[start : start + _PATHS_A_COMMIT]
            self._note(course, self._delete_paths(bucket, part, context, as_of, course))
        for prefix in prefixes:
            self._delete_below(bucket, prefix, context, mark, course)

    def _mark(self, as_of: int | None) -> int | None:
        """Return the mark to hold to: the caller's, or that of this moment."""
        if as_of is not None:
            return as_of
        with self._executor.snapshot(_SYSTEM) as tx:
            return tx.last_journal_id()

    def _note(self, course: _Course, batch: list[StorageObject]) -> None:
        """Tell everybody of what one commit deleted."""
        self._announcer.deleted(batch)
        course.advance(batch)

    def _delete_paths(
        self, bucket: str, paths: list[str], context: RlsContext, mark: int | None, course: _Course
    ) -> list[StorageObject]:
        """Delete some objects in one commit."""

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            change.within(found)
            course.check(found)
            rows = _deletable_at(change, found.id, paths, stored_by(mark))
            return _delete_rows(change, found, rows, for_good=course.for_good)

        return self._mutations.run(context, work)

    def _delete_below(self, bucket: str, prefix: str, context: RlsContext, mark: int | None, course: _Course) -> None:
        """Delete what lay below a prefix at a mark, commit by commit."""

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            change.within(found)
            course.check(found)
            condition = and_(below(found.id, prefix), stored_by(mark))
            rows = _deletable(change, condition, limit=_ROWS_A_COMMIT)
            return _delete_rows(change, found, rows, for_good=course.for_good)

        while True:
            course.token.raise_if_cancelled()
            batch = self._mutations.run(context, work)
            if not batch:
                return
            self._note(course, batch)

    @staticmethod
    def _refuse(change: Mutation, condition: ColumnElement[bool], path: str) -> None:
        """Say why nothing was deleted, without telling of what the caller may not see."""
        if change.tx.execute(select(_O.id).where(condition)).first() is None:
            raise ObjectNotFound("Object not found", path=path)
        raise Unauthorized("Access denied", path=path)


def _deletable(change: Mutation, condition: ColumnElement[bool], limit: int) -> Sequence[AnyRow]:
    """Return rows that the caller may see and delete: those that they may not are no end to the others."""
    return change.system.execute(_ROW.where(condition, _rule(change)).limit(limit)).all()


def _rule(change: Mutation) -> ColumnElement[bool]:
    """Return the condition of rows that the caller may delete."""
    rule = change.tx.rule(storage_objects, Command.DELETE)
    return true() if rule is None else rule


def _deletable_at(
    change: Mutation, bucket_id: str, paths: Sequence[str], condition: ColumnElement[bool]
) -> Sequence[AnyRow]:
    """Return the rows at these paths that meet a condition and that the caller may delete: one query a folder."""
    query = _AT_PATHS.where(condition, _rule(change))
    return [
        row
        for parent, leaves in leaves_by_folder(paths).items()
        for row in change.system.execute(query, {"bucket_id": bucket_id, "parent": parent, "leaves": leaves})
    ]


def _delete_rows(change: Mutation, bucket: Bucket, rows: Sequence[AnyRow], *, for_good: bool) -> list[StorageObject]:
    """Delete rows that the caller may delete; their bytes are kept or removed, as the bucket says."""
    if not rows:
        change.tx.note_objects(())
        return []
    change.require_settled(row.journal_id for row in rows)
    leaving = [Leaving(row.id, row.version, row.physical_path) for row in rows]
    archived = retire(change, bucket, leaving, Ending.DELETED, for_good=for_good)
    change.system.execute(delete(storage_objects).where(_WITH_IDS), {"ids": [row.id for row in rows]})
    change.remove([row.physical_path for row in rows if row.id not in archived])
    change.tx.note_objects([row.parent + row.leaf for row in rows], bytes=sum(row.size_bytes for row in rows))
    deleted = [object_from(row, bucket.name) for row in rows]
    change.tx.changes.deleted(deleted)
    return deleted


_WITH_IDS: Final = _O.id.in_(bindparam("ids", expanding=True))
