"""The names of a vast folder as one text in memory, so that a filter finds its first rows wherever they stand.

To read a million names out of the database takes most of a second, and where the first of them that fits comes late in
the order, all of that passes before anything is shown. Whoever counts what fits reads every name anyway: that is when
the text is made, by the database and in parts, and while nothing is committed it answers for every further letter.

Only for callers whom no row rule holds back: a text says what somebody may see. A text counts for the state of the
database that it was made in and for no other, so that nothing has to keep it in step.

Threads: any; who needs a text that is being made waits for it.
"""

from __future__ import annotations

import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from threading import Lock
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.types import Text

from engine.files.folder_queries import SHOWN, objects_page
from engine.files.orders import VAST, has_as_many, let_go
from engine.folding import matches, packed
from engine.metadata.executor import Executor, Transaction
from engine.metadata.patience import held
from engine.metadata.tables import storage_objects
from engine.search.plans import InOrder
from engine.types import SortColumn

_O: Final = storage_objects.c
_PART: Final = 16_384
"""Names in one part: read and searched in a few milliseconds, between which everybody else gets a turn."""

_LETTERS_MAX: Final = 32 * 1024 * 1024
_OTHERS_MAX: Final = 20_000
"""Names beyond ASCII that are folded one by one, letter by letter typed, in a tenth of a second."""

_BETWEEN: Final = "/"
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

    def fitting(self, words: tuple[str, ...]) -> list[str]:
        """Return the names that have all words, in order."""
        found = self._fitting_plain(words)
        wanted = packed(words)
        others = [name for name in self.others if matches(name, wanted)]
        return sorted(found + others) if others else found

    def _fitting_plain(self, words: tuple[str, ...]) -> list[str]:
        plain = zlib.decompress(self.pressed).decode("ascii")
        folded = plain.lower()
        if not plain or not all(word in folded for word in words):
            return []
        pairs = list(zip(plain.split(_BETWEEN), folded.split(_BETWEEN), strict=True))
        for word in words:
            pairs = [pair for pair in pairs if word in pair[1]]
        return [name for name, _ in pairs]


class NameText:
    """All names of a folder, as they were in one state of the database.

    Attributes:
        folder: `bucket` and `prefix`.
        version: The database's, from before the names were read.
        parts: In order.
    """

    def __init__(self, folder: dict[str, object], version: int, parts: tuple[Part, ...]) -> None:
        """Args: as the attributes."""
        self.folder = folder
        self.version = version
        self.parts = parts
        self._counted: tuple[tuple[str, ...], tuple[Part, ...]] = ((), parts)

    def count(self, words: tuple[str, ...]) -> int:
        """Return how many names have all words, and remember where they are for the words that these grow into."""
        found = [(part, len(part.fitting(words))) for part in self._parts_for(words)]
        self._counted = words, tuple(part for part, count in found if count)
        return sum(count for _, count in found)

    def page(self, words: tuple[str, ...], *, descending: bool, after: str | None, skip: int, count: int) -> list[str]:
        """Return some names that have all words.

        Args:
            words: Of `engine.folding.words_of`, at least one.
            descending: Whether from the end.
            after: The name after which to begin.
            skip: How many of them to leave out.
            count: How many to return.
        """
        parts = self._parts_for(words)
        names = _backwards(parts, words, after) if descending else _forwards(parts, words, after)
        return list(islice(names, skip, skip + count))

    def _parts_for(self, words: tuple[str, ...]) -> tuple[Part, ...]:
        """Return the parts that may have names with all words: who has a word has all that is in it."""
        counted, parts = self._counted
        return parts if all(any(old in word for word in words) for old in counted) else self.parts


def _forwards(parts: tuple[Part, ...], words: tuple[str, ...], after: str | None) -> Iterator[str]:
    for part in parts:
        if after is None:
            yield from part.fitting(words)
        elif part.last > after:
            names = part.fitting(words)
            yield from names[bisect_right(names, after) :]


def _backwards(parts: tuple[Part, ...], words: tuple[str, ...], after: str | None) -> Iterator[str]:
    end = len(parts) if after is None else bisect_left(parts, after, key=_last) + 1
    for part in reversed(parts[:end]):
        names = part.fitting(words)
        yield from reversed(names if after is None else names[: bisect_left(names, after)])


def _last(part: Part) -> str:
    return part.last


