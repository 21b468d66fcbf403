"""The page of an open workspace: tree, table and inspector side by side, transfers below."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, label
from app.views.folder_tree import FolderTree
from app.views.inspector import Inspector

_WIDTHS = (232, 720, 288)
_HEIGHTS = (560, 200)


class Workbench(QWidget):
    """Lays out the views; all of them are made elsewhere.

    Signals:
        new_bucket_wanted: The plus above the tree was pressed.
    """

    new_bucket_wanted = Signal()

    def __init__(
        self, look: Look, tree: FolderTree, pane: QWidget, inspector: Inspector, transfers: QWidget,
        around_tree: tuple[QWidget, QWidget],
    ) -> None:  # fmt: skip
        """Args: look; what stands left, in the middle, right, below, and above and below the tree."""
        super().__init__()
        self._look = look
        self.inspector = inspector
        self.transfers = transfers
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.setHandleWidth(1)
        self._columns.addWidget(self._sidebar(tree, *around_tree))
        self._columns.addWidget(pane)
        self._columns.addWidget(inspector)
        self._columns.setStretchFactor(1, 1)
        self._columns.setSizes(list(_WIDTHS))
        for i in range(2):
            self._columns.setCollapsible(i, False)
        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.setHandleWidth(1)
        self._rows.addWidget(self._columns)
        self._rows.addWidget(transfers)
        self._rows.setStretchFactor(0, 1)
        self._rows.setSizes(list(_HEIGHTS))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._rows)
        inspector.hide()
        transfers.hide()

    def state(self) -> tuple[QByteArray, QByteArray]:
        """Return where the edges are, to be kept."""
        return self._columns.saveState(), self._rows.saveState()

    def restore(self, columns: QByteArray, rows: QByteArray) -> None:
        """Put the edges where they were; nonsense is ignored."""
        self._columns.restoreState(columns)
        self._rows.restoreState(rows)
        self._columns.setHandleWidth(1)
        self._rows.setHandleWidth(1)

    def _sidebar(self, tree: FolderTree, above_tree: QWidget, below_tree: QWidget) -> QWidget:
        space = self._look.theme.space
        side = QWidget()
        side.setProperty("place", "sidebar")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setMinimumWidth(160)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, space("s"), 0, 0)
        column.setSpacing(space("xs"))
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(space("l"), 0, space("s"), 0)
        row.addWidget(label(translate("Workbench", "Buckets"), size="section"))
        row.addStretch()
        plus = self._look.tool_button("plus", translate("Workbench", "New bucket"))
        plus.clicked.connect(self.new_bucket_wanted)
        row.addWidget(plus)
        column.addWidget(above_tree)
        column.addWidget(head)
        column.addWidget(tree, 1)
        column.addWidget(below_tree)
        return side
