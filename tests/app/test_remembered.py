"""What comes back with the next start, and that nonsense stops nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.application import Window
from app.history import History
from app.location import Location
from app.models.sources import View
from app.remembered import TABS_MAX, read_tabs, tabs_text
from app.settings import FILE_NAME
from app.tabs import Tab
from engine.types import SortColumn
from tests.app.helpers import Desk, leave

A, TOP = Location("photos", "a ä/"), Location("photos")


def tab(place: Location, sort: SortColumn = SortColumn.NAME, *, descending: bool = False) -> Tab:
    return Tab(History(place), View(place, sort, descending))


def test_tabs_are_read_back() -> None:
    tabs, active = read_tabs(tabs_text((tab(TOP), tab(A, SortColumn.SIZE, descending=True)), 1))
    assert active == 1
    assert [one.place for one in tabs] == [TOP, A]
    assert tabs[1].view == View(A, SortColumn.SIZE, True)


@pytest.mark.parametrize(
    "text",
    ["", "[", "7", "null", "{}", "[1, null, []]", '[{"place": 5}]', '[{"place": ""}]', '[{"place": "/"}]'],
)
def test_nonsense_is_no_tabs(text: str) -> None:
    assert read_tabs(text) == ((), 0)


def test_what_makes_sense_of_the_rest_is_kept() -> None:
    tabs, active = read_tabs('[{"place": "a/", "sort": "colour", "descending": 3, "active": 1}, "x", {"place": "b"}]')
    assert [one.view for one in tabs] == [View(Location("a")), View(Location("b"))]
    assert active == 0


def test_no_more_tabs_come_back_than_anybody_has() -> None:
    assert len(read_tabs(tabs_text((tab(TOP),) * 80, 0))[0]) == TABS_MAX


def test_the_next_start_finds_tabs_orders_and_panels(open_window: Callable[[], Window], qtbot: QtBot, data_dir) -> None:
    desk = Desk(open_window(), qtbot)
    desk.bucket()
    for path in ("a/1.txt", "b/c/3.txt"):
        desk.storage.upload("photos", path, b"x", desk.me)
    desk.until(lambda: desk.names == ["a", "b"])
    ways = desk.session._ways
    ways.tabs.open(Location("photos", "b/c/"), show=False)
    ways.tabs.open(Location("photos", "a/"))
    desk.until(lambda: desk.model.view.location == Location("photos", "a/"))
    desk.table.sort_wanted.emit(1, True)
    desk.session.actions[ActionId.INSPECTOR].trigger()
    desk.storage.delete("photos", "b/c/3.txt", desk.me)
    leave(desk.window)
    again = Desk(open_window(), qtbot)
    again.until(lambda: again.model.view == View(Location("photos", "a/"), SortColumn.SIZE, True))
    again.until(lambda: again.session._ways.tabs.places == (TOP, Location("photos", "a/"), TOP))
    assert again.views.inspector.isVisible()
    assert not again.views.transfers.isVisible()


def test_a_start_with_nonsense_shows_the_first_bucket(
    open_window: Callable[[], Window], qtbot: QtBot, data_dir
) -> None:
    desk = Desk(open_window(), qtbot)
    desk.bucket()
    leave(desk.window)
    store = QSettings(str(data_dir / FILE_NAME), QSettings.Format.IniFormat)
    store.setValue("window/tabs", '[{"place": 9}, {]')
    store.setValue("window/place", "nowhere/at/all/")
    store.setValue("window/panels", "@Nonsense(3)")
    store.sync()
    again = Desk(open_window(), qtbot)
    again.until(lambda: again.model.view is not None and again.model.view.location == TOP)
