"""Opens the SQLite database: pragmas, transactions that mean what they say, and a first look at its health.

WAL with `synchronous=FULL`: readers see a snapshot and never wait, one writer at a time, and what was
committed survives a power cut.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from engine import folding, limits
from engine.errors import DatabaseCorrupt
from engine.metadata.commits import driver_of
from engine.metadata.faults import translated
from engine.os_errors import from_os_error
from engine.permissions.language.functions import install_functions

WRITE_OPTION = "holdall_write"
"""Execution option of a connection whose next transaction takes the write lock at its start."""

VERSION_TABLE = "alembic_version"
"""The table that says which schema a database of ours has."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8000",
    "PRAGMA case_sensitive_like=ON",
)
_POOL_SIZE = 8
_POOL_OVERFLOW = 56


def open_database(path: Path) -> Engine:
    """Return an engine over the database file at `path`, which is made if it is missing.

    Raises:
        DatabaseCorrupt: The file is not a sound database, or one of another program; it is left as it is.
        PermissionDenied: It cannot be opened or written.
        DatabaseLocked: Another program holds it.
    """
    try:
        path.open("ab").close()
    except OSError as error:
        raise from_os_error(error, str(path)) from error
    with translated(str(path)):
        _check_ours(path)
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        hide_parameters=True,  # faults are written into logs, and values are password hashes and claims too
        connect_args={"timeout": limits.BUSY_TIMEOUT_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    with translated(str(path)), engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    return engine


def is_begun(path: Path) -> bool:
    """Return whether there is a database with tables at `path`; makes none.

    A file of no bytes is not even opened: SQLite would throw away the log beside it.

    Raises:
        DatabaseCorrupt: The file is not a sound database.
        PermissionDenied: It cannot be read.
    """
    try:
        if not path.stat().st_size:
            return False
    except FileNotFoundError:
        return False
    except OSError as error:
        raise from_os_error(error, str(path)) from error
    with translated(str(path)):
        return bool(_tables_of(path))


def _check_ours(path: Path) -> None:
    """Refuse the database of another program before the pragmas change it.

    Raises:
        DatabaseCorrupt: There are tables, but not ours.
    """
    names = _tables_of(path)
    if names and VERSION_TABLE not in names:
        raise DatabaseCorrupt("The database file is not a Holdall database", path=str(path))


def _tables_of(path: Path) -> set[str]:
    """Return the names of a database's tables."""
    with contextlib.closing(sqlite3.connect(path, timeout=limits.BUSY_TIMEOUT_S)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _configure(dbapi_connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Take transaction control from the driver, which would delay BEGIN; set the pragmas and what statements call."""
    connection = cast("sqlite3.Connection", dbapi_connection)
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    install_functions(connection)
    folding.install(connection)


def _begin(connection: Connection) -> None:
    """Start a transaction: writers queue for the lock now, instead of failing half way."""
    if connection.get_execution_options().get(WRITE_OPTION, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        driver_of(connection).execute("BEGIN")  # a twentieth of the cost, for each look-up
