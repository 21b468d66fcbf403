"""What is selected and where the view is outlive going elsewhere and back, another order, and a filter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.actions import ActionId
from app.bridge.acting import Identity
from app.location import Location
from app.models.folder_model import Column
from app.models.searches import EVERYTHING, Search
from engine.errors import DatabaseLocked
from engine.types import RlsContext, UploadOptions
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


def look_for(desk: Desk, text: str, action: ActionId = ActionId.FILTER) -> None:
    """Type what to look for in the stead of what was, and wait for what is found."""
    desk.session.actions[action].trigger()
    desk.views.pane.filter.field.selectAll()
    QTest.keyClicks(desk.views.pane.filter.field, text)
    desk.until(lambda: desk.model.view.search.text == text)


def select_all(desk: Desk) -> None:
    desk.table.setFocus()
    desk.session._tracker.update()
    desk.session.actions[ActionId.SELECT_ALL].trigger()


def step(desk: Desk, times: int = 1) -> None:
    """Go on to the next tab without a pause."""
    for _ in range(times):
        desk.session._ways.tabs.step(1)


def test_the_one_hit_of_another_filter_is_not_selected(few: Desk) -> None:
    look_for(few, "1")
    few.select("1.txt")
    look_for(few, "2")
    assert few.names == ["2.txt"]
    assert selected(few) == []


def test_as_many_hits_of_another_filter_are_not_selected(few: Desk) -> None:
    for number in range(8):
        few.storage.upload("photos", f"a/{number}.png", b"x", few.me)
    look_for(few, "txt")
    select_all(few)
    assert len(selected(few)) == 8
    look_for(few, "png")
    assert len(few.names) == 8
    assert selected(few) == []


def test_of_all_that_were_selected_nothing_new_is_when_somebody_comes_back(few: Desk) -> None:
    select_all(few)
    few.go("photos", "b/")
    few.storage.delete("photos", "a/3.txt", few.me)
    few.storage.upload("photos", "a/9.txt", b"x", few.me)
    few.session.controllers.navigator.back()
    few.until(lambda: "9.txt" in few.names)
    assert selected(few) == [name for name in few.names if name != "9.txt"]


@pytest.mark.parametrize("icons", [False, True])
def test_what_came_meanwhile_is_not_selected_in_another_order_either(few: Desk, icons: bool) -> None:
    few.session.actions[ActionId.ICONS if icons else ActionId.DETAILS].trigger()
    select_all(few)
    few.go("photos", "b/")
    few.storage.upload("photos", "a/9.txt", b"x", few.me)
    few.session.controllers.navigator.back()
    few.until(lambda: "9.txt" in few.names)
    sort(few, Column.SIZE)
    assert set(selected(few)) == {f"{number}.txt" for number in range(8)}


def test_what_is_selected_again_in_the_place_of_what_went_stays_selected(few: Desk) -> None:
    few.select("1.txt")
    few.go("photos", "b/")
    few.session.controllers.navigator.back()
    few.until(lambda: selected(few) == ["1.txt"])
    few.storage.delete("photos", "a/1.txt", few.me)
    few.until(lambda: few.names[1] == "2.txt")
    few.table.selectRow(1)
    sort(few, Column.SIZE)
    assert selected(few) == ["2.txt"]


def test_what_went_is_not_selected_when_it_is_there_again(few: Desk) -> None:
    few.select("3.txt")
    few.go("photos", "b/")
    few.storage.delete("photos", "a/3.txt", few.me)
    few.session.controllers.navigator.back()
    few.until(lambda: len(few.names) == 7)
    few.storage.upload("photos", "a/3.txt", b"x", few.me)
    few.until(lambda: len(few.names) == 8)
    assert selected(few) == []


def test_all_of_a_large_folder_is_nothing_when_somebody_comes_back(many: Desk) -> None:
    many.table.selectAll()
    leave_and_come_back(many)
    many.until(lambda: many.model.is_counted)
    assert many.table.ranges == []
    sort(many, Column.NAME, descending=True)
    many.until(lambda: many.model.is_counted)
    assert many.table.ranges == []


def test_all_of_a_large_folder_that_grew_is_nothing_in_another_order(many: Desk) -> None:
    many.table.selectAll()
    many.go("aside")
    many.storage.upload(BIG, "folder/zzz.txt", b"x", many.me)
    many.session.controllers.navigator.back()
    many.until(lambda: many.model.is_counted and many.model.rowCount() == 3_001)
    assert many.table.ranges == []
    sort(many, Column.NAME, descending=True)
    many.until(lambda: many.model.is_counted)
    assert many.table.ranges == []


def test_another_tab_on_the_same_folder_keeps_its_own_in_another_order(few: Desk) -> None:
    few.select("5.txt")
    few.session._ways.tabs.open()
    few.until(lambda: few.model._opening is None)
    few.select("1.txt", "2.txt")
    step(few)
    sort(few, Column.SIZE)
    assert selected(few) == ["5.txt"]


def test_a_tab_that_is_passed_keeps_what_was_selected_and_looked_for_in_it(few: Desk) -> None:
    few.select("5.txt")
    few.session._ways.tabs.open()
    few.until(lambda: few.model._opening is None)
    look_for(few, "txt", ActionId.SEARCH)
    few.until(lambda: len(few.names) == 9)
    select_all(few)
    step(few, 2)
    few.until(lambda: few.model._opening is None)
    assert len(selected(few)) == 9
    step(few)
    few.until(lambda: few.model._opening is None)
    assert len(few.names) == 8
    assert selected(few) == ["5.txt"]


@pytest.fixture
def alike(desk: Desk) -> Desk:
    """Return the window on a folder called as a bucket, each with an object of the same name."""
    for bucket, path in (("photos", "needle.txt"), ("zz", "photos/needle.txt")):
        desk.bucket(bucket)
        desk.storage.upload(bucket, path, b"x", desk.me)
    desk.go("zz", "photos/")
    desk.until(lambda: desk.names == ["needle.txt"])
    return desk


def find_everywhere(desk: Desk, row: int = 0) -> None:
    """Search in every bucket and select one of the two that are found."""
    look_for(desk, "needle", ActionId.SEARCH)
    desk.until(lambda: len(desk.names) == 2)
    desk.table.selectRow(row)


def test_a_bucket_is_never_taken_for_a_folder_where_a_search_ends(alike: Desk) -> None:
    find_everywhere(alike)
    assert alike.table.current_row().bucket == "photos"
    QTest.keyClick(alike.views.pane.filter.field, Qt.Key.Key_Escape)
    alike.until(lambda: alike.names == ["needle.txt"])
    assert selected(alike) == []


def test_what_is_selected_in_the_folder_is_so_in_a_search_everywhere_and_after_it(alike: Desk) -> None:
    alike.select("needle.txt")
    look_for(alike, "needle", ActionId.SEARCH)
    alike.until(lambda: len(alike.names) == 2)
    assert [alike.model.row(span.start).key for span in alike.table.ranges] == ["zz/photos/needle.txt"]
    QTest.keyClick(alike.views.pane.filter.field, Qt.Key.Key_Escape)
    alike.until(lambda: alike.names == ["needle.txt"])
    assert selected(alike) == ["needle.txt"]


def test_a_bucket_is_never_taken_for_a_folder_where_a_search_ends_as_one_comes_back(alike: Desk) -> None:
    find_everywhere(alike)
    navigator = alike.session.controllers.navigator
    alike.go("photos")
    navigator.back()
    navigator.filter(EVERYTHING)
    alike.until(lambda: alike.model.view.location == Location("zz", "photos/") and alike.model._opening is None)
    assert alike.names == ["needle.txt"]
    assert selected(alike) == []


def test_what_has_the_name_of_a_bucket_that_was_renamed_is_not_selected(alike: Desk) -> None:
    find_everywhere(alike)
    alike.go("zz")
    alike.storage.rename_bucket("photos", "pictures", alike.me)
    alike.until(lambda: alike.tree.model().knows("pictures"))
    alike.storage.create_bucket("photos", alike.me)
    alike.storage.upload("photos", "needle.txt", b"y", alike.me)
    alike.session.controllers.navigator.back()
    alike.until(lambda: len(alike.names) == 3)
    assert selected(alike) == []


def test_a_folder_of_a_bucket_that_was_renamed_keeps_what_is_selected(few: Desk) -> None:
    few.select("3.txt")
    few.go("photos", "b/")
    few.storage.rename_bucket("photos", "pictures", few.me)
    few.until(lambda: few.table.shown_place == Location("pictures", "b/"))
    few.session.controllers.navigator.back()
    few.until(lambda: few.table.shown_place == Location("pictures", "a/"))
    assert selected(few) == ["3.txt"]


def test_what_is_selected_now_is_not_selected_at_another_moment(few: Desk) -> None:
    few.select("3.txt")
    few.go("photos", "b/")
    navigator = few.session.controllers.navigator
    navigator.go_in_time("photos", datetime.now(UTC))
    few.until(lambda: few.model.view.moment is not None)
    navigator.back()
    few.until(lambda: few.table.shown_place == Location("photos", "a/"))
    assert few.model.view.moment is not None
    assert "3.txt" in few.names
    assert selected(few) == []


def test_nothing_is_selected_for_somebody_else_and_all_is_again_for_oneself(few: Desk) -> None:
    select_all(few)
    acting = few.session._side.acting
    acting.begin(Identity("whoever", RlsContext.service()))
    few.until(lambda: few.table.shown_place == Location("photos", "a/") and len(few.names) == 8)
    assert selected(few) == []
    few.storage.upload("photos", "a/9.txt", b"x", few.me)
    few.until(lambda: len(few.names) == 9)
    acting.stop()
    few.until(lambda: few.table.shown_place == Location("photos", "a/") and len(few.names) == 9)
    assert selected(few) == [f"{number}.txt" for number in range(8)]


def test_what_goes_is_not_followed_by_another_one_in_a_filter(few: Desk) -> None:
    few.select("1.txt")
    few.table.go_on_after(frozenset({"a/1.txt"}))  # as Del does before it is done
    look_for(few, "2")
    with few.qtbot.waitSignal(few.model.refreshed):
        few.model.refresh()
    assert selected(few) == []


def test_what_goes_is_not_followed_by_one_that_another_tab_shows(few: Desk) -> None:
    few.session._ways.tabs.open()
    few.until(lambda: few.model._opening is None)
    few.select("1.txt")
    few.table.go_on_after(frozenset({"a/1.txt"}))  # as Del does before it is done
    step(few)
    few.until(lambda: few.model._opening is None)
    few.storage.delete("photos", "a/1.txt", few.me)
    few.until(lambda: len(few.names) == 7)
    assert selected(few) == []


def test_a_tab_that_could_not_be_read_gets_nothing_of_the_one_before(
    few: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    few.select("5.txt")
    few.session._ways.tabs.open()
    few.until(lambda: few.model._opening is None)
    few.select("1.txt", "2.txt")
    with monkeypatch.context() as broken:
        broken.setattr(few.model._source, "look", lambda view, then, otherwise: few.model._fail(DatabaseLocked("busy")))
        step(few)
    sort(few, Column.SIZE)
    assert selected(few) in ([], ["5.txt"])


def test_orders_that_follow_one_another_quickly_keep_what_is_selected(few: Desk) -> None:
    few.select("1.txt", "2.txt")
    few.table.sort_by(Column.SIZE, descending=False)
    sort(few, Column.NAME, descending=True)
    assert selected(few) == ["2.txt", "1.txt"]


def test_all_of_a_large_folder_is_not_all_that_fits_a_filter(many: Desk) -> None:
    many.table.selectAll()
    many.table.sort_by(Column.NAME, descending=True)
    with many.qtbot.waitSignal(many.model.opened):
        many.session.controllers.navigator.filter(Search("-"))
    many.until(lambda: many.model.is_counted)
    assert many.table.ranges == []


def test_a_tab_in_the_past_keeps_what_is_selected_in_it(few: Desk) -> None:
    few.session.controllers.navigator.go_in_time("photos", datetime.now(UTC))
    few.until(lambda: few.model.view.moment is not None)
    few.select("3.txt")
    few.session._ways.tabs.open(Location("photos", "b/"))
    few.until(lambda: few.table.shown_place == Location("photos", "b/"))
    step(few)
    few.until(lambda: few.table.shown_place == Location("photos", "a/"))
    assert few.model.view.moment is not None
    assert selected(few) == ["3.txt"]


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
