"""Places and the history of places."""

from __future__ import annotations

import pytest

from app.history import History, Spot
from app.location import Location


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("photos", Location("photos")),
        ("/photos/", Location("photos")),
        ("photos/2024/may", Location("photos", "2024/may/")),
        (" photos/2024/ ", Location("photos", "2024/")),
        ("", None),
        ("/", None),
    ],
)
def test_reads_what_people_type(text: str, place: Location | None) -> None:
    assert Location.parse(text) == place


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("b/tail ", Location("b", "tail /")),
        ("b/  lead", Location("b", "  lead/")),
        ("b/a//c", Location("b", "a//c/")),
        ("b//a", Location("b", "a/")),
        ('"b/a"', Location("b", "a/")),
        ("b/a%20c", Location("b", "a c/")),
        ("b/a%20c", Location("b", "a%20c/")),
        ("b/caf\N{LATIN SMALL LETTER E WITH ACUTE}", Location("b", "cafe\N{COMBINING ACUTE ACCENT}/")),
        ("b/cafe\N{COMBINING ACUTE ACCENT}", Location("b", "caf\N{LATIN SMALL LETTER E WITH ACUTE}/")),
        ("b ", Location("b")),
    ],
)
def test_what_is_typed_may_mean_more_than_it_says(text: str, meant: Location) -> None:
    assert meant in Location.readings(text)


def test_what_is_typed_means_what_it_says_first() -> None:
    assert Location.readings("b/a%20 ")[0] == Location("b", "a%20 /")
    assert Location.readings("b/%ff")[0] == Location("b", "%ff/")
    assert Location.readings(" / ") == ()


@pytest.mark.parametrize("prefix", ["", "a/", "a/b/", "a//b/", "a//", "/", "ä ö/"])
def test_reads_back_what_it_shows(prefix: str) -> None:
    place = Location("b", prefix)
    assert Location.parse(place.text) == place


def test_trail_leads_from_the_bucket_down() -> None:
    assert [place.prefix for place in Location("b", "a/b/c/").trail] == ["", "a/", "a/b/", "a/b/c/"]


def test_a_folder_without_a_name_has_a_parent_too() -> None:
    assert Location("b", "a//").parent == Location("b", "a/")


def test_going_back_and_elsewhere_forgets_what_lay_ahead() -> None:
    history = History()
    for name in ("a", "b", "c"):
        history.visit(Location(name))
    assert history.back() == Location("b")
    assert history.can_go_forward
    history.visit(Location("d"))
    assert not history.can_go_forward
    assert history.back() == Location("b")


def test_a_deleted_folder_is_gone_from_the_history() -> None:
    history = History()
    for place in (Location("a"), Location("a", "x/"), Location("a", "x/y/"), Location("a")):
        history.visit(place)
    history.forget(Location("a", "x/"))
    assert history.current == Location("a")
    assert not history.can_go_back


def test_going_back_some_steps_at_once_and_ahead_again() -> None:
    history = History(Location("a"), Location("b"), Location("c"))
    assert history.behind == (Location("b"), Location("a"))
    assert history.back(2) == Location("a")
    assert history.ahead == (Location("b"), Location("c"))
    assert history.forward(2) == Location("c")
    assert history.ahead == ()


def test_what_was_looked_at_comes_back_with_the_place() -> None:
    history = History(Location("a"))
    history.note(Spot(current="x.txt", scroll_px=40))
    history.visit(Location("b"))
    assert history.spot is None
    history.back()
    assert history.spot == Spot(current="x.txt", scroll_px=40)


def test_a_renamed_folder_is_followed_with_all_below_it() -> None:
    history = History(Location("a"), Location("a", "x/"), Location("a", "x/y/"))
    history.follow(Location("a", "x/"), Location("a", "z/"))
    assert history.current == Location("a", "z/y/")
    assert history.behind == (Location("a", "z/"), Location("a"))


def test_a_renamed_bucket_is_followed_and_others_are_not() -> None:
    history = History(Location("a", "x/"), Location("ab"), Location("a"))
    history.follow(Location("a"), Location("c"))
    assert history.current == Location("c")
    assert history.behind == (Location("ab"), Location("c", "x/"))


def test_places_that_become_the_same_are_one_and_the_position_stays() -> None:
    history = History(Location("a"), Location("a", "x/"), Location("a"), Location("b"))
    history.back()
    history.forget(Location("a", "x/"))
    assert history.current == Location("a")
    assert (history.behind, history.ahead) == ((), (Location("b"),))
