"""How an entry of the icon view is painted: thumbnail or glyph, and below it the name in up to two lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from app import problems
from app.delegates.laid_names import LaidNames, NameLine
from app.delegates.marks import Span, paint_marks, shown_spans, spans_in, words_in
from app.delegates.name_editor import NameCheck
from app.delegates.naming import AnyIndex, NamingDelegate
from app.look import Look
from app.models.folder_model import FolderModel
from app.models.rows import Row
from app.models.thumbs import Thumbs
from engine.files.quarantine import Problem

_LINES: Final = 2
_GLYPH_SHARE: Final = 0.6
_GLYPH_MAX_PX: Final = 96


class IconDelegate(NamingDelegate):
    """Paints `Row`s as icons.

    Attributes:
        edge_px: Side of the square for the thumbnail.
    """

    def __init__(
        self, look: Look, view: QAbstractItemView, check: NameCheck, thumbs: Thumbs, is_cut: Callable[[Row], bool]
    ) -> None:
        """Args: look; the view; what is wrong with a new name, if anything; thumbnails; which rows are paler."""
        super().__init__(view, check, is_cut)
        self._look = look
        self._view = view
        self._thumbs = thumbs
        self.edge_px = 0
        self._names = LaidNames(view.font(), _LINES)

    def cell_size(self) -> QSize:
        """Return the room that an entry takes at least."""
        theme = self._look.theme
        return QSize(self.edge_px + 2 * theme.space("l"), self.edge_px + self._text_height + 2 * theme.space("m"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: band, picture, name."""
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_band(painter, option, index)
        model = index.model()
        row = model.shown(index.row()) if isinstance(model, FolderModel) else None
        self._pale_if_cut(painter, row)
        if row is None:
            self._paint_placeholder(painter, option.rect)
        else:
            self._paint_picture(painter, self._picture_rect(option.rect), row)
            self._paint_name(painter, self._text_rect(option.rect), row.name, words_in(model))
        painter.restore()

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: AnyIndex) -> None:
        """Qt's hook: over the name."""
        rect = self._text_rect(option.rect)
        editor.setGeometry(rect.left(), rect.top() - 4, rect.width(), self._look.theme.size("control") - 4)

    @property
    def _text_height(self) -> int:
        return _LINES * self._view.fontMetrics().lineSpacing() + self._look.theme.space("s")

    def _names_now(self) -> LaidNames:
        """Return names in the font that the view has by now: a style sheet comes later, and changes with the theme."""
        font = self._view.font()
        if font != self._names.font:
            self._names = LaidNames(font, _LINES)
        return self._names

    def _picture_rect(self, cell: QRect) -> QRect:
        left = cell.center().x() - self.edge_px // 2
        return QRect(left, cell.top() + self._look.theme.space("m"), self.edge_px, self.edge_px)

    def _text_rect(self, cell: QRect) -> QRect:
        theme = self._look.theme
        top = cell.top() + theme.space("m") + self.edge_px + theme.space("s")
        return QRect(cell.left() + theme.space("s"), top, cell.width() - 2 * theme.space("s"), self._text_height)

    def _paint_band(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        theme = self._look.theme
        tone = None
        if option.state & QStyle.StateFlag.State_Selected or index.row() == self.drop_row:
            tone = "accent_soft"
        elif index.row() == self.hovered_row:
            tone = "hover"
        current = self._view.hasFocus() and self._view.currentIndex().row() == index.row()
        if tone is None and not current:
            return
        painter.setPen(QPen(theme.color("focus"), 1) if current else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(tone) if tone else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(option.rect).adjusted(2.5, 2.5, -2.5, -2.5), 6, 6)

    def _paint_picture(self, painter: QPainter, rect: QRect, row: Row) -> None:
        image = self._thumbs.image(row.object.version) if row.object is not None else None
        if image is None:
            side = min(int(self.edge_px * _GLYPH_SHARE), _GLYPH_MAX_PX)
            pixmap = self._look.icons.pixmap(row.icon, row.tone, side, self._view.devicePixelRatioF())
            painter.drawPixmap(rect.center().x() - side // 2, rect.center().y() - side // 2, pixmap)
        else:
            self._paint_image(painter, rect, image)
        if row.problem is not None:
            self._paint_problem(painter, rect, row.problem)

    def _paint_image(self, painter: QPainter, rect: QRect, image: QImage) -> None:
        """Paint a thumbnail in the middle, never larger than it is, with soft corners and an edge that ends it."""
        size = image.size()
        if size.width() > rect.width() or size.height() > rect.height():
            size.scale(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(QSize(1, 1))
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(QRectF(rect).center())
        path = QPainterPath()
        path.addRoundedRect(place, 4, 4)
        painter.save()
        painter.setClipPath(path)
        painter.drawImage(place, image)
        painter.restore()
        painter.setPen(QPen(self._look.theme.color("border"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _paint_problem(self, painter: QPainter, rect: QRect, problem: Problem) -> None:
        mark, side = problems.mark(problem), self._look.theme.size("icon")
        pixmap = self._look.icons.pixmap(mark.icon, mark.tone, side, self._view.devicePixelRatioF())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.color("surface"))
        painter.drawEllipse(rect.right() - side - 6, rect.bottom() - side - 6, side + 8, side + 8)
        painter.drawPixmap(rect.right() - side - 2, rect.bottom() - side - 2, pixmap)

    def _paint_name(self, painter: QPainter, rect: QRect, name: str, words: tuple[str, ...]) -> None:
        """Paint the name, broken where it has to be; the last line that there is room for is cut in its middle."""
        names = self._names_now()
        painter.setPen(self._look.theme.color("text"))
        painter.setFont(names.font)
        spans = spans_in(name, words)
        for number, line in enumerate(names.lines(name, rect.width())):
            left, top = rect.left() + max(rect.width() - line.width, 0) // 2, rect.top() + number * names.line_height
            if spans:
                self._paint_marks(painter, QRect(left, top, rect.width(), names.line_height), line, spans)
            painter.drawStaticText(left, top + (names.line_height - names.ink_height + 1) // 2, line.laid)

    def _paint_marks(self, painter: QPainter, place: QRect, line: NameLine, spans: tuple[Span, ...]) -> None:
        """Mark what is looked for in a line of a name."""
        marked = shown_spans(line.text, line.shown, _within(spans, line.start, line.start + len(line.text)))
        paint_marks(painter, place, line.shown, marked, self._look.theme.color("match"))

    def _paint_placeholder(self, painter: QPainter, cell: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.color("pressed"))
        side = int(self.edge_px * _GLYPH_SHARE)
        square = QRect(0, 0, side, side)
        square.moveCenter(self._picture_rect(cell).center())
        painter.drawRoundedRect(square, 6, 6)
        text = self._text_rect(cell)
        painter.drawRoundedRect(QRect(text.center().x() - side // 2, text.top() + 4, side, 8), 4, 4)


def _within(marked: tuple[Span, ...], first: int, last: int) -> tuple[Span, ...]:
    """Return the parts of stretches that are in a part of a text, as places in that part."""
    cut = ((max(start, first) - first, min(stop, last) - first) for start, stop in marked)
    return tuple((start, stop) for start, stop in cut if start < stop)
