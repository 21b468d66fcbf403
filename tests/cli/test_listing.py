"""`ls` and `rm` on folders and objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import limits
from tests.cli.conftest import Holdall


@pytest.fixture(autouse=True)
def bucket(holdall: Holdall, tree: Path) -> None:
    """Make a bucket with a tree in it."""
    holdall("mb", "b")
    holdall("put", tree, "b")


def names(answer_lines: list[str]) -> list[str]:
    return [line[28:] for line in answer_lines]


def test_a_level_shows_folders_first_then_objects_in_columns(holdall: Holdall):
    lines = holdall("ls", "b/tree").lines
    assert names(lines) == ["nothing/", "sub/", ".hidden", "a.txt", "empty"]
    assert lines[3].startswith("     5 B  20")


def test_a_slash_at_the_end_makes_no_difference_for_a_folder(holdall: Holdall):
    assert holdall("ls", "b/tree/").out == holdall("ls", "b/tree").out
    assert holdall("ls", "b/").out == holdall("ls", "b").out


def test_everything_below_is_listed_by_full_path(holdall: Holdall):
    listed = names(holdall("ls", "-r", "b").lines)
    assert listed == sorted(listed, key=str.encode)
    assert len([name for name in listed if not name.endswith("/")]) == 7
    assert "tree/sub/deep/\u00fcml\u00e4ut \U0001f4c1.txt" in listed
    assert "tree/nothing/" in listed


def test_an_object_lists_itself(holdall: Holdall):
    assert names(holdall("ls", "b/tree/a.txt").lines) == ["a.txt"]


def test_an_empty_folder_has_no_rows_and_is_no_error(holdall: Holdall):
    assert holdall("ls", "b/tree/nothing").out == ""


def test_what_is_not_there_is_an_error(holdall: Holdall):
    answer = holdall("ls", "b/tree/gone", code=1)
    assert "b/tree/gone" in answer.err
    answer = holdall("ls", "b/tree/a.txt/", code=1)
    assert "b/tree/a.txt/" in answer.err


def test_programs_get_one_document(holdall: Holdall):
    rows = holdall("ls", "b/tree", "--json").document
    assert [row["kind"] for row in rows] == ["folder", "folder", "object", "object", "object"]
    assert rows[1] == {"kind": "folder", "name": "sub", "path": "tree/sub/"}
    first = next(row for row in rows if row["name"] == "a.txt")
    assert first["path"] == "tree/a.txt"
    assert first["size_bytes"] == 5
    assert first["checksum"] == "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"
    assert first["modified_at"].endswith("Z")


def test_all_pages_are_listed(holdall: Holdall, tmp_path: Path):
    many = tmp_path / "many"
    many.mkdir()
    count = limits.LIST_PAGE_MAX + 5
    for number in range(count):
        (many / f"{number:05}").touch()
    holdall("put", many, "b")
    assert names(holdall("ls", "b/many").lines) == [f"{number:05}" for number in range(count)]
    assert len(holdall("ls", "-r", "b/many", "--json").document) == count


def test_objects_are_removed(holdall: Holdall):
    assert holdall("rm", "b/tree/a.txt", "b/tree/empty").out == "removed 2 objects\n"
    assert names(holdall("ls", "b/tree").lines) == ["nothing/", "sub/", ".hidden"]


def test_a_folder_is_removed_only_with_all_that_is_in_it(holdall: Holdall):
    refused = holdall("rm", "b/tree/sub", code=1)
    assert "It is a folder" in refused.err
    assert "rm -r" in refused.err
    assert holdall("rm", "-r", "b/tree/sub", "b/tree/nothing").out == "removed 4 objects\n"
    assert names(holdall("ls", "b/tree").lines) == [".hidden", "a.txt", "empty"]


def test_removing_a_folder_leaves_its_neighbours(holdall: Holdall, tree: Path):
    holdall("put", tree / "a.txt", "b/tree/sub2")
    holdall("put", tree / "a.txt", "b/tree/su")
    holdall("rm", "-r", "b/tree/sub")
    assert {"su/", "sub2/"} <= set(names(holdall("ls", "b/tree").lines))


def test_what_cannot_be_removed_is_named_and_the_rest_goes(holdall: Holdall):
    answer = holdall("rm", "b/tree/gone", "b/tree/a.txt", "--json", code=1)
    assert answer.document["removed"] == 1
    assert [(row["path"], row["code"]) for row in answer.document["failures"]] == [("b/tree/gone", "NoSuchKey")]


def test_an_object_is_removed_before_the_folder_of_its_name(holdall: Holdall, tmp_path: Path):
    (tmp_path / "sub").write_text("an object beside the folder")
    holdall("put", tmp_path / "sub", "b/tree")
    holdall("rm", "b/tree/sub")
    assert "sub/" in names(holdall("ls", "b/tree").lines)
