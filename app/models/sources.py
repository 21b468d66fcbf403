"""What the models show and where they load it from: values and protocols, no Qt and no engine call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final, Protocol

from app.location import Location
from app.models.rows import Row
from app.models.searches import EVERYTHING, Scope, Search
from engine.types import Bucket, FolderCount, SortColumn

Failed = Callable[[Exception], None]

WHOLE_MAX: Final = 2_048
"""A folder of at most so many rows is refreshed as a whole, with exact edits."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of which folder.

    Attributes:
        location: The folder.
        sort: By which column.
        descending: In which direction.
        moment: As it was then, or None for now.
        search: Only what fits this; in the past only in the folder.
    """

    location: Location
    sort: SortColumn = SortColumn.NAME
    descending: bool = False
    moment: datetime | None = None
    search: Search = EVERYTHING

    @property
    def matching(self) -> str:
        """Return what names must have."""
        return self.search.text

    @property
    def is_search(self) -> bool:
        """Return whether what is shown comes from more folders than one."""
        return self.search.is_beyond and self.moment is None

    @property
    def is_narrow(self) -> bool:
        """Return whether there may be more than is shown."""
        return bool(self.matching) or self.is_search

    @property
    def is_everywhere(self) -> bool:
        """Return whether what is shown may come from any bucket."""
        return self.is_search and self.search.scope is Scope.EVERYWHERE

    def searches(self, bucket: str) -> bool:
        """Return whether what changes somewhere in a bucket may change what is shown."""
        return self.is_search and (self.is_everywhere or self.location.bucket == bucket)

    def bucket_of(self, row: Row) -> str:
        """Return the name of the bucket that a row is in."""
        return row.bucket or self.location.bucket

    def key_of(self, bucket: str, path: str) -> str:
        """Return the key of the row that shows something of a bucket; see `Row.key`."""
        return f"{bucket}/{path}" if self.is_everywhere else path

    def keys_here(self, keys: frozenset[str], *, were_everywhere: bool) -> frozenset[str]:
        """Return which keys those rows have here that had `keys` in a view of the same place.

        Args:
            keys: Those of another bucket's rows are left out where only one bucket's are shown.
            were_everywhere: They name their buckets.
        """
        if were_everywhere == self.is_everywhere:
            return keys
        bucket = f"{self.location.bucket}/"
        if self.is_everywhere:
            return frozenset(bucket + key for key in keys)
        return frozenset(key.removeprefix(bucket) for key in keys if key.startswith(bucket))

    def has_rows_of(self, other: View) -> bool:
        """Return whether the same rows are shown as in another view, in whatever order."""
        return (self.location, self.moment, self.search) == (other.location, other.moment, other.search)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folder as it was at one moment.

    Attributes:
        count: Rows there are, or have been read.
        pages: Page number → rows, for the pages asked for.
        is_counted: Whether it is known that there are no more.
    """

    count: FolderCount
    pages: dict[int, tuple[Row, ...]]
    is_counted: bool = True

    @property
    def whole(self) -> list[Row] | None:
        """Return all rows if they were all read, else None."""
        rows = [row for number in sorted(self.pages) for row in self.pages[number]]
        return rows if len(rows) == self.count.total else None


@dataclass(frozen=True, slots=True)
class Branch:
    """A child folder in the tree.

    Attributes:
        name: Its last segment.
        has_folders: Whether it holds folders itself; True also when nobody looked.
    """

    name: str
    has_folders: bool


class Standing(Enum):
    """What a bucket is to whoever looks."""

    LISTED = auto()
    """They see it among the buckets."""
    UNLISTED = auto()
    """They do not, but they may read something in it: who knows the path gets it."""
    HIDDEN = auto()
    """They see neither it nor anything in it."""


@dataclass(frozen=True, slots=True)
class Root:
    """A bucket in the tree.

    Attributes:
        bucket: The bucket.
        has_folders: Whether there is any folder in it.
        standing: What it is to whoever looks.
    """

    bucket: Bucket
    has_folders: bool
    standing: Standing = Standing.LISTED


class Cancellable(Protocol):
    """A load under way."""

    def cancel(self) -> None:
        """Drop its answer."""
        ...


class FolderSource(Protocol):
    """What the table's model loads from."""

    def look(self, view: View, then: Callable[[Snapshot], None], otherwise: Failed | None = None) -> Cancellable:
        """Read what can be painted first, uncounted where there is more."""
        ...

    def count(self, view: View, then: Callable[[FolderCount], None], otherwise: Failed | None = None) -> Cancellable:
        """Count the rows."""
        ...

    def snapshot(
        self, view: View, pages: Sequence[int], then: Callable[[Snapshot], None], otherwise: Failed | None = None
    ) -> Cancellable:
        """Read the count and some pages. `pages` empty: all of a folder that is small enough, else the first page."""
        ...

    def page(
        self,
        view: View,
        number: int,
        then: Callable[[tuple[Row, ...]], None],
        otherwise: Failed | None = None,
        *,
        among: FolderCount | None = None,
    ) -> Cancellable:
        """Read one page. `among` says how many rows there are, if that is known: the last are read from the end."""
        ...

    def find(self, view: View, typed: str, start: str, then: Callable[[int], None], *, beyond: bool) -> Cancellable:
        """Find the next row, from the path `start` on or beyond it, whose name begins so; `then` gets its place."""
        ...


class TreeSource(Protocol):
    """What the tree's model loads from."""

    def buckets(self, then: Callable[[tuple[Root, ...]], None], otherwise: Failed | None = None) -> Cancellable:
        """Read all buckets, by name."""
        ...

    def branches(
        self, location: Location, then: Callable[[tuple[Branch, ...]], None], otherwise: Failed | None = None
    ) -> Cancellable:
        """Read the folders directly in a place, by name."""
        ...
