"""Pinned places in the real window: added, gone to, put in order, followed, and marked where they are missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from app.actions import ActionId
from app.application import Window
from app.bridge.acting import Identity
from app.bridge.reading import Found
from app.cargo import Cargo, Load, Motion
from app.controllers.outgoing import clip_data
from app.delegates.favourite_delegate import FAVOURITE_ROLE
from app.favourites import FAVOURITES_MAX, favourites_text, followed, put_at, read_favourites
from app.location import Location
from app.views.drops import place_data
from engine.context import RlsContext
from engine.types import BucketChanges
from tests.app.helpers import Desk, leave

A = Location("photos", "a/")
B = Location("photos", "b/")
TOP = Location("photos")


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Return the window on a bucket with two folders."""
    desk.bucket()
    for path in ("a/1.txt", "b/3.txt", "top.txt"):
        desk.storage.upload("photos", path, b"x", desk.me)
    desk.until(lambda: desk.names == ["a", "b", "top.txt"])
    return desk


def pinned(desk: Desk) -> list[Location]:
    shown = desk.views.favourites.list
    return [shown.item(row).data(FAVOURITE_ROLE).place for row in range(shown.count())]


def missing(desk: Desk) -> list[Location]:
    shown = desk.views.favourites.list
    rows = [shown.item(row).data(FAVOURITE_ROLE) for row in range(shown.count())]
    return [row.place for row in rows if not row.is_there]


def pin(desk: Desk, *places: Location) -> None:
    for place in places:
        desk.session._ways.favourites.toggle(place)


def act(desk: Desk) -> None:
    desk.session._tracker.update()
    desk.session.actions[ActionId.FAVOURITE].trigger()


def at_row(desk: Desk, row: int) -> QPoint:
    shown = desk.views.favourites.list
    return shown.visualItemRect(shown.item(row)).center()


def choose_in_menu(desk: Desk, action: ActionId) -> None:
    desk.until(lambda: any(menu.isVisible() for menu in desk.shell.findChildren(QMenu)))
    menu = next(menu for menu in desk.shell.findChildren(QMenu) if menu.isVisible())
    chosen = desk.session.actions[action]
    assert chosen in menu.actions()
    desk.qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(chosen).center())


class TestValues:
    def test_text_comes_back_and_nonsense_counts_for_nothing(self) -> None:
        assert read_favourites(favourites_text((A, TOP))) == (A, TOP)
        assert read_favourites('["photos/a/", 3, "", null, "photos/a/"]') == (A,)
        for nonsense in ("", "{", '{"a": 1}', "[" * 100_000):
            assert read_favourites(nonsense) == ()

    def test_their_number_is_bounded(self) -> None:
        many = tuple(Location(f"bucket-{i}") for i in range(FAVOURITES_MAX + 5))
        assert read_favourites(favourites_text(many)) == many[:FAVOURITES_MAX]
        assert put_at(many[:FAVOURITES_MAX], A, 0) == many[:FAVOURITES_MAX]
        assert put_at(many[:FAVOURITES_MAX], many[1], 0)[:2] == (many[1], many[0])

    def test_what_meets_after_a_move_is_one(self) -> None:
        assert followed((A, TOP, B), A, B) == (B, TOP)


class TestPinning:
    def test_the_section_is_hidden_while_there_is_nothing_in_it(self, two: Desk) -> None:
        assert two.views.favourites.isHidden()
        pin(two, A)
        assert not two.views.favourites.isHidden()
        pin(two, A)
        assert two.views.favourites.isHidden()

    def test_the_command_is_about_the_row_the_node_or_the_place(self, two: Desk) -> None:
        two.select("a")
        act(two)
        two.table.clearSelection()
        act(two)
        assert pinned(two) == [A, TOP]
        two.select("top.txt")
        assert not two.session.actions[ActionId.FAVOURITE].isEnabled()
        two.tree.setFocus()
        two.session._tracker.update()
        assert two.session.actions[ActionId.FAVOURITE].text() == "Remove from fa&vourites"
        act(two)
        assert pinned(two) == [A]
        two.session._tracker.update()
        assert two.session.actions[ActionId.FAVOURITE].text() == "Add to fa&vourites"

    def test_a_part_of_the_path_has_a_menu_that_is_about_it(self, two: Desk) -> None:
        two.go("photos", "a/")
        two.views.breadcrumb.menu_wanted.emit(TOP, QPoint(20, 20))
        choose_in_menu(two, ActionId.FAVOURITE)
        two.until(lambda: pinned(two) == [TOP])
        two.until(lambda: two.session._ways._pointed is None)

    def test_more_than_allowed_are_refused_in_words(self, two: Desk) -> None:
        pin(two, *(Location(f"bucket-{i}") for i in range(FAVOURITES_MAX)))
        pin(two, A)
        assert A not in pinned(two)
        assert "remove one first" in two.toast.text

    def test_they_come_back_with_the_next_start(self, two: Desk, open_window: Callable[[], Window]) -> None:
        pin(two, B, A)
        leave(two.window)
        again = Desk(open_window(), two.qtbot)
        assert pinned(again) == [B, A]


