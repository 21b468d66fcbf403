"""Folders that open below a drag: in the table for good, in the tree until it hangs elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.controllers.navigation import Navigator
from app.location import Location
from app.views.folder_table import FolderTable
from app.views.folder_tree import FolderTree
from app.widgets.spring import Spring


class Springs(QObject):
    """See the module."""

    def __init__(self, table: FolderTable, tree: FolderTree, navigator: Navigator) -> None:
        """Args: the views that are dragged over; what goes into folders."""
        super().__init__(navigator)
        self._table = table
        self._tree = tree
        self._navigator = navigator
        self._opened: list[Location] = []
        rows, nodes = Spring(self), Spring(self)
        table.hung_over.connect(rows.hover)
        table.drop_left.connect(rows.leave)
        rows.pulsed.connect(table.pulse_drop)
        rows.sprung.connect(self._go_in)
        self._fold = QTimer(self, singleShot=True, interval=0)
        self._fold.timeout.connect(lambda: self._close_beside(None))
        tree.hung_over.connect(nodes.hover)
        tree.hung_over.connect(self._close_beside)
        tree.drop_left.connect(nodes.leave)
        tree.drop_left.connect(self._fold.start)
        tree.dropped.connect(self._keep_open)
        nodes.pulsed.connect(tree.pulse_drop)
        nodes.sprung.connect(self._open_node)

    def _go_in(self, path: str) -> None:
        here = self._table.shown_place
        if here is not None:
            self._navigator.go(Location(here.bucket, path))

    def _open_node(self, place: Location) -> None:
        if self._tree.open_place(place):
            self._opened.append(place)

    def _close_beside(self, over: Location | None) -> None:
        """Close what only a drag opened and what it no longer hangs in."""
        self._fold.stop()
        for place in reversed(self._opened):
            if over is None or not place.contains(over):
                self._tree.close_place(place)
                self._opened.remove(place)

    def _keep_open(self) -> None:
        """What was dropped into a folder is to be seen there."""
        self._fold.stop()
        self._opened.clear()
