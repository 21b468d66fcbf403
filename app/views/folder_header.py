"""The head of the details table: columns that can be moved, hidden and sorted by, with widths that are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QByteArray, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from app.formats import time_text
from app.i18n import translate
from app.look import Look
from app.models.folder_model import Column, FolderModel, column_titles

_WIDTHS: Final = {Column.SIZE: 96, Column.TYPE: 128, Column.MODIFIED: 152, Column.OWNER: 96}
_LONG_AGO: Final = tuple(datetime(2000, month, 28, 20, 0, tzinfo=UTC) for month in range(1, 13))
_COLUMN_MIN_PX: Final = 64
_NAME_MIN_PX: Final = 200
"""Names are what people look for: where the window is narrow, the other columns are scrolled to."""


class FolderHeader(QHeaderView):
    """See the module."""

    def __init__(self, look: Look, model: FolderModel, parent: QWidget) -> None:
        """Args: look; whose columns; Qt's owner."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._look = look
        self.setModel(model)
        # Its own selection model: with the table's, every Ctrl+A asks the flags of each cell.
        self.setSelectionModel(QItemSelectionModel(model, self))
        self.setAccessibleName(translate("FolderTable", "Columns"))
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(_COLUMN_MIN_PX)
        self.setFixedHeight(look.theme.size("control") + 2)
        self.setSortIndicatorShown(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.choose_columns)
        self.sectionResized.connect(self._share_room)

    def lay_out(self) -> None:
        """Give the columns the widths they begin with; once the table shows this head."""
        for column, width in _WIDTHS.items():
            self.resizeSection(column, width)
        self.resizeSection(Column.MODIFIED, max(_WIDTHS[Column.MODIFIED], self._widest_time()))
        self._pin()

    def _widest_time(self) -> int:
        """Return the width of a column that shows any time whole, in the language and letters of the table."""
        metrics = QFontMetrics(self._look.theme.font("body"))
        texts = (time_text(moment, datetime.now(UTC)) for moment in _LONG_AGO)
        return max(map(metrics.horizontalAdvance, texts)) + 2 * self._look.theme.space("m") + 1

    def restore(self, state: QByteArray) -> None:
        """Take widths, order and visibility that were kept; nonsense is ignored."""
        if self.count() == len(Column):
            self.restoreState(state)
        self._pin()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: there is more room, or less."""
        super().resizeEvent(event)
        self._make_room()

    def _pin(self) -> None:
        """Let the name have the room that is left, and always be there."""
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        self.setStretchLastSection(False)
        self.setSectionHidden(Column.NAME, False)
        self._make_room()

    def _share_room(self, column: int) -> None:
        if column != Column.NAME:
            self._make_room()

    def _make_room(self) -> None:
        """Let the name have what the others leave, but never too little."""
        others = sum(self.sectionSize(column) for column in Column if column is not Column.NAME)
        is_narrow = self.viewport().width() - others < _NAME_MIN_PX
        mode = QHeaderView.ResizeMode.Fixed if is_narrow else QHeaderView.ResizeMode.Stretch
        if self.sectionResizeMode(Column.NAME) is not mode:
            self.setSectionResizeMode(Column.NAME, mode)
        if is_narrow:
            self.resizeSection(Column.NAME, _NAME_MIN_PX)

    def choose_columns(self, position: QPoint) -> None:
        """Offer which columns there are.

        Args:
            position: Where, in the head.
        """
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in Column:
            if column is Column.NAME:
                continue
            action = menu.addAction(column_titles()[column])
            action.setCheckable(True)
            action.setChecked(not self.isSectionHidden(column))
            action.toggled.connect(lambda shown, column=column: self.setSectionHidden(column, not shown))
        menu.popup(self.mapToGlobal(position))
