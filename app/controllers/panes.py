"""F6 from one part of the window to the next, and the side buttons of a mouse back and forward."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.controllers.navigation import Navigator


class Panes(QObject):
    """See the module."""

    def __init__(self, parts: Sequence[QWidget], owner: QObject) -> None:
        """Args: the parts, in the order in which one goes through them; Qt's owner."""
        super().__init__(owner)
        self._parts = tuple(parts)

    def step(self, steps: int) -> None:
        """Give the keyboard to the part so many further on, of those that are seen and can take it."""
        stops = [(part, stop) for part in self._parts if (stop := _stop_in(part)) is not None]
        if not stops:
            return
        focus = QApplication.focusWidget()
        now = next((i for i, (part, _) in enumerate(stops) if focus is not None and _holds(part, focus)), None)
        target = (0 if steps > 0 else -1) if now is None else (now + steps) % len(stops)
        stops[target][1].setFocus(Qt.FocusReason.TabFocusReason)


class SideButtons(QObject):
    """Watches widgets for the two buttons at the side of a mouse."""

    def __init__(self, widgets: Sequence[QWidget], navigator: Navigator) -> None:
        """Args: what gets the clicks; what goes back and forward."""
        super().__init__(navigator)
        self._navigator = navigator
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: these two buttons alone."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            if event.button() == Qt.MouseButton.BackButton:
                self._navigator.back()
                return True
            if event.button() == Qt.MouseButton.ForwardButton:
                self._navigator.forward()
                return True
        return super().eventFilter(watched, event)


def _holds(part: QWidget, widget: QWidget) -> bool:
    return part is widget or part.isAncestorOf(widget)


def _stop_in(part: QWidget) -> QWidget | None:
    """Return what takes the keyboard in a part that is seen, if anything does."""
    candidates = (part, *part.findChildren(QWidget)) if part.isVisible() else ()
    return next((one for one in candidates if one.isVisible() and _takes_tab(one)), None)


def _takes_tab(widget: QWidget) -> bool:
    return widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
