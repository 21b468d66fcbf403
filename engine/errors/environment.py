"""What the machine is at fault for, not the request."""

from __future__ import annotations

from engine.errors.base import StorageError


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
