"""The details table: a QTableView that stays quick with a million rows and takes and gives files."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.delegates.name_editor import NameCheck
from app.delegates.row_delegate import RowDelegate
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.models.folder_model import SORTS, Column, FolderModel
from app.models.rows import Row
from app.views.drops import carries_files, local_paths
from app.views.folder_header import FolderHeader
from app.views.hold import Hold
from app.views.spans import merged, row_count
from app.views.steady import Steady
from app.views.type_ahead import TypeAhead

_TOLD_ROWS_MAX = 64


class FolderTable(QTableView):
    """See the module.

    Signals:
        row_opened: Double click or Enter; carries the `Row`.
        selection_changed: Which rows are selected, or which one is current.
        menu_wanted: Carries the global position.
        sort_wanted: Carries `Column` and whether descending.
        up_wanted: Backspace.
        drag_wanted: A drag of the selection begins.
        drop_hovering: Files hang above; carries the folder row's path or "" for the folder shown.
        hung_over: Whatever is dragged hangs there; carries the path of the folder row below it, or None.
        drop_left: They went away.
        dropped: Carries a list of `Path` and the folder row's path or "".
        drop_marked: Carries the number of the folder row that a drop would go into, or -1.
    """

    row_opened = Signal(object)
    selection_changed = Signal()
    menu_wanted = Signal(QPoint)
    sort_wanted = Signal(object, bool)
    up_wanted = Signal()
    drag_wanted = Signal()
    drop_hovering = Signal(str)
    hung_over = Signal(object)
    drop_left = Signal()
    dropped = Signal(list, str)
    drop_marked = Signal(int)

    def __init__(
        self, look: Look, model: FolderModel, check: NameCheck, hold: Hold | None = None, parent: QWidget | None = None
    ) -> None:
        """Args: look; what is shown; what is wrong with a new name, if anything; what is in hand; Qt's owner."""
        super().__init__(parent)
        self._hold = hold or Hold(self)
        self._hold.cut_changed.connect(self.viewport().update)
        self._look = look
        self._rows = model
        self._delegate = RowDelegate(look, self, model, check, self.is_cut)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setProperty("place", "folder")
        self.setAccessibleName(translate("FolderTable", "Folder contents"))
        self._set_behaviour()
        self._set_header()
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())
        self.selectionModel().currentRowChanged.connect(lambda *_: self.viewport().update())
        self.selection_changed.connect(lambda: model.set_selected(self.ranges))
        Steady(self, model, lambda: self.ranges)
        self._type_ahead = TypeAhead(self, model)
        self.activated.connect(self._open)
        self.entered.connect(lambda index: self._hover(index.row()))
        self.viewportEntered.connect(lambda: self._hover(-1))
        self.verticalScrollBar().valueChanged.connect(self._tell_visible)
        model.opened.connect(self._tell_visible)
        look.theme.changed.connect(self.viewport().update)

    @property
    def folder_model(self) -> FolderModel:
        """Return what is shown."""
        return self._rows

    @property
    def hold(self) -> Hold:
        """Return what is in hand."""
        return self._hold

    @property
    def front(self) -> QAbstractItemView:
        """Return the view that is on the screen: this one, or the face that has its focus instead of it."""
        proxy = self.focusProxy()
        return proxy if isinstance(proxy, QAbstractItemView) else self

    @property
    def shown_place(self) -> Location | None:
        """Return the place whose rows are seen: while another one is being read, still the one before."""
        return self._rows.view.location if self._rows.view is not None else None

    def size_folders(self, text: Callable[[Location], str]) -> None:
        """Let the Size column say of folders what `text` returns."""
        self._rows.folder_size = lambda row: text(Location(here.bucket, row.path)) if (here := self._now) else ""

    @property
    def _now(self) -> Location | None:
        """Return the place shown, unless it is shown as it was."""
        return self.shown_place if self._rows.view is not None and self._rows.view.moment is None else None

    @property
    def ranges(self) -> list[range]:
        """Return the selected rows as ranges; cheap whatever their number."""
        return merged([(part.top(), part.bottom() + 1) for part in self.selectionModel().selection().toList()])

    @property
    def selected_count(self) -> int:
        """Return how many rows are selected."""
        return sum(len(span) for span in self.ranges)

    def current_row(self) -> Row | None:
        """Return the row with the focus, if it is loaded."""
        index = self.currentIndex()
        return self._rows.row(index.row()) if index.isValid() else None

    def select_path(self, key: str) -> bool:
        """Select one row by its key and bring it into view; return whether it is in the window."""
        number = self._rows.find(key)
        if number is None:
            return False
        # with flags of its own: Qt's selectRow toggles while somebody holds Ctrl, as they do after Ctrl+Tab
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self._rows.index(number, 0), flags)
        self.front.scrollTo(self._rows.index(number, 0))
        return True

    def select_paths(self, keys: frozenset[str]) -> None:
        """Select exactly the rows with these keys, as far as they are in the window."""
        wanted = QItemSelection()
        for span in merged([(number, number + 1) for number in self._rows.find_all(keys)]):
            wanted.select(self._rows.index(span.start, 0), self._rows.index(span.stop - 1, 0))
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().select(wanted, flags)

    def go_on_after(self, keys: frozenset[str]) -> None:
        """Select the row that takes the place of those with these keys, which are being deleted.

        So that the keyboard can delete one after another. Nothing else is selected or shown meanwhile, or that stays.
        """
        view = self._rows.view

        def go_on() -> None:
            if self._rows.view is not view or (self.ranges and not self._rows.find_all(keys)):
                return
            if self._rows.find_all(keys):
                self._rows.refreshed.connect(go_on, Qt.ConnectionType.SingleShotConnection)
            elif self.currentIndex().isValid():
                self.selectRow(self.currentIndex().row())

        go_on()

    def invert_selection(self) -> None:
        """Select what is not selected and the other way round."""
        if not self._rows.rowCount():
            return
        whole = QItemSelection(self._rows.index(0, 0), self._rows.index(self._rows.rowCount() - 1, len(Column) - 1))
        self.selectionModel().select(whole, QItemSelectionModel.SelectionFlag.Toggle)

    def pulse_drop(self, lit: bool) -> None:
        """Show or hide the mark of the row that a drop would go into, for a moment."""
        self._delegate.drop_lit = lit
        self.viewport().update()

    def rename_current(self) -> None:
        """Open the rename field on the current row."""
        number = self.ranges[0].start if self.ranges else self.currentIndex().row()
        self.front.edit(self._rows.index(number, Column.NAME))

    def set_sort(self, column: Column, *, descending: bool) -> None:
        """Show the arrow of the order that is in force."""
        header = self.horizontalHeader()
        header.blockSignals(True)
        header.setSortIndicator(column, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)
        header.blockSignals(False)

    def sort_by(self, column: Column, *, descending: bool) -> None:
        """Ask for an order, as a click on the head of that column does."""
        self.set_sort(column, descending=descending)
        self._sort(column, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)

    def choose_columns(self) -> None:
        """Offer which columns there are, as a click on their heads with the other button does."""
        self._header.choose_columns(self._header.rect().bottomLeft())

    def columns_state(self) -> QByteArray:
        """Return widths, order and visibility of the columns, to be kept."""
        return self.horizontalHeader().saveState()

    def restore_columns(self, state: QByteArray) -> None:
        """Take widths, order and visibility that were kept; nonsense is ignored."""
        self._header.restore(state)

    def keyboardSearch(self, search: str) -> None:
        """Qt's hook: type-ahead; Qt's own would load the whole folder."""
        self._type_ahead.type(search)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Qt's hook: tell screen readers of large selections as a whole; Qt's own way asks the flags of each cell."""
        if row_count(selected) + row_count(deselected) <= _TOLD_ROWS_MAX:
            super().selectionChanged(selected, deselected)
            return
        QAbstractItemView.selectionChanged(self, selected, deselected)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.SelectionWithin))

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Qt's hook: Home and End go to the first and the last row, not to a column."""
        last = self._rows.rowCount() - 1
        if action == QAbstractItemView.CursorAction.MoveHome and last >= 0:
            return self._rows.index(0, 0)
        if action == QAbstractItemView.CursorAction.MoveEnd and last >= 0:
            return self._rows.index(last, 0)
        return super().moveCursor(action, modifiers)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Enter opens, Backspace goes up."""
        editing = self.state() == QAbstractItemView.State.EditingState
        if not editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._open(self.currentIndex())
        elif not editing and event.key() == Qt.Key.Key_Backspace:
            self.up_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: from the mouse where it is, from the keyboard at the current row."""
        position = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            position = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft() + QPoint(48, 0))
        elif not self.indexAt(event.pos()).isValid():
            self.clearSelection()
        self.menu_wanted.emit(position)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a click on empty ground drops the selection."""
        super().mousePressEvent(event)
        if not self.indexAt(event.position().toPoint()).isValid():
            self.clearSelection()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Qt's hook: whoever knows what is selected runs the drag."""
        self.drag_wanted.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's hook: files from other programs are welcome, and what is dragged in this window."""
        self._hang(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Qt's hook: say where they would go."""
        self._hang(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Qt's hook: they went away."""
        self._mark_drop(-1)
        self._hold.leave()
        self.drop_left.emit()

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's hook: pass the paths on and return at once; the other program is waiting."""
        row = self._folder_at(event.position().toPoint())
        self._mark_drop(-1)
        self.drop_left.emit()
        if self._hold.carries(event.mimeData()):
            self._hold.drop(event, self._place_of(row))
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(local_paths(event.mimeData()), row.path if row else "")

    def leaveEvent(self, event: object) -> None:
        """Qt's hook: no row is under the pointer any more."""
        self._hover(-1)
        super().leaveEvent(event)  # type: ignore[arg-type] # a QEvent in truth

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's hook: whole rows."""
        with QPainter(self.viewport()) as painter:
            self._delegate.paint_rows(painter, event.rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: other rows are visible."""
        super().resizeEvent(event)
        self._tell_visible()

    def _set_behaviour(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)
        self.setFrameShape(QTableView.Shape.NoFrame)

    def _set_header(self) -> None:
        self._header = FolderHeader(self._look, self._rows, self)
        self.setHorizontalHeader(self._header)
        self._header.lay_out()
        self._header.sortIndicatorChanged.connect(self._sort)
        rows = self.verticalHeader()
        rows.hide()
        rows.setAccessibleName(translate("FolderTable", "Rows"))
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self._look.theme.size("row"))

    def _sort(self, section: int, order: Qt.SortOrder) -> None:
        self.sort_wanted.emit(
            Column(section) if Column(section) in SORTS else None, order == Qt.SortOrder.DescendingOrder
        )

    def _open(self, index: QModelIndex) -> None:
        row = self._rows.row(index.row()) if index.isValid() else None
        if row is not None:
            self.row_opened.emit(row)

    def _hover(self, row: int) -> None:
        self._delegate.hovered_row = row
        self.viewport().update()

    def _hang(self, event: QDragMoveEvent) -> None:
        row = self._folder_at(event.position().toPoint())
        if self._hold.carries(event.mimeData()):
            lands = self._hold.hang(event, self._place_of(row))
            if not lands:
                event.setDropAction(Qt.DropAction.IgnoreAction)
                event.accept()  # else Qt sends no more moves: every drag of rows begins where it would do nothing
            self._mark_drop(self._rows.find(row.path) if row and lands else -1)
            self.hung_over.emit(row.path if row else None)
            return
        if not carries_files(event.mimeData()):
            event.ignore()
            return
        self._mark_drop(self._rows.find(row.path) if row else -1)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.drop_hovering.emit(row.path if row else "")
        self.hung_over.emit(row.path if row else None)

    def _place_of(self, row: Row | None) -> Location | None:
        """Return the folder of a row, or the one shown."""
        here = self.shown_place
        return here if here is None or row is None else Location(row.bucket or here.bucket, row.path)

    def is_cut(self, row: Row) -> bool:
        """Return whether a row waits to be pasted elsewhere."""
        here = self.shown_place
        return here is not None and self._hold.is_cut(row.bucket or here.bucket, row.path)

    def _folder_at(self, position: QPoint) -> Row | None:
        index = self.front.indexAt(position)
        row = self._rows.row(index.row()) if index.isValid() else None
        return row if row is not None and row.is_folder else None

    def _mark_drop(self, row: int | None) -> None:
        self._delegate.drop_row, self._delegate.drop_lit = -1 if row is None else row, True
        self.drop_marked.emit(self._delegate.drop_row)
        self.viewport().update()

    def _tell_visible(self, *_: object) -> None:
        if self.front is not self:
            return
        first = max(self.rowAt(0), 0)
        last = self.rowAt(self.viewport().height() - 1)
        self._rows.set_visible(range(first, last if last >= 0 else max(self._rows.rowCount() - 1, 0)))
