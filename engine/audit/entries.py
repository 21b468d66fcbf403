"""What an entry of the audit is, as it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from engine import limits
from engine.access_types import AuditResult
from engine.context import RlsContext
from engine.errors import InvalidLink, StorageError, Unauthorized

COLUMNS: Final = (
    "id", "at", "actor", "operation", "bucket_id", "path", "detail", "user_id", "role", "bucket", "result",
    "request_id", "remote_address",
)  # fmt: skip
"""Of a row, in the order that the chain holds them; `hash` follows."""

ANONYMOUS: Final = "anonymous"
"""The actor of somebody unknown."""

ACTED_BY: Final = "acted_by"
"""Name in an entry's detail under which stands who tried out the identity that it is about."""


LAST_REQUEST: Final = "last_request_id"
"""Name in the detail of the id of the last of several requests that are one entry."""


class Operation(StrEnum):
    """What an entry is about that no caller did; what callers do is `engine.context.Operation`."""

    SET_ASIDE = "cleanup.set-aside"
    """Bytes that nobody claimed were moved to `.lost+found`."""
    ROW_REMOVED = "cleanup.row-removed"
    """An object, or an old version, whose bytes stayed away was removed."""
    STAGED_SWEPT = "cleanup.staged-swept"
    """Uploads that their processes left unfinished were thrown away."""
    QUARANTINED = "quarantine.entered"
    """The bytes of an object were found missing or damaged."""
    RELEASED = "quarantine.left"
    """They are there again."""
    OUTSIDE_EDITED = "outside.edited"
    """Another program changed an object's file, which became a new version; what it replaced is in here whole."""
    OUTSIDE_ADDED = "outside.added"
    """Another program put a file into a bucket's folder, which became an object."""
    OUTSIDE_DELETED = "outside.deleted"
    """Another program deleted an object's file, and the object went with it; its row is in here whole."""
    OUTSIDE_REPORTED = "outside.reported"
    """Another program put a file into a bucket's folder, and it was left where it is."""
    RESTORED = "recovery.restored"
    """A backup was put in the database's place."""
    REBUILT = "recovery.rebuilt"
    """The database was made anew from the files; what is before this entry is with the old database alone."""
    AUDIT_PRUNED = "audit.pruned"
    """Entries of the audit were removed because they are old."""
    AUDIT_RETENTION = "audit.retention"
    """It was changed how long entries are kept."""
    AUDIT_EXPORTED = "audit.exported"
    """Entries of the audit were written to a file."""
    AUDIT_OMITTED = "audit.omitted"
    """Reads and refusals could not be written down for so long that some are only counted."""


class Draft(NamedTuple):
    """An entry before it has its number: the columns of its row after `id`."""

    at: int
    actor: str
    operation: str
    bucket_id: str | None
    path: str
    detail: str
    user_id: str | None
    role: str | None
    bucket: str | None
    result: str
    request_id: str | None
    remote_address: str | None


def draft_by(
    context: RlsContext,
    at_us: int,
    bucket: tuple[str | None, str | None],
    detail: Mapping[str, Any],
    result: str = AuditResult.DONE,
) -> Draft:
    """Return the entry of a caller's act.

    Args:
        context: The caller, in the act.
        at_us: When.
        bucket: Its id and name, as far as they are known.
        detail: What else is to be known.
        result: How it ended.
    """
    act, origin = context.act, context.origin
    return Draft(
        at_us,
        actor_of(context),
        "" if act is None else act.operation,
        bucket[0],
        "" if act is None else cleaned(act.path),
        as_text(detail if context.acted_by is None else {**detail, ACTED_BY: cleaned(context.acted_by)}),
        None if context.user_id is None else cleaned(context.user_id),
        cleaned(context.role) or None,
        None if bucket[1] is None else cleaned(bucket[1]),
        result,
        None if origin is None else origin.request_id,
        None if origin is None else origin.remote_address,
    )


def actor_of(context: RlsContext) -> str:
    """Return who somebody is in one word: the user's id, or the role of whoever is no user.

    Args:
        context: The caller.
    """
    if context.user_id is not None:
        return cleaned(context.user_id)
    return context.role if context.can_bypass_rls else ANONYMOUS


def result_of(error: Exception | None) -> AuditResult:
    """Return how an act ended that raised an error, or none."""
    if error is None:
        return AuditResult.DONE
    return AuditResult.DENIED if isinstance(error, Unauthorized | InvalidLink) else AuditResult.FAILED


def reason_of(error: Exception | None) -> dict[str, str]:
    """Return why an act was not done: the error's code and message."""
    if error is None:
        return {}
    if not isinstance(error, StorageError):
        return {"code": "InternalError", "message": type(error).__name__}
    return {"code": error.code, "message": cleaned(error.message)}


def as_text(detail: Mapping[str, Any]) -> str:
    """Return a detail as it is stored and chained."""
    if not detail:
        return "{}"
    text = json.dumps(dict(detail), ensure_ascii=False, separators=(",", ":"), default=str)
    return text if text.isascii() else _storable(text)


def cleaned(text: str) -> str:
    """Return a text that came from outside as a row can hold it: no half characters, and no megabytes."""
    text = text[: limits.AUDIT_TEXT_MAX]
    return text if text.isascii() else _storable(text)


def _storable(text: str) -> str:
    """Return a text without halves of characters, which names of files may have."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
