"""Texts that are laid out once and painted many times: short, on one line, elided to a width.

A row that is painted again, because something beside it changed or the view scrolled, has the texts it had. Eliding and
laying out is most of what painting costs, and the main thread shares the interpreter with the workers meanwhile.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QStaticText, QTransform

_KEPT: Final = 2_048
"""Texts: those of some screens."""

_BLANKS: Final = dict.fromkeys(map(ord, "\n\r\t\u2028\u2029"), " ")


class LaidTexts:
    """Texts in one font.

    Attributes:
        font: The font; `paint` sets it.
    """

    def __init__(self, font: QFont) -> None:
        """Args: as above."""
        self.font = font
        self._metrics = QFontMetrics(font)
        self._height = self._metrics.height()
        self._known: OrderedDict[tuple[str, int, bool], tuple[QStaticText, int]] = OrderedDict()

    def paint(self, painter: QPainter, rect: QRect, text: str, *, middle: bool = False, right: bool = False) -> None:
        """Paint a text into the middle of a rectangle's height.

        Args:
            painter: With the pen set.
            rect: Where.
            text: What; line breaks and tabs become blanks.
            middle: Whether it is shortened in its middle, else at its end.
            right: Whether it stands at the right end.
        """
        painter.setFont(self.font)
        self.put(painter, rect, text, middle=middle, right=right)

    def put(self, painter: QPainter, rect: QRect, text: str, *, middle: bool = False, right: bool = False) -> None:
        """Do what `paint` does, with a painter that has the font already."""
        width = rect.width()
        laid, needed = self._laid(text, width, middle)
        left = rect.x() + (width - needed if right else 0)
        painter.drawStaticText(left, rect.y() + (rect.height() - self._height + 1) // 2, laid)

    def _laid(self, text: str, width: int, middle: bool) -> tuple[QStaticText, int]:
        key = text, width, middle
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._lay(text, width, middle)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)  # so that what was not painted for longest goes first
        return known

    def _lay(self, text: str, width: int, middle: bool) -> tuple[QStaticText, int]:
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        laid = QStaticText(self._metrics.elidedText(text.translate(_BLANKS), mode, width))
        laid.setTextFormat(Qt.TextFormat.PlainText)
        laid.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        laid.prepare(QTransform(), self.font)
        return laid, round(laid.size().width())
