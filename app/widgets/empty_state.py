"""What is shown where there is nothing yet: a large picture, a sentence, and the thing to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.look import Look, announce, centred, label
from app.widgets.glyph import Glyph

_TEXT_WIDTH_PX = 440


class EmptyState(QWidget):
    """Picture, title, explanation and up to two buttons that trigger actions."""

    def __init__(
        self, look: Look, icon: str, title: str, text: str, actions: tuple[QAction, ...] = (), tone: str = "accent"
    ) -> None:
        """Build it.

        Args:
            look: Theme and icons.
            icon: Glyph of the large picture.
            title: What is so.
            text: What to do about it.
            actions: Buttons; the first is the primary one.
            tone: Colour token of the picture.
        """
        super().__init__()
        self._look = look
        self._offered = {action: action_button(look, action, primary=i == 0) for i, action in enumerate(actions)}
        self.setProperty("place", "surface")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus if actions else Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setSpacing(look.theme.space("s"))
        column.addStretch(2)
        column.addWidget(Glyph(look, icon, tone, look.theme.size("icon_hero")), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(look.theme.space("s"))
        self.title = label(title, size="hero")
        self.text = label(text, tone="muted", wrap=True)
        for part in (self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(centred(self.title))
        column.addLayout(centred(self.text, _TEXT_WIDTH_PX))
        column.addSpacing(look.theme.space("s"))
        column.addLayout(self._buttons())
        column.addStretch(3)

    def say(self, title: str, text: str) -> None:
        """Say something else."""
        self.title.setText(title)
        self.text.setText(text)
        self.text.setMinimumHeight(max(self.text.heightForWidth(_TEXT_WIDTH_PX), 0))
        self.setAccessibleName(title)

    def offer(self, action: QAction, *, offered: bool) -> None:
        """Show or hide the button of an action, where it would change nothing."""
        self._offered[action].setVisible(offered)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt's hook: the keyboard goes to the thing to do next, where it is seen, and screen readers hear why."""
        super().focusInEvent(event)
        announce(self, f"{self.title.text()}. {self.text.text()}")
        button = next((one for one in self._offered.values() if one.isVisible() and one.isEnabled()), None)
        if button is not None:
            button.setFocus(event.reason())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("s"))
        row.addStretch()
        for button in self._offered.values():
            row.addWidget(button)
        row.addStretch()
        return row


def action_button(look: Look, action: QAction, *, primary: bool = False) -> QPushButton:
    """Return a button that does what an action does, and is enabled when it is.

    Args:
        look: Theme and icons.
        action: What is triggered.
        primary: The one button that stands out.
    """
    text = action.text().replace("…", "").replace("&", "")
    button = look.push_button(text, "primary" if primary else "", str(action.property("glyph")))
    button.setEnabled(action.isEnabled())
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    return button
