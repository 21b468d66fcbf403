"""Moving and renaming many things at once: one transaction, all or nothing, names may be swapped.

What stands where something is to go either moves away itself, or gives way because the caller said so, or nothing
moves. Rows whose places others take are parked under names that no path can have, inside the transaction.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import bindparam, literal, select, update

from engine.cancel import CancelToken
from engine.errors import InvalidRequest, ObjectAlreadyExists, ObjectChanged, ObjectNotFound, Unauthorized
from engine.files.announce import Announcer
from engine.files.candidates import candidate_of, check_writable, reached_by
from engine.files.folder_queries import below
from engine.files.history import begin_after_history, note_moves
from engine.files.journal import SLICE
from engine.files.moves import (
    MOVE_COLUMNS,
    RowMove,
    buckets_of,
    check_all_taken_in,
    check_prefixes,
    drop_rows,
    ids_at,
    movable_below,
    relocate_rows,
    shift_rows,
    slices,
    tell,
    told,
)
from engine.files.mutations import Mutation, Mutations
from engine.files.records import OBJECT_COLUMNS, object_from
from engine.files.rules import check_folder_mark, check_mime, check_size, is_folder_mark
from engine.metadata.executor import AnyRow
from engine.metadata.tables import storage_objects
from engine.move_types import Move, Moved
from engine.paths import leaf_of, parent_of, validate_object_path
from engine.permissions.rules import WRITE_DENIED, Command
from engine.types import Bucket, ProgressCallback, RlsContext

_O: Final = storage_objects.c
_LEAVES_A_QUERY: Final = 500
_NAMED_MAX: Final = 20_000
"""So many objects of folders are named by what undoes one call: some 2 MB."""

_AT: Final = select(*MOVE_COLUMNS).where(
    _O.bucket_id == bindparam("bucket_id"),
    _O.parent == bindparam("parent"),
    _O.leaf.in_(bindparam("leaves", expanding=True)),
)
_FULL: Final = select(*OBJECT_COLUMNS).where(_O.id.in_(bindparam("ids", expanding=True)))
_PARK: Final = (
    # No path holds a control character, so nothing stands there.
    update(storage_objects)
    .where(_O.id.in_(bindparam("ids", expanding=True)))
    .values(leaf=literal("\x01").concat(_O.id))
)


@dataclass(slots=True)
class _Group:
    """Rows that one `Move` means.

    Attributes:
        move: It.
        rows: With their new paths; those that turn out to need no moving are taken out.
        is_fresh: Whether it is a folder, and nothing was where it goes.
    """

    move: Move
    rows: list[RowMove]
    is_fresh: bool = False

    def back(self, mark: int | None, *, is_named: bool, is_within: bool) -> Iterable[Move]:
        """Return what undoes it; of a folder only what came with it, told by ids, by contents or by a mark."""
        if self.is_fresh:
            back = Move(self.move.target, self.move.source)
            if is_named and is_within:
                return (replace(back, ids=frozenset(row.id for row, _ in self.rows)),)
            versions = frozenset(row.version for row, _ in self.rows) if is_named else frozenset()
            return (replace(back, versions=versions, as_of=None if versions else mark),)
        return (Move(path, row.parent + row.leaf, row.id) for row, path in self.rows)


@dataclass(slots=True)
class _Plan:
    """All of it.

    Attributes:
        groups: What is to move.
        merged: Marks of folders that the target has already.
        displaced: Rows that give way.
        parked: Rows in whose place others come, by id.
        taken: Which id stands at which wanted path.
    """

    groups: list[_Group]
    merged: list[AnyRow] = field(default_factory=list)
    displaced: list[str] = field(default_factory=list)
    parked: dict[str, RowMove] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[RowMove]:
        """Return every row that is to move."""
        return [move for group in self.groups for move in group.rows]


class ManyMoves:
    """Moves many objects and folders at once.

    Args:
        mutations: The commit protocol.
        announcer: Told of what was moved.
    """

    def __init__(self, mutations: Mutations, announcer: Announcer) -> None:
        self._mutations = mutations
        self._announcer = announcer

    def move(
        self,
        bucket: str,
        moves: Sequence[Move],
        context: RlsContext,
        target_bucket: str | None,
        may_replace: Collection[str],
        seen_versions: Mapping[str, str],
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> Moved:
        """Give objects and folders other paths, in one transaction.

        Args:
            bucket: Where they are.
            moves: What goes where; what is there already stays. A folder that meets one becomes part of it.
            context: Who asks.
            target_bucket: Where they go, or None for the same bucket.
            may_replace: Paths whose objects may give way; these go to the trash where the bucket has one.
            seen_versions: The only content that may give way at a path, where the caller has seen one.
            progress: Told of rows.
            cancel: Ends it before the commit; nothing moved then.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: One of them is not there, or another object is (`Move.object_id`); nothing moved.
            Unauthorized: The caller may not change one of them, or not delete what is to give way.
            ObjectAlreadyExists: An object stands where one should go, or two want one path; nothing moved.
            ObjectChanged: Something else than was seen stands there by now; nothing moved.
            InvalidRequest: A folder would move into itself, or something is named twice.
            InvalidKey: A path breaks the rules; nothing moved.
            UnsupportedMediaType: The target bucket does not take the type of one of them; nothing moved.
            PayloadTooLarge: It does not take the size of one of them; nothing moved.
            Cancelled: `cancel` was used.
        """
        token = cancel or CancelToken()

        def work(change: Mutation) -> tuple[Bucket, Bucket, Moved]:
            source, target = buckets_of(change, bucket, target_bucket)
            groups = _find(change, source, target, moves)
            _check(change, source, target, [move for group in groups for move in group.rows])
            plan = _planned(change, target, groups, set(may_replace))
            before = [row.parent + row.leaf for row, _ in plan.rows]
            drop_rows(change, source, plan.merged, for_good=True)
            _displace(change, target, plan.displaced, seen_versions)
            _relocate(change, source, target, plan, token, progress)
            back = tuple(_back(plan, change.tx.last_journal_id(), is_within=source.id == target.id))
            change.tx.changes.moved(source, target, told(plan.rows))
            begin_after_history(change, target.id, (path for _, path in plan.rows))
            change.tx.note_objects(before)
            count = sum(not is_folder_mark(path) for path in before)
            marks = tuple(row.parent + row.leaf for row in plan.merged)
            displaced = set(plan.displaced)
            gone = tuple(path for path, object_id in plan.taken.items() if object_id in displaced)
            return source, target, Moved(count, back, marks, gone)

        source, target, moved = self._mutations.run(context, work)
        self._announcer.many_moved(source, [one.source for one in moves], target, [one.target for one in moves])
        return moved


def _find(change: Mutation, source: Bucket, target: Bucket, moves: Sequence[Move]) -> list[_Group]:
    """Return the rows that are meant, each once, without those that have their path already."""
    same = source.id == target.id
    singles = _singles(change, source, [move for move in moves if not _is_folder(move)])
    groups = [_group(change, source, target, move, singles) for move in moves if not (same and _stays(move))]
    targets = sorted(move.target for move in moves)
    seen: set[str] = set()
    for group in groups:
        group.is_fresh = group.is_fresh and not _is_shared(group.move.target, targets)
        for row, _ in group.rows:
            if row.id in seen:
                raise InvalidRequest("Something is to move twice", path=row.parent + row.leaf)
            seen.add(row.id)
    return groups


def _back(plan: _Plan, mark: int | None, *, is_within: bool) -> Iterator[Move]:
    """Yield what undoes everything.

    Folders inside a bucket are told by ids, so that they go back whatever their own people did with them since; those
    from another bucket by contents, so that nothing comes there that was stored elsewhere; very many by a mark.
    """
    left = _NAMED_MAX
    for group in plan.groups:
        is_named = group.is_fresh and len(group.rows) <= left
        left -= len(group.rows) if is_named else 0
        yield from group.back(mark, is_named=is_named, is_within=is_within)


def _is_shared(target: str, targets: list[str]) -> bool:
    """Return whether something else comes to a folder as well, or below it: that is not to go back with it."""
    at = bisect_left(targets, target)
    return any(path.startswith(target) for path in targets[at + 1 : at + 2])


def _is_folder(move: Move) -> bool:
    """Return whether a whole folder is meant: the row that marks one alone is named by its id."""
    return move.source.endswith("/") and not move.object_id


def _stays(move: Move) -> bool:
    return move.source == move.target


def _group(change: Mutation, source: Bucket, target: Bucket, move: Move, singles: dict[str, AnyRow]) -> _Group:
    """Return the rows of one move."""
    if not _is_folder(move):
        return _Group(move, [(singles[move.source], validate_object_path(move.target))])
    check_prefixes(move.source, move.target)
    if source.id == target.id and move.target.startswith(move.source):
        raise InvalidRequest("A folder cannot be moved into itself", path=move.source)
    rows = movable_below(change, source, move.source, move.as_of, move.ids, move.versions)
    there = select(_O.id).where(below(target.id, move.target)).limit(1)
    is_fresh = bool(move.target) and change.system.execute(there).first() is None
    cut = len(move.source)
    return _Group(move, [(row, move.target + (row.parent + row.leaf)[cut:]) for row in rows], is_fresh)


def _singles(change: Mutation, bucket: Bucket, moves: Sequence[Move]) -> dict[str, AnyRow]:
    """Return the rows of single objects by path.

    Raises:
        ObjectNotFound: One is not there, or is another than it was.
    """
    leaves: dict[str, list[str]] = {}
    for move in moves:
        validate_object_path(move.source)
        leaves.setdefault(parent_of(move.source), []).append(leaf_of(move.source))
    rows = {
        row.parent + row.leaf: row
        for parent, all_leaves in leaves.items()
        for start in range(0, len(all_leaves), _LEAVES_A_QUERY)
        for row in change.tx.execute(
            _AT, {"bucket_id": bucket.id, "parent": parent, "leaves": all_leaves[start : start + _LEAVES_A_QUERY]}
        )
    }
    for move in moves:
        found = rows.get(move.source)
        if found is None or move.object_id not in ("", found.id):
            raise ObjectNotFound("Object not found", path=move.source)
    change.require_settled({row.journal_id for row in rows.values()})
    return rows


def _check(change: Mutation, source: Bucket, target: Bucket, moves: list[RowMove]) -> None:
    """Refuse what the caller may not do, and what paths or the bucket do not take; before looking at the paths."""
    if not change.tx.context.can_bypass_rls:
        for start in range(0, len(moves), SLICE):
            _check_changeable(change, source, target, moves[start : start + SLICE])
    check_all_taken_in(target, source, moves)
    if source.id == target.id:
        for row, path in moves:
            if path and is_folder_mark(row.parent + row.leaf) != is_folder_mark(path):
                check_folder_mark(row.size_bytes, path)
                check_mime(target, row.mime_type, path)
                check_size(target, row.size_bytes, path)


def _check_changeable(change: Mutation, source: Bucket, target: Bucket, moves: list[RowMove]) -> None:
    """Refuse a caller who may not change one of some objects, or not to what it is to become."""
    paths = {row.id: path for row, path in moves if path}
    if len(reached_by(change.tx, source, Command.UPDATE, paths)) < len(paths):
        raise Unauthorized(WRITE_DENIED)
    rows = change.tx.execute(_FULL, {"ids": list(paths)}).all()
    becoming = [replace(candidate_of(object_from(row, source.name)), path=paths[row.id]) for row in rows]
    check_writable(change.tx, target, Command.UPDATE, becoming, seen=True, is_new=False)


def _planned(change: Mutation, target: Bucket, groups: list[_Group], may_replace: set[str]) -> _Plan:
    """Decide about every path that is taken.

    Raises:
        ObjectAlreadyExists: What stands there neither moves away nor may give way, or two want one path.
    """
    plan = _Plan(groups)
    moves = plan.rows
    moving = {row.id: (row, path) for row, path in moves}
    plan.taken = ids_at(change, target, [path for _, path in moves if path])
    wanted: set[str] = set()
    for row, path in moves:
        stands = plan.taken.get(path)
        is_there = path == "" or path in wanted or (stands is not None and stands not in moving)
        if is_there and is_folder_mark(row.parent + row.leaf) and (path == "" or is_folder_mark(path)):
            plan.merged.append(row)
        elif path in wanted or (is_there and path not in may_replace):
            raise ObjectAlreadyExists("The resource already exists", path=path)
        elif stands is not None and stands in moving:
            plan.parked[stands] = moving[stands]
        elif stands is not None:
            plan.displaced.append(stands)
        wanted.add(path)
    _take_out(plan)
    return plan


def _take_out(plan: _Plan) -> None:
    """Let marks that meet others move nowhere: they go."""
    merged = {row.id for row in plan.merged}
    plan.parked = {row_id: move for row_id, move in plan.parked.items() if row_id not in merged}
    for group in plan.groups:
        group.rows = [move for move in group.rows if move[0].id not in merged]


def _displace(change: Mutation, target: Bucket, ids: Sequence[str], seen: Mapping[str, str]) -> None:
    """Let objects give way, to the trash where there is one.

    Raises:
        ObjectChanged: One of them is another content than the caller has seen.
    """
    query = select(*MOVE_COLUMNS).where(_O.id.in_(bindparam("ids", expanding=True)))
    for start in range(0, len(ids), SLICE):
        rows = change.system.execute(query, {"ids": ids[start : start + SLICE]}).all()
        change.require_settled({row.journal_id for row in rows})
        for row in rows:
            path = row.parent + row.leaf
            if seen.get(path, row.version) != row.version:
                raise ObjectChanged("Somebody else has stored another content", path=path)
        drop_rows(change, target, rows, for_good=False)


def _relocate(
    change: Mutation, source: Bucket, target: Bucket, plan: _Plan, token: CancelToken, progress: ProgressCallback | None
) -> None:
    """Give rows their new paths: first those in whose place others come, then folders as wholes, then the rest."""
    total, done = len(plan.rows), 0
    parked = _ends_first(plan)
    for _, part in slices(parked):
        ids = [row.id for row, _ in part]
        note_moves(change, source, ids)
        change.system.execute(_PARK, {"ids": ids})
    for _, part in slices(parked):
        relocate_rows(change, target, part)
    done = len(parked)
    for prefixes, moves in _wholes(plan):
        for _, part in slices(moves):
            token.raise_if_cancelled()
            rows = [row for row, _ in part]
            note_moves(change, source, [row.id for row in rows])
            if prefixes is None:
                relocate_rows(change, target, part)
            else:
                shift_rows(change, target, rows, *prefixes)
            done += len(part)
            tell(progress, done, total)


def _wholes(plan: _Plan) -> Iterator[tuple[tuple[str, str] | None, list[RowMove]]]:
    """Yield what is not parked: each folder with its prefixes before and after, then all single objects."""
    singles: list[RowMove] = []
    for group in plan.groups:
        rest = [move for move in group.rows if move[0].id not in plan.parked]
        if _is_folder(group.move):
            yield (group.move.source, group.move.target), rest
        else:
            singles += rest
    yield None, singles


def _ends_first(plan: _Plan) -> list[RowMove]:
    """Return parked rows so that files find their new names free, but where names go round in a circle."""
    ordered: list[RowMove] = []
    seen: set[str] = set()
    for first in plan.parked:
        chain: list[RowMove] = []
        at = first
        while at in plan.parked and at not in seen:
            seen.add(at)
            chain.append(plan.parked[at])
            at = plan.taken.get(plan.parked[at][1], "")
        ordered += reversed(chain)
    return ordered
