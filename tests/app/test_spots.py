"""What is selected and where the view is outlive going elsewhere and back, another order, and a filter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.actions import ActionId
from app.location import Location
from app.models.folder_model import Column
from engine.types import UploadOptions
from tests.app.helpers import Desk
from tests.benchmarks.browsing_workspace import BIG, MANY, _fill

FAR = 2_700


@pytest.fixture
def few(desk: Desk) -> Desk:
    """Return the window on a folder of some objects, beside an empty one."""
    desk.bucket()
    for number in range(8):
        desk.storage.upload("photos", f"a/{number}.txt", b"x" * (9 - number), desk.me)
    desk.storage.upload("photos", "b/x.txt", b"x", desk.me)
    desk.go("photos", "a/")
    desk.until(lambda: len(desk.names) == 8)
    return desk


@pytest.fixture
def many(desk: Desk) -> Desk:
    """Return the window on a folder of which only the first rows come at once."""
    _fill(desk.session._side._workspace, BIG, "'folder/'", 3_000)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: desk.tree.model().knows(BIG))
    desk.bucket("aside")
    desk.go(BIG, "folder/")
    desk.until(lambda: desk.model.is_counted and desk.model.rowCount() == 3_000)
    return desk


def selected(desk: Desk) -> list[str]:
    return [desk.model.row(number).name for span in desk.table.ranges for number in span]


def sort(desk: Desk, column: Column, *, descending: bool = False) -> None:
    order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
    with desk.qtbot.waitSignal(desk.model.opened):
        desk.table.horizontalHeader().setSortIndicator(column, order)


def choose(desk: Desk, number: int) -> str:
    """Select a row and return its name."""
    desk.table.selectRow(number)
    desk.until(lambda: desk.model.row(number) is not None)
    return desk.model.row(number).name


def leave_and_come_back(desk: Desk) -> None:
    here = desk.session.controllers.navigator.place
    desk.go("aside" if here.bucket == BIG else "photos")
    desk.session.controllers.navigator.back()
    desk.until(lambda: desk.table.shown_place == here)


def test_another_order_keeps_what_is_selected(few: Desk) -> None:
    few.select("1.txt", "2.txt")
    sort(few, Column.SIZE)
    assert few.names[0] == "7.txt"
    assert set(selected(few)) == {"1.txt", "2.txt"}
    assert few.table.current_row().name == "1.txt"


def test_all_stay_selected_in_another_order(many: Desk) -> None:
    many.table.selectAll()
    sort(many, Column.NAME, descending=True)
    many.until(lambda: many.model.is_counted)
    assert many.table.ranges == [range(3_000)]


def test_a_filter_and_its_end_keep_what_is_selected_and_seen(few: Desk) -> None:
    few.select("1.txt", "2.txt")
    few.session.actions[ActionId.FILTER].trigger()
    QTest.keyClicks(few.views.pane.filter.field, "2")
    few.until(lambda: few.names == ["2.txt"])
    assert selected(few) == ["2.txt"]
    QTest.keyClick(few.views.pane.filter.field, Qt.Key.Key_Escape)
    few.until(lambda: len(few.names) == 8)
    assert selected(few) == ["2.txt"]


def test_who_comes_back_never_finds_another_object_selected(few: Desk) -> None:
    few.select("3.txt")
    few.go("photos", "b/")
    few.storage.delete("photos", "a/3.txt", few.me)
    few.storage.upload("photos", "a/9.txt", b"x", few.me, UploadOptions())
    few.session.controllers.navigator.back()
    few.until(lambda: "9.txt" in few.names)
    assert selected(few) == []


def test_who_comes_back_to_another_order_never_finds_another_object_selected(many: Desk) -> None:
    name = choose(many, FAR)
    many.go(BIG)
    sort(many, Column.NAME, descending=True)
    many.session.controllers.navigator.back()
    many.until(lambda: many.model.rowCount() == 3_000 and many.model.row(many.table.currentIndex().row()) is not None)
    assert selected(many) in ([], [name])


@pytest.mark.parametrize("icons", [False, True])
def test_who_comes_back_to_a_large_folder_is_as_far_down_as_before(many: Desk, icons: bool) -> None:
    many.session.actions[ActionId.ICONS if icons else ActionId.DETAILS].trigger()
    name = choose(many, FAR)
    bar = many.table.front.verticalScrollBar()
    many.table.front.scrollTo(many.model.index(FAR, 0))
    before = bar.value()
    assert before
    leave_and_come_back(many)
    many.until(lambda: selected(many) == [name] if many.model.row(FAR) is not None else False)
    assert bar.value() == before
    assert many.table.currentIndex().row() == FAR


def test_who_passes_a_large_folder_quickly_finds_it_as_it_was(many: Desk) -> None:
    name = choose(many, FAR)
    many.table.scrollTo(many.model.index(FAR, 0))
    navigator = many.session.controllers.navigator
    many.go("aside")
    many.model.opened.connect(navigator.forward, Qt.ConnectionType.SingleShotConnection)
    navigator.back()
    many.until(lambda: many.table.shown_place == Location("aside") and many.model._opening is None)
    navigator.back()
    many.until(lambda: many.table.ranges == [range(FAR, FAR + 1)])
    assert selected(many) == [name]


def test_who_scrolls_before_all_are_counted_is_not_called_back(many: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(many, FAR)
    many.go("aside")
    held: list[object] = []
    monkeypatch.setattr(many.model, "_take_count", held.append)
    many.session.controllers.navigator.back()
    many.until(lambda: many.table.shown_place == Location(BIG, "folder/") and bool(held))
    many.table.setCurrentIndex(many.model.index(5, 0))
    monkeypatch.undo()
    many.model._take_count(held[0])
    assert many.table.currentIndex().row() == 5


def test_all_of_a_large_folder_is_all_of_it_again(many: Desk) -> None:
    many.table.selectAll()
    leave_and_come_back(many)
    many.until(lambda: many.table.selected_count == 3_000)


def test_who_goes_up_to_a_large_folder_finds_the_folder_they_came_from(desk: Desk) -> None:
    _fill(desk.session._side._workspace, MANY, "printf('folder-%05d/', i)", 2_500)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: desk.tree.model().knows(MANY))
    desk.go(MANY, "folder-02100/")
    desk.session.controllers.navigator.up()
    desk.until(lambda: selected(desk) == ["folder-02100"])
    assert desk.table.ranges == [range(2_100, 2_101)]


def test_what_is_wanted_in_a_large_folder_is_gone_to(many: Desk) -> None:
    name = choose(many, FAR)
    many.go("aside")
    many.session.controllers.navigator.go(Location(BIG, "folder/"), f"folder/{name}")
    many.until(lambda: many.table.ranges == [range(FAR, FAR + 1)])
    assert selected(many) == [name]
    assert many.table.visualRect(many.table.currentIndex()).intersects(many.table.viewport().rect())


def test_what_is_wanted_and_not_there_leads_nowhere(many: Desk) -> None:
    many.go("aside")
    many.session.controllers.navigator.go(Location(BIG, "folder/"), "folder/ardvark-none")
    many.until(lambda: many.table.shown_place == Location(BIG, "folder/") and many.model.is_counted)
    assert many.table.ranges == []
    assert many.table.verticalScrollBar().value() == 0
