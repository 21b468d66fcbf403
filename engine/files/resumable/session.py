"""`ResumableSession`: adds to one upload, and stores the object when all of it is there.

What is acknowledged is durable: bytes are flushed before the row says that they are there. The last of them count only
with the object's own commit, so that an upload which is said to be complete always is. A process that dies takes back
what it had not flushed; the next session cuts it off.

The bytes are staged as they are, without a second copy, and go the way of every upload from there.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from engine import limits
from engine.backends.base import Part, Staged
from engine.cancel import CancelToken
from engine.errors import (
    BytesMissing,
    Cancelled,
    CommitInDoubt,
    InvalidRequest,
    PayloadTooLarge,
    RequestFault,
    StorageError,
)
from engine.failpoints import Failpoint
from engine.files.admissions import Admission
from engine.files.contents import NewContent
from engine.files.resumable.finishing import Finishing
from engine.files.resumable.hashes import checksum_of
from engine.files.resumable.means import Means
from engine.files.resumable.rows import UploadRow, note_progress, note_stored, note_whole, remove_row
from engine.files.rules import check_mime, check_size
from engine.ids import new_id
from engine.mime import sniff
from engine.times import from_datetime, to_datetime
from engine.types import RlsContext, StorageObject

_logger = logging.getLogger(__name__)
_SYSTEM: Final = RlsContext.service()


class ResumableSession:
    """Holds one upload and takes its next bytes.

    Calls of one session never run at the same time; any thread may make them. As a context manager it closes itself,
    which keeps what came.

    Args:
        means: What it stands on.
        row: The upload, as it was when the part was held.
        admission: What was found good about it, and who asks.
        part: Held, with exactly the bytes that the row promises.
        size_bytes: How many bytes there will be, or None while nobody has said.
        whole: Whether what comes counts only when all of it has come: nothing is made durable before `close`.
        set_aside: Whether the part is durable as a whole, beyond what the row promises, and only waits to be stored.
    """

    def __init__(
        self,
        means: Means,
        row: UploadRow,
        admission: Admission,
        part: Part,
        size_bytes: int | None,
        *,
        whole: bool = False,
        set_aside: bool = False,
    ) -> None:
        self._means = means
        self._row = row
        self._admission = admission
        self._part = part
        self._size_bytes = size_bytes
        self._whole = whole
        self._began_bytes = row.offset_bytes
        self._noted = row.offset_bytes, row.size_bytes
        self._noted_at_s = time.monotonic()
        self._is_set_aside = set_aside
        self._hash = None if set_aside else means.hashes.take(row.id, row.offset_bytes)
        self._hash_before = self._hash.copy() if self._hash is not None and whole else None
        self._expires_us = row.expires_us
        self._ended = False
        self._is_broken = False

    def __enter__(self) -> ResumableSession:
        """Return the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def offset_bytes(self) -> int:
        """How many bytes have come, of all sessions."""
        return self._part.size_bytes

    @property
    def size_bytes(self) -> int | None:
        """How many bytes there will be, or None while nobody has said."""
        return self._size_bytes

    @property
    def expires_at(self) -> datetime:
        """When the upload is thrown away, as far as that is written down."""
        return to_datetime(self._expires_us)

    @property
    def is_complete(self) -> bool:
        """Whether all bytes have come."""
        return self.offset_bytes == self._size_bytes

    @property
    def is_scanned(self) -> bool:
        """Whether to store it may take longer than its client waits."""
        return self._means.scans

    def write(self, data: bytes) -> None:
        """Append bytes, which must not change afterwards.

        Raises:
            PayloadTooLarge: The upload, or the bucket, takes no more; nothing of `data` was taken.
            UnsupportedMediaType: The first bytes show a type that the bucket does not take.
            EnvironmentFault: The disk or the database refused. `close` keeps what came before, unless it was not made
                durable.
        """
        self._check_open()
        with self._told():
            self._check(data)
            before = self.offset_bytes
            try:
                self._part.write(data)
            except StorageError:
                self._part.cut(before)
                raise
            if self._hash is not None:
                self._hash.update(data)
            if not self._whole and self._is_due():
                self._flush()

    def undo(self) -> None:
        """Forget what came in this session.

        Raises:
            IoError: The system refused.
        """
        self._part.cut(self._began_bytes)
        self._hash = self._hash_before

    def set_aside(self) -> None:
        """Make all of it durable, and write down in whose name it is to be stored: from now on that needs no client.

        Raises:
            EnvironmentFault: Disk or database refused; the upload is as it was last said to be.
        """
        self._check_complete()
        self._is_broken = True
        self._part.flush()
        self._is_broken = False
        expires_us = self._means.expiry_us()
        finishing = Finishing(self.offset_bytes, self._admission.context, self._means.now())
        with self._means.executor.transaction(_SYSTEM, quiet=True, lasting=True) as tx:
            note_whole(tx, self._row, finishing, expires_us)
        self._is_set_aside, self._expires_us = True, expires_us

    def commit(self, cancel: CancelToken | None = None) -> StorageObject:
        """Store the object. Ends the session.

        Args:
            cancel: Ends a scan that goes on; the upload is as it was last said to be then, or stays set aside.

        Returns:
            The object, which survives a power cut.

        Raises:
            RequestFault: It may not be stored; the upload is gone, or says so if it was set aside.
            Cancelled: `cancel` was used in time.
            EnvironmentFault: Disk or database failed; the upload is as it was last said to be.
        """
        self._check_complete()
        try:
            with self._told():
                stored, replaced = self._stored(cancel)
        except (Cancelled, CommitInDoubt):
            raise
        except RequestFault as error:
            self._end_refused(error)
            raise
        except StorageError:
            self._give_up()
            raise
        finally:
            self._ended = True
            self._part.close()
        self._means.stored(stored, replaced)
        return stored

    def close(self) -> None:
        """Make what came durable, say so, and let go of the upload; safe to call again.

        After a flush that failed nothing more is promised: the system tells of lost bytes once, and a second flush
        would succeed without them.

        Raises:
            EnvironmentFault: Disk or database refused; the upload is as it was last said to be.
        """
        if self._ended:
            return
        self._ended = True
        try:
            if self._is_broken:
                return
            self._flush()
            self._means.hashes.keep(self._row.id, self.offset_bytes, self._hash)
        finally:
            self._part.close()

    def _check_complete(self) -> None:
        self._check_open()
        if not self.is_complete:
            raise InvalidRequest("The upload is not complete", path=self._row.path)

    def _check_open(self) -> None:
        if self._ended:
            raise InvalidRequest("The upload has ended", path=self._row.path)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Let the audit know if the body fails."""
        try:
            yield
        except Exception as error:
            self._means.executor.acts.refused(self._admission.context, error)
            raise

    def _check(self, data: bytes) -> None:
        """Refuse bytes that are too many, or show a type that is not taken."""
        end_bytes = self.offset_bytes + len(data)
        if self._size_bytes is not None and end_bytes > self._size_bytes:
            raise PayloadTooLarge("The upload is longer than it was said to be", path=self._row.path)
        check_size(self._admission.bucket, end_bytes, self._row.path)
        if self.offset_bytes == 0 and len(data) >= limits.SNIFF_BYTES:
            self._type_of(data[: limits.SNIFF_BYTES])

    def _type_of(self, head: bytes) -> str:
        """Return the type, sniffed from the first bytes if nobody gave it.

        Raises:
            UnsupportedMediaType: The bucket does not take it.
        """
        mime_type = self._row.options.mime_type or sniff(head, self._row.path)
        check_mime(self._admission.bucket, mime_type, self._row.path)
        return mime_type

    def _is_due(self) -> bool:
        """Return whether what came should be made durable, although more is coming."""
        unsafe_bytes = self.offset_bytes - self._noted[0]
        late = time.monotonic() - self._noted_at_s >= limits.RESUMABLE_FLUSH_S
        return unsafe_bytes >= limits.RESUMABLE_FLUSH_BYTES or late

    def _flush(self) -> None:
        """Make durable what came, and say so, unless that would make the upload complete without its object."""
        state = self.offset_bytes, self._size_bytes
        if self.is_complete or state == self._noted:
            return
        self._is_broken = True
        self._part.flush()
        self._is_broken = False
        expires_us = self._means.expiry_us()
        with self._means.executor.transaction(_SYSTEM, quiet=True, lasting=True) as tx:
            note_progress(tx, self._row, *state, expires_us)
        self._means.failpoints.reach(Failpoint.PART_NOTED)
        self._noted, self._expires_us = state, expires_us
        self._noted_at_s = time.monotonic()

    def _stored(self, cancel: CancelToken | None) -> tuple[StorageObject, bool]:
        """Stage the bytes and commit them; the part goes."""
        means, admission = self._means, self._admission
        staged_id, expires_us = new_id(), means.expiry_us()
        try:
            self._part.stage(staged_id)
            means.backend.flush([staged_id])
            content = self._content(staged_id)
        except BaseException:
            means.backend.discard(staged_id)
            raise
        stored = means.committer.commit_one(
            admission.bucket,
            content,
            admission.context,
            replace=admission.options.replace,
            along=lambda change, done: note_stored(change, self._row, done, expires_us),
            cancel=cancel,
        )
        self._expires_us = expires_us
        means.removed(self._row, self._part)
        return stored

    def _content(self, staged_id: str) -> NewContent:
        """Return what is to be committed; a checksum that was not kept is made by reading everything again."""
        reader = self._means.backend.open_staged(self._means.backend.staging, staged_id)
        if reader is None:
            raise BytesMissing("The bytes of an upload are gone", path=self._row.path)
        try:
            mime_type = self._type_of(reader.read_at(0, limits.SNIFF_BYTES))
            checksum = checksum_of(reader) if self._hash is None else self._hash.hexdigest()
        finally:
            reader.close()
        modified_at = self._row.options.modified_at
        return NewContent(
            self._row.path,
            Staged(staged_id, self.offset_bytes, checksum),
            mime_type,
            None if modified_at is None else from_datetime(modified_at),
            self._row.options,
        )

    def _end_refused(self, error: RequestFault) -> None:
        """Throw the upload away: what its caller may not store is not kept for them."""
        if self._is_set_aside:
            self._means.refused(self._row, error, self._part)
            return
        with self._means.executor.transaction(_SYSTEM) as tx:
            remove_row(tx, self._row.id)
        self._means.removed(self._row, self._part)

    def _give_up(self) -> None:
        """Let whoever comes back send the last bytes again, after a failure that may pass."""
        if not self._is_set_aside:
            return
        try:
            with self._means.executor.transaction(_SYSTEM, quiet=True) as tx:
                note_whole(tx, self._row, None, self._expires_us)
        except StorageError:
            _logger.info("an upload stays set aside, to be stored later", exc_info=True)
