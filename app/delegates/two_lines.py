"""Rows of a title and, below it, the whole of a sentence."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from app.delegates.bands import paint_band
from app.look import Look

AnyIndex = QModelIndex | QPersistentModelIndex

SENTENCE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""`data` role that gives the sentence."""

_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


class TwoLineDelegate(QStyledItemDelegate):
    """See the module."""

    def __init__(self, look: Look, view: QListView) -> None:
        """Args: look; the list, whose width the sentences are broken at."""
        super().__init__(view)
        self._look = look
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Qt's hook: as high as the sentence needs."""
        theme = self._look.theme
        width = self._view.viewport().width()
        inner = width - 2 * theme.space("l")
        sentence = QFontMetrics(theme.font("caption")).boundingRect(
            0, 0, inner, 10_000, _WRAP, str(index.data(SENTENCE_ROLE) or "")
        )
        title = QFontMetrics(theme.font(bold=True)).height()
        return QSize(width, 2 * theme.space("m") + title + 2 + sentence.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: band, title, sentence."""
        theme = self._look.theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_band(painter, theme, option, self._view)
        inner = option.rect.adjusted(theme.space("l"), theme.space("m"), -theme.space("l"), -theme.space("m"))
        painter.setFont(theme.font(bold=True))
        painter.setPen(theme.color("text"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, str(index.data() or ""))
        inner.setTop(inner.top() + painter.fontMetrics().height() + 2)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.color("muted"))
        painter.drawText(inner, _WRAP, str(index.data(SENTENCE_ROLE) or ""))
        painter.restore()
