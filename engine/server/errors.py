"""The one place that knows HTTP statuses: every error of the engine and of the server, and its answer.

The faults that only HTTP has are defined here beside the table:

    RequestFault
    ├── NoSuchRoute                   nothing lives at this address
    ├── MethodNotAllowed              something does, but it does not take this method
    ├── RangeNotSatisfiable           the byte range lies outside the object
    ├── ForeignHost, ForeignOrigin    another site's page is asking (DNS rebinding, forged requests)
    ├── PreconditionFailed            If-Match or If-Unmodified-Since says no
    ├── BodyTooLarge                  a JSON body or form field, not an object
    ├── WrongTusVersion               not the version of the protocol for resumable uploads that is spoken here
    ├── NoOffsetBody                  a part of a resumable upload that does not say that it is one
    ├── PartDamaged                   its bytes do not have the checksum that was sent with them
    ├── NotRendered                   no picture can be made of the object
    ├── RelatedResourceNotFound       copy or move names a missing bucket
    └── MoveTargetExists              move onto an existing object
    EnvironmentFault
    └── Overloaded                    too much of the kind is waiting already

Faults of the environment and bugs are described in general words: details are for the log, not for strangers.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from engine import errors
from engine.errors import EnvironmentFault, InvalidRange, ObjectAlreadyExists, RequestFault
from engine.resumable_types import TooManyUploads, UploadBusy
from engine.scanning.errors import InfectedContent, ScannerUnavailable, TooLargeToScan


class NoSuchRoute(RequestFault):
    """Nothing lives at this address."""

    code = "NotFound"


class MethodNotAllowed(RequestFault):
    """The address exists but does not take this method.

    Args:
        allowed: The methods that it takes.
    """

    code = "MethodNotAllowed"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("Method not allowed")
        self.allowed = allowed


class RangeNotSatisfiable(InvalidRange):
    """The byte range lies outside the object.

    Args:
        size_bytes: Length of the object.
    """

    def __init__(self, size_bytes: int) -> None:
        super().__init__("The byte range lies outside the object")
        self.size_bytes = size_bytes


class ForeignHost(RequestFault):
    """The request was meant for another host name (DNS rebinding)."""

    code = "AccessDenied"


class ForeignOrigin(RequestFault):
    """A page of another site asks for a change."""

    code = "AccessDenied"


class PreconditionFailed(RequestFault):
    """The object is not the one that the client expects (RFC 9110 section 13.1)."""

    code = "PreconditionFailed"


class BodyTooLarge(RequestFault):
    """A JSON body or a form field is larger than any honest one."""

    code = "InvalidRequest"


class WrongTusVersion(RequestFault):
    """The client speaks no version of the protocol for resumable uploads, or another one."""

    code = "PreconditionFailed"


class NoOffsetBody(RequestFault):
    """A part of a resumable upload comes as something else."""

    code = "InvalidRequest"


class PartDamaged(RequestFault):
    """The bytes of a part do not have the checksum that was sent with them."""

    code = "ChecksumMismatch"


class NotRendered(RequestFault):
    """No picture can be made of the object: it is none, damaged, too large, or takes too long."""

    code = "ImageProcessingError"


class Overloaded(EnvironmentFault):
    """Too many requests of the kind are waiting already."""

    retryable = True


class RelatedResourceNotFound(RequestFault):
    """A copy or move names a bucket that does not exist."""

    code = "InvalidRequest"


class MoveTargetExists(ObjectAlreadyExists):
    """A move would overwrite an object."""

    code = "ResourceAlreadyExists"


@dataclass(frozen=True, slots=True)
class Answer:
    """How an error is told to a client.

    Attributes:
        status: HTTP status, also sent as text in the body.
        error: Short name that Supabase's clients look at.
        code: Stable name for programs.
        message: One sentence.
    """

    status: int
    error: str
    code: str
    message: str

    def body(self) -> dict[str, str]:
        """Return the JSON object of the answer."""
        return {"statusCode": str(self.status), "error": self.error, "code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table; without an error name the code stands for it, without a message the error's own."""

    status: int
    error: str | None = None
    message: str | None = None


_EXISTS: Final = "The resource already exists"
_DENIED: Final = "Unauthorized"
_INTERNAL: Final = "Internal server error"

