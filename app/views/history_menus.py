"""The places behind the back and forward buttons, in a menu that a long press or the arrow key opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QToolButton

from app.location import Location
from app.look import Look

_PLACES_MAX: Final = 20


class HistoryMenu(QMenu):
    """Fills itself when it opens.

    Signals:
        chosen: Carries how many steps away the place is.
    """

    chosen = Signal(int)

    def __init__(self, look: Look, button: QToolButton, places: Callable[[], tuple[Location, ...]]) -> None:
        """Args: look; the button that it hangs on; gives the places, the nearest first."""
        super().__init__(button)
        self._look = look
        self._button = button
        self._places = places
        button.setPopupMode(QToolButton.ToolButtonPopupMode.DelayedPopup)
        button.setMenu(self)
        button.installEventFilter(self)
        self.aboutToShow.connect(self._fill)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: the arrow key down opens it, for hands that do not press long."""
        is_down = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Down
        if is_down and event.type() == QEvent.Type.KeyPress and self._places():
            self._button.showMenu()
            return True
        return super().eventFilter(watched, event)

    def _fill(self) -> None:
        self.clear()
        for steps, place in enumerate(self._places()[:_PLACES_MAX], 1):
            glyph, tone = ("folder-fill", "kind_folder") if place.prefix else ("archive-fill", "accent")
            action = self.addAction(self._look.icons.icon(glyph, tone), place.text.rstrip("/").replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, steps=steps: self.chosen.emit(steps))
