"""Tabs and history in the real window: one table, whatever the number of places."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import QTabBar

from app.actions import ActionId
from app.bridge.acting import Identity
from app.bridge.reading import Reader
from app.bridge.tasks import Ticket
from app.location import Location
from app.models.folder_model import Column
from app.models.sources import View
from engine.context import RlsContext
from engine.types import BucketChanges, SortColumn
from tests.app.helpers import Desk

A = Location("photos", "a/")
B = Location("photos", "b/")
TOP = Location("photos")


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Return the window on a bucket with two folders."""
    desk.bucket()
    for path in ("a/1.txt", "a/2.txt", "b/3.txt"):
        desk.storage.upload("photos", path, b"x", desk.me)
    desk.until(lambda: desk.names == ["a", "b"])
    return desk


def trigger(desk: Desk, action: ActionId) -> None:
    desk.session._tracker.update()
    assert desk.session.actions[action].isEnabled()
    desk.session.actions[action].trigger()


def tabs(desk: Desk) -> list[str]:
    bar = desk.views.tabs.bar
    return [bar.tabText(i) for i in range(bar.count())]


def shows(desk: Desk, place: Location) -> None:
    desk.until(lambda: desk.model.view is not None and desk.model.view.location == place)


def middle_click(desk: Desk, view, name: str) -> None:
    index = next(view.model().index(i, 0) for i in range(len(desk.names)) if view.model().index(i, 0).data() == name)
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.MiddleButton, pos=view.visualRect(index).center())


def test_one_tab_needs_no_bar_and_is_never_closed(two: Desk) -> None:
    assert not two.views.tabs.isVisible()
    assert not two.session.actions[ActionId.CLOSE_TAB].isEnabled()
    two.session._ways.tabs.close()
    assert tabs(two) == ["photos"]
    trigger(two, ActionId.NEW_TAB)
    assert two.views.tabs.isVisible()
    assert tabs(two) == ["photos", "photos"]


def test_each_has_its_place_order_selection_and_history(two: Desk) -> None:
    two.go("photos", "a/")
    two.select("2.txt")
    trigger(two, ActionId.NEW_TAB)
    assert not two.session.controllers.navigator.history.can_go_back
    two.go("photos", "b/")
    two.table.sort_wanted.emit(Column.SIZE, True)
    two.until(lambda: two.model.view == View(B, SortColumn.SIZE, True))
    assert tabs(two) == ["a", "b"]
    trigger(two, ActionId.NEXT_TAB)
    two.until(lambda: two.model.view == View(A, SortColumn.NAME, False))
    assert two.table.ranges == [range(1, 2)]
    assert two.table.current_row().path == "a/2.txt"
    assert two.session.controllers.navigator.history.behind[0] == TOP
    trigger(two, ActionId.PREVIOUS_TAB)
    two.until(lambda: two.model.view == View(B, SortColumn.SIZE, True))
    assert two.table.horizontalHeader().sortIndicatorSection() == Column.SIZE


def test_a_middle_click_opens_behind_and_a_closed_tab_comes_back(two: Desk) -> None:
    middle_click(two, two.table, "b")
    assert tabs(two) == ["photos", "b"]
    assert two.views.tabs.bar.currentIndex() == 0
    assert two.views.tabs.bar.tabToolTip(1) == "photos/b"
    two.views.tabs.bar.setCurrentIndex(1)
    shows(two, B)
    button = two.views.tabs.bar.tabButton(1, QTabBar.ButtonPosition.RightSide)
    assert button.accessibleName() == "Close tab b"
    button.click()
    shows(two, TOP)
    assert tabs(two) == ["photos"]
    trigger(two, ActionId.REOPEN_TAB)
    shows(two, B)
    assert tabs(two) == ["photos", "b"]


def test_folders_open_in_tabs_from_the_tree_the_path_and_the_keyboard(two: Desk) -> None:
    two.until(lambda: two.tree.model().index_of(TOP).isValid())
    rect = two.tree.visualRect(two.tree.model().index_of(TOP))
    control = Qt.KeyboardModifier.ControlModifier
    two.qtbot.mouseClick(two.tree.viewport(), Qt.MouseButton.LeftButton, control, rect.center())
    assert tabs(two) == ["photos", "photos"]
    two.select("a")
    trigger(two, ActionId.OPEN_IN_TAB)
    shows(two, A)
    assert tabs(two) == ["photos", "a", "photos"]
    two.views.breadcrumb.tab_wanted.emit(TOP)
    assert tabs(two) == ["photos", "a", "photos", "photos"]
    two.session._ways.tabs.close_others(1)
    assert tabs(two) == ["a"]


