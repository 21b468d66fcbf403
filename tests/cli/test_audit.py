"""`audit`: what was done, by whom; files, and whether it is as it was written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Holdall
from tests.engine.audit.conftest import tamper


@pytest.fixture
def bucket(holdall: Holdall, tmp_path: Path) -> str:
    """Make a bucket with an object, and ask for one that is not there."""
    (tmp_path / "cat").write_bytes(b"miau")
    holdall("mb", "photos")
    holdall("put", tmp_path / "cat", "photos")
    holdall("versions", "photos/dog", code=1)
    return "photos"


def test_it_shows_what_was_done_the_newest_first(holdall: Holdall, bucket: str) -> None:
    entries = holdall("audit", "--json").document
    assert entries[0]["operation"] == "storage.version.list"
    assert (entries[0]["result"], entries[0]["path"]) == ("failed", "dog")
    assert entries[0]["detail"]["message"] == "Object not found"
    assert entries[-1]["operation"] == "storage.bucket.create"
    lines = holdall("audit", "--limit", "1", "--result", "failed").lines
    assert len(lines) == 1
    assert lines[0].endswith("storage.version.list  photos/dog  Object not found")


def test_filters_narrow(holdall: Holdall, bucket: str) -> None:
    found = holdall("audit", "--json", "--path", "cat", "--operation", "storage.object.upload_many").document
    assert [entry["operation"] for entry in found] == ["storage.object.upload_many"]
    assert holdall("audit", "--json", "--until", "2001-01-01").document == []
    assert holdall("audit", "--json", "--user", "nobody").document == []
    assert "not a positive number" in holdall("audit", "--limit", "0", code=2).err


def test_export(holdall: Holdall, bucket: str, tmp_path: Path) -> None:
    target = tmp_path / "audit.csv"
    told = holdall("audit", "--export", target, "--bucket", "photos").out
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"), newline="")))
    assert told == f"{target}: {len(rows)} entries\n"
    assert rows[0]["operation"] == "storage.bucket.create"
    holdall("audit", "--export", tmp_path / "audit.jsonl", "--format", "jsonl", "--json")
    assert (tmp_path / "audit.jsonl").read_text().startswith('{"id": 1')


def test_what_was_changed_is_told_by_verify_and_by_check(holdall: Holdall, bucket: str, data_dir: Path) -> None:
    assert holdall("audit", "--verify").out.endswith(" entries: as they were written\n")
    assert holdall("check").code == 0
    tamper(data_dir, "UPDATE storage_audit SET actor = 'somebody else' WHERE id = 2")

    reason = "it was changed, or does not follow from the one before it"
    assert holdall("audit", "--verify", code=1).out == f"entry 2: {reason}\n"
    document = holdall("audit", "--verify", "--json", code=1).document
    assert (document["sound"], document["first_wrong"]) == (False, 2)
    assert f"entry 2  ({reason})" in holdall("check", code=1).out
    (finding,) = holdall("check", "--json", code=1).document["findings"]
    assert (finding["kind"], finding["where"]) == ("audit", "entry 2")


def test_how_long_entries_are_kept(holdall: Holdall, bucket: str) -> None:
    assert holdall("audit", "--keep-days", "30").out == "entries are kept for 30 days\n"
    assert holdall("audit", "--json", "--limit", "1").document[0]["detail"] == {"days": 30, "before": 365}
    assert holdall("audit", "--keep-days", "60", "--json").document == {"keep_days": 60}
