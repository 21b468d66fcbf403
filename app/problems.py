"""What is said about objects whose bytes are known to be missing or damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.i18n import translate
from engine.files.quarantine import Problem
from engine.types import StorageObject


@dataclass(frozen=True, slots=True)
class Mark:
    """How a problem is drawn.

    Attributes:
        icon: Glyph name.
        tone: Colour token of glyph and word.
    """

    icon: str
    tone: str


_MARKS: Final = {
    Problem.MISSING: Mark("warning-circle-fill", "danger"),
    Problem.DAMAGED: Mark("warning-fill", "danger"),
}


def problem_of(item: StorageObject | None) -> Problem | None:
    """Return what is wrong with an object's bytes, as far as that is known."""
    return None if item is None or item.problem is None else Problem(item.problem)


def mark(problem: Problem) -> Mark:
    """Return how a problem is drawn."""
    return _MARKS[problem]


def word(problem: Problem) -> str:
    """Return the problem in one word."""
    if problem is Problem.MISSING:
        return translate("Problems", "Missing")
    return translate("Problems", "Damaged")


def title(problem: Problem) -> str:
    """Return the problem as a heading."""
    if problem is Problem.MISSING:
        return translate("Problems", "The file is missing")
    return translate("Problems", "The content is damaged")


def meaning(problem: Problem) -> str:
    """Return what the problem means for a person."""
    if problem is Problem.MISSING:
        return translate(
            "Problems",
            "It is not in the storage folder, so this cannot be opened or downloaded. All is well again once the file"
            " is back; if it stays away, the entry is removed after some days.",
        )
    return translate(
        "Problems",
        "Its bytes are no longer those that were stored: the disk or another program changed them. A download stops"
        " with an error.",
    )


def ways_out(*, has_older: bool) -> str:
    """Return what helps.

    Args:
        has_older: Whether an older version is there that is whole, as far as that is known.
    """
    if has_older:
        return translate("Problems", "Restore an older version below, put the right file back, or upload it again.")
    return translate("Problems", "Put the right file back from a backup, or upload it again under the same name.")


def tip(problem: Problem) -> str:
    """Return the problem with its meaning, for a tool tip."""
    return f"{title(problem)}. {meaning(problem)}"
