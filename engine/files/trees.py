"""Downloads to files: one object, or whole folders under their own names, byte for byte.

A file arrives under a temporary name beside its target and gets its name when its checksum is right, so that what is
there is complete, and what was there is only ever replaced as a whole.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from engine import limits
from engine.backends.base import Monitor
from engine.backends.ingest import copy_and_hash, write_all
from engine.cancel import CancelToken
from engine.errors import Cancelled, InvalidKey, ObjectNotFound, StorageError, TargetExists
from engine.files.downloads import Downloads, ObjectReader, check_checksum
from engine.files.listing import Listing
from engine.files.local_names import LocalNames
from engine.files.past import Past
from engine.files.throttle import ProgressMeter
from engine.hashing import PipelinedHasher
from engine.ids import new_id
from engine.os_errors import from_os_error
from engine.paths import parent_of, validate_object_path, validate_prefix
from engine.types import BatchReport, ItemFailure, Progress, ProgressCallback, RlsContext, StorageObject

_PART_SUFFIX: Final = ".holdall-part"


class TreeDownloads:
    """Writes objects to files.

    Args:
        downloads: Opens objects.
        listing: Walks folders.
        past: Finds and opens objects as they were.
    """

    def __init__(self, downloads: Downloads, listing: Listing, past: Past) -> None:
        self._downloads = downloads
        self._listing = listing
        self._past = past

    def download(
        self,
        bucket: str,
        path: str,
        target: Path,
        context: RlsContext,
        *,
        replace: bool,
        verify: bool,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Write one object to a file, with its modification time.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object that the caller may see.
            TargetExists: The file exists and `replace` is False.
            ChecksumMismatch: The stored bytes are damaged (`verify`); the target is as it was.
            Cancelled: `cancel` was used; the target is as it was.
            IoError: The system refused; the target is as it was.
        """
        token = cancel or CancelToken()
        with self._downloads.open(bucket, path, context) as reader:
            if not replace and os.path.lexists(target):
                raise TargetExists("A file of that name exists", path=str(target))
            size_bytes = reader.size

            def monitor(done_bytes: int) -> None:
                token.raise_if_cancelled()
                if progress is not None:
                    progress(Progress(done_bytes, size_bytes, current=path))

            monitor(0)
            deliver(reader, target, replace=replace, verify=verify, monitor=monitor)
            return reader.info

    def download_tree(
        self,
        bucket: str,
        paths: Sequence[str],
        target_dir: Path,
        context: RlsContext,
        *,
        replace: bool,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
        moment: datetime | None = None,
    ) -> BatchReport:
        """Write objects and folders into a folder; a folder (`a/b/`) arrives under its own name, `""` is all.

        Args:
            bucket: Where from.
            paths: Objects, and folders with a trailing `/`.
            target_dir: Made if it is missing.
            context: Who asks.
            replace: Whether files that are there are replaced.
            progress: Told of what has come.
            cancel: Stops it.
            moment: Write everything as it was then, or None for now.

        Returns:
            What was written, and every object that was not, with its reason.

        Raises:
            BucketNotFound: There is no such bucket.
            Cancelled: `cancel` was used; complete files stay.
            EnvironmentFault: The target folder cannot be made, or the disk is full.
        """
        meter = ProgressMeter(progress, cancel)
        names = LocalNames(target_dir, replace=replace)
        with _translated(target_dir):
            target_dir.mkdir(parents=True, exist_ok=True)
        done = size_bytes = 0
        failures: list[ItemFailure] = []
        for stored, cut in self._wanted(bucket, paths, context, moment, failures):
            meter.check()
            try:
                self._deliver_one(bucket, stored, stored.path[cut:], names, context, meter, replace, moment)
            except StorageError as error:
                if isinstance(error, Cancelled) or error.retryable:
                    raise
                failures.append(ItemFailure(stored.path, f"{target_dir}/{stored.path[cut:]}", error))
                continue
            if not stored.path.endswith("/"):
                done, size_bytes = done + 1, size_bytes + stored.size_bytes
        meter.all_expected()
        meter.report_now()
        return BatchReport(done, size_bytes, tuple(failures))

    def _wanted(
        self,
        bucket: str,
        paths: Sequence[str],
        context: RlsContext,
        moment: datetime | None,
        failures: list[ItemFailure],
    ) -> Iterator[tuple[StorageObject, int]]:
        """Yield every object that is wanted, and how much of its path is not part of its name here."""
        for path in paths:
            try:
                yield from self._wanted_by(bucket, path, context, moment)
            except (InvalidKey, ObjectNotFound) as error:
                failures.append(ItemFailure(path, "", error))

    def _wanted_by(
        self, bucket: str, path: str, context: RlsContext, moment: datetime | None
    ) -> Iterator[tuple[StorageObject, int]]:
        """Yield what one path stands for.

        Raises:
            ObjectNotFound: There is nothing that the caller may see.
            InvalidKey: The path breaks the rules.
        """
        if path and not path.endswith("/"):
            yield self._info(bucket, validate_object_path(path), context, moment), len(parent_of(path))
            return
        cut = len(parent_of(path[:-1])) if path else 0
        stored = None
        for stored in self._walk(bucket, validate_prefix(path), context, moment):
            yield stored, cut
        if stored is None and path:
            raise ObjectNotFound("Folder not found", path=path)

    def _walk(self, bucket: str, prefix: str, context: RlsContext, moment: datetime | None) -> Iterator[StorageObject]:
        """Yield what lies below a prefix, or lay there at the moment."""
        if moment is None:
            return self._listing.walk(bucket, prefix, context)
        return self._listing.walk_at(bucket, prefix, moment, context)

    def _info(self, bucket: str, path: str, context: RlsContext, moment: datetime | None) -> StorageObject:
        """Return what stands at a path, or stood there at the moment."""
        if moment is None:
            return self._downloads.info(bucket, path, context)
        return self._past.info(bucket, path, moment, context)

    def _open(self, bucket: str, path: str, context: RlsContext, moment: datetime | None) -> ObjectReader:
        if moment is None:
            return self._downloads.open(bucket, path, context)
        return self._past.open(bucket, path, moment, context)

    def _deliver_one(
        self,
        bucket: str,
        stored: StorageObject,
        name: str,
        names: LocalNames,
        context: RlsContext,
        meter: ProgressMeter,
        replace: bool,
        moment: datetime | None,
    ) -> None:
        """Write one object of a tree; a folder marker becomes a folder."""
        with _translated(Path(name)):
            if name.endswith("/"):
                names.folder(name)
                return
            target = names.file(name)
        meter.expect(stored.size_bytes)
        moved_bytes = 0

        def monitor(done_bytes: int) -> None:
            nonlocal moved_bytes
            step, moved_bytes = done_bytes - moved_bytes, done_bytes
            meter.moved(step, stored.path)

        try:
            with self._open(bucket, stored.path, context, moment) as reader:
                deliver(reader, target, replace=replace, verify=True, monitor=monitor)
        except BaseException:
            meter.dropped(moved_bytes, stored.size_bytes)
            raise
        meter.finished()


