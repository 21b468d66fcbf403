"""Where the window goes once the buckets are known: where somebody was last, or the nearest place still there."""

from __future__ import annotations

from collections.abc import Callable

from app.bridge.reading import Found, Reader
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
        self._is_looking = False

    def want(self, place: Location | None, tab: Tab | None = None) -> None:
        """Say where to.

        Args:
            place: Where, or None.
            tab: What showed it last, to be shown again with its history.
        """
        self.place, self._tab, self._is_looking = place, tab, False

    def find(self) -> None:
        """Look for it."""
        if self.place is not None and not self._is_looking:
            self._is_looking = True
            self._reader.nearest(self.place, self._found, lambda _: self._found(None))

    def _found(self, found: Found | None) -> None:
        tab = self._tab
        self.want(None)
        self._then(found, tab)
