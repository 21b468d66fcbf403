"""Clicks that mean "in a tab of its own": the middle button, and Ctrl where a click goes somewhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from app.location import Location

PlaceAt = Callable[[QPoint], Location | None]


class TabClicks(QObject):
    """Watches one widget.

    Signals:
        wanted: Carries the `Location` that was clicked.
    """

    wanted = Signal(object)

    def __init__(self, widget: QWidget, place_at: PlaceAt, *, with_ctrl: bool) -> None:
        """Watch from now on.

        Args:
            widget: Gets the clicks; of an item view its viewport.
            place_at: Says which place is at a point of the widget, if any.
            with_ctrl: Whether Ctrl and a click mean it too; in a table they select.
        """
        super().__init__(widget)
        self._place_at = place_at
        self._with_ctrl = with_ctrl
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: take those clicks on places, leave all others."""
        if not isinstance(event, QMouseEvent) or not self._is_meant(event):
            return super().eventFilter(watched, event)
        place = self._place_at(event.position().toPoint())
        if place is None:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.MouseButtonRelease:
            self.wanted.emit(place)
        return True

    def _is_meant(self, event: QMouseEvent) -> bool:
        if event.button() == Qt.MouseButton.MiddleButton:
            return True
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        return self._with_ctrl and control and event.button() == Qt.MouseButton.LeftButton
