"""Rows that are to be selected as soon as they are there: what was just made, moved or brought back, or came from.

Of a large folder only some pages are there: where the first row wanted stands is asked for, and the view goes there.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QItemSelection, QObject
from PySide6.QtWidgets import QAbstractItemView

from app.models.folder_model import FolderModel
from app.views.folder_table import FolderTable

_CENTRE: Final = QAbstractItemView.ScrollHint.PositionAtCenter


class WantedRows(QObject):
    """Waits for rows, and no longer once a person selects something else."""

    def __init__(self, table: FolderTable, rows: FolderModel) -> None:
        """Args: where it is selected; the rows."""
        super().__init__(table)
        self._table = table
        self._keys: tuple[str, ...] = ()
        self._has_first = self._is_quiet = False
        self._is_ours = self._is_sought = False
        self._goal = -1
        table.selectionModel().selectionChanged.connect(self._selected)
        self._rows = rows
        rows.refreshed.connect(self.select)
        rows.refreshed.connect(self._go_near)
        rows.dataChanged.connect(self._page_came)
        rows.shifting.connect(lambda: self._know_ours(ours=True))
        rows.settled.connect(lambda: self._know_ours(ours=False))

    @property
    def is_wanted(self) -> bool:
        """Return whether any row is waited for that is to get the focus."""
        return bool(self._keys) and not self._is_quiet

    @property
    def awaited(self) -> frozenset[str]:
        """Return the rows whose pages are waited for."""
        return frozenset(self._keys) if self._is_quiet else frozenset()

    def want(self, *keys: str) -> None:
        """Wait for the rows with these keys, none where they are empty; the first one gets the focus."""
        self._keys, self._has_first, self._is_quiet = tuple(filter(None, keys)), False, False
        self._is_sought, self._goal = False, -1

    def await_pages(self, keys: frozenset[str]) -> None:
        """Wait for rows that were selected before, as their pages come; the focus and the view stay where they are."""
        self._keys, self._has_first, self._is_quiet = tuple(keys), True, True

    def reorder(self) -> None:
        """Wait on for what is wanted, as the rows come in another order; not for what pages would have brought."""
        if self._is_quiet:
            self._keys = ()
        self._is_sought, self._goal = False, -1

    def select(self) -> None:
        """Select those that are there, once the first is; others may come later."""
        if self._is_quiet:
            self._select_quietly()
            return
        keys, self._keys = self._keys, ()
        if not keys:
            return
        if not self._has_first and not self._table.select_path(keys[0]):
            self._keys = keys
            self._seek(keys[0])
        elif len(keys) > 1:
            self._table.select_paths(frozenset(keys))
            if self._table.selected_count < len(keys):
                self._keys, self._has_first = keys, True

    def _seek(self, key: str) -> None:
        """Find out where a row stands that is not in the window, once."""
        if not self._is_sought and self._rows.rows([range(self._rows.rowCount())]) is None:
            self._is_sought = True
            name = key.rstrip("/").rpartition("/")[2]
            self._rows.seek(-1, name, partial(self._found, key), beyond=False)

    def _found(self, key: str, number: int) -> None:
        if self._keys[:1] == (key,):
            self._goal = number
            self._go_near()

    def _go_near(self) -> None:
        """Bring the place into view, so that its rows come; one that is still being counted when it is there."""
        if self._keys and 0 <= self._goal < self._rows.rowCount():
            number, self._goal = self._goal, -1
            self._table.front.doItemsLayout()  # else the scroll bar still has the range of the folder before
            self._table.front.scrollTo(self._rows.index(number, 0), _CENTRE)
            self._rows.shown(number)

    def _page_came(self) -> None:
        if self._is_quiet:
            self._select_quietly()
        elif self._is_sought and not self._is_ours:
            self.select()

    def _select_quietly(self) -> None:
        if not self._is_quiet or not self._keys or self._is_ours:
            return
        keys, self._keys = self._keys, ()
        found = self._rows.find_all(frozenset(keys))
        if len(found) > self._table.selected_count:
            self._table.select_paths(frozenset(keys))
        if len(found) < len(keys):
            self._keys = keys

    def _selected(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Forget them once somebody selects other rows; a large folder that is read again selects the same ones."""
        if not self._is_ours and (not selected.isEmpty() or (self._has_first and not deselected.isEmpty())):
            self._keys = ()

    def _know_ours(self, *, ours: bool) -> None:
        self._is_ours = ours
