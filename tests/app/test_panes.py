"""Escape, F6 and the side buttons of a mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.actions import ActionId
from app.controllers.escape import Rung
from app.location import Location
from tests.app.helpers import Desk


def test_escape_undoes_one_thing_at_a_time_in_a_fixed_order(desk: Desk) -> None:
    desk.bucket()
    desk.put("a.txt")
    left = [Rung.SEARCH, Rung.PREVIEW]

    def undo(rung: Rung) -> bool:
        if rung in left:
            left.remove(rung)
            return True
        return False

    desk.session._ways.ladder.add(Rung.SEARCH, lambda: undo(Rung.SEARCH))
    desk.session._ways.ladder.add(Rung.PREVIEW, lambda: undo(Rung.PREVIEW))
    desk.select("a.txt")
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Escape)
    assert (desk.table.ranges, left) == ([], [Rung.SEARCH, Rung.PREVIEW])
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Escape)
    assert left == [Rung.SEARCH]
    desk.qtbot.keyClick(desk.tree, Qt.Key.Key_Escape)
    assert left == []


def test_the_keyboard_goes_round_all_parts_that_are_seen(desk: Desk) -> None:
    desk.bucket()
    desk.put("a.txt")
    desk.session._show_inspector(True)
    desk.select("a.txt")
    parts = [desk.views.pane, desk.views.inspector, desk.views.status, desk.views.toolbar, desk.views.tree]
    for part in (*parts[1:], parts[0]):
        desk.session.actions[ActionId.NEXT_PANE].trigger()
        assert part is QApplication.focusWidget() or part.isAncestorOf(QApplication.focusWidget())
    desk.session.actions[ActionId.PREVIOUS_PANE].trigger()
    assert desk.tree.hasFocus()


def test_the_side_buttons_go_back_and_forward(desk: Desk) -> None:
    desk.bucket()
    desk.put("a/x")
    desk.go("photos", "a/")
    desk.qtbot.mouseClick(desk.table.viewport(), Qt.MouseButton.BackButton)
    desk.until(lambda: desk.model.view.location == Location("photos"))
    desk.qtbot.mouseClick(desk.table.viewport(), Qt.MouseButton.ForwardButton)
    desk.until(lambda: desk.model.view.location == Location("photos", "a/"))


def test_shift_f10_opens_the_context_menu_of_what_has_the_keyboard(desk: Desk) -> None:
    desk.bucket()
    desk.put("a.txt")
    desk.select("a.txt")
    asked = []
    desk.table.menu_wanted.connect(asked.append)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert len(asked) == 1
