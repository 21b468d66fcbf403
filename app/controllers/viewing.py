"""Details or icons, how large, in which order, and the same again when a bucket is looked at the next time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import QByteArray, QObject

from app.action_set import Actions
from app.actions import ActionId as A
from app.bridge.acting import Acting
from app.bucket_looks import BucketLook, BucketLooks
from app.controllers.navigation import Navigator
from app.look import announce
from app.models.cells import SORTS, spoken_title
from app.views.browser import BrowserPane
from app.views.icon_grid import USUAL_ZOOM
from engine.types import SortColumn

_COLUMNS: Final = {sort: column for column, sort in SORTS.items()}
_ORDERS: Final = {
    SortColumn.NAME: A.SORT_NAME, SortColumn.SIZE: A.SORT_SIZE,
    SortColumn.TYPE: A.SORT_TYPE, SortColumn.TIME: A.SORT_TIME,
}  # fmt: skip


class Viewing(QObject):
    """See the module."""

    def __init__(
        self, navigator: Navigator, pane: BrowserPane, actions: Actions, looks: BucketLooks, acting: Acting
    ) -> None:
        """Args: where the window is; what shows it; the switches; what is remembered; who looks."""
        super().__init__(pane)
        self._navigator = navigator
        self._pane = pane
        self._actions = actions
        self._looks = looks
        self._bucket_id = ""
        self._show_switch()
        pane.table.folder_model.opened.connect(self._show_order)
        navigator.outlook.order_of = self._order_of
        navigator.moved.connect(self._moved)
        acting.changed.connect(pane.thumbs.clear)

    @property
    def handlers(self) -> Mapping[A, Callable[[], None]]:
        """Return what the commands do."""
        icons = self._pane.icons
        return {
            A.DETAILS: lambda: self._show_as(icons=False),
            A.ICONS: lambda: self._show_as(icons=True),
            A.ZOOM_IN: lambda: icons.set_zoom(icons.zoom + 1),
            A.ZOOM_OUT: lambda: icons.set_zoom(icons.zoom - 1),
            A.ZOOM_RESET: lambda: icons.set_zoom(USUAL_ZOOM),
            A.REVERSE_ORDER: self._reverse,
            A.COLUMNS: self._pane.table.choose_columns,
            **{action: partial(self._sort_by, sort) for sort, action in _ORDERS.items()},
        }

    def remember(self) -> None:
        """Keep how the bucket that is shown is looked at."""
        if self._bucket_id:
            sort, descending = self._navigator.outlook.order
            columns = bytes(self._pane.table.columns_state().data())
            look = BucketLook(columns, sort, descending, self._pane.as_icons, self._pane.icons.zoom)
            self._looks.keep(self._bucket_id, look)

    def _show_as(self, *, icons: bool) -> None:
        self._pane.show_as(icons=icons)
        self._show_switch()

    def _show_switch(self) -> None:
        self._actions[A.ICONS if self._pane.as_icons else A.DETAILS].setChecked(True)

    def _sort_by(self, sort: SortColumn) -> None:
        if sort is not self._navigator.outlook.order[0]:
            self._sort(sort, descending=False)

    def _reverse(self) -> None:
        sort, descending = self._navigator.outlook.order
        self._sort(sort, descending=not descending)

    def _sort(self, sort: SortColumn, *, descending: bool) -> None:
        """Sort as a click on the head of the column does, and say so: nothing else that is spoken changes."""
        self._pane.table.sort_by(_COLUMNS[sort], descending=descending)
        place = self._navigator.place
        if place is not None:
            announce(self._pane, spoken_title(_COLUMNS[sort], self._navigator.outlook.view(place)))

    def _show_order(self) -> None:
        sort, descending = self._navigator.outlook.order
        self._actions[_ORDERS[sort]].setChecked(True)
        self._actions[A.REVERSE_ORDER].setChecked(descending)

    def _order_of(self, bucket: str) -> tuple[SortColumn, bool] | None:
        """Return the order that a bucket was looked at in, if the window comes to it from elsewhere."""
        found = self._navigator.bucket_named(bucket)
        if found is not None and found.id == self._bucket_id:
            return None
        self.remember()  # now: the order is still that of the bucket before
        look = self._looks.of(found.id) if found is not None else None  # one just made is not known yet
        return None if look is None else (look.sort, look.descending)

    def _moved(self) -> None:
        bucket = self._navigator.bucket
        if bucket is None or bucket.id == self._bucket_id:
            return
        self._bucket_id = bucket.id
        look = self._looks.of(bucket.id)
        if look is not None:
            self._apply(look)

    def _apply(self, look: BucketLook) -> None:
        table, header = self._pane.table, self._pane.table.horizontalHeader()
        header.blockSignals(True)  # the order is the navigator's, and in force already
        table.restore_columns(QByteArray(look.columns))
        header.blockSignals(False)
        sort, descending = self._navigator.outlook.order
        table.set_sort(_COLUMNS[sort], descending=descending)
        table.updateGeometries()
        table.viewport().update()
        self._pane.icons.set_zoom(look.zoom)
        self._show_as(icons=look.as_icons)