def test_their_order_can_be_changed_and_the_shown_one_stays_shown(two: Desk) -> None:
    two.session._ways.tabs.open(A, show=False)
    two.session._ways.tabs.open(B, show=False)
    assert tabs(two) == ["photos", "b", "a"]
    two.views.tabs.bar.moveTab(0, 2)
    assert tabs(two) == ["b", "a", "photos"]
    assert two.session._ways.tabs.places == (B, A, TOP)
    assert two.views.tabs.bar.currentIndex() == 2
    two.views.tabs.bar.setCurrentIndex(0)
    shows(two, B)


def test_a_place_that_is_renamed_or_goes_is_followed_in_every_tab(two: Desk) -> None:
    two.session._ways.tabs.open(A, show=False)
    two.session._ways.tabs.open(B, show=False)
    two.select("a")
    two.session.controllers.editing.rename_row(two.table.current_row(), "z")
    two.until(lambda: tabs(two) == ["photos", "b", "z"])
    two.storage.update_bucket("photos", two.me, BucketChanges(name="pictures"))
    two.until(lambda: two.session._ways.tabs.places[2] == Location("pictures", "z/"))
    shows(two, Location("pictures"))
    two.storage.delete("pictures", "b/3.txt", two.me)  # as another program would: the folder is gone with it
    two.views.tabs.bar.setCurrentIndex(1)
    two.until(lambda: tabs(two) == ["pictures", "pictures", "z"])
    shows(two, Location("pictures"))


def test_tabs_in_a_bucket_that_goes_are_closed(two: Desk) -> None:
    two.storage.create_bucket("other", two.me)
    two.session.controllers.navigator.refresh()
    two.session._ways.tabs.open(Location("other"), show=False)
    two.until(lambda: "other" in two.tree.model().names.values())
    assert tabs(two) == ["photos", "other"]
    two.storage.delete_bucket("other", two.me)
    two.until(lambda: tabs(two) == ["photos"])


def test_acting_as_somebody_leaves_no_tab_where_they_see_nothing(two: Desk) -> None:
    two.adopt("owner-only")
    alice = two.session._side._workspace.users.add("alice", two.me)
    two.storage.upload("photos", "a/hers.txt", b"x", RlsContext.user(alice.id))
    two.session._ways.tabs.open(B, show=False)
    two.session._ways.tabs.open(A, show=False)
    two.session._side.acting.begin(Identity("alice", RlsContext.user(alice.id)))
    two.until(lambda: two.session._ways.tabs.places == (TOP, A, TOP))
    assert not two.session._ways.tabs.can_reopen


def test_tabs_are_as_they_were_once_nobody_is_acted_as(two: Desk) -> None:
    two.go("photos", "a/")
    two.session._ways.tabs.open(B, show=False)
    two.table.sort_wanted.emit(Column.SIZE, True)
    two.until(lambda: two.model.view == View(A, SortColumn.SIZE, True))
    two.select("2.txt")
    two.session._ways.tabs.open(TOP, show=False)
    two.session._ways.tabs.close(1)
    assert two.session._ways.tabs.places == (A, B)

    two.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
    two.until(lambda: two.session._ways.tabs.places == (TOP, TOP))
    two.session._ways.tabs.open(TOP)
    two.storage.move_folder("photos", "b/", "c/", two.me)
    two.session.controllers.navigator.follow_place(B, Location("photos", "c/"))
    two.session._side.acting.stop()

    two.until(lambda: two.model.view == View(A, SortColumn.SIZE, True))
    two.until(lambda: two.table.selected_count == 1)
    assert two.table.current_row().path == "a/2.txt"
    assert two.session.controllers.navigator.history.behind[0] == TOP
    assert two.session._ways.tabs.places == (A, Location("photos", "c/"))
    trigger(two, ActionId.REOPEN_TAB)
    shows(two, TOP)


def test_tabs_are_as_they_were_also_if_somebody_else_acts_before_the_place_is_found(two: Desk) -> None:
    acting, ways = two.session._side.acting, two.session._ways
    two.go("photos", "a/")
    two.select("2.txt")
    ways.tabs.open(B, show=False)
    acting.begin(Identity("a visitor", RlsContext.anonymous()))
    two.until(lambda: ways.tabs.places == (TOP, TOP))
    acting.stop()
    assert two.session.controllers.navigator.place is None  # it is still being looked for
    acting.begin(Identity("a visitor", RlsContext.anonymous()))
    two.until(lambda: ways.tabs.places == (TOP, TOP))
    acting.stop()

    two.until(lambda: ways.tabs.places == (A, B) and two.table.selected_count == 1)
    assert two.table.current_row().path == "a/2.txt"
    assert two.session.controllers.navigator.history.behind[0] == TOP


def test_a_tab_that_is_left_before_its_place_is_found_keeps_it(two: Desk) -> None:
    acting, ways = two.session._side.acting, two.session._ways
    two.go("photos", "a/")
    ways.tabs.open(B, show=False)
    acting.begin(Identity("a visitor", RlsContext.anonymous()))
    acting.stop()
    ways.tabs.show(1)
    shows(two, B)
    assert ways.tabs.places == (A, B)


