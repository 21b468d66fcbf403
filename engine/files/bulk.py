"""Uploading many files in one call: staged, made durable and committed in batches.

One flush and one transaction serve up to `limits.BATCH_FILES` files, and while the disk works on one batch the next is
being staged. Durability is the same as that of a single upload: when the call returns, everything survives a power
cut. A file that cannot be taken is reported and the others go on.

Threads: all work is the caller's but the waiting for the disk. Two threads that stage and commit side by side were
measured slower than one that does both: each short system call hands the interpreter over and waits to have it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

from engine import limits
from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import ObjectAlreadyExists, StorageError, Unauthorized
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.files.candidates import check_may_insert
from engine.files.commit import Committer
from engine.files.contents import Committed, NewContent, Refused
from engine.files.records import find_bucket
from engine.files.rules import check_user_metadata
from engine.files.staging import FileStager
from engine.files.throttle import ProgressMeter
from engine.metadata.executor import Executor
from engine.permissions.rules import WRITE_DENIED
from engine.types import (
    BatchReport,
    Bucket,
    ItemFailure,
    ProgressCallback,
    RlsContext,
    UploadItem,
    UploadOptions,
)

_PART_FILES: Final = 64
"""Files that are staged between two looks at the disk, at cancellation and at progress: ~5 ms."""

_SYSTEM: Final = RlsContext.service()
BatchPublisher = Callable[[Bucket, Sequence[str], Sequence[str]], None]
"""Told of the paths that a batch created and of those that it replaced."""


@dataclass(slots=True)
class _Tally:
    """What has become of the items so far."""

    done: int = 0
    size_bytes: int = 0
    failures: list[ItemFailure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Flushing:
    """A batch that is being made durable."""

    contents: list[NewContent]
    done: Future[None]


class BulkUploads:
    """Uploads many files.

    Args:
        executor: For the bucket.
        backend: Where bytes are staged.
        committer: Writes the rows.
        stored: Told of every batch.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        committer: Committer,
        stored: BatchPublisher,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._committer = committer
        self._stored = stored
        self._failpoints = failpoints

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
        with self._executor.snapshot(context) as tx:
            found = find_bucket(tx.as_caller(_SYSTEM), bucket)
            check_may_insert(tx, found)
        check_user_metadata(options.user_metadata)
        token = cancel or CancelToken()
        meter = ProgressMeter(progress, token)
        with _Run(
            self._backend, self._committer, self._stored, found, context, options, meter, token, self._failpoints
        ) as run:
            run.take(items)
        meter.report_now()
        return BatchReport(run.tally.done, run.tally.size_bytes, tuple(run.tally.failures))


