"""Calls that read objects, or what is known of them. Part of the façade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from engine.acts import act
from engine.cancel import CancelToken
from engine.context import Operation
from engine.errors import ObjectNotFound
from engine.files.downloads import ObjectReader
from engine.files.positions import Position
from engine.paths import validate_object_path, validate_prefix
from engine.search_types import SearchCount, SearchFilter, SearchPage, SearchRequest
from engine.storage.use_cases import Calls
from engine.types import (
    BatchReport,
    FolderCount,
    ListPage,
    ListRequest,
    ProgressCallback,
    RlsContext,
    SignedUrl,
    StorageObject,
    TreeSize,
)

_SOMEBODY: Final = RlsContext.anonymous()


class ReadCalls(Calls):
    """Calls that read objects, or what is known of them."""

    @act(Operation.OBJECT_GET, path="path")
    def open_object(self, bucket: str, path: str, context: RlsContext, *, verify: bool = False) -> ObjectReader:
        """Open an object for reading; `verify` holds it against its checksum at the end."""
        return self._watched(context, self._use.downloads.open(bucket, path, context, verify=verify))

    @act(Operation.OBJECT_GET_PUBLIC, path="path")
    def open_public(self, bucket: str, path: str, context: RlsContext = _SOMEBODY) -> ObjectReader:
        """Open an object of a public bucket for somebody unknown; the context says no more than where they ask from."""
        return self._watched(context, self._use.downloads.open_public(bucket, path))

    @act(Operation.OBJECT_GET_SIGNED, path="path")
    def open_signed(
        self, bucket: str, path: str, context: RlsContext = _SOMEBODY, *, method: str, token: str, expires: str
    ) -> ObjectReader:
        """Open what a signed link opens."""
        reader = self._use.downloads.open_signed(bucket, path, method=method, token=token, expires=expires)
        return self._watched(context, reader)

    @act(Operation.OBJECT_GET_SIGNED, path="path")
    def open_granted(self, bucket: str, path: str, context: RlsContext = _SOMEBODY) -> ObjectReader:
        """Open an object for a caller whose right was verified elsewhere."""
        return self._watched(context, self._use.downloads.open_granted(bucket, path))

    @act(Operation.OBJECT_GET, path="path")
    def download(
        self,
        bucket: str,
        path: str,
        target: Path,
        context: RlsContext,
        *,
        replace: bool = False,
        verify: bool = True,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Write one object to a file."""
        stored = self._use.tree_downloads.download(
            bucket, path, target, context, replace=replace, verify=verify, progress=progress, cancel=cancel
        )
        self._executor.acts.delivered(context, 1, stored.size_bytes)
        return stored

    @act(Operation.OBJECT_DOWNLOAD_MANY, path="paths", told=("moment",))
    def download_tree(
        self,
        bucket: str,
        paths: Sequence[str],
        target_dir: Path,
        context: RlsContext,
        *,
        replace: bool = False,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        moment: datetime | None = None,
    ) -> BatchReport:
        """Write objects and folders into a folder, as they were at `moment`; a folder arrives under its own name."""
        report = self._use.tree_downloads.download_tree(
            bucket, paths, target_dir, context, replace=replace, progress=progress, cancel=cancel, moment=moment
        )
        self._executor.acts.delivered(context, report.done, report.size_bytes)
        return self._told(context, report)

    @act(Operation.OBJECT_INFO, path="path")
    def info(self, bucket: str, path: str, context: RlsContext, *, public_only: bool = False) -> StorageObject:
        """Return an object's row; with `public_only`, if its bucket is public, and never by the row rules."""
        return self._use.downloads.info(bucket, validate_object_path(path), context, public_only=public_only)

    @act(Operation.OBJECT_INFO, path="path")
    def exists(self, bucket: str, path: str, context: RlsContext) -> bool:
        """Return whether there is an object of that path that the caller may see."""
        try:
            self.info(bucket, path, context)
        except ObjectNotFound:
            return False
        return True

    @act(Operation.OBJECT_INFO, path="paths")
    def find(self, bucket: str, paths: Sequence[str], context: RlsContext) -> dict[str, StorageObject]:
        """Return those of some objects that the caller may see, by path."""
        return self._use.lookups.find(bucket, paths, context)

    @act(Operation.OBJECT_LIST, path="request.prefix")
    def list(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        """Return one page of a folder."""
        return self._use.listing.page(bucket, request, context)

    @act(Operation.OBJECT_LIST, path="request.prefix", told=("typed",))
    def find_name(
        self,
        bucket: str,
        request: ListRequest,
        typed: str,
        context: RlsContext,
        *,
        start: str = "",
        beyond: bool = False,
    ) -> Position | None:
        """Return the next row of a folder whose name begins with what was typed, from a path on or beyond it."""
        return self._use.positions.find(bucket, request, typed, start, context, beyond=beyond)

    @act(Operation.OBJECT_LIST, path="prefix")
    def count_folder(
        self, bucket: str, prefix: str, context: RlsContext, at: datetime | None = None, matching: str = ""
    ) -> FolderCount:
        """Return how many folders and objects one folder shows, or showed at a moment; only those with some words."""
        return self._use.listing.count(bucket, prefix, context, at, matching)

    @act(Operation.OBJECT_LIST, path="prefix")
    def expect_filter(self, bucket: str, prefix: str, context: RlsContext) -> None:
        """Make ready what finds the first rows of a filter (`ListRequest.matching`) in a vast folder."""
        self._use.listing.expect_filter(bucket, prefix, context)

    @act(Operation.OBJECT_LIST, "request.wanted.bucket", "request.wanted.prefix", told=("request.wanted.text",))
    def search(self, request: SearchRequest, context: RlsContext) -> SearchPage:
        """Return one page of the objects that have some name, or are otherwise as is wanted."""
        return self._use.search.page(request, context)

    @act(Operation.OBJECT_LIST, "wanted.bucket", "wanted.prefix", told=("wanted.text",))
    def count_found(self, wanted: SearchFilter, context: RlsContext, at_most: int) -> SearchCount:
        """Return how many objects a search finds, or that there are more than `at_most`."""
        return self._use.search.count(wanted, context, at_most)

    @act(Operation.OBJECT_LIST, path="prefix")
    def walk(self, bucket: str, prefix: str, context: RlsContext) -> Iterator[StorageObject]:
        """Yield everything below a prefix, folder markers included."""
        yield from self._use.listing.walk(bucket, prefix, context)

    @act(Operation.OBJECT_LIST, path="prefix")
    def tree_size(self, bucket: str, prefix: str | Sequence[str], context: RlsContext) -> TreeSize:
        """Return how many objects lie below a prefix, or how many several paths mean, and what they weigh."""
        return self._use.listing.size(bucket, [validate_prefix(prefix)] if isinstance(prefix, str) else prefix, context)

    @act(Operation.OBJECT_SIGN, path="path", told=("expires_in_s",))
    def sign(self, bucket: str, path: str, context: RlsContext, expires_in_s: int) -> SignedUrl:
        """Make a link that opens one object for `expires_in_s` seconds, to whom the row rules show it."""
        return self._use.downloads.sign(bucket, validate_object_path(path), context, expires_in_s)
