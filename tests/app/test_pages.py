"""The window over a folder: its bound, and the edits between two listings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.models.pages import Insertion, PageCache, Removal, edits
from tests.app.helpers import row

keys = st.lists(st.sampled_from([f"k{i}" for i in range(12)]), unique=True)


def apply(old: list[str], new: list[str]) -> list[str]:
    shown = list(old)
    for step in edits(old, new):
        if isinstance(step, Removal):
            del shown[step.first : step.last + 1]
        else:
            shown[step.first : step.first] = new[step.first : step.last + 1]
    return shown


@given(keys, keys)
def test_edits_lead_from_one_listing_to_the_other(old: list[str], new: list[str]) -> None:
    assert apply(old, new) == new


def test_one_new_object_is_one_insertion() -> None:
    assert edits(["a", "c"], ["a", "b", "c"]) == [Insertion(1, 1)]


def test_neighbours_that_go_are_one_removal() -> None:
    assert edits(["a", "b", "c", "d"], ["a", "d"]) == [Removal(1, 2)]


def test_only_the_moved_one_moves() -> None:
    assert edits(["a", "b", "c", "d"], ["d", "a", "b", "c"]) == [Removal(3, 3), Insertion(0, 0)]


def test_cache_forgets_the_page_not_looked_at_for_longest() -> None:
    cache = PageCache(page_rows=2, pages_max=2)
    for number in range(2):
        cache.put(number, [row(f"{number}a"), row(f"{number}b")])
    assert cache.row(0) is not None
    cache.put(2, [row("2a")])
    assert cache.row(1) == row("0b")
    assert cache.row(2) is None
    assert cache.row(4) == row("2a")
    assert cache.row(5) is None
    assert len(cache) == 2
