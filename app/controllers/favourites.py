"""Pinned places: kept in the settings, followed where they go, and marked where nobody finds them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.events import EventRelay
from app.bridge.reading import Found, Reader
from app.controllers.navigation import Navigator
from app.favourites import FAVOURITES_MAX, Favourite, favourites_text, followed, put_at, read_favourites
from app.i18n import translate
from app.location import Location
from app.models.sources import Standing
from app.models.tree_model import STANDING_ROLE, TreeModel
from app.settings import WindowSettings
from app.views.favourites_panel import FavouritesPanel
from app.widgets.banner import Offer
from app.widgets.toast import Toast


class Favourites(QObject):
    """See the module.

    Signals:
        changed: Some came, went, or moved.
    """

    changed = Signal()

    def __init__(
        self, panel: FavouritesPanel, navigator: Navigator, reader: Reader, buckets: TreeModel,
        settings: WindowSettings, toast: Toast,
    ) -> None:  # fmt: skip
        """Args: what shows them; what goes there; what finds them; the buckets; what is remembered; what is said."""
        super().__init__(panel)
        self._panel = panel
        self._navigator = navigator
        self._reader = reader
        self._buckets = buckets
        self._settings = settings
        self._toast = toast
        self._places = read_favourites(settings.favourites)
        self._missing: frozenset[Location] = frozenset()
        self._looks = 0
        self._seen_in: dict[Location, int] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)
        self._connect()
        self._show()

    @property
    def places(self) -> tuple[Location, ...]:
        """Return them, in their order."""
        return self._places

    def follow(self, relay: EventRelay) -> None:
        """Look again whether they are there when anything below their buckets changes."""
        relay.folders_changed.connect(self._folders_changed)

    def toggle(self, place: Location) -> None:
        """Pin a place, or pin it no longer."""
        if place in self._places:
            self.remove(place)
        else:
            self.put(place, len(self._places))

    def put(self, place: Location, number: int) -> None:
        """Pin a place, or pull one that is pinned, before what has that number now."""
        if place not in self._places and len(self._places) >= FAVOURITES_MAX:
            full = translate("Favourites", "There are %Ln favourites already: remove one first", None, FAVOURITES_MAX)
            self._toast.say(full, kind="info")
            return
        self._keep(put_at(self._places, place, number))
        self._soon.start()

    def remove(self, place: Location) -> None:
        """Pin a place no longer."""
        self._keep(tuple(one for one in self._places if one != place))

    def misses(self, place: Location) -> bool:
        """Return whether a place is a favourite that nobody finds."""
        return place in self._missing and place in self._places

    def lead_here(self, place: Location) -> None:
        """Let one that is missing lead to the place shown, and those below it to what lies below that.

        Another program may have renamed the folder: nothing but a person knows that it is the same one.
        """
        here = self._navigator.place
        if here is not None and self.misses(place):
            self.follow_place(place, here)
            said = translate("Favourites", "The favourite leads to “{place}” now")
            self._toast.say(said.format(place=here.text.rstrip("/")))

    def follow_place(self, old: Location, new: Location) -> None:
        """Stay with places that were renamed or moved."""
        self._keep(followed(self._places, old, new))
        self._soon.start()

    def go(self, place: Location) -> None:
        """Go to a place; one that was missing is looked for once more."""
        if place in self._missing:
            self._reader.locate(place, partial(self._go_if_found, place))
        else:
            self._navigator.go(place)

    def _go_if_found(self, place: Location, found: Found | None) -> None:
        if self._is_there(place, found):
            self._navigator.go(place)
        else:
            self._offer_ways_out(place)
        self._soon.start()

    def _offer_ways_out(self, place: Location) -> None:
        """Say that one is missing, and what can be done about it."""
        gone = translate("Favourites", "“{place}” is not there").format(place=place.text.rstrip("/"))
        remove = Offer(translate("Favourites", "Remove"), partial(self.remove, place))
        here = self._navigator.place
        if here is None or here in self._places:
            self._toast.say(gone, remove, kind="info")
            return
        lead = Offer(translate("Favourites", "Lead it here"), partial(self.lead_here, place))
        self._toast.say(gone, lead, kind="info", besides=remove)

    def _connect(self) -> None:
        panel, navigator = self._panel, self._navigator
        panel.place_chosen.connect(self.go)
        panel.put_wanted.connect(self.put)
        panel.remove_wanted.connect(self.remove)
        navigator.followed.connect(self.follow_place)
        navigator.moved.connect(lambda: panel.show_place(navigator.place))
        for signal in (navigator.lost, navigator.read_again, self._buckets.buckets_changed):
            signal.connect(lambda *_: self._soon.start())

    def _keep(self, places: tuple[Location, ...]) -> None:
        if places != self._places:
            self._places = places
            self._settings.favourites = favourites_text(places)
            self._show()
            self.changed.emit()

    def _show(self) -> None:
        self._panel.show_places(tuple(Favourite(place, place not in self._missing) for place in self._places))

    def _folders_changed(self, places: frozenset[Location]) -> None:
        changed = {place.bucket for place in places}
        if any(place.bucket in changed for place in self._places):
            self._soon.start()

    def _look(self) -> None:
        """Ask of each whether it is there, once the buckets are known."""
        if not self._buckets.loaded:
            return
        self._looks += 1
        self._seen_in = {place: look for place, look in self._seen_in.items() if place in self._places}
        for place in self._places:
            self._reader.locate(place, partial(self._take, self._looks, place), lambda _: None)

    def _take(self, look: int, place: Location, found: Found | None) -> None:
        if look < self._seen_in.get(place, 0):  # looks overtake each other, and an older one knows less
            return
        self._seen_in[place] = look
        gone = frozenset() if self._is_there(place, found) else frozenset({place})
        missing = (self._missing - {place}) | gone
        if missing != self._missing:
            self._missing = missing
            self._show()

    def _is_there(self, place: Location, found: Found | None) -> bool:
        """Return whether a place was found and its bucket is one that whoever looks may know of."""
        bucket = self._buckets.index_of(Location(place.bucket))
        return (
            found is not None
            and not found.path
            and bucket.isValid()
            and bucket.data(STANDING_ROLE) is not Standing.HIDDEN
        )
