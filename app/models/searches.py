"""What is looked for, where, and of which kind, size and age. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from typing import Final

from engine.search_types import FileFamily

_MB: Final = 1_000_000


class Scope(Enum):
    """Where names are looked for."""

    FOLDER = auto()
    """Among what the folder shows."""
    BELOW = auto()
    """In the folder and all below."""
    BUCKET = auto()
    """In the whole bucket."""
    EVERYWHERE = auto()
    """In every bucket."""


class SizeRange(Enum):
    """How large what is looked for is."""

    ANY = (None, None)
    SMALL = (None, _MB - 1)
    MEDIUM = (_MB, 100 * _MB)
    LARGE = (100 * _MB + 1, None)

    def __init__(self, min_bytes: int | None, max_bytes: int | None) -> None:
        """Args: the fewest and the most bytes, both included; None for none."""
        self.min_bytes = min_bytes
        self.max_bytes = max_bytes


class Age(Enum):
    """When what is looked for was stored last."""

    ANY = auto()
    TODAY = auto()
    WEEK = auto()
    MONTH = auto()
    YEAR = auto()

    def since(self, today: date) -> datetime | None:
        """Return the first moment that counts, at the beginning of a day here, or None for any.

        Args:
            today: Counts as one of the days.
        """
        first = {
            Age.TODAY: today,
            Age.WEEK: today - timedelta(days=6),
            Age.MONTH: today - timedelta(days=29),
            Age.YEAR: today.replace(month=1, day=1),
        }.get(self)
        return None if first is None else datetime.combine(first, time()).astimezone()


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; all of it has to hold.

    Attributes:
        text: Words that the name has.
        scope: Where.
        family: Only files of this family, or None; like the two that follow, it counts only beyond the folder.
        size: Only of this size.
        age: Only stored since then.
    """

    text: str = ""
    scope: Scope = Scope.FOLDER
    family: FileFamily | None = None
    size: SizeRange = SizeRange.ANY
    age: Age = Age.ANY

    @property
    def has_traits(self) -> bool:
        """Return whether more counts than the name."""
        whatever = self.family is None and self.size is SizeRange.ANY and self.age is Age.ANY
        return self.scope is not Scope.FOLDER and not whatever

    @property
    def is_narrow(self) -> bool:
        """Return whether anything is looked for at all."""
        return bool(self.text) or self.has_traits

    @property
    def is_beyond(self) -> bool:
        """Return whether something is looked for in more folders than one."""
        return self.is_narrow and self.scope is not Scope.FOLDER


EVERYTHING: Final = Search()
"""What is shown where nothing is looked for."""
