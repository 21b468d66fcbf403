"""The rows of resumable uploads. All statements see everything: whose an upload is, its holder says.

`offset_bytes` is a promise: so many bytes of the part are durable. It is never the whole length before the object is
stored, so that nobody takes an upload for complete whose object is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from engine.errors import NotFound, RequestFault
from engine.files.contents import Committed
from engine.files.mutations import Mutation
from engine.files.resumable.finishing import Finishing, read_refusal, written_refusal
from engine.metadata.executor import AnyRow, Transaction
from engine.metadata.tables import storage_buckets, storage_resumable_uploads
from engine.resumable_types import ResumableUpload, UploadNotFound, upload_name
from engine.times import from_datetime, to_datetime
from engine.types import UploadOptions

_U: Final = storage_resumable_uploads.c
_B: Final = storage_buckets.c
_FIND: Final = (
    select(storage_resumable_uploads, _B.name.label("bucket"))
    .join(storage_buckets, _B.id == _U.bucket_id)
    .where(_U.id == bindparam("upload_id"))
)


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A resumable upload as its row tells it.

    Attributes:
        id: Also that of its part.
        bucket_id: Where to.
        bucket: That bucket's name, which may change.
        path: To what.
        holder: Who may go on.
        size_bytes: Of the whole, or None while nobody has said.
        offset_bytes: How many of them are durable.
        options: How it will be stored.
        note: What the holder wants to be told again.
        object_id: What it became, or None.
        expires_us: When it is thrown away.
        counted_for: Whose open uploads it is one of, or None for nobody's.
        finishing: Who brought the last byte of a whole that waits to be stored, or None.
        refusal: Why it was not stored when it was whole, or None.
    """

    id: str
    bucket_id: str
    bucket: str
    path: str
    holder: str
    size_bytes: int | None
    offset_bytes: int
    options: UploadOptions
    note: str
    object_id: str | None
    expires_us: int
    counted_for: str | None = None
    finishing: Finishing | None = None
    refusal: RequestFault | None = None

    @property
    def told(self) -> ResumableUpload:
        """What callers see of it."""
        return ResumableUpload(
            self.id,
            self.bucket,
            self.path,
            self.size_bytes,
            self.offset_bytes,
            self.note,
            self.object_id,
            to_datetime(self.expires_us),
            is_finishing=self.finishing is not None,
            refusal=self.refusal,
        )


def add_row(tx: Transaction, row: UploadRow, now_us: int) -> None:
    """Add an upload."""
    options = row.options
    values = {
        "id": row.id,
        "bucket_id": row.bucket_id,
        "path": row.path,
        "holder": row.holder,
        "size_bytes": row.size_bytes,
        "offset_bytes": row.offset_bytes,
        "mime_type": options.mime_type,
        "cache_control": options.cache_control,
        "user_metadata": dict(options.user_metadata),
        "modified_at": None if options.modified_at is None else from_datetime(options.modified_at),
        "replaces": options.replace,
        "note": row.note,
        "object_id": row.object_id,
        "created_at": now_us,
        "expires_at": row.expires_us,
        "counted_for": row.counted_for,
    }
    tx.execute(insert(storage_resumable_uploads).values(values))


def find_row(tx: Transaction, upload_id: str, holder: str | None, now_us: int) -> UploadRow:
    """Return an upload; without a holder anybody's.

    Raises:
        UploadNotFound: There is none, it is another holder's, or its time is over.
    """
    row = tx.execute(_FIND, {"upload_id": upload_id}).one_or_none()
    if row is None or holder not in (None, row.holder) or row.expires_at <= now_us:
        raise not_found(upload_id)
    return _row_of(row)


