"""Names of some lines that are laid out once and painted many times: broken where they have to be, the last line cut.

As with `laid_texts`, an entry that is painted again has the lines it had.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QStaticText, QTextLayout, QTextOption, QTransform

_KEPT: Final = 1_024
"""Names: those of some screens."""


@dataclass(frozen=True, slots=True)
class NameLine:
    """One line of a name.

    Attributes:
        text: What belongs on it.
        start: Where in the name that begins.
        shown: It, or what there is room for of it.
        width: How wide that is.
        laid: The same, to be painted.
    """

    text: str
    start: int
    shown: str
    width: int
    laid: QStaticText


class LaidNames:
    """Names in one font.

    Attributes:
        font: The font.
        line_height: From the top of a line to that of the next.
        ink_height: How much of that a text fills.
    """

    def __init__(self, font: QFont, lines_max: int) -> None:
        """Args: the font; how many lines a name may have."""
        self.font = font
        self._metrics = QFontMetrics(font)
        self._lines_max = lines_max
        self.line_height, self.ink_height = self._metrics.lineSpacing(), self._metrics.height()
        self._known: OrderedDict[tuple[str, int], tuple[NameLine, ...]] = OrderedDict()

    def lines(self, name: str, width: int) -> tuple[NameLine, ...]:
        """Return the lines of a name.

        Args:
            name: Any text; line breaks become blanks.
            width: Of a line, in pixels.
        """
        key = name, width
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._lay(name.replace("\n", " "), width)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)  # so that what was not painted for longest goes first
        return known

    def _lay(self, name: str, width: int) -> tuple[NameLine, ...]:
        layout = QTextLayout(name, self.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        lines: list[NameLine] = []
        while len(lines) < self._lines_max and (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            start = line.textStart()
            is_last = len(lines) == self._lines_max - 1
            lines.append(self._line(name[start:] if is_last else name[start : start + line.textLength()], start, width))
        layout.endLayout()
        return tuple(lines)

    def _line(self, part: str, start: int, width: int) -> NameLine:
        text = part.strip()
        shown = self._metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
        laid = QStaticText(shown)
        laid.setTextFormat(Qt.TextFormat.PlainText)
        laid.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        laid.prepare(QTransform(), self.font)
        indent = len(part) - len(part.lstrip())
        return NameLine(text, start + indent, shown, self._metrics.horizontalAdvance(shown), laid)
