"""What is to be carried to another place, what stands in its way there, and what became of it: values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.bridge.refusals import Attempt, Deed
from app.bridge.reversals import Reversal
from app.cargo import Cargo, Motion
from app.location import Location
from engine.errors import StorageError
from engine.move_types import Move
from engine.transfers.conflicts import SAME_TIME_S
from engine.transfers.naming import suggested_name
from engine.transfers.values import ConflictAction, Decision
from engine.types import ItemFailure, StorageObject


@dataclass(frozen=True, slots=True)
class Order:
    """A wish to carry things somewhere.

    Attributes:
        cargo: What.
        place: Where to.
        motion: Whether it goes or is copied.
    """

    cargo: Cargo
    place: Location
    motion: Motion

    @property
    def is_within(self) -> bool:
        """Return whether it stays in its bucket."""
        return self.cargo.bucket == self.place.bucket


@dataclass(frozen=True, slots=True)
class Clash:
    """Something that would go where another object is.

    Attributes:
        move: What and where.
        arriving: It.
        existing: What is there.
    """

    move: Move
    arriving: StorageObject
    existing: StorageObject

    @property
    def arriving_is_newer(self) -> bool:
        """Return whether it was changed later than what is there."""
        return (_changed_us(self.arriving) - _changed_us(self.existing)) / 1e6 > SAME_TIME_S


@dataclass(frozen=True, slots=True)
class Plan:
    """What an order comes to.

    Attributes:
        order: The wish.
        free: What can be done unasked; a whole folder is one of them.
        clashes: What a person has to decide.
    """

    order: Order
    free: tuple[Move, ...]
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of an order.

    Attributes:
        order: The wish.
        objects: How many objects arrived, folder markers not counted.
        paths: Where the things arrived that were asked for, some of them.
        failures: What could not be copied, and why.
        ended: What ended it before everything was copied, or None. What was copied stays.
        reversal: What takes it back, or None.
        folders: Folders that moved with all that was in them.
    """

    order: Order
    objects: int
    paths: tuple[str, ...] = ()
    failures: tuple[ItemFailure, ...] = ()
    ended: StorageError | None = None
    reversal: Reversal | None = None
    folders: tuple[Move, ...] = ()


def attempt_of(plan: Plan, decisions: Mapping[str, Decision]) -> Attempt:
    """Return what is tried: from where to where, and what has to give way.

    What stays beside something gets the next free name later; until then it is asked about by the next name.

    Args:
        plan: What an order comes to.
        decisions: What a person decided about what is in the way, by its path.
    """
    order, decided = plan.order, [(clash.move, decisions.get(clash.move.target)) for clash in plan.clashes]
    replacing = [move for move, decision in decided if _replaces(decision)]
    beside = [_beside(move, decision) for move, decision in decided if decision is not None and _is_kept(decision)]
    deed = Deed.MOVE if order.motion is Motion.MOVE else Deed.COPY
    over = [move.target for move in replacing]
    return Attempt.of_moves(deed, order.cargo.bucket, [*plan.free, *replacing, *beside], order.place.bucket, over)


def _replaces(decision: Decision | None) -> bool:
    wanted = (ConflictAction.REPLACE, ConflictAction.REPLACE_IF_NEWER)
    return decision is not None and decision.action in wanted


def _is_kept(decision: Decision) -> bool:
    return decision.action in (ConflictAction.KEEP_BOTH, ConflictAction.RENAME)


def _beside(move: Move, decision: Decision) -> Move:
    """Return where something goes that stays beside what is there."""
    folder, slash, name = move.target.rpartition("/")
    return replace(move, target=folder + slash + (decision.new_name or suggested_name(name)))


def _changed_us(stored: StorageObject) -> int:
    return stored.updated_us if stored.modified_us is None else stored.modified_us
