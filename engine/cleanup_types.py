"""Values of a cleanup: what was found and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.check_types import FindingKind


class CleanupAction(StrEnum):
    """What a cleanup did about one thing, or would have done."""

    WAITING = "waiting"
    """Its grace is not over."""
    DUE = "due"
    """Its grace is over, and nothing was done: a dry run, too many at once, or a bucket that is lost as a whole."""
    SET_ASIDE = "set aside"
    """A file was moved to `.lost+found`."""
    REMOVED = "removed"
    """A row was removed."""
    RETURNED = "returned"
    """An object has its bytes again."""
    KEPT = "kept"
    """It is only told of, such as old versions that a rebuild has no rows for."""


@dataclass(frozen=True, slots=True)
class CleanupItem:
    """One thing that a cleanup came upon.

    Attributes:
        kind: Bytes without a row, or a row without bytes.
        where: The stored file's key, or `bucket/path` of the object.
        since: When it was first seen so.
        action: What was done.
    """

    kind: FindingKind
    where: str
    since: datetime
    action: CleanupAction


@dataclass(frozen=True, slots=True)
class CleanupReport:
    """Result of a cleanup.

    Attributes:
        items: What disagreed.
        staged: Files of unfinished uploads that were thrown away; their processes are dead.
        refused: How many things are due and were left: all where they are too many to be taken away unasked, else those
            of buckets that are lost.
        allowed: How many would not have been too many.
        lost_buckets: Where not all were left, the names of buckets whose files are gone as a whole; nothing of those
            is removed unasked.
    """

    items: tuple[CleanupItem, ...]
    staged: int
    refused: int
    allowed: int
    lost_buckets: tuple[str, ...] = ()
