"""The policies as they are written beside the files: all of them in one document, or none.

What holds back is never lost without what lets in: a document that cannot be read and believed as a whole counts for
nothing, and without a policy nothing is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from engine.access_types import PolicyCommand
from engine.files.bucket_rules import is_text
from engine.ids import is_id
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_policies
from engine.permissions.rows import PolicyTable

_P: Final = storage_policies.c
_NAMES: Final = frozenset(_P.keys())
_ALL: Final = select(storage_policies).order_by(_P.id)


def policies_in(tx: Transaction) -> list[dict[str, Any]]:
    """Return the rows of all policies, for a document."""
    return [dict(row._mapping) for row in tx.execute(_ALL)]


def policies_from(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...] | None:
    """Return the rows that a document holds, or None where one of them says what no policy ever said.

    Args:
        document: As it was read.
    """
    rows = document.get("policies")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() >= _NAMES for row in rows):
        return None
    known = tuple({name: row[name] for name in _NAMES} for row in rows)
    names = {(row["table_name"], row["name"]) for row in known if all(map(is_text, (row["table_name"], row["name"])))}
    ids = {row["id"] for row in known if is_text(row["id"])}
    sound = all(map(_is_policy_row, known)) and len(names) == len(ids) == len(known)
    return known if sound else None


def _is_policy_row(row: Mapping[str, Any]) -> bool:
    """Return whether the columns of a policy are such as were ever written."""
    if not (is_text(row["id"]) and is_id(row["id"]) and is_text(row["name"])):
        return False
    if row["table_name"] not in list(PolicyTable) or row["command"] not in list(PolicyCommand):
        return False
    texts = (row["using_text"], row["check_text"], row["bucket_id"])
    if not all(text is None or is_text(text) for text in texts) or not _are_roles(row["roles"]):
        return False
    if not all(isinstance(row[name], bool) for name in ("permissive", "enabled")):
        return False
    return all(type(row[name]) is int for name in ("created_at", "updated_at"))


def _are_roles(roles: object) -> bool:
    return isinstance(roles, Sequence) and not isinstance(roles, str) and bool(roles) and all(map(is_text, roles))
