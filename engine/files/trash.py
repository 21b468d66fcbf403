"""The trash of a bucket: what was deleted and can be taken back until its time is over.

Taking back moves no content through this process: the object gets its row again, and its bytes go from `.versions/` to
the key that its path maps to, like those of a renamed object. What the trash held stays known as history where the
bucket keeps versions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from engine import limits
from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import BytesMissing, InvalidRequest, ObjectAlreadyExists, ObjectNotFound, Unauthorized
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.deletes import Deletes
from engine.files.history import forget
from engine.files.journal import SLICE
from engine.files.mutations import Mutation, Mutations
from engine.files.quarantine import Quarantine
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, object_from
from engine.files.rules import check_folder_mark, check_mime, check_size, is_folder_mark
from engine.files.version_rows import VERSION_COLUMNS, find_versions, select_versions, version_from
from engine.ids import new_id
from engine.metadata.executor import AnyRow, Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of, validate_object_path
from engine.permissions.rules import Command, PermissionChecker
from engine.types import Bucket, Progress, ProgressCallback, RlsContext, StorageObject
from engine.version_types import TrashPage, TrashSize

_O: Final = storage_objects.c
_V: Final = storage_object_versions.c
_SYSTEM: Final = RlsContext.service()
RestoreListener = Callable[[StorageObject, bool], None]
"""Told of every object that came back, and that it replaced nothing."""


class Trash:
    """What buckets hold back for people who change their minds.

    Args:
        executor: For rows.
        mutations: The commit protocol.
        backend: Asked whether the bytes are there.
        permissions: Who may add objects.
        restored: Told of what came back.
        quarantine: What of it has lost its bytes.
        deletes: Moves objects into it.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        mutations: Mutations,
        backend: StorageBackend,
        permissions: PermissionChecker,
        restored: RestoreListener,
        quarantine: Quarantine,
        deletes: Deletes,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._mutations = mutations
        self._backend = backend
        self._permissions = permissions
        self._restored = restored
        self._quarantine = quarantine
        self._deletes = deletes
        self._failpoints = failpoints

    def list(
        self, bucket: str, context: RlsContext, *, cursor: int | None = None, limit: int = limits.LIST_PAGE_MAX
    ) -> TrashPage:
        """Return a page of what was deleted last.

        Args:
            bucket: Whose trash.
            context: Who asks.
            cursor: `TrashPage.next_cursor` of the page before.
            limit: Rows, up to `limits.LIST_PAGE_MAX`.

        Raises:
            BucketNotFound: There is no such bucket.
            InvalidRequest: The limit makes no sense.
        """
        if not 1 <= limit <= limits.LIST_PAGE_MAX:
            raise InvalidRequest(f"limit must be between 1 and {limits.LIST_PAGE_MAX}")
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            query = select_versions(_in_trash(found)).order_by(_V.id.desc()).limit(limit + 1)
            rows = tx.execute(query if cursor is None else query.where(_V.id < cursor)).all()
        items = self._quarantine.marked_versions([version_from(row, found.name) for row in rows[:limit]])
        return TrashPage(items, items[-1].id if len(rows) > limit else None)

    def size(self, bucket: str, context: RlsContext) -> TrashSize:
        """Return how much a bucket's trash holds.

        Raises:
            BucketNotFound: There is no such bucket.
        """
        query = select(
            func.count(), func.coalesce(func.sum(_V.size_bytes), 0), func.coalesce(func.max(_V.id), 0)
        ).select_from(storage_object_versions)
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            row = tx.execute(query.where(_in_trash(found))).one()
        return TrashSize(int(row[0]), int(row[1]), int(row[2]))

    def put(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
    ) -> int:
        """Move objects, and folders with what is below them, to the trash; never deletes for good.

        Args:
            bucket: Whose trash.
            paths: Objects, and folders with a trailing `/`; `""` is the whole bucket.
            context: Who asks.
            progress: Told after every commit.
            cancel: Ends it between two commits.
            as_of: `TreeSize.as_of`: what came later than that stays.

        Returns:
            How many objects, folder markers not counted.

        Raises:
            BucketNotFound: There is no such bucket.
            WouldBeLost: The bucket has no trash, or has none any more; what came into it before that stays there.
            InvalidKey: A path breaks the rules; nothing was moved.
            Cancelled: `cancel` was used; what is in the trash stays there.
        """
        return self._deletes.to_trash(bucket, paths, context, progress, cancel, as_of)

    def restore(
        self, bucket: str, version_ids: Sequence[int], context: RlsContext, *, target_path: str | None = None
    ) -> tuple[StorageObject, ...]:
        """Take objects out of the trash, all or none.

        Args:
            bucket: Whose trash.
            version_ids: Which, by `ObjectVersion.id`.
            context: Who asks.
            target_path: Another path than the old one; for one object only.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: One of them is not in the trash, or the caller may not see it.
            Unauthorized: The caller may not add objects.
            ObjectAlreadyExists: Something stands at one of the paths, or two would stand at the same.
            InvalidRequest: One path was given for several objects, or that of a folder for one with bytes.
            InvalidKey: The path given breaks the rules.
            UnsupportedMediaType: The bucket does not take this type under the path given.
            PayloadTooLarge: It does not take this size.
            BytesMissing: The bytes of one of them are not there.
        """
        self._permissions.check_insert(context)
        if target_path is not None:
            validate_object_path(target_path)
            if len(version_ids) != 1:
                raise InvalidRequest("One path takes one object")

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            rows = find_versions(change.tx, found.id, list(version_ids))
            change.require_settled(row.journal_id for row in rows)
            if target_path is not None:
                _check_name(found, rows[0], target_path)
            self._check_bytes(rows)
            return _bring_back(change, found, rows, target_path)

        restored = self._mutations.run(context, work)
        for stored in restored:
            self._restored(stored, False)
        return tuple(restored)

    def empty(
        self,
        bucket: str,
        context: RlsContext,
        version_ids: Sequence[int] | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        until: int | None = None,
    ) -> int:
        """Delete what is in the trash now, or some of it, for good; commit by commit.

        Args:
            bucket: Whose trash.
            context: Who asks.
            version_ids: Which of it, or None for all.
            progress: Told after every commit.
            cancel: Ends it between two commits.
            until: `TrashSize.until`: what came into the trash later than that stays.

        Returns:
            How many objects.

        Raises:
            BucketNotFound: There is no such bucket.
            Unauthorized: The caller may see some of it but not delete it.
            Cancelled: `cancel` was used; what is gone stays gone.
        """
        token = cancel or CancelToken()
        last = self._newest(bucket, context) if until is None else until
        done = 0

        def work(change: Mutation) -> int:
            found = find_bucket(change.system, bucket)
            condition = _in_trash(found) & (_V.id <= last)
            if version_ids is not None:
                condition &= _V.id.in_(list(version_ids))
            rows = change.tx.execute(select(*VERSION_COLUMNS).where(condition).limit(SLICE)).all()
            _check_deletable(change, rows)
            forget(change, rows)
            return len(rows)

        while count := self._mutations.run(context, work):
            done += count
            self._failpoints.reach(Failpoint.TRASH_EMPTIED)
            if progress is not None:
                progress(Progress(0, None, done_files=done, total_files=None))
            token.raise_if_cancelled()
        return done

    def _check_bytes(self, rows: Sequence[AnyRow]) -> None:
        """Refuse to give an object back its row alone; in the trash it waits for its bytes, should they come back."""
        for row in rows:
            if row.physical_path is not None and not self._backend.exists(row.physical_path):
                raise BytesMissing("The bytes of this object are missing", path=row.parent + row.leaf)

    def _newest(self, bucket: str, context: RlsContext) -> int:
        """Return the id of what was deleted last: what comes after it is not what somebody meant to empty."""
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            return int(tx.execute(select(func.coalesce(func.max(_V.id), 0)).where(_in_trash(found))).scalar_one())


