"""How a job is painted: direction, title, bar, detail, and its buttons at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from app.look import Look
from app.models.transfer_rows import RowAction, TransferRow, action_icon, action_text
from app.models.transfers import TRANSFER_ROLE

AnyIndex = QModelIndex | QPersistentModelIndex

_ROW_PX: Final = 60
_DISC_PX: Final = 32
_BUTTON_PX: Final = 28
_BAR_PX: Final = 4


@dataclass(frozen=True, slots=True)
class HotButton:
    """The painted button that the pointer is on."""

    job_id: int
    action: RowAction


class TransferDelegate(QStyledItemDelegate):
    """Paints `TransferRow`s; the view asks it which button lies under the pointer.

    Attributes:
        hot: The button under the pointer, or None.
        hovered_row: Row under the pointer, or -1.
    """

    def __init__(self, look: Look, view: QListView) -> None:
        """Args: look; the list."""
        super().__init__(view)
        self._look = look
        self._view = view
        self.hot: HotButton | None = None
        self.hovered_row = -1
        self._take_fonts()
        look.theme.changed.connect(self._take_fonts)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """Qt's hook: all rows have one height."""
        return QSize(320, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: everything of one row."""
        row: TransferRow | None = index.data(TRANSFER_ROLE)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_band(painter, option, index)
        self._paint_disc(painter, option.rect, row)
        self._paint_texts(painter, self._text_rect(option.rect, row), row)
        for action, place in self._buttons(option.rect, row):
            self._paint_button(painter, place, row, action)
        painter.restore()

    def action_at(self, index: AnyIndex, rect: QRect, point: QPoint) -> RowAction | None:
        """Return the action whose button is painted at a point.

        Args:
            index: The row.
            rect: Where it is painted.
            point: In the same coordinates.
        """
        row: TransferRow | None = index.data(TRANSFER_ROLE)
        if row is None:
            return None
        return next((action for action, place in self._buttons(rect, row) if place.contains(point)), None)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """Qt's hook: buttons have tool tips of their own."""
        row: TransferRow | None = index.data(TRANSFER_ROLE)
        if event.type() == QEvent.Type.ToolTip and row is not None:
            action = self.action_at(index, option.rect, event.pos())
            if action is not None:
                QToolTip.showText(event.globalPos(), action_text(action, row.job), view)
                return True
        return super().helpEvent(event, view, option, index)

    def _take_fonts(self) -> None:
        self._title_font = self._look.theme.font("body", bold=True)
        self._detail_font = self._look.theme.font("caption", tabular=True)

    def _paint_band(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        theme = self._look.theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        tone = "accent_softer" if selected else "hover" if index.row() == self.hovered_row else None
        current = self._view.hasFocus() and self._view.currentIndex() == index
        painter.setPen(QPen(theme.color("focus"), 1) if current else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(tone) if tone else Qt.BrushStyle.NoBrush)
        if tone or current:
            painter.drawRoundedRect(QRectF(option.rect).adjusted(4.5, 1.5, -4.5, -1.5), 6, 6)

    def _paint_disc(self, painter: QPainter, rect: QRect, row: TransferRow) -> None:
        theme = self._look.theme
        disc = QRect(rect.left() + theme.space("l"), rect.center().y() - _DISC_PX // 2 + 1, _DISC_PX, _DISC_PX)
        soft = {"accent": "accent_soft", "success": "success_soft", "danger": "danger_soft", "warning": "warning_soft"}
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(soft.get(row.icon_tone, "pressed")))
        painter.drawEllipse(disc)
        side = theme.size("icon_small")
        pixmap = self._look.icons.pixmap(row.icon, row.icon_tone, side, self._view.devicePixelRatioF())
        painter.drawPixmap(disc.center() - QPoint(side // 2 - 1, side // 2 - 1), pixmap)

    def _text_rect(self, rect: QRect, row: TransferRow) -> QRect:
        space = self._look.theme.space
        left = rect.left() + space("l") + _DISC_PX + space("m")
        buttons = self._buttons(rect, row)
        right = buttons[0][1].left() - space("m") if buttons else rect.right() - space("l")
        return QRect(left, rect.top(), max(0, right - left), rect.height())

    def _paint_texts(self, painter: QPainter, rect: QRect, row: TransferRow) -> None:
        theme = self._look.theme
        title = QFontMetrics(self._title_font).height()
        detail = QFontMetrics(self._detail_font).height()
        gap = 4 if row.fraction is None else 4 + _BAR_PX + 5
        top = rect.top() + (rect.height() - title - gap - detail) // 2
        self._paint_line(painter, QRect(rect.left(), top, rect.width(), title), row.title, "text", bold=True)
        if row.fraction is not None:
            bar = QRectF(rect.left(), top + title + 4, rect.width(), _BAR_PX)
            paint_bar(painter, bar, row.fraction, theme.color("pressed"), theme.color(row.bar_tone))
        line = QRect(rect.left(), top + title + gap, rect.width(), detail)
        self._paint_line(painter, line, row.detail, row.tone, bold=False)

    def _paint_line(self, painter: QPainter, rect: QRect, text: str, tone: str, *, bold: bool) -> None:
        painter.setFont(self._title_font if bold else self._detail_font)
        painter.setPen(self._look.theme.color(tone))
        elide = Qt.TextElideMode.ElideMiddle if bold else Qt.TextElideMode.ElideRight
        shown = painter.fontMetrics().elidedText(text.replace("\n", " "), elide, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)

    def _buttons(self, rect: QRect, row: TransferRow) -> list[tuple[RowAction, QRect]]:
        space = self._look.theme.space
        top = rect.center().y() - _BUTTON_PX // 2 + 1
        width = len(row.actions) * _BUTTON_PX
        left = rect.right() - space("m") - width
        return [
            (action, QRect(left + at * _BUTTON_PX, top, _BUTTON_PX, _BUTTON_PX))
            for at, action in enumerate(row.actions)
        ]

    def _paint_button(self, painter: QPainter, place: QRect, row: TransferRow, action: RowAction) -> None:
        theme = self._look.theme
        hot = self.hot == HotButton(row.id, action)
        if hot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("pressed"))
            painter.drawRoundedRect(place, 6, 6)
        side = theme.size("icon_small")
        tone = "text" if hot else "muted"
        pixmap = self._look.icons.pixmap(action_icon(action), tone, side, self._view.devicePixelRatioF())
        painter.drawPixmap(place.center() - QPoint(side // 2 - 1, side // 2 - 1), pixmap)


def paint_bar(painter: QPainter, place: QRectF, fraction: float, ground: QColor, ink: QColor) -> None:
    """Paint a progress bar with round ends.

    Args:
        painter: Antialiased.
        place: Where.
        fraction: From 0.0 to 1.0.
        ground: Colour of the whole.
        ink: Colour of what is done.
    """
    radius = place.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(place, radius, radius)
    if fraction > 0:
        done = QRectF(place)
        done.setWidth(max(place.height(), place.width() * min(1.0, fraction)))
        painter.setBrush(ink)
        painter.drawRoundedRect(done, radius, radius)
