"""Lines that would take long to be laid out: cut, and whole again."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

from app.previews.shapes import Span, TextPart

_LINE_MAX_CHARS: Final = 600
_SLOW_LINE_MAX_CHARS: Final = 150
_TABS_MAX: Final = 100
_FOREIGN_MAX: Final = 16
_FOREIGN: Final = re.compile("[\u0590-\u1dff\u2600-\u27bf\u2e80-\uffff\U00010000-\U0010ffff]")
"""What fonts for code have not: looked for in others, letter by letter, and painted piece by piece."""

_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Invisible, and what stands after them is read in another order than it is written: code hides in that."""


def is_turned(text: str) -> bool:
    """Return whether a text holds marks that turn it around."""
    return not text.isascii() and bool(_TURNING.search(text))


def folded(text: str) -> tuple[str, frozenset[int]]:
    """Return a text with long lines cut and marks named, and which of its lines then go on with the one above."""
    text = _TURNING.sub(lambda mark: f"<U+{ord(mark[0]):04X}>", text) if not text.isascii() else text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\u2400").replace("\u2029", "\n")
    lines = text.split("\n")
    if max(map(len, lines)) <= _SLOW_LINE_MAX_CHARS:
        return text, frozenset()
    cut: list[str] = []
    going_on: set[int] = set()
    for line in lines:
        begun = len(cut)
        cut += pieces(line, longest(line))
        going_on.update(range(begun + 1, len(cut)))
    return "\n".join(cut), frozenset(going_on)


def longest(line: str, slow_max_chars: int = _SLOW_LINE_MAX_CHARS) -> int:
    """Return how much of a line can be laid out as one.

    Args:
        line: The line.
        slow_max_chars: How much of one can that takes long.
    """
    is_slow = line.count("\t") > _TABS_MAX or (not line.isascii() and len(_FOREIGN.findall(line)) > _FOREIGN_MAX)
    return slow_max_chars if is_slow else _LINE_MAX_CHARS


def pieces(line: str, most: int) -> list[str]:
    """Return a line in pieces of at most so many characters; of an empty one, itself."""
    return [line[start : start + most] for start in range(0, max(len(line), 1), most)]


def unfolded(part: TextPart) -> str | None:
    """Return a text with its cut lines whole again, or None where one of them is too long for anything but reading."""
    lines: list[str] = []
    for number, line in enumerate(part.text.split("\n")):
        if number not in part.folded:
            lines.append(line)
        elif len(lines[-1]) + len(line) > _LINE_MAX_CHARS:
            return None
        else:
            lines[-1] += line
    return "\n".join(lines)


def refolded(spans: Iterable[Span], part: TextPart) -> tuple[Span, ...]:
    """Return spans of `unfolded` text where they are once its lines are cut.

    Args:
        spans: What is coloured of the whole lines.
        part: The text with cut lines.
    """
    cuts = _cuts(part)
    moved = ((start + bisect_right(cuts, start), start + length, kind) for start, length, kind in spans)
    return tuple((start, end + bisect_left(cuts, end) - start, kind) for start, end, kind in moved)


def _cuts(part: TextPart) -> list[int]:
    """Return where lines were cut, in UTF-16 units of the whole lines."""
    cuts: list[int] = []
    place = 0
    for number, line in enumerate(part.text.split("\n")):
        if number in part.folded:
            cuts.append(place)
        elif number:
            place += 1
        place += len(line) + sum(character > "\uffff" for character in line)
    return cuts
