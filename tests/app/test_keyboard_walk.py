"""Tab goes through everything that can be operated, in the window and its dialogs, and back: nothing traps it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget

from app.actions import ActionId
from app.dialogs.delete_dialog import DeleteDialog
from tests.app.helpers import Desk
from tests.app.test_accessibility import OPERABLE

DIALOGS = (
    ActionId.NEW_BUCKET, ActionId.NEW_FOLDER, ActionId.DELETE_FOR_GOOD, ActionId.LINK_DIALOG, ActionId.SERVER,
    ActionId.BUCKET_PROPERTIES, ActionId.TRASH, ActionId.POLICIES, ActionId.TEST_ACCESS, ActionId.AS_IT_WAS,
    ActionId.ALL_POLICIES, ActionId.ABOUT, ActionId.USERS, ActionId.AUDIT, ActionId.ACT_AS,
    ActionId.UPLOAD_FILES, ActionId.DOWNLOAD, ActionId.PREVIEW, ActionId.SHORTCUTS,
)  # fmt: skip
"""All but the palette, which has one field, and arrow keys for the rest."""

STEPS_MAX = 150
PARTS_MAX = 8
"""Parts of one field that Tab goes through."""


def walk(key: Qt.Key) -> list[QWidget]:
    """Press a key until the keyboard is where it was before, and return where it came by."""
    shift = Qt.KeyboardModifier.ShiftModifier if key == Qt.Key.Key_Backtab else Qt.KeyboardModifier.NoModifier
    seen: list[QWidget] = []
    presses = 0
    while len(seen) < STEPS_MAX:
        here = QApplication.focusWidget()
        assert here is not None
        QTest.keyClick(here, key, shift)
        presses += 1
        now = QApplication.focusWidget()
        if now is here:  # a date goes from its day to its month first
            assert presses < PARTS_MAX, f"{describe(here)} keeps the keyboard"
            continue
        assert now is not None
        presses = 0
        if seen and now is seen[0]:  # what had the keyboard first need not be on the way
            return seen
        seen.append(now)
    raise AssertionError(f"the keyboard goes round among {[describe(one) for one in seen[-8:]]}")


def describe(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return f"{type(widget).__name__} “{widget.accessibleName() or text}”"


def reachable(root: QWidget) -> list[QWidget]:
    """Return what is shown, can be operated, and takes the keyboard by Tab."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if isinstance(widget, OPERABLE)
        and widget.isVisible()
        and widget.isEnabled()
        and widget.focusProxy() is None
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.window() is root.window()
        and not widget.objectName().startswith("qt_")
    ]


def test_the_window_is_walked_through_in_both_directions(desk: Desk) -> None:
    desk.bucket()
    desk.put("a/b.txt")
    desk.put("c.txt")
    desk.session._show_inspector(True)
    desk.session._show_transfers(True)
    desk.session.actions[ActionId.FILTER].trigger()
    desk.select("c.txt")
    desk.until(lambda: desk.views.inspector.item is not None)
    desk.shell.activateWindow()
    desk.table.setFocus()
    desk.until(desk.table.hasFocus)

    forward = walk(Qt.Key.Key_Tab)
    backward = walk(Qt.Key.Key_Backtab)

    assert [describe(widget) for widget in forward if not widget.accessibleName()] == []
    assert forward[-1] is desk.table
    inspector = [desk.views.inspector.isAncestorOf(widget) for widget in forward]
    assert sum(one and not before for one, before in zip(inspector, [False, *inspector], strict=False)) <= 1, (
        "it is left and come back to"
    )
    assert backward == forward[::-1]
    left_out = [describe(widget) for widget in reachable(desk.shell) if widget not in forward and not _one_of(widget)]
    assert left_out == []


def test_every_dialog_is_walked_through(desk: Desk) -> None:
    desk.bucket()
    desk.put("c.txt")
    for action in DIALOGS:
        desk.select("c.txt")
        desk.session.actions[action].trigger()
        dialog = desk.dialog(QDialog)
        desk.until(lambda dialog=dialog: dialog.isAncestorOf(QApplication.focusWidget() or desk.shell))
        if isinstance(dialog, DeleteDialog):
            desk.until(dialog.confirm.isEnabled)

        seen = walk(Qt.Key.Key_Tab)

        assert all(dialog.isAncestorOf(widget) for widget in seen), action
        left_out = [describe(widget) for widget in reachable(dialog) if widget not in seen and not _one_of(widget)]
        assert (action, left_out) == (action, [])
        dialog.close()
        desk.until(lambda: not any(one.isVisible() for one in desk.shell.findChildren(QDialog)))


def _one_of(widget: QWidget) -> bool:
    """Return whether it is one of several of which Tab finds the one that is chosen: arrows go on from there."""
    return isinstance(widget, QAbstractButton) and widget.autoExclusive() and not widget.isChecked()
