"""How a pinned place is painted: as a node of the tree is, and paler where it is not there."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.favourites import Favourite
from app.location import Location
from app.look import Look

AnyIndex = QModelIndex | QPersistentModelIndex

FAVOURITE_ROLE: Final = Qt.ItemDataRole.UserRole
"""`data` role that gives the `Favourite` of a row."""


class FavouriteDelegate(QStyledItemDelegate):
    """Paints rows.

    Attributes:
        shown: The place that the window shows.
        drop_row: The row that a drop would go into, or -1.
        drop_lit: Whether its mark is lit now.
    """

    def __init__(self, look: Look, view: QListView) -> None:
        """Args: look; the list."""
        super().__init__(view)
        self._look = look
        self._view = view
        self.shown: Location | None = None
        self.drop_row = -1
        self.drop_lit = True

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """Qt's hook: as high as the rows of the tree."""
        return QSize(120, self._look.theme.size("tree_row"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: band, icon, name."""
        favourite: Favourite = index.data(FAVOURITE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_band(painter, option, index, favourite.place)
        self._paint_name(painter, option, favourite)
        painter.restore()

    def _paint_band(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex, place: Location) -> None:
        theme = self._look.theme
        current = self._view.hasFocus() and self._view.currentIndex() == index
        tone = None
        if place == self.shown or (index.row() == self.drop_row and self.drop_lit):
            tone = "accent_soft"
        elif option.state & QStyle.StateFlag.State_MouseOver:
            tone = "pressed"
        if tone is None and not current:
            return
        band = QRectF(6, option.rect.top() + 1, option.rect.width() - 12, option.rect.height() - 2)
        painter.setPen(QPen(theme.color("focus"), 1) if current else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(tone) if tone else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(band.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, favourite: Favourite) -> None:
        theme, place = self._look.theme, favourite.place
        side = theme.size("icon_small")
        rect = option.rect.adjusted(theme.space("xl") - 2, 0, -theme.space("s"), 0)
        name, tone = ("folder-fill", "kind_folder") if place.prefix else ("archive-fill", "accent")
        pixmap = self._look.icons.pixmap(
            name, tone if favourite.is_there else "faint", side, self._view.devicePixelRatioF()
        )
        painter.drawPixmap(rect.left(), rect.center().y() - side // 2 + 1, pixmap)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text" if favourite.is_there else "muted"))
        inner = rect.adjusted(side + theme.space("s"), 0, 0, 0)
        text = painter.fontMetrics().elidedText(place.name, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
