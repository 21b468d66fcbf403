"""The filter of a folder: shows what matches as one types, says how much that is, and ends with the folder."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.navigation import Navigator
from app.i18n import translate
from app.models.folder_model import FolderModel
from app.models.sources import Scope, View
from app.views.browser import BrowserPane


class FilterControl(QObject):
    """See the module."""

    def __init__(self, navigator: Navigator, rows: FolderModel, pane: BrowserPane) -> None:
        """Args: what shows folders; their rows; the views."""
        super().__init__(pane)
        self._navigator = navigator
        self._rows = rows
        self._pane = pane
        self._bar = pane.filter
        self._whole: tuple[View, int] | None = None
        navigator.keep_focus_in(self._bar.field)
        self._bar.changed.connect(self._filter)
        self._bar.scope_chosen.connect(lambda: self._filter(self._bar.field.text()))
        self._bar.left.connect(self._focus_page)
        self._bar.closed.connect(self._focus_page)
        pane.clear_filter.triggered.connect(self._clear)
        rows.opened.connect(self._opened)
        for signal in (rows.refreshed, rows.rowsInserted, rows.rowsRemoved):
            signal.connect(self._tell)

    def begin(self) -> None:
        """Let a person type what to look for in the folder."""
        self._begin(Scope.FOLDER)

    def search(self) -> None:
        """Let a person type what to look for in the whole bucket."""
        self._begin(Scope.BUCKET)

    def _begin(self, scope: Scope) -> None:
        view = self._rows.view
        if view is None:
            return
        in_past = view.moment is not None
        self._bar.scope.setEnabled(not in_past)
        self._bar.begin(Scope.FOLDER if in_past else scope)
        self._filter(self._bar.field.text())

    def _filter(self, text: str) -> None:
        """Show what has the words, unless that is on its way already, or there were and are none."""
        wanted, now = (text.strip(), self._bar.chosen), (self._navigator.matching, self._navigator.scope)
        if wanted != now and (wanted[0] or now[0]):
            self._navigator.filter(*wanted)

    def _clear(self) -> None:
        self._bar.clear()
        self._bar.begin(self._bar.chosen)

    def _opened(self) -> None:
        """End the filter with the folder that it was for."""
        typed = bool(self._bar.field.text().strip())
        ended = typed and not self._navigator.matching and not self._bar.is_waiting
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
        if not view.matching:
            self._whole = (view, shown)
            self._bar.say("")
            return
        if view.is_search or self._whole is None or self._whole[0].location != view.location:
            self._bar.say(translate("FilterControl", "{count} found").format(count=f"{shown:,}"))
            return
        whole = max(self._whole[1], shown)
        text = translate("FilterControl", "{count} of {whole}")
        self._bar.say(text.format(count=f"{shown:,}", whole=f"{whole:,}"))

    def _focus_page(self) -> None:
        if self._pane.page is not None:
            self._pane.page.setFocus()
