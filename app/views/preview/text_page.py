"""A text with line numbers: taken in slice by slice, so that a long one never holds the window up."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import deque
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFont,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextLayout,
)
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.i18n import translate
from app.look import Look
from app.previews.shapes import Span, TextBody, TextPart
from app.views.preview.sparing import sparing_repaints

_SLICE_CHARS: Final = 1024
"""Few, for each of them may be a line, or a tab stop that is laid out."""

_BLOCKS_A_STEP: Final = 10
_STEP_S: Final = 0.008
_SHOWN_MAX_CHARS: Final = 24 * 1024 * 1024
_SHOWN_MAX_LINES: Final = 400_000
_NEAR_END_LINES: Final = 200
_TONES: Final = {
    "keyword": "code_keyword", "function": "code_function", "string": "code_string", "number": "code_number",
    "comment": "code_comment",
}  # fmt: skip


class TextPage(QPlainTextEdit):
    """See the module.

    Signals:
        more_wanted: The end of what is there comes into view; carries where the text goes on.
        cut_off: The end of what is there comes into view, and nothing more of the text is shown.
    """

    more_wanted = Signal(object)
    cut_off = Signal()

    def __init__(self, look: Look, *, numbered: bool) -> None:
        """Args: look; whether lines have numbers."""
        super().__init__()
        self._look = look
        self._numbered = numbered
        self._waiting: deque[str] = deque()
        self._spans: deque[Span] = deque()
        self._all_spans: tuple[Span, ...] = ()
        self._folded: list[int] = []
        self._next_offset: int | None = None
        self._asked: int | None = None
        self._chars = 0
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setProperty("place", "preview")
        self.setAccessibleName(translate("TextPage", "Text"))
        self.setTabChangesFocus(True)
        self.setFont(look.theme.code_font("caption"))
        self._gutter = _Gutter(self)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._step)
        self.verticalScrollBar().valueChanged.connect(self._look_for_end)
        self.updateRequest.connect(self._move_gutter)
        look.theme.changed.connect(self._colour_anew)

    @property
    def is_settled(self) -> bool:
        """Return whether all that was given is shown."""
        return not self._waiting and not self._spans

    def show_body(self, body: TextBody) -> None:
        """Show a text from its beginning."""
        self.clear()
        self._waiting.clear()
        self._folded.clear()
        self._chars = 0
        self._asked = None
        self._all_spans = body.spans
        self._spans = deque(body.spans)
        self._gutter.setVisible(self._numbered and body.numbered)
        self._take(body.part)
        self._step()

    def add(self, part: TextPart) -> None:
        """Go on with the next part; one that nobody asked for is left out."""
        if self._asked is not None:
            self._asked = None
            self._take(part)
            self._soon.start()

    def height_for_lines(self, most_px: int) -> int:
        """Return how high it needs to be for what it shows."""
        lines_px = (self.blockCount() + 1) * self.fontMetrics().lineSpacing()
        return min(lines_px + 2 * round(self.document().documentMargin()) + 2 * self.frameWidth() + 8, most_px)

    def number_of(self, block: int) -> int | None:
        """Return the line number of a block, or None where it goes on with the line above."""
        begun = block + 1 - bisect_right(self._folded, block)
        return None if bisect_left(self._folded, block) + begun == block else begun

    def gutter_width(self) -> int:
        """Return how wide the numbers are."""
        if self._gutter.isHidden():
            return 0
        digits = max(len(str(self.blockCount())), 2)
        return digits * self.fontMetrics().horizontalAdvance("9") + 2 * self._look.theme.space("s")

    def paint_gutter(self, event: QPaintEvent) -> None:
        """Paint the numbers of the lines in view."""
        with QPainter(self._gutter) as painter:
            self._paint_numbers(painter, event.rect())

    def _paint_numbers(self, painter: QPainter, area: QRect) -> None:
        painter.fillRect(area, self._look.theme.color("window"))
        painter.setFont(self.font())
        painter.setPen(self._look.theme.color("muted"))
        block, width = self.firstVisibleBlock(), self._gutter.width() - self._look.theme.space("s")
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if place.top() > area.bottom():
                break
            number = self.number_of(block.blockNumber())
            if number is not None:
                right = Qt.AlignmentFlag.AlignRight
                painter.drawText(
                    QRect(0, round(place.top()), width, self.fontMetrics().height()), right, str(number)
                )  # fmt: skip
            block = block.next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: the numbers stay at the left edge."""
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._gutter.setGeometry(inside.left(), inside.top(), self.gutter_width(), inside.height())
        self._look_for_end()

    def _take(self, part: TextPart) -> None:
        first = max(self.blockCount() - 1, 0) + sum(piece.count("\n") for piece in self._waiting)
        self._folded.extend(first + number for number in sorted(part.folded))
        self._next_offset = part.next_offset
        self._waiting.extend(
            part.text[start : start + _SLICE_CHARS] for start in range(0, len(part.text), _SLICE_CHARS)
        )  # fmt: skip

    def _step(self) -> None:
        """Take in what a few milliseconds allow: text first and, once all of it is there, colours."""
        until = time.monotonic() + _STEP_S
        while not self.is_settled and time.monotonic() < until:
            if self._waiting:
                self._insert(self._waiting.popleft())
            else:
                self._colour()
        if not self.is_settled:
            self._soon.start()
        else:
            self._look_for_end()

    def _insert(self, piece: str) -> None:
        self._chars += len(piece)
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        with sparing_repaints(self):
            cursor.insertText(piece)
        self._move_gutter()

    def _colour(self) -> None:
        """Colour the lines that the next spans lie in."""
        blocks = 0
        while self._spans and blocks < _BLOCKS_A_STEP:
            block = self.document().findBlock(self._spans[0][0])
            if not block.isValid():
                self._spans.clear()
                return
            self._colour_block(block)
            blocks += 1

    def _colour_block(self, block: QTextBlock) -> None:
        begin, end = block.position(), block.position() + block.length()
        ranges: list[QTextLayout.FormatRange] = []
        while self._spans and self._spans[0][0] < end:
            start, length, kind = self._spans.popleft()
            made = QTextLayout.FormatRange()
            made.start, made.length = start - begin, min(start + length, end - 1) - start
            made.format = self._format(kind)
            ranges.append(made)
            if start + length > end:
                self._spans.appendleft((end, start + length - end, kind))
        block.layout().setFormats(ranges)
        self.document().markContentsDirty(begin, block.length())

    def _format(self, kind: str) -> QTextCharFormat:
        made = QTextCharFormat()
        if kind in _TONES:
            made.setForeground(self._look.theme.color(_TONES[kind]))
        if kind == "keyword":
            made.setFontWeight(QFont.Weight.DemiBold)
        return made

    def _colour_anew(self) -> None:
        self._spans = deque(self._all_spans)
        self._soon.start()

    def _look_for_end(self) -> None:
        """Ask for more once the end comes near."""
        bar = self.verticalScrollBar()
        is_near = bar.value() + bar.pageStep() + _NEAR_END_LINES >= bar.maximum()
        if not is_near or self._waiting or self._next_offset is None or self._asked is not None:
            return
        if not self.isVisible() or bar.value() == 0:
            return
        if self._chars >= _SHOWN_MAX_CHARS or self.blockCount() >= _SHOWN_MAX_LINES:
            self._next_offset = None
            self.cut_off.emit()
            return
        self._asked = self._next_offset
        self.more_wanted.emit(self._asked)

    def _move_gutter(self, *_: object) -> None:
        width = self.gutter_width()
        if self.viewportMargins().left() != width:
            self.setViewportMargins(width, 0, 0, 0)
            inside = self.contentsRect()
            self._gutter.setGeometry(inside.left(), inside.top(), width, inside.height())
        self._gutter.update()


class _Gutter(QWidget):
    """Where the numbers are; the text paints them."""

    def __init__(self, page: TextPage) -> None:
        super().__init__(page)
        self._page = page

    def sizeHint(self) -> QSize:
        return QSize(self._page.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._page.paint_gutter(event)
