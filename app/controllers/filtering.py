"""Filter and search: show what fits as one types, say how much that is, and end with the folder."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject

from app.bridge.reading import Reader
from app.bridge.tasks import Ticket
from app.controllers.navigation import Navigator
from app.i18n import translate
from app.models.folder_model import FolderModel
from app.models.searches import EVERYTHING, Scope
from app.models.sources import View
from app.views.browser import BrowserPane
from engine.types import FolderCount


class FilterControl(QObject):
    """See the module."""

    def __init__(self, navigator: Navigator, rows: FolderModel, pane: BrowserPane, reader: Reader) -> None:
        """Args: what shows folders; their rows; the views; hears of folders that are filtered, and counts them."""
        super().__init__(pane)
        self._reader = reader
        self._counting: Ticket | None = None
        self._navigator = navigator
        self._rows = rows
        self._pane = pane
        self._bar = pane.filter
        self._whole: tuple[View, int] | None = None
        self._place = navigator.place
        navigator.keep_focus_in(self._bar.field)
        self._bar.changed.connect(self._filter)
        self._bar.left.connect(self._go_to_rows)
        self._bar.closed.connect(self._focus_page)
        pane.clear_filter.triggered.connect(self._clear)
        rows.opened.connect(self._opened)
        navigator.moved.connect(self._moved)
        rows.refreshed.connect(self._count_whole)
        for signal in (rows.refreshed, rows.rowsInserted, rows.rowsRemoved):
            signal.connect(self._tell)

    def begin(self) -> None:
        """Let a person type what to look for in the folder."""
        self._begin(Scope.FOLDER)

    def search(self) -> None:
        """Let a person type what to look for in every bucket."""
        self._begin(Scope.EVERYWHERE)

    def _begin(self, scope: Scope) -> None:
        view = self._rows.view
        if view is None:
            return
        in_past = view.moment is not None
        self._bar.scope.setEnabled(not in_past)
        self._bar.begin(Scope.FOLDER if in_past else scope)
        if scope is Scope.FOLDER and not in_past and not view.is_search:
            self._reader.expect_filter(view)
        self._filter()

    def _filter(self) -> None:
        """Show what fits, unless that is on its way already, or everything did and does."""
        wanted, now = self._bar.search, self._navigator.outlook.search
        if wanted != now and (wanted.is_narrow or now.is_narrow):
            self._navigator.filter(wanted)

    def _clear(self) -> None:
        self._bar.clear()
        self._bar.begin(self._bar.chosen)

    def _moved(self) -> None:
        """Drop letters that were typed just before somebody went elsewhere: they were for the folder before."""
        before, self._place = self._place, self._navigator.place
        if before != self._place and self._bar.is_waiting:
            self._bar.forget()
            self._bar.hide()

    def _opened(self) -> None:
        """End the filter with the folder that it was for; show it again where somebody came back to a search."""
        self._give_up_counting()
        search = self._navigator.outlook.search
        if search.is_beyond and search != self._bar.search and not self._bar.is_waiting:
            self._bar.bring_back(search)
        ended = self._bar.search.is_narrow and not self._navigator.outlook.search.is_narrow and not self._bar.is_waiting
        if self._rows.view is None:
            self._whole = None  # somebody else looks: what they may see may be less
        if ended or self._rows.view is None:
            self._bar.forget()
            self._bar.hide()
        self._tell()

    def _tell(self) -> None:
        """Say how much matches, of how much; what is not filtered says it by itself."""
        view, shown = self._rows.view, self._rows.rowCount()
        if view is None:
            return
        if not view.is_narrow:
            self._whole = (view, shown)
            self._bar.say("")
            return
        if view.is_search or self._whole is None or self._whole[0].location != view.location:
            self._bar.say(translate("FilterControl", "{count} found").format(count=f"{shown:,}"))
            return
        whole = max(self._whole[1], shown)
        text = translate("FilterControl", "{count} of {whole}")
        self._bar.say(text.format(count=f"{shown:,}", whole=f"{whole:,}"))

    def _count_whole(self) -> None:
        """Count what the folder holds again once it has changed: what comes and goes need not fit the filter."""
        view = self._rows.view
        if view is not None and view.is_narrow and not view.is_search:
            self._give_up_counting()
            whole = replace(view, search=EVERYTHING)
            self._counting = self._reader.count(whole, partial(self._take_whole, whole), lambda _: None)

    def _take_whole(self, whole: View, count: FolderCount) -> None:
        self._whole = (whole, count.total)
        self._tell()

    def _give_up_counting(self) -> None:
        if self._counting is not None:
            self._counting.cancel()

    def _go_to_rows(self) -> None:
        """Give the keyboard to what was found, with the first of it chosen, so that the next key is about that."""
        self._focus_page()
        row = self._pane.table.current_row()
        if row is not None and not self._pane.table.ranges:
            self._pane.table.select_path(row.key)

    def _focus_page(self) -> None:
        if self._pane.page is not None:
            self._pane.page.setFocus()
