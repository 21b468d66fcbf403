"""Names for things that come where names are given already: copies beside what they are of, and namesakes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import count
from typing import Final, TypeVar

from app.bridge.presence import holds_anything
from app.cargo import Cargo
from app.i18n import translate
from app.location import Location
from engine import limits
from engine.move_types import Move
from engine.storage import FileStorage
from engine.transfers.naming import free_name, tagged_name
from engine.types import ListRequest, RlsContext

LOOKS_A_CALL: Final = 5_000
"""So many names are looked for at once."""

_FOLDERS_A_NAME: Final = 20
"""So many folders are listed in the time in which one name is looked for."""

T = TypeVar("T")


def twins(storage: FileStorage, there: Cargo, coming: Cargo, place: Location, me: RlsContext) -> list[Move]:
    """Return where the copies of things go that stay in their folder: beside these, under names of their own.

    Args:
        storage: The engine; thousands of names are looked for together.
        there: What is copied and lies in the place.
        coming: What else comes there.
        place: Where.
        me: Who looks.
    """
    given = {last_name(path) for path in coming.paths}
    names: dict[str, str] = {}
    left = there.paths
    for number in count(1):
        forms = {path: copy_name(last_name(path), number, is_folder=path.endswith("/")) for path in left}
        given |= taken_names(storage, place, list(forms.values()), me)
        for path, form in forms.items():
            if form not in given:
                names[path] = form
                given.add(form)
        left = tuple(path for path in left if path not in names)
        if not left:
            break
    return [Move(path, f"{place.prefix}{names[path]}{'/' * path.endswith('/')}") for path in there.paths]


def taken_names(storage: FileStorage, place: Location, names: Sequence[str], me: RlsContext) -> set[str]:
    """Return those of some names that an object or a folder of a place has.

    Args:
        storage: The engine.
        place: Where.
        names: Any number of last segments.
        me: Who looks.
    """
    taken = _taken_by_folders(storage, place, names, me)
    for part in parts_of(names):
        taken |= {last_name(path) for path in storage.find(place.bucket, [place.prefix + name for name in part], me)}
    return taken


def _taken_by_folders(storage: FileStorage, place: Location, names: Sequence[str], me: RlsContext) -> set[str]:
    """Return those of some names that folders of a place have.

    The folders are gone through, as far as that is less work than to look for each name; then the rest is looked for.
    """
    wanted, taken, cursor = set(names), set[str](), None
    left = _FOLDERS_A_NAME * len(wanted)
    while left > 0:
        request = ListRequest(place.prefix, limit=min(left, limits.LIST_PAGE_MAX), cursor=cursor)
        page = storage.list(place.bucket, request, me)
        taken |= wanted & {folder.name for folder in page.folders}
        if page.next_cursor is None or page.objects:  # folders come first
            return taken
        left -= len(page.folders)
        cursor = page.next_cursor
    return taken | _each_looked_for(storage, place, wanted - taken, me)


def _each_looked_for(storage: FileStorage, place: Location, names: AbstractSet[str], me: RlsContext) -> set[str]:
    """Return those of some names that folders have; two queries for each."""
    folders = {f"{place.prefix}{name}/": name for name in names}
    taken = {folders[path] for path in storage.find(place.bucket, list(folders), me)}
    return taken | {name for path, name in folders.items() if holds_anything(storage, place.bucket, path, me)}


def apart(cargo: Cargo, place: Location) -> list[Move]:
    """Return where single objects go; of some from several folders that have one name, the later ones get a number.

    Args:
        cargo: They, and folders, which are left out.
        place: Where to.
    """
    given: set[str] = set()
    moves = []
    for path in cargo.paths:
        if not path.endswith("/"):
            name = last_name(path)
            name = free_name(name, given.__contains__) if name in given else name
            given.add(name)
            moves.append(Move(path, place.prefix + name))
    return moves


def copy_name(name: str, number: int, *, is_folder: bool) -> str:
    """Return what a copy of something is called that stays beside it: "a (copy).txt", then "a (copy 2).txt".

    Args:
        name: Last segment of its path.
        number: Which copy it is, from 1.
        is_folder: Then a dot in the name is no suffix.
    """
    word = translate("Carrier", "copy")
    tag = word if number == 1 else f"{word} {number}"
    return tagged_name(name, tag, has_suffix=not is_folder)


def last_name(path: str) -> str:
    """Return what something is called: the last segment of its path."""
    return path.rstrip("/").rpartition("/")[2]


def parts_of(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Return many things as parts that one call of the engine takes."""
    return (things[start : start + LOOKS_A_CALL] for start in range(0, len(things), LOOKS_A_CALL))
