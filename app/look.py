"""The look as one value that widgets are given: theme and icons, and the few touches that every widget needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.icons import Icons
from app.theme import Theme

_NOT_PLAIN: Final = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


@dataclass(frozen=True, slots=True)
class Look:
    """Theme and icons.

    Attributes:
        theme: Colours, distances, fonts.
        icons: The one icon family.
    """

    theme: Theme
    icons: Icons

    def tool_button(self, icon: str, name: str, parent: QWidget | None = None, *, tone: str = "muted") -> QToolButton:
        """Return an icon-only button with its accessible name and tool tip.

        Args:
            icon: Glyph.
            name: What it does, for screen readers and the tool tip.
            parent: Qt's owner.
            tone: Colour token of the glyph.
        """
        button = QToolButton(parent)
        button.setIcon(self.icons.icon(icon, tone))
        button.setIconSize(QSize(self.theme.size("icon_small"), self.theme.size("icon_small")))
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setAutoRaise(True)
        return button

    def push_button(self, text: str, kind: str = "", icon: str = "", parent: QWidget | None = None) -> QPushButton:
        """Return a button with text.

        Args:
            text: What it does.
            kind: `primary`, `danger`, `chip`, `link`, or nothing for an ordinary one.
            icon: Glyph before the text, if any.
            parent: Qt's owner.
        """
        button = QPushButton(f" {text}" if icon else text, parent)
        button.setAccessibleName(text.replace("&", ""))
        if kind:
            button.setProperty("kind", kind)
        if icon:
            button.setIcon(self.icons.icon(icon, {"primary": "on_accent", "danger": "on_danger"}.get(kind, "muted")))
        return button


def label(text: str = "", *, size: str = "", tone: str = "", wrap: bool = False, selectable: bool = False) -> QLabel:
    """Return a plain-text label of the type scale.

    Args:
        text: What it says.
        size: `caption`, `section`, `title`, `hero`, or nothing for body text.
        tone: `muted`, `faint`, `danger`, `warning`, or nothing for the usual colour.
        wrap: Break lines.
        selectable: Let a person mark and copy it.
    """
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    for name, value in (("textSize", size), ("tone", tone)):
        if value:
            made.setProperty(name, value)
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


def centred(widget: QWidget, width_px: int = 0) -> QHBoxLayout:
    """Return a row with a widget in its middle, as high as its wrapped text needs at that width.

    Args:
        widget: What is centred.
        width_px: Fixed width, or 0 for its own.
    """
    if width_px:
        widget.ensurePolished()
        widget.setFixedWidth(width_px)
        widget.setMinimumHeight(max(widget.heightForWidth(width_px), 0))
    row = QHBoxLayout()
    row.addStretch()
    row.addWidget(widget)
    row.addStretch()
    return row


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say what came of something, wherever its user is.

    Args:
        widget: Where it is shown.
        text: What is said; nothing for nothing.
    """
    if text:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def presses(event: QKeyEvent) -> bool:
    """Press the button that has the keyboard, if the key is Return; Qt's own buttons heed the space bar alone.

    In a dialog Return confirms a choice that is one of several, such as for how long a link works.

    Args:
        event: A key that whatever has the keyboard left alone.

    Returns:
        Whether there was such a button.
    """
    button = QApplication.focusWidget()
    if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.modifiers() & _NOT_PLAIN:
        return False
    if not isinstance(button, QToolButton | QPushButton) or not button.isEnabled():
        return False
    if button.isCheckable() and isinstance(button.window(), QDialog):
        return False
    button.click()
    return True


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and let the style sheet look at the widget again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
