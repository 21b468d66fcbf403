"""A line of a text with a mark under a part of it. Pure functions."""

from __future__ import annotations

import unicodedata
from typing import Final

from engine.cli.formatting import terminal_safe

_BEFORE_CHARS: Final = 60
"""Characters of a line that are shown before the place; a terminal has room for as many after it."""

_LINE_CHARS: Final = 110
_WIDE: Final = frozenset("WF")
_CUT: Final = "\u2026"


def excerpt(text: str, line: int, column: int, length: int) -> tuple[str, str]:
    """Return a line of a text as a terminal can show it, and carets for the line below it.

    Args:
        text: The whole.
        line: Which line, from 1.
        column: Where in it, from 1.
        length: Characters to be marked; what is beyond the line's end, or cut off, is not.

    Returns:
        Line and carets, at least one caret.
    """
    lines = text.split("\n")
    whole = lines[line - 1] if 0 < line <= len(lines) else ""
    start = max(0, column - 1 - _BEFORE_CHARS)
    part = whole[start : start + _LINE_CHARS]
    place = column - 1 - start
    before, marked = _shown(part[:place]), _shown(part[place : place + length])
    lead = _CUT if start else ""
    tail = _CUT if start + len(part) < len(whole.rstrip()) else ""
    shown = f"{lead}{before}{marked}{_shown(part[place + length :]).rstrip()}{tail}"
    return shown, " " * (len(lead) + _columns(before)) + "^" * max(1, _columns(marked))


def _shown(text: str) -> str:
    return terminal_safe(text.replace("\t", " ").removesuffix("\r"))


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in _WIDE) for letter in text
    )
