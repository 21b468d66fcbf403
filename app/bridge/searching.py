"""What a search beyond the folder shows: the rows of objects with the folders, or buckets and folders, they are in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from app.models.pages import PAGE_ROWS
from app.models.rows import Row, RowMaker
from app.models.searches import Scope
from app.models.sources import Snapshot, View
from engine.search_types import SearchFilter, SearchPage, SearchRequest
from engine.storage import FileStorage
from engine.types import FolderCount, RlsContext

_COUNTED_MAX = 1_000_000
"""Where counting ends; nobody scrolls further."""


class FoundPages:
    """Reads what was found. To be called in the read lane."""

    def __init__(self, storage: FileStorage, rows: RowMaker, today: Callable[[], date] = date.today) -> None:
        """Args: the engine; what makes rows; which day it is here."""
        self._storage = storage
        self._maker = rows
        self._today = today

    def look(self, view: View, me: RlsContext) -> Snapshot:
        """Read the first page, and count no more than it holds."""
        page = self._read(view, 0, me)
        count = FolderCount(0, len(page.objects))
        return Snapshot(count, {0: self._rows(view, page)}, is_counted=page.next_cursor is None)

    def count(self, view: View, me: RlsContext) -> FolderCount:
        """Count what there is to find."""
        return FolderCount(0, self._storage.count_found(self._wanted(view), me, _COUNTED_MAX).objects)

    def page(self, view: View, number: int, me: RlsContext) -> tuple[Row, ...]:
        """Read one page."""
        return self._rows(view, self._read(view, number, me))

    def _read(self, view: View, number: int, me: RlsContext) -> SearchPage:
        request = SearchRequest(
            self._wanted(view), limit=PAGE_ROWS, sort=view.sort, descending=view.descending, offset=number * PAGE_ROWS
        )
        return self._storage.search(request, me)

    def _wanted(self, view: View) -> SearchFilter:
        search = view.search
        return SearchFilter(
            search.text,
            "" if view.is_everywhere else view.location.bucket,
            _prefix(view),
            family=search.family,
            min_bytes=search.size.min_bytes,
            max_bytes=search.size.max_bytes,
            changed_from=search.age.since(self._today()),
        )

    def _rows(self, view: View, page: SearchPage) -> tuple[Row, ...]:
        if view.is_everywhere:
            return self._maker.found_anywhere(page.objects)
        return self._maker.found(page.objects, _prefix(view))


def _prefix(view: View) -> str:
    return view.location.prefix if view.search.scope is Scope.BELOW else ""
