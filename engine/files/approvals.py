"""Uploads that are allowed beforehand, for others to bring the bytes: whoever comes with them then is asked nothing.

So everything is asked now that would be asked of the caller at the end. What policies say of content that nobody has
yet finds NULL, and is met by no more than NULL meets in PostgreSQL.
"""

from __future__ import annotations

from typing import Final

from engine.errors import ObjectAlreadyExists, Unauthorized
from engine.files.candidates import Candidate, check_writable, reached_by
from engine.files.contents import metadata_text
from engine.files.records import find_record
from engine.ids import new_id
from engine.metadata.executor import Executor, Transaction
from engine.permissions.rows import Command
from engine.permissions.rules import WRITE_DENIED
from engine.times import now_us
from engine.types import Bucket, RlsContext, StorageObject, UploadOptions

_SYSTEM: Final = RlsContext.service()


def check_approved(executor: Executor, bucket: Bucket, path: str, context: RlsContext, options: UploadOptions) -> None:
    """Refuse an upload that the caller may not let others make.

    Args:
        executor: For rows.
        bucket: Where to.
        path: The object.
        context: Who allows it.
        options: Whether it may replace one that exists.

    Raises:
        Unauthorized: The caller may not make it, or no policy can tell without its bytes.
        ObjectAlreadyExists: The path is taken, and replacing was not asked for.
    """
    with executor.snapshot(context) as tx:
        new = _candidate(path, context.user_id, options)
        check_writable(tx, bucket, Command.INSERT, [new], seen=options.replace)
        record = find_record(tx.as_caller(_SYSTEM), bucket, path)
        if record is None:
            return
        if not options.replace:
            raise ObjectAlreadyExists("The resource already exists", path=path)
        _check_replaceable(tx, bucket, record.info, options)


def _check_replaceable(tx: Transaction, bucket: Bucket, there: StorageObject, options: UploadOptions) -> None:
    """Refuse to replace what the caller may not replace."""
    if there.id not in reached_by(tx, bucket, Command.UPDATE, [there.id]):
        raise Unauthorized(WRITE_DENIED, path=there.path)
    changed = _candidate(there.path, there.owner_id, options, there)
    check_writable(tx, bucket, Command.UPDATE, [changed], seen=True)


def _candidate(
    path: str, owner_id: str | None, options: UploadOptions, there: StorageObject | None = None
) -> Candidate:
    """Return the row as it will be, as far as that is known."""
    version, now = new_id(), now_us()
    return Candidate(
        path=path,
        owner_id=owner_id,
        mime_type=options.mime_type,
        size_bytes=None,
        id=version if there is None else there.id,
        cache_control=options.cache_control,
        version=version,
        user_metadata=metadata_text(options),
        created_at=now if there is None else there.created_us,
        updated_at=now,
    )
