"""Places that somebody pinned, as values, and as text for the settings and back; nonsense counts for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.location import Location

FAVOURITES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Favourite:
    """A pinned place.

    Attributes:
        place: It.
        is_there: Whether whoever looks finds it.
    """

    place: Location
    is_there: bool = True


def put_at(places: tuple[Location, ...], place: Location, number: int) -> tuple[Location, ...]:
    """Return places with one of them, or one more if it is allowed, before what has that number now."""
    if place not in places and len(places) >= FAVOURITES_MAX:
        return places
    before = [one for one in places[: max(number, 0)] if one != place]
    after = [one for one in places[max(number, 0) :] if one != place]
    return (*before, place, *after)


def followed(places: tuple[Location, ...], old: Location, new: Location) -> tuple[Location, ...]:
    """Return the places after one was renamed or moved; what meets there is one."""
    return _once(place.moved(old, new) for place in places)


def favourites_text(places: tuple[Location, ...]) -> str:
    """Return places as one line, which `read_favourites` reads back."""
    return json.dumps([place.text for place in places], ensure_ascii=True)


def read_favourites(text: str) -> tuple[Location, ...]:
    """Return what `favourites_text` was given, no more than are allowed; nothing where it is nonsense."""
    try:
        values = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return ()
    found = [Location.parse(value) for value in values if isinstance(value, str)] if isinstance(values, list) else []
    return _once(place for place in found if place is not None)[:FAVOURITES_MAX]


def _once(places: Iterable[Location]) -> tuple[Location, ...]:
    return tuple(dict.fromkeys(places))