def note_progress(tx: Transaction, row: UploadRow, offset_bytes: int, size_bytes: int | None, expires_us: int) -> None:
    """Write down how many bytes are durable.

    Raises:
        UploadNotFound: The upload was ended meanwhile.
    """
    statement = update(storage_resumable_uploads).where(_U.id == row.id, _U.object_id.is_(None))
    changed = tx.execute(
        statement.values(offset_bytes=offset_bytes, size_bytes=size_bytes, expires_at=expires_us)
    ).rowcount
    if not changed:
        raise not_found(row.id)


def note_whole(tx: Transaction, row: UploadRow, finishing: Finishing | None, expires_us: int) -> None:
    """Write down that all bytes are durable and wait to be stored, or that they do so no more.

    Raises:
        UploadNotFound: The upload was ended meanwhile.
    """
    statement = update(storage_resumable_uploads).where(_U.id == row.id, _U.object_id.is_(None))
    values = {"finishing": None if finishing is None else finishing.written, "expires_at": expires_us}
    if not tx.execute(statement.values(values)).rowcount:
        raise not_found(row.id)


def note_refused(tx: Transaction, row: UploadRow, refusal: RequestFault, expires_us: int) -> None:
    """Write down why a whole upload is not stored, for whoever comes back to hear of it; it is not open any more."""
    statement = update(storage_resumable_uploads).where(_U.id == row.id, _U.object_id.is_(None))
    done = {"counted_for": None, "finishing": None, "expires_at": expires_us}
    tx.execute(statement.values(refusal=written_refusal(refusal), **done))


def finishing_ids(tx: Transaction, now_us: int, at_most: int) -> list[str]:
    """Return uploads that wait to be stored, the oldest first, up to a number."""
    waiting = select(_U.id).where(_U.finishing.is_not(None), _U.expires_at > now_us)
    return list(tx.execute(waiting.order_by(_U.created_at).limit(at_most)).scalars())


def note_stored(change: Mutation, row: UploadRow, stored: Committed, expires_us: int) -> None:
    """Write down what an upload became, in the transaction that stores it.

    Raises:
        UploadNotFound: The upload was ended meanwhile.
    """
    size_bytes = stored.content.staged.size_bytes
    statement = update(storage_resumable_uploads).where(_U.id == row.id, _U.object_id.is_(None))
    values = {"offset_bytes": size_bytes, "size_bytes": size_bytes, "object_id": stored.object_id}
    done = {"counted_for": None, "finishing": None, "expires_at": expires_us}
    if not change.system.execute(statement.values(**values, **done)).rowcount:
        raise not_found(row.id)


def remove_row(tx: Transaction, upload_id: str) -> bool:
    """Remove an upload and return whether it was there."""
    return bool(tx.execute(delete(storage_resumable_uploads).where(_U.id == upload_id)).rowcount)


def remove_expired(tx: Transaction, now_us: int, at_most: int) -> int:
    """Remove uploads whose time is over, and return how many that were."""
    over = select(_U.id).where(_U.expires_at <= now_us).limit(at_most)
    return tx.execute(delete(storage_resumable_uploads).where(_U.id.in_(over))).rowcount


def known_ids(tx: Transaction) -> set[str]:
    """Return all uploads that may still take bytes."""
    return set(tx.execute(select(_U.id).where(_U.object_id.is_(None))).scalars())


def not_found(upload_id: str) -> NotFound:
    """Return the error for an upload that is not there for whoever asks."""
    return UploadNotFound("Upload not found", path=upload_name(upload_id))


def _row_of(row: AnyRow) -> UploadRow:
    modified_at = None if row.modified_at is None else to_datetime(row.modified_at)
    options = UploadOptions(row.mime_type, row.replaces, row.cache_control, row.user_metadata, modified_at)
    return UploadRow(
        row.id,
        row.bucket_id,
        row.bucket,
        row.path,
        row.holder,
        row.size_bytes,
        row.offset_bytes,
        options,
        row.note,
        row.object_id,
        row.expires_at,
        row.counted_for,
        None if row.finishing is None else Finishing.read(row.finishing),
        None if row.refusal is None else read_refusal(row.refusal),
    )
