"""Values about the past of objects: old versions, the trash, a moment to go back to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from engine.times import to_datetime
from engine.types import StorageObject


class Ending(StrEnum):
    """Why a content stands no longer where it stood."""

    REPLACED = "replaced"
    DELETED = "deleted"
    MOVED = "moved"


class Replaced(StrEnum):
    """What becomes of a content that another one takes the place of.

    An old version, in any case, where the bucket keeps versions. Where it keeps none:

    Attributes:
        AS_KEPT: Gone.
        TRASHED: In the trash, or gone where there is no trash either.
        NEVER_LOST: In the trash; where there is none either, the change is refused.
    """

    AS_KEPT = "as kept"
    TRASHED = "trashed"
    NEVER_LOST = "never lost"


class ObjectVersion(NamedTuple):
    """What stood at a path for a time. After one that ended by deletion, nothing stood there: its delete marker.

    Attributes:
        id: Names this version in calls; the content that stands there now has none.
        info: The object as it was, under the path that it had.
        since_us: When it came to stand there, in microseconds since 1970, UTC.
        until_us: When that ended, or None if it stands there now.
        ending: How it ended, or None.
        in_trash: Whether it can be taken out of the trash.
    """

    id: int | None
    info: StorageObject
    since_us: int
    until_us: int | None
    ending: Ending | None
    in_trash: bool

    @property
    def since(self) -> datetime:
        """Return when it came to stand there."""
        return to_datetime(self.since_us)

    @property
    def until(self) -> datetime | None:
        """Return when that ended, or None if it stands there now."""
        return None if self.until_us is None else to_datetime(self.until_us)


@dataclass(frozen=True, slots=True)
class TrashPage:
    """What was deleted last, newest first.

    Attributes:
        items: The rows.
        next_cursor: Where the next page begins, or None at the end.
    """

    items: tuple[ObjectVersion, ...]
    next_cursor: int | None


@dataclass(frozen=True, slots=True)
class TrashSize:
    """How much a bucket's trash holds.

    Attributes:
        objects: How many there are.
        size_bytes: What they weigh.
        until: The newest id among them, for emptying the trash of no more than that; 0 where it is empty.
    """

    objects: int
    size_bytes: int
    until: int = field(default=0, compare=False)
