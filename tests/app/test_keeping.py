"""What a window was in the middle of is kept while it works, not only when it is closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.application import Window
from app.bridge.acting import Identity
from app.controllers import keeping
from app.controllers.keeping import SessionKeeper
from app.location import Location
from app.remembered import PLACES_MAX, places_text, read_places, read_tabs
from engine.types import RlsContext
from tests.app.helpers import Desk, close


class Source(QObject):
    """Something that changes."""

    changed = Signal(object)


def test_many_changes_are_kept_once_and_the_last_of_them_too(qtbot: QtBot, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "_CALM_MS", 20)
    source, kept = Source(), []
    value = [0]
    SessionKeeper(lambda: kept.append(value[0]), source).follow(source.changed)
    for number in range(1, 6):
        value[0] = number
        source.changed.emit(number)
    qtbot.waitUntil(lambda: bool(kept))
    assert kept == [5]
    value[0] = 6
    source.changed.emit(6)
    qtbot.waitUntil(lambda: kept == [5, 6])


def test_tabs_are_kept_without_closing_the_window(desk: Desk) -> None:
    desk.bucket()
    desk.put("a/x")
    desk.session._ways.tabs.open(Location("photos", "a/"))
    desk.until(lambda: desk.names == ["x"])
    settings = desk.session._settings
    desk.until(lambda: len(read_tabs(settings.tabs)[0]) == 2)
    tabs, active = read_tabs(settings.tabs)
    assert (tabs[active].place, settings.place) == (Location("photos", "a/"), "photos/a/")


def test_open_folders_of_the_tree_come_back(open_window: Callable[[], Window], qtbot: QtBot) -> None:
    first = Desk(open_window(), qtbot)
    first.bucket("letters")
    first.put("2025/x", bucket="letters")
    first.storage.upload("letters", "2026/spring/x", b"x", first.me)
    first.bucket("photos")
    tree, model = first.tree, first.tree.model()
    for place in (Location("letters"), Location("letters", "2026/")):
        model.reach(place, lambda place=place: tree.expand(model.index_of(place)))
        first.until(lambda place=place: tree.isExpanded(model.index_of(place)))
    close(first.window)

    again = Desk(open_window(), qtbot)

    def opened(place: Location) -> bool:
        return again.tree.isExpanded(again.tree.model().index_of(place))

    again.until(lambda: opened(Location("letters")) and opened(Location("letters", "2026/")))
    assert not opened(Location("photos"))
    assert again.session.controllers.navigator.place == Location("photos")


def test_nothing_is_kept_of_what_is_seen_in_somebodys_name(desk: Desk) -> None:
    desk.bucket()
    desk.put("a/b/x")
    desk.go("photos", "a/")
    model, opened, acting = desk.tree.model(), (Location("photos"), Location("photos", "a/")), desk.session._side.acting
    model.reach(opened[1].child("b"), lambda: [desk.tree.expand(model.index_of(place)) for place in opened])
    desk.until(lambda: tuple(desk.tree.open_places()) == opened)
    desk.session.remember()
    settings = desk.session._settings
    before = (settings.place, settings.tabs, settings.open_folders)

    acting.begin(Identity("a visitor", RlsContext.anonymous()))
    desk.session.remember()
    desk.until(lambda: model.loaded)
    desk.session.remember()
    assert (settings.place, settings.tabs, settings.open_folders) == before

    acting.stop()
    desk.session.remember()
    assert (settings.place, settings.tabs, settings.open_folders) == before
    desk.until(lambda: tuple(desk.tree.open_places()) == opened)


def test_what_was_kept_stays_until_it_is_back(open_window: Callable[[], Window], qtbot: QtBot) -> None:
    first = Desk(open_window(), qtbot)
    first.bucket()
    first.put("a/x")
    first.go("photos", "a/")
    close(first.window)

    again = Desk(open_window(), qtbot)
    again.session._buckets.clear()
    again.session.controllers.navigator._show_nothing()  # as it is before anything was read
    again.session.remember()

    assert again.session._settings.place == "photos/a/"


def test_the_place_is_kept_while_the_tree_still_looks_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.bucket()
    desk.put("a/x")
    desk.session.remember()
    looks = hold_branches(desk, monkeypatch)
    desk.go("photos", "a/")
    desk.until(lambda: bool(looks))
    assert desk.tree.model().is_reaching
    desk.session.remember()
    settings = desk.session._settings
    tabs, active = read_tabs(settings.tabs)
    assert (settings.place, tabs[active].place) == ("photos/a/", Location("photos", "a/"))


def test_open_folders_are_kept_while_the_tree_looks_for_another_place(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.bucket("letters")
    desk.put("2026/x", bucket="letters")
    desk.bucket()
    desk.put("a/b/x")
    desk.session.remember()
    model, letters = desk.tree.model(), Location("letters")
    model.reach(letters.child("2026"), lambda: desk.tree.expand(model.index_of(letters)))
    desk.until(lambda: desk.tree.isExpanded(model.index_of(letters)))
    looks = hold_branches(desk, monkeypatch)
    desk.go("photos", "a/b/")
    desk.until(lambda: bool(looks))
    desk.session.remember()
    assert read_places(desk.session._settings.open_folders) == (letters,)


def hold_branches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Location]:
    """Let no level of the tree be loaded from now on; return the list of those that are asked for."""
    asked: list[Location] = []
    monkeypatch.setattr(desk.tree.model()._source, "branches", lambda place, *_: asked.append(place))
    return asked


def test_nonsense_is_no_place() -> None:
    assert read_places("[[[") == read_places('{"a": 1}') == read_places("[1, null]") == ()
    many = [Location("photos", f"{number}/") for number in range(PLACES_MAX + 5)]
    assert read_places(places_text(many)) == tuple(many[:PLACES_MAX])


def test_sizes_of_folders_are_shown_again_and_spoken(open_window: Callable[[], Window], qtbot: QtBot) -> None:
    first = Desk(open_window(), qtbot)
    first.bucket()
    first.put("a/x", b"12345")
    first.session.actions[ActionId.FOLDER_SIZES].trigger()
    close(first.window)

    again = Desk(open_window(), qtbot)

    assert again.session.actions[ActionId.FOLDER_SIZES].isChecked()
    again.until(lambda: again.names == ["a"])
    cell = again.model.index(0, 1)
    again.until(lambda: cell.data(Qt.ItemDataRole.AccessibleTextRole) == "5 bytes")
    assert cell.data() == "5 bytes"
