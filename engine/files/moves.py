"""Moving and renaming: rows in one transaction, bytes after.

A folder of any size moves in one metadata transaction; the files follow in slices, and are readable under their new
paths all the while.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Text, and_, bindparam, case, delete, func, literal, or_, select, type_coerce, update

from engine.cancel import CancelToken
from engine.errors import InvalidRequest, ObjectAlreadyExists, ObjectNotFound, Unauthorized
from engine.files.announce import Announcer
from engine.files.candidates import check_changeable, reached_by
from engine.files.folder_queries import below, stored_by
from engine.files.history import Leaving, begin_after_history, ended_at, note_moves, retire
from engine.files.journal import SLICE
from engine.files.mutations import Mutation, Mutations
from engine.files.records import OBJECT_COLUMNS, at_path, find_bucket, object_from
from engine.files.rules import check_folder_mark, check_mime, check_size, is_folder_mark
from engine.metadata.executor import AnyRow
from engine.metadata.tables import storage_objects
from engine.paths import leaf_of, parent_of, validate_object_path, validate_prefix
from engine.permissions.columns import object_columns
from engine.permissions.rules import Command
from engine.types import Bucket, Progress, ProgressCallback, RlsContext, StorageObject
from engine.version_types import Ending

_O: Final = storage_objects.c
_LEAVES_A_QUERY: Final = 500
_AT: Final = select(_O.leaf, _O.id).where(
    _O.bucket_id == bindparam("bucket_id"),
    _O.parent == bindparam("parent"),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)
RowMove = tuple[AnyRow, str]
"""A row and the path that it is to have."""


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
            InvalidKey: A path breaks the rules.
            UnsupportedMediaType: The target bucket does not take this type.
            PayloadTooLarge: It does not take this size.
        """
        validate_object_path(source_path)
        validate_object_path(target_path)

        def work(change: Mutation) -> tuple[StorageObject, Bucket]:
            source, target = buckets_of(change, bucket, target_bucket)
            row = _movable(change, source, source_path)
            path = literal(target_path, Text)
            check_changeable(
                change.tx, source, _O.id == row.id, target, object_columns(storage_objects, target.name, path)
            )
            _check_taken_in(target, source, row, target_path)
            if change.system.execute(select(_O.id).where(at_path(target.id, target_path))).first() is not None:
                raise ObjectAlreadyExists("The resource already exists", path=target_path)
            note_moves(change, source, [row.id])
            relocate_rows(change, target, [(row, target_path)])
            change.tx.changes.moved(source, target, told([(row, target_path)]))
            begin_after_history(change, target.id, [target_path])
            moved = change.system.execute(select(*OBJECT_COLUMNS).where(_O.id == row.id)).one()
            return object_from(moved, target.name), source

        moved, source = self._mutations.run(context, work)
        self._announcer.moved(moved, source, source_path)
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
            InvalidKey: A path breaks the rules, or would; nothing moved.
            UnsupportedMediaType: The target bucket does not take the type of one of them; nothing moved.
            PayloadTooLarge: It does not take the size of one of them; nothing moved.
        """
        check_prefixes(source_prefix, target_prefix)
        token = cancel or CancelToken()

        def work(change: Mutation) -> tuple[Bucket, Bucket, int]:
            source, target = buckets_of(change, bucket, target_bucket)
            if source.id == target.id and target_prefix.startswith(source_prefix):
                raise InvalidRequest("A folder cannot be moved into itself", path=source_prefix)
            rows = movable_below(change, source, source_prefix)
            _check_changeable(change, source, source_prefix, target, target_prefix)
            moves = [(row, target_prefix + (row.parent + row.leaf)[len(source_prefix) :]) for row in rows]
            check_all_taken_in(target, source, moves)
            moves, merged = _without_taken_marks(change, target, target_prefix, moves)
            for done, part in slices(moves):
                token.raise_if_cancelled()
                rows_of_part = [row for row, _ in part]
                note_moves(change, source, [row.id for row in rows_of_part])
                shift_rows(change, target, rows_of_part, source_prefix, target_prefix)
                tell(progress, done, len(rows))
            begin_after_history(change, target.id, (path for _, path in moves))
            drop_rows(change, source, merged, for_good=True)
            change.tx.changes.moved(source, target, told(moves))
            change.tx.note_objects([row.parent + row.leaf for row in rows])
            return source, target, len(rows)

        source, target, count = self._mutations.run(context, work)
        self._announcer.folder_moved(source, source_prefix, target, target_prefix, count)
        return count


def buckets_of(change: Mutation, bucket: str, target_bucket: str | None) -> tuple[Bucket, Bucket]:
    """Return the bucket to move from and the one to move to."""
    source = find_bucket(change.system, bucket)
    change.within(source)
    return source, source if target_bucket is None else find_bucket(change.system, target_bucket)


MOVE_COLUMNS: Final = (
    _O.parent,
    _O.leaf,
    # From here on what is told of them, in the order of `OBJECT_FACTS` behind the path.
    _O.owner_id,
    _O.size_bytes,
    _O.mime_type,
    _O.id,
    _O.checksum,
    _O.cache_control,
    _O.version,
    type_coerce(_O.user_metadata, Text),
    _O.created_at,
    _O.updated_at,
    # What nobody is told of.
    _O.physical_path,
    _O.journal_id,
)
_TOLD: Final = slice(2, 12)


def _movable(change: Mutation, bucket: Bucket, path: str) -> AnyRow:
    """Return the row of an object that the caller may see and change."""
    row = change.tx.execute(select(*MOVE_COLUMNS).where(at_path(bucket.id, path))).one_or_none()
    if row is None:
        raise ObjectNotFound("Object not found", path=path)
    change.require_settled([row.journal_id])
    return row


def movable_below(
    change: Mutation,
    bucket: Bucket,
    prefix: str,
    mark: int | None = None,
    ids: Collection[str] = (),
    versions: Collection[str] = (),
) -> Sequence[AnyRow]:
    """Return all rows below a prefix that the caller may see.

    With a mark only those that nobody touched since; with ids only these, with versions only those that have one.
    """
    query = select(*MOVE_COLUMNS).where(below(bucket.id, prefix), stored_by(mark)).order_by(_O.parent, _O.leaf)
    rows = [
        row
        for row in change.tx.execute(query)
        if (not ids or row.id in ids) and (not versions or row.version in versions)
    ]
    if not rows:
        raise ObjectNotFound("Folder not found", path=prefix)
    change.require_settled({row.journal_id for row in rows})
    return rows


def _check_changeable(change: Mutation, source: Bucket, prefix: str, target: Bucket, target_prefix: str) -> None:
    """Refuse a caller who may not move all that they see below a prefix.

    Raises:
        Unauthorized: They may not.
    """
    path = literal(target_prefix, Text).concat(func.substr(_O.parent.concat(_O.leaf), len(prefix) + 1))
    condition = below(source.id, prefix)
    if not target_prefix:
        # A bucket's top needs no mark: that of the folder is dropped.
        condition = and_(condition, or_(_O.parent != prefix, _O.leaf != ""))
    check_changeable(change.tx, source, condition, target, object_columns(storage_objects, target.name, path))


def _check_taken_in(target: Bucket, source: Bucket, row: AnyRow, path: str) -> None:
    """Hold an object against the rules of a bucket or a name that it did not have before."""
    check_folder_mark(row.size_bytes, path)
    if target.id != source.id or is_folder_mark(row.parent + row.leaf) != is_folder_mark(path):
        check_mime(target, row.mime_type, path)
        check_size(target, row.size_bytes, path)


def check_all_taken_in(target: Bucket, source: Bucket, moves: list[RowMove]) -> None:
    """Hold a folder's objects against the rules of paths and of the bucket; their names stay the same.

    Raises:
        InvalidKey: A path would break the rules.
        UnsupportedMediaType: The bucket does not take the type of one of them.
        PayloadTooLarge: It does not take the size of one of them.
    """
    for _, path in moves:
        if path:
            validate_object_path(path)
    if target.id != source.id:
        for row, path in moves:
            if path:
                _check_taken_in(target, source, row, path)


def check_prefixes(source: str, target: str) -> None:
    """Refuse prefixes that name no folder."""
    validate_prefix(source)
    validate_prefix(target)
    if not source:
        raise InvalidRequest("A bucket's top cannot be moved")


def _without_taken_marks(
    change: Mutation, target: Bucket, prefix: str, moves: list[RowMove]
) -> tuple[list[RowMove], list[AnyRow]]:
    """Refuse to move over what is there; folders merge, objects never give way.

    Returns:
        What is to move, and the marks of folders that the target has already; a bucket's top needs none.
    """
    taken = {"": ""}
    if change.system.execute(select(_O.id).where(below(target.id, prefix)).limit(1)).first() is not None:
        taken |= ids_at(change, target, [path for _, path in moves])
    moving = {row.id for row, _ in moves}
    for path, object_id in taken.items():
        if object_id in moving or not (path == "" or path.endswith("/")):
            raise ObjectAlreadyExists("The resource already exists", path=path)
    return [move for move in moves if move[1] not in taken], [row for row, path in moves if path in taken]


def ids_at(change: Mutation, target: Bucket, paths: list[str]) -> dict[str, str]:
    """Return the ids of the objects that have these paths, by path."""
    leaves: dict[str, list[str]] = {}
    for path in paths:
        leaves.setdefault(parent_of(path), []).append(leaf_of(path))
    return {
        parent + row[0]: row[1]
        for parent, all_leaves in leaves.items()
        for start in range(0, len(all_leaves), _LEAVES_A_QUERY)
        for row in change.system.execute(
            _AT, {"bucket_id": target.id, "parent": parent, "leaves": all_leaves[start : start + _LEAVES_A_QUERY]}
        )
    }


def drop_rows(change: Mutation, bucket: Bucket, rows: Sequence[AnyRow], *, for_good: bool) -> None:
    """Delete rows under the caller's DELETE rule: folder marks, which hold nothing, and what gives way.

    Raises:
        Unauthorized: The caller may not delete one of them.
    """
    ids = [row.id for row in rows]
    if len(reached_by(change.tx, bucket, Command.DELETE, ids)) < len(ids):
        raise Unauthorized("Access denied", path=bucket.name)
    leaving = [Leaving(row.id, row.version, row.physical_path) for row in rows]
    archived = retire(change, bucket, leaving, Ending.DELETED, for_good=for_good)
    for start in range(0, len(ids), SLICE):
        part = {"ids": ids[start : start + SLICE]}
        change.tx.changes.deleted([object_from(row, bucket.name) for row in change.system.execute(_WHOLE, part)])
        change.system.execute(_DROP, part)
    change.remove([row.physical_path for row in rows if row.id not in archived])


_WITH_IDS: Final = _O.id.in_(bindparam("ids", expanding=True))
_WHOLE: Final = select(*OBJECT_COLUMNS).where(_WITH_IDS)
_DROP: Final = delete(storage_objects).where(_WITH_IDS)


def relocate_rows(change: Mutation, target: Bucket, moves: Sequence[RowMove]) -> None:
    """Give rows that the caller may change their new paths, and have their bytes follow."""
    journal_id = change.relocate([(row.id, row.physical_path) for row, _ in moves])
    values = {"bucket_id": target.id, "journal_id": journal_id, "valid_from": ended_at(change.moment_us)}
    statement = update(storage_objects).where(_O.id == bindparam("row_id"))
    statement = statement.values(parent=bindparam("new_parent"), leaf=bindparam("new_leaf"), **values)
    parameters = [{"row_id": row.id, "new_parent": parent_of(path), "new_leaf": leaf_of(path)} for row, path in moves]
    change.system.execute(statement, parameters)


_SHIFT: Final = (
    # One statement for a slice instead of one for a row. No two rows of a slice want one path at any time: a move to
    # paths that are taken, be it by objects that move away themselves, is refused before.
    update(storage_objects)
    .where(_O.id.in_(bindparam("ids", expanding=True)))
    .values(
        parent=bindparam("target", type_=Text).concat(func.substr(_O.parent, bindparam("rest_at"))),
        bucket_id=bindparam("target_id"),
        journal_id=bindparam("record"),
        valid_from=case((_O.valid_from >= bindparam("moment"), _O.valid_from + 1), else_=bindparam("moment")),
    )
)


def shift_rows(change: Mutation, target: Bucket, rows: Sequence[AnyRow], source_prefix: str, prefix: str) -> None:
    """Give rows below one prefix, which the caller may change, another, and have their bytes follow."""
    values = {
        "ids": [row.id for row in rows],
        "target": prefix,
        "rest_at": len(source_prefix) + 1,
        "target_id": target.id,
        "record": change.relocate([(row.id, row.physical_path) for row in rows]),
        "moment": change.moment_us,
    }
    change.system.execute(_SHIFT, values)


def told(moves: Iterable[RowMove]) -> list[list[Any]]:
    """Return moves as the outbox is told of them: the path of each, and its facts as they were."""
    return [[path, row.parent + row.leaf, *row[_TOLD]] for row, path in moves]


def slices(moves: list[RowMove]) -> Iterator[tuple[int, list[RowMove]]]:
    """Yield parts of a journal record's size, with how many moves end with each."""
    for start in range(0, len(moves), SLICE):
        part = moves[start : start + SLICE]
        yield start + len(part), part


def tell(progress: ProgressCallback | None, done: int, total: int) -> None:
    """Report how many rows have moved."""
    if progress is not None:
        progress(Progress(0, None, done_files=done, total_files=total))
