"""The errors of the engine: three families, one root.

    StorageError
    ├── RequestFault                  the request cannot be fulfilled as asked
    │   ├── NotFound                  BucketNotFound, ObjectNotFound, UserNotFound, TokenNotFound, PolicyNotFound
    │   ├── Conflict                  BucketAlreadyExists, ObjectAlreadyExists, BucketNotEmpty, WouldBeLost,
    │   │                             UserAlreadyExists, PolicyAlreadyExists, ObjectChanged
    │   ├── Unauthorized              InvalidToken, WrongPassword, PolicyFailed
    │   ├── InvalidRequest            InvalidKey, InvalidBucketName, InvalidRange, InvalidPolicy
    │   ├── InvalidLink               MalformedLink, ExpiredLink, WrongSignature
    │   ├── PayloadTooLarge
    │   ├── UnsupportedMediaType
    │   └── Cancelled
    ├── EnvironmentFault              the machine, not the request, is at fault
    │   ├── IoError                   DiskFull, PermissionDenied, FileTooLarge, TooManyOpenFiles
    │   ├── SourceFault               SourceUnreadable, SourceChanged
    │   ├── TargetExists              a download never overwrites unasked
    │   ├── BackendUnreachable
    │   ├── BytesMissing              the row is there, its bytes are not
    │   ├── ChecksumMismatch          the bytes are not those that were stored
    │   ├── DatabaseFault             DatabaseLocked, DatabaseCorrupt, SchemaTooNew, CommitInDoubt
    │   ├── PortUnavailable
    │   └── SecretsUnavailable
    └── EngineBug                     a promise of the engine itself was broken

Errors of the operating system, the database and the backends are translated once, at the boundary where
they enter (`os_errors`, `metadata.faults`), with the cause chained. HTTP statuses live in
`engine.server` alone; texts are for people, `code` is for programs.
"""

from __future__ import annotations

from typing import ClassVar


class StorageError(Exception):
    """Root of everything the engine raises on purpose.

    Attributes:
        code: Stable name for programs, in the vocabulary of object stores.
        message: One sentence for a person.
        path: The object, file or folder that it is about, if any.
        hint: What the person can do about it, if anything.
        about: Which value of the call is refused, by its name there; empty where it is about all of it.
        retryable: Whether the same call may succeed later unchanged.
    """

    code: ClassVar[str] = "InternalError"
    default_hint: ClassVar[str | None] = None
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None, about: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.about = about
        self.path = path
        self.hint = hint if hint is not None else self.default_hint

    def __str__(self) -> str:
        """Return the message, followed by the path it is about unless it already names it."""
        if self.path and self.path not in self.message:
            return f"{self.message}: {self.path}"
        return self.message


class RequestFault(StorageError):
    """The request cannot be fulfilled as asked; repeating it changes nothing."""

    code = "InvalidRequest"


class NotFound(RequestFault):
    """Missing, or hidden from this caller: the two are never told apart."""

    code = "NotFound"


class BucketNotFound(NotFound):
    """No such bucket for this caller."""

    code = "NoSuchBucket"


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


class EnvironmentFault(StorageError):
    """Disk, database, network or operating system refused."""


class IoError(EnvironmentFault):
    """Reading or writing stored bytes failed."""


class DiskFull(IoError):
    """No space is left where the bytes should go."""

    default_hint = "Free some space, then try again."
    retryable = True


class PermissionDenied(IoError):
    """The operating system refuses access."""

    default_hint = "Check the owner and the permissions of the folder."


class FileTooLarge(IoError):
    """The file system or a limit of the system refuses a file this large."""

    default_hint = "Store large files on a file system that takes them."


class TooManyOpenFiles(IoError):
    """The process or the system has no file descriptors left."""

    default_hint = "Close some programs or raise the limit, then try again."
    retryable = True


class SourceFault(EnvironmentFault):
    """A file that should be uploaded cannot be taken."""


class SourceUnreadable(SourceFault):
    """The source file is missing, of a special kind, or not readable."""

    code = "SourceUnreadable"


class SourceChanged(SourceFault):
    """The source file changed while it was read; nothing was stored."""

    code = "SourceChanged"
    default_hint = "Try again when no program is writing to the file."
    retryable = True


class TargetExists(EnvironmentFault):
    """A file of that name exists where a download should go."""

    code = "TargetExists"
    default_hint = "Choose another folder, or ask for replacing."


class BackendUnreachable(EnvironmentFault):
    """The place that holds the bytes does not answer or is gone."""

    default_hint = "Connect the disk that holds it, or put the folder back, then try again."
    retryable = True


class BytesMissing(EnvironmentFault):
    """An object's row exists but its bytes do not."""

    code = "BytesMissing"
    default_hint = "Put the file back from a backup, restore an older version, or upload it again."


class ChecksumMismatch(EnvironmentFault):
    """Stored bytes differ from the checksum taken when they came in."""

    code = "ChecksumMismatch"
    default_hint = (
        "The stored file was changed or damaged outside Holdall. Put the right file back, restore an older version,"
        " or upload it again."
    )


class DatabaseFault(EnvironmentFault):
    """The metadata database failed."""


class DatabaseLocked(DatabaseFault):
    """Another program holds the database."""

    code = "DatabaseLocked"
    default_hint = "Wait for the other program, or close it."
    retryable = True


class DatabaseCorrupt(DatabaseFault):
    """The database file is damaged or not a database."""

    code = "DatabaseCorrupt"
    default_hint = "Nothing was changed. The stored files are untouched in the storage folder."


class SchemaTooNew(DatabaseFault):
    """The database was written by a newer Holdall."""

    code = "SchemaTooNew"
    default_hint = "Update Holdall on this computer."


class CommitInDoubt(DatabaseFault):
    """A commit failed so that only the next start can tell whether it happened; either way it happened as a whole."""

    code = "CommitInDoubt"
    default_hint = "Check the disk, then start again: the change is then either done as a whole or not at all."


class PortUnavailable(EnvironmentFault):
    """The server cannot listen on the address asked for."""

    code = "PortUnavailable"
    default_hint = "Choose another port, or 0 for any free one."


class SecretsUnavailable(EnvironmentFault):
    """The keyring that holds this workspace's keys does not answer."""

    code = "SecretsUnavailable"
    default_hint = "Unlock the keyring and try again."


class EngineBug(StorageError):
    """Cannot happen; if it does, it is ours to mend."""
