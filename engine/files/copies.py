"""Copying objects inside the store: new bytes, new rows, the checksum taken again from the copy."""

from __future__ import annotations

from dataclasses import replace as replace_field
from typing import Final

from engine.backends.base import BackendReader, Monitor, StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    BytesMissing,
    Cancelled,
    ChecksumMismatch,
    ObjectAlreadyExists,
    ObjectNotFound,
    RequestFault,
    StorageError,
    Unauthorized,
)
from engine.files.candidates import admitted, check_may_insert
from engine.files.commit import Committer
from engine.files.contents import NewContent
from engine.files.downloads import Downloads, ObjectReader, check_checksum
from engine.files.labels import checked_values
from engine.files.listing import Listing
from engine.files.records import find_bucket, find_record
from engine.files.rules import check_mime, check_size
from engine.files.uploads import Publisher
from engine.ids import new_id
from engine.metadata.executor import Executor
from engine.paths import validate_object_path, validate_prefix
from engine.permissions.rules import WRITE_DENIED
from engine.types import (
    BatchReport,
    Bucket,
    ItemFailure,
    LabelChanges,
    Progress,
    ProgressCallback,
    RlsContext,
    StorageObject,
    UploadOptions,
)
from engine.version_types import Replaced

_SYSTEM: Final = RlsContext.service()
_AS_IT_IS: Final = LabelChanges()


class Copies:
    """Copies objects and folders; a copy needs the right to read and the right to add.

    Args:
        executor: For buckets.
        backend: Copies the bytes.
        committer: Writes the rows.
        downloads: Opens what is copied.
        listing: Walks folders.
        stored: Told of every stored object.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        committer: Committer,
        downloads: Downloads,
        listing: Listing,
        stored: Publisher,
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._committer = committer
        self._downloads = downloads
        self._listing = listing
        self._stored = stored

    def copy(
        self,
        bucket: str,
        source_path: str,
        target_path: str,
        context: RlsContext,
        *,
        target_bucket: str | None,
        replace: bool,
        replaced: Replaced = Replaced.AS_KEPT,
        seen_version: str = "",
        labels: LabelChanges = _AS_IT_IS,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store the content of one object under another path; `labels` says what is said of the copy instead.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object that the caller may see.
            Unauthorized: The caller may not add objects.
            ObjectAlreadyExists: The target path is taken and `replace` is False.
            ObjectChanged: Something else than `seen_version` stands there by now; it stays.
            InvalidRequest: A label cannot be stored.
            ChecksumMismatch: The stored bytes are damaged; nothing was copied.
            Cancelled: `cancel` was used.
        """
        validate_object_path(target_path)
        target = bucket if target_bucket is None else target_bucket
        with self._downloads.open(bucket, source_path, context) as reader:
            return self.store(
                reader, target, target_path, context, replace=replace, replaced=replaced, seen_version=seen_version,
                labels=labels, progress=progress, cancel=cancel,
            )  # fmt: skip

    def store(
        self,
        reader: ObjectReader,
        bucket: str,
        path: str,
        context: RlsContext,
        *,
        replace: bool,
        replaced: Replaced = Replaced.AS_KEPT,
        seen_version: str = "",
        labels: LabelChanges = _AS_IT_IS,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store what an open reader reads, with what is known of it, under a path.

        Raises:
            WouldBeLost: What stands there must not be lost (`replaced`), and would be.
            StorageError: As `copy`.
        """
        validate_object_path(path)
        token = cancel or CancelToken()
        info = reader.info._replace(**checked_values(labels))
        target = self._target(bucket, path, info, context, replace)

        def monitor(done_bytes: int) -> None:
            token.raise_if_cancelled()
            if progress is not None:
                progress(Progress(done_bytes, info.size_bytes, current=path))

        content = replace_field(self._stage(reader.source, info, path, monitor), seen_version=seen_version)
        stored, over = self._committer.commit_one(
            target, content, context, replace=replace, replaced=replaced, cancel=token
        )
        self._stored(stored, over)
        return stored

    def copy_folder(
        self,
        bucket: str,
        source_prefix: str,
        target_prefix: str,
        context: RlsContext,
        *,
        target_bucket: str | None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        """Copy everything below a prefix that the caller may read; what cannot be copied is reported.

        Marks of folders that the target has already are left as they are; a bucket's top needs none.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is nothing below the prefix that the caller may see.
            Unauthorized: The caller may not add objects.
            Cancelled: `cancel` was used; what was copied stays.
        """
        validate_prefix(source_prefix)
        validate_prefix(target_prefix)
        self._check_may_insert(bucket if target_bucket is None else target_bucket, context)
        token = cancel or CancelToken()
        done = size_bytes = 0
        failures: list[ItemFailure] = []
        wanted = list(self._listing.walk(bucket, source_prefix, context))
        if source_prefix and not wanted:
            raise ObjectNotFound("Folder not found", path=source_prefix)
        for stored in wanted:
            token.raise_if_cancelled()
            path = target_prefix + stored.path[len(source_prefix) :]
            if not path:
                continue
            try:
                self.copy(bucket, stored.path, path, context, target_bucket=target_bucket, replace=False, cancel=token)
            except Cancelled:
                raise
            except StorageError as error:
                if not isinstance(error, RequestFault | BytesMissing | ChecksumMismatch):
                    raise
                if not (isinstance(error, ObjectAlreadyExists) and path.endswith("/")):
                    failures.append(ItemFailure(path, stored.path, error))
                continue
            done, size_bytes = done + 1, size_bytes + stored.size_bytes
            if progress is not None:
                progress(Progress(size_bytes, None, done_files=done, total_files=None, current=path))
        return BatchReport(done, size_bytes, tuple(failures))

    def _check_may_insert(self, bucket: str, context: RlsContext) -> None:
        """Refuse a caller who can add nothing at all, before much is read."""
        if not context.can_bypass_rls:
            with self._executor.snapshot(context) as tx:
                check_may_insert(tx, find_bucket(tx.as_caller(_SYSTEM), bucket))

    def _target(self, bucket: str, path: str, info: StorageObject, context: RlsContext, replace: bool) -> Bucket:
        """Return the bucket to copy to, after its rules agreed."""
        options = UploadOptions(info.mime_type, replace, info.cache_control, info.user_metadata)
        with self._executor.snapshot(context) as tx:
            system = tx.as_caller(_SYSTEM)
            target = find_bucket(system, bucket)
            if not admitted(tx, target, [path], options, info.size_bytes)[0]:
                raise Unauthorized(WRITE_DENIED, path=path)
            check_mime(target, info.mime_type, path)
            check_size(target, info.size_bytes, path)
            if not replace and find_record(system, target, path) is not None:
                raise ObjectAlreadyExists("The resource already exists", path=path)
        return target

    def _stage(self, reader: BackendReader, info: StorageObject, path: str, monitor: Monitor) -> NewContent:
        """Stage a copy of open bytes, durably, and hold it against their checksum."""
        staged_id = new_id()
        try:
            staged = self._backend.copy(reader, staged_id, monitor)
            check_checksum(info, staged.checksum)
            self._backend.flush([staged_id])
        except BaseException:
            self._backend.discard(staged_id)
            raise
        options = UploadOptions(cache_control=info.cache_control, user_metadata=info.user_metadata)
        return NewContent(path, staged, info.mime_type, info.modified_us, options)
