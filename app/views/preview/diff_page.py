"""Two texts side by side: lines that differ have a mark before them and a ground of their own; both scroll together.

Lines are taken in slice by slice, so that thousands of them never hold the window up.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QBrush, QTextBlockFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from app.i18n import translate
from app.look import Look
from app.previews.comparing import Line

_LINES_A_STEP: Final = 40
_STEP_S: Final = 0.008
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
        self._waiting: deque[Line] = deque()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._step)
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
        look.theme.changed.connect(self._show_anew)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show rows of two texts."""
        self._lines, self._waiting = lines, deque(lines)
        self.before.clear()
        self.after.clear()
        self._step()

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

    def _show_anew(self) -> None:
        self.show_lines(self._lines)

    def _step(self) -> None:
        """Take in what a few milliseconds allow."""
        until = time.monotonic() + _STEP_S
        while self._waiting and time.monotonic() < until:
            some = [self._waiting.popleft() for _ in range(min(_LINES_A_STEP, len(self._waiting)))]
            self._insert(self.before, some, 0)
            self._insert(self.after, some, 1)
        if self._waiting:
            self._soon.start()

    def _insert(self, side: QPlainTextEdit, lines: Sequence[Line], number: int) -> None:
        cursor = QTextCursor(side.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for line in lines:
            if line is not self._lines[0]:
                cursor.insertBlock()
            cursor.setBlockFormat(self._ground(_GROUNDS.get(line.what, ("", ""))[number]))
            cursor.insertText(_text(line, number))
        cursor.endEditBlock()

    def _ground(self, tone: str) -> QTextBlockFormat:
        made = QTextBlockFormat()
        if tone:
            made.setBackground(QBrush(self._look.theme.color(tone)))
        return made


def _text(line: Line, side: int) -> str:
    if line.what == "skipped":
        return "⋯ " + translate("DiffPage", "%Ln line(s) the same", None, int(line.before or 0))
    text = (line.before, line.after)[side]
    return _MARKS.get(line.what, ("  ", "  "))[side] + (text or "")
