"""Dialogs on a small screen, or one that makes everything twice as large: none is cut off."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QApplication, QDialog
from shiboken6 import isValid

from app.actions import ActionId
from app.dialogs.act_as_dialog import ActAsDialog
from app.dialogs.base import Dialog
from app.dialogs.shortcuts_dialog import ShortcutsDialog
from app.look import label
from tests.app.helpers import Desk
from tests.app.test_keyboard_walk import DIALOGS

LEAST_HEIGHT_PX = 508
"""Of a Full HD screen at 200 %, below a title bar."""


def test_every_dialog_can_be_made_as_low_as_a_small_screen(desk: Desk, monkeypatch) -> None:
    desk.bucket()
    desk.put("c.txt")
    monkeypatch.setattr("app.widgets.fitting_scroll.available_height_px", lambda _: 540)
    desk.put("d.txt")
    for action in (*DIALOGS, ActionId.RENAME):
        desk.select("c.txt", *(["d.txt"] if action is ActionId.RENAME else []))
        desk.session.actions[action].trigger()
        dialog = desk.dialog(QDialog)
        least = dialog.minimumSizeHint().expandedTo(dialog.minimumSize())
        assert (action, least.height() <= LEAST_HEIGHT_PX, least.width() <= 960) == (action, True, True), least
        dialog.close()
        desk.until(lambda: not any(one.isVisible() for one in desk.shell.findChildren(QDialog)))


def test_a_dialog_opens_no_larger_than_its_screen(desk: Desk) -> None:
    room = desk.shell.screen().availableGeometry()
    dialog = ShortcutsDialog(desk.session._look, desk.shell, ())
    dialog.resize(room.width() + 500, room.height() + 500)
    dialog.open()
    desk.until(lambda: dialog.height() < room.height() and dialog.width() <= room.width())
    dialog.close()


def test_what_is_described_by_hand_is_reached_by_scrolling(desk: Desk) -> None:
    dialog = ActAsDialog(desk.session._look, desk.shell, lambda _: desk.me)
    dialog.open()
    dialog.by_hand.setChecked(True)
    desk.until(lambda: dialog.claims.isVisible() and dialog.claims.isEnabled())
    dialog.close()


def test_a_dialog_grows_only_where_the_desktop_has_put_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before that it may take itself to be in a corner of the screen, and growing moved it there, without its title."""
    exposed: list[bool] = []
    monkeypatch.setattr(QWindow, "isExposed", lambda _: bool(exposed))
    dialog = Dialog(desk.session._look, desk.shell, "Something")
    text = label("A text.", wrap=True)
    dialog.body.addWidget(text)
    dialog.open()
    height = dialog.height()
    text.setText("A long text. " * 100)
    QApplication.sendPostedEvents(dialog, QEvent.Type.LayoutRequest)
    assert dialog.height() == height
    exposed.append(True)
    dialog.update()
    desk.until(lambda: dialog.height() > height)
    dialog.close()


def test_a_dialog_may_go_before_it_grows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QWindow, "isExposed", lambda _: False)
    dialog = Dialog(desk.session._look, desk.shell, "Something")
    text = label("A text.", wrap=True)
    dialog.body.addWidget(text)
    dialog.open()
    text.setText("A long text. " * 100)
    QApplication.sendPostedEvents(dialog, QEvent.Type.LayoutRequest)
    dialog.reject()
    desk.until(lambda: not isValid(dialog))
