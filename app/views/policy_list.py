"""The list of policies: chosen by mouse and keys, switched on and off in place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QToolTip, QWidget

from app.delegates.policies import PolicyDelegate
from app.formats import tip_text
from app.i18n import translate
from app.look import Look
from app.models.policies import PolicyModel
from app.policies import PolicyRow
from engine.access_types import Policy


class PolicyList(QListView):
    """See the module.

    Signals:
        opened: Enter or a double click on a policy.
        delete_wanted: Del.
        copy_wanted: Ctrl+C.
        paste_wanted: Ctrl+V.
        menu_wanted: The context menu, by mouse or keys; carries the place on the screen.
    """

    opened = Signal()
    delete_wanted = Signal()
    copy_wanted = Signal()
    paste_wanted = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, look: Look, policies: PolicyModel, parent: QWidget | None = None) -> None:
        """Args: look; what it shows; Qt's owner."""
        super().__init__(parent)
        self._policies = policies
        self.setModel(policies)
        self.setItemDelegate(PolicyDelegate(look, self))
        self.setProperty("place", "cards")
        self.setAccessibleName(translate("PolicyList", "Policies"))
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.activated.connect(lambda _: self.opened.emit())
        policies.dataChanged.connect(lambda *_: self.scheduleDelayedItemsLayout())

    @property
    def chosen(self) -> list[Policy]:
        """Return the selected policies, in their order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())  # some dozens at most
        return [self._policies.row(row).policy for row in rows]

    def show_rows(self, rows: Sequence[PolicyRow], choose: str = "") -> None:
        """Show policies; the one with that id is chosen, else those that were, else what took their place."""
        number = max(self.currentIndex().row(), 0)
        wanted = {choose} if choose else {policy.id for policy in self.chosen}
        self._policies.show(rows)
        found = [i for i in range(len(rows)) if rows[i].policy.id in wanted]
        if rows:
            self._choose(found or [min(number, len(rows) - 1)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: the keys of the list; Enter opens and goes no further, to no default button."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's hook: ask for the menu, beside the chosen policy where the keyboard asked."""
        at = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            at = self.visualRect(self.currentIndex()).center()
        self.menu_wanted.emit(self.viewport().mapToGlobal(at))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: sentences break elsewhere now."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def viewportEvent(self, event: object) -> bool:
        """Qt's hook: the whole name, where it does not fit."""
        if isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            QToolTip.showText(event.globalPos(), tip_text(str(index.data() or "")), self)
            return True
        return super().viewportEvent(event)  # type: ignore[arg-type]

    def _choose(self, numbers: Sequence[int]) -> None:
        flags = QItemSelectionModel.SelectionFlag
        wanted = QItemSelection()
        for number in numbers:
            wanted.select(self._policies.index(number), self._policies.index(number))
        self.selectionModel().setCurrentIndex(self._policies.index(numbers[0]), flags.NoUpdate)
        self.selectionModel().select(wanted, flags.ClearAndSelect)
