"""A part of a form that is folded away until it is wanted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.look import Look


class Disclosure(QWidget):
    """A heading that opens and closes what is below it."""

    def __init__(self, look: Look, title: str) -> None:
        """Args: look; the heading. Closed at first."""
        super().__init__()
        self._look = look
        self.button = QToolButton()
        self.button.setProperty("place", "disclosure")
        self.button.setText(title)
        self.button.setAccessibleName(title.replace("&", ""))
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._content = QWidget()
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(look.theme.space("xl"), 0, 0, 0)
        self._column.setSpacing(look.theme.space("s"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.theme.space("s"))
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._content)
        self.button.toggled.connect(self._show)
        self._show(opened=False)

    def add(self, widget: QWidget) -> None:
        """Add a part below the heading."""
        self._column.addWidget(widget)

    def set_open(self, opened: bool) -> None:
        """Open or close it."""
        self.button.setChecked(opened)

    def _show(self, opened: bool) -> None:
        self._content.setVisible(opened)
        self.button.setIcon(self._look.icons.icon("caret-down" if opened else "caret-right"))
