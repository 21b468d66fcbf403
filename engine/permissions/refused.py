"""Which of several objects somebody may not do something with: the first, and how many of how many.

Asks the very conditions that the engine asks where it refuses, of each row by itself. Reads only; threads: any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, and_, func, literal, select, true

from engine.errors import BucketNotFound
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_objects
from engine.move_types import Move
from engine.paths import leaf_of, parent_of, prefix_end
from engine.permissions.clauses import Place
from engine.permissions.columns import object_columns
from engine.permissions.rows import Command
from engine.times import now_us
from engine.types import RlsContext

LOOKED_AT_MAX: Final = 2_000
"""Objects that are asked about: what an answer that somebody waits for has time for."""

_SYSTEM: Final = RlsContext.service()
_B: Final = storage_buckets.c
_O: Final = storage_objects.c
_PATH: Final = _O.parent.concat(_O.leaf)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do with several objects of a bucket.

    Attributes:
        command: What.
        bucket: Name or id of the bucket that they are in.
        moves: The objects, and folders with all that is in them, `""` for everything; where to, if they go anywhere.
        goes: Whether they do: moved by UPDATE, copied by INSERT.
        target_bucket: The bucket that they go to, or None for the same.
    """

    command: Command
    bucket: str
    moves: Sequence[Move]
    goes: bool = False
    target_bucket: str | None = None


@dataclass(frozen=True, slots=True)
class Refusals:
    """What of a wish is refused.

    Attributes:
        path: The first object that is; empty where none is.
        target: Where it was to go.
        refused: How many are, of those that were asked about.
        asked: How many these were.
        is_all: Whether there are no more.
    """

    path: str = ""
    target: str = ""
    refused: int = 0
    asked: int = 0
    is_all: bool = True


def refusals(executor: Executor, who: RlsContext, wish: Wish) -> Refusals:
    """Find what of a wish is refused; what they do not see is not part of it.

    Args:
        executor: For rows.
        who: Whose wish it is, in what they are doing.
        wish: It.

    Raises:
        BucketNotFound: There is no such bucket.
        PolicyFailed: An expression fails on one of the rows.
    """
    found = Refusals()
    with executor.snapshot(who) as tx:
        here = _place(tx, wish.bucket)
        there = here if wish.target_bucket is None else _place(tx, wish.target_bucket)
        for number, move in enumerate(wish.moves):
            if number == LOOKED_AT_MAX:  # what they do not see counts nothing, but asking takes its time
                return replace(found, is_all=False)
            query = _query(tx, here, there, wish, move).limit(LOOKED_AT_MAX + 1 - found.asked)
            found = _counted(found, tx.within(here).execute(query))
            if not found.is_all:
                break
    return found


def _counted(found: Refusals, rows: Iterable[Any]) -> Refusals:
    """Return what was found before, and in some rows more."""
    for path, target, allowed in rows:
        if found.asked == LOOKED_AT_MAX:
            return replace(found, is_all=False)
        found = replace(found, asked=found.asked + 1, refused=found.refused + (not allowed))
        if not allowed and not found.path:
            found = replace(found, path=path, target=target)
    return found


def _query(tx: Transaction, here: Place, there: Place, wish: Wish, move: Move) -> Select[Any]:
    """Return the statement of one move's objects, each with where it goes and whether it may."""
    target: ColumnElement[Any] = literal(move.target, Text)
    condition = and_(_O.bucket_id == here.id, _O.parent == parent_of(move.source), _O.leaf == leaf_of(move.source))
    if move.source.endswith("/") and not move.object_id:
        target = target.concat(func.substr(_PATH, len(move.source) + 1))
        condition = and_(_O.bucket_id == here.id, _O.parent >= move.source, _O.parent < prefix_end(move.source))
    elif not move.source:
        condition = _O.bucket_id == here.id
    allowed = _allowed(tx, here, there, wish, target)
    told = target if wish.goes else literal("", Text)
    query: Select[Any] = select(_PATH, told, func.coalesce(allowed, False)).where(condition)
    query = query.order_by(_O.parent, _O.leaf)
    return query.where(target != "") if wish.goes else query  # the marker of a folder that merges goes nowhere


def _allowed(tx: Transaction, here: Place, there: Place, wish: Wish, target: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition of rows with which it may be done."""
    conditions = []
    if wish.command is not Command.INSERT:
        conditions.append(tx.within(here).rule(storage_objects, wish.command))
    if wish.goes or wish.command is Command.UPDATE:  # what stays where it is must be let stay as well
        becoming = object_columns(storage_objects, there.name, target if wish.goes else None)
        if wish.command is Command.INSERT:
            now = literal(now_us())
            owner = literal(tx.context.user_id, Text)
            becoming = replace(becoming, owner_id=owner, created_at=now, updated_at=now, is_new=True)
        seen = wish.command is not Command.INSERT
        conditions.append(tx.within(there).check(wish.command, becoming, seen=seen))
    return and_(true(), *(condition for condition in conditions if condition is not None))


def _place(tx: Transaction, name_or_id: str) -> Place:
    """Return a bucket by its name or id."""
    named = _B.name == name_or_id
    query = select(_B.id, _B.name).where(named | (_B.id == name_or_id)).order_by(named.desc()).limit(1)
    row = tx.as_caller(_SYSTEM).execute(query).first()
    if row is None:
        raise BucketNotFound("Bucket not found", path=name_or_id)
    return Place(row.id, row.name)
