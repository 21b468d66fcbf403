"""Where somebody is in the folder shown: taken when they leave it, put back when they come again.

Of a large folder only the first rows are there at once. Where somebody was further down waits until all are counted,
and what was selected there until its rows come. A row is selected because its key is known to have been: never by its
number or because there are as many as before, for another object may have come there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QObject

from app.controllers.wanted import WantedRows
from app.history import Spot
from app.location import Location
from app.models.folder_model import FolderModel
from app.models.searches import EVERYTHING
from app.models.sources import View
from app.views.folder_table import FolderTable

_PATHS_MAX: Final = 2_000
"""A selection of at most so many rows is remembered by their keys; a larger one, if it is all, for another order."""

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
        self._before: View | None = None
        self._is_there = False
        self._late: Spot | None = None
        self._put_back: tuple[Spot, _Here] | None = None
        rows.refreshed.connect(self._put_late)

    def shows(self, place: Location | None) -> bool:
        """Return whether the rows seen are those of a place that somebody went to: not of the one, or tab, before."""
        return self._is_there and self._table.shown_place == place

    def take(self) -> Spot:
        """Return what is selected, which row has the keyboard, and how far down the view is."""
        waits = self._late is not None or bool(self._wanted.awaited)
        if waits and self._put_back is not None and self._put_back[1] == self._here():
            return self._put_back[0]  # left again before all of it was there
        table, rows, view = self._table, self._rows, self._rows.view
        current, known = table.current_row(), self._known()
        return Spot(
            current=current.key if current is not None else "",
            row=table.currentIndex().row(),
            has_all=table.ranges == [range(rows.rowCount())] and (known is None or not rows.is_counted),
            paths=self._wanted.awaited | (known or frozenset()),
            scroll_px=table.front.verticalScrollBar().value(),
            in_icons=table.front is not table,
            total=rows.rowCount(),
            search=view.search if view is not None and view.is_search else EVERYTHING,
            moment=view.moment if view is not None else None,
        )

    def expect(self, spot: Spot | None) -> None:
        """Say where in the place that is shown next somebody was, if they were.

        Of a selection that is only known to have been all, nothing is left: others may have come meanwhile.
        """
        self.give_up()
        self._next = None if spot is None else replace(spot, has_all=False)
        self._is_there = False

    def give_up(self) -> None:
        """Go nowhere by oneself in what is shown now."""
        self._next, self._late, self._put_back, self._before = None, None, None, None
        self._is_there = True

    def stay(self) -> None:
        """Keep what is selected when the same place is shown next in another order, or more or less of it."""
        self._next, self._before = self.take(), self._rows.view
        self._wanted.reorder()

    def want(self, view: View, bucket: str, paths: Sequence[str]) -> None:
        """Wait for rows that are to be selected, if they may come.

        Args:
            view: What is shown, or on its way.
            bucket: The name of theirs.
            paths: Their paths; the first one gets the focus.
        """
        if view.moment is not None or not (view.is_everywhere or bucket == view.location.bucket):
            return
        self._wanted.want(*(view.key_of(bucket, path) for path in paths))
        if self._is_there and self._rows.view is not None and self._rows.view.has_rows_of(view):
            self._wanted.select()

    def put(self) -> None:
        """Go where somebody was; to the first row where nobody was yet."""
        spot, before = self._next, self._before
        self.give_up()
        if not self._rows.rowCount():
            return
        self._table.setCurrentIndex(self._rows.index(0, 0))
        self._table.clearSelection()
        if spot is None:
            return
        if before is not None:
            self._carry(spot, before)
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
        self._await_pages(spot)
        number = self._find(spot)
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

    def _carry(self, spot: Spot, before: View) -> None:
        """Select what was selected, as far as it is in sight, and show the row that had the keyboard."""
        if spot.has_all and self._rows.view is not None and self._rows.view.has_rows_of(before):
            self._table.selectAll()  # those that are not counted yet too
        else:
            self._select(spot)
        number = self._find(spot) if self._table.ranges else None
        if number is not None:
            index = self._rows.index(number, 0)
            self._table.selectionModel().setCurrentIndex(index, _NO_UPDATE)
            self._table.front.doItemsLayout()
            self._table.front.scrollTo(index)

    def _select(self, spot: Spot) -> None:
        """Select what is known to have been selected: never because as many rows are there, or at the same places."""
        keys = self._keys_here(spot, spot.paths)
        if keys:
            self._table.select_paths(keys)

    def _await_pages(self, spot: Spot) -> None:
        """Wait for the pages of what is not in the window; what is gone from a folder known whole is not waited for."""
        keys = self._keys_here(spot, spot.paths)
        if self._table.selected_count < len(keys) and not self._rows.is_whole:
            self._wanted.await_pages(keys)

    def _find(self, spot: Spot) -> int | None:
        """Return the place of the row that had the keyboard, if it is in the window."""
        keys = self._keys_here(spot, frozenset({spot.current} - {""}))
        return next((self._rows.find(key) for key in keys), None)

    def _keys_here(self, spot: Spot, keys: frozenset[str]) -> frozenset[str]:
        """Return a spot's keys as the rows shown have them; none at another moment, where others are meant."""
        view = self._rows.view
        if view is None or view.moment != spot.moment:
            return frozenset()
        return view.keys_here(keys, were_everywhere=spot.is_everywhere)

    def _known(self) -> frozenset[str] | None:
        """Return the keys of the selected rows, or None where they are many or not in the window."""
        ranges = self._table.ranges
        known = self._rows.rows(ranges) if sum(len(span) for span in ranges) <= _PATHS_MAX else None
        return None if known is None else frozenset(row.key for row in known)

    def _here(self) -> _Here:
        table = self._table
        return table.currentIndex().row(), table.front.verticalScrollBar().value(), table.ranges
