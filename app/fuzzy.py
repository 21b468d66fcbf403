"""Finding a name by some of its letters: beginnings of words and letters that follow each other count most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_START: Final = 12
_RUN: Final = 8
_LETTER: Final = 1
_TEXT_MAX: Final = 200
_SLIPS_MIN: Final = 4
_SLIPS_MAX: Final = 24


@dataclass(frozen=True, slots=True)
class Match:
    """How a text was found.

    Attributes:
        score: The more, the better.
        places: Which of its letters were typed, in order.
    """

    score: int
    places: tuple[int, ...]


def match(typed: str, text: str) -> Match | None:
    """Return the best way to find the letters of `typed` in `text` in this order, or None if they are not in it.

    Upper and lower case and spaces between the letters make no difference.
    """
    wanted, letters = [c for c in typed.casefold() if not c.isspace()], [c.casefold() for c in text[:_TEXT_MAX]]
    best: dict[int, Match] = {-1: Match(0, ())}
    for letter in wanted:
        best = _step(best, letter, letters, text)
        if not best:
            return None
    found = max(best.values(), key=lambda one: one.score)
    return Match(found.score * 4 - min(len(text), _TEXT_MAX) // 8, found.places)


def match_nearly(typed: str, text: str) -> Match | None:
    """As `match`, where one letter is too many, or two neighbours have changed places: slips of the finger."""
    letters = text[:_TEXT_MAX].casefold()
    found = [match(slip, text) for slip in _slips("".join(typed.casefold().split())) if _is_in_order(slip, letters)]
    return max((one for one in found if one is not None), key=lambda one: one.score, default=None)


def _slips(typed: str) -> set[str]:
    """Return what may have been meant; of little, which would be found in everything, and of much, nothing."""
    if not _SLIPS_MIN <= len(typed) <= _SLIPS_MAX:
        return set()
    swapped = {typed[:i] + typed[i + 1] + typed[i] + typed[i + 2 :] for i in range(len(typed) - 1)}
    return swapped | {typed[:i] + typed[i + 1 :] for i in range(len(typed))}


def _is_in_order(wanted: str, letters: str) -> bool:
    """Return quickly whether there is any way to find them, which hardly ever is."""
    rest = iter(letters)
    return all(letter in rest for letter in wanted)


def _step(best: dict[int, Match], letter: str, letters: list[str], text: str) -> dict[int, Match]:
    """Return the best way for each place that the next letter may have."""
    after: dict[int, Match] = {}
    for place, here in enumerate(letters):
        if here != letter:
            continue
        ways = [(one.score + _worth(text, place, last), one) for last, one in best.items() if last < place]
        if ways:
            score, before = max(ways, key=lambda way: way[0])
            after[place] = Match(score, (*before.places, place))
    return after


def _worth(text: str, place: int, last: int) -> int:
    starts_word = place == 0 or not text[place - 1].isalnum()
    return _LETTER + (_START if starts_word else 0) + (_RUN if place == last + 1 and last >= 0 else 0)
