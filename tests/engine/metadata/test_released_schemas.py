"""From every released schema, with data: nothing is lost, a backup comes first, an interrupted migration harms nobody.

`released/<revision>.sql` holds a workspace as the program of that revision left it: buckets with every setting, names
that need escapes, a folder marker, user metadata, an open journal record. A new revision brings the file of the one
before it.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from engine.audit.chain import HEAD_SETTING
from engine.config import load_settings
from engine.errors import DatabaseFault, DiskFull, SchemaTooNew
from engine.jobs.backups import Backups
from engine.metadata import schema
from engine.metadata.database import open_database
from engine.metadata.migrations import HEAD
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace

RELEASED = Path(__file__).parent / "released"
REVISIONS = sorted(path.stem for path in RELEASED.glob("*.sql"))
ROOT = Path(__file__).parents[3]

ENV = """
from alembic import context
context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
"""
FIRST = """
revision, down_revision, branch_labels, depends_on = "0001", None, None, None
def upgrade(): pass
"""
SECOND = """
import os, signal
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None
def upgrade():
    op.add_column("storage_objects", sa.Column("colour", sa.Text, nullable=False, server_default="red"))
    op.execute("UPDATE storage_objects SET mime_type = 'text/changed'")
    {ending}
"""
UPGRADE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from engine.metadata import schema
from engine.metadata.database import open_database
schema.upgrade(open_database(Path(sys.argv[2])), None, schema.Migrations(Path(sys.argv[3]), "0002"))
"""


def restored(revision: str, path: Path) -> Path:
    """Make the database of a released schema."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript((RELEASED / f"{revision}.sql").read_text("utf-8"))
    return path


def dump(path: Path) -> list[str]:
    """Return everything that a database says."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def rows(path: Path, table: str) -> list[dict[str, Any]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database of the first released schema."""
    return restored("0001", tmp_path / "data" / "holdall.db")


@pytest.fixture
def backups(database: Path) -> Backups:
    return Backups(database, database.parent / "backups", 3, 1)


def next_migrations(folder: Path, ending: str = "") -> schema.Migrations:
    """Write a line of migrations that goes one further than the first."""
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    (folder / "versions" / "r0001.py").write_text(FIRST)
    (folder / "versions" / "r0002.py").write_text(SECOND.format(ending=ending))
    return schema.Migrations(folder, "0002")


def test_there_is_a_database_of_every_schema_before_this_one() -> None:
    versions = ROOT / "engine" / "metadata" / "migrations" / "versions"
    older = {path.name[1:5] for path in versions.glob("r????_*.py")} - {HEAD}

    assert older <= set(REVISIONS)
    assert "0001" in REVISIONS


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_row_of_a_released_database_is_there_after_the_migration(revision: str, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "data", environ={})
    database = restored(revision, settings.database_path)
    before = {table: rows(database, table) for table in ("storage_buckets", "storage_objects", "storage_settings")}
    (settings.storage_dir / ".staging").mkdir(parents=True)

    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        system = RlsContext.service()
        names = {bucket.name: bucket for bucket in workspace.storage.list_buckets(system)}
        found = {f"{name}/{info.path}" for name in names for info in workspace.storage.walk(name, "", system)}
        cat = workspace.storage.info("photos", "2026/cat.txt", system)
        owner_id = workspace.owner_id

    assert found == {"photos/2026/cat.txt", "photos/a//b", "Akten ü/Übersicht/100%.txt", "Akten ü/leer/"}
    assert set(names) == {"photos", "Akten ü", "empty"}
    assert (names["photos"].public, names["photos"].file_size_limit_bytes) == (True, 20_000_000)
    assert names["photos"].allowed_mime_types == ("image/*", "text/plain")
    assert (cat.user_metadata, cat.cache_control) == ({"who": "Minka"}, "max-age=60")
    assert owner_id == before["storage_settings"][0]["value"]
    for table, old in before.items():
        now = [row for row in rows(database, table) if row.get("name") != HEAD_SETTING]
        assert [{name: row[name] for name in old[0]} for row in now] == old
    assert len(list(settings.backups_dir.glob("*-before-migration.db"))) == (revision != HEAD)


