"""The band behind a row of a list of cards."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem

from app.theme import Theme


def paint_band(painter: QPainter, theme: Theme, option: QStyleOptionViewItem, view: QAbstractItemView) -> None:
    """Paint what shows that a row is chosen, under the pointer, or has the keyboard.

    Args:
        painter: On the view.
        theme: Colours.
        option: The row.
        view: Whether it has the keyboard decides on the ring.
    """
    tone = None
    if option.state & QStyle.StateFlag.State_Selected:
        tone = "accent_soft"
    elif option.state & QStyle.StateFlag.State_MouseOver:
        tone = "hover"
    focused = bool(option.state & QStyle.StateFlag.State_HasFocus) and view.hasFocus()
    painter.setPen(QPen(theme.color("focus"), 1) if focused else Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(tone) if tone else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(option.rect).adjusted(3.5, 2.5, -3.5, -2.5), 6, 6)
