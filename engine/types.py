"""The values that cross the seams of the engine: frozen, slotted, without behaviour of their own.

Times are aware datetimes in UTC, sizes are bytes, checksums are lower-case hexadecimal SHA-256.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from engine import limits
from engine.context import NO_CLAIMS as NO_CLAIMS
from engine.context import RlsContext as RlsContext
from engine.context import Role as Role
from engine.times import to_datetime


@dataclass(frozen=True, slots=True)
class Retention:
    """What a bucket keeps of contents that were replaced or deleted. Nothing, by default.

    Old versions are kept when `versions` or `days` is given; with both, one that passes either bound goes.

    Attributes:
        versions: How many old versions of a path are kept at most, or None for any number.
        days: How long an old version is kept, or None for any time.
        trash_days: How long what is deleted can be taken out of the trash, or None where deleting is for good.
    """

    versions: int | None = None
    days: int | None = None
    trash_days: int | None = None

    @property
    def keeps_versions(self) -> bool:
        """Return whether old versions are kept."""
        return self.versions is not None or self.days is not None

    @property
    def keeps_anything(self) -> bool:
        """Return whether what is deleted or replaced can be had back in some way."""
        return self.keeps_versions or self.trash_days is not None


NOTHING_KEPT = Retention()
"""What deleting and replacing are for good in."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of `storage_buckets`.

    Attributes:
        id: UUID; also the name of the bucket's folder on disk.
        name: What people and the API call it; unique.
        owner_id: Who made it, or None.
        public: Anybody may read its objects (not list them).
        file_size_limit_bytes: Largest object it takes, or None.
        allowed_mime_types: `type/subtype` or `type/*`; empty means any.
        retention: What it keeps of replaced and deleted contents.
    """

    id: str
    name: str
    owner_id: str | None
    public: bool
    file_size_limit_bytes: int | None
    allowed_mime_types: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    retention: Retention = NOTHING_KEPT


class Unchanged:
    """Marks a field of an update that stays as it is."""


UNCHANGED = Unchanged()


@dataclass(frozen=True, slots=True)
class BucketChanges:
    """What `update_bucket` changes; fields left at `UNCHANGED` stay."""

    public: bool | Unchanged = UNCHANGED
    file_size_limit_bytes: int | Unchanged | None = UNCHANGED
    allowed_mime_types: tuple[str, ...] | Unchanged = UNCHANGED
    retention: Retention | Unchanged = UNCHANGED
    name: str | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True)
class LabelChanges:
    """What `change_labels` says of objects from now on; fields left at `UNCHANGED` stay."""

    mime_type: str | Unchanged = UNCHANGED
    cache_control: str | Unchanged = UNCHANGED
    user_metadata: Mapping[str, Any] | Unchanged = UNCHANGED


class StorageObject(NamedTuple):
    """A row of `storage_objects`.

    Attributes:
        id: UUID that stays the same through overwrites and moves.
        bucket_id: The bucket's UUID.
        bucket: The bucket's name.
        path: Full path inside the bucket, `/` between segments, no leading `/`.
        size_bytes: Length of the content.
        mime_type: As given or sniffed.
        checksum: SHA-256 of the content, 64 hexadecimal digits.
        owner_id: Who uploaded it, or None.
        cache_control: Kept verbatim for HTTP clients.
        user_metadata: The caller's own JSON object.
        version: UUID of this content; a new one with every overwrite.
        created_us: When the path first came to be, in microseconds since 1970, UTC.
        updated_us: When the content last changed here, likewise.
        modified_us: The source file's own modification time, likewise, if known.
        problem: `missing` or `damaged` where the bytes are known to be; filled in where objects are listed or shown.

    Pages hold a thousand of these, and making them is most of a page's cost: hence a named tuple, a third of the price
    of a frozen dataclass, and times that stay as the table has them until somebody asks.
    """

    id: str
    bucket_id: str
    bucket: str
    path: str
    size_bytes: int
    mime_type: str
    checksum: str
    owner_id: str | None
    cache_control: str
    user_metadata: Mapping[str, Any]
    version: str
    created_us: int
    updated_us: int
    modified_us: int | None = None
    problem: str | None = None

    @property
    def created_at(self) -> datetime:
        """Return when the path first came to be."""
        return to_datetime(self.created_us)

    @property
    def updated_at(self) -> datetime:
        """Return when the content last changed here."""
        return to_datetime(self.updated_us)

    @property
    def modified_at(self) -> datetime | None:
        """Return the source file's own modification time, if known."""
        return None if self.modified_us is None else to_datetime(self.modified_us)

    @property
    def name(self) -> str:
        """Return the last segment of the path."""
        return self.path.rpartition("/")[2]

    @property
    def etag(self) -> str:
        """Return the entity tag, quotes included (RFC 9110 section 8.8.3)."""
        return f'"{self.checksum}"'


