"""What was deleted from a bucket and can be taken back, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QStackedLayout, QTableView, QWidget

from app.bridge.trash import TrashView
from app.dialogs.base import Dialog
from app.formats import count_text, exact_size_text
from app.i18n import translate
from app.look import Look, label
from app.models.trash import TrashColumn, TrashModel
from app.widgets.empty_state import EmptyState
from app.widgets.notice import Notice
from engine.types import Bucket
from engine.version_types import ObjectVersion

_SIZE = (820, 540)
_WIDTHS = {TrashColumn.FOLDER: 200, TrashColumn.SIZE: 90, TrashColumn.DELETED: 140, TrashColumn.LEFT: 110}


class TrashDialog(Dialog):
    """Asks for pages and for what is to be done; decides nothing.

    Signals:
        page_wanted: Carries the cursor of the page, or None for the newest.
        restore_wanted: Carries the chosen rows.
        restore_to_wanted: Carries the one chosen row.
        delete_wanted: Carries the chosen rows.
        empty_wanted: Everything shall go.
    """

    page_wanted = Signal(object)
    restore_wanted = Signal(list)
    restore_to_wanted = Signal(object)
    delete_wanted = Signal(list)
    empty_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget, bucket: Bucket) -> None:
        """Args: look; the window; whose trash."""
        super().__init__(look, parent, translate("TrashDialog", "Trash of {bucket}").format(bucket=bucket.name), 720)
        self._cursors: list[int | None] = [None]
        self._next: int | None = None
        self._shown_cursor: int | None = None
        self._is_loading = False
        self._model = TrashModel(bucket.retention.trash_days, self)
        self.notice = Notice(look)
        self.notice.accepted.connect(self._mend)
        self.summary = label(translate("TrashDialog", "Reading…"), tone="muted")
        self.table = QTableView()
        self.nothing = EmptyState(look, "trash", translate("TrashDialog", "The trash is empty"), _explained(bucket))
        self.newer = look.push_button(translate("TrashDialog", "Newer"))
        self.older = look.push_button(translate("TrashDialog", "Older"))
        self._set_table()
        self._lay_out()
        self.empty = self.add_aside(translate("TrashDialog", "Empty trash…"))
        self.delete = self.add_button(translate("TrashDialog", "Delete for good…"))
        self.restore_to = self.add_button(translate("TrashDialog", "Restore to…"))
        self.add_close().setDefault(False)
        self.restore = self.add_button(translate("TrashDialog", "Restore"), "primary")
        self.restore.setDefault(True)  # Return in the list
        self._connect()
        self._judge()
        self.resize(*_SIZE)
        self.table.setFocus()

    @property
    def page_cursor(self) -> int | None:
        """Return the cursor of the page that is shown."""
        return self._cursors[-1]

    @property
    def chosen(self) -> list[ObjectVersion]:
        """Return the selected rows, in their order."""
        rows = self.table.selectionModel().selectedRows()  # of one page: a few hundred at most
        return [self._model.row(index.row()) for index in sorted(rows, key=lambda index: index.row())]

    def show_page(self, view: TrashView) -> None:
        """Show a page; one that has become empty gives way to the newest."""
        if not view.page.items and len(self._cursors) > 1:
            self._cursors = [None]
            self.page_wanted.emit(None)
            return
        self._next = view.page.next_cursor
        self._is_loading = True
        self._show_rows(view.page.items, is_same_page=self._shown_cursor == self.page_cursor)
        self._is_loading = False
        self._shown_cursor = self.page_cursor
        self._pages.setCurrentWidget(self.table if view.page.items else self.nothing)
        total = f"{count_text(view.size.objects)}, {exact_size_text(view.size.size_bytes)}"
        self.summary.setText(total if view.size.objects else "")
        self.empty.setEnabled(view.size.objects > 0)
        for button in (self.newer, self.older):
            button.setVisible(len(self._cursors) > 1 or self._next is not None)
        self.newer.setEnabled(len(self._cursors) > 1)
        self.older.setEnabled(self._next is not None)
        self._judge()

    def _show_rows(self, items: Sequence[ObjectVersion], *, is_same_page: bool) -> None:
        """Show rows; what was chosen stays chosen or, where it is gone, gives way to what took its place."""
        number = max(self.table.currentIndex().row(), 0) if is_same_page else 0
        chosen_ids = {version.id for version in self.chosen} if is_same_page else set()
        self._model.show(items)
        again = [i for i in range(len(items)) if items[i].id in chosen_ids] or [min(number, len(items) - 1)]
        if items:
            self._choose(again)

    def _choose(self, numbers: Sequence[int]) -> None:
        """Choose exactly these rows; Qt's own `selectRow` would heed keys that happen to be held down."""
        flags = QItemSelectionModel.SelectionFlag
        wanted = QItemSelection()
        for number in numbers:
            wanted.select(self._model.index(number, 0), self._model.index(number, len(TrashColumn) - 1))
        selection = self.table.selectionModel()
        selection.setCurrentIndex(self._model.index(numbers[0], 0), flags.NoUpdate)
        selection.select(wanted, flags.ClearAndSelect)

    def refuse(self, reason: str) -> None:
        """Say why something stays in the trash; offers another path where one object is chosen."""
        offer = translate("TrashDialog", "Restore to…") if len(self.chosen) == 1 else ""
        self._judge()
        self.notice.say(reason, offer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's hook: Del deletes for good, after asking, as everywhere where there is no trash."""
        if event.key() == Qt.Key.Key_Delete and self.delete.isEnabled():
            self.delete.click()
        else:
            super().keyPressEvent(event)

    def _set_table(self) -> None:
        table = self.table
        table.setModel(self._model)
        table.setProperty("place", "chooser")
        table.setAccessibleName(translate("TrashDialog", "Deleted objects"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setCornerButtonEnabled(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = table.horizontalHeader()
        header.setAccessibleName(translate("TrashDialog", "Columns"))
        header.setHighlightSections(False)
        header.setSectionResizeMode(TrashColumn.NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        rows = table.verticalHeader()
        rows.hide()
        rows.setAccessibleName(translate("TrashDialog", "Rows"))
        rows.setDefaultSectionSize(self.look.theme.size("tree_row"))

    def _lay_out(self) -> None:
        self.body.addWidget(self.notice)
        holder = QWidget()
        self._pages = QStackedLayout(holder)
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.nothing)
        self.body.addWidget(holder, 1)
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        row.addWidget(self.summary)
        row.addStretch()
        for button in (self.newer, self.older):
            button.setAutoDefault(False)
            button.hide()
            row.addWidget(button)
        self.body.addLayout(row)
        self._column.setStretchFactor(self.body, 1)

    def _connect(self) -> None:
        self.table.selectionModel().selectionChanged.connect(self._chosen_anew)
        for button in (self.restore, self.restore_to, self.delete, self.empty):
            button.clicked.connect(lambda: self.notice.say(""))
        self.newer.clicked.connect(self._go_newer)
        self.older.clicked.connect(self._go_older)
        self.restore.clicked.connect(lambda: self.restore_wanted.emit(self.chosen))
        self.restore_to.clicked.connect(self._mend)
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(self.chosen))
        self.empty.clicked.connect(self.empty_wanted)

    def _chosen_anew(self) -> None:
        if not self._is_loading:  # what was said is about what was chosen, and news may come at any moment
            self.notice.say("")
        self._judge()

    def _judge(self) -> None:
        chosen = len(self.table.selectionModel().selectedRows())
        self.restore.setEnabled(chosen > 0)
        self.delete.setEnabled(chosen > 0)
        self.restore_to.setEnabled(chosen == 1)
        self.empty.setEnabled(bool(self.summary.text()) and self._model.rowCount() > 0)

    def _mend(self) -> None:
        chosen = self.chosen
        if len(chosen) == 1:
            self.restore_to_wanted.emit(chosen[0])

    def _go_newer(self) -> None:
        self._cursors.pop()
        self.page_wanted.emit(self.page_cursor)

    def _go_older(self) -> None:
        self._cursors.append(self._next)
        self.page_wanted.emit(self.page_cursor)


def _explained(bucket: Bucket) -> str:
    days = bucket.retention.trash_days
    if days is None:
        return translate(
            "TrashDialog", "This bucket has no trash: what is deleted is gone. Its settings can change that."
        )
    return translate("TrashDialog", "What is deleted can be taken back here for %Ln day(s).", None, days)
