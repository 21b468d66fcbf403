"""The icon view: another face of the table, over the same window of rows and with the same selection.

Where an entry is follows from its number alone, so that a million of them cost what is on the screen. What the table
knows how to do, such as taking drops, it does for this view too.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionRubberBand, QStyleOptionViewItem

from app.delegates.icon_delegate import IconDelegate
from app.delegates.name_editor import NameCheck
from app.i18n import translate
from app.look import Look
from app.models.thumbs import Thumbs
from app.views.folder_table import FolderTable
from app.views.steady import Steady

AnyIndex = QModelIndex | QPersistentModelIndex

EDGES_PX: Final = (48, 72, 96, 128, 176, 256)
"""The sizes of icons that a person can choose among."""

USUAL_ZOOM: Final = 2
_FORWARDED: Final = frozenset(
    {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace, Qt.Key.Key_Escape, Qt.Key.Key_Space}
)
_Move = QAbstractItemView.CursorAction


class IconGrid(QListView):
    """See the module. A list view, so that screen readers know it for one; nothing of that view's layout is used.

    Signals:
        zoomed: The size of the icons has changed.
    """

    zoomed = Signal()

    def __init__(self, look: Look, table: FolderTable, check: NameCheck, thumbs: Thumbs) -> None:
        """Args: look; whose other face this is; what is wrong with a new name, if anything; the thumbnails."""
        super().__init__()
        self._look = look
        self._table = table
        self._rows = table.folder_model
        self._thumbs = thumbs
        self._delegate = IconDelegate(look, self, check, thumbs, table.is_cut)
        self._band = QRect()
        self._pressed = QPoint()
        self._zoom = USUAL_ZOOM
        self._delegate.edge_px = EDGES_PX[self._zoom]
        self.setModel(self._rows)
        self.setSelectionModel(table.selectionModel())
        self.setItemDelegate(self._delegate)
        self.setProperty("place", "folder")
        self.setAccessibleName(translate("FolderTable", "Folder contents"))
        self._set_behaviour()
        Steady(self, self._rows, lambda: table.ranges)
        self.entered.connect(lambda index: self._hover(index.row()))
        self.viewportEntered.connect(lambda: self._hover(-1))
        self.activated.connect(table.activated)
        self.verticalScrollBar().valueChanged.connect(self._tell_visible)
        table.drop_marked.connect(self._mark_drop)
        table.hold.cut_changed.connect(self.viewport().update)
        thumbs.come.connect(lambda _: self.viewport().update())
        look.theme.changed.connect(self.viewport().update)
        for signal in (self._rows.rowsInserted, self._rows.rowsRemoved, self._rows.modelReset):
            signal.connect(self.updateGeometries)
        self._rows.dataChanged.connect(self._tell_visible)

    @property
    def zoom(self) -> int:
        """Return which of the sizes is chosen."""
        return self._zoom

    def set_zoom(self, zoom: int) -> None:
        """Choose a size, keeping what is at the top of the screen there."""
        zoom = min(max(zoom, 0), len(EDGES_PX) - 1)
        if zoom == self._zoom:
            return
        top = self._first_visible()
        self._zoom, self._delegate.edge_px = zoom, EDGES_PX[zoom]
        self.updateGeometries()
        self.verticalScrollBar().setValue(top // self._columns * self._cell.height())
        self.viewport().update()
        self.zoomed.emit()

    def _mark_drop(self, row: int) -> None:
        """Show which folder a drop would go into."""
        self._delegate.drop_row = row
        self.viewport().update()

    def visualRect(self, index: AnyIndex) -> QRect:
        """Qt's hook: where an entry is."""
        return self._rect_of(index.row(), self._columns, self._cell) if index.isValid() else QRect()

    def _rect_of(self, number: int, columns: int, cell: QSize) -> QRect:
        line, column = divmod(number, columns)
        top = line * cell.height() - self.verticalScrollBar().value()
        return QRect(column * cell.width(), top, cell.width(), cell.height())

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Qt's hook: which entry is somewhere."""
        cell = self._cell
        column, line = point.x() // cell.width(), (point.y() + self.verticalOffset()) // cell.height()
        number = line * self._columns + column
        inside = 0 <= column < self._columns and 0 <= number < self._rows.rowCount()
        return self._rows.index(number, 0) if inside else QModelIndex()

    def scrollTo(
        self, index: AnyIndex, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Qt's hook: bring an entry onto the screen."""
        rect, height, bar = self.visualRect(index), self.viewport().height(), self.verticalScrollBar()
        if hint == QAbstractItemView.ScrollHint.PositionAtTop or rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif rect.bottom() >= height:
            bar.setValue(bar.value() + min(rect.bottom() - height + 1, rect.top()))

    def moveCursor(self, action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Qt's hook: where a key leads from the current entry."""
        last, columns = self._rows.rowCount() - 1, self._columns
        if last < 0:
            return QModelIndex()
        here = self.currentIndex().row()
        page = max(self.viewport().height() // self._cell.height(), 1) * columns
        steps = {
            _Move.MoveUp: -columns, _Move.MoveDown: columns, _Move.MovePageUp: -page, _Move.MovePageDown: page,
            _Move.MoveLeft: -1, _Move.MovePrevious: -1, _Move.MoveRight: 1, _Move.MoveNext: 1,
            _Move.MoveHome: -here, _Move.MoveEnd: last - here,
        }  # fmt: skip
        goal = here + steps.get(action, 0)
        if action == _Move.MoveUp and goal < 0:
            goal = here
        if here < 0:
            goal = last if action == _Move.MoveEnd else 0
        return self._rows.index(min(max(goal, 0), last), 0)

    def horizontalOffset(self) -> int:
        """Qt's hook: it scrolls downwards only."""
        return 0

    def verticalOffset(self) -> int:
        """Qt's hook: pixels above the screen."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, _index: AnyIndex) -> bool:
        """Qt's hook: nothing is."""
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Qt's hook: by the band, what it touches; by mouse and keys, from one entry to the other as one reads."""
        wanted = QItemSelection()
        for span in self._touched(rect) if self._is_banding else self._between(rect.topLeft(), rect.bottomRight()):
            wanted.select(self._rows.index(span.start, 0), self._rows.index(span.stop - 1, 0))
        self.selectionModel().select(wanted, command | QItemSelectionModel.SelectionFlag.Rows)

    def selectAll(self) -> None:
        """Qt's hook: as the table does; a list view looks at every row first."""
        self._table.selectAll()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Qt's hook: what to paint anew; whatever is selected, no more than the screen."""
        return QRegion() if selection.isEmpty() else QRegion(self.viewport().rect())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Qt's hook: paint anew. The table has told screen readers."""
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's hook: the entries on the screen, and the band."""
        with QPainter(self.viewport()) as painter:
            self._paint(painter, event.rect())

    def _paint(self, painter: QPainter, area: QRect) -> None:
        """Paint the entries in an area of the viewport, and the band."""
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain, chosen, columns, cell = option.state, self.selectionModel(), self._columns, self._cell
        for number in self._visible():
            rect = self._rect_of(number, columns, cell)
            if rect.intersects(area):
                index, option.rect = self._rows.index(number, 0), rect
                selected = chosen.isSelected(index)
                option.state = plain | QStyle.StateFlag.State_Selected if selected else plain
                self._delegate.paint(painter, option, index)
        if not self._band.isNull():
            band = QStyleOptionRubberBand()
            band.initFrom(self)
            band.rect = self._band
            self.style().drawControl(QStyle.ControlElement.CE_RubberBand, band, painter)

    def doItemsLayout(self) -> None:
        """Qt's hook: there is nothing to lay out."""
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:
        """Qt's hook: how far it scrolls."""
        QAbstractItemView.updateGeometries(self)
        lines = -(-self._rows.rowCount() // self._columns)
        height, bar = self.viewport().height(), self.verticalScrollBar()
        bar.setRange(0, max(lines * self._cell.height() - height, 0))
        bar.setPageStep(height)
        bar.setSingleStep(self._cell.height() // 3)
        self._tell_visible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: as many in a line as there is room for, with the same entry at the top."""
        top, had = self._first_visible(), bool(self.verticalOffset())
        QAbstractItemView.resizeEvent(self, event)
        self.updateGeometries()
        if had:
            self.verticalScrollBar().setValue(top // self._columns * self._cell.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's hook: with Ctrl it makes icons larger or smaller."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom + (1 if event.angleDelta().y() > 0 else -1))
            event.accept()
        else:
            QAbstractItemView.wheelEvent(self, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: what keys mean in a folder the table knows; moving about is this view's own."""
        if self.state() != QAbstractItemView.State.EditingState and event.key() in _FORWARDED:
            self._table.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Qt's hook: type-ahead."""
        self._table.keyboardSearch(search)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: from the mouse where it is, from the keyboard at the current entry."""
        position = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            position = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        elif not self.indexAt(event.pos()).isValid():
            self.clearSelection()
        self._table.menu_wanted.emit(position)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a click on empty ground drops the selection, and may begin a band."""
        self._pressed = event.position().toPoint() + QPoint(0, self.verticalOffset())
        super().mousePressEvent(event)
        if not self.indexAt(event.position().toPoint()).isValid() and not event.modifiers():
            self.clearSelection()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: draw the band."""
        QAbstractItemView.mouseMoveEvent(self, event)
        if self._is_banding:
            corner = self._pressed - QPoint(0, self.verticalOffset())
            self._band = QRect(corner, event.position().toPoint()).normalized()
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: the band is done."""
        self._band = QRect()
        QAbstractItemView.mouseReleaseEvent(self, event)
        self.viewport().update()

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Qt's hook: the table asks for the files."""
        self._table.startDrag(actions)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's hook: the table decides."""
        self._table.dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Qt's hook: the table decides."""
        self._table.dragMoveEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Qt's hook: the table hears of it."""
        self._table.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's hook: the table passes on what was dropped."""
        self._table.dropEvent(event)

    def leaveEvent(self, event: object) -> None:
        """Qt's hook: no entry is under the pointer any more."""
        self._hover(-1)
        super().leaveEvent(event)  # type: ignore[arg-type] # a QEvent in truth

    def showEvent(self, event: object) -> None:
        """Qt's hook: what was not laid out while it was hidden is now."""
        super().showEvent(event)  # type: ignore[arg-type] # a QShowEvent in truth
        self.updateGeometries()

    def _set_behaviour(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)

    @property
    def _is_banding(self) -> bool:
        return self.state() == QAbstractItemView.State.DragSelectingState

    @property
    def _columns(self) -> int:
        return max(self.viewport().width() // self._delegate.cell_size().width(), 1)

    @property
    def _cell(self) -> QSize:
        """Return the size of a cell: a line of them fills the width."""
        return QSize(max(self.viewport().width() // self._columns, 1), self._delegate.cell_size().height())

    def _first_visible(self) -> int:
        return self.verticalOffset() // self._cell.height() * self._columns

    def _visible(self) -> range:
        lines = self.viewport().height() // self._cell.height() + 2
        first = self._first_visible()
        return range(first, min(first + lines * self._columns, self._rows.rowCount()))

    def _between(self, start: QPoint, end: QPoint) -> list[range]:
        """Return the entries from that at one point to that at another."""
        one, other = self.indexAt(start).row(), self.indexAt(end).row()
        return [] if one < 0 or other < 0 else [range(min(one, other), max(one, other) + 1)]

    def _touched(self, rect: QRect) -> list[range]:
        """Return the entries that a rectangle touches, as one range a line, or one for lines that are full."""
        area, cell, last = rect.normalized().translated(0, self.verticalOffset()), self._cell, self._rows.rowCount()
        left, right = max(area.left() // cell.width(), 0), min(area.right() // cell.width(), self._columns - 1)
        lines = range(max(area.top() // cell.height(), 0), area.bottom() // cell.height() + 1)
        if left == 0 and right == self._columns - 1:
            spans = [range(lines.start * self._columns, min(lines.stop * self._columns, last))]
        else:
            firsts = (line * self._columns for line in lines)
            spans = [range(first + left, min(first + right + 1, last)) for first in firsts]
        return [span for span in spans if span]

    def _hover(self, row: int) -> None:
        self._delegate.hovered_row = row
        self.viewport().update()

    def _tell_visible(self, *_: object) -> None:
        if not self.isVisible():
            return
        visible = self._visible()
        self._rows.set_visible(range(visible.start, max(visible.stop - 1, visible.start)))
        rows = (self._rows.row(number) for number in visible)
        self._thumbs.want([row.object for row in rows if row is not None])
