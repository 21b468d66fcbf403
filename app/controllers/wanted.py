"""Rows that are to be selected as soon as they are there: what was just made, moved or brought back."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QObject

from app.models.folder_model import FolderModel
from app.views.folder_table import FolderTable


class WantedRows(QObject):
    """Waits for rows, and no longer once a person selects something else."""

    def __init__(self, table: FolderTable, rows: FolderModel) -> None:
        """Args: where it is selected; the rows."""
        super().__init__(table)
        self._table = table
        self._keys: tuple[str, ...] = ()
        self._is_late = False
        self._is_ours = False
        table.selectionModel().selectionChanged.connect(self._selected)
        rows.refreshed.connect(self.select)
        rows.shifting.connect(lambda: self._know_ours(ours=True))
        rows.settled.connect(lambda: self._know_ours(ours=False))

    @property
    def is_wanted(self) -> bool:
        """Return whether any row is waited for."""
        return bool(self._keys)

    def want(self, *keys: str) -> None:
        """Wait for the rows with these keys, not for empty ones; for others than the first once more after it."""
        self._keys, self._is_late = tuple(filter(None, keys)), False

    def select(self) -> None:
        """Select those that are there, if the first is."""
        (keys, self._keys), was_late = (self._keys, ()), self._is_late
        if not keys:
            return
        if not self._table.select_path(keys[0]):
            self._keys = keys
        elif len(keys) > 1:
            self._table.select_paths(frozenset(keys))
            if not was_late and self._table.selected_count < len(keys):
                self._keys, self._is_late = keys, True  # those far away in a vast folder never come

    def _selected(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        """Forget it once somebody selects other rows; a large folder that is read again selects the same ones."""
        if not selected.isEmpty() and not self._is_ours:
            self._keys = ()

    def _know_ours(self, *, ours: bool) -> None:
        self._is_ours = ours
