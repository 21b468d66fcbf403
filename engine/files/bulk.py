"""Uploading many files in one call: staged side by side, made durable and committed in batches.

One flush and one transaction serve up to `limits.BATCH_FILES` files, and while one batch is committed the next is
being staged. Durability is the same as that of a single upload: when the call returns, everything survives a power
cut. A file that cannot be taken is reported and the others go on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from engine import limits
from engine.backends.base import Staged, StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    Cancelled,
    FileTooLarge,
    IoError,
    ObjectAlreadyExists,
    RequestFault,
    SourceFault,
    SourceUnreadable,
    StorageError,
)
from engine.files.commit import Committed, Committer, NewContent
from engine.files.records import find_bucket
from engine.files.rules import check_mime, check_size, check_user_metadata
from engine.files.throttle import ProgressMeter
from engine.files.uploads import check_unchanged, open_source
from engine.ids import new_id
from engine.metadata.executor import Executor
from engine.mime import sniff
from engine.paths import validate_object_path
from engine.permissions.rules import PermissionChecker
from engine.types import (
    BatchReport,
    Bucket,
    ItemFailure,
    ProgressCallback,
    RlsContext,
    StorageObject,
    UploadItem,
    UploadOptions,
)

_STAGERS: Final = 2
_SLICE_FILES: Final = 64
"""Files that one staging thread takes at a time: a hand-over between threads costs as much as a small file."""

_SYSTEM: Final = RlsContext.service()
BatchPublisher = Callable[[list[StorageObject], list[StorageObject]], None]
"""Told of the objects that a batch created and of those that it replaced."""


@dataclass(slots=True)
class _Outcome:
    """What has become of the items so far."""

    done: int = 0
    size_bytes: int = 0
    failures: list[ItemFailure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    """One call's constants."""

    bucket: Bucket
    context: RlsContext
    options: UploadOptions
    meter: ProgressMeter


