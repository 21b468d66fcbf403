"""Moving and renaming: rows in one transaction, bytes after.

A folder of any size moves in one metadata transaction; the files follow in slices, and are readable under their new
paths all the while.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import bindparam, func, select, update

from engine.cancel import CancelToken
from engine.errors import InvalidRequest, ObjectAlreadyExists, ObjectNotFound, Unauthorized
from engine.events import EventType
from engine.files.announce import Announcer
from engine.files.journal import SLICE
from engine.files.listing import below
from engine.files.mutations import Mutation, Mutations
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, object_from
from engine.files.rules import check_mime, check_size
from engine.metadata.executor import AnyRow
from engine.metadata.tables import storage_objects
from engine.paths import leaf_of, parent_of, validate_object_path, validate_prefix
from engine.types import Bucket, Progress, ProgressCallback, RlsContext, StorageObject

_O: Final = storage_objects.c


class Moves:
    """Moves objects and folders.

    Args:
        mutations: The commit protocol.
        announcer: Told of what was moved.
    """

    def __init__(self, mutations: Mutations, announcer: Announcer) -> None:
        self._mutations = mutations
        self._announcer = announcer

    def move(
        self, bucket: str, source_path: str, target_path: str, context: RlsContext, target_bucket: str | None
    ) -> StorageObject:
        """Give an object another path, also in another bucket.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object that the caller may see.
            Unauthorized: The caller may see it but not change it.
            ObjectAlreadyExists: The target path is taken.
            InvalidKey: The target path breaks the rules.
        """
        validate_object_path(target_path)

        def work(change: Mutation) -> StorageObject:
            source, target = _buckets(change, bucket, target_bucket)
            row = _movable(change, source, source_path)
            _check_taken_in(target, source, row)
            if change.system.execute(select(_O.id).where(at_path(target.id, target_path))).first() is not None:
                raise ObjectAlreadyExists("The resource already exists", path=target_path)
            _relocate_rows(change, target, [(row, target_path)])
            moved = change.system.execute(select(*OBJECT_COLUMNS).where(_O.id == row.id)).one()
            return object_from(moved, target.name)

        moved = self._mutations.run(context, work)
        self._announcer.moved(moved)
        return moved

    def move_folder(
        self,
        bucket: str,
        source_prefix: str,
        target_prefix: str,
        context: RlsContext,
        target_bucket: str | None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> int:
        """Give everything below a prefix another prefix, in one transaction.

        Returns:
            How many objects moved, folder markers included.

        Raises:
            ObjectNotFound: There is nothing below the prefix that the caller may see.
            Unauthorized: The caller may not change all of it.
            ObjectAlreadyExists: An object stands where one of them should go; nothing moved.
            InvalidRequest: The folder would move into itself.
        """
        _check_prefixes(source_prefix, target_prefix, same=target_bucket in {None, bucket})
        token = cancel or CancelToken()

        def work(change: Mutation) -> tuple[Bucket, int]:
            source, target = _buckets(change, bucket, target_bucket)
            rows = _movable_below(change, source, source_prefix)
            moves = [(row, target_prefix + (row.parent + row.leaf)[len(source_prefix) :]) for row in rows]
            for row, path in moves:
                validate_object_path(path)
                _check_taken_in(target, source, row)
            _check_free(change, target, target_prefix, [path for _, path in moves])
            for done, part in _slices(moves):
                token.raise_if_cancelled()
                _relocate_rows(change, target, part)
                _tell(progress, done, len(moves))
            return target, len(moves)

        target, count = self._mutations.run(context, work)
        self._announcer.folder(EventType.OBJECT_MOVED, target, target_prefix, count)
        return count


def _buckets(change: Mutation, bucket: str, target_bucket: str | None) -> tuple[Bucket, Bucket]:
    """Return the bucket to move from and the one to move to."""
    source = find_bucket(change.system, bucket)
    return source, source if target_bucket is None else find_bucket(change.system, target_bucket)


_MOVE_COLUMNS: Final = (
    _O.id,
    _O.parent,
    _O.leaf,
    _O.owner_id,
    _O.physical_path,
    _O.journal_id,
    _O.size_bytes,
    _O.mime_type,
)


def _movable(change: Mutation, bucket: Bucket, path: str) -> AnyRow:
    """Return the row of an object that the caller may see and change."""
    row = change.tx.execute(select(*_MOVE_COLUMNS).where(at_path(bucket.id, path))).one_or_none()
    if row is None:
        raise ObjectNotFound("Object not found", path=path)
    change.require_settled([row.journal_id])
    return row


def _movable_below(change: Mutation, bucket: Bucket, prefix: str) -> Sequence[AnyRow]:
    """Return all rows below a prefix that the caller may see."""
    query = select(*_MOVE_COLUMNS).where(below(bucket.id, prefix)).order_by(_O.parent, _O.leaf)
    rows = change.tx.execute(query).all()
    if not rows:
        raise ObjectNotFound("Folder not found", path=prefix)
    change.require_settled({row.journal_id for row in rows})
    return rows


def _check_taken_in(target: Bucket, source: Bucket, row: AnyRow) -> None:
    """Hold an object that comes from another bucket against the rules of the new one."""
    if target.id != source.id:
        path = row.parent + row.leaf
        check_mime(target, row.mime_type, path)
        check_size(target, row.size_bytes, path)


def _check_prefixes(source: str, target: str, *, same: bool) -> None:
    """Refuse moves that make no sense."""
    validate_prefix(source)
    validate_prefix(target)
    if not source:
        raise InvalidRequest("A bucket's top cannot be moved")
    if same and target.startswith(source):
        raise InvalidRequest("A folder cannot be moved into itself", path=source)


def _check_free(change: Mutation, target: Bucket, prefix: str, paths: list[str]) -> None:
    """Refuse to move over what is there; folders merge, objects never give way."""
    count = select(func.count()).select_from(storage_objects).where(below(target.id, prefix))
    if change.system.execute(count).scalar_one() == 0:
        return
    for path in paths:
        taken = change.system.execute(select(_O.id).where(at_path(target.id, path))).first()
        if taken is not None and not path.endswith("/"):
            raise ObjectAlreadyExists("The resource already exists", path=path)


def _relocate_rows(change: Mutation, target: Bucket, moves: Sequence[tuple[AnyRow, str]]) -> None:
    """Give rows their new paths under the caller's UPDATE rule, and have their bytes follow.

    Raises:
        Unauthorized: The caller may not change one of them.
    """
    journal_id = change.relocate([(row.id, row.physical_path) for row, _ in moves])
    values = {"bucket_id": target.id, "journal_id": journal_id}
    statement = update(storage_objects).where(_O.id == bindparam("row_id"))
    statement = statement.values(parent=bindparam("new_parent"), leaf=bindparam("new_leaf"), **values)
    parameters = [{"row_id": row.id, "new_parent": parent_of(path), "new_leaf": leaf_of(path)} for row, path in moves]
    changed = change.tx.execute(statement, parameters)
    if changed.rowcount not in {len(moves), -1}:
        raise Unauthorized("new row violates row-level security policy")


def _slices(moves: list[tuple[AnyRow, str]]) -> Iterator[tuple[int, list[tuple[AnyRow, str]]]]:
    """Yield parts of a journal record's size, with how many moves end with each."""
    for start in range(0, len(moves), SLICE):
        part = moves[start : start + SLICE]
        yield start + len(part), part


def _tell(progress: ProgressCallback | None, done: int, total: int) -> None:
    """Report how many rows have moved."""
    if progress is not None:
        progress(Progress(0, None, done_files=done, total_files=total))
