"""The middle of the window: the table of one folder, or what to do where there is nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QStackedLayout, QVBoxLayout, QWidget

from app.action_set import Actions
from app.actions import ActionId
from app.bridge.acting import sentence_start
from app.delegates.name_editor import NameCheck
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.models.folder_model import FolderModel
from app.models.thumbs import Thumbs, ThumbSource
from app.views.drops import carries_files, local_paths
from app.views.filter_bar import FilterBar
from app.views.folder_table import FolderTable
from app.views.hold import Hold
from app.views.icon_grid import IconGrid
from app.views.past_bar import PastBar
from app.views.search_traits import no_match_text
from app.widgets.drop_overlay import DropOverlay
from app.widgets.empty_state import EmptyState


class BrowserPane(QWidget):
    """See the module. One pane shows one place; it knows nothing of history or of other panes.

    Signals:
        dropped: Carries a list of `Path` and the path of the folder row they were dropped on, or "".
    """

    dropped = Signal(list, str)

    def __init__(
        self,
        look: Look,
        model: FolderModel,
        actions: Actions,
        check: NameCheck,
        thumbs: ThumbSource,
        hold: Hold | None = None,
    ) -> None:
        """Args: look; model; the empty states' commands; what is wrong with a name; small pictures; what is in hand."""
        super().__init__()
        self._hold = hold or Hold(self)
        self._model = model
        self._has_buckets = True
        self._who = ""
        self.table = FolderTable(look, model, check, self._hold)
        self.thumbs = Thumbs(thumbs, self)
        self.icons = IconGrid(look, self.table, check, self.thumbs)
        self.no_buckets = EmptyState(
            look,
            "archive",
            translate("BrowserPane", "Create your first bucket"),
            translate(
                "BrowserPane",
                "A bucket holds files and folders. You can also drop files here: a bucket is made for them.",
            ),
            (actions[ActionId.NEW_BUCKET],),
        )
        self.empty_folder = EmptyState(
            look,
            "cloud-arrow-up",
            translate("BrowserPane", "Nothing here yet"),
            translate("BrowserPane", "Drop files or folders here, paste them, or choose them."),
            (actions[ActionId.UPLOAD_FILES], actions[ActionId.UPLOAD_FOLDER], actions[ActionId.NEW_FOLDER]),
        )
        self.nothing_then = EmptyState(
            look,
            "clock-counter-clockwise",
            translate("BrowserPane", "Nothing was here then"),
            translate("BrowserPane", "At least nothing that the bucket has kept."),
        )
        self.nothing_to_see = EmptyState(
            look, "eye-slash", "", "",
            (actions[ActionId.UPLOAD_FILES], actions[ActionId.UPLOAD_FOLDER], actions[ActionId.NEW_FOLDER]),
            tone="identity_mark",
        )  # fmt: skip
        self._search = actions[ActionId.SEARCH]
        self.clear_filter = QAction(translate("BrowserPane", "Show everything"), self)
        self.clear_filter.setProperty("glyph", "x")
        self.nothing_matches = EmptyState(
            look,
            "funnel",
            translate("BrowserPane", "Nothing matches"),
            "",
            (self.clear_filter, self._search),
        )
        self.no_bucket_to_see = EmptyState(look, "eye-slash", "", "", (actions[ActionId.STOP_ACTING],), "identity_mark")
        self._blank = QWidget()
        self._holder = QWidget()
        self._stack = QStackedLayout(self._holder)
        for page in (
            self._blank, self.table, self.icons, self.empty_folder, self.nothing_then, self.no_buckets,
            self.nothing_to_see, self.no_bucket_to_see, self.nothing_matches,
        ):  # fmt: skip
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.past = PastBar(look)
        column.setSpacing(0)
        column.addWidget(self.past)
        self.filter = FilterBar(look)
        column.addWidget(self.filter)
        column.addWidget(self._holder, 1)
        self._overlay = DropOverlay(look, self)
        self.setAcceptDrops(True)
        self.table.drop_hovering.connect(self._announce)
        self.table.drop_left.connect(self._overlay.hide)
        self.table.dropped.connect(self.dropped)
        for signal in (model.opened, model.refreshed, model.rowsInserted, model.rowsRemoved):
            signal.connect(self._choose_page)

    @property
    def drop_text(self) -> str:
        """Return what is announced while files hang above, or nothing."""
        return self._overlay.text if self._overlay.isVisible() else ""

    @property
    def page(self) -> QWidget | None:
        """Return what is shown: the table or one of the empty states."""
        return self._stack.currentWidget()

    @property
    def as_icons(self) -> bool:
        """Return whether folders are shown as icons, not as rows with details."""
        return self.table.front is self.icons

    def show_as(self, *, icons: bool) -> None:
        """Show folders as icons or as rows, with what is current on the screen."""
        if icons == self.as_icons:
            return
        had_focus = self.table.hasFocus()
        self.table.setFocusProxy(self.icons if icons else None)  # type: ignore[arg-type] # Qt takes none
        self._choose_page()
        if had_focus:
            self.table.setFocus()
        if self.table.currentIndex().isValid():
            self.table.front.scrollTo(self.table.currentIndex())

    @property
    def _here(self) -> Location | None:
        return self._model.view.location if self._model.view is not None else None

    @property
    def _in_past(self) -> bool:
        """Return whether what is shown is the past, which takes nothing."""
        return self._model.view is not None and self._model.view.moment is not None

    def set_has_buckets(self, has_buckets: bool) -> None:
        """Tell whether there is any bucket to show."""
        self._has_buckets = has_buckets
        self._choose_page()

    def look_as(self, who: str) -> None:
        """Tell who looks, to say of what is not there that they may just not see it.

        Args:
            who: Their name; empty for the person at this computer, who sees everything.
        """
        self._who = who
        self.nothing_to_see.say(
            translate("BrowserPane", "{who} sees nothing here").format(who=sentence_start(who)),
            translate(
                "BrowserPane", "The folder is empty, or no policy lets {who} read what is in it. Policies decide."
            ).format(who=who),
        )
        self.no_bucket_to_see.say(
            translate("BrowserPane", "{who} sees no bucket").format(who=sentence_start(who)),
            translate(
                "BrowserPane",
                "No policy on the buckets lets {who} list any, and none lets them read an object. The note below the "
                "tree shows the buckets all the same.",
            ).format(who=who),
        )
        self._choose_page()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt's hook: the empty states take files too, and what is dragged in this window."""
        if self._hold.carries(event.mimeData()) and not self._in_past:
            self._hold.hang(event, self._here)
            return
        if not carries_files(event.mimeData()) or self._in_past:
            event.ignore()
            return
        event.acceptProposedAction()
        self._announce("")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Qt's hook: they went away."""
        self._hold.leave()
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt's hook: pass the paths on and return at once; the other program is waiting."""
        self._overlay.hide()
        if self._hold.carries(event.mimeData()):
            self._hold.drop(event, self._here)
            return
        event.acceptProposedAction()
        self.dropped.emit(local_paths(event.mimeData()), "")

    def announce_place(self, place: Location) -> None:
        """Say where a drop would go that hangs over the tree."""
        self._overlay.announce(_upload_to(place.text))

    def hide_announcement(self) -> None:
        """Take the announcement away."""
        self._overlay.hide()

    def _announce(self, folder: str) -> None:
        view = self._model.view
        if view is None:
            self._overlay.announce(translate("BrowserPane", "Upload to a new bucket"))
            return
        self._overlay.announce(_upload_to(f"{view.location.bucket}/{folder or view.location.prefix}"))

    def _choose_page(self) -> None:
        self.past.show_moment(self._model.view.moment if self._model.view else None)
        for view in (self.table, self.icons):
            view.setAcceptDrops(not self._in_past)
            view.setDragEnabled(not self._in_past)
        had_focus = self._holder.isAncestorOf(QApplication.focusWidget() or self.filter)  # who types goes on typing
        page: QWidget = self.table.front
        if self._model.view is None:
            page = self._blank if self._has_buckets else self.no_bucket_to_see if self._who else self.no_buckets
        elif self._model.rowCount() == 0:
            page = self._empty_page()
        if page is not self._stack.currentWidget():
            self._stack.setCurrentWidget(page)
            if had_focus and page is self.table.front:
                self.table.setFocus()

    def _empty_page(self) -> QWidget:
        """Return what stands where a folder holds nothing, as far as whoever looks can tell."""
        if self._model.view is not None and self._model.view.is_narrow:
            self.nothing_matches.say(
                translate("BrowserPane", "Nothing matches"), no_match_text(self._model.view.search)
            )
            self.nothing_matches.offer(self._search, offered=not self._model.view.is_everywhere)
            return self.nothing_matches
        if self._in_past:
            return self.nothing_then
        return self.nothing_to_see if self._who else self.empty_folder


def _upload_to(place: str) -> str:
    return translate("BrowserPane", "Upload to {place}").format(place=place.rstrip("/"))
