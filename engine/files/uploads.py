"""Uploading one object, in the specification's order and fail fast.

bucket → permission → name → MIME type → size → bytes with SHA-256 → metadata. A type that nobody gave is sniffed from
the first bytes, and checked, before anything is written.

Source: specification, "Upload Flow".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from engine import limits
from engine.backends.base import Staged, StagedWriter, StorageBackend
from engine.cancel import CancelToken
from engine.errors import InvalidRequest, ObjectAlreadyExists, SourceUnreadable
from engine.files.admissions import Admission, Admissions
from engine.files.approvals import check_approved
from engine.files.commit import Committer
from engine.files.contents import NewContent
from engine.files.rules import check_mime, check_size
from engine.files.sources import SourceFile
from engine.ids import new_id
from engine.metadata.executor import Executor
from engine.mime import sniff
from engine.times import from_datetime
from engine.types import Progress, ProgressCallback, RlsContext, StorageObject, UploadOptions

_SYSTEM: Final = RlsContext.service()
_MARKER_TYPE: Final = "application/x-directory"
Publisher = Callable[[StorageObject, bool], None]
"""Told of every stored object, and whether it replaced an older content."""


class UploadSession:
    """Takes the bytes of one upload as they come; nothing is visible before `commit`.

    Calls of one session never run at the same time; any thread may make them. A call that fails ends the session and
    leaves nothing staged. As a context manager it aborts what was not committed.
    """

    def __init__(
        self,
        admission: Admission,
        executor: Executor,
        backend: StorageBackend,
        committer: Committer,
        stored: Publisher,
    ) -> None:
        self._admission = admission
        self._executor = executor
        self._acts = executor.acts
        self._backend = backend
        self._committer = committer
        self._stored = stored
        self._staged_id = new_id()
        self._head = b""
        self._mime_type = admission.options.mime_type
        self._writer: StagedWriter | None = None
        self._ended = False
        self._only_asked = False
        self.bytes_written = 0

    def __enter__(self) -> UploadSession:
        """Return the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """Abort what was not committed."""
        self.abort()

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes, which must not change afterwards.

        Raises:
            PayloadTooLarge: The bucket takes no more; nothing beyond its limit was written.
            UnsupportedMediaType: The first bytes show a type that the bucket does not take.
            IoError: The system refused.
        """
        self._check_open()
        with self._aborting():
            content = bytes(data)
            size_bytes = self.bytes_written + len(content)
            check_size(self._admission.bucket, size_bytes, self._admission.path)
            self._take(content)
            self.bytes_written = size_bytes

    def commit(self, cancel: CancelToken | None = None) -> StorageObject:
        """Make the object durable and visible.

        Args:
            cancel: Ends a scan that goes on; what is being committed is committed.

        Returns:
            The object, which survives a power cut.

        Raises:
            ObjectAlreadyExists: The path was taken meanwhile and replacing was not asked for.
            StorageError: Another reason; nothing was kept.
        """
        self._check_open()
        with self._aborting():
            content = self._content(self._finish())
            self._ended = True
            stored, replaced = self._committer.commit_one(
                self._admission.bucket, content, self._admission.context, replace=self._replace, cancel=cancel
            )
        self._stored(stored, replaced)
        return stored

    def approve(self) -> None:
        """Make the checks of `commit` now, for an upload whose bytes somebody else will bring.

        Raises:
            Unauthorized: The caller may not store it, or policies ask for what only its bytes would tell.
            ObjectAlreadyExists: The path is taken and replacing was not asked for.
        """
        self._check_open()
        asked = self._admission
        self._only_asked = True
        with self._aborting():
            check_approved(self._executor, asked.bucket, asked.path, asked.context, asked.options)

    def abort(self) -> None:
        """Throw away what was written; a no-op once committed or aborted."""
        if not self._ended:
            self._throw_away()
            if not self._only_asked:
                self._acts.given_up(self._admission.context)

    def _throw_away(self) -> None:
        """End the session, if that is still to be done, and leave nothing staged."""
        if self._ended:
            return
        self._ended = True
        if self._writer is not None:
            self._writer.abort()
        else:
            self._backend.discard(self._staged_id)

    @property
    def _replace(self) -> bool:
        return self._admission.options.replace

    def _check_open(self) -> None:
        """Refuse to go on after the end."""
        if self._ended:
            raise InvalidRequest("The upload has ended", path=self._admission.path)

    @contextmanager
    def _aborting(self) -> Iterator[None]:
        """End the session if the body fails: bytes that went missing must never be committed."""
        try:
            yield
        except BaseException as error:
            self._throw_away()
            if isinstance(error, Exception):
                self._acts.refused(self._admission.context, error)
            raise

    def _take(self, data: bytes) -> None:
        """Hold the first bytes back until they tell the type; hand on all others."""
        if self._writer is None:
            self._head += data
            if len(self._head) < limits.SNIFF_BYTES:
                return
            data, self._head = self._head, b""
            self._writer = self._begin(data)
        self._writer.write(data)

    def _begin(self, head: bytes) -> StagedWriter:
        """Settle the type and open the staged file."""
        self._settle_type(head)
        return self._backend.stage(self._staged_id)

    def _settle_type(self, head: bytes) -> None:
        """Sniff the type if nobody gave it, and check it."""
        if self._mime_type is None:
            self._mime_type = sniff(head[: limits.SNIFF_BYTES], self._admission.path)
            check_mime(self._admission.bucket, self._mime_type, self._admission.path)

    def _finish(self) -> Staged:
        """Write what is still held back and make everything durable."""
        if self._writer is not None:
            return self._writer.finish()
        self._settle_type(self._head)
        staged = self._backend.stage_bytes(self._staged_id, self._head)
        self._backend.flush([self._staged_id])
        return staged

    def _content(self, staged: Staged) -> NewContent:
        """Return what is to be committed."""
        options = self._admission.options
        modified_us = None if options.modified_at is None else from_datetime(options.modified_at)
        mime_type = self._mime_type or "application/octet-stream"
        return NewContent(self._admission.path, staged, mime_type, modified_us, options)


class Uploads:
    """Begins uploads.

    Args:
        executor: For look-ups.
        admissions: Makes the checks before the first byte.
        backend: Where bytes are staged.
        committer: Writes the rows.
        stored: Told of every stored object.
    """

    def __init__(
        self,
        executor: Executor,
        admissions: Admissions,
        backend: StorageBackend,
        committer: Committer,
        stored: Publisher,
    ) -> None:
        self._executor = executor
        self._admissions = admissions
        self._backend = backend
        self._committer = committer
        self._stored = stored

    def begin(
        self, bucket: str, path: str, context: RlsContext, options: UploadOptions, size_hint: int | None = None
    ) -> UploadSession:
        """Check everything that can be checked before the first byte, and open a session.

        Raises:
            BucketNotFound: There is no such bucket.
            Unauthorized: The caller may not add objects.
            InvalidKey: The path breaks the rules.
            UnsupportedMediaType: The bucket does not take the type given.
            PayloadTooLarge: The bucket does not take this size.
            ObjectAlreadyExists: The path is taken and replacing was not asked for.
        """
        admission = self._admissions.admit(bucket, path, context, options, size_hint)
        return UploadSession(admission, self._executor, self._backend, self._committer, self._stored)

    def upload(
        self,
        bucket: str,
        path: str,
        source: Path | bytes | BinaryIO,
        context: RlsContext,
        options: UploadOptions,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        """Store one object from a file, from bytes, or from an open binary file.

        Raises:
            SourceUnreadable: The file cannot be read or is none.
            SourceChanged: It changed while it was read.
            Cancelled: `cancel` was used.
            StorageError: As `begin` and `UploadSession.commit`.
        """
        token = cancel or CancelToken()
        if isinstance(source, Path):
            return self._upload_path(bucket, path, source, context, options, progress, token)
        size_bytes = len(source) if isinstance(source, bytes) else None
        with self.begin(bucket, path, context, options, size_bytes) as session:
            for part in [source] if isinstance(source, bytes) else _parts_of(source):
                token.raise_if_cancelled()
                session.write(part)
                if progress is not None:
                    done_bytes = session.bytes_written
                    progress(Progress(done_bytes, size_bytes, current=path, finalising=done_bytes == size_bytes))
            token.raise_if_cancelled()
            return session.commit(token)

    def mark_folder(self, bucket: str, prefix: str, context: RlsContext) -> None:
        """Store the mark of an empty folder, an object of no bytes; one that exists is left alone.

        Raises:
            StorageError: As `begin`.
        """
        with contextlib.suppress(ObjectAlreadyExists):
            self.upload(bucket, prefix, b"", context, UploadOptions(_MARKER_TYPE))

    def _upload_path(
        self,
        bucket: str,
        path: str,
        source: Path,
        context: RlsContext,
        options: UploadOptions,
        progress: ProgressCallback | None,
        cancel: CancelToken,
    ) -> StorageObject:
        """Store one file the fast way: the kernel copies, the type is sniffed from its head."""
        admission = self._admissions.admit(bucket, path, context, options)
        with SourceFile(source) as file:
            mime_type = options.mime_type or sniff(file.read(limits.SNIFF_BYTES), path)
            check_mime(admission.bucket, mime_type, path)
            check_size(admission.bucket, file.size_bytes, path)
            content = self._stage_file(admission, file, mime_type, progress, cancel)
        stored, replaced = self._committer.commit_one(
            admission.bucket, content, context, replace=options.replace, cancel=cancel
        )
        self._stored(stored, replaced)
        return stored

    def _stage_file(
        self,
        admission: Admission,
        file: SourceFile,
        mime_type: str,
        progress: ProgressCallback | None,
        cancel: CancelToken,
    ) -> NewContent:
        """Stage an open file, durably, and make sure that it stayed as it was."""
        staged_id = new_id()
        options = admission.options
        modified_us = file.modified_us if options.modified_at is None else from_datetime(options.modified_at)

        def monitor(done_bytes: int) -> None:
            cancel.raise_if_cancelled()
            if progress is not None:
                finalising = done_bytes >= file.size_bytes
                progress(Progress(done_bytes, file.size_bytes, current=admission.path, finalising=finalising))

        try:
            staged = self._backend.ingest(staged_id, file.stream(), file.size_bytes, monitor)
            file.check_unchanged(staged.size_bytes)
            file.check_ended()
            self._backend.flush([staged_id])
            cancel.raise_if_cancelled()
        except BaseException:
            self._backend.discard(staged_id)
            raise
        return NewContent(admission.path, staged, mime_type, modified_us, options, file.name)


def _parts_of(source: BinaryIO) -> Iterator[bytes]:
    """Yield what a file object still holds.

    Raises:
        SourceUnreadable: The system refused, or the file object has nothing to give yet.
    """
    while True:
        try:
            data = source.read(limits.HASH_CHUNK_BYTES)
        except OSError as error:
            raise SourceUnreadable(f"Cannot read the source ({error.strerror or error})") from error
        if data is None:
            raise SourceUnreadable("Cannot read the source (it is not ready)")
        if not data:
            return
        yield data
