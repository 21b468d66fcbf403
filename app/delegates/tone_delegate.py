"""Paints the texts of a table in the colours that its model names, with air around them and one band for a row."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from app.look import Look
from app.models.records import TONE_ROLE

AnyIndex = QModelIndex | QPersistentModelIndex


class ToneDelegate(QStyledItemDelegate):
    """See the module."""

    def __init__(self, look: Look, table: QTableView) -> None:
        """Args: look; the table, whose way of leaving out text is kept."""
        super().__init__(table)
        self._look = look
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: ground, then text."""
        theme = self._look.theme
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme.color("accent_soft"))
        painter.setPen(theme.color(index.data(TONE_ROLE) or "text"))
        place = option.rect.adjusted(theme.space("s"), 0, -theme.space("s"), 0)
        text = str(index.data() or "").replace("\n", " ")
        shown = option.fontMetrics.elidedText(text, self._table.textElideMode(), place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
