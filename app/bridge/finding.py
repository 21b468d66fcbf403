"""The folders of a place as a few names, for menus and for completing what is typed; in the read lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject

from app.bridge.acting import ActingTasks
from app.bridge.names import path_problem
from app.bridge.tasks import Ticket
from app.location import Location
from engine import limits
from engine.folding import fold
from engine.storage import FileStorage
from engine.types import ListRequest, RlsContext

_PAGES_MAX: Final = 12
"""Pages of folders that are looked through for names that begin as typed."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Some folders of a place.

    Attributes:
        places: The first of them, by name.
        has_more: Whether there are others.
    """

    places: tuple[Location, ...] = ()
    has_more: bool = False


class Finder:
    """See the module. A place that can't be read has no folders: nobody is bothered while they look for their way."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks) -> None:
        """Args: the engine, and the lanes of whoever looks."""
        self._storage = storage
        self._tasks = tasks

    def folders(
        self, place: Location, most: int, then: Callable[[Folders], None], *, begin: str = "", owner: QObject
    ) -> Ticket:
        """Read some folders of a place.

        Args:
            place: Where.
            most: How many at most.
            then: Gets them.
            begin: How their names begin, whatever their case and accents.
            owner: The answer is dropped once this object is deleted.
        """
        return self._tasks.read(
            lambda ticket, me: self._folders(place, most, fold(begin), ticket, me),
            then,
            lambda _: then(Folders()),
            owner=owner,
        )

    def _folders(self, place: Location, most: int, begin: str, ticket: Ticket, me: RlsContext) -> Folders:
        if path_problem(place.prefix) is not None and place.prefix:
            return Folders()
        names: list[str] = []
        request = ListRequest(prefix=place.prefix, limit=limits.LIST_PAGE_MAX if begin else most + 1)
        for _ in range(_PAGES_MAX):
            ticket.token.raise_if_cancelled()
            page = self._storage.list(place.bucket, request, me)
            names += [folder.name for folder in page.folders if fold(folder.name).startswith(begin)]
            if page.objects or page.next_cursor is None or len(names) > most:
                break
            request = replace(request, cursor=page.next_cursor)
        return Folders(tuple(place.child(name) for name in names[:most]), len(names) > most)
