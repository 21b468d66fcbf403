"""A short list of records as a table: every row is in memory, its texts are made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.formats import tip_text

AnyIndex = QModelIndex | QPersistentModelIndex
RecordT = TypeVar("RecordT")

TONE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""`data` role that gives the colour token of a cell's text, or None for the usual one."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell says.

    Attributes:
        text: The text.
        tip: More than there is room for; the text where there is no more.
        tone: Colour token, or None for the usual one.
    """

    text: str
    tip: str = ""
    tone: str | None = None


class RecordModel(QAbstractTableModel, Generic[RecordT]):
    """See the module."""

    def __init__(
        self, titles: Sequence[str], cells: Callable[[RecordT], tuple[Cell, ...]], parent: QObject | None = None
    ) -> None:
        """Args: the columns' titles; what the cells of a record say, in their order; Qt's owner."""
        super().__init__(parent)
        self._titles = tuple(titles)
        self._cells_of = cells
        self._records: tuple[RecordT, ...] = ()
        self._cells: tuple[tuple[Cell, ...], ...] = ()

    def show(self, records: Sequence[RecordT]) -> None:
        """Show records in place of those before."""
        self.beginResetModel()
        self._records = tuple(records)
        self._cells = tuple(self._cells_of(record) for record in self._records)
        self.endResetModel()

    def record(self, number: int) -> RecordT:
        """Return the record of a row."""
        return self._records[number]

    @property
    def records(self) -> tuple[RecordT, ...]:
        """Return what is shown."""
        return self._records

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: how many there are."""
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: the columns."""
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: column titles."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._titles):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: texts made with the records."""
        if not index.isValid():
            return None
        return cell_datum(self._cells[index.row()][index.column()], role)


def cell_datum(cell: Cell, role: int) -> Any:
    """Return what a cell has for one of Qt's roles."""
    if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
        return cell.text
    if role == Qt.ItemDataRole.ToolTipRole:
        return tip_text(cell.tip or cell.text)
    return cell.tone if role == TONE_ROLE else None
