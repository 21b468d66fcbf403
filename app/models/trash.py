"""One page of a bucket's trash as a table; never more than that page is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app import problems
from app.formats import exact_size_text, full_time_text, size_text, time_text, tip_text
from app.i18n import translate
from engine.version_types import ObjectVersion

AnyIndex = QModelIndex | QPersistentModelIndex

VERSION_ROLE: Final = Qt.ItemDataRole.UserRole
"""`data` role that gives the `ObjectVersion`."""

_DAY: Final = timedelta(days=1)


class TrashColumn(IntEnum):
    """The columns, in their order."""

    NAME = 0
    FOLDER = 1
    SIZE = 2
    DELETED = 3
    LEFT = 4


class TrashModel(QAbstractTableModel):
    """See the module."""

    def __init__(self, trash_days: int | None, parent: QObject | None = None) -> None:
        """Args: how long the bucket keeps what is deleted, or None if it does no longer; Qt's owner."""
        super().__init__(parent)
        self._trash_days = trash_days
        self._rows: tuple[ObjectVersion, ...] = ()
        self._now = datetime.now(UTC)

    def show(self, rows: Sequence[ObjectVersion]) -> None:
        """Show a page in place of the one before."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self._now = datetime.now(UTC)
        self.endResetModel()

    def row(self, number: int) -> ObjectVersion:
        """Return a row of the page."""
        return self._rows[number]

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: rows of the page."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: the named columns."""
        return 0 if parent.isValid() else len(TrashColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: column titles."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(TrashColumn):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return _titles()[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's hook: texts of a row."""
        if not index.isValid():
            return None
        version = self._rows[index.row()]
        if role == VERSION_ROLE:
            return version
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(self._tips(version)[index.column()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._texts(version)[index.column()]
        return None

    def _texts(self, version: ObjectVersion) -> tuple[str, str, str, str, str]:
        folder, _, leaf = version.info.path.rpartition("/")
        if not leaf:
            folder, _, leaf = folder.rpartition("/")
        problem = problems.problem_of(version.info)
        leaf = leaf if problem is None else f"{leaf} · {problems.word(problem)}"
        deleted = time_text(version.until, self._now) if version.until else ""
        return leaf, f"{folder}/", size_text(version.info.size_bytes), deleted, self._left(version)

    def _tips(self, version: ObjectVersion) -> tuple[str, str, str, str, str]:
        deleted = full_time_text(version.until) if version.until else ""
        problem = problems.problem_of(version.info)
        about = version.info.path if problem is None else f"{version.info.path}\n{problems.title(problem)}"
        return about, version.info.path, exact_size_text(version.info.size_bytes), deleted, ""

    def _left(self, version: ObjectVersion) -> str:
        if self._trash_days is None or version.until is None:
            return translate("TrashModel", "Goes soon")
        left = version.until + self._trash_days * _DAY - self._now
        if left < _DAY:
            return translate("TrashModel", "Less than a day")
        return translate("TrashModel", "%Ln day(s)", None, -(-left // _DAY))


def _titles() -> tuple[str, ...]:
    return (
        translate("TrashModel", "Name"),
        translate("TrashModel", "Was in"),
        translate("TrashModel", "Size"),
        translate("TrashModel", "Deleted"),
        translate("TrashModel", "Time left"),
    )


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == TrashColumn.SIZE else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
