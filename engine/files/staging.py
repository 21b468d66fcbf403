"""Staging single files of a bulk upload, with as little ado per file as can be.

A small file is read whole and written at once; a large one goes through the kernel. Either way nothing is durable
yet: one flush serves the batch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from io import FileIO

from engine import limits
from engine.backends.base import Staged, StorageBackend
from engine.errors import (
    Cancelled,
    FileTooLarge,
    IoError,
    RequestFault,
    SourceFault,
    StorageError,
)
from engine.files.commit import NewContent
from engine.files.rules import check_mime, check_size
from engine.files.sources import check_unchanged, open_source, read_source
from engine.files.throttle import ProgressMeter
from engine.ids import new_id
from engine.mime import sniff
from engine.paths import validate_object_path
from engine.times import from_datetime
from engine.types import Bucket, ItemFailure, UploadItem, UploadOptions


@dataclass(slots=True)
class StagedPart:
    """What became of a part of the items."""

    contents: list[NewContent] = field(default_factory=list)
    failures: list[ItemFailure] = field(default_factory=list)


class FileStager:
    """Stages the files of one call. Any thread.

    Args:
        backend: Where to.
        bucket: Whose rules hold.
        options: The same for all files.
        meter: Counts, and knows of cancellation.
    """

    def __init__(self, backend: StorageBackend, bucket: Bucket, options: UploadOptions, meter: ProgressMeter) -> None:
        self._backend = backend
        self._bucket = bucket
        self._options = options
        self._meter = meter
        self._modified_us = None if options.modified_at is None else from_datetime(options.modified_at)

    def stage(self, items: list[UploadItem]) -> StagedPart:
        """Stage files one after the other; one that cannot be taken is reported, the others go on.

        Raises:
            Cancelled: The caller cancelled; nothing of these stays staged.
            EnvironmentFault: The disk failed; nothing of these stays staged.
        """
        part = StagedPart()
        try:
            for item in items:
                try:
                    part.contents.append(self._stage_item(item))
                except StorageError as error:
                    if not _is_of_item(error):
                        raise
                    part.failures.append(ItemFailure(item.path, str(item.source), error))
            self._meter.report()
        except BaseException:
            self.discard(part.contents)
            raise
        return part

    def discard(self, contents: list[NewContent]) -> None:
        """Throw staged files away."""
        for content in contents:
            self._backend.discard(content.staged.staged_id)

    def _stage_item(self, item: UploadItem) -> NewContent:
        """Stage one file and make sure that it stayed as it was."""
        self._meter.check()
        path = validate_object_path(item.path)
        source = str(item.source)
        with open_source(item.source) as file:
            before = os.fstat(file.fileno())
            check_size(self._bucket, before.st_size, path)
            if before.st_size <= limits.SMALL_FILE_BYTES:
                staged, mime_type = self._stage_small(path, file, before.st_size)
            else:
                staged, mime_type = self._stage_large(path, file, before.st_size)
            try:
                check_unchanged(before, os.fstat(file.fileno()), staged, source)
            except StorageError:
                self._backend.discard(staged.staged_id)
                self._meter.dropped(staged.size_bytes, staged.size_bytes)
                raise
        modified_us = before.st_mtime_ns // 1000 if self._modified_us is None else self._modified_us
        return NewContent(path, staged, mime_type, modified_us, self._options, source)

    def _stage_small(self, path: str, file: FileIO, size_bytes: int) -> tuple[Staged, str]:
        """Read a file whole and stage it; one byte more than expected shows that it grew."""
        data = read_source(file, size_bytes + 1)
        mime_type = self._type_of(data[: limits.SNIFF_BYTES], path)
        staged_id = new_id()
        try:
            staged = self._backend.stage_bytes(staged_id, data)
        except BaseException:
            self._backend.discard(staged_id)
            raise
        self._meter.staged(staged.size_bytes, path)
        return staged, mime_type

    def _stage_large(self, path: str, file: FileIO, size_bytes: int) -> tuple[Staged, str]:
        """Stage a file through the kernel."""
        mime_type = self._type_of(read_source(file, limits.SNIFF_BYTES), path)
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        self._meter.expect(size_bytes)
        staged_id = new_id()
        moved_bytes = 0

        def monitor(done_bytes: int) -> None:
            nonlocal moved_bytes
            step, moved_bytes = done_bytes - moved_bytes, done_bytes
            self._meter.moved(step, path)

        try:
            return self._backend.ingest(staged_id, file, size_bytes, monitor), mime_type
        except BaseException:
            self._backend.discard(staged_id)
            self._meter.dropped(moved_bytes, size_bytes)
            raise

    def _type_of(self, head: bytes, path: str) -> str:
        """Return the type given or sniffed, if the bucket takes it."""
        mime_type = self._options.mime_type or sniff(head, path)
        check_mime(self._bucket, mime_type, path)
        return mime_type


def _is_of_item(error: StorageError) -> bool:
    """Return whether an error is about one file, so that the others can go on."""
    if isinstance(error, Cancelled):
        return False
    return isinstance(error, RequestFault | SourceFault | FileTooLarge) or type(error) is IoError
