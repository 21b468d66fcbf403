"""A form that is as high as it needs, and scrolls where the screen is too small for that."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

_RESERVE_PX: Final = 240
"""What a dialog needs around it: title, buttons and frame, and the bars of a desktop."""


class FittingScroll(QScrollArea):
    """See the module."""

    def __init__(self, content: QWidget) -> None:
        """Args: the form."""
        super().__init__()
        self._content = content
        self.setProperty("place", "plain")
        content.setProperty("place", "window")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)

    def sizeHint(self) -> QSize:
        """Qt's hook: the form's height at this width, as far as there is room on the screen."""
        wanted = self._content.sizeHint()
        layout = self._content.layout()
        height = wanted.height()
        if layout is not None and layout.hasHeightForWidth():
            height = layout.totalHeightForWidth(self.viewport().width())
        return QSize(wanted.width(), min(height, available_height_px(self) - _RESERVE_PX))

    def minimumSizeHint(self) -> QSize:
        """Qt's hook: it takes what it needs."""
        return QSize(self._content.minimumSizeHint().width(), self.sizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: the form needs another height."""
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: lines break elsewhere now."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()


def available_height_px(widget: QWidget) -> int:
    """Return the height of the screen that a widget is on, without a desktop's bars."""
    return widget.screen().availableGeometry().height()