class _Run:
    """One call. The caller's thread stages and commits; another waits for the disk."""

    def __init__(
        self,
        backend: StorageBackend,
        committer: Committer,
        stored: BatchPublisher,
        bucket: Bucket,
        context: RlsContext,
        options: UploadOptions,
        meter: ProgressMeter,
        cancel: CancelToken,
        failpoints: Failpoints,
    ) -> None:
        self._backend = backend
        self._committer = committer
        self._stored = stored
        self._bucket = bucket
        self._context = context
        self._options = options
        self._meter = meter
        self._cancel = cancel
        self._failpoints = failpoints
        self._stager = FileStager(backend, bucket, options, meter)
        self._disk = ThreadPoolExecutor(1, "flush")
        self._flushing: _Flushing | None = None
        self._batch: list[NewContent] = []
        self._batch_bytes = 0
        self._empty_folders: set[str] = set()
        self.tally = _Tally()

    def __enter__(self) -> _Run:
        """Return the run."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        """End the thread; after a failure throw away what is staged and not committed."""
        self._disk.shutdown()
        if kind is not None:
            self._stager.discard(self._batch)
            self._stager.discard(self._flushing.contents if self._flushing else [])

    def take(self, items: Iterable[UploadItem]) -> None:
        """Stage and commit everything; returns when all of it is durable."""
        for part, settled_first in _parts(items):
            if settled_first:
                self._commit_all()
                self._empty_folders.clear()  # What was committed may stand in one of them.
            self._stage(self._free(part))
        self._meter.all_expected()
        self._meter.report_now(finalising=True)
        self._commit_all()

    def _stage(self, items: list[UploadItem]) -> None:
        """Stage a part; commit what the disk has finished meanwhile, and hand it a batch that is full."""
        part = self._stager.stage(items)
        self.tally.failures += part.failures
        self._batch += part.contents
        self._batch_bytes += sum(content.staged.size_bytes for content in part.contents)
        if self._flushing is not None and self._flushing.done.done():
            self._commit_flushed()
        if len(self._batch) >= limits.BATCH_FILES or self._batch_bytes >= limits.BATCH_BYTES:
            self._flush_batch()

    def _free(self, items: list[UploadItem]) -> list[UploadItem]:
        """Return the items whose paths may be written; the others fail before a byte of theirs is copied."""
        paths = [item.path for item in items if _is_text(item.path)]
        refused: dict[str, StorageError] = {}
        if not self._context.can_bypass_rls:
            allowed = self._committer.admitted(self._bucket, paths, self._context, self._options)
            refused = {path: Unauthorized(WRITE_DENIED, path=path) for path in paths if allowed[path] is False}
            paths = [path for path in paths if allowed[path]]
        if not self._options.replace:
            taken = self._committer.taken(self._bucket, paths, self._empty_folders)
            refused |= {path: ObjectAlreadyExists("The resource already exists", path=path) for path in taken}
        if not refused:
            return items
        self.tally.failures += [
            ItemFailure(item.path, str(item.source), refused[item.path]) for item in items if item.path in refused
        ]
        return [item for item in items if item.path not in refused]

    def _commit_all(self) -> None:
        """Flush and commit everything that is staged."""
        self._flush_batch()
        self._commit_flushed()

    def _flush_batch(self) -> None:
        """Have the batch made durable, after the one before was committed."""
        self._commit_flushed()
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        if batch:
            self._failpoints.reach(Failpoint.BATCH_STAGED)
            staged_ids = [content.staged.staged_id for content in batch]
            self._flushing = _Flushing(batch, self._disk.submit(self._backend.flush, staged_ids))

    def _commit_flushed(self) -> None:
        """Wait for the batch that is being made durable, if any, and commit it."""
        if self._flushing is None:
            return
        self._flushing.done.result()
        self._meter.check()
        self._failpoints.reach(Failpoint.BATCH_FLUSHED)
        contents, self._flushing = self._flushing.contents, None
        results = self._committer.commit(
            self._bucket, contents, self._context, replace=self._options.replace, cancel=self._cancel
        )
        self._failpoints.reach(Failpoint.BATCH_COMMITTED)
        self._account(results)

    def _account(self, results: list[Committed | Refused]) -> None:
        """Count what was stored and tell of it."""
        created: list[str] = []
        replaced: list[str] = []
        for result in results:
            size_bytes = result.content.staged.size_bytes
            if isinstance(result, Refused):
                self.tally.failures.append(ItemFailure(result.content.path, result.content.source, result.error))
                self._meter.dropped(size_bytes, size_bytes)
                continue
            (replaced if result.replaced else created).append(result.content.path)
            self.tally.size_bytes += size_bytes
        self.tally.done += len(created) + len(replaced)
        self._meter.finished(len(created) + len(replaced))
        self._stored(self._bucket, created, replaced)


def _is_text(path: str) -> bool:
    """Return whether a path can be looked up; the names of files that are no Unicode cannot, and are refused later."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parts(items: Iterable[UploadItem]) -> Iterator[tuple[list[UploadItem], bool]]:
    """Group items; a second item of one path comes only after the first is committed.

    Yields:
        A part, and whether all parts before it must be committed first.
    """
    part: list[UploadItem] = []
    paths: set[str] = set()
    settled_first = False
    for item in items:
        if item.path in paths or len(part) >= _PART_FILES:
            yield part, settled_first
            settled_first = item.path in paths
            part = []
            if settled_first or len(paths) > limits.BATCH_FILES * 4:
                settled_first, paths = True, set()
        part.append(item)
        paths.add(item.path)
    if part:
        yield part, settled_first
