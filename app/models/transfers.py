"""The transfers list: one row a job, the newest on top, whatever number of files a job moves."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.bridge.transfers import TransferBridge
from app.formats import tip_text
from app.models.transfer_rows import TransferRow, row_of
from engine.transfers import JobSnapshot

AnyIndex = QModelIndex | QPersistentModelIndex

TRANSFER_ROLE: Final = Qt.ItemDataRole.UserRole
"""`data` role that gives the `TransferRow`."""


class TransfersModel(QAbstractListModel):
    """Follows a bridge. Jobs are known by number, which grows, so a row is found without a search through all.

    Args:
        bridge: Tells of the jobs.
        parent: Qt's owner.
    """

    def __init__(self, bridge: TransferBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: list[int] = []
        self._rows: dict[int, TransferRow] = {}
        for job in bridge.snapshots():
            self._change(job)
        bridge.job_changed.connect(self._change)
        bridge.job_removed.connect(self._remove)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:
        """Qt's hook: how many jobs there are."""
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> TransferRow | str | None:
        """Qt's hook: the row, its title, and what is said of it."""
        row = self.row(index)
        if row is None:
            return None
        match role:
            case _ if role == TRANSFER_ROLE:
                return row
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken
            case Qt.ItemDataRole.ToolTipRole:
                return tip_text(f"{row.title}\n{row.detail}")
        return None

    def row(self, index: AnyIndex) -> TransferRow | None:
        """Return the row at an index, or None for an invalid one."""
        if not index.isValid() or index.row() >= len(self._ids):
            return None
        return self._rows[self._ids[len(self._ids) - 1 - index.row()]]

    def index_of(self, job_id: int) -> QModelIndex:
        """Return where a job is, an invalid index if it is not listed."""
        place = self._place(job_id)
        return self.index(place) if place is not None else QModelIndex()

    def _place(self, job_id: int) -> int | None:
        at = bisect_left(self._ids, job_id)
        return len(self._ids) - 1 - at if job_id in self._rows else None

    def _change(self, job: JobSnapshot) -> None:
        row, place = row_of(job), self._place(job.id)
        if place is not None:
            self._rows[job.id] = row
            self.dataChanged.emit(self.index(place), self.index(place))
            return
        at = bisect_left(self._ids, job.id)
        self.beginInsertRows(QModelIndex(), len(self._ids) - at, len(self._ids) - at)
        self._ids.insert(at, job.id)
        self._rows[job.id] = row
        self.endInsertRows()

    def _remove(self, job_id: int) -> None:
        place = self._place(job_id)
        if place is None:
            return
        self.beginRemoveRows(QModelIndex(), place, place)
        del self._rows[job_id]
        del self._ids[bisect_left(self._ids, job_id)]
        self.endRemoveRows()
