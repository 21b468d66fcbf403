"""The tree at the left: buckets and folders to go to, to drop on, to rename."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
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
)
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from app.delegates.name_editor import NameCheck
from app.delegates.tree_delegate import TreeDelegate
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.models.tree_model import LOCATION_ROLE, TreeModel
from app.views.drops import carries_files, local_paths, place_data
from app.views.hold import Hold


class FolderTree(QTreeView):
    """See the module.

    Signals:
        place_chosen: A node was clicked or entered; carries its `Location`.
        focus_changed: The tree got or lost the keyboard, or another node has it.
        menu_wanted: Carries the global position; the node under it has the focus.
        drop_hovering: Files hang over a node; carries its `Location`.
        hung_over: Whatever is dragged hangs over another node, or over none; carries its `Location` or None.
        drop_left: They went away.
        dropped: Carries a list of `Path` and the `Location`.
    """

    place_chosen = Signal(object)
    focus_changed = Signal()
    menu_wanted = Signal(QPoint)
    drop_hovering = Signal(object)
    hung_over = Signal(object)
    drop_left = Signal()
    dropped = Signal(list, object)

    def __init__(
        self, look: Look, model: TreeModel, checks: tuple[NameCheck, NameCheck], hold: Hold | None = None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """Args: look; what is shown; what is wrong with a bucket's and a folder's new name; what is in hand; owner."""
        super().__init__(parent)
        self._hold = hold or Hold(self)
        self._opened: dict[int, None] = {}
        self._on_arrow = False
        self._model = model
        self._delegate = TreeDelegate(look, self, *checks)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setProperty("place", "sidebar")
        self.setAccessibleName(translate("FolderTree", "Buckets and folders"))
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(20)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setExpandsOnDoubleClick(False)
        self.expanded.connect(lambda index: self._opened.setdefault(index.internalId()))
        self.collapsed.connect(lambda index: self._opened.pop(index.internalId(), None))
        self.doubleClicked.connect(lambda index: self.setExpanded(index, not self.isExpanded(index)))
        look.theme.changed.connect(self.viewport().update)

    def visualRect(self, index: QModelIndex) -> QRect:  # type: ignore[override] # stubs allow a persistent one too
        """Qt's hook: where a row is seen, however deep it lies."""
        rect = super().visualRect(index)
        return rect if rect.height() <= 0 else self._delegate.content_rect(rect)

    def focused_place(self) -> Location | None:
        """Return the node that has the keyboard, or None while the tree has not."""
        return self.currentIndex().data(LOCATION_ROLE) if self.hasFocus() else None

    def show_place(self, place: Location | None) -> None:
        """Mark the place that the window shows, opening the tree down to it."""
        self._delegate.shown = place
        self.viewport().update()
        if place is not None:
            self._model.reach(place, lambda: self._reveal(place))

    def open_place(self, place: Location) -> bool:
        """Open a node, and return whether it was closed."""
        index = self._model.index_of(place)
        was_closed = index.isValid() and not self.isExpanded(index)
        self.expand(index)
        return was_closed

    def open_places(self) -> list[Location]:
        """Return the nodes that are open and seen, from the top down; those beside them cost nothing."""
        places = (self._model.place_within(number, self._opened) for number in self._opened)
        return sorted((place for place in places if place is not None), key=lambda one: len(one.trail))

    def close_place(self, place: Location) -> None:
        """Close a node, if it is there."""
        self.collapse(self._model.index_of(place))

    def pulse_drop(self, lit: bool) -> None:
        """Show or hide the mark of the node that a drop would go into, for a moment."""
        self._delegate.drop_lit = lit
        self.viewport().update()

    def rename_current(self) -> None:
        """Open the rename field on the node that has the keyboard."""
        self.edit(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Enter goes to the node."""
        editing = self.state() == QAbstractItemView.State.EditingState
        if not editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a press on an arrow opens or closes. Qt would look for arrows where rows are fully indented."""
        arrow = self._arrow_at(event.position().toPoint())
        self._on_arrow = event.button() == Qt.MouseButton.LeftButton and arrow.isValid()
        if self._on_arrow:
            self.setExpanded(arrow, not self.isExpanded(arrow))
        else:
            QAbstractItemView.mousePressEvent(self, event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a name opens or closes too; the arrow did so with the first press."""
        if not self._arrow_at(event.position().toPoint()).isValid():
            QAbstractItemView.mouseDoubleClickEvent(self, event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: nothing is dragged by an arrow."""
        if not self._on_arrow:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a click goes to the node; a click on its arrow only opens it."""
        if self._on_arrow:
            self._on_arrow = False
            return
        QAbstractItemView.mouseReleaseEvent(self, event)
        index = self.indexAt(event.position().toPoint())
        on_arrow = event.position().x() < self.visualRect(index).left()
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and not on_arrow:
            self._choose(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: from the mouse where it is, from the keyboard at the current node."""
        position = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            position = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        elif not self.indexAt(event.pos()).isValid():
            self.setCurrentIndex(QModelIndex())
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.focus_changed.emit()
        self.menu_wanted.emit(position)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Qt's hook: another node has the keyboard."""
        super().currentChanged(current, previous)
        self.viewport().update()
        self.focus_changed.emit()

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
        """Qt's hook: a node is dragged to the favourites, and nowhere else."""
        place: Location | None = self.currentIndex().data(LOCATION_ROLE)
        if place is not None:
            drag = QDrag(self)
            drag.setMimeData(place_data(place))
            drag.exec(Qt.DropAction.CopyAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's hook: files are welcome."""
        self._hang(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Qt's hook: mark the node below, and open it after a while."""
        self._hang(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Qt's hook: they went away."""
        self._hold.leave()
        self._mark_drop(None)

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's hook: pass the paths on and return at once; the other program is waiting."""
        place = self._place_at(event.position().toPoint())
        self._mark_drop(None)
        if self._hold.carries(event.mimeData()):
            self._hold.drop(event, place)
            return
        if place is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(local_paths(event.mimeData()), place)

    def _arrow_at(self, point: QPoint) -> QModelIndex:
        """Return the node whose arrow is seen at a place, or none."""
        index = self.indexAt(point)
        left = self.visualRect(index).left()
        hit = left - self.indentation() <= point.x() < left and self._model.hasChildren(index)
        return index if index.isValid() and hit else QModelIndex()

    def _choose(self, index: QModelIndex) -> None:
        place = index.data(LOCATION_ROLE)
        if place is not None:
            self.place_chosen.emit(place)

    def _reveal(self, place: Location) -> None:
        index = self._model.index_of(place)
        above = index.parent()
        while above.isValid():
            self.expand(above)
            above = above.parent()
        if self.state() != QAbstractItemView.State.EditingState and place == self._delegate.shown:
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def _place_at(self, position: QPoint) -> Location | None:
        place: Location | None = self.indexAt(position).data(LOCATION_ROLE)
        return place

    def _hang(self, event: QDragMoveEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if self._hold.carries(event.mimeData()):
            self._hang_ours(event, place)
            return
        if place is None or not carries_files(event.mimeData()) or isinstance(event.source(), QAbstractItemView):
            event.ignore()
            self._mark_drop(None)
            return
        if place != self._delegate.drop_place:
            self._mark_drop(place)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _hang_ours(self, event: QDragMoveEvent, place: Location | None) -> None:
        """Mark the node where a drop of ours would do something; any opens after a while, to get further down."""
        lands = self._hold.hang(event, place)
        if not lands and place is not None:
            event.setDropAction(Qt.DropAction.IgnoreAction)
            event.accept()  # else Qt sends no more moves here, and the node never opens
        self._delegate.drop_place = place if lands else None
        self.viewport().update()
        self.hung_over.emit(place)

    def _mark_drop(self, place: Location | None) -> None:
        self._delegate.drop_place, self._delegate.drop_lit = place, True
        self.viewport().update()
        if place is None:
            self.drop_left.emit()
        else:
            self.drop_hovering.emit(place)
            self.hung_over.emit(place)
