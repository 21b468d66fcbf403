"""A row that is to be selected as soon as it is there: something that was just made, moved or brought back."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.models.folder_model import FolderModel
from app.views.folder_table import FolderTable


class WantedRow(QObject):
    """Waits for one row at a time."""

    def __init__(self, table: FolderTable, rows: FolderModel) -> None:
        """Args: where it is selected; the rows."""
        super().__init__(table)
        self._table = table
        self._key = ""
        rows.refreshed.connect(self.select)

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
