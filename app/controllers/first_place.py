"""Where the window goes once the buckets are known: where somebody was last, or the nearest place still there."""

from __future__ import annotations

from collections.abc import Callable

from app.bridge.reading import Found, Reader
from app.bridge.tasks import Ticket
from app.location import Location
from app.tabs import Tab


class FirstPlace:
    """Looks for one place, once, however often the buckets are read until it is found.

    Attributes:
        place: Where the window is to go, or None.
    """

    def __init__(self, reader: Reader, then: Callable[[Found | None, Tab | None], None]) -> None:
        """Args: what finds places; gets what was found, and what showed it last where that is to be shown again."""
        self._reader = reader
        self._then = then
        self.place: Location | None = None
        self._tab: Tab | None = None
        self._ticket: Ticket | None = None

    def want(self, place: Location | None, tab: Tab | None = None) -> None:
        """Say where to.

        Args:
            place: Where, or None.
            tab: What showed it last, to be shown again with its history.
        """
        self._drop_answer()
        self.place, self._tab = place, tab

    def follow(self, old: Location, new: Location) -> None:
        """Look where a place is now that was renamed meanwhile; what is still being looked for has its old name."""
        if self.place is not None and old.contains(self.place):
            self._drop_answer()
            self.place = self.place.moved(old, new)
            self._tab = None if self._tab is None else self._tab.followed(old, new)

    def find(self) -> None:
        """Look for it."""
        if self.place is not None and self._ticket is None:
            self._ticket = self._reader.nearest(self.place, self._found, lambda _: self._found(None))

    def _found(self, found: Found | None) -> None:
        tab = self._tab
        self.want(None)
        self._then(found, tab)

    def _drop_answer(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
