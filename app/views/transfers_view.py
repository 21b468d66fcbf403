"""The list of jobs, by pointer and by keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from app.delegates.transfers import HotButton, TransferDelegate
from app.i18n import translate
from app.look import Look
from app.models.transfer_rows import RowAction, TransferRow, action_icon, action_text
from app.models.transfers import TransfersModel

_LEFT = Qt.MouseButton.LeftButton


class TransfersView(QListView):
    """See the module. Every painted button is in the context menu as well, and the usual ones have keys.

    Args:
        model: The jobs.
        look: Theme and icons.
        parent: Qt's owner.

    Signals:
        wanted: A person asks for an action; carries the `RowAction` and the `TransferRow`.
    """

    wanted = Signal(object, object)

    def __init__(self, model: TransfersModel, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._transfers = model
        self._look = look
        self._delegate = TransferDelegate(look, self)
        self._pressed: HotButton | None = None
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(translate("TransfersView", "Transfers"))
        look.theme.changed.connect(self.viewport().update)

    def menu_for(self, row: TransferRow) -> QMenu:
        """Return the context menu of a job."""
        menu = QMenu(self)
        for name in row.actions:
            action = QAction(self._look.icons.icon(action_icon(name)), action_text(name, row.job), menu)
            action.triggered.connect(lambda _=False, name=name: self.wanted.emit(name, row))
            menu.addAction(action)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: the menu of the row under the pointer, or of the current one when a key asked."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        row = self._transfers.row(index)
        if row is None:
            return
        place = self.viewport().mapToGlobal(self.visualRect(index).center()) if by_key else event.globalPos()
        menu = self.menu_for(row)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Delete cancels or removes, R retries, Return shows what is worth seeing."""
        row = self._transfers.row(self.currentIndex())
        choices = {
            Qt.Key.Key_Delete: (RowAction.CANCEL, RowAction.REMOVE),
            Qt.Key.Key_R: (RowAction.RETRY,),
            Qt.Key.Key_Return: (RowAction.NOTES, RowAction.SHOW),
            Qt.Key.Key_Enter: (RowAction.NOTES, RowAction.SHOW),
        }.get(Qt.Key(event.key()), ())
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not (plain and self._want_first(choices, row)):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: remember the button, so that only a release on the same one counts."""
        self._pressed = self._button_at(event.position().toPoint()) if event.button() == _LEFT else None
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a painted button does its work."""
        released, pressed = self._button_at(event.position().toPoint()), self._pressed
        self._pressed = None
        super().mouseReleaseEvent(event)
        if event.button() == _LEFT and released is not None and released == pressed:
            row = self._transfers.row(self._transfers.index_of(released.job_id))
            if row is not None and released.action in row.actions:
                self.wanted.emit(released.action, row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: a row shows what is worth seeing; a second quick click on a button is a press like any other."""
        point = event.position().toPoint()
        if self._button_at(point) is not None:
            self.mousePressEvent(event)
            return
        row = self._transfers.row(self.indexAt(point))
        self._want_first((RowAction.NOTES, RowAction.SHOW), row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: light up what is under the pointer."""
        self._hover(event.position().toPoint())
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Qt's hook: nothing is under the pointer any more."""
        self._hover(QPoint(-1, -1))
        super().leaveEvent(event)

    def _want_first(self, choices: Sequence[RowAction], row: TransferRow | None) -> bool:
        """Ask for the first action that the row offers; returns whether there is one."""
        chosen = next((action for action in choices if row is not None and action in row.actions), None)
        if chosen is not None:
            self.wanted.emit(chosen, row)
        return chosen is not None

    def _hover(self, point: QPoint) -> None:
        index = self.indexAt(point)
        hot = self._button_at(point)
        if (hot, index.row()) == (self._delegate.hot, self._delegate.hovered_row):
            return
        self._repaint(self._delegate.hovered_row)
        self._delegate.hot, self._delegate.hovered_row = hot, index.row()
        self._repaint(index.row())
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hot else Qt.CursorShape.ArrowCursor)

    def _repaint(self, row: int) -> None:
        if row >= 0:
            self.viewport().update(self.visualRect(self._transfers.index(row)))

    def _button_at(self, point: QPoint) -> HotButton | None:
        index: QModelIndex = self.indexAt(point)
        row = self._transfers.row(index)
        if row is None:
            return None
        action = self._delegate.action_at(index, self.visualRect(index), point)
        return HotButton(row.id, action) if action is not None else None
