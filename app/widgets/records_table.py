"""A table of records: whole rows are chosen, the keyboard leaves it with Tab, nothing is edited in place."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.delegates.tone_delegate import ToneDelegate
from app.look import Look


class RecordsTable(QTableView):
    """See the module."""

    def __init__(self, look: Look, model: QAbstractTableModel, name: str, widths: Mapping[int, int]) -> None:
        """Build it.

        Args:
            look: Theme and icons.
            model: What is shown.
            name: For screen readers.
            widths: Column → width in pixels; the one column that is left out takes what is left.
        """
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(ToneDelegate(look, self))
        self.setProperty("place", "records")
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.horizontalHeader()
        header.setAccessibleName(name)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        for column in range(model.columnCount()):
            if column in widths:
                header.resizeSection(column, widths[column])
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        rows = self.verticalHeader()
        rows.hide()
        rows.setAccessibleName(name)
        rows.setDefaultSectionSize(look.theme.size("tree_row"))

    @property
    def chosen_row(self) -> int | None:
        """Return the number of the row that is chosen, if one is."""
        rows = self.selectionModel().selectedRows()
        return rows[0].row() if rows else None

    def choose(self, row: int) -> None:
        """Choose a row, as far as there is one."""
        if 0 <= row < self.model().rowCount():
            self.setCurrentIndex(self.model().index(row, 0))
