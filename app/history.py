"""The places visited, and what was looked at in each of them. Plain values, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.location import Location
from app.models.searches import EVERYTHING, Scope, Search

_PLACES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody was in a folder when they left it.

    Attributes:
        current: Key of the row that had the keyboard, or nothing.
        row: Its number, or -1.
        has_all: Every row is selected, and not all of them are known by their keys.
        paths: Keys of the selected rows where they are few and known.
        scroll_px: How far down the view was.
        in_icons: That view was the one of icons.
        total: How many rows there were: with another number `row` means another one.
        search: What was looked for beyond the folder.
        moment: Its rows were shown as they were then, or as they are now.
    """

    current: str = ""
    row: int = -1
    has_all: bool = False
    paths: frozenset[str] = frozenset()
    scroll_px: int = 0
    in_icons: bool = False
    total: int = 0
    search: Search = EVERYTHING
    moment: datetime | None = None

    @property
    def is_everywhere(self) -> bool:
        """Return whether the keys name their buckets too, since the rows came from any of them."""
        return self.search.is_beyond and self.search.scope is Scope.EVERYWHERE

    def followed(self, old: Location, new: Location) -> Spot:
        """Return the spot after a place was renamed: another bucket may have that name next."""
        if not self.is_everywhere or old.bucket == new.bucket:
            return self
        return replace(self, current="", paths=frozenset())


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit.

    Attributes:
        place: Where.
        spot: Where in there, once it was left.
    """

    place: Location
    spot: Spot | None = None


class History:
    """The places visited, with a position; the same as in a web browser."""

    def __init__(self, *places: Location) -> None:
        """Start at the last of these places, with the others behind it."""
        self._stops = [Stop(place) for place in places]
        self._position = len(self._stops) - 1

    @property
    def current(self) -> Location | None:
        """Return the place at the position."""
        return self._stops[self._position].place if self._stops else None

    @property
    def spot(self) -> Spot | None:
        """Return where somebody was in that place when they left it, or None if they have not yet."""
        return self._stops[self._position].spot if self._stops else None

    @property
    def can_go_back(self) -> bool:
        """Return whether a place was visited before."""
        return self._position > 0

    @property
    def can_go_forward(self) -> bool:
        """Return whether going back left a place ahead."""
        return self._position < len(self._stops) - 1

    @property
    def behind(self) -> tuple[Location, ...]:
        """Return the places that going back leads to, the nearest first."""
        return tuple(stop.place for stop in reversed(self._stops[: max(self._position, 0)]))

    @property
    def ahead(self) -> tuple[Location, ...]:
        """Return the places that going forward leads to, the nearest first."""
        return tuple(stop.place for stop in self._stops[self._position + 1 :])

    def visit(self, place: Location) -> None:
        """Go somewhere new; what lay ahead is forgotten. Staying adds nothing, unless what one leaves is a search."""
        if place == self.current and not self._is_search(self._position):
            return
        self._stops = [*self._stops[: self._position + 1], Stop(place)][-_PLACES_MAX:]
        self._position = len(self._stops) - 1

    def note(self, spot: Spot) -> None:
        """Remember where in the place at the position somebody is, because they leave it."""
        if self._stops:
            self._stops[self._position] = replace(self._stops[self._position], spot=spot)

    def back(self, steps: int = 1) -> Location:
        """Step back and return the place; only as far as `behind` goes."""
        self._position -= steps
        return self._stops[self._position].place

    def forward(self, steps: int = 1) -> Location:
        """Step forward and return the place; only as far as `ahead` goes."""
        self._position += steps
        return self._stops[self._position].place

    def forget(self, gone: Location) -> None:
        """Drop every place in or below one that no longer exists."""
        self._rewrite(lambda place: None if gone.contains(place) else place)

    def follow(self, old: Location, new: Location) -> None:
        """Go along with a place that was renamed or moved, and with all below it."""
        self._stops = [
            stop if stop.spot is None else replace(stop, spot=stop.spot.followed(old, new)) for stop in self._stops
        ]
        self._rewrite(lambda place: place.moved(old, new))

    def _is_search(self, position: int) -> bool:
        spot = self._stops[position].spot if position >= 0 else None
        return spot is not None and spot.search.is_beyond

    def _rewrite(self, turn: Callable[[Location], Location | None]) -> None:
        """Replace each place, or drop it; neighbours that have become the same are one. The position stays."""
        kept: list[Stop] = []
        position = -1
        for i, stop in enumerate(self._stops):
            place = turn(stop.place)
            if place is not None and (not kept or kept[-1].place != place or self._is_search(i - 1)):
                kept.append(replace(stop, place=place))
            if place is not None and i == self._position:
                position = len(kept) - 1
        self._stops = kept
        self._position = position if position >= 0 else len(kept) - 1
