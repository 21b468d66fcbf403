"""Which names of an upload are taken in the bucket, found with as few questions as possible."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from engine import limits
from engine.errors import ObjectNotFound
from engine.transfers.ports import TransferStorage
from engine.types import ListPage, ListRequest, RlsContext, StorageObject

LISTING_PAYS_FROM: Final = 20
"""Entries of a folder for each name looked for, above which single look-ups beat listing the folder. Whether there are
so many is seen while they are listed: to count a million takes as long as many uploads."""


class TakenNames:
    """Looks up names of one bucket, folder by folder. For one thread.

    A folder that does not exist takes no names, and neither does anything below it: an upload of a new tree
    costs one question in all.

    Args:
        storage: Where the bucket is.
        bucket: Its name.
        context: Whoever uploads; what is hidden from them is found by the upload itself.
    """

    def __init__(self, storage: TransferStorage, bucket: str, context: RlsContext) -> None:
        self._storage = storage
        self._bucket = bucket
        self._context = context
        self._new_folder: str | None = None

    def among(self, folder: str, paths: Collection[str]) -> dict[str, StorageObject]:
        """Return the objects that have one of the paths.

        Args:
            folder: `""` or a path with a trailing `/`; a folder is asked for before those below it.
            paths: Full object paths, all directly in that folder.

        Returns:
            Path to object, for the taken ones alone.
        """
        if self._new_folder is not None and folder.startswith(self._new_folder):
            return {}
        wanted, enough = frozenset(paths), len(paths) * LISTING_PAYS_FROM
        page = self._page(folder, min(enough + 1, limits.LIST_PAGE_MAX))
        seen = _entries(page)
        self._new_folder = None if seen else folder
        taken = _named(page, wanted)
        while wanted and page.next_cursor is not None:
            if seen > enough:
                return self._look_up(paths)
            page = self._page(folder, limits.LIST_PAGE_MAX, page.next_cursor)
            taken, seen = taken | _named(page, wanted), seen + _entries(page)
        return taken

    def _page(self, folder: str, limit: int, cursor: str | None = None) -> ListPage:
        return self._storage.list(self._bucket, ListRequest(prefix=folder, limit=limit, cursor=cursor), self._context)

    def _look_up(self, paths: Collection[str]) -> dict[str, StorageObject]:
        found = ((path, find(self._storage, self._bucket, path, self._context)) for path in paths)
        return {path: stored for path, stored in found if stored}


def _entries(page: ListPage) -> int:
    return len(page.folders) + len(page.objects)


def _named(page: ListPage, paths: frozenset[str]) -> dict[str, StorageObject]:
    """Return the objects of a page that have one of the paths."""
    return {stored.path: stored for stored in page.objects if stored.path in paths}


def find(storage: TransferStorage, bucket: str, path: str, context: RlsContext) -> StorageObject | None:
    """Return the object of that path, or None."""
    try:
        return storage.info(bucket, path, context)
    except ObjectNotFound:
        return None
