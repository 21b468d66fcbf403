"""Resumable uploads: what callers see of them, and how they are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.errors import Conflict, NotFound


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
    """

    id: str
    bucket: str
    path: str
    size_bytes: int | None
    offset_bytes: int
    note: str
    object_id: str | None
    expires_at: datetime

    @property
    def is_complete(self) -> bool:
        """Whether the object is stored."""
        return self.object_id is not None


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
