"""Where the window is and how it gets elsewhere: history, path bar, tree and table kept in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.bridge.events import EventRelay
from app.bridge.reading import Found, Reader
from app.controllers.first_place import FirstPlace
from app.controllers.following import one_by_one
from app.controllers.known_buckets import KnownBuckets
from app.controllers.outlook import Outlook
from app.controllers.spots import Spots
from app.controllers.wanted import WantedRows
from app.errors import ErrorPresenter
from app.history import History, Spot
from app.i18n import translate
from app.location import Location
from app.models.folder_model import SORTS, Column, FolderModel
from app.models.rows import Row
from app.models.searches import EVERYTHING, Search
from app.models.sources import View
from app.models.tree_model import TreeModel
from app.tabs import Tab
from app.views.browser import BrowserPane
from app.views.folder_tree import FolderTree
from app.widgets.banner import Offer
from app.widgets.breadcrumb import Breadcrumb
from engine.errors import NotFound
from engine.types import Bucket

_COLUMNS = {sort: column for column, sort in SORTS.items()}


class Navigator(QObject):
    """See the module.

    Attributes:
        outlook: In which order, at which moment, and how much of a place is shown.

    Signals:
        moved: Another place is shown, or none.
        object_opened: Double click or Enter on an object; carries its `Row`.
        read_again: Everything that is shown is read anew, because somebody asked or because anything may have changed.
        followed: A place was renamed or moved; carries the old and the new `Location`.
        lost: A place no longer exists; carries its `Location`.
        looked_anew: Somebody else looks from now on; carries what was shown before as a `Tab`.
    """

    moved = Signal()
    object_opened = Signal(object)
    read_again = Signal()
    followed = Signal(object, object)
    lost = Signal(object)
    looked_anew = Signal(object)

    def __init__(
        self, reader: Reader, models: tuple[FolderModel, TreeModel], pane: BrowserPane, tree: FolderTree,
        breadcrumb: Breadcrumb, errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: what finds places; the models; the views; the path bar; where failures go."""
        super().__init__(pane)
        self._rows, self._buckets = models
        self._pane = pane
        self._tree = tree
        self._breadcrumb = breadcrumb
        self._errors = errors
        self._history = History()
        self._known = KnownBuckets(self._buckets)
        self._keepers: list[QWidget] = [tree]
        self.outlook = Outlook()
        self._first = FirstPlace(reader, self._settle)
        self._wanted = WantedRows(pane.table, self._rows)
        self._spots = Spots(pane.table, self._rows, self._wanted)
        self._connect()

    @property
    def place(self) -> Location | None:
        """Return where the window is."""
        return self._history.current

    @property
    def moment(self) -> datetime | None:
        """Return the moment that the bucket is shown at, or None for now."""
        return self.outlook.moment

    @property
    def bucket(self) -> Bucket | None:
        """Return the bucket that is shown."""
        return self._buckets.bucket(self.place.bucket) if self.place else None

    def bucket_named(self, name: str) -> Bucket | None:
        """Return a bucket by its name, or its id, if it exists."""
        return self._buckets.bucket(self._buckets.names.get(name, name))

    def bucket_id(self, name: str) -> str:
        """Return the id of a bucket by its name; an unknown name as it is."""
        return {known: bucket_id for bucket_id, known in self._buckets.names.items()}.get(name, name)

    def bucket_name(self, bucket_id: str) -> str:
        """Return the name of a bucket by its id; an unknown id as it is."""
        return self._buckets.names.get(bucket_id, bucket_id)

    @property
    def history(self) -> History:
        """Return the places visited."""
        return self._history

    @property
    def tab(self) -> Tab:
        """Return what is shown as a value that `show_tab` brings back, with what is selected noted in it."""
        self._note()
        return Tab(self._history, None if self.place is None else self.outlook.view(self.place))

    def keep_focus_in(self, widget: QWidget) -> None:
        """Leave the keyboard in a widget, where it goes to the table when a place is shown otherwise."""
        self._keepers.append(widget)

    def start(self, tab: Tab) -> None:
        """Load the buckets and go where a tab is, to the nearest place that is still there, or to the first bucket.

        Args:
            tab: Where somebody was last, and in which order they saw it.
        """
        self._first.want(tab.place)
        if tab.view is not None:
            self._take_order(tab.view)
        self._buckets.reload_buckets()

    def filter(self, search: Search) -> None:
        """Show only what fits, in the folder or beyond; going elsewhere ends that."""
        self.outlook.search = search
        self._show_again()
        self._wanted.want("")

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
        self._note()
        self._history.visit(place)
        self._show(place, select=select)

    def go_out_to(self, place: Location) -> None:
        """Show a place, with the folder selected that leads back to here where it lies above."""
        here = self.place
        inside = here is not None and place != here and place.contains(here)
        self.go(place, here.trail[len(place.trail)].prefix if here is not None and inside else "")

    def show_tab(self, tab: Tab) -> None:
        """Show what a tab shows, in the stead of what is shown; whoever swaps them has taken `tab` before."""
        view = tab.view
        self._history = tab.history
        if view is not None:
            self._take_order(view)
        if tab.place is not None:
            self._show(tab.place, tab.history.spot)
        elif self._buckets.loaded:
            self._home()

    def go_in_time(self, bucket: str, moment: datetime | None) -> None:
        """Show a bucket as it was at a moment, or as it is now; going to another bucket ends that."""
        self.outlook.go_in_time(bucket, moment)
        here = self.place
        self.go(here if here is not None and here.bucket == bucket else Location(bucket))

    def back(self, steps: int = 1) -> None:
        """Go where the window was before, and where it was in there."""
        self._travel(self._history.behind, self._history.back, steps)

    def forward(self, steps: int = 1) -> None:
        """Undo going back."""
        self._travel(self._history.ahead, self._history.forward, steps)

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
        was = self.tab
        self.outlook.end_time_travel()
        self._rows.clear()
        self._buckets.clear()
        self._history = History()
        self._known.forget()
        self._spots.expect(None)
        self._first.want(was.place or self._first.place)
        self._breadcrumb.show_place(None)
        self.looked_anew.emit(was)
        self.moved.emit()
        self._buckets.reload_buckets()

    def come_back_to(self, tab: Tab) -> None:
        """Show what a tab shows once the buckets are there, or the nearest place above."""
        self._first.want(tab.place, tab)

    def select_when_there(self, *paths: str, bucket: str = "") -> None:
        """Select rows as soon as a refresh brings them, if they may come here.

        Args:
            *paths: Their paths; the first one gets the focus.
            bucket: The name of their bucket; of the one shown where empty.
        """
        if self.place is not None:
            self._spots.want(self.outlook.view(self.place), bucket or self.place.bucket, paths)
        self._rows.refresh()

    def leave(self, gone: Location) -> None:
        """Go elsewhere because a place no longer exists; the nearest one above it that does."""
        here = self.place
        self._history.forget(gone)
        self.lost.emit(gone)
        if here is None or not gone.contains(here):
            return
        if gone.parent is not None:
            self.go(gone.parent)
        else:
            self._home()

    def follow_place(self, old: Location, new: Location) -> None:
        """Stay with a place that was renamed or moved, in the history too."""
        self.follow_places([(old, new)])

    def follow_places(self, moved: Sequence[tuple[Location, Location]]) -> None:
        """Stay with places that were renamed or moved at once; they may have taken each other's names."""
        here = self.place
        for old, new in one_by_one(moved):
            self._history.follow(old, new)
            self._first.follow(old, new)
            if not old.prefix:
                self.outlook.follow_bucket(old.bucket, new.bucket)
            self.followed.emit(old, new)
        if here is not None and self.place is not None and here != self.place:
            self._show(self.place)

    def open_row(self, row: Row) -> None:
        """Go into a folder; leave an object to whoever opens files."""
        view = self._rows.view
        if row.is_folder and view is not None:
            self.go(Location(view.bucket_of(row), row.path))
        else:
            self.object_opened.emit(row)

    def _connect(self) -> None:
        table = self._pane.table
        table.row_opened.connect(self.open_row)
        table.up_wanted.connect(self.up)
        table.sort_wanted.connect(self._sort_by)
        self._tree.place_chosen.connect(self.go)
        self._breadcrumb.chosen.connect(self.go_out_to)
        self._breadcrumb.left.connect(self._focus_page)
        self._buckets.buckets_changed.connect(self._buckets_read)
        self._buckets.failed.connect(self._failed)
        self._rows.opened.connect(self._opened)
        self._rows.failed.connect(self._failed)
        table.set_sort(Column.NAME, descending=False)

    def _take_order(self, view: View) -> None:
        self.outlook.take(view)
        self._show_order()

    def _show_order(self) -> None:
        sort, descending = self.outlook.order
        self._pane.table.set_sort(_COLUMNS[sort], descending=descending)

    def _note(self) -> None:
        """Remember where in the folder somebody is, unless it is still another one that is seen."""
        if self._spots.shows(self.place):
            self._history.note(self._spots.take())

    def _show_again(self) -> None:
        if self._spots.shows(self.place):
            self._spots.stay()
        if self.place is not None:
            self._rows.open(self.outlook.view(self.place))

    def _travel(self, places: Sequence[Location], step: Callable[[int], Location], steps: int) -> None:
        if len(places) >= steps:
            self._note()
            self._show(step(steps), self._history.spot)

    def _show(self, place: Location, spot: Spot | None = None, select: str = "") -> None:
        self._spots.expect(spot)
        self._known.went()
        self._wanted.want(select)
        self._buckets.pin(place.bucket)
        self._breadcrumb.show_place(place)
        self._tree.show_place(place)
        self.outlook.enter(place, EVERYTHING if spot is None else spot.search)
        self._show_order()
        self._rows.open(self.outlook.view(place))
        self.moved.emit()

    def _show_nothing(self) -> None:
        self._history = History()
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
        if self._wanted.is_wanted:
            self._spots.give_up()
            self._wanted.select()
        else:
            self._spots.put()
        if not any(widget.hasFocus() for widget in self._keepers) and not self._breadcrumb.editing:
            self._focus_page()

    def _focus_page(self) -> None:
        if self._pane.page is not None:
            self._pane.page.setFocus()

    def _sort_by(self, column: Column | None, descending: bool) -> None:
        if column is None:
            self._show_order()
            return
        self.outlook.order = SORTS[column], descending
        self._show_again()

    def _folders_changed(self, places: frozenset[Location]) -> None:
        view = self._rows.view
        if self.place in places or (view is not None and any(view.searches(one.bucket) for one in places)):
            self._rows.refresh()
        self._buckets.reload(places)

    def _buckets_read(self) -> None:
        self._pane.set_has_buckets(bool(self._buckets.buckets))
        self._follow_buckets()
        if self.place is None and self._first.place is not None:
            self._first.find()
        elif self.place is None:
            self._home()
        self.moved.emit()

    def _settle(self, found: Found | None, tab: Tab | None) -> None:
        """Go where there is still something of the place wanted first, unless somebody went elsewhere."""
        if self.place is not None:
            return
        if found is None:
            self._home()
        elif tab is not None:
            self.show_tab(tab.settled(found.place))
        else:
            self.go(found.place, found.path)

    def _follow_buckets(self) -> None:
        """Stay with buckets that were renamed; go elsewhere where one is gone."""
        renamed, gone = self._known.changes()
        self.follow_places(renamed)
        for bucket in gone:
            self.leave(bucket)
        if self.place is not None and self._known.misses(self.place.bucket):
            self.leave(Location(self.place.bucket))

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
