"""Reading one object: permission, row, bytes, checksum on demand.

A reader holds the bytes of exactly the row that it shows: after opening, the row is looked at again, and if a commit
came in between the look-up and the opening, both are done anew.

Source: specification, "Download Flow".
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import bindparam, select

from engine import limits
from engine.backends.base import BackendReader, StorageBackend
from engine.errors import BucketNotFound, BytesMissing, ChecksumMismatch, ObjectNotFound
from engine.files.journal import Journal
from engine.files.quarantine import Quarantine
from engine.files.records import ObjectRecord, find_bucket, find_record
from engine.files.settle import Settler
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_objects
from engine.paths import validate_object_path
from engine.signed_url import UrlSigner
from engine.types import RlsContext, SignedUrl, StorageObject

_SYSTEM: Final = RlsContext.service()
_PLACE_NOW: Final = select(storage_objects.c.version, storage_objects.c.physical_path).where(
    storage_objects.c.id == bindparam("wanted")
)
_ATTEMPTS: Final = 20
_PAUSE_S: Final = 0.02
_PATIENCE: Final = 3
"""Attempts before the reader stops waiting for whoever moves the bytes, and moves them itself."""


class ObjectReader:
    """Reads one object; keeps the bytes it began with, whatever happens to the object meanwhile.

    Sequential reading and `read_at` are independent. One thread at a time, but for `read_at`.

    Attributes:
        info: The object as it was when it was opened.
        on_close: Told how many bytes were read when it is closed, unless nothing was; None: nobody is.
    """

    def __init__(self, info: StorageObject, reader: BackendReader, *, verify: bool = False) -> None:
        self.info = info
        self._reader = reader
        self._offset = 0
        self._sha256 = hashlib.sha256() if verify else None
        self.on_close: Callable[[int], None] | None = None
        self._read_bytes: int | None = None

    def __enter__(self) -> ObjectReader:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return self._reader.size_bytes

    def read(self, count: int = -1) -> bytes:
        """Return the next `count` bytes, or all that are left.

        Raises:
            ChecksumMismatch: The end was reached and the bytes are not those that were stored (`verify`).
            IoError: The system refused.
        """
        left = self.size - self._offset
        wanted = left if count < 0 else min(count, left)
        data = self._reader.read_at(self._offset, wanted)
        self._advance(data, wanted)
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` with the next bytes and return how many there were.

        Raises:
            ChecksumMismatch: As `read`.
            IoError: The system refused.
        """
        view = memoryview(buffer)
        count = self._reader.readinto_at(self._offset, view)
        self._advance(view[:count], len(view))
        return count

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`, fewer only at the end. Never verified."""
        data = self._reader.read_at(offset, max(0, min(count, self.size - offset)))
        self._read_bytes = (self._read_bytes or 0) + len(data)
        return data

    def chunks(self, chunk_bytes: int = limits.HASH_CHUNK_BYTES) -> Iterator[bytes]:
        """Yield what is left, in parts.

        Raises:
            ChecksumMismatch: As `read`.
            IoError: The system refused.
        """
        while data := self.read(chunk_bytes):
            yield data

    def fileno(self) -> int | None:
        """Return a descriptor of exactly these bytes, or None; it stays the reader's."""
        return self._reader.fileno()

    @property
    def source(self) -> BackendReader:
        """Return the backend's own reader, for copies inside the store."""
        return self._reader

    def close(self) -> None:
        """Release the bytes; safe to call again."""
        self._reader.close()
        told, self.on_close = self.on_close, None
        if told is not None and self._read_bytes is not None:
            told(self._read_bytes)

    def _advance(self, data: bytes | memoryview, wanted: int) -> None:
        """Move on and, at the end, hold the bytes against their checksum."""
        self._offset += len(data)
        self._read_bytes = (self._read_bytes or 0) + len(data)
        if self._sha256 is None:
            return
        self._sha256.update(data)
        if self._offset >= self.size or (wanted and not data):
            check_checksum(self.info, self._sha256.hexdigest())
            self._sha256 = None


class Downloads:
    """Opens objects for reading.

    Args:
        executor: For rows.
        backend: For bytes.
        journal: Which commits are wholly done.
        settler: For bytes that a dead process left on their way.
        signer: For links.
        quarantine: Which objects have lost their bytes.
    """

    def __init__(
        self,
        executor: Executor,
        backend: StorageBackend,
        journal: Journal,
        settler: Settler,
        signer: UrlSigner,
        quarantine: Quarantine,
    ) -> None:
        self._executor = executor
        self._backend = backend
        self._journal = journal
        self._settler = settler
        self._signer = signer
        self._quarantine = quarantine

    def info(self, bucket: str, path: str, context: RlsContext, *, public_only: bool = False) -> StorageObject:
        """Return an object's row.

        Raises:
            BucketNotFound: There is no such bucket, or it is not public (`public_only`).
            ObjectNotFound: There is no such object that the caller may see.
        """
        (info,) = self._quarantine.marked([self._find(bucket, path, context, public_only=public_only).info])
        return info

    def sign(self, bucket: str, path: str, context: RlsContext, expires_in_s: int) -> SignedUrl:
        """Make a link to an object that the row rules alone show to the caller.

        A public bucket is read by everybody and signed for by nobody else: a link would outlive the flag.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object that the rules show to the caller.
            InvalidRequest: The life is out of range.
        """
        info = self._find(bucket, path, context, heed_public=False).info
        return self._signer.sign(info.bucket, info.path, expires_in_s)

    def open(
        self, bucket: str, path: str, context: RlsContext, *, verify: bool = False, public_only: bool = False
    ) -> ObjectReader:
        """Open an object that the caller may read, by the row rules or because its bucket is public.

        Raises:
            BucketNotFound: There is no such bucket, or it is not public (`public_only`).
            ObjectNotFound: There is no such object that the caller may see.
            BytesMissing: The row is there, its bytes are not.
        """
        validate_object_path(path)
        for attempt in range(_ATTEMPTS):
            version = self._executor.data_version()
            record = self._find(bucket, path, context, public_only=public_only)
            reader = self._open_bytes(record)
            if reader is not None and (self._executor.data_version() == version or self._is_current(record)):
                (info,) = self._quarantine.marked([record.info])
                return ObjectReader(info, reader, verify=verify)
            if reader is not None:
                reader.close()
                continue
            if attempt == _PATIENCE and record.journal_id is not None:
                self._settler.settle(record.journal_id, eager=True)
            if record.staging is None and attempt > _PATIENCE:
                break
            time.sleep(_PAUSE_S)
        raise BytesMissing("The stored bytes are missing", path=f"{bucket}/{path}")

    def open_public(self, bucket: str, path: str) -> ObjectReader:
        """Open an object of a public bucket for somebody unknown.

        Raises:
            BucketNotFound: There is no such bucket, or it is not public.
            ObjectNotFound: There is no such object.
        """
        return self.open(bucket, path, RlsContext.anonymous(), public_only=True)

    def open_signed(self, bucket: str, path: str, *, method: str, token: str, expires: str) -> ObjectReader:
        """Open what a signed link opens, beside all row rules.

        Raises:
            InvalidLink: The link is malformed, over, or for something else.
            ObjectNotFound: The object is gone.
        """
        self._signer.verify(bucket, path, method=method, token=token, expires=expires)
        return self.open_granted(bucket, path)

    def open_granted(self, bucket: str, path: str) -> ObjectReader:
        """Open an object for a caller whose right was verified elsewhere.

        Raises:
            BucketNotFound: There is no such bucket.
            ObjectNotFound: There is no such object.
        """
        return self.open(bucket, path, _SYSTEM)

    def _find(
        self, bucket: str, path: str, context: RlsContext, *, public_only: bool = False, heed_public: bool = True
    ) -> ObjectRecord:
        """Return the row of an object that the caller may read."""
        with self._executor.snapshot(_SYSTEM) as tx:
            found = find_bucket(tx, bucket)
            if public_only and not found.public:
                raise BucketNotFound("Bucket not found", path=bucket)
            record = find_record(
                tx if found.public and heed_public else tx.as_caller(context).within(found), found, path
            )
        if record is None:
            raise ObjectNotFound("Object not found", path=path)
        return record

    def _open_bytes(self, record: ObjectRecord) -> BackendReader | None:
        """Open the bytes where they should be: in staging while their commit is open, else under their key."""
        if record.staging is not None and not self._journal.is_finished(record.journal_id):
            staged = self._backend.open_staged(record.staging, record.info.version)
            if staged is not None:
                return staged
        return self._backend.open(record.physical_path)

    def _is_current(self, record: ObjectRecord) -> bool:
        """Return whether the row still says what it said before the bytes were opened."""
        with self._executor.snapshot(_SYSTEM) as tx:
            row = tx.execute(_PLACE_NOW, {"wanted": record.info.id}).one_or_none()
        return row is not None and row[0] == record.info.version and row[1] == record.physical_path


def check_checksum(info: StorageObject, checksum: str) -> None:
    """Refuse bytes that are not those that were stored.

    Raises:
        ChecksumMismatch: The checksums differ.
    """
    if checksum != info.checksum:
        raise ChecksumMismatch("The stored bytes were changed or damaged", path=f"{info.bucket}/{info.path}")
