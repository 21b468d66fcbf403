"""Values of a scrub: how far it is and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ScrubState:
    """How far a pass over all stored bytes is, or how far it came.

    Attributes:
        began_at: When the pass began.
        ended_at: When all was read, or None while it is under way.
        contents: Objects and old versions that were read.
        size_bytes: What they weigh.
        problems: How many of them were found missing or damaged.
        after_object: Objects up to this id are done; "" at the beginning.
        after_version: Rows of history up to this id are done, once `after_object` is None.
    """

    began_at: datetime
    ended_at: datetime | None = None
    contents: int = 0
    size_bytes: int = 0
    problems: int = 0
    after_object: str | None = field(default="")
    after_version: int = 0
