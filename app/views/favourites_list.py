"""The rows of pinned places: gone to by click and Enter, put in order by drag or by Alt and the arrow keys.

On a row things are dropped into the place; between rows, and below them, folders are pinned.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from app.delegates.favourite_delegate import FAVOURITE_ROLE, FavouriteDelegate
from app.favourites import Favourite
from app.formats import tip_text
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.views.drops import carried_place, carries_files, local_paths, place_data
from app.views.hold import Hold
from app.widgets.spring import Spring

_ROWS_MAX: Final = 8
"""So many are seen at once; more are scrolled, so that the tree keeps its room."""

_STEPS: Final = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class FavouritesList(QListWidget):
    """See the module.

    Signals:
        place_chosen, put_wanted, remove_wanted, menu_wanted: As of `FavouritesPanel`.
        drop_hovering, drop_left, dropped: As of `FavouritesPanel`.
        focus_changed: The list got or lost the keyboard, or another row has it.
    """

    place_chosen = Signal(object)
    put_wanted = Signal(object, int)
    remove_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)
    drop_hovering = Signal(object)
    drop_left = Signal()
    dropped = Signal(list, object)
    focus_changed = Signal()

    def __init__(self, look: Look, hold: Hold) -> None:
        """Args: look; what is in hand."""
        super().__init__()
        self._look = look
        self._hold = hold
        self._delegate = FavouriteDelegate(look, self)
        self.setItemDelegate(self._delegate)
        self.setProperty("place", "sidebar")
        self.setAccessibleName(translate("FavouritesList", "Favourites"))
        self._gap = -1
        self._spring = Spring(self)
        self._spring.pulsed.connect(self._pulse)
        self._spring.sprung.connect(self.place_chosen)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.currentRowChanged.connect(lambda _: self.focus_changed.emit())
        look.theme.changed.connect(self.viewport().update)

    @property
    def current_place(self) -> Location | None:
        """Return the place of the row that has the keyboard when the list has it."""
        return self._place_of(self.currentItem())

    def place_at(self, point: QPoint) -> Location | None:
        """Return the place of the row at a point of the viewport."""
        return self._place_of(self.itemAt(point))

    def show_places(self, favourites: tuple[Favourite, ...]) -> None:
        """Show these; the same one keeps the keyboard, or the one that is where it was."""
        row, place = self.currentRow(), self.current_place
        self.blockSignals(True)
        self.clear()
        for favourite in favourites:
            self.addItem(_item(favourite))
        places = [favourite.place for favourite in favourites]
        self.setCurrentRow(places.index(place) if place in places else min(max(row, 0), len(places) - 1))
        self.blockSignals(False)
        self.updateGeometry()
        self.focus_changed.emit()

    def show_place(self, place: Location | None) -> None:
        """Mark the place that the window shows, if it is among them."""
        self._delegate.shown = place
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Qt's hook: as high as the rows are, up to a bound."""
        return QSize(120, min(max(self.count(), 1), _ROWS_MAX) * self._look.theme.size("tree_row"))

    def minimumSizeHint(self) -> QSize:
        """Qt's hook: some rows stay in sight in a low window."""
        return QSize(0, min(max(self.count(), 1), 2) * self._look.theme.size("tree_row"))

    def event(self, event: QEvent) -> bool:
        """Qt's hook: keys that mean rows here mean no command of the window: Del would delete what the table has."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Enter goes there, Del removes, Alt and the arrow keys move the row."""
        place = self.current_place
        if place is None or not _is_ours(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit(place)
        elif event.key() in _STEPS:
            self._step(place, _STEPS[Qt.Key(event.key())])
        else:
            self.place_chosen.emit(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a click goes there."""
        super().mouseReleaseEvent(event)
        place = self.place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.place_chosen.emit(place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: of the row under the pointer, or from the keyboard of the current one."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self.current_place if keyboard else self.place_at(event.pos())
        if place is not None:
            below = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
            self.menu_wanted.emit(place, below if keyboard else event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt's hook: what actions act on changed."""
        super().focusInEvent(event)
        self.focus_changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt's hook: what actions act on changed; an open menu does not count."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.focus_changed.emit()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Qt's hook: a row is dragged to another place among them."""
        place = self.current_place
        if place is not None:
            drag = QDrag(self)
            drag.setMimeData(place_data(place))
            drag.exec(Qt.DropAction.CopyAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's hook: whatever is dragged may look for its place here."""
        self._hang(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Qt's hook: mark the row or the gap below, and open the row's place after a while."""
        self._hang(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Qt's hook: it went away."""
        self._hold.leave()
        self._mark(-1, -1)

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's hook: pin, carry or upload, and return at once; the other program is waiting."""
        row, gap = self._spot(event)
        place = self._place_of(self.item(row))
        ours, pins = self._hold.carries(event.mimeData()), self._pins(event.mimeData())
        self._mark(-1, -1)
        if gap >= 0 and pins:
            self._hold.leave()
            _take(event)
            for number, pinned in enumerate(pins):
                self.put_wanted.emit(pinned, gap + number)
        elif ours:
            self._hold.drop(event, place)
        elif place is not None and carries_files(event.mimeData()) and not isinstance(event.source(), QWidget):
            _take(event)
            self.dropped.emit(local_paths(event.mimeData()), place)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's hook: the rows, and a line where a drop would pin."""
        super().paintEvent(event)
        if self._gap < 0:
            return
        above = self.visualItemRect(self.item(self._gap - 1)).bottom() if self._gap else 0
        with QPainter(self.viewport()) as painter:
            accent = self._look.theme.color("accent")
            painter.fillRect(6, max(above, 0), self.viewport().width() - 12, 2, accent)

    def _hang(self, event: QDragMoveEvent) -> None:
        row, gap = self._spot(event)
        place = self._place_of(self.item(row))
        if gap >= 0 and self._pins(event.mimeData()):
            _take(event)
            self._mark(-1, gap)
            self._hold.said.emit(translate("FavouritesList", "Add to the favourites"))
        elif self._hold.carries(event.mimeData()):
            lands = self._hold.hang(event, place)
            event.setDropAction(event.dropAction() if lands else Qt.DropAction.IgnoreAction)
            event.accept()  # else Qt sends no more moves here
            self._mark(row, -1, lands=lands)
        elif place is not None and carries_files(event.mimeData()) and not isinstance(event.source(), QWidget):
            _take(event)
            self._mark(row, -1)
            self.drop_hovering.emit(place)
        else:
            event.ignore()
            self._mark(-1, -1)

    def _spot(self, event: QDropEvent) -> tuple[int, int]:
        """Return the row that is below a drag, or the number of the gap: one of them is -1."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        if not index.isValid():
            return -1, self.count()
        rect = self.visualRect(index)
        only_pins = carried_place(event.mimeData()) is not None
        edge = rect.height() // (2 if only_pins else 4)
        if point.y() < rect.top() + edge:
            return -1, index.row()
        if only_pins or point.y() > rect.bottom() - edge:
            return -1, index.row() + 1
        return index.row(), -1

    def _pins(self, data: QMimeData) -> tuple[Location, ...]:
        """Return what a drop between the rows would pin."""
        place, load = carried_place(data), self._hold.dragged
        if place is not None:
            return (place,)
        if load is None or not self._hold.carries(data):
            return ()
        return tuple(
            Location(cargo.bucket, path) for cargo in load.cargos or () for path in cargo.paths if path.endswith("/")
        )

    def _mark(self, row: int, gap: int, *, lands: bool = True) -> None:
        self._delegate.drop_row, self._delegate.drop_lit, self._gap = row if lands else -1, True, gap
        place = self._place_of(self.item(row))
        self._spring.hover(None if place == self._delegate.shown else place)
        self.drop_left.emit()
        self.viewport().update()

    def _pulse(self, lit: bool) -> None:
        self._delegate.drop_lit = lit
        self.viewport().update()

    def _step(self, place: Location, step: int) -> None:
        """Move a row by one; past the ends nothing happens."""
        row = self.currentRow()
        if 0 <= row + step < self.count():
            self.put_wanted.emit(place, row + (step if step < 0 else step + 1))

    def _place_of(self, item: QListWidgetItem | None) -> Location | None:
        favourite: Favourite | None = item.data(FAVOURITE_ROLE) if item is not None else None
        return favourite.place if favourite is not None else None


def _take(event: QDropEvent) -> None:
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _is_ours(event: QKeyEvent) -> bool:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers == Qt.KeyboardModifier.AltModifier:
        return event.key() in _STEPS
    return not modifiers and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _item(favourite: Favourite) -> QListWidgetItem:
    item = QListWidgetItem(favourite.place.name)
    item.setData(FAVOURITE_ROLE, favourite)
    said = favourite.place.text.rstrip("/")
    if not favourite.is_there:
        said = translate("FavouritesList", "{place}: not there").format(place=said)
    item.setToolTip(tip_text(said))
    item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, said)
    return item
