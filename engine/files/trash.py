"""The trash of a bucket: what was deleted and can be taken back until its time is over.

Taking back moves no content through this process: the object gets its row again, and its bytes go from `.versions/` to
the key that its path maps to, like those of a renamed object. What the trash held stays known as history where the
bucket keeps versions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Delete, Update, bindparam, delete, func, select, update

from engine import limits
from engine.acts import act
from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.context import Operation
from engine.errors import BytesMissing, InvalidRequest, ObjectAlreadyExists, ObjectNotFound
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.candidates import candidate_of, check_writable
from engine.files.deletes import Deletes
from engine.files.history import begin_after_history, forget
from engine.files.journal import SLICE
from engine.files.mutations import Mutation, Mutations
from engine.files.quarantine import Quarantine
from engine.files.records import OBJECT_COLUMNS, find_bucket, leaves_by_folder, object_from
from engine.files.rules import check_folder_mark, check_mime, check_size, is_folder_mark
from engine.files.version_rows import VERSION_COLUMNS, check_deletable, find_versions, select_versions, version_from
from engine.ids import new_id
from engine.metadata.executor import AnyRow, Executor
from engine.metadata.tables import storage_object_versions, storage_objects
from engine.paths import leaf_of, parent_of, validate_object_path
from engine.permissions.rows import Command
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
        restored: RestoreListener,
        quarantine: Quarantine,
        deletes: Deletes,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._mutations = mutations
        self._backend = backend
        self._restored = restored
        self._quarantine = quarantine
        self._deletes = deletes
        self._failpoints = failpoints

    @act(Operation.TRASH_LIST)
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
            tx = tx.within(found)
            query = select_versions(_in_trash(found)).order_by(_V.id.desc()).limit(limit + 1)
            rows = tx.execute(query if cursor is None else query.where(_V.id < cursor)).all()
        items = self._quarantine.marked_versions([version_from(row, found.name) for row in rows[:limit]])
        return TrashPage(items, items[-1].id if len(rows) > limit else None)

    @act(Operation.TRASH_LIST)
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
            tx = tx.within(found)
            row = tx.execute(query.where(_in_trash(found))).one()
        return TrashSize(int(row[0]), int(row[1]), int(row[2]))

    @act(Operation.OBJECT_DELETE_MANY, path="paths")
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

    @act(Operation.TRASH_RESTORE, told=("version_ids", "target_path"))
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
        if target_path is not None:
            validate_object_path(target_path)
            if len(version_ids) != 1:
                raise InvalidRequest("One path takes one object")

        def work(change: Mutation) -> list[StorageObject]:
            found = find_bucket(change.system, bucket)
            change.within(found)
            rows = find_versions(change.tx, found.id, version_ids)
            _check_addable(change, found, rows, target_path)
            change.require_settled(row.journal_id for row in rows)
            if target_path is not None:
                _check_name(found, rows[0], target_path)
            self._check_bytes(rows)
            return _bring_back(change, found, rows, target_path)

        restored = self._mutations.run(context, work)
        for stored in restored:
            self._restored(stored, False)
        return tuple(restored)

    @act(Operation.TRASH_EMPTY)
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
        here = _V.id <= (self._newest(bucket, context) if until is None else until)
        chosen = [here] if version_ids is None else [here & _V.id.in_(part) for part in _parts(version_ids)]
        done = 0
        for condition in chosen:
            while count := self._mutations.run(context, partial(_empty_some, bucket, condition)):
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
            tx = tx.within(found)
            return int(tx.execute(select(func.coalesce(func.max(_V.id), 0)).where(_in_trash(found))).scalar_one())


def _in_trash(bucket: Bucket) -> ColumnElement[bool]:
    """Return the condition of what can be taken back."""
    return (_V.bucket_id == bucket.id) & _V.in_trash


def _parts(ids: Sequence[int]) -> Iterator[list[int]]:
    """Yield as many ids as one commit takes."""
    return (list(ids[start : start + SLICE]) for start in range(0, len(ids), SLICE))


def _empty_some(bucket: str, condition: ColumnElement[bool], change: Mutation) -> int:
    """Delete a commit's worth of a trash for good and return how much that was."""
    found = find_bucket(change.system, bucket)
    change.within(found)
    rows = change.tx.execute(select(*VERSION_COLUMNS).where(_in_trash(found), condition).limit(SLICE)).all()
    check_deletable(change.tx, rows)
    forget(change, rows)
    change.tx.note_objects([row.parent + row.leaf for row in rows], bytes=sum(row.size_bytes for row in rows))
    return len(rows)


def _check_addable(change: Mutation, bucket: Bucket, rows: Sequence[AnyRow], target_path: str | None) -> None:
    """Refuse a caller who may not add objects such as these were, before anything is looked up at their paths."""
    if not change.tx.context.can_bypass_rls:
        candidates = [
            replace(candidate_of(object_from(row, bucket.name)), path=target_path or row.parent + row.leaf)
            for row in rows
        ]
        check_writable(change.tx, bucket, Command.INSERT, candidates, seen=False)


