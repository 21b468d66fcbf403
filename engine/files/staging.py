"""Staging single files of a bulk upload, with as little ado per file as can be.

Small files are read whole and written in groups; a large one goes through the kernel. Either way nothing is durable
yet: one flush serves the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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
from engine.files.contents import NewContent
from engine.files.rules import check_mime, check_size
from engine.files.sources import SourceFile
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


class _Read(NamedTuple):
    """A small file, read whole."""

    item: UploadItem
    file: SourceFile
    data: bytes


class FileStager:
    """Stages the files of one call. Any thread.

    Small files go through in groups, each step for the whole group before the next: first all are read, then all are
    looked at, then all are written. Going from step to step with every file was measured a fifth slower, because the
    system's code and the interpreter's push each other out of the processor's caches.

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
        """Stage files; one that cannot be taken is reported, the others go on.

        Raises:
            Cancelled: The caller cancelled; nothing of these stays staged.
            EnvironmentFault: The disk failed; nothing of these stays staged.
        """
        part = StagedPart()
        try:
            for group in self._groups(items, part):
                self._stage_group(group, part)
                self._meter.report()
        except BaseException:
            self.discard(part.contents)
            raise
        return part

    def discard(self, contents: list[NewContent]) -> None:
        """Throw staged files away."""
        for content in contents:
            self._backend.discard(content.staged.staged_id)

    def _groups(self, items: list[UploadItem], part: StagedPart) -> Iterator[list[_Read]]:
        """Read small files, and yield them before they weigh too much; large ones are staged on the way."""
        group: list[_Read] = []
        room_bytes = limits.SMALL_FILE_BYTES
        for item in items:
            self._meter.check()
            try:
                read = self._take(item, part)
            except StorageError as error:
                _note(item, error, part)
                continue
            if read is not None:
                group.append(read)
                room_bytes -= len(read.data)
            if room_bytes < 0:
                yield group
                group, room_bytes = [], limits.SMALL_FILE_BYTES
        if group:
            yield group

    def _take(self, item: UploadItem, part: StagedPart) -> _Read | None:
        """Read a small file whole; stage a large one and return None. Either stayed as it was meanwhile."""
        path = validate_object_path(item.path)
        with SourceFile(item.source) as file:
            check_size(self._bucket, file.size_bytes, path)
            if file.size_bytes > limits.SMALL_FILE_BYTES:
                part.contents.append(self._stage_large(path, file))
                return None
            # One byte more than expected would show that it grew.
            data = file.read(file.size_bytes + 1)
            file.check_unchanged(len(data))
        return _Read(item, file, data)

    def _stage_group(self, group: list[_Read], part: StagedPart) -> None:
        """Look at files that were read, and stage those that the bucket takes."""
        taken: list[_Read] = []
        types: list[str] = []
        for read in group:
            try:
                types.append(self._type_of(read.data, read.item.path))
            except StorageError as error:
                _note(read.item, error, part)
            else:
                taken.append(read)
        if not taken:
            return
        for read, mime_type, staged in zip(taken, types, self._stage_data(taken, part), strict=True):
            if staged is not None:
                part.contents.append(self._content(read.item.path, staged, mime_type, read.file))

    def _stage_data(self, group: list[_Read], part: StagedPart) -> Sequence[Staged | None]:
        """Stage data that was read; None for what the disk refuses."""
        try:
            return self._write(group)
        except IoError:
            # One of them; the others need not suffer for it.
            return [self._write_alone(read, part) for read in group]

    def _write_alone(self, read: _Read, part: StagedPart) -> Staged | None:
        """Stage one file's data, or report why not."""
        try:
            return self._write([read])[0]
        except StorageError as error:
            _note(read.item, error, part)
            return None

    def _write(self, group: list[_Read]) -> Sequence[Staged]:
        """Stage data that was read; all or nothing."""
        contents = [(new_id(), read.data) for read in group]
        try:
            staged = self._backend.stage_many(contents)
        except BaseException:
            for staged_id, _ in contents:
                self._backend.discard(staged_id)
            raise
        self._meter.staged(sum(one.size_bytes for one in staged), group[-1].item.path, len(group))
        return staged

    def _content(self, path: str, staged: Staged, mime_type: str, file: SourceFile) -> NewContent:
        """Return what is to be committed."""
        modified_us = file.modified_us if self._modified_us is None else self._modified_us
        return NewContent(path, staged, mime_type, modified_us, self._options, file.name)

    def _stage_large(self, path: str, file: SourceFile) -> NewContent:
        """Stage a file through the kernel."""
        mime_type = self._type_of(file.read(limits.SNIFF_BYTES), path)
        self._meter.expect(file.size_bytes)
        staged_id = new_id()
        moved_bytes = 0

        def monitor(done_bytes: int) -> None:
            nonlocal moved_bytes
            step, moved_bytes = done_bytes - moved_bytes, done_bytes
            self._meter.moved(step, path)

        try:
            staged = self._backend.ingest(staged_id, file.stream(), file.size_bytes, monitor)
            file.check_unchanged(staged.size_bytes)
        except BaseException:
            self._backend.discard(staged_id)
            self._meter.dropped(moved_bytes, file.size_bytes)
            raise
        return self._content(path, staged, mime_type, file)

    def _type_of(self, head: bytes, path: str) -> str:
        """Return the type given or sniffed from the first bytes, if the bucket takes it."""
        mime_type = self._options.mime_type or sniff(head, path)
        check_mime(self._bucket, mime_type, path)
        return mime_type


def _note(item: UploadItem, error: StorageError, part: StagedPart) -> None:
    """Report an item that cannot be taken.

    Raises:
        StorageError: `error`, if it is not about this one item.
    """
    if not _is_of_item(error):
        raise error
    part.failures.append(ItemFailure(item.path, str(item.source), error))


def _is_of_item(error: StorageError) -> bool:
    """Return whether an error is about one file, so that the others can go on."""
    if isinstance(error, Cancelled):
        return False
    return isinstance(error, RequestFault | SourceFault | FileTooLarge) or type(error) is IoError
