"""Places that were renamed are followed, also where folders took each other's names."""

from __future__ import annotations

from app.controllers.following import moved_places, one_by_one
from app.history import History
from app.location import Location
from engine.move_types import Move
from tests.app.helpers import Desk


def at(prefix: str) -> Location:
    return Location("photos", prefix)


def test_objects_are_no_places() -> None:
    moves = [Move("a.txt", "b.txt"), Move("a/", "b/"), Move("c/", "d/", "id of its mark")]
    assert moved_places("photos", "other", moves) == [(at("a/"), Location("other", "b/"))]


def test_folders_that_swap_names_are_told_apart() -> None:
    history = History(at("a/x/"), at("b/"))

    for old, new in one_by_one([(at("a/"), at("b/")), (at("b/"), at("a/"))]):
        history.follow(old, new)

    assert (history.behind, history.current) == ((at("b/x/"),), at("a/"))


def test_a_folder_that_is_renamed_among_others_is_followed_by_tabs_and_favourites(desk: Desk) -> None:
    desk.bucket()
    desk.put("one/x")
    desk.put("two/x")
    navigator, ways = desk.session.controllers.navigator, desk.session._ways
    ways.favourites.put(at("one/"), 0)
    ways.tabs.open(at("two/"), show=False)

    navigator.follow_places([(at("one/"), at("two/")), (at("two/"), at("one/"))])

    assert ways.favourites.places == (at("two/"),)
    assert ways.tabs.places[1] == at("one/")
