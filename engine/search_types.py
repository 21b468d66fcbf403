"""Values about searching: what is looked for, and a page of what was found. All frozen; safe in any thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.limits import LIST_PAGE_MAX
from engine.types import SortColumn, StorageObject


class FileFamily(StrEnum):
    """Families of file types that people look for."""

    IMAGES = "images"
    DOCUMENTS = "documents"
    AUDIO = "audio"
    VIDEO = "video"
    ARCHIVES = "archives"


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What is looked for; all of it has to hold.

    Attributes:
        text: Words that all have to be in the name (not in its folders), whatever their case and accents; between
            quotation marks, several as one. Empty: any name.
        bucket: Name or id of the one bucket that is looked in, or empty for all.
        prefix: `""`, or with a bucket a folder with its trailing `/`: it, and everything below.
        family: Only files of this family, or None.
        mime_type: Only files whose type begins like this, such as `image/` or `text/plain`; empty for any.
        min_bytes, max_bytes: Bounds of the size, both included; None for none.
        changed_from, changed_before: Aware; when the content was stored here: from the first on, before the second.
        metadata: Keys of the user metadata with the values they must have, as text; None for any value.
    """

    text: str = ""
    bucket: str = ""
    prefix: str = ""
    family: FileFamily | None = None
    mime_type: str = ""
    min_bytes: int | None = None
    max_bytes: int | None = None
    changed_from: datetime | None = None
    changed_before: datetime | None = None
    metadata: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One page of what was found.

    Attributes:
        wanted: What is looked for.
        limit: Rows wanted, 1 to `limits.LIST_PAGE_MAX`.
        sort: Column, or None for what came to the workspace last first, which is the fastest.
        descending: Direction of that column.
        cursor: `SearchPage.next_cursor` of the page before, or None for the first page.
        offset: Rows to skip instead of a cursor, for random access.
    """

    wanted: SearchFilter
    limit: int = LIST_PAGE_MAX
    sort: SortColumn | None = None
    descending: bool = False
    cursor: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Objects that were found, in the order asked for.

    Attributes:
        next_cursor: Where to go on, or None at the end.
    """

    objects: tuple[StorageObject, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SearchCount:
    """How many objects there are to find.

    Attributes:
        objects: As many, or at least as many.
        is_exact: Whether there are no more.
    """

    objects: int
    is_exact: bool
