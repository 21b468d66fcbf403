"""`versions`, `restore`, `trash`, and `--at` of `ls` and `get`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import Holdall


@pytest.fixture
def then(holdall: Holdall, tmp_path: Path) -> str:
    """Make a bucket that keeps the past, change it after a moment, and return that moment."""
    holdall("mb", "b", "--trash-days", "30", "--keep-versions", "5")
    source = tmp_path / "a.txt"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/x").write_text("x")
    source.write_text("old")
    holdall("put", source, tmp_path / "sub", "b")
    time.sleep(0.01)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    source.write_text("newer")
    holdall("put", source, "b", "--replace")
    holdall("rm", "-r", "b/sub")
    return moment


def content(holdall: Holdall, tmp_path: Path, *arguments: str) -> str:
    holdall("get", *arguments, tmp_path / "out", "--replace")
    return (tmp_path / "out/a.txt").read_text()


def test_versions_are_listed_newest_first(holdall: Holdall, then: str):
    present, old = holdall("versions", "b/a.txt", "--json").document
    assert (present["version"], present["until"], present["size_bytes"]) == (None, None, 5)
    assert (old["ending"], old["size_bytes"], old["in_trash"]) == ("replaced", 3, False)
    first, second = holdall("versions", "b/a.txt").lines
    assert first.endswith("now")
    assert "replaced" in second
    assert "b/gone" not in holdall("versions", "b/gone", code=1).out


def test_a_restore_is_a_new_version(holdall: Holdall, then: str, tmp_path: Path):
    old = holdall("versions", "b/a.txt", "--json").document[1]["version"]
    assert holdall("restore", "b/a.txt", "--version", str(old)).out == f"restored b/a.txt from version {old}\n"
    assert content(holdall, tmp_path, "b/a.txt") == "old"
    assert len(holdall("versions", "b/a.txt").lines) == 3


def test_a_version_of_another_path_is_not_restored(holdall: Holdall, then: str):
    other = holdall("trash", "b", "--json").document[0]["version"]
    assert "no such version" in holdall("restore", "b/a.txt", "--version", str(other), code=1).err
    holdall("restore", "b/a.txt", code=2)
    holdall("restore", "b/a.txt", "--version", "x", code=2)


def test_what_was_deleted_is_taken_back(holdall: Holdall, then: str):
    (row,) = holdall("trash", "b", "--json").document
    assert (row["path"], row["in_trash"]) == ("sub/x", True)
    assert holdall("trash", "b").out.endswith("  sub/x\n")
    assert holdall("trash", "b", "--restore", str(row["version"])).out == "restored 1 object\n"
    assert holdall("trash", "b").out == ""
    assert holdall("ls", "b/sub").out.endswith("  x\n")


def test_another_path_can_be_given_for_one(holdall: Holdall, then: str):
    wanted = str(holdall("trash", "b", "--json").document[0]["version"])
    taken = holdall("trash", "b", "--restore", wanted, "--to", "a.txt", "--json", code=1).document
    assert (taken["restored"], taken["failures"][0]["path"]) == ([], "a.txt")
    holdall("trash", "b", "--restore", wanted, "--to", "y/z")
    assert holdall("ls", "b/y").out.endswith("  z\n")
    holdall("trash", "b", "--to", "q", code=1)


def test_the_trash_is_emptied(holdall: Holdall, then: str):
    assert holdall("trash", "b", "--empty").out == "removed 1 object for good\n"
    assert holdall("trash", "b", "--json").document == []
    holdall("trash", "nothing", code=1)
    holdall("trash", "b", "--empty", "--restore", "1", code=2)


def test_a_bucket_is_listed_as_it_was(holdall: Holdall, then: str):
    rows = holdall("ls", "b", "--at", then, "--json").document
    assert [row["path"] for row in rows] == ["sub/", "a.txt"]
    assert rows[1]["size_bytes"] == 3
    assert [row["path"] for row in holdall("ls", "-r", "b", "--at", then, "--json").document] == ["sub/x", "a.txt"]
    assert holdall("ls", "b/sub/x", "--at", then, "--json").document[0]["size_bytes"] == 1
    holdall("ls", "b/sub", code=1)
    holdall("ls", "b", "--at", "last week", code=2)


def test_a_bucket_is_downloaded_as_it_was(holdall: Holdall, then: str, tmp_path: Path):
    assert content(holdall, tmp_path, "b/a.txt", "b/sub", "--at", then) == "old"
    assert (tmp_path / "out/sub/x").read_text() == "x"
    assert content(holdall, tmp_path, "b/a.txt") == "newer"


def test_a_missing_file_is_listed_as_it_was(holdall: Holdall, then: str, data_dir: Path):
    (lost,) = (data_dir / "storage/.versions").rglob("a.txt~*")
    lost.unlink()
    assert holdall("ls", "b/a.txt", "--at", then, "--json").document[0]["size_bytes"] == 3


def test_what_goes_for_good_goes_past_the_trash_and_older_versions_stay(holdall: Holdall, tmp_path: Path) -> None:
    source = tmp_path / "secret"
    holdall("mb", "kept", "--trash-days", "30", "--keep-versions", "5")
    for content in (b"first", b"second"):
        source.write_bytes(content)
        holdall("put", source, "kept", "--replace")
    holdall("put", source, "kept/folder")
    assert holdall("rm", "--for-good", "kept/secret").out == "removed 1 object\n"
    assert holdall("rm", "-r", "--for-good", "kept/folder/").out == "removed 1 object\n"
    assert holdall("trash", "kept").out == ""
    (old,) = holdall("versions", "kept/secret", "--json").document
    assert old["size_bytes"] == len(b"first")


def test_an_empty_folder_is_one_in_the_past_as_well(holdall: Holdall, then: str, tmp_path: Path):
    (tmp_path / "hollow").mkdir()
    holdall("put", tmp_path / "hollow", "b")
    time.sleep(0.01)
    moment = datetime.now(UTC).isoformat()
    assert holdall("ls", "b/hollow", "--at", moment, "--json").document == []
    holdall("get", "b/hollow", tmp_path / "out", "--at", moment)
    assert (tmp_path / "out/hollow").is_dir()
