"""Two texts side by side: lines that differ have a mark before them and a ground of their own; both scroll together.

Lines are taken in slice by slice, so that thousands of them never hold the window up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QBrush, QTextBlockFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from app.i18n import translate
from app.look import Look
from app.previews.comparing import Line
from app.previews.folding import longest, pieces
from app.views.preview.sparing import sparing_repaints

_LINES_A_STEP: Final = 40
_STEP_S: Final = 0.008
_SLOW_LINE_MAX_CHARS: Final = 75
"""There are two sides to be painted, each of which is no wider than that."""

_MARKS: Final = {"changed": ("~ ", "~ "), "removed": ("- ", "  "), "added": ("  ", "+ ")}
_GOES_ON: Final = ("  ", "  ")
_GROUNDS: Final = {
    "changed": ("warning_soft", "warning_soft"), "removed": ("danger_soft", ""), "added": ("", "success_soft"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    """A line on both sides, or a piece of one.

    Attributes:
        what: `Line.what`.
        texts: What stands on the two sides, with the marks before it.
    """

    what: str
    texts: tuple[str, str]


class DiffPage(QWidget):
    """See the module."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._lines: Sequence[Line] = ()
        self._waiting: Iterator[_Row] = iter(())
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
        self._lines, self._waiting = lines, chain.from_iterable(map(_rows, lines))
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
        while time.monotonic() < until:
            some = list(islice(self._waiting, _LINES_A_STEP))
            if not some:
                return
            for number, side in enumerate((self.before, self.after)):
                with sparing_repaints(side):
                    self._insert(side, some, number)
        self._soon.start()

    def _insert(self, side: QPlainTextEdit, rows: Sequence[_Row], number: int) -> None:
        cursor = QTextCursor(side.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for row in rows:
            if not side.document().isEmpty():
                cursor.insertBlock()
            cursor.setBlockFormat(self._ground(_GROUNDS.get(row.what, ("", ""))[number]))
            cursor.insertText(row.texts[number])
        cursor.endEditBlock()

    def _ground(self, tone: str) -> QTextBlockFormat:
        made = QTextBlockFormat()
        if tone:
            made.setBackground(QBrush(self._look.theme.color(tone)))
        return made


def _rows(line: Line) -> Iterator[_Row]:
    """Yield a line in pieces that can be laid out, which stand beside each other."""
    if line.what == "skipped":
        said = "⋯ " + translate("DiffPage", "%Ln line(s) the same", None, int(line.before or 0))
        yield _Row(line.what, (said, said))
        return
    before, after = line.before or "", line.after or ""
    most = min(longest(before, _SLOW_LINE_MAX_CHARS), longest(after, _SLOW_LINE_MAX_CHARS))
    marks = _MARKS.get(line.what, _GOES_ON)
    for left, right in zip_longest(pieces(before, most), pieces(after, most), fillvalue=""):
        yield _Row(line.what, (marks[0] + left, marks[1] + right))
        marks = _GOES_ON
