"""Loading for the models: counts, pages, children, sizes. All in the read lane, answers in the main thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject

from app.bridge.acting import ActingTasks
from app.bridge.folder_pages import FolderPages
from app.bridge.names import path_problem
from app.bridge.tasks import Fail, Ticket
from app.i18n import translate
from app.location import Location
from app.models.pages import PAGE_ROWS
from app.models.rows import Row, RowMaker
from app.models.sources import Branch, Root, Snapshot, Standing, View
from engine import limits
from engine.errors import InvalidRequest, NotFound
from engine.storage import FileStorage
from engine.types import Bucket, FolderCount, ListPage, ListRequest, Retention, RlsContext, TreeSize
from engine.version_types import TrashSize

_CHILD_LOOKS_MAX: Final = 200
"""Folders of one level that are asked whether they hold folders themselves, so that the tree shows no false arrows."""

_FIRST_BRANCHES: Final = 64
"""Entries of a level that are read first: most have few folders, and the objects behind them are read for nothing."""


@dataclass(frozen=True, slots=True)
class BucketSize:
    """All that goes when a bucket goes.

    Attributes:
        objects: What it holds now.
        trash: What can be taken out of its trash.
        versions: Old versions of objects.
    """

    objects: TreeSize
    trash: TrashSize
    versions: TreeSize


@dataclass(frozen=True, slots=True)
class Found:
    """A place, and in it perhaps one object.

    Attributes:
        place: The folder to show.
        path: The object to select there, or nothing.
    """

    place: Location
    path: str = ""


class Reader:
    """The engine as the source of both models."""

    def __init__(self, storage: FileStorage, own: RlsContext, tasks: ActingTasks, rows: RowMaker) -> None:
        """Args: the engine, the person at this computer, the lanes of whoever looks, and what makes rows."""
        self._storage = storage
        self._own = own
        self._tasks = tasks
        self._pages = FolderPages(storage, rows)

    def look(self, view: View, then: Callable[[Snapshot], None], otherwise: Fail | None = None) -> Ticket:
        """Read what can be painted first; see `FolderSource`."""
        return self._tasks.read(lambda _, me: self._pages.look(view, me), then, otherwise)

    def expect_filter(self, view: View) -> Ticket:
        """Let the engine make ready for letters that a person is about to type. A failure is nobody's news."""
        place = view.location
        return self._tasks.read(
            lambda _, me: self._storage.expect_filter(place.bucket, place.prefix, me), lambda _: None, lambda _: None
        )

    def count(self, view: View, then: Callable[[FolderCount], None], otherwise: Fail | None = None) -> Ticket:
        """Count the rows; see `FolderSource`."""
        return self._tasks.read(lambda _, me: self._pages.count(view, me), then, otherwise)

    def snapshot(
        self, view: View, pages: Sequence[int], then: Callable[[Snapshot], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Read the count and some pages; see `FolderSource`."""
        return self._tasks.read(lambda _, me: self._pages.snapshot(view, pages, me), then, otherwise)

    def page(
        self,
        view: View,
        number: int,
        then: Callable[[tuple[Row, ...]], None],
        otherwise: Fail | None = None,
        *,
        among: FolderCount | None = None,
    ) -> Ticket:
        """Read one page; see `FolderSource`."""
        return self._tasks.read(lambda _, me: self._pages.page(view, number, me, among), then, otherwise)

    def find(self, view: View, typed: str, start: str, then: Callable[[int], None], *, beyond: bool) -> Ticket:
        """Find the next row whose name begins so; see `FolderSource`. A failure is nobody's news."""

        def take(row: int | None) -> None:
            if row is not None:
                then(row)

        return self._tasks.read(
            lambda _, me: self._pages.find(view, typed, start, me, beyond=beyond), take, lambda _: None
        )

    def buckets(self, then: Callable[[tuple[Root, ...]], None], otherwise: Fail | None = None) -> Ticket:
        """Read all buckets; see `TreeSource`."""
        return self._tasks.read(lambda _, me: self._roots(me), then, otherwise)

    def branches(
        self, location: Location, then: Callable[[tuple[Branch, ...]], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Read the folders in a place; see `TreeSource`."""
        return self._tasks.read(lambda ticket, me: self._branches(location, ticket, me), then, otherwise)

    def locate(self, place: Location, then: Callable[[Found | None], None], otherwise: Fail | None = None) -> Ticket:
        """Find what somebody typed: a bucket, a folder, or an object (then its folder, with the object's path)."""
        return self._tasks.read(lambda _, me: self._locate(place, me), then, otherwise)

    def locate_any(
        self, places: Sequence[Location], then: Callable[[Found | None], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Find the first of some places that is there; see `locate`."""
        return self._tasks.read(lambda _, me: self._first_found(places, me), then, otherwise)

    def nearest(self, place: Location, then: Callable[[Found | None], None], otherwise: Fail | None = None) -> Ticket:
        """Find a place as `locate` does, or the nearest one above that is there; None without its bucket."""
        return self._tasks.read(lambda _, me: self._nearest(place, me), then, otherwise)

    def before_last_change(self, bucket: str, then: Callable[[datetime | None], None], *, owner: QObject) -> Ticket:
        """Find the last moment at which a bucket was another than it is, as far as it keeps that.

        Args:
            bucket: The bucket's name.
            then: Gets the moment, or None; is not called where that cannot be found out.
            owner: The answer is dropped once this object is deleted.
        """
        return self._tasks.read(
            lambda _, me: self._storage.past.before_last_change(bucket, me), then, lambda _: None, owner=owner
        )

    def measure(
        self,
        bucket: str,
        paths: Sequence[str],
        then: Callable[[TreeSize], None],
        otherwise: Fail | None = None,
        *,
        owner: QObject | None = None,
    ) -> Ticket:
        """Count objects and bytes, those of folders with everything below them, as they are at one moment.

        Args:
            bucket: The bucket's name.
            paths: Objects, and folders with a trailing `/`; `""` is the whole bucket.
            then: Gets the sum.
            otherwise: Gets the failure.
            owner: The answer is dropped once this object is deleted.
        """
        return self._tasks.read(lambda _, me: self._storage.tree_size(bucket, paths, me), then, otherwise, owner=owner)

    def measure_bucket(
        self, bucket: str, then: Callable[[BucketSize], None], otherwise: Fail | None = None, *, owner: QObject
    ) -> Ticket:
        """Count everything that a bucket holds and keeps; the answer is dropped once `owner` is deleted."""
        return self._tasks.read(lambda _, me: self._measure_bucket(bucket, me), then, otherwise, owner=owner)

    def measure_condemned(
        self,
        bucket: Bucket,
        retention: Retention,
        then: Callable[[TreeSize], None],
        otherwise: Fail | None = None,
        *,
        owner: QObject,
    ) -> Ticket:
        """Count what a bucket would forget with another retention; the answer is dropped once `owner` is deleted."""
        return self._tasks.read(
            lambda _, me: self._storage.versions.condemned(bucket.id, retention, me),
            then,
            otherwise,
            owner=owner,
        )

    def rows(
        self,
        view: View,
        total: int,
        ranges: Sequence[range],
        then: Callable[[list[Row]], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Read the rows of any selection, however large; for those that are not in the window.

        Args:
            view: What is shown.
            total: How many rows the selection was made among; with another number its places mean other rows.
            ranges: Places of the rows.
            then: Gets the rows.
            otherwise: Gets the failure; also when the folder has changed since.
        """
        return self._tasks.read(lambda ticket, me: self._selected(view, total, ranges, ticket, me), then, otherwise)

    def _roots(self, me: RlsContext) -> tuple[Root, ...]:
        buckets = self._storage.list_buckets(self._own)
        listed = buckets if me == self._own else self._storage.list_buckets(me)
        ids = {bucket.id for bucket in listed}
        looks = len(buckets) <= _CHILD_LOOKS_MAX
        return tuple(self._root(bucket, me, is_listed=bucket.id in ids, looks=looks) for bucket in buckets)

    def _root(self, bucket: Bucket, me: RlsContext, *, is_listed: bool, looks: bool) -> Root:
        """Return a bucket as whoever looks may see it: they may read in one that is not among those they are shown."""
        if not is_listed and self._is_empty(bucket, me):
            return Root(bucket, has_folders=False, standing=Standing.HIDDEN)
        has_folders = not looks or self._has_folders(Location(bucket.name), me)
        return Root(bucket, has_folders, Standing.LISTED if is_listed else Standing.UNLISTED)

    def _is_empty(self, bucket: Bucket, me: RlsContext) -> bool:
        try:
            return not self._holds_anything(Location(bucket.name), me)
        except NotFound:
            return True

    def _holds_anything(self, place: Location, me: RlsContext) -> bool:
        page = self._first_of(place, me)
        return bool(page.folders or page.objects)

    def _branches(self, location: Location, ticket: Ticket, me: RlsContext) -> tuple[Branch, ...]:
        names: list[str] = []
        request = ListRequest(prefix=location.prefix, limit=_FIRST_BRANCHES)
        while True:
            ticket.token.raise_if_cancelled()
            page = self._storage.list(location.bucket, request, me)
            names += [folder.name for folder in page.folders]
            if page.objects or page.next_cursor is None:
                break
            request = replace(request, cursor=page.next_cursor, limit=limits.LIST_PAGE_MAX)
        looks = len(names) <= _CHILD_LOOKS_MAX
        return tuple(Branch(name, not looks or self._has_folders(location.child(name), me)) for name in names)

    def _has_folders(self, location: Location, me: RlsContext) -> bool:
        return bool(self._first_of(location, me).folders)

    def _first_of(self, place: Location, me: RlsContext) -> ListPage:
        """Return the first entry of a place, folders first: to count all of them takes long where they are many."""
        return self._storage.list(place.bucket, ListRequest(prefix=place.prefix, limit=1), me)

    def _locate(self, place: Location, me: RlsContext) -> Found | None:
        if all(bucket.name != place.bucket for bucket in self._storage.list_buckets(self._own)):
            return None
        if not place.prefix:
            return Found(place)
        if path_problem(place.prefix) is not None:
            return None
        if self._holds_anything(place, me) or self._storage.exists(place.bucket, place.prefix, me):
            return Found(place)
        path = place.prefix.rstrip("/")
        if self._storage.exists(place.bucket, path, me):
            return Found(place.parent or place, path)
        return None

    def _nearest(self, place: Location, me: RlsContext) -> Found | None:
        return self._first_found(tuple(reversed(place.trail)), me)

    def _first_found(self, places: Sequence[Location], me: RlsContext) -> Found | None:
        looks = (self._locate(place, me) for place in places)
        return next((found for found in looks if found is not None), None)

    def _measure_bucket(self, bucket: str, me: RlsContext) -> BucketSize:
        # What is deleted meanwhile is then counted twice, and not missed.
        objects = self._storage.tree_size(bucket, "", me)
        trash = self._storage.trash.size(bucket, me)
        return BucketSize(objects, trash, self._storage.versions.size(bucket, me))

    def _selected(self, view: View, total: int, ranges: Sequence[range], ticket: Ticket, me: RlsContext) -> list[Row]:
        rows: list[Row] = []
        for span in ranges:
            for number in range(span.start // PAGE_ROWS, (span.stop - 1) // PAGE_ROWS + 1):
                ticket.token.raise_if_cancelled()
                page = self._pages.page(view, number, me)
                first = number * PAGE_ROWS
                rows += page[max(span.start - first, 0) : max(span.stop - first, 0)]
        if self._pages.count(view, me).total != total:
            raise InvalidRequest(translate("Reader", "The folder has just changed. Please select again."))
        return rows
