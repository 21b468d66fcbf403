"""`backup`: where it is, and which there are."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Holdall


def test_a_backup_says_where_it_is(holdall: Holdall, data_dir: Path) -> None:
    holdall("mb", "photos")

    made = Path(holdall("backup").out.strip())

    assert made.parent == data_dir / "backups"
    assert made.read_bytes().startswith(b"SQLite format 3\0")
    assert str(made) in holdall("backup", "--list").out


def test_programs_get_documents(holdall: Holdall) -> None:
    made = holdall("backup", "--json").document
    listed = holdall("backup", "--list", "--json").document

    assert [made] == listed
    assert made["size_bytes"] == Path(made["path"]).stat().st_size
    assert made["before_migration"] is False
    assert made["made_at"].endswith("Z")


def test_no_backup_is_listed_where_there_is_none(holdall: Holdall) -> None:
    holdall("mb", "photos")

    assert holdall("backup", "--list").out == ""
