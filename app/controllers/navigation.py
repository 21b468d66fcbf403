"""Where the window is and how it gets elsewhere: history, path bar, tree and table kept in step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.bridge.events import EventRelay
from app.bridge.reading import Found, Reader
from app.errors import ErrorPresenter
from app.i18n import translate
from app.location import History, Location
from app.models.folder_model import SORTS, Column, FolderModel
from app.models.rows import Row
from app.models.sources import Scope, View
from app.models.tree_model import TreeModel
from app.views.browser import BrowserPane
from app.views.folder_tree import FolderTree
from app.widgets.banner import Offer
from app.widgets.breadcrumb import Breadcrumb
from engine.errors import NotFound
from engine.types import Bucket, SortColumn

_COLUMNS = {sort: column for column, sort in SORTS.items()}


class Navigator(QObject):
    """See the module.

    Signals:
        moved: Another place is shown, or none.
        object_opened: Double click or Enter on an object; carries its `Row`.
        read_again: Everything that is shown is read anew, because somebody asked or because anything may have changed.
    """

    moved = Signal()
    object_opened = Signal(object)
    read_again = Signal()

    def __init__(
        self, reader: Reader, models: tuple[FolderModel, TreeModel], pane: BrowserPane, tree: FolderTree,
        breadcrumb: Breadcrumb, errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: what finds places; the models; the views; the path bar; where failures go."""
        super().__init__(pane)
        self._reader = reader
        self._rows, self._buckets = models
        self._pane = pane
        self._tree = tree
        self._breadcrumb = breadcrumb
        self._errors = errors
        self._history = History()
        self._bucket_id = ""
        self._moment: datetime | None = None
        self._moment_bucket = ""
        self._sort, self._descending = SortColumn.NAME, False
        self._matching, self._scope = "", Scope.FOLDER
        self._first_place: Location | None = None
        self._wanted_path = ""
        self._connect()

    @property
    def place(self) -> Location | None:
        """Return where the window is."""
        return self._history.current

    @property
    def moment(self) -> datetime | None:
        """Return the moment that the bucket is shown at, or None for now."""
        return self._moment

    @property
    def bucket(self) -> Bucket | None:
        """Return the bucket that is shown."""
        return self._buckets.bucket(self.place.bucket) if self.place else None

    def bucket_named(self, name: str) -> Bucket | None:
        """Return a bucket by its name, if it exists."""
        return self._buckets.bucket(name)

    @property
    def can_back(self) -> bool:
        """Return whether a place was visited before."""
        return self._history.can_go_back

    @property
    def can_forward(self) -> bool:
        """Return whether going back left a place ahead."""
        return self._history.can_go_forward

    def start(self, remembered: str) -> None:
        """Load the buckets and go where the person was last, or to the first bucket.

        Args:
            remembered: `Location.text` of that place, or nothing.
        """
        self._first_place = Location.parse(remembered)
        self._buckets.reload_buckets()

    @property
    def matching(self) -> str:
        """Return what the names in the folder have to have to be shown."""
        return self._matching

    @property
    def scope(self) -> Scope:
        """Return where names are looked for."""
        return self._scope

    def filter(self, text: str, scope: Scope = Scope.FOLDER) -> None:
        """Show only what has some words in its name, in the folder or beyond; going elsewhere ends that."""
        self._matching, self._scope = text, scope
        if self.place is not None:
            self._open_rows(self.place)

    def follow(self, relay: EventRelay) -> None:
        """Keep what is shown in step with what happens in the engine and beside it."""
        relay.folders_changed.connect(self._folders_changed)
        relay.buckets_changed.connect(self._buckets.reload_buckets)
        relay.everything_changed.connect(self.refresh)

    def go(self, place: Location, select: str = "") -> None:
        """Show a place and remember it.

        Args:
            place: Where to.
            select: Path of a row to select there.
        """
        self._wanted_path = select
        self._history.visit(place)
        self._show(place)

    def go_in_time(self, bucket: str, moment: datetime | None) -> None:
        """Show a bucket as it was at a moment, or as it is now; going to another bucket ends that."""
        self._moment, self._moment_bucket = moment, bucket
        here = self.place
        self.go(here if here is not None and here.bucket == bucket else Location(bucket))

    def back(self) -> None:
        """Go where the window was before."""
        if self._history.can_go_back:
            self._show(self._history.back())

    def forward(self) -> None:
        """Undo going back."""
        if self._history.can_go_forward:
            self._show(self._history.forward())

    def up(self) -> None:
        """Go to the folder above, with the folder left selected."""
        place = self.place
        if place is not None and place.parent is not None:
            self.go(place.parent, place.prefix)

    def refresh(self) -> None:
        """Read again what is shown."""
        self._buckets.reload_all()
        self._rows.refresh()
        self.read_again.emit()

    def look_anew(self) -> None:
        """Show nothing of what was shown, then what whoever looks now may see of the place: somebody else looks."""
        place, self._moment = self.place, None
        self._rows.clear()
        self._buckets.clear()
        self._history = History()
        self._first_place = place
        self._breadcrumb.show_place(None)
        self.moved.emit()
        self._buckets.reload_buckets()

    def select_when_there(self, path: str) -> None:
        """Select a row as soon as a refresh brings it."""
        self._wanted_path = path
        self._select_wanted()
        self._rows.refresh()

    def leave(self, gone: Location) -> None:
        """Go elsewhere because a place no longer exists; the nearest one above it that does."""
        here = self.place
        self._history.forget(gone)
        if here is None or not gone.contains(here):
            return
        if gone.parent is not None:
            self.go(gone.parent)
        else:
            self._home()

    def go_to_text(self, text: str) -> None:
        """Go where a person typed, or say beside the field why not."""
        place = Location.parse(text)
        if place is None:
            self._breadcrumb.refuse(translate("Navigator", "Type the name of a bucket, then its folders."))
            return
        self._reader.locate(place, lambda found: self._typed(text, found))

    def open_row(self, row: Row) -> None:
        """Go into a folder; leave an object to whoever opens files."""
        view = self._rows.view
        if row.is_folder and view is not None:
            self.go(Location(view.location.bucket, row.path))
        else:
            self.object_opened.emit(row)

    def _connect(self) -> None:
        table = self._pane.table
        table.row_opened.connect(self.open_row)
        table.up_wanted.connect(self.up)
        table.sort_wanted.connect(self._sort_by)
        self._tree.place_chosen.connect(self.go)
        self._breadcrumb.chosen.connect(self.go)
        self._breadcrumb.typed.connect(self.go_to_text)
        self._breadcrumb.left.connect(self._focus_page)
        self._buckets.buckets_changed.connect(self._buckets_read)
        self._buckets.failed.connect(lambda error: self._errors.present(error, offer=self._again()))
        self._rows.opened.connect(self._opened)
        self._rows.refreshed.connect(self._select_wanted)
        self._rows.failed.connect(self._failed)
        table.set_sort(Column.NAME, descending=False)

    def _show(self, place: Location) -> None:
        if place.bucket != self._moment_bucket:
            self._moment = None
        self._buckets.pin(place.bucket)
        bucket = self._buckets.bucket(place.bucket)
        self._bucket_id = bucket.id if bucket else ""
        self._breadcrumb.show_place(place)
        self._tree.show_place(place)
        self._matching, self._scope = "", Scope.FOLDER
        self._open_rows(place)
        self.moved.emit()

    def _open_rows(self, place: Location) -> None:
        self._rows.open(View(place, self._sort, self._descending, self._moment, self._matching, self._scope))

    def _show_nothing(self) -> None:
        self._history = History()
        self._bucket_id = ""
        self._breadcrumb.show_place(None)
        self._tree.show_place(None)
        self._rows.clear()
        self.moved.emit()

    def _home(self) -> None:
        buckets = self._buckets.buckets
        if buckets:
            self.go(Location(buckets[0].name))
        else:
            self._show_nothing()

    def _opened(self) -> None:
        table = self._pane.table
        if self._wanted_path:
            self._select_wanted()
        elif self._rows.rowCount():
            table.setCurrentIndex(self._rows.index(0, 0))
            table.clearSelection()
        typing = self._breadcrumb.editing or self._pane.filter.field.hasFocus()
        if self._pane.page is not None and not self._tree.hasFocus() and not typing:
            self._pane.page.setFocus()

    def _focus_page(self) -> None:
        if self._pane.page is not None:
            self._pane.page.setFocus()

    def _select_wanted(self) -> None:
        if self._wanted_path and self._pane.table.select_path(self._wanted_path):
            self._wanted_path = ""

    def _sort_by(self, column: Column | None, descending: bool) -> None:
        if column is None:
            self._pane.table.set_sort(_COLUMNS[self._sort], descending=self._descending)
            return
        self._sort, self._descending = SORTS[column], descending
        if self.place is not None:
            self._open_rows(self.place)

    def _typed(self, text: str, found: Found | None) -> None:
        if found is None:
            self._breadcrumb.refuse(translate("Navigator", "There is no “{path}”.").format(path=text.strip()))
        else:
            self.go(found.place, found.path)

    def _folders_changed(self, places: frozenset[Location]) -> None:
        view = self._rows.view
        searched = view is not None and view.is_search and any(view.location.bucket == one.bucket for one in places)
        if self.place in places or searched:
            self._rows.refresh()
        self._buckets.reload(places)

    def _buckets_read(self) -> None:
        self._pane.set_has_buckets(bool(self._buckets.buckets))
        if self._first_place is not None and self.place is None:
            first, self._first_place = self._first_place, None
            self._reader.locate(first, partial(self._settle, first), lambda _: self._home())
        elif self.place is None:
            self._home()
        else:
            self._follow_bucket(self.place)
        self.moved.emit()

    def _settle(self, wanted: Location, found: Found | None) -> None:
        """Go to a wanted place if it is there, else to the top of its bucket, unless somebody went elsewhere."""
        if self.place is not None:
            return
        if found is not None:
            self.go(found.place, found.path)
        elif self._buckets.knows(wanted.bucket):
            self.go(Location(wanted.bucket))
        else:
            self._home()

    def _follow_bucket(self, place: Location) -> None:
        """Stay with the bucket when it was renamed; go elsewhere when it is gone."""
        same = next((bucket for bucket in self._buckets.buckets if bucket.id == self._bucket_id), None)
        if same is None and self._buckets.bucket(place.bucket) is None:
            self.leave(Location(place.bucket))
        elif same is not None and same.name != place.bucket:
            self._history.forget(Location(place.bucket))
            if self._moment_bucket == place.bucket:
                self._moment_bucket = same.name
            self.go(Location(same.name, place.prefix))

    def _failed(self, error: Exception) -> None:
        if isinstance(error, NotFound):
            self._buckets.reload_buckets()
        else:
            self._errors.present(error, offer=self._again())

    def _again(self) -> Offer:
        retry: Callable[[], None] = self._retry
        return Offer(translate("Navigator", "Try again"), retry)

    def _retry(self) -> None:
        self._buckets.reload_buckets()
        if self.place is not None:
            self._show(self.place)
