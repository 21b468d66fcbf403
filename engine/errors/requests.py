"""What cannot be fulfilled as asked."""

from __future__ import annotations

from engine.errors.base import StorageError
from engine.ids import is_id


class RequestFault(StorageError):
    """The request cannot be fulfilled as asked; repeating it changes nothing."""

    code = "InvalidRequest"


class NotFound(RequestFault):
    """Missing, or hidden from this caller: the two are never told apart."""

    code = "NotFound"


class BucketNotFound(NotFound):
    """No such bucket for this caller. An id that it was asked for by tells people nothing, and is no path."""

    code = "NoSuchBucket"

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None, about: str = "") -> None:
        super().__init__(message, path=None if path is None or is_id(path) else path, hint=hint, about=about)


class ObjectNotFound(NotFound):
    """No such object for this caller."""

    code = "NoSuchKey"


class UserNotFound(NotFound):
    """Nobody of that name or id is known here."""

    code = "UserNotFound"


class TokenNotFound(NotFound):
    """No token of that id was minted here, or it ended long ago."""

    code = "TokenNotFound"


class PolicyNotFound(NotFound):
    """No such policy."""

    code = "NoSuchPolicy"


class Conflict(RequestFault):
    """The present state contradicts the request."""

    code = "Conflict"


class BucketAlreadyExists(Conflict):
    """A bucket has that name."""

    code = "BucketAlreadyExists"


class ObjectAlreadyExists(Conflict):
    """An object has that path and replacing was not asked for."""

    code = "KeyAlreadyExists"


class BucketNotEmpty(Conflict):
    """Only empty buckets are deleted."""

    code = "ResourceNotEmpty"
    default_hint = "Empty the bucket first."


class ObjectChanged(Conflict):
    """The object is not what the caller saw when they decided to change it."""

    code = "ObjectChanged"
    default_hint = "Look at it again, then change it."


class UserAlreadyExists(Conflict):
    """Somebody has that name, or that id."""

    code = "UserAlreadyExists"


class WouldBeLost(Conflict):
    """The bucket keeps nothing of what was asked to be taken away only if it can be taken back."""

    code = "WouldBeLost"


class PolicyAlreadyExists(Conflict):
    """A policy of the table has that name."""

    code = "PolicyAlreadyExists"


class Unauthorized(RequestFault):
    """The caller's role or policies do not allow it."""

    code = "AccessDenied"


class InvalidToken(Unauthorized):
    """The bearer token is malformed, expired, or signed by somebody else."""


class WrongPassword(Unauthorized):
    """It is not the password of that user, or there is no such user: the two are never told apart."""


class PolicyFailed(Unauthorized):
    """A policy could not be evaluated on a row, as where it divides by zero; strangers learn no more than that."""


class InvalidRequest(RequestFault):
    """An argument is outside what the call takes."""


class InvalidKey(InvalidRequest):
    """The object path breaks the path rules (`engine.paths`)."""

    code = "InvalidKey"


class InvalidBucketName(InvalidRequest):
    """The bucket name breaks the name rules (`engine.paths`)."""

    code = "InvalidBucketName"


class InvalidPolicy(InvalidRequest):
    """A policy is not written as it must be, or says what is not supported.

    Attributes:
        line, column: Where, from 1.
        start, length: The same in characters of the text, from 0.
    """

    code = "InvalidPolicy"

    def __init__(self, message: str, *, line: int = 1, column: int = 1, start: int = 0, length: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.start = start
        self.length = length


class InvalidRange(InvalidRequest):
    """The byte range lies outside the object."""

    code = "InvalidRange"


class InvalidLink(RequestFault):
    """A signed link does not open what it is asked to open."""

    code = "InvalidSignature"


class MalformedLink(InvalidLink):
    """The link's token cannot be read."""

    code = "InvalidJWT"


class ExpiredLink(InvalidLink):
    """The link's time is over."""

    code = "InvalidJWT"
    default_hint = "Ask for a new link."


class WrongSignature(InvalidLink):
    """The link was made for another object or method, or was not made here."""


class PayloadTooLarge(RequestFault):
    """The object is larger than its bucket, or the program, takes.

    Args:
        message: One sentence for a person.
        path: The object.
        hint: What can be done about it.
        limit_bytes: How large it may be, where that is what it exceeds.
    """

    code = "EntityTooLarge"

    def __init__(
        self, message: str, *, path: str | None = None, hint: str | None = None, limit_bytes: int | None = None
    ) -> None:
        super().__init__(message, path=path, hint=hint)
        self.limit_bytes = limit_bytes


class UnsupportedMediaType(RequestFault):
    """The bucket does not take this MIME type."""

    code = "InvalidMimeType"


class Cancelled(RequestFault):
    """The caller cancelled; nothing of the cancelled item was kept."""

    code = "Cancelled"