class TestGoing:
    def test_a_click_and_enter_go_there_and_the_list_keeps_the_keyboard(self, two: Desk) -> None:
        pin(two, A, B)
        shown = two.views.favourites.list
        shown.setFocus()
        two.qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=at_row(two, 1))
        two.until(lambda: two.names == ["3.txt"])
        shown.setCurrentRow(0)
        two.qtbot.keyClick(shown, Qt.Key.Key_Return)
        two.until(lambda: two.names == ["1.txt"])
        assert shown.hasFocus()

    def test_the_middle_button_opens_a_tab(self, two: Desk) -> None:
        pin(two, A, B)
        viewport = two.views.favourites.list.viewport()
        two.qtbot.mouseClick(viewport, Qt.MouseButton.MiddleButton, pos=at_row(two, 1))
        assert two.session._ways.tabs.places == (TOP, B)

    def test_the_keyboard_gets_there_before_the_tree(self, two: Desk) -> None:
        pin(two, A)
        two.tree.setFocus()
        two.session.actions[ActionId.PREVIOUS_PANE].trigger()
        assert QApplication.focusWidget() is two.views.favourites.list

    def test_the_palette_offers_them(self, two: Desk) -> None:
        pin(two, B)
        entry = next(entry for entry in two.session._ways.overview._places() if entry.detail == "Favourite")
        entry.run()
        two.until(lambda: two.names == ["3.txt"])


