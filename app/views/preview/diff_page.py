"""Two texts side by side: lines that differ have a mark before them and a ground of their own; both scroll together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextFormat
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTextEdit, QWidget

from app.i18n import translate
from app.look import Look
from app.previews.comparing import Line

_MARKED_MAX: Final = 2_000
_MARKS: Final = {"changed": ("~ ", "~ "), "removed": ("- ", "  "), "added": ("  ", "+ ")}
_GROUNDS: Final = {
    "changed": ("warning_soft", "warning_soft"), "removed": ("danger_soft", ""), "added": ("", "success_soft"),
}  # fmt: skip


class DiffPage(QWidget):
    """See the module."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._lines: Sequence[Line] = ()
        self.before = self._side(translate("DiffPage", "Before"))
        self.after = self._side(translate("DiffPage", "After"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.theme.space("m"))
        row.addWidget(self.before)
        row.addWidget(self.after)
        for one, other in ((self.before, self.after), (self.after, self.before)):
            one.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)
            one.horizontalScrollBar().valueChanged.connect(other.horizontalScrollBar().setValue)
        look.theme.changed.connect(self._mark)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show rows of two texts."""
        self._lines = lines
        self.before.setPlainText("\n".join(_text(line, 0) for line in lines))
        self.after.setPlainText("\n".join(_text(line, 1) for line in lines))
        self._mark()

    def _side(self, name: str) -> QPlainTextEdit:
        side = QPlainTextEdit()
        side.setReadOnly(True)
        side.setUndoRedoEnabled(False)
        side.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        side.setProperty("place", "preview")
        side.setAccessibleName(name)
        side.setTabChangesFocus(True)
        side.setFont(self._look.theme.code_font("caption"))
        side.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return side

    def _mark(self) -> None:
        for number, side in enumerate((self.before, self.after)):
            marked = [place for place, line in enumerate(self._lines) if line.what in _GROUNDS][:_MARKED_MAX]
            side.setExtraSelections([
                self._ground(side, place, _GROUNDS[self._lines[place].what][number])
                for place in marked
                if _GROUNDS[self._lines[place].what][number]
            ])  # fmt: skip

    def _ground(self, side: QPlainTextEdit, place: int, tone: str) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        made.cursor = QTextCursor(side.document().findBlockByNumber(place))
        made.format.setBackground(self._look.theme.color(tone))
        made.format.setProperty(QTextFormat.Property.FullWidthSelection.value, True)
        return made


def _text(line: Line, side: int) -> str:
    if line.what == "skipped":
        return "⋯ " + translate("DiffPage", "%Ln line(s) the same", None, int(line.before or 0))
    text = (line.before, line.after)[side]
    return _MARKS.get(line.what, ("  ", "  "))[side] + (text or "")