@dataclass(frozen=True, slots=True)
class Folder:
    """A common prefix in a listing; exists because objects lie below it.

    Attributes:
        path: Full prefix with its trailing `/`.
    """

    path: str

    @property
    def name(self) -> str:
        """Return the last segment, without the slash."""
        return self.path[:-1].rpartition("/")[2]


class SortColumn(StrEnum):
    """What a listing is sorted by. Folders always come first, by name."""

    NAME = "name"
    SIZE = "size"
    TYPE = "type"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One page of one folder.

    Attributes:
        prefix: `""` for the bucket's top, else a path with a trailing `/`.
        limit: Rows wanted (folders and objects together), 1 to `limits.LIST_PAGE_MAX`.
        sort: Column; ties are broken by name.
        descending: Direction of that column.
        cursor: `ListPage.next_cursor` of the page before, or None for the first page.
        offset: Rows to skip instead of a cursor, for random access (a scroll bar). Folders count first.
        moment: An aware datetime to show the folder as it was, or None for now.
        matching: Only folders and objects with all these words in their names, whatever their case and accents.
        old_is_fine: Whether rows far down a vast folder may be those of some seconds ago: a view that is read again
            with the next change asks so, and nobody who goes on from one page to the next.
    """

    prefix: str = ""
    limit: int = limits.LIST_PAGE_MAX
    sort: SortColumn = SortColumn.NAME
    descending: bool = False
    cursor: str | None = None
    offset: int = 0
    moment: datetime | None = None
    matching: str = ""
    old_is_fine: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """Folders first, then objects, in the order asked for.

    Attributes:
        next_cursor: Where to go on, or None at the end.
    """

    folders: tuple[Folder, ...]
    objects: tuple[StorageObject, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class FolderCount:
    """How many entries one folder shows (not its subfolders' content)."""

    folders: int
    objects: int

    @property
    def total(self) -> int:
        """Return the number of rows a listing of the folder has."""
        return self.folders + self.objects


@dataclass(frozen=True, slots=True)
class TreeSize:
    """Everything below a prefix, folder markers not counted.

    Attributes:
        objects: How many there are.
        size_bytes: What they weigh.
        as_of: Mark of the moment they were counted, for a deletion of no more than that; None where there is none.
    """

    objects: int
    size_bytes: int
    as_of: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """How an upload is stored.

    Attributes:
        mime_type: None means: sniff it from the content and the name.
        replace: Whether an object of that path is overwritten, else `ObjectAlreadyExists`.
        cache_control: For HTTP clients, verbatim.
        user_metadata: The caller's own JSON object.
        modified_at: The content's own modification time.
    """

    mime_type: str | None = None
    replace: bool = False
    cache_control: str = "no-cache"
    user_metadata: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS)
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UploadItem:
    """One file of a bulk upload: where it is and what it will be called."""

    source: Path | str
    path: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a running call. Counts only grow; totals may grow while files are still being found.

    Attributes:
        done_bytes: Bytes moved so far, failed items not counted.
        total_bytes: Bytes known to be wanted, or None when unknown.
        done_files: Items finished.
        total_files: Items known, or None while still counting.
        current: Path of an item being worked on.
        finalising: All bytes are moved; the commit is being made durable.
    """

    done_bytes: int
    total_bytes: int | None
    done_files: int = 0
    total_files: int | None = 1
    current: str = ""
    finalising: bool = False


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ItemFailure:
    """One item that a bulk call could not do, and why. The others went on."""

    path: str
    source: str
    error: Exception


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a bulk call did.

    Attributes:
        done: Items finished.
        size_bytes: Their bytes.
        failures: Every item that was not done, with its reason.
    """

    done: int
    size_bytes: int
    failures: tuple[ItemFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A link that opens one object for reading, without any other right.

    Attributes:
        path_and_query: `/storage/v1/object/<bucket>/<path>?token=…&expires=…`, percent-encoded.
        expires_at: When it stops working.
    """

    path_and_query: str
    expires_at: datetime

    def absolute(self, base_url: str) -> str:
        """Return the whole link for a server at `base_url` (`http://host:port`)."""
        return base_url.rstrip("/") + self.path_and_query
