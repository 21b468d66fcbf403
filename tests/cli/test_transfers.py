"""`put` and `get`: what goes up comes down the same."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Holdall, content_of


@pytest.fixture(autouse=True)
def bucket(holdall: Holdall) -> str:
    """Make the bucket that all these tests use."""
    holdall("mb", "b")
    return "b"


def paths(holdall: Holdall, where: str = "b") -> list[str]:
    return [row["path"] for row in holdall("ls", "-r", where, "--json").document if row["kind"] == "object"]


def test_a_folder_goes_up_and_comes_down_byte_for_byte(holdall: Holdall, tree: Path, tmp_path: Path):
    went_up = holdall("put", tree, "b/backup")
    assert went_up.out.startswith("uploaded 7 files, 262 kB, to b/backup/")
    came_down = holdall("get", "b/backup/tree", tmp_path / "restored")
    assert came_down.out.startswith("downloaded 7 files, 262 kB, to ")
    assert content_of(tmp_path / "restored" / "tree") == content_of(tree)


def test_modification_times_survive(holdall: Holdall, tree: Path, tmp_path: Path):
    os.utime(tree / "a.txt", (1_000_000_000, 1_000_000_000))
    holdall("put", tree, "b")
    holdall("get", "b/tree/a.txt", tmp_path / "back")
    assert (tmp_path / "back" / "a.txt").stat().st_mtime == 1_000_000_000


def test_a_whole_bucket_arrives_under_its_name(holdall: Holdall, tree: Path, tmp_path: Path):
    holdall("put", tree, tree / "a.txt", "b")
    holdall("get", "b", tmp_path / "restored")
    assert sorted(path.name for path in (tmp_path / "restored").iterdir()) == ["b"]
    assert content_of(tmp_path / "restored" / "b" / "tree") == content_of(tree)
    assert (tmp_path / "restored" / "b" / "a.txt").read_bytes() == b"first"


def test_files_go_below_the_prefix(holdall: Holdall, tree: Path):
    holdall("put", tree / "a.txt", tree / "empty", "b/x/y/")
    assert paths(holdall) == ["x/y/a.txt", "x/y/empty"]


def test_the_present_folder_goes_up_under_its_real_name(holdall: Holdall, tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tree / "sub")
    holdall("put", ".", "b")
    assert {path.split("/")[0] for path in paths(holdall)} == {"sub"}


def test_several_sources_come_down_side_by_side(holdall: Holdall, tree: Path, tmp_path: Path):
    holdall("mb", "c")
    holdall("put", tree, "b")
    holdall("put", tree / "a.txt", "c/x")
    holdall("get", "b/tree/sub/", "b/tree/empty", "c/x", tmp_path / "t")
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == ["empty", "sub", "x"]
    assert content_of(tmp_path / "t" / "sub") == content_of(tree / "sub")


def test_put_replaces_unless_told_otherwise(holdall: Holdall, tmp_path: Path):
    file = tmp_path / "note.txt"
    file.write_text("one")
    holdall("put", file, "b")
    file.write_text("two")
    holdall("put", file, "b")
    file.write_text("three")
    refused = holdall("put", "--no-replace", file, "b", code=1)
    assert "already exists" in refused.err
    assert str(file) in refused.err
    holdall("get", "b/note.txt", tmp_path / "back")
    assert (tmp_path / "back" / "note.txt").read_text() == "two"


def test_get_never_overwrites_unasked(holdall: Holdall, tree: Path, tmp_path: Path):
    holdall("put", tree, "b")
    target = tmp_path / "t"
    (target / "tree").mkdir(parents=True)
    (target / "tree" / "a.txt").write_text("mine")
    refused = holdall("get", "b/tree", target, code=1)
    assert "a.txt" in refused.err
    assert (target / "tree" / "a.txt").read_text() == "mine"
    assert (target / "tree" / "sub" / "b.bin").read_bytes() == (tree / "sub" / "b.bin").read_bytes()
    holdall("get", "--replace", "b/tree", target)
    assert content_of(target / "tree") == content_of(tree)


def test_an_object_comes_before_the_folder_of_its_name_unless_the_slash_says_folder(holdall: Holdall, tmp_path: Path):
    (tmp_path / "a").write_text("object")
    holdall("put", tmp_path / "a", "b")
    holdall("put", tmp_path / "a", "b/a/")
    assert paths(holdall) == ["a", "a/a"]
    holdall("get", "b/a", tmp_path / "one")
    assert content_of(tmp_path / "one") == {"a": b"object"}
    holdall("get", "b/a/", tmp_path / "two")
    assert content_of(tmp_path / "two") == {"a": None, "a/a": b"object"}


def test_a_missing_bucket_is_refused_with_the_way_to_make_it(holdall: Holdall, tree: Path):
    answer = holdall("put", tree, "nowhere/x", code=1)
    assert "nowhere" in answer.err
    assert "mb nowhere" in answer.err


def test_a_missing_object_is_named_and_the_others_come_down(holdall: Holdall, tree: Path, tmp_path: Path):
    holdall("put", tree, "b")
    answer = holdall("get", "b/tree/gone", "b/tree/a.txt", "nowhere/x", tmp_path / "t", code=1)
    assert "b/tree/gone" in answer.err
    assert "nowhere/x" in answer.err
    assert content_of(tmp_path / "t") == {"a.txt": b"first"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_reported_and_the_rest_goes_up(holdall: Holdall, tree: Path):
    (tree / "a.txt").chmod(0)
    answer = holdall("put", tree, "b", code=1)
    assert str(tree / "a.txt") in answer.err
    assert len(paths(holdall)) == 6


def test_missing_and_broken_sources_are_reported_one_by_one_and_the_rest_goes_up(holdall: Holdall, tree: Path):
    (tree / "broken").symlink_to("nowhere")
    answer = holdall("put", tree, tree / "gone", "b", code=1)
    assert [line for line in answer.err.splitlines() if str(tree / "gone") in line]
    assert [line for line in answer.err.splitlines() if str(tree / "broken") in line]
    assert answer.out.startswith("uploaded 7 files")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_left_out_with_a_word_and_without_waiting_for_it(holdall: Holdall, tree: Path):
    os.mkfifo(tree / "pipe")
    answer = holdall("put", tree, "b", "--json")
    assert [row["path"] for row in answer.document["left_out"]] == ["tree/pipe"]
    assert answer.document["failures"] == []
    assert str(tree / "pipe") in holdall("put", tree, "b").err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_no_bucket_takes_is_reported_without_steering_the_terminal(holdall: Holdall, tree: Path):
    (tree / "two\nlines").write_text("x")
    answer = holdall("put", tree, "b", code=1)
    assert "two\\nlines" in answer.err
    assert answer.out.startswith("uploaded 7 files")


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are Unicode there")
def test_a_name_that_is_no_text_is_reported(process: Holdall, tree: Path):
    Path(os.fsdecode(os.fsencode(tree) + b"/bad\xff.txt")).write_text("x")
    answer = process("put", tree, "b", code=1)
    assert "bad\\udcff.txt" in answer.err
    assert answer.out.startswith("uploaded 7 files")
    assert process("put", tree, "b", "--json", code=1).document["files"] == 7


@pytest.mark.parametrize("prefix", ["../x", "x/../../y", "%2e%2e/x", "\uff0e\uff0e/x", "x/\x07"])
def test_a_prefix_that_leads_out_is_refused_before_a_byte_moves(holdall: Holdall, tree: Path, prefix: str):
    answer = holdall("put", tree, f"b/{prefix}", code=1)
    assert answer.err.startswith("holdall: Invalid key")
    assert paths(holdall) == []


def test_the_type_is_found_out_or_given(holdall: Holdall, tmp_path: Path):
    (tmp_path / "page.html").write_text("<!doctype html><title>x</title>")
    holdall("put", tmp_path / "page.html", "b/found")
    holdall("put", tmp_path / "page.html", "b/given", "--content-type", "text/plain; charset=utf-8")
    types = {row["path"]: row["mime_type"] for row in holdall("ls", "-r", "b", "--json").document}
    assert types == {"found/page.html": "text/html", "given/page.html": "text/plain; charset=utf-8"}


def test_the_rules_of_the_bucket_hold(holdall: Holdall, tmp_path: Path):
    holdall("mb", "strict", "--size-limit", "10", "--allow-mime", "text/*")
    (tmp_path / "long.txt").write_text("more than ten bytes")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "ok.txt").write_text("short")
    sources = [tmp_path / name for name in ("long.txt", "picture.png", "ok.txt")]
    answer = holdall("put", *sources, "strict", "--json", code=1)
    assert answer.document["files"] == 1
    assert {row["path"]: row["code"] for row in answer.document["failures"]} == {
        "long.txt": "EntityTooLarge",
        "picture.png": "InvalidMimeType",
    }
    assert paths(holdall, "strict") == ["ok.txt"]


def test_the_data_folder_is_not_uploaded_into_itself(holdall: Holdall, data_dir: Path, tree: Path, tmp_path: Path):
    answer = holdall("put", tmp_path, "b", "--json")
    assert [row["source"] for row in answer.document["left_out"]] == [str(data_dir)]
    assert answer.document["files"] == 7


def test_put_tells_a_program_what_it_did(holdall: Holdall, tree: Path):
    assert holdall("put", tree / "a.txt", tree / "gone", "b/x", "--json", code=1).document == {
        "bucket": "b",
        "prefix": "x/",
        "files": 1,
        "size_bytes": 5,
        "failures": [
            {
                "path": "x/gone",
                "source": str(tree / "gone"),
                "code": "SourceUnreadable",
                "message": "No such file or directory",
            }
        ],
        "left_out": [],
    }


def test_get_tells_a_program_what_it_did(holdall: Holdall, tree: Path, tmp_path: Path):
    holdall("put", tree, "b")
    document = holdall("get", "b/tree", "b/gone", tmp_path / "t", "--json", code=1).document
    assert (document["files"], document["target"]) == (7, str(tmp_path / "t"))
    assert [(row["source"], row["code"]) for row in document["failures"]] == [("b/gone", "NoSuchKey")]


def test_get_into_a_file_is_refused(holdall: Holdall, tree: Path, tmp_path: Path):
    holdall("put", tree / "a.txt", "b")
    (tmp_path / "file").write_text("mine")
    answer = holdall("get", "b/a.txt", tmp_path / "file", code=1)
    assert str(tmp_path / "file") in answer.err
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_what_comes_down_is_a_plain_file(holdall: Holdall, tree: Path, tmp_path: Path):
    (tree / "a.txt").chmod(0o4755)
    holdall("put", tree / "a.txt", "b")
    holdall("get", "b/a.txt", tmp_path / "t")
    mode = (tmp_path / "t" / "a.txt").stat().st_mode
    assert stat.S_ISREG(mode)
    assert not mode & (stat.S_ISUID | stat.S_IXUSR)