def _in_trash(bucket: Bucket) -> ColumnElement[bool]:
    """Return the condition of what can be taken back."""
    return (_V.bucket_id == bucket.id) & _V.in_trash


def _check_deletable(change: Mutation, rows: Sequence[AnyRow]) -> None:
    """Refuse to delete what the caller may only see.

    Raises:
        Unauthorized: There is some.
    """
    rule = change.tx.rule(storage_object_versions, Command.DELETE)
    if rule is None:
        return
    allowed = change.system.execute(select(_V.id).where(_V.id.in_([row.id for row in rows]) & rule)).all()
    if len(allowed) < len(rows):
        raise Unauthorized("Access denied")


def _check_name(bucket: Bucket, row: AnyRow, path: str) -> None:
    """Hold an object against the rules of a name that it did not have before."""
    check_folder_mark(row.size_bytes, path)
    if is_folder_mark(row.parent + row.leaf) != is_folder_mark(path):
        check_mime(bucket, row.mime_type, path)
        check_size(bucket, row.size_bytes, path)


def _bring_back(change: Mutation, bucket: Bucket, rows: list[AnyRow], target_path: str | None) -> list[StorageObject]:
    """Give objects their rows again, and have their bytes follow."""
    restored: list[StorageObject] = []
    for start in range(0, len(rows), SLICE):
        part = rows[start : start + SLICE]
        ids = [_object_id(change, row) for row in part]
        journal_id = change.relocate([(object_id, row.physical_path) for object_id, row in zip(ids, part, strict=True)])
        for object_id, row in zip(ids, part, strict=True):
            if not row.in_trash or row.physical_path is None:
                raise ObjectNotFound("This object is no longer in the trash", path=row.parent + row.leaf)
            path = row.parent + row.leaf if target_path is None else target_path
            restored.append(_insert(change, bucket, row, object_id, path, journal_id))
        _leave_trash(change, bucket, [row.id for row in part])
    change.failpoints.reach(Failpoint.TRASH_LEFT)
    return restored


