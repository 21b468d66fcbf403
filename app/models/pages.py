"""A bounded window of rows over a folder of any size, and the edits that lead from one listing to the next. No Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

RowT = TypeVar("RowT")

PAGE_ROWS: Final = 256
"""Rows of one page: a few screens, 1 ms to load."""

PAGES_MAX: Final = 40
"""Pages kept: about 10,000 rows whatever the folder holds."""


class PageCache(Generic[RowT]):
    """The pages looked at last."""

    def __init__(self, page_rows: int = PAGE_ROWS, pages_max: int = PAGES_MAX) -> None:
        """Start empty.

        Args:
            page_rows: Rows of a full page.
            pages_max: Pages kept; the one not looked at for longest goes first.
        """
        self._page_rows = page_rows
        self._pages_max = pages_max
        self._pages: OrderedDict[int, Sequence[RowT]] = OrderedDict()
        self._stale: set[int] = set()

    def __len__(self) -> int:
        """Return how many pages are held."""
        return len(self._pages)

    def __contains__(self, page: int) -> bool:
        """Return whether that page is held and has not aged."""
        return page in self._pages and page not in self._stale

    def row(self, index: int) -> RowT | None:
        """Return the row at that place of the folder, if its page is held."""
        number, offset = divmod(index, self._page_rows)
        page = self._pages.get(number)
        if page is None or offset >= len(page):
            return None
        self._pages.move_to_end(number)
        return page[offset]

    def put(self, number: int, rows: Sequence[RowT], *, aged: bool = False) -> None:
        """Keep a page, dropping the one not looked at for longest beyond the bound.

        Args:
            number: Which.
            rows: Its rows.
            aged: It was read so early that it may no longer be right; see `age`.
        """
        (self._stale.add if aged else self._stale.discard)(number)
        self._pages[number] = rows
        self._pages.move_to_end(number)
        while len(self._pages) > self._pages_max:
            self._stale.discard(self._pages.popitem(last=False)[0])

    def age(self) -> None:
        """Take every page for one that may no longer be right: shown until it comes again, found by nothing."""
        self._stale = set(self._pages)

    def is_stale(self, index: int) -> bool:
        """Return whether the row at that place is held, but of a page that has aged."""
        return index // self._page_rows in self._stale

    def fill(self, rows: Sequence[RowT]) -> None:
        """Replace everything by a folder held whole."""
        self.clear()
        for start in range(0, len(rows), self._page_rows):
            self.put(start // self._page_rows, rows[start : start + self._page_rows])

    def clear(self) -> None:
        """Forget every page."""
        self._pages.clear()
        self._stale.clear()

    def items(self) -> Iterator[tuple[int, RowT]]:
        """Yield every row of a page that has not aged, with its place in the folder, in no promised order."""
        for number, page in self._pages.items():
            if number not in self._stale:
                for offset, row in enumerate(page):
                    yield number * self._page_rows + offset, row


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows `first` to `last` of the present list go."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Insertion:
    """Rows `first` to `last` of the new list come, at the same places of the present one."""

    first: int
    last: int


def edits(old: Sequence[str], new: Sequence[str]) -> list[Removal | Insertion]:
    """Return the steps that turn one list of distinct keys into another, to be applied in order.

    Removals come first, from the end, so that their places need no shifting; insertions follow from the start. Keys
    that keep their order relative to each other stay; the fewest others move.
    """
    staying = _staying(old, new)
    removals = [Removal(first, last) for first, last in _runs([i for i, key in enumerate(old) if key not in staying])]
    insertions = [
        Insertion(first, last) for first, last in _runs([i for i, key in enumerate(new) if key not in staying])
    ]
    return [*reversed(removals), *insertions]


def few_edits(old: Sequence[str], new: Sequence[str], most: int) -> list[Removal | Insertion] | None:
    """Return what `edits` does, or None where that are so many that everything might as well be looked at anew."""
    steps = edits(old, new)
    return steps if len(steps) <= most else None


def _staying(old: Sequence[str], new: Sequence[str]) -> frozenset[str]:
    """Return the keys of a longest common subsequence (patience sorting, O(n log n))."""
    places = {key: i for i, key in enumerate(new)}
    common = [key for key in old if key in places]
    tails: list[int] = []
    ends: list[str] = []
    before: dict[str, str | None] = {}
    for key in common:
        at = bisect_left(tails, places[key])
        before[key] = ends[at - 1] if at else None
        tails[at : at + 1] = [places[key]]
        ends[at : at + 1] = [key]
    kept = []
    key_or_none = ends[-1] if ends else None
    while key_or_none is not None:
        kept.append(key_or_none)
        key_or_none = before[key_or_none]
    return frozenset(kept)


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of consecutive numbers."""
    start = 0
    for i in range(1, len(places) + 1):
        if i == len(places) or places[i] != places[i - 1] + 1:
            yield places[start], places[i - 1]
            start = i
