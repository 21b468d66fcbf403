"""Moving and copying things to another place: first what would happen, then, with the answers of a person, doing it.

Looking is done in the read lane and holds nothing up; doing is one mutation, in one transaction where things move.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.bridge.acting import ActingTasks, Identity
from app.bridge.carriage import Carried, Clash, Order, Plan, attempt_of
from app.bridge.reversals import WEIGHT_MAX, Moving
from app.bridge.tasks import Fail, Ticket
from app.bridge.trash import Trashed, newest_in_trash
from app.bridge.trashings import Made, Uncopying
from app.bridge.twins import LOOKS_A_CALL, apart, last_name, parts_of, twins
from app.cargo import Motion
from app.i18n import translate
from engine.errors import (
    BytesMissing,
    Cancelled,
    ChecksumMismatch,
    InvalidRequest,
    ObjectAlreadyExists,
    ObjectChanged,
    ObjectNotFound,
    RequestFault,
    StorageError,
    Unauthorized,
)
from engine.move_types import Move
from engine.storage import FileStorage
from engine.transfers.naming import free_name
from engine.transfers.values import ConflictAction, Decision
from engine.types import ItemFailure, Progress, RlsContext
from engine.version_types import Replaced


@dataclass(slots=True)
class _Copying:
    """How far a copy has come."""

    objects: int = 0
    size_bytes: int = 0
    made: list[Made] = field(default_factory=list)
    failures: list[ItemFailure] = field(default_factory=list)


class Carrier:
    """See the module."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks) -> None:
        """Args: the engine, and the lanes of whoever acts."""
        self._storage = storage
        self._tasks = tasks

    @property
    def who(self) -> Identity | None:
        """Return in whose name things are carried now, or None for the person at this computer."""
        return self._tasks.identity

    def plan(self, order: Order, then: Callable[[Plan], None], otherwise: Fail | None = None) -> Ticket:
        """Look what an order comes to.

        Args:
            order: The wish.
            then: Gets the plan.
            otherwise: Gets the failure, such as that a folder would go into itself.
        """
        return self._tasks.read(lambda ticket, me: self._plan(order, ticket, me), then, otherwise)

    def carry(
        self,
        plan: Plan,
        decisions: Mapping[str, Decision],
        then: Callable[[Carried], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Do it.

        Args:
            plan: What.
            decisions: What a person answered, by the path that is taken.
            then: Gets what became of it.
            otherwise: Gets the failure; nothing moved then.
        """
        label, attempt = _label(plan.order), attempt_of(plan, decisions)
        return self._tasks.mutate(
            lambda ticket, me: self._carry(plan, decisions, ticket, me), then, otherwise, label=label, attempt=attempt
        )

    def _plan(self, order: Order, ticket: Ticket, me: RlsContext) -> Plan:
        if order.cargo.goes_into(order.place):
            raise InvalidRequest(translate("Carrier", "A folder cannot be put into itself."))
        there, coming = order.cargo.parted(order.place)
        order = order if order.motion is Motion.COPY or not coming.paths else replace(order, cargo=coming)
        free = [*twins(self._storage, there, coming, order.place, me)] if order.motion is Motion.COPY else []
        clashes: list[Clash] = []
        self._sort(order, apart(coming, order.place), free, clashes, me)
        for path in coming.paths:
            if path.endswith("/"):
                ticket.token.raise_if_cancelled()
                self._sort_folder(order, Move(path, f"{order.place.prefix}{last_name(path)}/"), free, clashes, me)
        return Plan(order, tuple(free), tuple(clashes))

    def _sort(
        self, order: Order, moves: Sequence[Move], free: list[Move], clashes: list[Clash], me: RlsContext
    ) -> None:
        """Tell which of single objects go where something is."""
        for part in parts_of(moves):
            there = self._storage.find(order.place.bucket, [move.target for move in part], me)
            clashing = [move.source for move in part if move.target in there and not move.target.endswith("/")]
            arriving = self._storage.find(order.cargo.bucket, clashing, me)
            for move in part:
                if move.source in arriving:
                    clashes.append(Clash(move, arriving[move.source], there[move.target]))
                else:
                    free.append(move)

    def _sort_folder(self, order: Order, whole: Move, free: list[Move], clashes: list[Clash], me: RlsContext) -> None:
        """Take a folder as a whole where nothing in it meets anything; else object by object."""
        if not self._storage.tree_size(order.place.bucket, whole.target, me).objects:
            free.append(whole)
            return
        cut = len(whole.source)
        inside = [
            Move(stored.path, whole.target + stored.path[cut:], stored.id)
            for stored in self._storage.walk(order.cargo.bucket, whole.source, me)
        ]
        apart: list[Move] = []
        met: list[Clash] = []
        self._sort(order, inside, apart, met, me)
        clashes += met
        free += apart if met else [whole]

    def _carry(self, plan: Plan, decisions: Mapping[str, Decision], ticket: Ticket, me: RlsContext) -> Carried:
        moves = [*plan.free]
        gives_way: dict[str, str] = {}  # which content of it, by its path
        coming = {move.target for move in plan.free} | {clash.move.target for clash in plan.clashes}
        for clash in plan.clashes:
            ticket.token.raise_if_cancelled()
            decided = self._decided(plan, clash, decisions.get(clash.move.target), coming, me)
            if decided is not None:
                moves.append(decided)
                coming.add(decided.target)
                gives_way |= {decided.target: clash.existing.version} if decided.target == clash.move.target else {}
        if not moves:
            return Carried(plan.order, 0)
        stayed = {clash.move.source for clash in plan.clashes} - {move.source for move in moves}
        self._check_same(plan, gives_way, me)
        before = newest_in_trash(self._storage, plan.order.place.bucket, me) if gives_way else 0
        work = self._move if plan.order.motion is Motion.MOVE else self._copy
        done = work(plan.order, moves, gives_way, ticket, me)
        done = replace(done, folders=_whole_folders(plan.order, stayed))
        if not gives_way:
            return done
        bucket = plan.order.place.bucket
        trashed = Trashed(bucket, frozenset(gives_way), before, newest_in_trash(self._storage, bucket, me))
        return _with_trashed(done, trashed)

    def _check_same(self, plan: Plan, gives_way: Mapping[str, str], me: RlsContext) -> None:
        """Refuse to replace what is no longer what the person was asked about.

        Raises:
            ObjectChanged: Somebody else has stored other bytes there.
        """
        there = self._storage.find(plan.order.place.bucket, [*gives_way], me)
        for path, stored in there.items():
            if stored.version != gives_way[path]:
                raise _changed_before(path)

    def _decided(
        self, plan: Plan, clash: Clash, decision: Decision | None, coming: set[str], me: RlsContext
    ) -> Move | None:
        """Return where something goes after a person decided, or None where it stays."""
        action = decision.action if decision is not None else ConflictAction.SKIP
        if action is ConflictAction.REPLACE_IF_NEWER:
            action = ConflictAction.REPLACE if clash.arriving_is_newer else ConflictAction.SKIP
        if action is ConflictAction.SKIP:
            return None
        if action is ConflictAction.REPLACE:
            return clash.move
        folder = clash.move.target.removesuffix(last_name(clash.move.target))
        if action is ConflictAction.RENAME and decision is not None and decision.new_name:
            return replace(clash.move, target=folder + decision.new_name)

        def taken(name: str) -> bool:
            path = folder + name
            return path in coming or path in self._storage.find(plan.order.place.bucket, [path], me)

        return replace(clash.move, target=folder + free_name(last_name(clash.move.target), taken))

    def _move(
        self, order: Order, moves: Sequence[Move], gives_way: Mapping[str, str], ticket: Ticket, me: RlsContext
    ) -> Carried:
        target = None if order.is_within else order.place.bucket
        try:
            moved = self._storage.move_many(
                order.cargo.bucket, moves, me, target_bucket=target, replace=frozenset(gives_way),
                seen_versions=gives_way, progress=ticket.report, cancel=ticket.token,
            )  # fmt: skip
        except ObjectChanged as error:
            raise _changed_before(error.path or "") from error
        except ObjectAlreadyExists as error:
            text = translate("Carrier", "Something else has come to “{path}” meanwhile. Nothing was moved: try again.")
            raise ObjectAlreadyExists(text.format(path=error.path), path=error.path) from error
        except ObjectNotFound as error:
            text = translate("Carrier", "“{path}” is no longer there. Nothing was moved: choose anew what is to move.")
            raise ObjectNotFound(text.format(path=(error.path or "").rstrip("/")), path=error.path) from error
        back = Moving(
            order.place.bucket, moved.back, None if order.is_within else order.cargo.bucket, marks=moved.marks
        )
        return Carried(order, moved.objects, _arrived(order, moves), reversal=back)

    def _copy(
        self, order: Order, moves: Sequence[Move], gives_way: Mapping[str, str], ticket: Ticket, me: RlsContext
    ) -> Carried:
        done, ended = _Copying(), None
        wanted = list(self._single(order, moves, done, me))
        try:
            for move in wanted:
                ticket.token.raise_if_cancelled()
                self._copy_one(order, move, gives_way, done, ticket, me)
                ticket.report(Progress(done.size_bytes, None, done_files=done.objects, total_files=len(wanted)))
        except StorageError as error:
            if not done.made:
                raise
            ended = error
        if not done.made and done.failures and isinstance(done.failures[0].error, Unauthorized):
            raise done.failures[0].error
        back = Uncopying(order.place.bucket, tuple(done.made)) if 0 < len(done.made) <= WEIGHT_MAX else None
        return Carried(order, done.objects, _copied(order, moves, done.made), tuple(done.failures), ended, back)

    def _copy_one(
        self, order: Order, move: Move, gives_way: Mapping[str, str], done: _Copying, ticket: Ticket, me: RlsContext
    ) -> None:
        """Copy one object; what is wrong with it alone is noted."""
        try:
            made = self._storage.copy(
                order.cargo.bucket, move.source, move.target, me, target_bucket=order.place.bucket,
                replace=move.target in gives_way, seen_version=gives_way.get(move.target, ""),
                replaced=Replaced.TRASHED, cancel=ticket.token,
            )  # fmt: skip
        except Cancelled:
            raise
        except ObjectChanged as error:
            done.failures.append(ItemFailure(move.target, move.source, _changed(error.path or move.target)))
            return
        except ObjectAlreadyExists as error:
            if not move.target.endswith("/"):
                done.failures.append(ItemFailure(move.target, move.source, _came(error.path or move.target)))
            return
        except (RequestFault, BytesMissing, ChecksumMismatch) as error:
            done.failures.append(ItemFailure(move.target, move.source, error))
            return
        done.made.append(Made(made.path, made.version, made.size_bytes))
        done.objects += not made.path.endswith("/")
        done.size_bytes += made.size_bytes

    def _single(self, order: Order, moves: Iterable[Move], done: _Copying, me: RlsContext) -> Iterator[Move]:
        """Yield every object that moves mean, those of folders one by one; a folder that is gone is noted."""
        for move in moves:
            if not move.source.endswith("/") or move.object_id:
                yield move
                continue
            is_there = False
            for stored in self._storage.walk(order.cargo.bucket, move.source, me):
                is_there = True
                yield Move(stored.path, move.target + stored.path[len(move.source) :], stored.id)
            if not is_there:
                gone = ObjectNotFound(
                    translate("Carrier", "“{name}” is no longer there").format(name=last_name(move.source))
                )
                done.failures.append(ItemFailure(move.target, move.source, gone))


def _changed_before(path: str) -> ObjectChanged:
    text = translate("Carrier", "“{path}” has changed while you were asked. Nothing was replaced.")
    return ObjectChanged(text.format(path=path), path=path)


def _changed(path: str) -> ObjectChanged:
    text = translate("Carrier", "“{path}” has changed since you were asked, and stays")
    return ObjectChanged(text.format(path=path), path=path)


def _came(path: str) -> ObjectAlreadyExists:
    text = translate("Carrier", "something else has come to “{path}” meanwhile, and stays")
    return ObjectAlreadyExists(text.format(path=path), path=path)


def _with_trashed(done: Carried, trashed: Trashed) -> Carried:
    """Return what was done with what gave way to it, so that undoing it brings that back.

    Where it went to no trash, it is among the versions or gone, and undoing would leave nothing in its place: then
    nothing offers to. What was never come to, because a copy was stopped before, gave way to nothing.
    """
    back = done.reversal
    if trashed.any and isinstance(back, Moving | Uncopying):
        return replace(done, reversal=replace(back, trashed=trashed))
    if isinstance(back, Uncopying) and not trashed.paths & {made.path for made in back.made}:
        return done
    return replace(done, reversal=None)


def _whole_folders(order: Order, stayed: Collection[str]) -> tuple[Move, ...]:
    """Return the folders that moved, none of whose objects stayed."""
    if order.motion is Motion.COPY:
        return ()
    folders = [path for path in order.cargo.paths if path.endswith("/")]
    whole = [path for path in folders if not any(left.startswith(path) for left in stayed)]
    return tuple(Move(path, order.place.child(last_name(path)).prefix) for path in whole)


def _arrived(order: Order, moves: Sequence[Move]) -> tuple[str, ...]:
    """Return where the things asked for are now, as far as they are rows of the place itself."""
    prefix = order.place.prefix
    paths = (move.target for move in moves[:LOOKS_A_CALL] if move.target.startswith(prefix))
    return tuple(path for path in paths if "/" not in path[len(prefix) :].rstrip("/"))


def _copied(order: Order, moves: Sequence[Move], made: Sequence[Made]) -> tuple[str, ...]:
    """Return where the things asked for are now of which anything was copied."""
    there = {one.path for one in made}
    above = {path[: end + 1] for path in there for end, char in enumerate(path) if char == "/"}
    return tuple(path for path in _arrived(order, moves) if path in there or path in above)


def _label(order: Order) -> str:
    number = len(order.cargo.paths)
    if order.motion is Motion.MOVE:
        text = translate("Carrier", "Moving %Ln item(s) to {place}", None, number)
    else:
        text = translate("Carrier", "Copying %Ln item(s) to {place}", None, number)
    return text.format(place=order.place.name)
