"""The words beside the pointer while something is dragged: what a drop here would do."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.look import Look, label

_BESIDE: QPoint = QPoint(56, 16)
"""Right of the picture that is dragged, which hangs from the pointer."""


class DragTip(QFrame):
    """One line of text that follows the pointer and lets it through."""

    def __init__(self, look: Look, host: QWidget) -> None:
        """Args: look, and the window inside which it floats."""
        super().__init__(host)
        self._host = host
        self.setProperty("place", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        space = look.theme.space
        row.setContentsMargins(space("m"), space("xs"), space("m"), space("xs"))
        self._text = label()
        row.addWidget(self._text)
        self.hide()

    @property
    def text(self) -> str:
        """Return what is shown, or nothing."""
        return self._text.text() if self.isVisible() else ""

    def say(self, text: str) -> None:
        """Show a line beside the pointer; no text takes it away."""
        if not text:
            self.hide()
            return
        self._text.setText(text)
        self.adjustSize()
        at = self._host.mapFromGlobal(QCursor.pos()) + _BESIDE
        at.setX(max(0, min(at.x(), self._host.width() - self.width())))
        at.setY(max(0, min(at.y(), self._host.height() - self.height())))
        self.move(at)
        self.show()
        self.raise_()
