"""What a job did not move and why: a list that can be filtered, copied, saved and tried again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.bridge.transfers import TransferBridge
from app.formats import tip_text
from app.i18n import translate
from app.look import Look, label
from app.models.transfer_rows import RowAction, TransferRow
from engine.transfers import ItemNote, NoteKind, failures_text, printable

AnyIndex = QModelIndex | QPersistentModelIndex

_ROW_PX: Final = 30
_WIDTH_PX: Final = 860
_HEIGHT_PX: Final = 460


class NotesModel(QAbstractTableModel):
    """Path and reason of every item, for as many items as there are.

    Args:
        notes: What is listed.
        parent: Qt's owner.
    """

    def __init__(self, notes: Sequence[ItemNote], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notes = tuple(notes)

    @property
    def notes(self) -> tuple[ItemNote, ...]:
        """Return what is listed."""
        return self._notes

    def show(self, notes: Sequence[ItemNote]) -> None:
        """List others."""
        self.beginResetModel()
        self._notes = tuple(notes)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: how many items there are."""
        return 0 if parent.isValid() else len(self._notes)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: path and reason."""
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """Qt's hook: the titles."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (translate("NotesDialog", "Item"), translate("NotesDialog", "Reason"))[section]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Qt's hook: the texts, in full in the tool tip."""
        if not index.isValid():
            return None
        note = self._notes[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return printable(note.path) if index.column() == 0 else note.explanation
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(f"{printable(note.local_path)}\n{note.explanation}")
        return None


class _CellDelegate(QStyledItemDelegate):
    """Paints a cell with some air, the middle of a path and the end of a reason left out where room is short."""

    def __init__(self, look: Look, table: QTableView) -> None:
        super().__init__(table)
        self._look = look

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Qt's hook: ground, then text."""
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, self._look.theme.color("accent_soft"))
        middle = index.column() == 0
        elide = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        space = self._look.theme.space("m")
        place = option.rect.adjusted(space, 0, -space, 0)
        painter.setPen(self._look.theme.color("text" if middle else "muted"))
        shown = option.fontMetrics.elidedText(str(index.data()).replace("\n", " "), elide, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)


class NotesDialog(QDialog):
    """See the module.

    Args:
        bridge: Gives the list and takes the retry.
        row: The job.
        look: Theme and icons.
        parent: The window it belongs to.
    """

    def __init__(self, bridge: TransferBridge, row: TransferRow, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._row = row
        self._look = look
        self._all = bridge.notes(row.id)
        self.setWindowTitle(translate("NotesDialog", "Not transferred"))
        self.resize(_WIDTH_PX, _HEIGHT_PX)
        self.model = NotesModel(self._all, self)
        space = look.theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space("xl"), space("xl"), space("xl"), space("l"))
        column.setSpacing(space("m"))
        column.addWidget(label(row.title, size="title", wrap=True))
        column.addLayout(self._filters())
        column.addWidget(self._table(), 1)
        column.addLayout(self._buttons())

    def _filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("s"))
        self.filters = QButtonGroup(self)
        failed = sum(note.kind is NoteKind.FAILED for note in self._all)
        choices = (
            (translate("NotesDialog", "%Ln failed", None, failed), NoteKind.FAILED, failed),
            (
                translate("NotesDialog", "%Ln skipped", None, len(self._all) - failed),
                NoteKind.LEFT_OUT,
                len(self._all) - failed,
            ),
        )
        for text, kind, number in choices:
            chip = self._look.push_button(text, "chip")
            chip.setCheckable(True)
            chip.setEnabled(number > 0)
            chip.clicked.connect(partial(self._show, kind))
            self.filters.addButton(chip)
            row.addWidget(chip)
        row.addStretch()
        first = next((chip for chip in self.filters.buttons() if chip.isEnabled()), None)
        if first is not None:
            first.click()
        return row

    def _table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName(translate("NotesDialog", "Items that were not transferred"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setItemDelegate(_CellDelegate(self._look, table))
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        header.resizeSection(0, _WIDTH_PX * 2 // 5)
        return table

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("s"))
        self.copy = self._look.push_button(translate("NotesDialog", "Copy list"), icon="copy")
        self.copy.clicked.connect(self._copy)
        self.save = self._look.push_button(translate("NotesDialog", "Save list…"), icon="floppy-disk")
        self.save.clicked.connect(self._ask_where)
        self.retry = self._look.push_button(translate("NotesDialog", "Retry failed"), icon="arrow-clockwise")
        self.retry.setVisible(RowAction.RETRY in self._row.actions)
        self.retry.clicked.connect(self._retry)
        self.why = self._look.push_button(translate("NotesDialog", "Why?"))
        self.why.setToolTip(translate("NotesDialog", "Which policies do not allow the first of these"))
        self.why.setVisible(self._bridge.refusal(self._row.job) is not None)
        self.why.clicked.connect(self._explain)
        close: QPushButton = self._look.push_button(translate("NotesDialog", "Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row.addWidget(self.copy)
        row.addWidget(self.save)
        row.addStretch()
        row.addWidget(self.why)
        row.addWidget(self.retry)
        row.addWidget(close)
        return row

    def _show(self, kind: NoteKind, _checked: object = None) -> None:
        self.model.show([note for note in self._all if note.kind is kind])

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(failures_text(self.model.notes))

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, translate("NotesDialog", "Save list"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("txt")
        dialog.selectFile(translate("NotesDialog", "not transferred.txt"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self._bridge.save_notes(self.model.notes, Path(name)))
        dialog.open()

    def _explain(self) -> None:
        refused = self._bridge.refusal(self._row.job)
        self.accept()
        if refused is not None:
            self._bridge.reason_wanted.emit(refused)

    def _retry(self) -> None:
        self._bridge.retry(self._row.id)
        self.accept()