class BulkUploads:
    """Uploads many files.

    Args:
        executor: For the bucket.
        backend: Where bytes are staged.
        committer: Writes the rows.
        permissions: Who may add objects.
        stored: Told of every batch.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        committer: Committer,
        permissions: PermissionChecker,
        stored: BatchPublisher,
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._committer = committer
        self._permissions = permissions
        self._stored = stored

    def upload_many(
        self,
        bucket: str,
        items: Iterable[UploadItem],
        context: RlsContext,
        options: UploadOptions,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        """Store files, each under its own path.

        Args:
            bucket: Where to.
            items: Consumed as the upload goes on.
            context: Who asks.
            options: The same for every file; the type is sniffed unless given.
            progress: Told of the bytes and files done.
            cancel: Stops between two steps; batches that were committed stay.

        Returns:
            What was stored, and every item that was not, with its reason.

        Raises:
            BucketNotFound: There is no such bucket.
            Unauthorized: The caller may not add objects.
            Cancelled: `cancel` was used.
            EnvironmentFault: Disk or database failed; earlier batches stay.
        """
        job = self._admit(bucket, context, options, ProgressMeter(progress, cancel))
        outcome = _Outcome()
        with ThreadPoolExecutor(_STAGERS, "stage") as stagers, ThreadPoolExecutor(1, "commit") as committer:
            self._run(job, items, outcome, stagers, committer)
        job.meter.report_now()
        return BatchReport(outcome.done, outcome.size_bytes, tuple(outcome.failures))

    def _admit(self, bucket: str, context: RlsContext, options: UploadOptions, meter: ProgressMeter) -> _Job:
        """Make the checks that hold for all items."""
        with self._executor.snapshot(_SYSTEM) as tx:
            found = find_bucket(tx, bucket)
        self._permissions.check_insert(context)
        check_user_metadata(options.user_metadata)
        return _Job(found, context, options, meter)

    def _run(
        self,
        job: _Job,
        items: Iterable[UploadItem],
        outcome: _Outcome,
        stagers: ThreadPoolExecutor,
        committer: ThreadPoolExecutor,
    ) -> None:
        """Stage batch after batch, each while the one before is being committed."""
        committing: Future[None] | None = None
        staged: list[NewContent] = []
        try:
            for batch in _batches(items, outcome):
                staged = self._stage_batch(job, batch, outcome, stagers)
                if committing is not None:
                    committing.result()
                committing, staged = committer.submit(self._commit, job, staged, outcome), []
            job.meter.all_expected()
            job.meter.report_now(finalising=True)
        finally:
            for content in staged:
                self._backend.discard(content.staged.staged_id)
            if committing is not None:
                committing.result()

    def _stage_batch(
        self, job: _Job, batch: list[UploadItem], outcome: _Outcome, stagers: ThreadPoolExecutor
    ) -> list[NewContent]:
        """Stage a batch on all threads; what failed is in the outcome."""
        batch = self._free(job, batch, outcome)
        parts = [batch[start : start + _SLICE_FILES] for start in range(0, len(batch), _SLICE_FILES)]
        futures = [stagers.submit(self._stage_part, job, part) for part in parts]
        contents: list[NewContent] = []
        fault: BaseException | None = None
        for future in futures:
            try:
                staged, failures = future.result()
            except BaseException as error:  # noqa: BLE001 - raised again below, after the other parts have ended
                fault = fault or error
                continue
            contents += staged
            outcome.failures += failures
        if fault is not None:
            for content in contents:
                self._backend.discard(content.staged.staged_id)
            raise fault
        return contents

    def _free(self, job: _Job, batch: list[UploadItem], outcome: _Outcome) -> list[UploadItem]:
        """Return the items whose paths may be written; the others fail before a byte of theirs is copied."""
        if job.options.replace:
            return batch
        taken = self._committer.taken(job.bucket, [item.path for item in batch])
        for item in batch:
            if item.path in taken:
                error = ObjectAlreadyExists("The resource already exists", path=item.path)
                outcome.failures.append(ItemFailure(item.path, str(item.source), error))
        return [item for item in batch if item.path not in taken] if taken else batch

    def _stage_part(self, job: _Job, items: list[UploadItem]) -> tuple[list[NewContent], list[ItemFailure]]:
        """Stage some files one after the other."""
        contents: list[NewContent] = []
        failures: list[ItemFailure] = []
        try:
            for item in items:
                try:
                    contents.append(self._stage_item(job, item))
                except Cancelled:
                    raise
                except StorageError as error:
                    if not _is_of_item(error):
                        raise
                    failures.append(ItemFailure(item.path, str(item.source), error))
        except BaseException:
            for content in contents:
                self._backend.discard(content.staged.staged_id)
            raise
        return contents, failures

    def _stage_item(self, job: _Job, item: UploadItem) -> NewContent:
        """Stage one file."""
        job.meter.check()
        path = validate_object_path(item.path)
        with open_source(item.source) as file:
            before = os.fstat(file.fileno())
            check_size(job.bucket, before.st_size, path)
            job.meter.expect(before.st_size)
            try:
                staged, mime_type = self._stage_file(job, path, file, before)
            except BaseException:
                job.meter.dropped(0, before.st_size)
                raise
        options = job.options
        return NewContent(
            path=path,
            staged=staged,
            mime_type=mime_type,
            cache_control=options.cache_control,
            user_metadata=options.user_metadata,
            modified_us=before.st_mtime_ns // 1000,
            source=str(item.source),
        )

    def _stage_file(
        self, job: _Job, path: str, file: BinaryIO, before: os.stat_result
    ) -> tuple[Staged, str]:
        """Stage an open file: a small one whole, a large one through the kernel."""
        small = before.st_size <= limits.SMALL_FILE_BYTES
        try:
            head = os.read(file.fileno(), before.st_size + 1 if small else limits.SNIFF_BYTES)
        except OSError as error:
            raise SourceUnreadable(f"Cannot read the file ({error.strerror})", path=file.name) from error
        mime_type = job.options.mime_type or sniff(head[: limits.SNIFF_BYTES], path)
        check_mime(job.bucket, mime_type, path)
        staged_id = new_id()
        moved_bytes = 0

        def monitor(done_bytes: int) -> None:
            nonlocal moved_bytes
            step, moved_bytes = done_bytes - moved_bytes, done_bytes
            job.meter.moved(step, path)

        try:
            if small:
                staged = self._backend.stage_bytes(staged_id, head)
                monitor(staged.size_bytes)
            else:
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                staged = self._backend.ingest(staged_id, file, before.st_size, monitor)
            check_unchanged(before, os.fstat(file.fileno()), staged, file.name)
        except BaseException:
            self._backend.discard(staged_id)
            job.meter.dropped(moved_bytes, 0)
            raise
        return staged, mime_type

    def _commit(self, job: _Job, contents: list[NewContent], outcome: _Outcome) -> None:
        """Make a batch durable and commit it."""
        if not contents:
            return
        try:
            job.meter.check()
            self._backend.flush([content.staged.staged_id for content in contents])
        except BaseException:
            for content in contents:
                self._backend.discard(content.staged.staged_id)
            raise
        results = self._committer.commit(job.bucket, contents, job.context, replace=job.options.replace)
        self._account(job, results, outcome)

    def _account(self, job: _Job, results: list[Committed], outcome: _Outcome) -> None:
        """Count what was stored and tell of it."""
        created: list[StorageObject] = []
        replaced: list[StorageObject] = []
        for result in results:
            if result.stored is None:
                assert result.error is not None
                outcome.failures.append(ItemFailure(result.content.path, result.content.source, result.error))
                size_bytes = result.content.staged.size_bytes
                job.meter.dropped(size_bytes, size_bytes)
                continue
            (replaced if result.replaced else created).append(result.stored)
            outcome.done += 1
            outcome.size_bytes += result.stored.size_bytes
            job.meter.finished()
        self._stored(created, replaced)


def _batches(items: Iterable[UploadItem], outcome: _Outcome) -> Iterator[list[UploadItem]]:
    """Group items: few enough for one transaction, never two of one path, never too many bytes."""
    batch: list[UploadItem] = []
    paths: set[str] = set()
    size_bytes = 0
    for item in items:
        if len(batch) >= limits.BATCH_FILES or size_bytes >= limits.BATCH_BYTES or item.path in paths:
            yield batch
            batch, paths, size_bytes = [], set(), 0
        batch.append(item)
        paths.add(item.path)
        size_bytes += _size_of(item)
    yield batch


def _size_of(item: UploadItem) -> int:
    """Return a file's size for the sake of batching; what is wrong with it shows later."""
    try:
        return item.source.stat().st_size
    except OSError:
        return 0


def _is_of_item(error: StorageError) -> bool:
    """Return whether an error is about one file, so that the others can go on."""
    return isinstance(error, RequestFault | SourceFault | FileTooLarge) or type(error) is IoError
