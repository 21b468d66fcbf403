"""Bytes as they are: offset, hexadecimal, letters. Only what is seen is read, so that any length opens at once."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea

from app.i18n import translate
from app.look import Look
from app.previews.shapes import HexBody

CHUNK_BYTES: Final = 64 * 1024
_CHUNKS_MAX: Final = 32
_WIDE: Final = 16
_NARROW: Final = 8
_ROWS_ABOVE: Final = 3
_STEPS_MAX: Final = 2**30
_LETTERS: Final = bytes(code if 0x20 <= code < 0x7F else 0x2E for code in range(256))


class HexPage(QAbstractScrollArea):
    """See the module.

    Signals:
        range_wanted: Bytes come into view that are not there; carries offset and count.
    """

    range_wanted = Signal(object, int)

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._size_bytes = 0
        self._marked = -1
        self._top = 0
        self._setting = False
        self._chunks: dict[int, bytes] = {}
        self._asked: set[int] = set()
        self.setProperty("place", "preview")
        self.setFont(look.theme.code_font("caption"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(translate("HexPage", "Bytes"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        look.theme.changed.connect(self.viewport().update)

    def show_body(self, body: HexBody, marked: int = -1) -> None:
        """Show bytes from their beginning, or at a marked one.

        Args:
            body: Which.
            marked: Offset of a byte to point out, or -1.
        """
        self._size_bytes = body.size_bytes
        self._marked = marked
        self._asked.clear()
        self._chunks = {0: body.head} if len(body.head) == min(CHUNK_BYTES, body.size_bytes) else {}
        self._top = max(marked - _ROWS_ABOVE * _WIDE, 0)
        self._set_range()
        self._tell()
        self.viewport().update()

    def add(self, offset: int, data: bytes) -> None:
        """Take bytes that were asked for."""
        number = offset // CHUNK_BYTES
        if number not in self._asked:
            return
        self._asked.discard(number)
        while len(self._chunks) >= _CHUNKS_MAX:
            del self._chunks[next(iter(self._chunks))]
        self._chunks[number] = data
        self._tell()
        self.viewport().update()

    def row_text(self, row: int) -> str:
        """Return a row as it is shown: offset, bytes, letters."""
        start = row * self._width
        data = self._bytes(start, min(self._width, self._size_bytes - start))
        if data is None:
            return f"{start:0{self._digits}x}  …"
        pairs = data.hex(" ")
        letters = data.translate(_LETTERS).decode("ascii")
        return f"{start:0{self._digits}x}  {pairs:<{self._width * 3 - 1}}  {letters}"

    @property
    def first_row(self) -> int:
        """Return the row at the top."""
        return self._row_of(self.verticalScrollBar().value())

    def height_for_rows(self, most_px: int) -> int:
        """Return how high it needs to be for what it shows."""
        margin = self._look.theme.space("s")
        return min((self._rows + 1) * self.fontMetrics().lineSpacing() + 2 * margin, most_px)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's hook: the rows in view, and a wish for those that are not there."""
        line_px, margin = self.fontMetrics().lineSpacing(), self._look.theme.space("s")
        first = self.first_row
        with QPainter(self.viewport()) as painter:
            painter.setFont(self.font())
            for number in range(first, min(first + self._page_rows + 2, self._rows)):
                top = margin + (number - first) * line_px
                self._paint_row(painter, number, QRect(margin, top, self.viewport().width(), line_px))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: more bytes fit into a row, or fewer."""
        super().resizeEvent(event)
        self._set_range()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Home and End; the rest is the scroll bar's."""
        bar = self.verticalScrollBar()
        if event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        else:
            super().keyPressEvent(event)

    @property
    def _width(self) -> int:
        """Return how many bytes a row has."""
        letters = (self._digits + 2) + _WIDE * 3 + 1 + _WIDE
        room = self.viewport().width() - 2 * self._look.theme.space("s")
        return _WIDE if letters * self.fontMetrics().horizontalAdvance("0") <= room else _NARROW

    @property
    def _digits(self) -> int:
        return max(len(f"{max(self._size_bytes - 1, 0):x}"), 6)

    @property
    def _rows(self) -> int:
        return -(-self._size_bytes // self._width)

    @property
    def _page_rows(self) -> int:
        return max(self.viewport().height() // self.fontMetrics().lineSpacing(), 1)

    @property
    def _rows_a_step(self) -> int:
        """Return how many rows one step of the scroll bar is: more than one only where Qt's numbers end."""
        return max(-(-self._rows // _STEPS_MAX), 1)

    def _row_of(self, step: int) -> int:
        return step * self._rows_a_step

    def _step_of(self, row: int) -> int:
        return row // self._rows_a_step

    def _set_range(self) -> None:
        """Fit the scroll bar to what there is, with the same byte at the top."""
        bar, page = self.verticalScrollBar(), max(self._page_rows - 1, 1)
        self._setting = True
        bar.setRange(0, self._step_of(max(self._rows - page, 0)))
        bar.setPageStep(max(self._step_of(page), 1))
        bar.setValue(self._step_of(self._top // self._width))
        self._setting = False

    def _scrolled(self) -> None:
        if not self._setting:
            self._top = self.first_row * self._width
        self._tell()

    def _paint_row(self, painter: QPainter, number: int, place: QRect) -> None:
        text = self.row_text(number)
        advance = self.fontMetrics().horizontalAdvance("0")
        at = self._marked - number * self._width
        if 0 <= at < self._width:
            left = place.left() + (self._digits + 2 + at * 3) * advance
            painter.fillRect(
                left - 2, place.top(), 2 * advance + 4, place.height(), self._look.theme.color("warning_soft")
            )
        painter.setPen(self._look.theme.color("muted"))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text[: self._digits])
        painter.setPen(self._look.theme.color("text"))
        rest = place.translated(self._digits * advance, 0)
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, text[self._digits :])

    def _bytes(self, start: int, count: int) -> bytes | None:
        """Return bytes of one row, or None where they are not there yet."""
        number = start // CHUNK_BYTES
        chunk = self._chunks.get(number)
        if chunk is None:
            self._ask(number)
            return None
        begin = start - number * CHUNK_BYTES
        return chunk[begin : begin + count]

    def _ask(self, number: int) -> None:
        if number not in self._asked:
            self._asked.add(number)
            offset = number * CHUNK_BYTES
            self.range_wanted.emit(offset, min(CHUNK_BYTES, self._size_bytes - offset))

    def _tell(self) -> None:
        """Let screen readers read the row at the top."""
        if self._size_bytes:
            self.setAccessibleDescription(self.row_text(self.first_row))
