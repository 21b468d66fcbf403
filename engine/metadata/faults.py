"""The one place that turns database errors into the engine's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from engine.errors import (
    Cancelled,
    DatabaseCorrupt,
    DatabaseFault,
    DatabaseLocked,
    DiskFull,
    PermissionDenied,
    PolicyFailed,
    StorageError,
)
from engine.os_errors import DISK_HINT

DriverError = sqlite3.Error
"""What the driver itself raises, where SQLAlchemy is not between."""

_BY_TEXT: tuple[tuple[str, type[StorageError], str, str | None], ...] = (
    ("database is locked", DatabaseLocked, "The database is in use by another program", None),
    ("database table is locked", DatabaseLocked, "The database is in use by another program", None),
    ("not a database", DatabaseCorrupt, "The database file is not a Holdall database", None),
    ("malformed", DatabaseCorrupt, "The database file is damaged", None),
    ("disk is full", DiskFull, "The disk is full", None),
    ("readonly database", PermissionDenied, "The database cannot be written", None),
    ("unable to open database file", PermissionDenied, "The database file cannot be opened", None),
    ("disk i/o error", DatabaseFault, "Reading or writing the database failed", DISK_HINT),
)

_IN_A_POLICY: tuple[str, ...] = (
    "user-defined function raised",
    "malformed json",
    "integer overflow",
    "json path error",
    "bad json path",
    "pattern too complex",
    "string or blob too big",
)
"""What SQLite says of a row on which an expression has no value. Only policies bring expressions that are not ours."""


_BROKEN_OFF = "interrupted"
"""What SQLite says of a statement whose caller has cancelled; see `engine.metadata.patience`."""


def translate(error: exc.DBAPIError | sqlite3.Error, where: str | None = None) -> StorageError:
    """Return the engine's error for a database driver's.

    Args:
        error: As raised by SQLAlchemy, or by the driver itself.
        where: The database's file, named in the message.
    """
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    text = str(cause).lower()
    if text == _BROKEN_OFF:
        return Cancelled("Cancelled")
    if any(part in text for part in _IN_A_POLICY):
        return PolicyFailed("A policy could not be evaluated")
    for part, kind, message, hint in _BY_TEXT:
        if part in text:
            return kind(message, path=where, hint=hint)
    return DatabaseFault(f"The database failed: {cause}", path=where)


def may_return(error: exc.DBAPIError) -> bool:
    """Return whether a commit that failed with this error may be found in the log after a crash.

    Source: SQLite's result code IOERR and its kin, such as IOERR_FSYNC.
    """
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR


@contextmanager
def translated(where: str | None = None) -> Iterator[None]:
    """Run the body with database errors translated; violated constraints pass unchanged.

    Raises:
        DatabaseFault: Or one of its kin, `from` the driver's error.
    """
    try:
        yield
    except exc.IntegrityError:
        raise
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise translate(error, where) from error
