"""What migrations make of an empty database, as one text of SQL.

`python -m tests.engine.metadata.whole_schema` writes it to where the program takes it from; a new revision does so.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

from engine.metadata import schema
from engine.metadata.database import open_database

_HEAD = (
    "-- What an empty database gets at once, instead of all migrations one after another. A test holds it to them.\n"
)


def schema_of(path: Path) -> list[str]:
    """Return everything in a database but what SQLite keeps for itself, as statements."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
        statements = [str(row[0]) for row in made]
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                statements.append(f"INSERT INTO {table} VALUES ({', '.join(map(_literal, row))})")
    return statements


def _literal(value: object) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def migrated(folder: Path) -> list[str]:
    """Return what all migrations make of an empty database."""
    engine = open_database(folder / "migrated.db")
    schema.upgrade(engine, migrations=schema.Migrations(schema.OURS.folder, schema.OURS.head, whole=None))
    engine.dispose()
    return schema_of(folder / "migrated.db")


def text_of(statements: list[str]) -> str:
    return _HEAD + "".join(f"{statement};\n" for statement in statements)


if __name__ == "__main__":
    assert schema.OURS.whole is not None
    with tempfile.TemporaryDirectory() as made_in:
        schema.OURS.whole.write_text(text_of(migrated(Path(made_in))), "utf-8")
