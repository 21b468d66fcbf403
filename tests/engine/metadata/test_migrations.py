"""Migrations: they lead to the tables that the program knows, whole or not at all, also for two at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from engine.errors import DatabaseFault
from engine.metadata import migrations, schema
from engine.metadata.database import open_database
from engine.metadata.tables import metadata
from tests.engine.metadata.whole_schema import migrated, schema_of, text_of

ROOT = Path(__file__).parents[3]
STEPS = schema.Migrations(schema.OURS.folder, schema.OURS.head)
"""The migrations one after another, also for an empty database."""

OPEN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.workspace import open_workspace
print("ready", flush=True)
sys.stdin.readline()
with open_workspace(load_settings(Path(sys.argv[2]), environ={}), FixedSecrets(bytes(32))) as workspace:
    print(workspace.owner_id, flush=True)
"""


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return ScriptDirectory.from_config(config)


def test_the_program_writes_the_newest_schema_that_there_is() -> None:
    assert scripts().get_heads() == [migrations.HEAD]


def test_migrations_follow_one_another_in_the_order_of_their_numbers() -> None:
    revisions = [script.revision for script in reversed(list(scripts().walk_revisions()))]

    assert revisions == sorted(revisions)
    assert len({len(revision) for revision in revisions}) == 1


def test_an_empty_database_gets_at_once_what_all_migrations_would_make_of_it(tmp_path: Path) -> None:
    made = migrated(tmp_path)
    engine = open_database(tmp_path / "whole.db")
    schema.upgrade(engine)
    engine.dispose()

    assert schema.OURS.whole is not None
    assert schema.OURS.whole.read_text("utf-8") == text_of(made), "python -m tests.engine.metadata.whole_schema"
    assert schema_of(tmp_path / "whole.db") == made


def test_the_migrated_schema_is_that_of_the_tables(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_ids_of_the_journal_are_never_used_again(database: Engine) -> None:
    with database.begin() as connection:
        for _ in range(2):
            connection.exec_driver_sql("INSERT INTO storage_journal VALUES (NULL, 'remove', 's', '[]', 1)")
            connection.exec_driver_sql("DELETE FROM storage_journal")
        connection.exec_driver_sql("INSERT INTO storage_journal VALUES (NULL, 'remove', 's', '[]', 1)")
        assert connection.exec_driver_sql("SELECT id FROM storage_journal").scalar_one() == 3


def test_a_migrated_database_is_left_alone(database: Engine, database_path: Path) -> None:
    database.dispose()
    before = database_path.read_bytes()

    again = open_database(database_path)
    schema.upgrade(again)
    again.dispose()

    assert database_path.read_bytes() == before


def test_a_migration_that_fails_leaves_nothing_and_can_be_done_again(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(database_path)

    def fail(*_: object, **__: object) -> None:
        raise DatabaseFault("in the middle")

    with monkeypatch.context() as patched:
        patched.setattr("alembic.operations.Operations.create_index", fail)
        with pytest.raises(DatabaseFault):
            schema.upgrade(engine, migrations=STEPS)
    assert inspect(engine).get_table_names() == []

    schema.upgrade(engine, migrations=STEPS)
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_a_schema_that_fails_to_be_written_whole_leaves_nothing(database_path: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.sql"
    whole.write_text("CREATE TABLE first (id INTEGER);\nCREATE TABLE second (;\n")
    engine = open_database(database_path)

    with pytest.raises(DatabaseFault):
        schema.upgrade(engine, migrations=schema.Migrations(schema.OURS.folder, schema.OURS.head, whole))
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_folder_with_a_percent_sign_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "100%").mkdir()
    engine = open_database(tmp_path / "100%" / "holdall.db")
    schema.upgrade(engine)

    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(ROOT), str(tmp_path / "data")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate() for process in processes]

    assert [error for _, error in ends] == ["", "", ""]
    assert len({output for output, _ in ends}) == 1
    assert [process.returncode for process in processes] == [0, 0, 0]