class NameTexts:
    """Remembers the text that was asked for last.

    Args:
        executor: For the database's version.
        vast: Objects from which on a text is worth it.
        part: Names in one part.
        letters: How long a text may be.
        others: How many names beyond ASCII may be in it.
    """

    def __init__(
        self,
        executor: Executor,
        vast: int = VAST,
        part: int = _PART,
        *,
        letters: int = _LETTERS_MAX,
        others: int = _OTHERS_MAX,
    ) -> None:
        self._executor = executor
        self._vast = vast
        self._part = part
        self._letters_max, self._others_max = letters, others
        self._lock = Lock()
        self._known: NameText | None = None

    def version(self) -> int:
        """Return the database's version, for a transaction that is about to begin."""
        return self._executor.data_version()

    def page(
        self, tx: Transaction, version: int, words: tuple[str, ...], *, descending: bool, values: dict[str, object]
    ) -> Sequence[tuple[Any, ...]] | None:
        """Return objects of a folder that have all words, by name, or None where there is no text that tells.

        Args:
            tx: Of the caller; has read already.
            version: Of `version`, from before it began.
            words: Of `engine.folding.words_of`.
            descending: Whether from the end.
            values: As for `folder_queries.objects_page`.
        """
        known = self._known
        if not words or known is None or not known.parts or not self._tells(tx, version, known, _folder(values)):
            return None
        skip, count = int(str(values["skip"])), int(str(values["count"]))
        after = None if "leaf" not in values else str(values["leaf"])
        names = known.page(words, descending=descending, after=after, skip=skip, count=count)
        query = _named_page(descending=descending)
        return tx.tuples(query, {**_folder(values), "names": json.dumps(names), "skip": 0, "count": len(names)})

    def count(self, tx: Transaction, version: int, words: tuple[str, ...], values: dict[str, object]) -> int | None:
        """Return how many objects of a vast folder have all words; None where that is for others to find out.

        Args:
            tx: Of the caller; has read already.
            version: Of `version`, from before it began.
            words: Of `engine.folding.words_of`.
            values: `bucket` and `prefix`.
        """
        text = self._text(tx, version, _folder(values)) if words else None
        return text.count(words) if text is not None and text.parts else None

    def make_ready(self, tx: Transaction, version: int, values: dict[str, object]) -> None:
        """Make the text of a vast folder before anything is looked for in it; arguments as in `count`."""
        self._text(tx, version, _folder(values))

    def _text(self, tx: Transaction, version: int, folder: dict[str, object]) -> NameText | None:
        """Return the text of a folder as a transaction sees it, made if it has to be; None where there is none."""
        if not _may_know(tx) or not has_as_many(tx, folder, self._vast):
            return None
        with held(self._lock, tx.context.cancel):
            text = self._known
            if text is None or not self._tells(tx, version, text, folder):
                self._known = None  # before the next one is made: there is room for one
                with tx.seen_through():  # the letter typed next wants it as well
                    text = self._known = self._made(tx, version, folder)
        return text

    def _tells(self, tx: Transaction, version: int, text: NameText, folder: dict[str, object]) -> bool:
        """Return whether a text has what a transaction sees: nothing was committed since before either was begun."""
        return _may_know(tx) and text.folder == folder and version == text.version == self._executor.data_version()

    def _made(self, tx: Transaction, version: int, folder: dict[str, object]) -> NameText:
        """Read a text; one of no parts where it would be too large, so that nobody tries that again and again."""
        parts: list[Part] = []
        after = ""
        while names := str(tx.execute(_NAMES, {**folder, "after": after, "count": self._part}).scalar() or ""):
            parts.append(_part(names))
            after = parts[-1].last
            if _letters(parts) > self._letters_max or _others(parts) > self._others_max:
                parts.clear()
                break
        let_go(tx)
        return NameText(folder, version, tuple(parts))


def _folder(values: dict[str, object]) -> dict[str, object]:
    return {"bucket": values["bucket"], "prefix": values["prefix"]}


def _may_know(tx: Transaction) -> bool:
    return tx.context.can_bypass_rls and tx.on_sqlite


def _letters(parts: Sequence[Part]) -> int:
    return sum(part.letters for part in parts)


def _others(parts: Sequence[Part]) -> int:
    return sum(len(part.others) for part in parts)


def _part(names: str) -> Part:
    """Return a part of names with slashes between them."""
    if names.isascii():
        return Part(_pressed(names), len(names), (), names.rpartition(_BETWEEN)[2])
    every = names.split(_BETWEEN)
    plain = _BETWEEN.join(name for name in every if name.isascii())
    others = tuple(name for name in every if not name.isascii())
    return Part(_pressed(plain), len(plain), others, every[-1])


def _pressed(names: str) -> bytes:
    return zlib.compress(names.encode("ascii"), 1)


def _names() -> Select[Any]:
    """Return the statement of names as one text. Parameters: `bucket`, `prefix`, `after` and `count`.

    Source: as `engine.files.orders`, of the order in it.
    """
    ordered = select(_O.leaf).where(SHOWN, _O.leaf > bindparam("after")).order_by(_O.leaf).limit(bindparam("count"))
    return select(func.group_concat(ordered.subquery().c.leaf, _BETWEEN))


_NAMES: Final = _names()


@cache
def _named_page(*, descending: bool) -> Select[Any]:
    """Return the statement of objects by their names, looked up one by one. Parameters: as `objects_page`, `names`."""
    names = func.json_each(bindparam("names", type_=Text)).table_valued("value", name="names")
    joined = InOrder(names, storage_objects, names.c.value == _O.leaf)
    return objects_page(SortColumn.NAME, descending=descending, resumed=False).select_from(joined)