def test_uploads_that_had_begun_before_they_were_counted_go_on_and_count_for_nobody(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "data", environ={})
    database = restored("0008", settings.database_path)
    before = [
        row
        for row in rows(database, "storage_resumable_uploads")
        if row["path"] in ("2026/film0.bin", "2026/film1.bin")
    ]
    (settings.storage_dir / ".staging").mkdir(parents=True)

    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        for row in before:
            role, user_id = json.loads(row["holder"])[1:]
            assert workspace.storage.resumable.find(row["id"], RlsContext(user_id, role)).path == row["path"]
    after = [
        row
        for row in rows(database, "storage_resumable_uploads")
        if row["path"] in ("2026/film0.bin", "2026/film1.bin")
    ]

    assert len(after) == 2
    assert [{name: row[name] for name in before[0]} for row in after] == before
    assert {row["counted_for"] for row in after} == {None}


def test_a_backup_of_the_old_database_comes_before_the_change(database: Path, backups: Backups, tmp_path: Path) -> None:
    before = dump(database)
    engine = open_database(database)

    schema.upgrade(engine, lambda: backups.make(before_migration=True), next_migrations(tmp_path / "next"))
    schema.upgrade(engine, lambda: backups.make(before_migration=True), schema.Migrations(tmp_path / "next", "0002"))
    engine.dispose()

    assert rows(database, "storage_objects")[0]["colour"] == "red"
    (kept,) = backups.list()
    assert kept.before_migration
    assert dump(kept.path) == before


def test_without_room_for_the_backup_nothing_is_changed(database: Path, tmp_path: Path) -> None:
    before = dump(database)
    engine = open_database(database)

    def fail() -> None:
        raise DiskFull("The disk is full")

    with pytest.raises(DiskFull):
        schema.upgrade(engine, fail, next_migrations(tmp_path / "next"))
    engine.dispose()

    assert dump(database) == before


def test_a_new_database_needs_no_backup(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "holdall.db")
    asked: list[int] = []

    schema.upgrade(engine, lambda: asked.append(1))
    engine.dispose()

    assert asked == []


@pytest.mark.parametrize("ending", ["raise ValueError('broken')", "op.execute('nonsense')"])
def test_a_migration_that_fails_leaves_the_old_database(database: Path, tmp_path: Path, ending: str) -> None:
    before = dump(database)
    engine = open_database(database)

    with pytest.raises((ValueError, DatabaseFault)):
        schema.upgrade(engine, None, next_migrations(tmp_path / "next", ending))
    engine.dispose()

    assert dump(database) == before


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_process_killed_in_the_middle_of_a_migration_leaves_the_old_database(database: Path, tmp_path: Path) -> None:
    before = dump(database)
    migrations = next_migrations(tmp_path / "next", "os.kill(os.getpid(), signal.SIGKILL)")
    command = [sys.executable, "-c", UPGRADE, str(ROOT), str(database), str(migrations.folder)]

    ended = subprocess.run(command, check=False, capture_output=True)

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert dump(database) == before
    engine = open_database(database)
    schema.upgrade(engine)
    assert "colour" not in {column["name"] for column in inspect(engine).get_columns("storage_objects")}
    engine.dispose()


def test_a_newer_schema_is_refused_in_words_and_left_alone(database: Path, data_dir: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = dump(database)

    with pytest.raises(SchemaTooNew) as refused:
        open_workspace(load_settings(database.parent, environ={}), FixedSecrets(bytes(32)))

    assert str(refused.value) == f"The database was written by a newer version of Holdall: {database}"
    assert refused.value.hint == "Update Holdall on this computer."
    assert dump(database) == before
    assert not (data_dir / "storage").exists()
