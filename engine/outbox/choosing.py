"""Events held against a caller's policies, many in one query."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, select, true

from engine.errors import PolicyFailed
from engine.metadata.faults import translated
from engine.metadata.transactions import Transaction
from engine.outbox.values import RecordedEvent
from engine.permissions.columns import CANDIDATES
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()


def standing(table: Table, there: ColumnElement[bool], rule: ColumnElement[bool] | None) -> Select[Any]:
    """Return the query for what stands and is seen.

    An outer join: SQLite looks up each row that is asked about, whatever else its planner thinks of, and no other row
    comes before a policy.
    """
    joined = CANDIDATES.outerjoin(table, there if rule is None else and_(there, rule))
    return select(CANDIDATES.c.key, table.c.id.is_not(None)).select_from(joined)


def judged(rule: ColumnElement[bool] | None) -> Select[Any]:
    """Return the query for what would be seen by what is told of it."""
    return select(CANDIDATES.c.key, true() if rule is None else rule).select_from(CANDIDATES)


def chosen(
    tx: Transaction, query: Select[Any], events: Sequence[RecordedEvent], told: Sequence[Mapping[str, Any]]
) -> list[RecordedEvent]:
    """Return those of some events that a query chooses; what a policy fails on is not chosen.

    Args:
        tx: Where to ask.
        query: For the keys of `CANDIDATES`, and whether they are chosen; with the caller's rules in it.
        events: Which.
        told: What the query is told of each.
    """
    if not events:
        return []
    try:
        with translated():
            rows = tx.as_caller(_SYSTEM).execute(query, {"candidates": json.dumps(told)}).all()
    except PolicyFailed:
        half = len(events) // 2
        if not half:
            return []
        return chosen(tx, query, events[:half], told[:half]) + chosen(tx, query, events[half:], told[half:])
    return [events[key] for key, is_chosen in rows if is_chosen]
