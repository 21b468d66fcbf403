"""One part of the path bar: a place to go to, to drop on, to open in a tab."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.formats import tip_text
from app.i18n import translate
from app.location import Location
from app.look import Look, restyle
from app.views.drops import carries_files, local_paths
from app.views.hold import Hold
from app.widgets.places_menu import PlacesMenu

_CHARS_MAX = 32


class Crumb(QToolButton):
    """See the module.

    Signals:
        tab_wanted: It was clicked in the way that means a tab of its own.
        menu_wanted: Carries the global position.
        hovering: Something that is dragged hangs over it; carries whether it comes from this window.
        left: That went away.
        dropped: Carries a list of `Path`.
    """

    tab_wanted = Signal()
    menu_wanted = Signal(QPoint)
    hovering = Signal(bool)
    left = Signal()
    dropped = Signal(list)

    def __init__(self, look: Look, place: Location, hold: Hold, *, last: bool) -> None:
        """Args: look; the place; what is in hand; whether the place is the one that is shown."""
        super().__init__()
        self._hold = hold
        self.place = place
        name = place.name or translate("Breadcrumb", "(no name)")
        shown = name if len(name) <= _CHARS_MAX else f"{name[: _CHARS_MAX - 1]}…"
        self.setText(shown.replace("&", "&&"))
        self.setAccessibleName(translate("Breadcrumb", "Go to {name}").format(name=name))
        self.setToolTip(tip_text(place.text))
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if last else Qt.FocusPolicy.NoFocus)
        if last:
            self.setFont(look.theme.font("body", bold=True))

    def mark(self, *, lit: bool) -> None:
        """Show or hide that a drop would go here."""
        restyle(self, drop=lit)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: the middle button, or Ctrl, means a tab of its own."""
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        middle = event.button() == Qt.MouseButton.MiddleButton
        if self.rect().contains(event.position().toPoint()) and (control or middle):
            self.setDown(False)
            self.tab_wanted.emit()
            return
        super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: from the mouse where it is, from the keyboard below."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(self.mapToGlobal(self.rect().bottomLeft()) if keyboard else event.globalPos())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's hook: whatever is dragged may look for its place here; files and the window's own things may stay."""
        self._answer(event)
        event.accept()
        self.hovering.emit(isinstance(event.source(), QWidget))

    def dragMoveEvent(self, event: QDropEvent) -> None:
        """Qt's hook: say what may be dropped."""
        self._answer(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Qt's hook: it went away."""
        self._hold.leave()
        self.left.emit()

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's hook: pass the paths on and return at once; the other program is waiting."""
        self.left.emit()
        if self._hold.carries(event.mimeData()):
            self._hold.drop(event, self.place)
            return
        self._answer(event)
        if event.isAccepted():
            self.dropped.emit(local_paths(event.mimeData()))

    def _answer(self, event: QDropEvent) -> None:
        if self._hold.carries(event.mimeData()):
            self._hold.hang(event, self.place)
            return
        if isinstance(event.source(), QWidget) or not carries_files(event.mimeData()):
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()


def separator(look: Look, above: Location | None, current: Location) -> tuple[QToolButton, PlacesMenu]:
    """Return the button between two parts, and its menu of what stands beside the right one.

    Args:
        look: Theme and icons.
        above: The left part; None before the bucket.
        current: The right part.
    """
    name = translate("Breadcrumb", "Other buckets")
    if above is not None:
        name = translate("Breadcrumb", "Folders in {name}").format(name=above.name)
    button = look.tool_button("archive-fill" if above is None else "caret-right-bold", name)
    if above is None:
        button.setIcon(look.icons.icon("archive-fill", "accent"))
    else:
        button.setIconSize(QSize(10, 10))
    button.setProperty("place", "crumb")
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = PlacesMenu(look, above, current, button)
    button.setMenu(menu)
    return button, menu
