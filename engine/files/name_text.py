"""The names of a folder as one text that is searched in parts, and what came and went since it was made."""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Final

from engine.folding import matches, packed

BETWEEN: Final = "/"
"""What no name of an object in a folder can have."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a folder's names.

    Attributes:
        pressed: Names of ASCII in their order, with slashes between them, compressed: names that stand beside each
            other have much in common.
        letters: How many these are.
        others: All others, in theirs.
        last: The last name of both.
    """

    pressed: bytes
    letters: int
    others: tuple[str, ...]
    last: str

    @classmethod
    def of(cls, names: str) -> Part:
        """Return a part of names in order, with slashes between them."""
        if names.isascii():
            return cls(_pressed(names), len(names), (), names.rpartition(BETWEEN)[2])
        every = names.split(BETWEEN)
        plain = BETWEEN.join(name for name in every if name.isascii())
        others = tuple(name for name in every if not name.isascii())
        return cls(_pressed(plain), len(plain), others, every[-1])

    def fitting(self, words: tuple[str, ...]) -> list[str]:
        """Return the names that have all words, in order."""
        found = self._fitting_plain(words)
        others = _having(words, self.others)
        return sorted(found + others) if others else found

    def _fitting_plain(self, words: tuple[str, ...]) -> list[str]:
        plain = zlib.decompress(self.pressed).decode("ascii")
        folded = plain.lower()
        if not plain or not all(word in folded for word in words):
            return []
        pairs = list(zip(plain.split(BETWEEN), folded.split(BETWEEN), strict=True))
        for word in words:
            pairs = [pair for pair in pairs if word in pair[1]]
        return [name for name, _ in pairs]


@dataclass(frozen=True, slots=True)
class Since:
    """What is another than when a text was made.

    Attributes:
        touched: Names that came, went, or may have: the text itself is no word on them.
        there: Those of them that are there now, in order.
    """

    touched: frozenset[str] = frozenset()
    there: tuple[str, ...] = ()

    def and_then(self, touched: Iterable[str], there: Iterable[str]) -> Since:
        """Return it with what was touched still later.

        Args:
            touched: Names.
            there: Those of them that are there now.
        """
        later = frozenset(touched)
        kept = (name for name in self.there if name not in later)
        return Since(self.touched | later, tuple(sorted((*kept, *there))))


@dataclass(slots=True)
class NameText:
    """All names of a folder, as they are in one state of the database.

    Attributes:
        folder: `bucket` and `prefix`.
        event: The number of the last change in that state.
        parts: Of the names there were when the text was made, in order.
        since: What changed after that.
    """

    folder: dict[str, object]
    event: int
    parts: tuple[Part, ...]
    since: Since = Since()
    _counted: tuple[tuple[str, ...], tuple[Part, ...]] | None = None

    def advanced(self, event: int, since: Since) -> NameText:
        """Return the text as it is after some changes; arguments as the attributes."""
        return replace(self, event=event, since=since)

    def count(self, words: tuple[str, ...]) -> int:
        """Return how many names have all words, and remember where they are for the words that these grow into."""
        found = [(part, names) for part in self._parts_for(words) if (names := part.fitting(words))]
        self._counted = words, tuple(part for part, _ in found)
        kept = sum(len(names) - len(self.since.touched.intersection(names)) for _, names in found)
        return kept + len(_having(words, self.since.there))

    def page(self, words: tuple[str, ...], *, descending: bool, after: str | None, skip: int, count: int) -> list[str]:
        """Return some names that have all words.

        Args:
            words: Of `engine.folding.words_of`, at least one.
            descending: Whether from the end.
            after: The name after which to begin.
            skip: How many of them to leave out.
            count: How many to return.
        """
        parts, there = self._parts_for(words), _having(words, self.since.there)
        names = _backwards(parts, words, after) if descending else _forwards(parts, words, after)
        old = (name for name in names if name not in self.since.touched)
        new = _before(there, after) if descending else _behind(there, after)
        return list(islice(merge(old, new, reverse=descending), skip, skip + count))

    def _parts_for(self, words: tuple[str, ...]) -> tuple[Part, ...]:
        """Return the parts that may have names with all words: who has a word has all that is in it."""
        if self._counted is None:
            return self.parts
        counted, parts = self._counted
        return parts if all(any(old in word for word in words) for old in counted) else self.parts


def _having(words: tuple[str, ...], names: Sequence[str]) -> list[str]:
    """Return the names that have all words."""
    wanted = packed(words)
    return [name for name in names if matches(name, wanted)]


def _forwards(parts: tuple[Part, ...], words: tuple[str, ...], after: str | None) -> Iterator[str]:
    for part in parts:
        if after is None or part.last > after:
            yield from _behind(part.fitting(words), after)


def _backwards(parts: tuple[Part, ...], words: tuple[str, ...], after: str | None) -> Iterator[str]:
    end = len(parts) if after is None else bisect_left(parts, after, key=_last) + 1
    for part in reversed(parts[:end]):
        yield from _before(part.fitting(words), after)


def _behind(names: list[str], after: str | None) -> list[str]:
    """Return the names behind one, in order."""
    return names if after is None else names[bisect_right(names, after) :]


def _before(names: list[str], after: str | None) -> list[str]:
    """Return the names before one, the last one first."""
    return (names if after is None else names[: bisect_left(names, after)])[::-1]


def _last(part: Part) -> str:
    return part.last


def _pressed(names: str) -> bytes:
    return zlib.compress(names.encode("ascii"), 1)
