"""How a row of the table is painted: one band across all columns, icon and name, quiet details."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyleOptionViewItem, QTableView, QWidget

from app import problems
from app.delegates.laid_texts import LaidTexts
from app.delegates.marks import paint_marks, shown_spans, spans_in, words_in
from app.delegates.name_editor import NameCheck
from app.delegates.naming import CUT_OPACITY, AnyIndex, NamingDelegate
from app.look import Look
from app.models.cells import Column, text_of
from app.models.folder_model import FolderModel
from app.models.rows import Row
from engine.files.quarantine import Problem

_BAND_PX = 4
_PLACEHOLDER_SHARES = (0.55, 0.4, 0.65, 0.5, 0.35)


@dataclass(frozen=True, slots=True)
class _Line:
    """A row on the screen: its number, where it is, what it shows if that has come, and whether it is cut."""

    number: int
    top: int
    height: int
    row: Row | None
    is_pale: bool


@dataclass(frozen=True, slots=True)
class _Strip:
    """A column on the screen."""

    column: Column
    left: int
    width: int

    @property
    def right(self) -> int:
        """Return where the next one begins."""
        return self.left + self.width


class RowDelegate(NamingDelegate):
    """Paints `Row`s; the view tells which row the pointer is on and which one a drop would go into.

    Attributes:
        drop_lit: Whether it is marked at this moment of its pulse.
    """

    def __init__(
        self, look: Look, view: QTableView, model: FolderModel, check: NameCheck, is_cut: Callable[[Row], bool]
    ) -> None:
        """Args: look; the table; what it shows; what is wrong with a new name, if anything; which rows are paler."""
        super().__init__(view, check, is_cut)
        self._rows = model
        self._look = look
        self._table = view
        self.drop_lit = True
        self._take_fonts()
        look.theme.changed.connect(self._take_fonts)

    def paint_rows(self, painter: QPainter, area: QRect) -> None:
        """Paint the rows in an area of the viewport: first what is behind them, then column by column.

        Qt would have each cell painted by itself. That took five times as long, and at each call that leads from Python
        to Qt a worker may take the interpreter: a screen full of cells, painted while workers had much to do, was what
        the window stood still for most often.

        Args:
            painter: On the viewport.
            area: What is to be painted anew.
        """
        lines, strips = self._lines_in(area), self._strips()
        if not lines or not strips:
            return
        self._paint_bands(painter, lines, strips)
        for strip in strips:
            if strip.left <= area.right() and strip.right > area.left():
                painter.setClipRect(strip.left, area.top(), strip.width, area.height())
                self._paint_strip(painter, strip, lines)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: AnyIndex) -> None:
        """Qt's hook: right of the icon."""
        offset = self._text_offset - self._look.theme.space("xs") - 2
        editor.setGeometry(option.rect.adjusted(offset, 3, -4, -3))

    @property
    def _text_offset(self) -> int:
        return self._look.theme.space("m") + self._look.theme.size("icon") + self._look.theme.space("s")

    def _take_fonts(self) -> None:
        self._texts = LaidTexts(self._look.theme.font("body"))
        self._numbers = LaidTexts(self._look.theme.font("body", tabular=True))

    def _lines_in(self, area: QRect) -> list[_Line]:
        """Return the rows that an area touches."""
        first, last = self._table.rowAt(area.top()), self._table.rowAt(area.bottom())
        if first < 0:
            return []
        stop = last + 1 if last >= 0 else self._rows.rowCount()
        top, height = self._table.rowViewportPosition(first), self._table.rowHeight(first)
        shown = [self._rows.shown(number) for number in range(first, stop)]
        return [
            _Line(number, top + (number - first) * height, height, row, row is not None and self._is_cut(row))
            for number, row in enumerate(shown, first)
        ]

    def _strips(self) -> list[_Strip]:
        """Return the columns that are not hidden, from the left."""
        header = self._table.horizontalHeader()
        columns = (column for column in Column if not header.isSectionHidden(column))
        strips = [
            _Strip(column, header.sectionViewportPosition(column), header.sectionSize(column)) for column in columns
        ]
        return sorted(strips, key=_left)

    def _paint_bands(self, painter: QPainter, lines: list[_Line], strips: list[_Strip]) -> None:
        chosen = self._table.selectionModel()
        current = self._table.currentIndex().row() if self._table.hasFocus() else -1
        left, width = strips[0].left + _BAND_PX, strips[-1].right - strips[0].left - 2 * _BAND_PX
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in lines:
            tone = self._band_tone(line.number, selected=chosen.isSelected(self._rows.index(line.number, 0)))
            if tone is None and line.number != current:
                continue
            ring = QPen(self._look.theme.color("focus"), 1) if line.number == current else Qt.PenStyle.NoPen
            painter.setPen(ring)
            painter.setBrush(self._look.theme.color(tone) if tone else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(left + 0.5, line.top + 1.5, width - 1, line.height - 3), 6, 6)

    def _band_tone(self, row: int, *, selected: bool) -> str | None:
        if (row == self.drop_row and self.drop_lit) or selected:
            return "accent_soft"
        return "hover" if row == self.hovered_row else None

    def _paint_strip(self, painter: QPainter, strip: _Strip, lines: list[_Line]) -> None:
        """Paint what a column says of rows."""
        now, is_number = datetime.now(UTC), strip.column == Column.SIZE
        painter.setPen(self._look.theme.color("text" if strip.column == Column.NAME else "muted"))
        painter.setFont((self._numbers if is_number else self._texts).font)
        for line in lines:
            if line.is_pale:
                painter.setOpacity(CUT_OPACITY)
            if line.row is None:
                self._paint_placeholder(painter, strip, line)
            elif strip.column == Column.NAME:
                self._paint_name(painter, QRect(strip.left, line.top, strip.width, line.height), line.row)
            else:
                text = text_of(line.row, strip.column, self._rows.folder_size, now)
                self._paint_detail(painter, strip, line, text, is_number=is_number)
            if line.is_pale:
                painter.setOpacity(1)

    def _paint_name(self, painter: QPainter, rect: QRect, row: Row) -> None:
        """Paint icon, name and what is wrong; the painter has pen and font of names, and has them afterwards."""
        theme = self._look.theme
        side = theme.size("icon")
        pixmap = self._look.icons.pixmap(row.icon, row.tone, side, self._table.devicePixelRatioF())
        painter.drawPixmap(rect.left() + theme.space("m"), rect.center().y() - side // 2 + 1, pixmap)
        inner = rect.adjusted(self._text_offset, 0, -theme.space("s"), 0)
        if row.problem is not None:
            inner.setRight(self._paint_problem(painter, inner, row.problem))
            painter.setPen(theme.color("text"))
        words = words_in(self._rows)
        if words:
            self._paint_marks(painter, inner, row, words)
        self._texts.put(painter, inner, row.label, middle=True)

    def _paint_marks(self, painter: QPainter, rect: QRect, row: Row, words: tuple[str, ...]) -> None:
        """Mark what is looked for; names have it, not their folders."""
        marked = spans_in(row.name, words)
        if marked:
            before = len(row.folder)
            shown = _elided(painter, row.label, rect, Qt.TextElideMode.ElideMiddle)
            moved = tuple((start + before, stop + before) for start, stop in marked)
            paint_marks(painter, rect, shown, shown_spans(row.label, shown, moved), self._look.theme.color("match"))

    def _paint_problem(self, painter: QPainter, rect: QRect, problem: Problem) -> int:
        """Draw the mark and the word of a problem at the right of the name, and return where the name has to end."""
        theme, mark = self._look.theme, problems.mark(problem)
        text, side = problems.word(problem), theme.size("icon_small")
        left = rect.right() - painter.fontMetrics().horizontalAdvance(text)
        painter.setPen(theme.color(mark.tone))
        self._texts.paint(painter, rect, text, right=True)
        left -= side + theme.space("xs")
        pixmap = self._look.icons.pixmap(mark.icon, mark.tone, side, self._table.devicePixelRatioF())
        painter.drawPixmap(left, rect.center().y() - side // 2 + 1, pixmap)
        return left - theme.space("s")

    def _paint_detail(self, painter: QPainter, strip: _Strip, line: _Line, text: str, *, is_number: bool) -> None:
        space = self._look.theme.space("m")
        texts = self._numbers if is_number else self._texts
        rect = QRect(strip.left + space, line.top, strip.width - 2 * space, line.height)
        texts.put(painter, rect, text, right=is_number)

    def _paint_placeholder(self, painter: QPainter, strip: _Strip, line: _Line) -> None:
        share = _PLACEHOLDER_SHARES[(line.number + strip.column) % len(_PLACEHOLDER_SHARES)]
        bar = QRectF(strip.left + 12, line.top + (line.height - 1) // 2 - 4, (strip.width - 24) * share, 8)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.color("pressed"))
        painter.drawRoundedRect(bar, 4, 4)
        painter.restore()


def _left(strip: _Strip) -> int:
    return strip.left


def _elided(painter: QPainter, text: str, rect: QRect, mode: Qt.TextElideMode) -> str:
    return painter.fontMetrics().elidedText(text.replace("\n", " "), mode, rect.width())
