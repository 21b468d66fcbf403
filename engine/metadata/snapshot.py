"""Copies of the database that are whole, and a look at whether a database is.

A copy is one moment of the source, taken through SQLite's backup interface inside one read transaction: writers go on
meanwhile, and nothing that they commit is half in it. It gets its name only once it is checked and durable, so that
a process that dies leaves nothing that looks like a copy.

Source: SQLite, "Using the SQLite Online Backup API" and "How To Corrupt An SQLite Database File".
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine import limits
from engine.cancel import CancelToken
from engine.errors import Cancelled, DatabaseCorrupt
from engine.metadata.database import VERSION_TABLE
from engine.metadata.faults import translated
from engine.os_errors import from_os_error
from engine.small_files import sync_dir

DRAFT_SUFFIX: Final = ".partial"
"""Ends the names of copies that are not finished."""

COMPANIONS: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database file, by what it adds to the name."""

_PAGES_A_STEP: Final = 500
"""About 2 MiB: a few milliseconds between two looks at the token."""

_OPCODES_A_STEP: Final = 50_000


def copy_database(source: Path, target: Path, cancel: CancelToken) -> None:
    """Write a checked, durable copy of a database, readable by its owner alone.

    Args:
        source: A database that may be in use.
        target: The copy; its folder exists, a file of that name is replaced.
        cancel: Looked at every few milliseconds.

    Raises:
        DatabaseCorrupt: The source, and so the copy, is damaged. Nothing is left of the copy.
        DiskFull: There is no room for it; likewise.
        Cancelled: The caller cancelled; likewise.
    """
    draft = target.with_name(f".{target.name}{DRAFT_SUFFIX}")
    with _translated(target), _removed_on_failure(draft):
        os.close(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))
        _require_content(source)
        with translated(str(source)):
            _copy_pages(source, draft, cancel)
        check_database(draft, cancel)
        sync_file(draft)
        draft.replace(target)
        sync_dir(target.parent)


def check_database(path: Path, cancel: CancelToken) -> None:
    """Read a whole database and see whether it is sound, and ours.

    Args:
        path: The file; it is not changed.
        cancel: Looked at every few milliseconds.

    Raises:
        DatabaseCorrupt: It is damaged, empty, missing, or of another program.
        Cancelled: The caller cancelled.
    """
    _require_content(path)
    with translated(str(path)), contextlib.closing(_open(path, "ro")) as connection:
        connection.set_progress_handler(lambda: cancel.cancelled, _OPCODES_A_STEP)
        try:
            verdicts = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.OperationalError as error:
            if cancel.cancelled:
                raise Cancelled("Cancelled") from error
            raise
    if verdicts != ["ok"]:
        raise DatabaseCorrupt(f"The database file is damaged ({verdicts[0]})", path=str(path))
    if VERSION_TABLE not in tables:
        raise DatabaseCorrupt("The database file is not a Holdall database", path=str(path))


def _require_content(path: Path) -> None:
    """Refuse a file that is missing or empty before SQLite sees it, which would throw away the log beside it.

    Raises:
        DatabaseCorrupt: It is.
    """
    if not path.is_file():
        raise DatabaseCorrupt("The database file is gone", path=str(path))
    if not path.stat().st_size:
        raise DatabaseCorrupt("The database file is empty", path=str(path))


def _open(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database that exists; with `ro` as its mode it keeps the log beside it, too."""
    uri = f"{path.as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=limits.BUSY_TIMEOUT_S, isolation_level=None)


def _copy_pages(source: Path, target: Path, cancel: CancelToken) -> None:
    """Copy one moment of a database into an empty file that needs no companions."""
    with contextlib.closing(_open(source, "ro")) as origin, contextlib.closing(_open(target, "rw")) as copy:
        # Held open, so that the steps all see the moment of this statement and no commit starts them anew.
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_master")
        copy.execute("PRAGMA synchronous=OFF")  # made durable as a whole, once it is checked
        origin.backup(copy, pages=_PAGES_A_STEP, progress=lambda *_: cancel.raise_if_cancelled())
        copy.execute("PRAGMA journal_mode=DELETE")


def sync_file(path: Path) -> None:
    """Make a closed file durable.

    Raises:
        OSError: The system refused.
    """
    fd = os.open(path, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextlib.contextmanager
def _removed_on_failure(draft: Path) -> Iterator[None]:
    """Leave nothing of a copy that failed."""
    try:
        yield
    except BaseException:
        for name in (draft.name, *(draft.name + end for end in (*COMPANIONS, "-journal"))):
            draft.with_name(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise from_os_error(error, str(path)) from error
