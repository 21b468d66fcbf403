"""Keeps selection, current row and scroll position with their objects while a folder is read again.

What was selected and is no longer where the window looks is deselected rather than guessed: the next action would be
about other objects. All rows stay all rows, but of a folder that is in the window as a whole, where each of them is
known, they stay those that they were. In a folder that changes by exact steps Qt keeps the selection, and only
what is seen has to be kept where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QObject, QPersistentModelIndex
from PySide6.QtWidgets import QAbstractItemView

from app.models.folder_model import FolderModel

_Flag = QItemSelectionModel.SelectionFlag


class Steady(QObject):
    """See the module."""

    def __init__(self, view: QAbstractItemView, model: FolderModel, ranges: Callable[[], Sequence[range]]) -> None:
        """Args: the view; what it shows; which rows are selected."""
        super().__init__(view)
        self._view = view
        self._model = model
        self._ranges = ranges
        self._had_all = self._grows_with_all = False
        self._selected: frozenset[str] = frozenset()
        self._current = self._top = ""
        self._anchor = QPersistentModelIndex()
        self._anchor_offset = 0
        self._scrolled_to = 0
        model.shifting.connect(self._hold)
        model.settled.connect(self._let_go)
        model.rowsAboutToBeInserted.connect(self._growing)
        model.rowsInserted.connect(self._grown)
        for before in (model.rowsAboutToBeInserted, model.rowsAboutToBeRemoved):
            before.connect(self._note_anchor)
        for after in (model.rowsInserted, model.rowsRemoved):
            after.connect(self._keep_anchor)

    def _hold(self) -> None:
        ranges = self._ranges()
        self._had_all = self._is_all(ranges)
        self._selected = frozenset(row.key for row in self._model.rows(ranges) or ())
        self._current = self._path(self._view.currentIndex())
        self._note_anchor()
        self._top = self._path(self._anchor)

    def _let_go(self) -> None:
        self._select()
        current = self._model.find(self._current) if self._current else None
        if current is not None:
            self._view.selectionModel().setCurrentIndex(self._model.index(current, 0), _Flag.NoUpdate)
        top = self._model.find(self._top) if self._top else None
        if top is not None:
            self._anchor = QPersistentModelIndex(self._model.index(top, 0))
            self._scroll_by(self._offset(self._anchor) - self._anchor_offset)

    def _select(self) -> None:
        if self._had_all and not (self._selected and self._model.is_whole):
            self._view.selectAll()
            return
        wanted = QItemSelection()
        for number in self._model.find_all(self._selected):
            wanted.select(self._model.index(number, 0), self._model.index(number, 0))
        self._view.selectionModel().select(wanted, _Flag.ClearAndSelect | _Flag.Rows)

    def _scroll_by(self, pixels: int) -> None:
        """Move what is shown back to where it was; the scroll bar counts pixels, or rows."""
        bar = self._view.verticalScrollBar()
        if self._view.verticalScrollMode() == QAbstractItemView.ScrollMode.ScrollPerItem:
            height = max(self._view.visualRect(self._model.index(0, 0)).height(), 1)
            pixels = round(pixels / height)
        bar.setValue(bar.value() + pixels)
        self._scrolled_to = bar.value()

    def _growing(self, _parent: QModelIndex, first: int, _last: int) -> None:
        """Rows are counted that were there all the time: whoever has selected all means them too."""
        self._grows_with_all = not self._model.is_counted and first > 0 and self._is_all(self._ranges())

    def _grown(self) -> None:
        if self._grows_with_all:
            self._view.selectAll()

    def _note_anchor(self) -> None:
        """Note what is to stay where it is; at the top of the folder what comes there is to be seen.

        In a grid what comes above moves it sideways first. It is what it was as long as nobody scrolls: the entry that
        stands first by then is another one each time.
        """
        first, bar = self._view.indexAt(self._view.viewport().rect().topLeft()), self._view.verticalScrollBar()
        in_place = self._anchor.isValid() and self._offset(self._anchor) == self._offset(first)
        if bar.value() == 0:
            self._anchor = QPersistentModelIndex()
        elif not in_place or bar.value() != self._scrolled_to:
            self._anchor = QPersistentModelIndex(first)
        self._anchor_offset, self._scrolled_to = self._offset(self._anchor), bar.value()

    def _keep_anchor(self) -> None:
        if self._anchor.isValid():
            now = self._offset(self._anchor)
            if now != self._anchor_offset:
                self._view.doItemsLayout()  # else the scroll bar still has the range before
                self._scroll_by(now - self._anchor_offset)

    def _offset(self, index: QModelIndex | QPersistentModelIndex) -> int:
        """Return how far down a row is seen, in pixels."""
        return self._view.visualRect(self._model.index(index.row(), 0)).top()

    def _is_all(self, ranges: Sequence[range]) -> bool:
        return bool(ranges) and list(ranges) == [range(self._model.rowCount())]

    def _path(self, index: QModelIndex | QPersistentModelIndex) -> str:
        row = self._model.row(index.row()) if index.isValid() else None
        return "" if row is None else row.key
