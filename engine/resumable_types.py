"""Resumable uploads: what callers see of them, and how they are refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from engine.errors import Conflict, NotFound, RequestFault


@dataclass(frozen=True, slots=True)
class ResumableUpload:
    """An upload that comes in parts, perhaps over days.

    Attributes:
        id: What it is asked for by; nobody can guess it.
        bucket: Name of the bucket.
        path: The object that it becomes.
        size_bytes: How many bytes there will be, or None while nobody has said.
        offset_bytes: How many of them are durable: where to go on.
        note: What the caller wanted to be told again.
        object_id: What it became, or None.
        expires_at: When it is thrown away, unless more bytes come.
        limit_bytes: How many it may have at most, where that was just looked up and there is a bound.
        is_finishing: Whether all bytes are there, beyond `offset_bytes`, and nobody knows yet what becomes of them.
        refusal: Why it was not stored when all bytes were there; it takes no more.
    """

    id: str
    bucket: str
    path: str
    size_bytes: int | None
    offset_bytes: int
    note: str
    object_id: str | None
    expires_at: datetime
    limit_bytes: int | None = None
    is_finishing: bool = False
    refusal: RequestFault | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the object is stored."""
        return self.object_id is not None


def upload_name(upload_id: str) -> str:
    """Return what log and audit call an upload: its id alone lets whoever has no user go on with it.

    Args:
        upload_id: Or what somebody takes for one.
    """
    return f"upload:{hashlib.sha256(upload_id.encode(errors='replace')).hexdigest()[:16]}"


class UploadNotFound(NotFound):
    """No such upload, or somebody else's, or its time is over."""

    code = "NoSuchUpload"


class UploadBusy(Conflict):
    """Somebody is adding to the upload at this moment."""

    code = "ResourceLocked"
    retryable = True


class OffsetConflict(Conflict):
    """The upload is not as long as the caller thinks."""

    code = "OffsetConflict"


class TooManyUploads(RequestFault):
    """The caller has as many uploads open as one may have."""

    code = "TooManyUploads"
    retryable = True
