"""Old and new names beside each other. Any number of lines; texts are made when they are painted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.bridge.renaming import Renaming
from app.i18n import translate
from app.models.records import Cell, cell_datum

AnyIndex = QModelIndex | QPersistentModelIndex
COLUMNS: Final = 3


class RenameModel(QAbstractTableModel):
    """See the module."""

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self._lines: tuple[Renaming, ...] = ()

    @property
    def lines(self) -> tuple[Renaming, ...]:
        """Return what is shown."""
        return self._lines

    def show(self, lines: Sequence[Renaming]) -> None:
        """Show other lines; as many as before change in place, so that nobody loses where they were."""
        if len(lines) == len(self._lines) and lines:
            self._lines = tuple(lines)
            self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, COLUMNS - 1))
            return
        self.beginResetModel()
        self._lines = tuple(lines)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: a line for each item."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: before, afterwards, and what is wrong."""
        return 0 if parent.isValid() else COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: column titles."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < COLUMNS:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        titles = (
            translate("RenameModel", "Now"), translate("RenameModel", "Becomes"), translate("RenameModel", "Note"),
        )  # fmt: skip
        return titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: what is wrong stands in the colour of danger, what stays as it is in a quiet one."""
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        quiet = "danger" if line.problem else None if line.changes else "muted"
        note = line.problem or ("" if line.changes else translate("RenameModel", "Stays as it is"))
        cells = (Cell(line.item.name, tone="muted"), Cell(line.name, tone=quiet), Cell(note, tone=quiet))
        return cell_datum(cells[index.column()], role)
