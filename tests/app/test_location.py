"""Places and the history of places."""

from __future__ import annotations

import pytest

from app.location import History, Location


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


@pytest.mark.parametrize("prefix", ["", "a/", "a/b/", "a//b/", "ä ö/"])
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
