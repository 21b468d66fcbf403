"""Names as a search compares them: one spelling for what people take for the same.

Case, accents, and the ways in which Unicode writes one letter make no difference: `resume` finds `Résumé`, `STRASSE`
finds `Straße`. Pure functions; SQL calls them under the names below.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

MATCHES: Final = "holdall_matches"
"""The SQL function of a name and of `packed` words: 1 where all of them are in the name, else 0."""

_FIRST_ACCENT: Final = "\u0300"
_PACKING: Final = "\n"
_REMEMBERED: Final = 64
_ACCENTS: Final = dict.fromkeys(
    [*range(0x300, 0x370), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100), 0xFE00, 0xFE0F]
)
"""Combining accents, which are left out. The vowel signs of other scripts are not among them: those are letters."""


def fold(text: str) -> str:
    """Return the spelling of a name that searches compare.

    Args:
        text: Any.

    Source: Unicode Standard Annex 15 (NFKC), and chapter 3.13, "Default Case Folding".
    """
    if text.isascii():
        return text.lower()
    return text.translate(_alone()) if max(text) < _FIRST_ACCENT else _folded(text)


@cache
def _alone() -> Mapping[int, str]:
    """Return how letters before all accents fold: each by itself, as none joins with what is beside it."""
    return {number: _folded(chr(number)) for number in range(ord(_FIRST_ACCENT))}


def _folded(text: str) -> str:
    # Twice: what a letter decomposes into may have capitals, and what folds into several letters accents.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_ACCENTS)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", plain.casefold()).translate(_ACCENTS))


def words_of(text: str) -> tuple[str, ...]:
    """Return what is looked for, folded: the words of a text, and what stands between quotation marks as one.

    Args:
        text: As typed, such as `annual "final draft"`; a mark without its other half is taken as it is.
    """
    # what neither SQLite nor UTF-8 can hold is in no name either
    text = text.replace("\0", " ").encode("utf-8", "replace").decode()
    found: list[str] = []
    for number, part in enumerate(text.split('"') if text.count('"') % 2 == 0 else [text]):
        found += [" ".join(part.split())] if number % 2 else part.split()
    return tuple(dict.fromkeys(folded for word in found if (folded := fold(word))))


def packed(words: tuple[str, ...]) -> str:
    """Return words as one parameter of `MATCHES`.

    Args:
        words: Of `words_of`.
    """
    return _PACKING.join(words)


def matches(name: str, words: str) -> bool:
    """Return whether a name has all words.

    Args:
        name: As it is.
        words: Of `packed`.
    """
    folded = name.lower() if name.isascii() else fold(name)
    return all(word in folded for word in _unpacked(words))


def spans(name: str, words: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return where words stand in a name, for who wants to mark them.

    Args:
        name: As it is.
        words: Of `words_of`.

    Returns:
        First and last-but-one character of each stretch, in order, none touching another.
    """
    folded, origins = _folded_with_origins(name)
    marked: set[int] = set()
    for word in words:
        start = folded.find(word)
        while start >= 0:
            marked.update(range(origins[start], origins[start + len(word) - 1] + 1))
            start = folded.find(word, start + 1)
    return _stretches(marked)


def install(connection: sqlite3.Connection) -> None:
    """Let a connection call `MATCHES`.

    Args:
        connection: Of the database.
    """
    connection.create_function(MATCHES, 2, matches, deterministic=True)


@lru_cache(_REMEMBERED)
def _unpacked(words: str) -> tuple[str, ...]:
    return tuple(words.split(_PACKING))


def _folded_with_origins(name: str) -> tuple[str, list[int]]:
    """Return a folded name, and for each of its characters which one of the name it came from."""
    whole, folded, origins = fold(name), "", []
    for place, letter in enumerate(name):
        for part in fold(letter):
            folded += part
            origins.append(place)
    # Where letters fold otherwise beside each other, such as those of Hangul, nothing is marked rather than the wrong.
    return (folded, origins) if folded == whole else ("", [])


def _stretches(places: set[int]) -> tuple[tuple[int, int], ...]:
    """Return numbers as ranges, the end not included."""
    found: list[tuple[int, int]] = []
    for place in sorted(places):
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return tuple(found)
