"""How names are spelled that begin with some letters, whatever their case and accents.

Letter by letter, only those spellings are followed that some name begins with: each is found by a seek in the index
over names, and what no name begins with costs nothing further. Letters that fold into several, such as `ﬁ`, are not
found by these.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from engine.folding import fold

First = Callable[[str, str], str | None]
"""Returns the first name from a bound on, and before another, if there is one."""

END: Final = "\U0010ffff"
"""Beyond everything that a name with some beginning can go on with."""

_MOST: Final = 64
_ACCENTED: Final = ((0xC0, 0x250), (0x370, 0x530), (0x1E00, 0x2000))
_MARKS: Final = ("\u0300", "\u0370")
"""Accents that stand behind their letter: the first of them, and what follows the last."""


def spellings(typed: str, first: First) -> tuple[str, ...]:
    """Return the beginnings of names that are the same as what was typed, in order.

    Args:
        typed: How a name begins.
        first: Looks among the names.
    """
    found = [""]
    for letter in fold(typed):
        found = [longer for begin in found for longer in _followed(begin, variants(letter), first)][:_MOST]
    return tuple(sorted(found))


def _followed(begin: str, letters: Sequence[str], first: First) -> list[str]:
    """Return the ways in which names go on after a beginning with one of some letters."""
    found: list[str] = []
    at = 0
    while at < len(letters):
        name = first(begin + letters[at], begin + letters[-1] + END)
        if name is None:
            break
        following = name[len(begin)]
        at = bisect_left(letters, following)
        if at < len(letters) and letters[at] == following:
            found += [begin + following, *_marked(begin + following, first)]
            at += 1
    return found


def _marked(begin: str, first: First) -> list[str]:
    """Return the ways in which names go on with an accent of its own after the letter before."""
    found: list[str] = []
    low, high = (begin + mark for mark in _MARKS)
    while (name := first(low, high)) is not None:
        found.append(name[: len(begin) + 1])
        low = found[-1] + END
    return found


@cache
def variants(letter: str) -> tuple[str, ...]:
    """Return the letters that are the same as one, in order.

    Args:
        letter: Folded.
    """
    others = {other for other in (letter.upper(), letter) if len(other) == 1}
    return tuple(sorted(others | _accented().get(letter, set())))


@cache
def _accented() -> dict[str, set[str]]:
    """Return the letters with accents, of scripts that have them, by the one that they fold into."""
    found: dict[str, set[str]] = {}
    for first, last in _ACCENTED:
        for letter in map(chr, range(first, last)):
            found.setdefault(fold(letter), set()).add(letter)
    return found
