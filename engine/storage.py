"""`FileStorage`: the façade of the engine, one short method per use case.

Everything a window, a command or the HTTP server does goes through here, each call with the `RlsContext` of whoever
asks. All methods are synchronous and may be called from any thread; long ones take a progress callback (called from the
calling or a helper thread, 20 times a second at most) and a `CancelToken`. What is raised is said where work is done.

Source: specification, "File Storage Service" and "Data Flow".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from engine.buckets import Buckets
from engine.cancel import CancelToken
from engine.check_types import CheckReport
from engine.errors import ObjectNotFound
from engine.events import EventBus
from engine.files.bulk import BulkUploads
from engine.files.copies import Copies
from engine.files.deletes import Deletes
from engine.files.downloads import Downloads, ObjectReader
from engine.files.listing import Listing
from engine.files.moves import Moves
from engine.files.past import Past
from engine.files.throttle import ProgressMeter
from engine.files.trash import Trash
from engine.files.trees import TreeDownloads
from engine.files.uploads import Uploads, UploadSession
from engine.files.versions import Versions
from engine.jobs.check import Checks
from engine.metadata.executor import Executor
from engine.paths import validate_object_path, validate_prefix
from engine.permissions.policies import Policies
from engine.signed_url import UrlSigner
from engine.types import (
    NOTHING_KEPT,
    BatchReport,
    Bucket,
    BucketChanges,
    FolderCount,
    ListPage,
    ListRequest,
    ProgressCallback,
    Retention,
    RlsContext,
    SignedUrl,
    StorageObject,
    TreeSize,
    UploadItem,
    UploadOptions,
)

_DEFAULTS: Final = UploadOptions()


class FileStorage:
    """One workspace's buckets and objects. Composed by `engine.workspace`.

    Attributes:
        events: Tells of every committed change of this process.
        versions: Old versions of objects.
        trash: What was deleted and can be taken back.
        past: Objects as they were at a moment.
        policies: Who may do what.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        events: EventBus,
        buckets: Buckets,
        uploads: Uploads,
        bulk_uploads: BulkUploads,
        downloads: Downloads,
        tree_downloads: TreeDownloads,
        listing: Listing,
        deletes: Deletes,
        moves: Moves,
        copies: Copies,
        versions: Versions,
        trash: Trash,
        past: Past,
        checks: Checks,
        signer: UrlSigner,
        policies: Policies,
    ) -> None:
        self.policies = policies
        self.events = events
        self.versions = versions
        self.trash = trash
        self.past = past
        self._executor = executor
        self._buckets = buckets
        self._uploads = uploads
        self._bulk_uploads = bulk_uploads
        self._downloads = downloads
        self._tree_downloads = tree_downloads
        self._listing = listing
        self._deletes = deletes
        self._moves = moves
        self._copies = copies
        self._checks = checks
        self._signer = signer

    def create_bucket(
        self,
        name: str,
        context: RlsContext,
        *,
        public: bool = False,
        file_size_limit_bytes: int | None = None,
        allowed_mime_types: Sequence[str] = (),
        retention: Retention = NOTHING_KEPT,
    ) -> Bucket:
        """Make an empty bucket."""
        return self._buckets.create(
            name,
            context,
            public=public,
            file_size_limit_bytes=file_size_limit_bytes,
            allowed_mime_types=allowed_mime_types,
            retention=retention,
        )

    def list_buckets(self, context: RlsContext) -> tuple[Bucket, ...]:
        """Return the buckets that the caller may see, by name."""
        return self._buckets.list(context)

    def get_bucket(self, name_or_id: str, context: RlsContext) -> Bucket:
        """Return one bucket."""
        return self._buckets.get(name_or_id, context)

    def update_bucket(self, name_or_id: str, context: RlsContext, changes: BucketChanges) -> Bucket:
        """Change what a bucket is called, takes and shows, in one step."""
        return self._buckets.update(name_or_id, context, changes)

    def rename_bucket(self, name_or_id: str, new_name: str, context: RlsContext) -> Bucket:
        """Give a bucket another name."""
        return self._buckets.rename(name_or_id, new_name, context)

    def empty_bucket(
        self,
        name_or_id: str,
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> int:
        """Delete every object that a bucket has now, or had at `TreeSize.as_of`, and return how many there were."""
        return self._buckets.empty(name_or_id, context, progress, cancel, as_of, for_good=for_good)

    def delete_bucket(self, name_or_id: str, context: RlsContext) -> None:
        """Delete an empty bucket."""
        self._buckets.delete(name_or_id, context)

    def upload(
        self,
        bucket: str,
        path: str,
        source: Path | bytes | BinaryIO,
        context: RlsContext,
        options: UploadOptions = _DEFAULTS,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store one object; it survives a power cut when the call returns."""
        return self._uploads.upload(bucket, path, source, context, options, progress, cancel)

    def begin_upload(
        self,
        bucket: str,
        path: str,
        context: RlsContext,
        options: UploadOptions = _DEFAULTS,
        size_hint: int | None = None,
    ) -> UploadSession:
        """Open a session that takes one object's bytes as they come."""
        return self._uploads.begin(bucket, path, context, options, size_hint)

    def upload_many(
        self,
        bucket: str,
        items: Iterable[UploadItem],
        context: RlsContext,
        options: UploadOptions = _DEFAULTS,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        """Store many files; they survive a power cut when the call returns."""
        return self._bulk_uploads.upload_many(bucket, items, context, options, progress, cancel)

    def open_object(self, bucket: str, path: str, context: RlsContext, *, verify: bool = False) -> ObjectReader:
        """Open an object for reading; `verify` holds it against its checksum at the end."""
        return self._downloads.open(bucket, path, context, verify=verify)

    def open_public(self, bucket: str, path: str) -> ObjectReader:
        """Open an object of a public bucket for somebody unknown."""
        return self._downloads.open_public(bucket, path)

    def open_signed(self, bucket: str, path: str, *, method: str, token: str, expires: str) -> ObjectReader:
        """Open what a signed link opens."""
        return self._downloads.open_signed(bucket, path, method=method, token=token, expires=expires)

    def open_granted(self, bucket: str, path: str) -> ObjectReader:
        """Open an object for a caller whose right was verified elsewhere."""
        return self._downloads.open_granted(bucket, path)

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
        return self._tree_downloads.download(
            bucket, path, target, context, replace=replace, verify=verify, progress=progress, cancel=cancel
        )

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
        return self._tree_downloads.download_tree(
            bucket, paths, target_dir, context, replace=replace, progress=progress, cancel=cancel, moment=moment
        )

    def info(self, bucket: str, path: str, context: RlsContext) -> StorageObject:
        """Return an object's row."""
        return self._downloads.info(bucket, validate_object_path(path), context)

    def exists(self, bucket: str, path: str, context: RlsContext) -> bool:
        """Return whether there is an object of that path that the caller may see."""
        try:
            self.info(bucket, path, context)
        except ObjectNotFound:
            return False
        return True

    def list(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        """Return one page of a folder."""
        return self._listing.page(bucket, request, context)

    def count_folder(self, bucket: str, prefix: str, context: RlsContext, at: datetime | None = None) -> FolderCount:
        """Return how many folders and objects one folder shows, or showed at a moment."""
        return self._listing.count(bucket, prefix, context, at)

    def walk(self, bucket: str, prefix: str, context: RlsContext) -> Iterator[StorageObject]:
        """Yield everything below a prefix, folder markers included."""
        return self._listing.walk(bucket, prefix, context)

    def tree_size(self, bucket: str, prefix: str | Sequence[str], context: RlsContext) -> TreeSize:
        """Return how many objects lie below a prefix, or how many several paths mean, and what they weigh."""
        return self._listing.size(bucket, [validate_prefix(prefix)] if isinstance(prefix, str) else prefix, context)

    def delete(self, bucket: str, path: str, context: RlsContext, *, for_good: bool = False) -> None:
        """Delete one object; `for_good` keeps nothing of its present content, whatever its bucket keeps."""
        self._deletes.delete(bucket, path, context, for_good=for_good)

    def delete_many(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> tuple[StorageObject, ...]:
        """Delete objects and, for paths that end with `/`, whole folders; missing and hidden ones are skipped."""
        return self._deletes.delete_many(bucket, paths, context, progress, cancel, as_of, for_good=for_good)

    def delete_trees(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        as_of: int | None = None,
        *,
        for_good: bool = False,
    ) -> int:
        """Do as `delete_many` in memory that stays flat, and return how many objects that was."""
        return self._deletes.delete_trees(bucket, paths, context, progress, cancel, as_of, for_good=for_good)

    def move(
        self,
        bucket: str,
        source_path: str,
        target_path: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
    ) -> StorageObject:
        """Give an object another path, also in another bucket."""
        return self._moves.move(bucket, source_path, target_path, context, target_bucket)

    def move_folder(
        self,
        bucket: str,
        source_prefix: str,
        target_prefix: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> int:
        """Give everything below a prefix another prefix, in one transaction."""
        return self._moves.move_folder(bucket, source_prefix, target_prefix, context, target_bucket, progress, cancel)

    def copy(
        self,
        bucket: str,
        source_path: str,
        target_path: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
        replace: bool = False,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store the content of one object under another path."""
        return self._copies.copy(
            bucket,
            source_path,
            target_path,
            context,
            target_bucket=target_bucket,
            replace=replace,
            progress=progress,
            cancel=cancel,
        )

    def copy_folder(
        self,
        bucket: str,
        source_prefix: str,
        target_prefix: str,
        context: RlsContext,
        *,
        target_bucket: str | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        """Copy everything below a prefix."""
        return self._copies.copy_folder(
            bucket, source_prefix, target_prefix, context, target_bucket=target_bucket, progress=progress, cancel=cancel
        )

    def create_folder(self, bucket: str, prefix: str, context: RlsContext) -> None:
        """Make an empty folder: an object of no bytes whose path ends with `/`. One that exists is left alone."""
        validate_prefix(prefix)
        if prefix and not self.exists(bucket, prefix, context):
            self._uploads.mark_folder(bucket, prefix, context)

    def sign(self, bucket: str, path: str, context: RlsContext, expires_in_s: int) -> SignedUrl:
        """Make a link that opens one object for `expires_in_s` seconds, to whom the row rules show it.

        A public bucket is read by everybody and signed for by nobody else: a link would outlive the flag.
        """
        info = self._downloads.info_by_rules(bucket, validate_object_path(path), context)
        return self._signer.sign(info.bucket, info.path, expires_in_s)

    def check(
        self,
        context: RlsContext,
        *,
        repair: bool = False,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> CheckReport:
        """Hold metadata against bytes, and put right what can be."""
        return self._checks.run(context, ProgressMeter(progress, cancel), repair=repair)

    def data_version(self) -> int:
        """Return a number that differs after any committed change, by whichever process; cheap enough to poll."""
        return self._executor.data_version()
