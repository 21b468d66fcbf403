"""Every control that can be operated has a name, and the table stays quick for a screen reader's reach."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QWidget,
)

from app.actions import ActionId
from app.theme import ThemeMode
from tests.app.helpers import Desk

OPERABLE = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit)


def unnamed(root: QWidget) -> list[str]:
    found = []
    for widget in root.findChildren(QWidget):
        hidden_part = widget.objectName().startswith("qt_") or isinstance(widget.parent(), QAbstractSpinBox)
        if isinstance(widget, OPERABLE) and widget.isVisible() and not hidden_part and not widget.accessibleName():
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            if not text:
                found.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}")
    return found


def test_the_window_has_no_nameless_control(desk: Desk) -> None:
    desk.bucket()
    desk.put("a/b.txt")
    desk.put("c.txt")
    desk.session._show_inspector(True)
    desk.session._show_transfers(True)
    desk.select("c.txt")
    assert unnamed(desk.shell) == []


@pytest.mark.parametrize(
    "action",
    [
        ActionId.NEW_BUCKET,
        ActionId.NEW_FOLDER,
        ActionId.DELETE,
        ActionId.LINK_DIALOG,
        ActionId.SERVER,
        ActionId.BUCKET_PROPERTIES,
        ActionId.ABOUT,
        ActionId.USERS,
        ActionId.ALL_POLICIES,
        ActionId.AUDIT,
        ActionId.ACT_AS,
        ActionId.UPLOAD_FILES,
        ActionId.DOWNLOAD,
        ActionId.PREVIEW,
        ActionId.PALETTE,
        ActionId.SHORTCUTS,
    ],
)
def test_dialogs_have_no_nameless_control(desk: Desk, action: ActionId) -> None:
    desk.bucket()
    desk.put("c.txt")
    desk.select("c.txt")
    desk.session.actions[action].trigger()
    desk.until(lambda: any(dialog.isVisible() for dialog in desk.shell.findChildren(QDialog)))
    for dialog in desk.shell.findChildren(QDialog):
        assert unnamed(dialog) == []
        assert dialog.accessibleName() or dialog.windowTitle()


def test_icon_only_buttons_have_a_tool_tip(desk: Desk) -> None:
    desk.bucket()
    for button in desk.shell.findChildren(QAbstractButton):
        if not button.text() and not button.icon().isNull() and not button.objectName().startswith("qt_"):
            assert button.toolTip(), button.accessibleName()


@pytest.mark.parametrize("mode", [ThemeMode.LIGHT, ThemeMode.DARK])
def test_the_window_paints_in_both_schemes(desk: Desk, mode: ThemeMode) -> None:
    desk.bucket()
    desk.put("a/b.txt")
    desk.put("c.txt")
    desk.session._look.theme.set_mode(mode)
    image = desk.shell.grab().toImage()
    corner = image.pixelColor(image.width() - 5, 60)
    assert (corner.lightness() < 128) is (mode is ThemeMode.DARK)