def _object_id(change: Mutation, row: AnyRow) -> str:
    """Return the id that an object comes back with: its own, unless it came back before."""
    taken = change.system.execute(select(_O.id).where(_O.id == row.object_id)).first() is not None
    return new_id() if taken else str(row.object_id)


def _insert(change: Mutation, bucket: Bucket, row: AnyRow, object_id: str, path: str, journal_id: int) -> StorageObject:
    """Insert one object's row over bytes that still lie where the trash has them.

    Raises:
        ObjectAlreadyExists: Something stands at the path.
    """
    if change.system.execute(select(_O.id).where(at_path(bucket.id, path))).first() is not None:
        raise ObjectAlreadyExists("The resource already exists", path=path)
    values: dict[str, Any] = {column.name: row[at] for at, column in enumerate(OBJECT_COLUMNS)}
    values |= {"id": object_id, "parent": parent_of(path), "leaf": leaf_of(path), "physical_path": row.physical_path}
    values |= {"journal_id": journal_id, "valid_from": max(change.moment_us, row.valid_to)}
    change.tx.execute(insert(storage_objects).values(values))
    query = select(*OBJECT_COLUMNS).where(_O.id == object_id)
    return object_from(change.system.execute(query).one(), bucket.name)


def _leave_trash(change: Mutation, bucket: Bucket, row_ids: list[int]) -> None:
    """Let rows of the trash be history without bytes of their own, or nothing where their bucket keeps none."""
    chosen = _V.id.in_(bindparam("ids", expanding=True))
    if bucket.retention.keeps_versions:
        statement = update(storage_object_versions).where(chosen).values(in_trash=False, physical_path=None)
        change.system.execute(statement, {"ids": row_ids})
    else:
        change.system.execute(delete(storage_object_versions).where(chosen), {"ids": row_ids})