_TABLE: Final[dict[type[Exception], _Row]] = {
    errors.BucketNotFound: _Row(404, "Bucket not found", "Bucket not found"),
    errors.ObjectNotFound: _Row(404, "not_found", "Object not found"),
    errors.NotFound: _Row(404, "not_found"),
    NoSuchRoute: _Row(404, "not_found"),
    RelatedResourceNotFound: _Row(404, None, "The related resource does not exist"),
    errors.BucketAlreadyExists: _Row(409, "Duplicate", _EXISTS),
    errors.ObjectAlreadyExists: _Row(409, "Duplicate", _EXISTS),
    errors.BucketNotEmpty: _Row(409, None, "The bucket you tried to delete is not empty"),
    errors.Conflict: _Row(409),
    errors.Unauthorized: _Row(403, _DENIED),
    ForeignHost: _Row(403, _DENIED),
    ForeignOrigin: _Row(403, _DENIED),
    errors.PayloadTooLarge: _Row(413, "Payload too large", "The object exceeded the maximum allowed size"),
    BodyTooLarge: _Row(413, "Payload too large"),
    TooLargeToScan: _Row(413, "Payload too large"),
    InfectedContent: _Row(422),
    errors.UnsupportedMediaType: _Row(415, "invalid_mime_type"),
    errors.InvalidKey: _Row(400),
    errors.InvalidBucketName: _Row(400, "Invalid Input", "Bucket name invalid"),
    errors.InvalidRange: _Row(416),
    errors.InvalidRequest: _Row(400, "Error"),
    errors.InvalidLink: _Row(400),
    errors.RequestFault: _Row(400, "Error"),
    MethodNotAllowed: _Row(405),
    PreconditionFailed: _Row(412),
    WrongTusVersion: _Row(412),
    NoOffsetBody: _Row(415),
    UploadBusy: _Row(423),
    TooManyUploads: _Row(429, "too_many_requests"),
    PartDamaged: _Row(460),
    NotRendered: _Row(422),
    Overloaded: _Row(503, None, "Too many such requests are waiting, try again later"),
    errors.DiskFull: _Row(507, None, "The disk of the server is full"),
    errors.FileTooLarge: _Row(507, None, "The disk of the server does not take a file this large"),
    errors.TooManyOpenFiles: _Row(503, None, "The server has too many files open, try again later"),
    errors.BackendUnreachable: _Row(503, None, "The storage is not reachable, try again later"),
    ScannerUnavailable: _Row(503, None, "Uploads cannot be scanned for viruses at the moment, try again later"),
    errors.DatabaseLocked: _Row(503, None, "The storage is busy, try again later"),
    errors.BytesMissing: _Row(500, None, "The stored bytes of the object are missing"),
    errors.ChecksumMismatch: _Row(500, None, "The stored bytes of the object are damaged"),
    errors.EnvironmentFault: _Row(500, None, _INTERNAL),
}
_BUG: Final = Answer(500, "InternalError", "InternalError", _INTERNAL)


def answers() -> tuple[Answer, ...]:
    """Return the whole table: how each kind of error is told; no message stands for the error's own."""
    return (*(_told(kind, row, "") for kind, row in _TABLE.items() if issubclass(kind, errors.StorageError)), _BUG)


def extra_headers(error: Exception) -> list[tuple[bytes, bytes]]:
    """Return the header fields that the answer to an error needs beside its body.

    Args:
        error: Anything that a handler let through.

    Source: RFC 9110 sections 10.2.1 (Allow), 10.2.3 (Retry-After), 15.5.17 (Content-Range of a 416); tus 1.0.0
        (Tus-Version of a 412).
    """
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", ", ".join(error.allowed).encode())]
    if isinstance(error, WrongTusVersion):
        return [(b"tus-version", b"1.0.0")]
    if isinstance(error, RangeNotSatisfiable):
        return [(b"content-range", b"bytes */%d" % error.size_bytes)]
    if describe(error).status == HTTPStatus.SERVICE_UNAVAILABLE:
        return [(b"retry-after", b"1")]
    return []


def describe(error: Exception) -> Answer:
    """Return how an error is told to a client.

    Args:
        error: Anything that a handler let through.

    Returns:
        The answer; a general 500 for whatever is not in the table.

    Source: the table "Errors" of the HTTP interface; specification, "Error Handling".
    """
    row = next((_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE), None)
    if row is None or not isinstance(error, errors.StorageError):
        return _BUG
    return _told(type(error), row, error.message)


def log_fault(logger: logging.Logger, request_id: str, error: Exception) -> None:
    """Write down why a request failed that is not to blame for it.

    What passes by itself gets a line without a trace: many requests at once would push everything else out of the log.

    Args:
        logger: The module's.
        request_id: Of the request.
        error: Why.
    """
    if isinstance(error, errors.StorageError) and error.retryable:
        logger.warning("Request %s failed: %s", request_id, error.message)
    else:
        logger.error("Request %s failed", request_id, exc_info=error)


def _told(kind: type[errors.StorageError], row: _Row, message: str) -> Answer:
    code = errors.StorageError.code if row.status >= HTTPStatus.INTERNAL_SERVER_ERROR else kind.code
    return Answer(row.status, row.error or code, code, row.message or message)
