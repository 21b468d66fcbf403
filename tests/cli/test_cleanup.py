"""`cleanup`: what it says, and that it asks before much goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import limits
from tests.cli.conftest import Holdall


@pytest.fixture
def stray(holdall: Holdall, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a bucket and put a file into its folder; no grace is given."""
    monkeypatch.setenv("HOLDALL_ORPHAN_GRACE_S", "0")
    bucket = holdall("mb", "photos", "--json").document
    file = data_dir / "storage" / bucket["id"] / "stray"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"whose")
    return file


def test_nothing_to_do(holdall: Holdall) -> None:
    holdall("mb", "photos")

    assert holdall("cleanup").out == "all is well\n"


def test_a_dry_run_tells_and_leaves_it(holdall: Holdall, stray: Path) -> None:
    told = holdall("cleanup", "--dry-run").out

    assert "orphaned, due" in told
    assert stray.exists()


def test_stray_files_are_put_aside(holdall: Holdall, stray: Path) -> None:
    document = holdall("cleanup", "--json").document

    (item,) = document["items"]
    assert (item["kind"], item["action"]) == ("orphaned", "set aside")
    assert (document["refused"], document["allowed"], document["staged_swept"]) == (0, 1000, 0)
    assert not stray.exists()


def test_much_is_left_until_it_is_confirmed(holdall: Holdall, stray: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CLEANUP_REMOVALS_MIN", 0)

    refused = holdall("cleanup", code=1)
    assert "--confirm" in refused.out
    assert stray.exists()

    assert "1 set aside" in holdall("cleanup", "--confirm").out
    assert not stray.exists()


def test_a_bucket_without_its_files_is_told_of(
    holdall: Holdall, stray: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDALL_MISSING_GRACE_S", "0")
    source = tmp_path / "cat"
    source.write_bytes(b"miau")
    holdall("put", str(source), "photos")
    stray.parent.rename(tmp_path / "unplugged")

    refused = holdall("cleanup", code=1)

    assert "photos: all or nearly all of its files are missing" in refused.out
    assert "1 due" in refused.out
    assert holdall("cleanup", "--json", code=1).document["lost_buckets"] == ["photos"]


def test_lost_objects_are_listed_as_such(holdall: Holdall, stray: Path, tmp_path: Path) -> None:
    source = tmp_path / "cat"
    source.write_bytes(b"miau")
    holdall("put", str(source), "photos")
    (stray.parent / "cat").unlink()

    assert "missing, waiting" in holdall("cleanup").out
    (shown,) = holdall("ls", "photos", "--json").document
    assert shown["problem"] == "missing"
