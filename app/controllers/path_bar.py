"""What is typed and chosen in the path bar, and what its menus and its field offer."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.bridge.finding import Finder, Folders
from app.bridge.reading import Found, Reader
from app.bridge.tasks import Ticket
from app.controllers.navigation import Navigator
from app.i18n import translate
from app.location import Location
from app.models.tree_model import TreeModel
from app.widgets.breadcrumb import Breadcrumb
from app.widgets.places_menu import PLACES_MAX, PlacesMenu

_COMPLETIONS_MAX = 12


class PathBar(QObject):
    """See the module."""

    def __init__(
        self, breadcrumb: Breadcrumb, navigator: Navigator, reader: Reader, finder: Finder, buckets: TreeModel
    ) -> None:
        """Args: the path bar; what goes there; what finds places; what lists folders; the buckets."""
        super().__init__(breadcrumb)
        self._breadcrumb = breadcrumb
        self._navigator = navigator
        self._reader = reader
        self._finder = finder
        self._buckets = buckets
        self._ticket: Ticket | None = None
        breadcrumb.typed.connect(self.go_to_text)
        breadcrumb.ended.connect(self._give_up)
        breadcrumb.places_wanted.connect(self._fill)
        breadcrumb.completions_wanted.connect(self._complete)

    def go_to_text(self, text: str) -> None:
        """Go where a person typed, or say beside the field why not."""
        self._give_up()
        places = Location.readings(text)
        if not places:
            self._breadcrumb.refuse(translate("PathBar", "Type the name of a bucket, then its folders."))
            return
        self._ticket = self._reader.locate_any(places, lambda found: self._typed(text, found))

    def _give_up(self) -> None:
        """Look no more for what somebody typed before they went elsewhere or typed something else."""
        if self._ticket is not None:
            self._ticket.cancel()

    def _typed(self, text: str, found: Found | None) -> None:
        if found is None:
            self._breadcrumb.refuse(translate("PathBar", "There is no “{path}”.").format(path=text.strip()))
        else:
            self._navigator.go(found.place, found.path)

    def _fill(self, menu: PlacesMenu) -> None:
        if menu.above is None:
            menu.offer(self._buckets_named(""), has_more=False)
            return

        def show(folders: Folders) -> None:
            menu.offer(folders.places, has_more=folders.has_more)

        self._finder.folders(menu.above, PLACES_MAX, show, owner=menu)

    def _complete(self, text: str) -> None:
        bucket, slash, rest = text.lstrip().removeprefix("/").partition("/")
        if not slash:
            self._breadcrumb.offer(text, self._buckets_named(bucket)[:_COMPLETIONS_MAX])
            return
        above, cut, begin = rest.rpartition("/")

        def show(folders: Folders) -> None:
            self._breadcrumb.offer(text, folders.places)

        place = Location(bucket, above + cut)
        self._finder.folders(place, _COMPLETIONS_MAX, show, begin=begin, owner=self._breadcrumb)

    def _buckets_named(self, begin: str) -> tuple[Location, ...]:
        """Return the buckets whose names begin so, as far as whoever looks sees them."""
        names = (bucket.name for bucket in self._buckets.buckets)
        return tuple(Location(name) for name in names if name.casefold().startswith(begin.casefold()))
