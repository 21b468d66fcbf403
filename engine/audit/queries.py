"""Finds entries: filters as SQL, pages by the time of the last entry of the page before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, TextClause, and_, case, func, or_, select, text, true, tuple_

from engine.access_types import AuditEntry, AuditFilter, AuditResult
from engine.audit.entries import ACTED_BY, LAST_REQUEST
from engine.metadata.executor import AnyRow
from engine.metadata.tables import storage_audit
from engine.times import from_datetime, to_datetime

A: Final = storage_audit.c

ENTRY_COLUMNS: Final = (
    A.id, A.at, A.actor, A.operation, A.bucket_id, A.path, A.detail, A.user_id, A.role, A.bucket, A.result,
    A.request_id, A.remote_address,
)  # fmt: skip


def entry_from(row: AnyRow) -> AuditEntry:
    """Return the entry of a row of `ENTRY_COLUMNS`."""
    return AuditEntry(row[0], to_datetime(row[1]), *row[2:])


def newest(wanted: AuditFilter, cursor: int | None, limit: int) -> Select[Any]:
    """Return the query of a page, the newest first.

    Args:
        wanted: Which entries.
        cursor: Number of the last entry of the page before.
        limit: Rows.
    """
    query = select(*ENTRY_COLUMNS).where(condition(wanted)).order_by(A.at.desc(), A.id.desc()).limit(limit)
    if cursor is None:
        return query
    moment = select(A.at).where(A.id == cursor).scalar_subquery()
    return query.where(A.at <= moment, tuple_(A.at, A.id) < tuple_(moment, cursor))


def oldest(wanted: AuditFilter, after: int, limit: int) -> Select[Any]:
    """Return the query of a page in the order of the chain.

    Args:
        wanted: Which entries.
        after: Number of the last entry of the page before, or 0.
        limit: Rows.
    """
    return select(*ENTRY_COLUMNS).where(condition(wanted), A.id > after).order_by(A.id).limit(limit)


def count(wanted: AuditFilter) -> Select[Any]:
    """Return the query of how many entries there are."""
    return select(func.count()).select_from(storage_audit).where(condition(wanted))


def condition(wanted: AuditFilter) -> ColumnElement[bool]:
    """Return a filter as SQL."""
    parts: list[ColumnElement[bool] | TextClause] = [true()]
    if wanted.since is not None:
        parts.append(A.at >= from_datetime(wanted.since))
    if wanted.until is not None:
        parts.append(A.at < from_datetime(wanted.until))
    if wanted.user:
        parts.append(_by(wanted.user))
    if wanted.operations:
        parts.append(_operations(wanted.operations))
    if wanted.bucket is not None:
        parts.append(or_(A.bucket == wanted.bucket, A.bucket_id == wanted.bucket))
    if wanted.path:
        # paths of a bulk change are in its detail, where JSON escapes some characters
        escaped = json.dumps(wanted.path, ensure_ascii=False)[1:-1]
        parts.append(or_(func.instr(A.path, wanted.path) > 0, func.instr(A.detail, escaped) > 0))
    if wanted.role is not None:
        parts.append(A.role == wanted.role if wanted.role else A.role.is_(None))
    if wanted.request:
        asked = (A.request_id, _told(LAST_REQUEST))
        parts.append(or_(*(func.instr(column, wanted.request) > 0 for column in asked)))
    if wanted.address:
        parts.append(func.instr(A.remote_address, wanted.address) > 0)
    if wanted.result is not None:
        parts.append(A.result == wanted.result.value)
        if wanted.result is not AuditResult.DONE:
            # as the index has it: of a million entries few were refused
            parts.append(text("result <> 'done'"))
    return and_(*parts)


def _by(user: str) -> ColumnElement[bool]:
    """Return the condition of what somebody did, in their own name or in another's."""
    return or_(*(func.instr(column, user) > 0 for column in (A.actor, A.user_id, _told(ACTED_BY))))


def _told(name: str) -> ColumnElement[Any]:
    """Return a text of the detail by its name; JSON is read only where the name is in it, as in few of a million."""
    return case((func.instr(A.detail, f'"{name}"') > 0, func.json_extract(A.detail, f"$.{name}")), else_="")


def _operations(names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition of any of some operations, or of all that begin with a name and its `.`."""
    whole = [name for name in names if not name.endswith(".")]
    begun = [and_(A.operation >= name, A.operation < f"{name[:-1]}/") for name in names if name.endswith(".")]
    return or_(A.operation.in_(whole), *begun)
