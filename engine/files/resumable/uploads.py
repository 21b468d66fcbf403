"""`ResumableUploads`: begins, tells of, goes on with and ends uploads that come in parts.

An upload belongs to whoever began it: for all others it is not there. What may be uploaded is asked when it begins,
each time it goes on, and at the end, of whoever brings the last byte; if that is stored later, also whether they would
be let in then.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final

from engine import limits
from engine.acts import act
from engine.backends.base import Part
from engine.context import Act, Operation
from engine.errors import InvalidRequest, RequestFault, StorageError, Unauthorized
from engine.files.admissions import Admission, Admissions
from engine.files.contents import NewContent
from engine.files.resumable.counting import check_room, counted_for, holder_of
from engine.files.resumable.finishing import Finishing
from engine.files.resumable.means import Means
from engine.files.resumable.rows import (
    UploadRow,
    add_row,
    find_row,
    finishing_ids,
    not_found,
    note_whole,
    remove_row,
)
from engine.files.resumable.session import ResumableSession
from engine.files.rules import check_mime
from engine.identities.standing import still_counts
from engine.ids import new_id
from engine.mime import sniff
from engine.resumable_types import OffsetConflict, ResumableUpload, UploadBusy, upload_name
from engine.times import from_datetime
from engine.types import RlsContext, UploadOptions

_SYSTEM: Final = RlsContext.service()
_ID_BYTES: Final = 24
_DEFAULTS: Final = UploadOptions()
_NAMED: Final = {"upload_id": upload_name}


class ResumableUploads:
    """The use case. Any thread.

    Args:
        means: What sessions stand on.
        admissions: Makes the checks before the first byte.
    """

    def __init__(self, means: Means, admissions: Admissions) -> None:
        self._means = means
        self._executor = means.executor
        self._admissions = admissions

    @property
    def limit_bytes(self) -> int | None:
        """How large an upload may be in any bucket, or None for no bound."""
        return self._admissions.limit_bytes()

    @act(Operation.TUS_CREATE, path="path")
    def begin(
        self,
        bucket: str,
        path: str,
        context: RlsContext,
        options: UploadOptions = _DEFAULTS,
        *,
        size_bytes: int | None = None,
        holder: str | None = None,
        note: str = "",
    ) -> ResumableUpload:
        """Begin an upload; one of no bytes is stored at once.

        Args:
            bucket: Name or id.
            path: The object that it will become.
            context: Who asks.
            options: How it will be stored.
            size_bytes: How many bytes there will be, or None if that is said later.
            holder: Who may go on, if that is not simply the caller.
            note: What the caller wants to be told again.

        Raises:
            BucketNotFound: There is no such bucket.
            Unauthorized: The caller may not add objects.
            InvalidKey: The path breaks the rules.
            InvalidRequest: A negative size, or too long a note.
            UnsupportedMediaType: The bucket does not take the type given.
            PayloadTooLarge: The bucket does not take this size.
            ObjectAlreadyExists: The path is taken and replacing was not asked for.
            TooManyUploads: The caller has enough of them open.
        """
        if (size_bytes or 0) < 0 or len(note) > limits.RESUMABLE_NOTE_MAX_CHARS:
            raise InvalidRequest("The upload cannot be of that size, or with so long a note", path=path)
        admission = self._admissions.admit(bucket, path, context, options, size_bytes)
        row = UploadRow(
            id=secrets.token_urlsafe(_ID_BYTES),
            bucket_id=admission.bucket.id,
            bucket=admission.bucket.name,
            path=path,
            holder=holder or holder_of(context),
            size_bytes=size_bytes,
            offset_bytes=0,
            options=options,
            note=note,
            object_id=None,
            expires_us=self._means.expiry_us(),
            counted_for=counted_for(context, holder),
        )
        if size_bytes == 0:
            return self._store_empty(admission, row)
        with self._executor.transaction(context) as tx:
            if row.counted_for is not None:
                check_room(tx, row.counted_for, self._means.now())
            add_row(tx, row, self._means.now())
            tx.note(bucket_id=row.bucket_id, bucket=row.bucket, upload_id=upload_name(row.id))
        return replace(row.told, limit_bytes=self._admissions.limit_bytes(admission.bucket))

    @act(Operation.TUS_GET, None, named=_NAMED)
    def find(self, upload_id: str, context: RlsContext, *, holder: str | None = None) -> ResumableUpload:
        """Return an upload as it is now.

        Args:
            upload_id: Which.
            context: Who asks.
            holder: As `begin`.

        Raises:
            UploadNotFound: There is none that is the holder's and not over.
        """
        return self._row(upload_id, holder or holder_of(context)).told

    @act(Operation.TUS_PART, None, named=_NAMED, silent=True)
    def resume(
        self,
        upload_id: str,
        offset_bytes: int,
        context: RlsContext,
        *,
        holder: str | None = None,
        size_bytes: int | None = None,
        whole: bool = False,
    ) -> ResumableSession:
        """Hold an upload, to add to it.

        Args:
            upload_id: Which.
            offset_bytes: How many bytes the caller takes to be there.
            context: Who asks; owns the object if these are the last bytes.
            holder: As `begin`.
            size_bytes: How many bytes there will be, where `begin` left that open.
            whole: Whether what comes counts only when all of it has come.

        Raises:
            UploadNotFound: There is none that is the holder's and not over, or its bytes are gone.
            UploadBusy: Somebody else holds it.
            OffsetConflict: It is longer or shorter, or complete.
            RequestFault: It was refused when all of it was there; this is why.
            InvalidRequest: Another size was said before.
            StorageError: As `begin`.
        """
        known_by = holder or holder_of(context)
        row = self._row(upload_id, known_by)
        _check_offset(row, offset_bytes)
        size_bytes = _settled_size(row, size_bytes)
        context = _in_act(context, row)
        admission = self._admissions.admit(row.bucket_id, row.path, context, row.options, size_bytes)
        part = self._means.backend.hold_part(row.id)
        if part is None:
            raise UploadBusy("Somebody is adding to this upload", path=row.path)
        try:
            row = self._row(upload_id, known_by)  # as it is now that nobody else can add to it
            _check_offset(row, offset_bytes)
            if row.finishing is not None:
                self._take_back(row)
            if part.size_bytes < offset_bytes:
                self._forget(row)
                raise not_found(row.id)  # noqa: TRY301
            part.cut(offset_bytes)
            return ResumableSession(self._means, row, admission, part, size_bytes, whole=whole)
        except BaseException:
            part.close()
            raise

    def finishing(self, at_most: int) -> list[str]:
        """Return uploads whose bytes are all there and that wait to be stored, the oldest first.

        Args:
            at_most: How many.
        """
        with self._executor.snapshot(_SYSTEM) as tx:
            return finishing_ids(tx, self._means.now(), at_most)

    def finish(self, upload_id: str) -> ResumableSession | None:
        """Hold an upload that waits to be stored, to store it in the name of whoever brought the last byte.

        Args:
            upload_id: Which.

        Returns:
            The session, complete; None if it waits no more.

        Raises:
            UploadNotFound: There is none, or its time is over.
            UploadBusy: Somebody is at it.
            RequestFault: It may not be stored by now, and says so.
            EnvironmentFault: Disk or database failed.
        """
        part = self._means.backend.hold_part(upload_id)
        if part is None:
            raise UploadBusy("Somebody is adding to this upload")
        try:
            row = self._row(upload_id, None)
            session = None if row.finishing is None else self._finished(row, row.finishing, part)
        except BaseException:
            part.close()
            raise
        if session is None:
            part.close()
        return session

    def _finished(self, row: UploadRow, finishing: Finishing, part: Part) -> ResumableSession | None:
        """Return the session of a whole upload; one whose bytes are gone is as it was before the last of them."""
        if part.size_bytes != finishing.size_bytes:
            self._take_back(row)
            return None
        context = replace(finishing.caller, act=Act(Operation.TUS_PART.value, row.bucket, row.path))
        try:
            self._check_standing(row, finishing)
            admission = self._admissions.admit(row.bucket_id, row.path, context, row.options, finishing.size_bytes)
        except RequestFault as error:
            self._executor.acts.refused(context, error)
            self._means.refused(row, error, part)
            raise
        return ResumableSession(self._means, row, admission, part, finishing.size_bytes, set_aside=True)

    def _check_standing(self, row: UploadRow, finishing: Finishing) -> None:
        """Refuse to store in the name of somebody who would not be let in any more.

        Raises:
            Unauthorized: Their token has ended, or the user was changed or removed.
        """
        with self._executor.snapshot(_SYSTEM) as tx:
            counts = still_counts(tx, finishing.caller, finishing.since_us, self._means.now())
        if not counts:
            raise Unauthorized("Whoever brought the last byte may not do so any more", path=row.path)

    def _take_back(self, row: UploadRow) -> None:
        """Forget that all bytes are there, before some of them go."""
        with self._executor.transaction(_SYSTEM, quiet=True, lasting=True) as tx:
            note_whole(tx, row, None, row.expires_us)

    @act(Operation.TUS_DELETE, None, named=_NAMED, silent=True)
    def end(self, upload_id: str, context: RlsContext, *, holder: str | None = None) -> None:
        """Throw an upload away; an object that it became stays.

        Args:
            upload_id: Which.
            context: Who asks.
            holder: As `begin`.

        Raises:
            UploadNotFound: There is none that is the holder's and not over.
            UploadBusy: Somebody adds to it.
        """
        row = self._row(upload_id, holder or holder_of(context))
        part = self._means.backend.hold_part(row.id)
        if part is None:
            raise UploadBusy("Somebody is adding to this upload", path=row.path)
        try:
            with self._executor.transaction(_in_act(context, row)) as tx:
                remove_row(tx, row.id)
                tx.note(bucket_id=row.bucket_id, bucket=row.bucket)
            self._means.hashes.keep(row.id, 0, None)
            part.remove()
        finally:
            part.close()

    def _row(self, upload_id: str, holder: str | None) -> UploadRow:
        with self._executor.snapshot(_SYSTEM) as tx:
            return find_row(tx, upload_id, holder, self._means.now())

    def _forget(self, row: UploadRow) -> None:
        """Remove an upload whose bytes are gone: its holder begins again."""
        with self._executor.transaction(_SYSTEM) as tx:
            remove_row(tx, row.id)

    def _store_empty(self, admission: Admission, row: UploadRow) -> ResumableUpload:
        """Store an object of no bytes, and with it the upload that it was."""
        options, backend = row.options, self._means.backend
        mime_type = options.mime_type or sniff(b"", row.path)
        check_mime(admission.bucket, mime_type, row.path)
        staged = backend.stage_bytes(new_id(), b"")
        try:
            backend.flush([staged.staged_id])
        except StorageError:
            backend.discard(staged.staged_id)
            raise
        modified_us = None if options.modified_at is None else from_datetime(options.modified_at)
        content = NewContent(row.path, staged, mime_type, modified_us, options)
        stored, replaced = self._means.committer.commit_one(
            admission.bucket,
            content,
            admission.context,
            replace=options.replace,
            along=lambda change, done: add_row(
                change.system, replace(row, object_id=done.object_id, counted_for=None), self._means.now()
            ),
        )
        self._means.stored(stored, replaced)
        return replace(row, object_id=stored.id).told


def _in_act(context: RlsContext, row: UploadRow) -> RlsContext:
    """Return the caller in their act, with what it is about."""
    operation = Operation.TUS_PART.value if context.act is None else context.act.operation
    return replace(context, act=Act(operation, row.bucket, row.path))


def _check_offset(row: UploadRow, offset_bytes: int) -> None:
    """Refuse to go on anywhere but at the end.

    Raises:
        OffsetConflict: It is longer or shorter, or complete.
        RequestFault: It was refused when it was whole.
    """
    if row.refusal is not None:
        raise row.refusal
    if row.object_id is not None or row.offset_bytes != offset_bytes:
        raise OffsetConflict(f"The upload has {row.offset_bytes} bytes", path=row.path)


def _settled_size(row: UploadRow, said_bytes: int | None) -> int | None:
    """Return how many bytes there will be.

    Raises:
        InvalidRequest: Another size was said before, or fewer bytes than there are.
    """
    if said_bytes is None:
        return row.size_bytes
    if row.size_bytes not in (None, said_bytes) or said_bytes < row.offset_bytes:
        raise InvalidRequest("The upload cannot be of that size", path=row.path)
    return said_bytes
