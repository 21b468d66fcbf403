"""Where a search looks: in the index of names, or in the few rows there are in a place or for a caller.

Whatever is chosen gives the same objects; only the time differs. All statements have `OBJECT_COLUMNS`, then the rowid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Join, Select, func, literal, select
from sqlalchemy.ext.compiler import compiles

from engine.files.records import OBJECT_COLUMNS, bucket_from
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_buckets, storage_objects, storage_search_stale
from engine.search import trigrams
from engine.search.conditions import PLACE, where
from engine.search.index import has_stale, last_of, reach_of
from engine.types import Bucket, RlsContext

FEW: Final = 20_000
"""Rows that are looked at one by one in some fifty milliseconds."""

_BUCKETS_MAX: Final = 50
_SYSTEM: Final = RlsContext.service()
_BY_OWNER: Final = "ix_storage_objects_owner (bucket_id=? AND owner_id=?"
_STALE: Final = storage_search_stale.c
PLACE_LABEL: Final = "place"


class InOrder(Join):
    """A join that is read from the left: however well a caller's rule has an index, the index of names comes first.

    Source: SQLite, "Query Planning": "Manual Control Of Query Plans Using CROSS JOIN".
    """

    inherit_cache = True


@compiles(InOrder)
def _in_order(join: InOrder, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's protocol
    return str(compiler.visit_join(join, **options)).replace(" JOIN ", " CROSS JOIN ", 1)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a search stands on.

    Attributes:
        tx: The caller's transaction, within the bucket if one is meant.
        bucket: That bucket, or None.
        prefix: The folder in it.
        words: What names have to have.
        conditions: All that rows have to meet, the words among it, but for the row rules.
        use_index: Whether the index may be used.
    """

    tx: Transaction
    bucket: Bucket | None
    prefix: str
    words: tuple[str, ...]
    conditions: Sequence[ColumnElement[bool]]
    use_index: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """One of the statements that together find everything.

    Attributes:
        query: The statement.
        place: The rowid in it, by the table that it is read in the order of.
    """

    query: Select[Any]
    place: ColumnElement[int]


def parts_of(ground: Ground) -> list[Part]:
    """Return the statements that together find everything, none of it twice."""
    reach = reach_of(ground.tx) if ground.use_index and ground.words else 0
    groups = _groups(ground, reach) if reach else None
    if groups is None:
        return _narrow(ground) or [_all(ground)]
    if trigrams.are_few(ground.tx, groups, FEW):
        return _indexed(ground, groups, reach)
    return _narrow(ground) or _indexed(ground, groups, reach)


def _groups(ground: Ground, reach: int) -> str | None:
    """Return what to ask the index for, or None where reading the rows is faster."""
    few = min(FEW, reach // 10)
    return trigrams.groups_of(ground.words) or trigrams.rare_groups_of(ground.tx, ground.words, few)


def _indexed(ground: Ground, groups: str, reach: int) -> list[Part]:
    """Return what the index knows, what came after it, and what it knows under names that are gone."""
    index = _joined(ground, trigrams.TRIGRAMS, trigrams.TRIGRAMS.c.rowid)
    of_index = (trigrams.MATCHED, trigrams.TRIGRAMS.c.rowid <= reach, PLACE.not_in(select(_STALE.place)))
    parts = [Part(index.query.where(*of_index).params(groups=groups), index.place)]
    if last_of(ground.tx) > reach:
        fresh = select(PLACE.label(PLACE_LABEL)).select_from(storage_objects).where(reach < PLACE).subquery("fresh")
        parts.append(_joined(ground, fresh, fresh.c.place))
    if has_stale(ground.tx):
        stale = _joined(ground, storage_search_stale, _STALE.place)
        parts.append(Part(stale.query.where(_STALE.place <= reach), stale.place))
    return parts


def _all(ground: Ground) -> Part:
    """Return the statement over all objects, from the last one back: a page of what is common is soon full."""
    everywhere = select(PLACE.label(PLACE_LABEL)).select_from(storage_objects).subquery("everywhere")
    return _joined(ground, everywhere, everywhere.c.place)


def _joined(ground: Ground, places: FromClause, place: ColumnElement[int]) -> Part:
    """Return a statement over the objects in some places."""
    return _part(ground, InOrder(places, storage_objects, place == PLACE), place)


def _part(ground: Ground, source: FromClause, place: ColumnElement[int] = PLACE) -> Part:
    """Return a statement over objects, or a join with them."""
    rule = ground.tx.rule(storage_objects)
    rules = [] if rule is None else [rule]
    query = select(*OBJECT_COLUMNS, place.label(PLACE_LABEL)).select_from(source)
    return Part(query.where(*rules, *ground.conditions), place)


def _narrow(ground: Ground) -> list[Part]:
    """Return the statements over the few rows that there are in a place or for a caller; none where they are many."""
    if ground.bucket is not None and _are_few(ground.tx, where(ground.prefix, ground.bucket.id)):
        return [_part(ground, storage_objects)]
    if ground.tx.context.can_bypass_rls:
        return []
    rows = [ground.bucket] if ground.bucket is not None else _buckets(ground.tx)
    seen = [_own(ground, bucket) for bucket in rows]
    return [] if not seen or None in seen else [part for part in seen if part is not None]


def _buckets(tx: Transaction) -> list[Bucket]:
    """Return all buckets there are; none if they are very many."""
    query = select(storage_buckets).limit(_BUCKETS_MAX + 1)
    found = [bucket_from(row) for row in tx.as_caller(_SYSTEM).execute(query)]
    return found if len(found) <= _BUCKETS_MAX else []


def _own(ground: Ground, bucket: Bucket) -> Part | None:
    """Return the statement over what a caller sees in a bucket, if an index leads there and it is little."""
    tx = ground.tx.within(bucket)
    rule = tx.rule(storage_objects)
    if rule is None or _BY_OWNER not in tx.plan(select(PLACE).select_from(storage_objects).where(rule)):
        return None
    if not _are_few(tx, [rule]):
        return None
    query = select(*OBJECT_COLUMNS, PLACE.label(PLACE_LABEL)).where(rule, *ground.conditions)
    return Part(query, PLACE)


def _are_few(tx: Transaction, conditions: Sequence[ColumnElement[bool]]) -> bool:
    """Return whether only few rows meet conditions that an index leads to."""
    some = select(literal(1).label("one")).select_from(storage_objects).where(*conditions).limit(FEW + 1).subquery()
    return int(tx.as_caller(_SYSTEM).execute(select(func.count()).select_from(some)).scalar_one()) <= FEW
