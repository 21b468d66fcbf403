"""Reading one folder for the table: first rows, counts, pages. In workers, by whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.bridge.searching import FoundPages
from app.location import Location
from app.models.pages import PAGE_ROWS
from app.models.rows import Row, RowMaker
from app.models.sources import WHOLE_MAX, Snapshot, View
from engine import limits
from engine.storage import FileStorage
from engine.types import FolderCount, ListRequest, RlsContext

_FROM_END_MIN: Final = 20_000
"""Objects from which on a page near the end is read from there: the database counts its way to every page."""


class FolderPages:
    """Turns views into requests, and what comes back into rows."""

    def __init__(self, storage: FileStorage, maker: RowMaker) -> None:
        """Args: the engine; what makes rows."""
        self._storage = storage
        self._maker = maker
        self._found = FoundPages(storage, maker)
        self._large: Location | None = None

    def look(self, view: View, me: RlsContext) -> Snapshot:
        """Return the first rows, by one call: all of them where they are few, else uncounted.

        Of a place known to be large, only what is painted first: another order or filter waits for no more.
        """
        if view.is_search:
            return self._found.look(view, me)
        limit = PAGE_ROWS if view.location == self._large else limits.LIST_PAGE_MAX
        request = replace(_request(view), limit=limit, old_is_fine=False)
        page = self._storage.list(view.location.bucket, request, me)
        rows, is_whole = self._maker.rows(page), page.next_cursor is None
        shown = rows if is_whole else rows[: len(rows) // PAGE_ROWS * PAGE_ROWS]
        folders = min(len(page.folders), len(shown))
        return Snapshot(FolderCount(folders, len(shown) - folders), _paged(shown), is_whole)

    def count(self, view: View, me: RlsContext) -> FolderCount:
        """Return how many rows there are."""
        if view.is_search:
            return self._found.count(view, me)
        place = view.location
        count = self._storage.count_folder(place.bucket, place.prefix, me, view.moment, view.matching)
        if count.total > limits.LIST_PAGE_MAX:
            self._large = place
        return count

    def snapshot(self, view: View, pages: Sequence[int], me: RlsContext) -> Snapshot:
        """Return the count and some pages, or all of a folder that is small enough; see `FolderSource`."""
        if not pages and not view.is_search:
            whole = self._whole(view, me)
            if whole is not None:
                return whole
        count = self.count(view, me)
        last = max(count.total - 1, 0) // PAGE_ROWS
        if view.is_search and not pages and count.total <= WHOLE_MAX:
            pages = range(last + 1)
        wanted = {number: self.page(view, number, me, count) for number in pages or (0,) if number <= last}
        return Snapshot(count, wanted)

    def page(self, view: View, number: int, me: RlsContext, among: FolderCount | None = None) -> tuple[Row, ...]:
        """Return one page; `among` as in `FolderSource`."""
        if view.is_search:
            return self._found.page(view, number, me)
        first, total = number * PAGE_ROWS, 0 if among is None else among.total
        if (
            among is not None
            and among.objects > _FROM_END_MIN
            and among.folders <= first
            and total < 2 * first < 2 * total
        ):
            stop = min(first + PAGE_ROWS, total)
            backwards = replace(
                _request(view),
                limit=stop - first,
                descending=not view.descending,
                offset=among.folders + total - stop,
                old_is_fine=False,  # an older order ends with other rows
            )
            return self._maker.rows(self._storage.list(view.location.bucket, backwards, me))[::-1]
        request = replace(_request(view), offset=first)
        return self._maker.rows(self._storage.list(view.location.bucket, request, me))

    def find(self, view: View, typed: str, start: str, me: RlsContext, *, beyond: bool) -> int | None:
        """Return the place of the next row whose name begins so, if there is any; see `FolderSource`."""
        found = self._storage.find_name(view.location.bucket, _request(view), typed, me, start=start, beyond=beyond)
        return None if found is None else found.row

    def _whole(self, view: View, me: RlsContext) -> Snapshot | None:
        """Return all of a folder, counted by its rows, or None where there are too many."""
        request = replace(_request(view), limit=limits.LIST_PAGE_MAX, old_is_fine=False)
        rows: list[Row] = []
        folders = 0
        while len(rows) <= WHOLE_MAX:
            page = self._storage.list(view.location.bucket, request, me)
            rows += self._maker.rows(page)
            folders += len(page.folders)
            if page.next_cursor is None:
                return Snapshot(FolderCount(folders, len(rows) - folders), _paged(tuple(rows)))
            request = replace(request, cursor=page.next_cursor)
        return None


def _request(view: View) -> ListRequest:
    """Return the request of a view's first page."""
    return ListRequest(
        prefix=view.location.prefix,
        limit=PAGE_ROWS,
        sort=view.sort,
        descending=view.descending,
        moment=view.moment,
        matching=view.matching,
        old_is_fine=True,
    )


def _paged(rows: tuple[Row, ...]) -> dict[int, tuple[Row, ...]]:
    """Return rows in pages, the last one perhaps not full."""
    return {start // PAGE_ROWS: rows[start : start + PAGE_ROWS] for start in range(0, max(len(rows), 1), PAGE_ROWS)}
