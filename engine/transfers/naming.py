"""Names for keeping both: `report (2).pdf` beside `report.pdf`."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Final

_NUMBERED: Final = re.compile(r"(?P<stem>.+) \((?P<number>[1-9][0-9]{0,5})\)", re.DOTALL)
_DOUBLE_SUFFIX: Final = re.compile(r"(?i)\.tar\.(?:gz|bz2|xz|zst|lz4|br)\Z")
_NAME_MAX_BYTES: Final = 255
"""UTF-8 bytes of one name: what file systems take."""


def free_name(name: str, taken: Callable[[str], bool]) -> str:
    """Return the first numbered form of a name that is free.

    The number goes before the suffix (`a.tar.gz` has a double one, `.profile` has none) and goes on from a
    number that is there already.

    Args:
        name: Last segment of a path.
        taken: Whether a name cannot be used.

    Returns:
        A name for which `taken` is False.
    """
    stem, suffix = split_suffix(name)
    numbered = _NUMBERED.fullmatch(stem)
    first = int(numbered["number"]) + 1 if numbered else 2
    stem = numbered["stem"] if numbered else stem
    return next(form for form in (_numbered(stem, n, suffix) for n in count(first)) if not taken(form))


def suggested_name(name: str) -> str:
    """Return the next numbered form of a name without looking whether it is free."""
    return free_name(name, lambda _: False)


def tagged_name(name: str, tag: str, *, has_suffix: bool = True) -> str:
    """Return a name with a word about it in parentheses, shortened so that file systems take it.

    Args:
        name: Last segment of a path.
        tag: The word.
        has_suffix: Whether what follows its last dot is a suffix, which stays at the end; a folder's is none.
    """
    stem, suffix = split_suffix(name) if has_suffix else (name, "")
    return _with_tail(stem, f" ({tag})", suffix)


def split_suffix(name: str) -> tuple[str, str]:
    """Return a name's stem and its suffix, dot included; `a.tar.gz` has a double one, `.profile` has none."""
    double = _DOUBLE_SUFFIX.search(name)
    at = double.start() if double else name.rfind(".")
    return (name[:at], name[at:]) if at > 0 else (name, "")


def _numbered(stem: str, number: int, suffix: str) -> str:
    return _with_tail(stem, f" ({number})", suffix)


def _with_tail(stem: str, tail: str, suffix: str) -> str:
    tail += suffix
    room = max(1, _NAME_MAX_BYTES - len(tail.encode("utf-8", "surrogateescape")))
    cut = stem.encode("utf-8", "surrogateescape")[:room].decode("utf-8", "ignore") if _too_long(stem, room) else stem
    return cut + tail


def _too_long(stem: str, room: int) -> bool:
    return len(stem.encode("utf-8", "surrogateescape")) > room