def test_a_place_that_went_while_somebody_was_acted_as_gives_way_to_what_is_above(two: Desk) -> None:
    two.go("photos", "a/")
    two.session._ways.tabs.open(B, show=False)
    two.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
    two.until(lambda: two.session._ways.tabs.places == (TOP, TOP))
    two.storage.delete_trees("photos", ["a/", "b/"], two.me, for_good=True)
    two.session._side.acting.stop()
    two.until(lambda: two.session._ways.tabs.places == (TOP, TOP) and two.model.view is not None)
    assert not two.session.controllers.navigator.history.can_go_back


def test_going_back_finds_selection_and_scroll_position_again(two: Desk) -> None:
    for i in range(80):
        two.storage.upload("photos", f"a/n{i:03}.txt", b"x", two.me)
    two.go("photos", "a/")
    two.until(lambda: len(two.names) == 82)
    two.table.selectRow(60)
    two.table.selectionModel().select(
        two.model.index(70, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    )
    two.table.verticalScrollBar().setValue(1_234)
    two.go("photos", "b/")
    two.storage.upload("photos", "a/0-first.txt", b"x", two.me)
    trigger(two, ActionId.BACK)
    shows(two, A)
    assert two.table.ranges == [range(61, 62), range(71, 72)]
    assert two.table.current_row().path == "a/n058.txt"
    assert two.table.verticalScrollBar().value() == 1_234


def test_a_step_up_in_the_path_selects_the_folder_one_came_from(two: Desk) -> None:
    two.storage.upload("photos", "b/deep/er/x", b"x", two.me)
    two.go("photos", "b/deep/er/")
    two.views.breadcrumb.chosen.emit(TOP)
    shows(two, TOP)
    assert two.table.current_row().path == "b/"
    assert two.table.ranges == [range(1, 2)]


def test_the_keyboard_stays_in_the_bar_while_it_walks_along_the_tabs(two: Desk) -> None:
    two.session._ways.tabs.open(A, show=False)
    two.views.tabs.bar.setFocus()
    two.qtbot.keyClick(two.views.tabs.bar, Qt.Key.Key_Right)
    shows(two, A)
    assert two.views.tabs.bar.hasFocus()


def test_a_middle_click_on_a_tab_closes_it(two: Desk) -> None:
    two.session._ways.tabs.open(A, show=False)
    bar = two.views.tabs.bar
    two.qtbot.mouseClick(bar, Qt.MouseButton.MiddleButton, pos=QPoint(bar.tabRect(1).center()))
    assert tabs(two) == ["photos"]


def test_the_places_behind_are_in_a_menu_of_the_back_button(two: Desk) -> None:
    for prefix in ("a/", "b/"):
        two.go("photos", prefix)
    button = two.views.toolbar.widgetForAction(two.session.actions[ActionId.BACK])
    button.menu().aboutToShow.emit()
    assert [action.text() for action in button.menu().actions()] == ["photos/a", "photos"]
    button.menu().actions()[1].trigger()
    shows(two, TOP)
    assert two.session.controllers.navigator.history.ahead == (A, B)


def rename_while_looked_for(two: Desk, monkeypatch: pytest.MonkeyPatch, there: Location) -> list[Callable[[], None]]:
    """Rename the bucket while a window that looks anew still looks for its first place; return what answers."""
    reader, looks = two.session._side.reader, []
    look = Reader.nearest
    monkeypatch.setattr(reader, "nearest", lambda place, *then: looks.append((place, then)) or Ticket("", None))
    two.session._side.acting.begin(Identity("a visitor", RlsContext.service()))
    two.until(lambda: A in [place for place, _ in looks])
    two.storage.rename_bucket("photos", "pictures", two.me)
    two.until(lambda: two.tree.model().knows("pictures"))
    monkeypatch.undo()
    return [partial(look, reader, place, *then) for place, then in looks if place == there]


def test_a_bucket_that_is_renamed_while_the_first_place_is_looked_for_is_followed(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.go("photos", "a/")
    there = Location("pictures", "a/")
    for answer in rename_while_looked_for(two, monkeypatch, there):
        answer()
    shows(two, there)
    assert two.session.controllers.navigator.place == there


def test_a_tab_that_is_left_while_its_place_is_looked_for_follows_its_bucket(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.go("photos", "a/")
    ways = two.session._ways
    ways.tabs.open(B, show=False)
    rename_while_looked_for(two, monkeypatch, Location("pictures", "a/"))
    ways.tabs.show(1)
    shows(two, Location("pictures", "b/"))
    assert ways.tabs.places == (Location("pictures", "a/"), Location("pictures", "b/"))
