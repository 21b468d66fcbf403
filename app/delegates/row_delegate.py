"""How a row of the table is painted: one band across all columns, icon and name, quiet details."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QTableView, QWidget

from app import problems
from app.delegates.laid_texts import LaidTexts
from app.delegates.marks import paint_marks, shown_spans, spans_in, words_in
from app.delegates.name_editor import NameCheck
from app.delegates.naming import AnyIndex, NamingDelegate
from app.look import Look
from app.models.cells import Column, text_of
from app.models.folder_model import FolderModel
from app.models.rows import Row
from engine.files.quarantine import Problem

_BEYOND = 24
_SELECTED = QStyle.StateFlag.State_Selected
_PLACEHOLDER_SHARES = (0.55, 0.4, 0.65, 0.5, 0.35)


class RowDelegate(NamingDelegate):
    """Paints `Row`s; the view tells which row the pointer is on and which one a drop would go into.

    Attributes:
        drop_lit: Whether it is marked at this moment of its pulse.
    """

    def __init__(
        self, look: Look, view: QTableView, check: NameCheck, is_cut: Callable[[Row], bool] = lambda _: False
    ) -> None:
        """Args: look; the table; what is wrong with a new name, if anything; which rows are painted paler."""
        super().__init__(view, check, is_cut)
        self._look = look
        self._table = view
        self.drop_lit = True
        self._take_fonts()
        look.theme.changed.connect(self._take_fonts)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: band, then what the column shows."""
        model, column, rect = index.model(), index.column(), option.rect
        if not isinstance(model, FolderModel):
            return
        painter.save()
        self._paint_band(painter, rect, index, selected=bool(option.state & _SELECTED))
        row = model.shown(index.row())
        self._pale_if_cut(painter, row)
        if row is None:
            self._paint_placeholder(painter, rect, index)
        elif column == Column.NAME:
            self._paint_name(painter, rect, row, words_in(model))
        else:
            self._paint_detail(painter, rect, text_of(row, column, model.folder_size), is_number=column == Column.SIZE)
        painter.restore()

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

    def _paint_band(self, painter: QPainter, rect: QRect, index: AnyIndex, *, selected: bool) -> None:
        tone = self._band_tone(index.row(), selected=selected)
        current = self._table.hasFocus() and self._table.currentIndex().row() == index.row()
        if tone is None and not current:
            return
        header = self._table.horizontalHeader()
        place = header.visualIndex(index.column())
        last = header.count() - 1 - header.hiddenSectionCount()
        band = QRectF(rect).adjusted(4 if place == 0 else -_BEYOND, 1, -4 if place >= last else _BEYOND, -1)
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._look.theme.color("focus"), 1) if current else Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.color(tone) if tone else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(band.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _band_tone(self, row: int, *, selected: bool) -> str | None:
        if (row == self.drop_row and self.drop_lit) or selected:
            return "accent_soft"
        return "hover" if row == self.hovered_row else None

    def _paint_name(self, painter: QPainter, rect: QRect, row: Row, words: tuple[str, ...]) -> None:
        theme = self._look.theme
        side = theme.size("icon")
        painter.setClipRect(rect)
        pixmap = self._look.icons.pixmap(row.icon, row.tone, side, self._table.devicePixelRatioF())
        painter.drawPixmap(rect.left() + theme.space("m"), rect.center().y() - side // 2 + 1, pixmap)
        painter.setPen(theme.color("text"))
        painter.setFont(self._texts.font)
        inner = rect.adjusted(self._text_offset, 0, -theme.space("s"), 0)
        if row.problem is not None:
            inner.setRight(self._paint_problem(painter, inner, row.problem))
            painter.setPen(theme.color("text"))
        self._paint_marks(painter, inner, row, words)
        self._texts.paint(painter, inner, row.label, middle=True)

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

    def _paint_detail(self, painter: QPainter, rect: QRect, text: str, *, is_number: bool) -> None:
        space = self._look.theme.space("m")
        painter.setPen(self._look.theme.color("muted"))
        texts = self._numbers if is_number else self._texts
        texts.paint(painter, rect.adjusted(space, 0, -space, 0), text, right=is_number)

    def _paint_placeholder(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        share = _PLACEHOLDER_SHARES[(index.row() + index.column()) % len(_PLACEHOLDER_SHARES)]
        bar = QRectF(rect.left() + 12, rect.center().y() - 4, (rect.width() - 24) * share, 8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.color("pressed"))
        painter.drawRoundedRect(bar, 4, 4)


def _elided(painter: QPainter, text: str, rect: QRect, mode: Qt.TextElideMode) -> str:
    return painter.fontMetrics().elidedText(text.replace("\n", " "), mode, rect.width())
