"""Where somebody is in the folder shown: taken when they leave it, put back when they come again."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QItemSelection, QItemSelectionModel

from app.history import Spot
from app.models.folder_model import FolderModel
from app.models.searches import EVERYTHING
from app.views.folder_table import FolderTable

_PATHS_MAX: Final = 2_000
"""A selection of at most so many rows is remembered by their paths too, which hold when rows come and go."""

_FLAGS: Final = QItemSelectionModel.SelectionFlag


def take_spot(table: FolderTable, rows: FolderModel) -> Spot:
    """Return what is selected, which row has the keyboard, and how far down the view is."""
    current, ranges = table.current_row(), table.ranges
    known = rows.rows(ranges) if sum(len(span) for span in ranges) <= _PATHS_MAX else None
    return Spot(
        current=current.key if current is not None else "",
        row=table.currentIndex().row(),
        selected=tuple(ranges),
        paths=None if known is None else frozenset(row.key for row in known),
        scroll_px=table.verticalScrollBar().value(),
        total=rows.rowCount(),
        search=rows.view.search if rows.view is not None and rows.view.is_search else EVERYTHING,
    )


def put_spot(table: FolderTable, rows: FolderModel, spot: Spot) -> None:
    """Select what was selected, as far as it is still there, and go where the view was."""
    same = spot.total == rows.rowCount()
    if spot.paths is not None and (spot.paths == frozenset() or rows.find_all(spot.paths)):
        table.select_paths(spot.paths)
    elif same:
        table.selectionModel().select(_selection(rows, spot.selected), _FLAGS.ClearAndSelect | _FLAGS.Rows)
    number = rows.find(spot.current) if spot.current else None
    if number is None:
        number = spot.row if same else min(max(spot.row, 0), rows.rowCount() - 1)
    table.selectionModel().setCurrentIndex(rows.index(number, 0), _FLAGS.NoUpdate)
    table.doItemsLayout()  # else the scroll bar still has the range of the folder before
    table.verticalScrollBar().setValue(spot.scroll_px)


def _selection(rows: FolderModel, ranges: tuple[range, ...]) -> QItemSelection:
    selection, last = QItemSelection(), rows.columnCount() - 1
    for span in ranges:
        selection.select(rows.index(span.start, 0), rows.index(span.stop - 1, last))
    return selection
