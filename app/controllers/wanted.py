"""A row that is to be selected as soon as it is there: something that was just made, moved or brought back."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QObject

from app.models.folder_model import FolderModel
from app.views.folder_table import FolderTable


class WantedRow(QObject):
    """Waits for one row at a time, and no longer once a person selects something else."""

    def __init__(self, table: FolderTable, rows: FolderModel) -> None:
        """Args: where it is selected; the rows."""
        super().__init__(table)
        self._table = table
        self._key = ""
        self._is_ours = False
        table.selectionModel().selectionChanged.connect(self._selected)
        rows.refreshed.connect(self.select)
        rows.shifting.connect(lambda: self._know_ours(ours=True))
        rows.settled.connect(lambda: self._know_ours(ours=False))

    @property
    def is_wanted(self) -> bool:
        """Return whether any row is waited for."""
        return bool(self._key)

    def want(self, key: str) -> None:
        """Wait for the row with this key; for none where it is empty."""
        self._key = key

    def select(self) -> None:
        """Select it if it is there."""
        key, self._key = self._key, ""
        if key and not self._table.select_path(key):
            self._key = key

    def _selected(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        """Forget it once somebody selects other rows; a large folder that is read again selects the same ones."""
        if not selected.isEmpty() and not self._is_ours:
            self._key = ""

    def _know_ours(self, *, ours: bool) -> None:
        self._is_ours = ours
