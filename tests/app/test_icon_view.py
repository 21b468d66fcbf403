"""The icon view: geometry from numbers alone, the table's selection, keys, mouse and drops."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDropEvent, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.location import Location
from app.look import Look
from app.models.folder_model import Column, FolderModel
from app.models.sources import View
from app.models.thumbs import Thumbs
from app.views.folder_table import FolderTable
from app.views.icon_grid import EDGES_PX, USUAL_ZOOM, IconGrid
from tests.app.helpers import Desk, FakeSource

MANY = 100_000
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


class NoThumbs:
    """Makes none."""

    def may_have(self, item: object) -> bool:
        return False

    def make(self, item: object, then: Callable[[None], None]) -> None:
        raise AssertionError(item)


class Face:
    """An icon view of many rows, some of them a line, and its table."""

    def __init__(self, look: Look, qtbot: QtBot, count: int = MANY) -> None:
        self.source = FakeSource([f"n{i:06}" for i in range(count)])
        self.model = FolderModel(self.source)
        self.table = FolderTable(look, self.model, lambda _: None)
        self.thumbs = Thumbs(NoThumbs())
        self.grid = IconGrid(look, self.table, lambda _: None, self.thumbs)
        self.table.setFocusProxy(self.grid)
        qtbot.addWidget(self.table)
        qtbot.addWidget(self.grid)
        self.grid.resize(700, 500)
        self.model.open(View(Location("photos")))
        self.settle()
        self.grid.show()
        self.grid.setCurrentIndex(self.model.index(0, 0))
        self.grid.clearSelection()
        self.settle()

    @property
    def a_line(self) -> int:
        """Return how many there are in a line."""
        return next(n for n in range(1, 99) if self.grid.visualRect(self.model.index(n, 0)).left() == 0)

    @property
    def current(self) -> int:
        return self.grid.currentIndex().row()

    def settle(self) -> None:
        QApplication.processEvents()
        self.grid.viewport().repaint()  # what is painted asks for its rows, and Qt paints when it finds the time
        self.model._load_wishes()
        self.source.deliver()

    def middle(self, number: int) -> QPoint:
        return self.grid.visualRect(self.model.index(number, 0)).center()

    def click(self, number: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseClick(self.grid.viewport(), Qt.MouseButton.LeftButton, modifier, self.middle(number))

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.grid, key, modifier)


@pytest.fixture
def face(look: Look, qtbot: QtBot) -> Iterator[Face]:
    face = Face(look, qtbot)
    yield face
    face.grid.close()


def test_every_entry_is_found_where_it_is(face: Face) -> None:
    for number in (0, 1, face.a_line - 1, face.a_line, 50_003, MANY - 1):
        face.grid.scrollTo(face.model.index(number, 0))
        assert face.grid.viewport().rect().contains(face.middle(number))
        assert face.grid.indexAt(face.middle(number)).row() == number


def test_the_end_of_many_costs_no_more_than_what_is_on_the_screen(face: Face) -> None:
    face.key(Key.Key_End, CTRL)
    face.settle()
    face.settle()
    assert face.current == MANY - 1
    assert face.model.row(MANY - 1) is not None
    assert len(face.source.page_loads) <= 4


def test_keys_move_by_entries_and_lines(face: Face) -> None:
    line = face.a_line
    seen = []
    for key in (Key.Key_Right, Key.Key_Down, Key.Key_Left, Key.Key_Up, Key.Key_Up, Key.Key_PageDown, Key.Key_Home):
        face.key(key)
        seen.append(face.current)
    assert seen[:5] == [1, line + 1, line, 0, 0]
    assert seen[5] % line == 0
    assert seen[5] > line
    assert seen[6] == 0


def test_clicks_with_shift_and_ctrl_select_as_in_the_table(face: Face) -> None:
    face.click(1)
    face.click(face.a_line + 2, SHIFT)
    assert face.table.ranges == [range(1, face.a_line + 3)]
    face.click(2, CTRL)
    assert face.table.ranges == [range(1, 2), range(3, face.a_line + 3)]
    face.click(0)
    assert face.table.ranges == [range(1)]


def test_shift_and_end_select_all_that_follows(face: Face) -> None:
    face.click(3)
    face.key(Key.Key_End, SHIFT)
    assert face.table.ranges == [range(3, MANY)]


def test_ctrl_a_is_one_range_and_looks_at_no_row(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(FolderModel, "columnCount", lambda _self, _parent=None: looks.append(1) or len(Column))
    face.key(Key.Key_A, CTRL)
    assert face.table.ranges == [range(MANY)]
    assert len(looks) < 1_000


def test_a_band_selects_what_it_touches(look: Look, qtbot: QtBot) -> None:
    face = Face(look, qtbot, 5)
    viewport, line = (
        face.grid.viewport(),
        face.grid.viewport().width() // face.grid.visualRect(face.model.index(0, 0)).width(),
    )
    face.source.names = [f"n{i}" for i in range(2 * line + 1)]
    face.model.open(View(Location("photos")))
    face.settle()
    width = face.grid.visualRect(face.model.index(0, 0)).width()
    empty = face.middle(2 * line) + QPoint(2 * width, 0)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, empty)
    for goal in (face.middle(line + 1) + QPoint(20, 20), face.middle(line + 1)):
        QTest.mouseMove(viewport, goal)
        QApplication.processEvents()
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, face.middle(line + 1))
    assert face.table.ranges == [range(line + 1, line + 3)]


def test_a_click_on_empty_ground_drops_the_selection(face: Face) -> None:
    face.click(1)
    face.source.names = face.source.names[:3]
    face.model.open(View(Location("other")))
    face.settle()
    face.click(1)
    assert face.table.ranges == [range(1, 2)]
    QTest.mouseClick(face.grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 450))
    assert face.table.ranges == []


def test_zoom_is_bounded_and_keeps_its_place(face: Face) -> None:
    face.grid.scrollTo(face.model.index(60_000, 0), IconGrid.ScrollHint.PositionAtTop)
    for step in (1, 1, 1, 1, 1, -1, -1, -1):
        face.grid.set_zoom(face.grid.zoom + step)
        assert abs(face.grid.indexAt(QPoint(5, 5)).row() - 60_000) < 60
    face.grid.set_zoom(99)
    assert face.grid.zoom == len(EDGES_PX) - 1
    face.grid.set_zoom(-1)
    assert face.grid.zoom == 0


def test_the_wheel_zooms_with_ctrl(face: Face) -> None:
    for turn, zoom in ((120, USUAL_ZOOM + 1), (-120, USUAL_ZOOM)):
        event = QWheelEvent(
            QPointF(9, 9), QPointF(9, 9), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, CTRL,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(face.grid.viewport(), event)
        assert face.grid.zoom == zoom


def test_a_painting_that_fails_is_over(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    painters: list[QPainter] = []

    def fail(painter: QPainter, *_: object) -> None:
        painters.append(painter)
        raise ZeroDivisionError

    monkeypatch.setattr(face.grid._delegate, "paint", fail)
    with pytest.raises(ZeroDivisionError):
        face.grid.viewport().grab()
    assert [painter.isActive() for painter in painters] == [False]


def test_screen_readers_get_a_list_of_names(face: Face) -> None:
    seen = QAccessible.queryAccessibleInterface(face.grid)
    assert (seen.role(), seen.text(QAccessible.Text.Name)) == (QAccessible.Role.List, "Folder contents")
    assert seen.child(3).text(QAccessible.Text.Name) == "n000003"


def test_rows_that_come_above_move_nothing_on_the_screen(face: Face) -> None:
    face.grid.scrollTo(face.model.index(5_000, 0), IconGrid.ScrollHint.PositionAtTop)
    face.settle()
    face.settle()
    before = face.grid.indexAt(QPoint(5, 5)).data()
    assert before is not None
    face.source.names = [*(f"+{n}" for n in range(face.a_line)), *face.source.names]
    face.model.refresh()
    face.settle()
    assert face.grid.indexAt(QPoint(5, 5)).data() == before


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("count", [1_500, 5_000])
def test_entries_that_come_above_one_by_one_do_not_make_it_drift(
    look: Look, qtbot: QtBot, count: int, together: bool
) -> None:
    """Each moved the first entry sideways only, so that the one before it stood first when the next one came."""
    face = Face(look, qtbot, count)
    face.grid.scrollTo(face.model.index(1_200, 0), IconGrid.ScrollHint.PositionAtTop)
    face.settle()
    face.settle()
    first = face.grid.indexAt(QPoint(5, 5)).data()
    for number in range(1, 61):
        face.source.names = sorted([*face.source.names, f"n{5 * number:06}+"])
        if number == 60 or not together:
            face.model.refresh()
            face.settle()
    line = [face.grid.indexAt(QPoint(face.middle(number).x(), 5)).data() for number in range(face.a_line)]
    assert first in line
    face.grid.close()


def test_what_a_person_has_scrolled_to_stays_from_then_on(look: Look, qtbot: QtBot) -> None:
    face = Face(look, qtbot, 1_500)
    for place in (400, 1_000):
        face.grid.scrollTo(face.model.index(place, 0), IconGrid.ScrollHint.PositionAtTop)
        first = face.grid.indexAt(QPoint(5, 5)).data()
        for number in range(2 * face.a_line):
            face.source.names = sorted([*face.source.names, f"n{number:06}+{place}"])
            face.model.refresh()
            face.settle()
        assert face.grid.indexAt(QPoint(5, 5)).data() == first
    face.grid.close()


@pytest.fixture
def icons(desk: Desk) -> Desk:
    """Return the window on a folder shown as icons."""
    desk.bucket("photos")
    for name in ("a.txt", "b.txt", "c.txt"):
        desk.put(name)
    desk.storage.create_folder("photos", "trips/", desk.me)
    desk.until(lambda: desk.names == ["trips", "a.txt", "b.txt", "c.txt"])
    desk.table.setFocus()
    desk.session.actions[ActionId.ICONS].trigger()
    return desk


def test_switching_keeps_selection_and_focus(icons: Desk) -> None:
    pane = icons.views.pane
    assert (pane.page, pane.icons.hasFocus()) == (pane.icons, True)
    icons.select("b.txt")
    icons.session.actions[ActionId.DETAILS].trigger()
    assert (pane.page, pane.table.hasFocus(), icons.table.ranges) == (pane.table, True, [range(2, 3)])


def test_space_opens_the_large_preview(icons: Desk) -> None:
    icons.put("a.txt", b"dear all")
    icons.select("a.txt")
    icons.session._tracker.update()
    icons.until(icons.views.pane.icons.hasFocus)
    QTest.keyClick(icons.views.pane.icons, Key.Key_Space)
    icons.until(lambda: icons.session.large.dialog is not None)


def test_enter_opens_and_backspace_goes_up(icons: Desk) -> None:
    grid = icons.views.pane.icons
    icons.select("trips")
    QTest.keyClick(grid, Key.Key_Return)
    icons.until(lambda: icons.session.controllers.navigator.place == Location("photos", "trips/"))
    icons.put("trips/inside.txt")
    icons.until(grid.hasFocus)
    QTest.keyClick(grid, Key.Key_Backspace)
    icons.until(lambda: icons.names == ["trips", "a.txt", "b.txt", "c.txt"])


def test_rename_in_place(icons: Desk) -> None:
    icons.select("b.txt")
    icons.session.actions[ActionId.RENAME].trigger()
    field = icons.views.pane.icons.findChild(QLineEdit)
    icons.until(lambda: field.selectedText() == "b")
    QTest.keyClicks(field, "new")
    QTest.keyClick(field, Key.Key_Return)
    icons.until(lambda: icons.names == ["trips", "a.txt", "c.txt", "new.txt"])


def test_files_dropped_on_a_folder_go_into_it(icons: Desk, tmp_path) -> None:
    (tmp_path / "dropped.txt").write_text("x")
    grid, data = icons.views.pane.icons, QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "dropped.txt"))])
    middle = grid.visualRect(icons.model.index(0, 0)).center()
    grid.dropEvent(
        QDropEvent(
            QPointF(middle), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    icons.until(lambda: icons.storage.exists("photos", "trips/dropped.txt", icons.me))


def test_zoom_commands_make_sense_for_icons_alone(icons: Desk) -> None:
    actions, grid = icons.session.actions, icons.views.pane.icons
    icons.session._tracker.update()
    actions[ActionId.ZOOM_IN].trigger()
    assert grid.zoom == USUAL_ZOOM + 1
    actions[ActionId.ZOOM_RESET].trigger()
    actions[ActionId.ZOOM_OUT].trigger()
    assert grid.zoom == USUAL_ZOOM - 1
    actions[ActionId.DETAILS].trigger()
    icons.session._tracker.update()
    assert not actions[ActionId.ZOOM_IN].isEnabled()
