"""What a window was in the middle of, as text for the settings and back; nonsense counts for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from app.history import History
from app.location import Location
from app.models.sources import View
from app.tabs import Tab
from engine.types import SortColumn

TABS_MAX: Final = 50
PLACES_MAX: Final = 200


def tabs_text(tabs: tuple[Tab, ...], active: int) -> str:
    """Return tabs as one line, which `read_tabs` reads back: places and order of each; the past is not remembered."""
    kept = [(i == active, tab) for i, tab in enumerate(tabs) if tab.place is not None][:TABS_MAX]
    return json.dumps([_tab_value(tab, is_active=is_active) for is_active, tab in kept], ensure_ascii=True)


def read_tabs(text: str) -> tuple[tuple[Tab, ...], int]:
    """Return what `tabs_text` was given, the number of the active one with it; no tabs where it is nonsense."""
    try:
        values = json.loads(text or "[]")
    except ValueError:
        return (), 0
    found = [(value, _read_tab(value)) for value in values[:TABS_MAX]] if isinstance(values, list) else []
    tabs = [(value, tab) for value, tab in found if tab is not None]
    active = next((i for i, (value, _) in enumerate(tabs) if value.get("active") is True), 0)
    return tuple(tab for _, tab in tabs), active


def places_text(places: Iterable[Location]) -> str:
    """Return places as one line, which `read_places` reads back; some of very many."""
    return json.dumps([place.text for place in islice(places, PLACES_MAX)], ensure_ascii=True)


def read_places(text: str) -> tuple[Location, ...]:
    """Return what `places_text` was given; no places where it is nonsense."""
    try:
        values = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return ()
    texts = [value for value in values[:PLACES_MAX] if isinstance(value, str)] if isinstance(values, list) else []
    return tuple(place for place in map(Location.parse, texts) if place is not None)


def _tab_value(tab: Tab, *, is_active: bool) -> dict[str, Any]:
    view = tab.view
    value: dict[str, Any] = {"place": tab.place.text if tab.place is not None else "", "active": is_active}
    if view is not None:
        value |= {"sort": view.sort.value, "descending": view.descending}
    return value


def _read_tab(value: object) -> Tab | None:
    if not isinstance(value, dict) or not isinstance(value.get("place"), str):
        return None
    place = Location.parse(value["place"])
    if place is None:
        return None
    try:
        sort = SortColumn(value.get("sort", SortColumn.NAME.value))
    except ValueError:
        sort = SortColumn.NAME
    return Tab(History(place), View(place, sort, value.get("descending") is True))