def deliver(reader: ObjectReader, target: Path, *, replace: bool, verify: bool, monitor: Monitor) -> None:
    """Write what `reader` holds to `target`, completely or not at all.

    Raises:
        TargetExists: The file exists and `replace` is False.
        ChecksumMismatch: The bytes are not those that were stored (`verify`).
        IoError: The system refused.
    """
    with _translated(target):
        part = target.with_name(f".{target.name[:40]}.{new_id()[-12:]}{_PART_SUFFIX}")
        fd = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            try:
                checksum = _write(reader, fd, monitor)
            finally:
                os.close(fd)
            if verify:
                check_checksum(reader.info, checksum)
            _keep_time(part, reader.info)
            _give_name(part, target, replace=replace)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _write(reader: ObjectReader, fd: int, monitor: Monitor) -> str:
    """Write the bytes and return the checksum of what was written."""
    source_fd = reader.fileno()
    if source_fd is not None:
        return copy_and_hash(source_fd, fd, reader.size, monitor)[1]
    hasher = PipelinedHasher()
    done = 0
    for chunk in reader.chunks(limits.HASH_CHUNK_BYTES):
        hasher.update(chunk)
        write_all(fd, chunk)
        done += len(chunk)
        monitor(done)
    return hasher.hexdigest()


def _keep_time(part: Path, info: StorageObject) -> None:
    """Give a file the object's modification time, as far as the file system can hold it."""
    modified_ns = (info.updated_us if info.modified_us is None else info.modified_us) * 1000
    with contextlib.suppress(OSError, OverflowError):
        os.utime(part, ns=(modified_ns, modified_ns))


def _give_name(part: Path, target: Path, *, replace: bool) -> None:
    """Rename into place; without `replace` never over a file, also not one of this very moment."""
    if replace:
        part.replace(target)
        return
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise TargetExists("A file of that name exists", path=str(target)) from error
    except OSError:
        if os.path.lexists(target):
            raise TargetExists("A file of that name exists", path=str(target)) from None
        part.rename(target)
        return
    part.unlink()


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Run the body with the system's errors translated."""
    try:
        yield
    except OSError as error:
        raise from_os_error(error, str(path)) from error