class TestOrder:
    def test_alt_and_the_arrow_keys_move_a_row_and_the_window_stays(self, two: Desk) -> None:
        pin(two, A, B, TOP)
        shown = two.views.favourites.list
        two.go("photos", "a/")
        shown.setFocus()
        shown.setCurrentRow(0)
        two.qtbot.keyClick(shown, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        assert pinned(two) == [A, B, TOP]
        two.qtbot.keyClick(shown, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        assert pinned(two) == [B, A, TOP]
        two.qtbot.keyClick(shown, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        assert pinned(two) == [B, TOP, A]
        two.qtbot.keyClick(shown, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        assert pinned(two) == [B, A, TOP]
        assert two.session.controllers.navigator.place == A

    def test_del_removes_the_row_and_nothing_else(self, two: Desk) -> None:
        pin(two, A, B)
        two.select("top.txt")
        shown = two.views.favourites.list
        shown.setFocus()
        shown.setCurrentRow(1)
        two.qtbot.keyClick(shown, Qt.Key.Key_Delete)
        assert pinned(two) == [A]
        assert two.storage.exists("photos", "top.txt", two.me)


def hang(desk: Desk, point: QPoint, data: QMimeData) -> QDragMoveEvent:
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    event = QDragMoveEvent(point, actions, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    desk.views.favourites.list.dragMoveEvent(event)
    return event


def drop(desk: Desk, point: QPoint, data: QMimeData) -> None:
    hang(desk, point, data)
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    event = QDropEvent(QPointF(point), actions, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    desk.views.favourites.list.dropEvent(event)


def take(desk: Desk, *paths: str) -> QMimeData:
    load = Load("photos", len(paths))
    load.settle(Cargo("photos", paths))
    desk.views.hold.take(load, TOP)
    return clip_data(desk.views.hold.mark, [])


class TestDragging:
    def test_a_node_is_pinned_where_it_is_dropped_and_a_row_put_in_order(self, two: Desk) -> None:
        pin(two, A, B)
        drop(two, at_row(two, 1) - QPoint(0, 4), place_data(TOP))
        assert pinned(two) == [A, TOP, B]
        drop(two, at_row(two, 2) + QPoint(0, 4), place_data(A))
        assert pinned(two) == [TOP, B, A]

    def test_nothing_moves_under_the_pointer_when_a_drag_begins(self, two: Desk) -> None:
        """The section is not shown for a drag: it would push what is aimed at out of its place."""
        before = two.tree.mapToGlobal(QPoint(0, 0))
        take(two, "a/")
        assert two.views.favourites.isHidden()
        assert two.tree.mapToGlobal(QPoint(0, 0)) == before
        two.views.hold.put_down()

    def test_folders_dragged_to_the_end_are_pinned_and_objects_are_not(self, two: Desk) -> None:
        pin(two, TOP)
        data = take(two, "a/", "top.txt", "b/")
        drop(two, at_row(two, 0) + QPoint(0, 12), data)
        two.views.hold.put_down()
        assert pinned(two) == [TOP, A, B]

    def test_what_is_dropped_on_a_row_goes_into_its_place(self, two: Desk) -> None:
        pin(two, A)
        data = take(two, "top.txt")
        drop(two, at_row(two, 0), data)
        two.views.hold.put_down()
        two.until(lambda: two.storage.exists("photos", "a/top.txt", two.me))
        assert pinned(two) == [A]

    def test_files_of_other_programs_are_uploaded_there(self, two: Desk, tmp_path: Path) -> None:
        pin(two, A)
        (tmp_path / "new.txt").write_text("new")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / "new.txt"))])
        drop(two, at_row(two, 0), data)
        two.until(lambda: two.storage.exists("photos", "a/new.txt", two.me))

    def test_a_drag_that_hangs_over_a_row_goes_there(self, two: Desk) -> None:
        pin(two, A)
        hang(two, at_row(two, 0), take(two, "top.txt"))
        two.until(lambda: two.names == ["1.txt"])
        two.views.hold.put_down()


class TestFollowing:
    def test_renamed_folders_and_buckets_are_followed(self, two: Desk) -> None:
        pin(two, A, B)
        row = next(two.model.row(i) for i in range(two.model.rowCount()) if two.model.row(i).name == "a")
        two.session.controllers.editing.rename_row(row, "new")
        two.until(lambda: pinned(two) == [Location("photos", "new/"), B])
        two.storage.update_bucket("photos", two.me, BucketChanges(name="pictures"))
        two.until(lambda: pinned(two) == [Location("pictures", "new/"), Location("pictures", "b/")])
        assert missing(two) == []

    def test_moved_folders_are_followed(self, two: Desk) -> None:
        pin(two, A)
        load = Load("photos", 1)
        load.settle(Cargo("photos", ("a/",)))
        two.views.hold.dropped.emit(load, B, Motion.MOVE)
        two.until(lambda: pinned(two) == [Location("photos", "b/a/")])

    def test_what_is_gone_is_marked_and_stays(self, two: Desk) -> None:
        pin(two, A, B)
        two.storage.delete("photos", "a/1.txt", two.me)
        two.until(lambda: missing(two) == [A])
        assert "not there" in two.views.favourites.list.item(0).toolTip()
        two.session._ways.favourites.go(A)
        two.until(lambda: "not there" in two.toast.text)
        assert two.session.controllers.navigator.place == TOP
        two.storage.upload("photos", "a/again.txt", b"x", two.me)
        two.until(lambda: missing(two) == [])

    def test_what_somebody_does_not_see_is_marked_while_acting(self, two: Desk) -> None:
        pin(two, TOP, A)
        two.session._side.acting.begin(Identity("visitor", RlsContext.anonymous()))
        two.until(lambda: missing(two) == [TOP, A])
        two.session.controllers.acting.stop()
        two.until(lambda: missing(two) == [])


class TestLeadingElsewhere:
    """Renames by other programs are not told from deletions and additions: nobody but a person knows."""

    def lose(self, two: Desk) -> Location:
        """Let what is in a favourite be elsewhere as another program leaves it; go there."""
        pin(two, A, B, Location("photos", "a/deep/"))
        two.storage.upload("photos", "new/1.txt", b"x", two.me)
        two.storage.delete("photos", "a/1.txt", two.me)
        two.until(lambda: A in missing(two))
        two.go("photos", "new/")
        return Location("photos", "new/")

    def test_one_that_is_missing_is_led_to_the_folder_shown_from_its_menu(self, two: Desk) -> None:
        new = self.lose(two)
        two.views.favourites.menu_wanted.emit(A, QPoint(20, 20))
        choose_in_menu(two, ActionId.REPOINT_FAVOURITE)
        two.until(lambda: pinned(two) == [new, B, Location("photos", "new/deep/")])
        two.until(lambda: new not in missing(two))
        assert two.toast.text == "The favourite leads to “photos/new” now"

    def test_going_to_one_that_is_missing_offers_both_ways_out(self, two: Desk) -> None:
        new = self.lose(two)
        two.session._ways.favourites.go(A)
        two.until(lambda: "not there" in two.toast.text)
        press(two, "Lead it here")
        assert pinned(two)[0] == new

    def test_one_that_is_missing_is_removed_from_what_is_said(self, two: Desk) -> None:
        self.lose(two)
        two.session._ways.favourites.go(A)
        two.until(lambda: "not there" in two.toast.text)
        press(two, "Remove")
        assert A not in pinned(two)

    def test_one_that_is_there_is_led_nowhere(self, two: Desk) -> None:
        pin(two, A, B)
        two.go("photos", "a/")
        two.views.favourites.list.setFocus()
        two.views.favourites.list.setCurrentRow(1)
        two.session._tracker.update()
        assert not two.session.actions[ActionId.REPOINT_FAVOURITE].isEnabled()
        two.session._ways.favourites.lead_here(B)
        assert pinned(two) == [A, B]

    def test_an_older_look_never_replaces_a_newer_one(self, two: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        answers: list[Callable[[Found | None], None]] = []
        pin(two, A)
        favourites = two.session._ways.favourites
        monkeypatch.setattr(favourites._reader, "locate", lambda _, then, *__: answers.append(then))
        for _ in range(2):
            favourites._look()
        two.until(lambda: len(answers) >= 2)
        answers[-1](Found(A))
        answers[-2](None)
        assert missing(two) == []


def press(desk: Desk, text: str) -> None:
    button = next(one for one in desk.toast.findChildren(QPushButton) if one.isVisible() and one.text() == text)
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
