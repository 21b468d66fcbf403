"""In which order, at which moment, and how much of a place is shown: what makes a view of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.location import Location
from app.models.searches import EVERYTHING, Search
from app.models.sources import View
from engine.types import SortColumn


class Outlook:
    """See the module.

    Attributes:
        order: By which column it is sorted, and whether descending.
        order_of: Gives the order that a bucket is to be shown in, or None for that of the one before.
        search: What is looked for there; ends with the place.
    """

    def __init__(self) -> None:
        """Show everything as it is now, by name."""
        self.order = (SortColumn.NAME, False)
        self.order_of: Callable[[str], tuple[SortColumn, bool] | None] = lambda _bucket: None
        self.search: Search = EVERYTHING
        self._moment: datetime | None = None
        self._moment_bucket = ""
        self._order_bucket = ""

    @property
    def moment(self) -> datetime | None:
        """Return the moment that the bucket is shown at, or None for now."""
        return self._moment

    def view(self, place: Location) -> View:
        """Return what is shown of a place."""
        return View(place, *self.order, self._moment, self.search)

    def take(self, view: View) -> None:
        """Show the place of a view as it does."""
        self.order, self._moment = (view.sort, view.descending), view.moment
        self._moment_bucket = self._order_bucket = view.location.bucket

    def enter(self, place: Location, search: Search = EVERYTHING) -> None:
        """Go to a place: another bucket has an order of its own, and is shown as it is now.

        Args:
            place: Where.
            search: What is looked for there.
        """
        if place.bucket != self._moment_bucket or search.is_beyond:  # beyond a folder only the present is searched
            self._moment = None
        if place.bucket != self._order_bucket:
            self._order_bucket = place.bucket
            self.order = self.order_of(place.bucket) or self.order
        self.search = search

    def go_in_time(self, bucket: str, moment: datetime | None) -> None:
        """Show a bucket as it was at a moment, or as it is now."""
        self._moment, self._moment_bucket = moment, bucket

    def end_time_travel(self) -> None:
        """Show what is now."""
        self._moment = None

    def follow_bucket(self, old: str, new: str) -> None:
        """Stay with a bucket that was renamed."""
        if self._moment_bucket == old:
            self._moment_bucket = new
