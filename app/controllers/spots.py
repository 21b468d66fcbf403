"""Where somebody is in the folder shown: taken when they leave it, put back when they come again.

Of a large folder only the first rows are there at once. Where somebody was further down waits until all are counted,
and what was selected there until its rows come: never is a row selected by its number alone, for another object may
have come there.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QItemSelectionModel, QObject

from app.controllers.wanted import WantedRows
from app.history import Spot
from app.models.folder_model import FolderModel
from app.models.searches import EVERYTHING, Search
from app.views.folder_table import FolderTable

_PATHS_MAX: Final = 2_000
"""A selection of at most so many rows is remembered by their paths; a larger one only if it is all there are."""

_NO_UPDATE: Final = QItemSelectionModel.SelectionFlag.NoUpdate
_Here = tuple[int, int, list[range]]


class Spots(QObject):
    """See the module."""

    def __init__(self, table: FolderTable, rows: FolderModel, wanted: WantedRows) -> None:
        """Args: the view; what it shows; what waits for rows that are not there yet."""
        super().__init__(table)
        self._table = table
        self._rows = rows
        self._wanted = wanted
        self._next: Spot | None = None
        self._stays = False
        self._sought: Search | None = None
        self._late: Spot | None = None
        self._put_back: tuple[Spot, _Here] | None = None
        rows.refreshed.connect(self._put_late)

    def take(self) -> Spot:
        """Return what is selected, which row has the keyboard, and how far down the view is."""
        if self._put_back is not None and self._put_back[1] == self._here():
            return self._put_back[0]  # left again before all of it was there
        table, rows = self._table, self._rows
        current, ranges = table.current_row(), table.ranges
        known = rows.rows(ranges) if sum(len(span) for span in ranges) <= _PATHS_MAX else None
        return Spot(
            current=current.key if current is not None else "",
            row=table.currentIndex().row(),
            has_all=bool(ranges) and ranges == [range(rows.rowCount())],
            paths=self._wanted.awaited | {row.key for row in known or ()},
            scroll_px=table.front.verticalScrollBar().value(),
            in_icons=table.front is not table,
            total=rows.rowCount(),
            search=rows.view.search if rows.view is not None and rows.view.is_search else EVERYTHING,
        )

    def expect(self, spot: Spot | None) -> None:
        """Say where in the place that is shown next somebody was, if they were."""
        self._next, self._late, self._put_back, self._stays = spot, None, None, False

    def stay(self) -> None:
        """Keep what is selected when the same place is shown next in another order, or more or less of it."""
        self._next, self._stays = self.take(), True
        self._sought = None if self._rows.view is None else self._rows.view.search
        self._wanted.await_pages(frozenset())

    def put(self) -> None:
        """Go where somebody was; to the first row where nobody was yet."""
        spot, self._next, self._late, self._put_back = self._next, None, None, None
        if not self._rows.rowCount():
            return
        self._table.setCurrentIndex(self._rows.index(0, 0))
        self._table.clearSelection()
        if spot is None:
            return
        if self._stays:
            self._carry(spot)
        elif self._rows.is_counted:
            self._put(spot)
        else:
            self._late = spot
            self._put_back = spot, self._here()

    def _put_late(self) -> None:
        """Go there once all rows are counted, unless a person has gone elsewhere meanwhile."""
        if self._late is None or not self._rows.is_counted:
            return
        spot, self._late = self._late, None
        if self._put_back is not None and self._put_back[1] == self._here():
            self._put(spot)

    def _put(self, spot: Spot) -> None:
        """Select what was selected, as far as it is still there, and go where the view was."""
        same = spot.total == self._rows.rowCount()
        self._select(spot)
        number = self._rows.find(spot.current) if spot.current else None
        if number is None:
            number = spot.row if same else min(max(spot.row, 0), self._rows.rowCount() - 1)
        index, front = self._rows.index(number, 0), self._table.front
        self._table.selectionModel().setCurrentIndex(index, _NO_UPDATE)
        front.doItemsLayout()  # else the scroll bar still has the range of the folder before
        if spot.in_icons == (front is not self._table):
            front.verticalScrollBar().setValue(spot.scroll_px)
        else:
            front.scrollTo(index)
        self._put_back = spot, self._here()

    def _carry(self, spot: Spot) -> None:
        """Select what was selected, as far as it is in sight, and show the row that had the keyboard."""
        if spot.has_all and self._rows.view is not None and self._rows.view.search == self._sought:
            self._table.selectAll()  # those that are not counted yet too
        else:
            self._select(spot)
        number = self._rows.find(spot.current) if spot.current and self._table.ranges else None
        if number is not None:
            index = self._rows.index(number, 0)
            self._table.selectionModel().setCurrentIndex(index, _NO_UPDATE)
            self._table.front.doItemsLayout()
            self._table.front.scrollTo(index)

    def _select(self, spot: Spot) -> None:
        if spot.has_all and spot.total == self._rows.rowCount():
            self._table.selectAll()
        elif spot.paths:
            self._table.select_paths(spot.paths)
            if not self._stays and self._table.selected_count < len(spot.paths):
                self._wanted.await_pages(spot.paths)

    def _here(self) -> _Here:
        table = self._table
        return table.currentIndex().row(), table.front.verticalScrollBar().value(), table.ranges
