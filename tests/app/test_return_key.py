"""Return presses the button that has the keyboard, in the window and in dialogs, and what stands where nothing is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

from app.actions import ActionId
from app.dialogs.bucket_dialog import BucketDialog
from app.dialogs.link_dialog import LinkDialog
from engine.types import Retention
from tests.app.helpers import Desk


def focus(desk: Desk, widget: QWidget) -> None:
    widget.window().activateWindow()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    desk.until(widget.hasFocus)


def test_a_button_of_the_window(desk: Desk) -> None:
    desk.shell.banners.show_message("Something is so.")
    (banner,) = [one for one in desk.shell.banners.banners if one.message == "Something is so."]
    (close,) = banner.findChildren(QToolButton)
    focus(desk, close)
    QTest.keyClick(close, Qt.Key.Key_Return)
    assert banner not in desk.shell.banners.banners


def test_cancel_cancels(desk: Desk) -> None:
    """Return did what the dialog's main button does, whichever of its buttons had the keyboard."""
    desk.session.actions[ActionId.NEW_BUCKET].trigger()
    dialog = desk.dialog(BucketDialog)
    dialog.name.setText("photos")
    (cancel,) = [one for one in dialog.findChildren(QPushButton) if one.text() == "Cancel"]
    focus(desk, cancel)
    QTest.keyClick(cancel, Qt.Key.Key_Return)
    desk.until(lambda: not dialog.is_open)
    assert dialog.result() == BucketDialog.DialogCode.Rejected
    assert desk.storage.list_buckets(desk.me) == ()


def test_a_choice_is_confirmed(desk: Desk) -> None:
    desk.bucket()
    desk.put("a.txt")
    desk.select("a.txt")
    desk.session.actions[ActionId.LINK_DIALOG].trigger()
    dialog = desk.dialog(LinkDialog)
    desk.until(dialog.copy.isEnabled)
    focus(desk, dialog.choices.buttons()[1])
    QTest.keyClick(dialog.choices.buttons()[1], Qt.Key.Key_Return)
    desk.until(lambda: "photos/a.txt" in QApplication.clipboard().text())


def test_where_nothing_is_the_keyboard_is_at_what_to_do_next(desk: Desk) -> None:
    """It was at the picture and its words: nothing showed it, and no key did anything."""
    pane = desk.views.pane
    desk.until(lambda: pane.page is pane.no_buckets)
    desk.shell.activateWindow()
    pane.no_buckets.setFocus()
    button = desk.shell.focusWidget()
    assert isinstance(button, QPushButton)
    QTest.keyClick(button, Qt.Key.Key_Return)
    desk.dialog(BucketDialog).reject()


def test_an_emptied_folder_keeps_the_keyboard(desk: Desk) -> None:
    desk.bucket(retention=Retention(trash_days=30))
    desk.put("a.txt")
    desk.select("a.txt")
    focus(desk, desk.table)
    desk.session.actions[ActionId.DELETE].trigger()
    desk.until(lambda: desk.views.pane.page is desk.views.pane.empty_folder)
    button = desk.shell.focusWidget()
    assert isinstance(button, QPushButton)
    assert button.accessibleName() == "Upload files"
