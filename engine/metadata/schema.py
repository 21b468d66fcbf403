"""Brings the database to this program's schema, or says why it cannot.

Alembic is loaded only when there is something to migrate: an ordinary start reads one row, and a first one takes
the schema whole (`migrations/whole.sql`). All migrations that are due
run in one transaction: a process that dies on the way leaves the database of the older program.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, column, inspect, select, table

from engine.errors import DatabaseCorrupt, SchemaTooNew
from engine.metadata.database import VERSION_TABLE, WRITE_OPTION
from engine.metadata.faults import translated
from engine.metadata.migrations import HEAD


@dataclass(frozen=True, slots=True)
class Migrations:
    """A line of migrations.

    Attributes:
        folder: Alembic's folder of them.
        head: The newest revision.
        whole: What all of them make of an empty database, as SQL, or None to let them make it.
    """

    folder: Path
    head: str
    whole: Path | None = None


_FOLDER: Final = Path(__file__).parent / "migrations"
OURS: Final = Migrations(_FOLDER, HEAD, _FOLDER / "whole.sql")
"""Those of this program."""


def upgrade(engine: Engine, before: Callable[[], object] | None = None, migrations: Migrations = OURS) -> None:
    """Migrate the database to the newest schema; a no-op where it is there already.

    Two processes may start at once: the second waits for the first and finds the work done.

    Args:
        engine: The database.
        before: Called before a database with tables is changed, with every writer held off; makes a backup. What it
            raises ends the migration before it began.
        migrations: Where to go, and how.

    Raises:
        SchemaTooNew: A newer program wrote the database.
        DatabaseCorrupt: Tables are there, but not ours.
    """
    with translated(engine.url.database), engine.connect() as plain:
        with plain.begin():
            if _revision(plain) == migrations.head:
                return
        connection = plain.execution_options(**{WRITE_OPTION: True})
        with connection.begin():
            revision = _checked_revision(connection, migrations.head)
            if before is not None and revision not in (None, migrations.head):
                before()
            if revision is None and migrations.whole is not None:
                _run(connection, migrations.whole.read_text("utf-8"))
            else:
                _migrate(connection, migrations.folder)


def _revision(connection: Connection) -> str | None:
    """Return the schema revision written in the database, or None in an empty one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    value = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    return None if value is None else str(value)


def _checked_revision(connection: Connection, head: str) -> str | None:
    """Return the revision, unless the database is not ours to migrate."""
    revision = _revision(connection)
    where = connection.engine.url.database
    if revision is None and inspect(connection).get_table_names():
        raise DatabaseCorrupt("The database file is not a Holdall database", path=where)
    if revision is not None and revision > head:
        raise SchemaTooNew("The database was written by a newer version of Holdall", path=where)
    return revision


def _run(connection: Connection, script: str) -> None:
    """Run the statements of a text, which end with a line, inside the caller's transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.exec_driver_sql(statement)
            statement = ""


def _migrate(connection: Connection, folder: Path) -> None:
    """Run the migrations inside the caller's transaction.

    Raises:
        DatabaseCorrupt: The database has a schema that no version of this program wrote.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        where = connection.engine.url.database
        raise DatabaseCorrupt("The database's schema is of no known version", path=where) from error
