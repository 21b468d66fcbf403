"""`mb`, and buckets in `ls` and `rm`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Holdall


def test_a_new_workspace_has_no_buckets(holdall: Holdall):
    assert holdall("ls").out == ""
    assert holdall("ls", "--json").document == []


def test_a_bucket_is_made_and_listed(holdall: Holdall):
    assert holdall("mb", "photos").out == "made bucket photos\n"
    (line,) = holdall("ls").lines
    assert line.startswith("private")
    assert line.endswith("  photos")


def test_a_bucket_may_have_rules(holdall: Holdall):
    made = holdall(
        "mb", "avatars", "--public", "--size-limit", "2MB", "--allow-mime", "image/png,image/jpeg", "--json"
    ).document
    (listed,) = holdall("ls", "--json").document
    assert made == listed
    assert (listed["kind"], listed["name"], listed["public"]) == ("bucket", "avatars", True)
    assert listed["file_size_limit_bytes"] == 2_000_000
    assert sorted(listed["allowed_mime_types"]) == ["image/jpeg", "image/png"]
    assert listed["created_at"].endswith("Z")
    (line,) = holdall("ls").lines
    assert line.startswith("public ")
    assert "  avatars  (up to 2.0 MB; image/" in line


def test_buckets_are_aligned_and_sorted(holdall: Holdall):
    holdall("mb", "zebra", "--public")
    holdall("mb", "ant")
    first, second = holdall("ls").lines
    assert first.index("ant") == second.index("zebra")


def test_a_second_bucket_of_one_name_is_refused(holdall: Holdall):
    holdall("mb", "photos")
    answer = holdall("mb", "photos", code=1)
    assert answer.out == ""
    assert answer.err.startswith("holdall: ")
    assert "photos" in answer.err


@pytest.mark.parametrize("name", ["a/b", " blank", "..", "\u202eevil", "x" * 101])
def test_a_wrong_name_is_refused_with_the_reason(holdall: Holdall, name: str):
    holdall("ls")
    answer = holdall("mb", name, code=1)
    assert answer.err.startswith("holdall: Bucket name invalid")
    assert answer.err.count("\n") == 2
    assert holdall("ls").out == ""


def test_an_empty_bucket_is_removed(holdall: Holdall):
    holdall("mb", "photos")
    assert holdall("rm", "photos").out == "removed 0 objects\n"
    assert holdall("ls").out == ""


def test_a_full_bucket_is_removed_only_with_all_that_is_in_it(holdall: Holdall, tree):
    holdall("mb", "photos")
    holdall("put", tree, "photos")
    assert "not empty" in holdall("rm", "photos", code=1).err
    assert holdall("ls", "photos").out != ""
    assert holdall("rm", "-r", "photos").out == "removed 7 objects\n"
    assert holdall("ls").out == ""


def test_a_missing_bucket_is_named(holdall: Holdall):
    for command in ("ls", "rm"):
        answer = holdall(command, "nowhere", code=1)
        assert "nowhere" in answer.err
        assert answer.out == "" or command == "rm"


def test_a_bucket_keeps_nothing_unless_asked(holdall: Holdall):
    kept = ("keep_versions", "keep_days", "trash_days")
    made = holdall("mb", "plain", "--json").document
    assert [made[name] for name in kept] == [None, None, None]
    options = ("--keep-versions", "5", "--keep-days", "90", "--trash-days", "30")
    made = holdall("mb", "work", *options, "--json").document
    assert [made[name] for name in kept] == [5, 90, 30]


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", "999999"])
def test_what_is_kept_is_a_number_that_makes_sense(holdall: Holdall, number: str):
    assert "--trash-days" in holdall("mb", "b", f"--trash-days={number}", code=2).err
