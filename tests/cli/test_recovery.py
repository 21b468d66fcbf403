"""`restore-database` and `rebuild`: what a person is told when the database is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.workspace import open_workspace
from tests.cli.conftest import Holdall


@pytest.fixture
def filled(holdall: Holdall, data_dir: Path, tmp_path: Path) -> Path:
    """Return the database of a data folder with two objects and a backup of the first alone."""
    source = tmp_path / "cat.txt"
    source.write_text("meow")
    holdall("mb", "photos", "--size-limit", "20MB")
    holdall("put", source, "photos")
    holdall("backup")
    holdall("put", source, "photos/dog.txt")
    return data_dir / "holdall.db"


def test_a_rebuild_tells_what_there_is_and_where_the_old_database_went(holdall: Holdall, filled: Path) -> None:
    filled.write_bytes(b"garbage" * 1000)

    answer = holdall("rebuild")

    assert answer.lines[0] == "the database knows 1 bucket, 2 objects, 8 B"
    assert answer.lines[1].startswith(f"the old database is kept as {filled}.damaged-")
    assert "cat.txt" in holdall("ls", "photos").out
    assert holdall("ls", "--json").document[0]["file_size_limit_bytes"] == 20_000_000


def test_a_restore_takes_newer_files_in(holdall: Holdall, filled: Path, data_dir: Path) -> None:
    filled.write_bytes(b"garbage" * 1000)

    answer = holdall("restore-database")

    assert answer.lines[0] == "the database knows 1 bucket, 2 objects, 8 B"
    assert answer.lines[1].startswith(f"restored from {data_dir / 'backups'}")
    assert answer.lines[1].endswith("; 1 newer file taken in")
    assert "dog.txt" in holdall("ls", "photos").out


def test_a_restore_lists_what_was_deleted_since(holdall: Holdall, filled: Path) -> None:
    holdall("rm", "photos/cat.txt")

    answer = holdall("restore-database")

    assert answer.lines[0].startswith("photos/cat.txt  (its file is not there")
    assert "1 thing to look at, listed above" in answer.lines


@pytest.mark.parametrize("command", ["rebuild", "restore-database"])
def test_programs_get_one_document(holdall: Holdall, filled: Path, command: str) -> None:
    filled.unlink()

    document = holdall(command, "--json").document

    assert (document["buckets"], document["objects"], document["size_bytes"]) == (1, 2, 8)
    assert (document["problems"], document["problem_count"], document["set_aside"]) == ([], 0, None)
    assert document["taken_in"] == (2 if command == "rebuild" else 1)


def test_a_backup_can_be_named(holdall: Holdall, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (backup,) = (filled.parent / "backups").glob("*.db")
    monkeypatch.chdir(backup.parent)
    filled.write_bytes(b"garbage" * 1000)

    assert holdall("restore-database", backup.name, "--json").document["backup"] == str(backup)


def test_a_database_that_is_in_order_is_not_rebuilt_unasked(holdall: Holdall, filled: Path) -> None:
    answer = holdall("rebuild", code=1)

    assert answer.err.startswith(f"holdall: The database is in order: {filled}\n")
    assert "--force" in answer.err
    assert holdall("rebuild", "--force").lines[0] == "the database knows 1 bucket, 2 objects, 8 B"


@pytest.mark.parametrize("command", ["rebuild", "restore-database"])
def test_a_folder_that_is_open_elsewhere_is_refused(holdall: Holdall, filled: Path, command: str) -> None:
    with open_workspace(load_settings(filled.parent, environ={}), FixedSecrets(bytes(32))):
        answer = holdall(command, code=1)

    assert "A running Holdall has this workspace open" in answer.err
    assert "Close its window and stop its server and commands first. Nothing was changed." in answer.err


def test_whoever_meets_a_damaged_database_is_told_the_ways_back(holdall: Holdall, filled: Path) -> None:
    filled.write_bytes(b"garbage" * 1000)

    told = holdall("ls", code=1).err

    assert "The database file is not a Holdall database" in told
    assert "`restore-database` puts a backup in its place, `rebuild` makes a new one from the files." in told


def test_a_folder_without_a_backup_or_a_workspace_is_told(holdall: Holdall, data_dir: Path) -> None:
    answer = holdall("rebuild", code=1)
    assert "The storage folder is gone" in answer.err
    assert not data_dir.exists()

    holdall("mb", "photos")
    assert "There is no backup of the database" in holdall("restore-database", code=1).err


def test_a_process_of_its_own_does_it_too(process: Holdall, filled: Path) -> None:
    filled.unlink()

    assert process("rebuild").lines[0] == "the database knows 1 bucket, 2 objects, 8 B"
