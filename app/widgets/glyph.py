"""A picture from the icon family, for decoration."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.look import Look


class Glyph(QWidget):
    """A glyph as decoration: it follows the theme and is silent to screen readers."""

    def __init__(self, look: Look, name: str, tone: str, size_px: int) -> None:
        """Args: look; glyph; colour token; width and height in pixels."""
        super().__init__()
        self._look = look
        self._name = name
        self._tone = tone
        self.setFixedSize(size_px, size_px)

    def set_glyph(self, name: str, tone: str) -> None:
        """Show another glyph."""
        self._name, self._tone = name, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's hook: draw it."""
        with QPainter(self) as painter:
            self._look.icons.paint(painter, self._name, self._tone, QRectF(self.rect()))