def _check_name(bucket: Bucket, row: AnyRow, path: str) -> None:
    """Hold an object against the rules of a name that it did not have before."""
    check_folder_mark(row.size_bytes, path)
    if is_folder_mark(row.parent + row.leaf) != is_folder_mark(path):
        check_mime(bucket, row.mime_type, path)
        check_size(bucket, row.size_bytes, path)


def _bring_back(change: Mutation, bucket: Bucket, rows: list[AnyRow], target_path: str | None) -> list[StorageObject]:
    """Give objects their rows again, and have their bytes follow."""
    for row in rows:
        if not row.in_trash or row.physical_path is None:
            raise ObjectNotFound("This object is no longer in the trash", path=row.parent + row.leaf)
    paths = [row.parent + row.leaf for row in rows] if target_path is None else [target_path]
    _refuse_taken(change, bucket, paths)
    ids = _object_ids(change, rows)
    restored: list[StorageObject] = []
    for start in range(0, len(rows), SLICE):
        part = slice(start, start + SLICE)
        restored += _insert(change, bucket, rows[part], ids[part], paths[part])
        change.system.execute(_leave_trash(bucket), {"ids": [row.id for row in rows[part]]})
    begin_after_history(change, bucket.id, paths)
    for one in restored:
        change.tx.changes.created(bucket, one.owner_id, [one.path])
    change.tx.note_objects(paths, bytes=sum(row.size_bytes for row in rows))
    change.failpoints.reach(Failpoint.TRASH_LEFT)
    return restored


def _refuse_taken(change: Mutation, bucket: Bucket, paths: list[str]) -> None:
    """Refuse to put objects where something stands, or two at one path.

    Raises:
        ObjectAlreadyExists: Of the first such path.
    """
    for parent, leaves in leaves_by_folder(paths).items():
        twice = [leaf for leaf, count in Counter(leaves).items() if count > 1]
        for start in range(0, len(leaves), SLICE):
            values = {"bucket": bucket.id, "folder": parent, "names": leaves[start : start + SLICE]}
            twice += change.system.execute(_TAKEN, values).scalars()
        if twice:
            raise ObjectAlreadyExists("The resource already exists", path=parent + twice[0])


def _object_ids(change: Mutation, rows: list[AnyRow]) -> list[str]:
    """Return the ids that objects come back with: their own, unless they came back before."""
    taken: set[str] = set()
    for start in range(0, len(rows), SLICE):
        part = [row.object_id for row in rows[start : start + SLICE]]
        taken.update(change.system.execute(_LIVING, {"ids": part}).scalars())
    ids = []
    for row in rows:
        ids.append(new_id() if row.object_id in taken else str(row.object_id))
        taken.add(row.object_id)
    return ids


def _insert(
    change: Mutation, bucket: Bucket, rows: list[AnyRow], ids: list[str], paths: list[str]
) -> list[StorageObject]:
    """Insert rows of objects over bytes that still lie where the trash has them."""
    keys = [(object_id, row.physical_path) for object_id, row in zip(ids, rows, strict=True)]
    journal_id = change.relocate(keys)
    objects = [
        (object_id, bucket.id, parent_of(path), leaf_of(path), *row[4 : len(OBJECT_COLUMNS)])
        for row, object_id, path in zip(rows, ids, paths, strict=True)
    ]
    places = [(row.physical_path, journal_id, max(change.moment_us, row.valid_to)) for row in rows]
    values = [(*_as_text(stored), *place) for stored, place in zip(objects, places, strict=True)]
    change.tx.insert_rows(storage_objects, _COLUMNS, values)
    return [object_from(stored, bucket.name) for stored in objects]


def _as_text(stored: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values of `OBJECT_COLUMNS` as the driver takes them."""
    at = _METADATA_AT
    return (*stored[:at], json.dumps(dict(stored[at])) if stored[at] else "{}", *stored[at + 1 :])


def _leave_trash(bucket: Bucket) -> Update | Delete:
    """Return what lets rows of the trash be history without bytes of their own, or nothing where none is kept."""
    if bucket.retention.keeps_versions:
        return update(storage_object_versions).where(_CHOSEN).values(in_trash=False, physical_path=None)
    return delete(storage_object_versions).where(_CHOSEN)


_COLUMNS: Final = (*(column.name for column in OBJECT_COLUMNS), "physical_path", "journal_id", "valid_from")
_METADATA_AT: Final = _COLUMNS.index("user_metadata")
_CHOSEN: Final = _V.id.in_(bindparam("ids", expanding=True))
_LIVING: Final = select(_O.id).where(_O.id.in_(bindparam("ids", expanding=True)))
_TAKEN: Final = select(_O.leaf).where(
    _O.bucket_id == bindparam("bucket"),
    _O.parent == bindparam("folder"),
    _O.leaf.in_(bindparam("names", expanding=True)),
)
