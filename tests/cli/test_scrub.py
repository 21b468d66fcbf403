"""`scrub`: what is known of damage, and a pass now."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Cancelled
from engine.jobs.scrub import Scrub
from tests.cli.conftest import Holdall


@pytest.fixture
def file(holdall: Holdall, data_dir: Path, tmp_path: Path) -> Path:
    """Store an object and return its file."""
    source = tmp_path / "cat"
    source.write_bytes(b"miau")
    bucket = holdall("mb", "photos", "--json").document
    holdall("put", str(source), "photos")
    return data_dir / "storage" / bucket["id"] / "cat"


def test_before_the_first_pass(holdall: Holdall, file: Path) -> None:
    assert holdall("scrub").out == "nothing was read again yet\n"
    assert holdall("scrub", "--json").document["contents"] == 0


def test_all_is_well(holdall: Holdall, file: Path) -> None:
    told = holdall("scrub", "--now").out

    assert told.startswith("read 1 content, 4 B until ")
    assert told.endswith(": all is well\n")


def test_damage_is_told_until_it_is_mended(holdall: Holdall, file: Path) -> None:
    file.write_bytes(b"woof")
    assert "damaged  photos/cat" in holdall("scrub", "--now", code=1).out

    document = holdall("scrub", "--json", code=1).document
    (entry,) = document["quarantine"]
    assert (entry["where"], entry["problem"]) == ("photos/cat", "damaged")
    assert document["ended_at"] is not None

    file.write_bytes(b"miau")
    assert holdall("scrub", "--now", "--json").document["quarantine"] == []


def test_damage_is_told_wherever_the_object_is_listed(holdall: Holdall, file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"woof")
    holdall("scrub", "--now", code=1)
    for listing in (("ls", "photos"), ("ls", "-r", "photos"), ("ls", "photos/cat")):
        assert holdall(*listing).lines[0].endswith("  cat  (bytes damaged)")
        assert holdall(*listing, "--json").document[0]["problem"] == "damaged"
    assert holdall("versions", "photos/cat").lines[0].endswith("  now  (bytes damaged)")
    assert holdall("versions", "photos/cat", "--json").document[0]["problem"] == "damaged"

    file.unlink()
    holdall("scrub", "--now", code=1)
    assert holdall("ls", "photos").lines[0].endswith("  cat  (bytes missing)")
    assert "cat" in holdall("get", "photos/cat", str(tmp_path / "out"), code=1).err

    file.write_bytes(b"miau")
    holdall("scrub", "--now")
    assert holdall("ls", "photos").lines[0].endswith("  cat")


def test_an_old_version_and_the_trash_tell_it_too(holdall: Holdall, data_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "cat"
    holdall("mb", "work", "--keep-versions", "5", "--trash-days", "30")
    for content in (b"first", b"second"):
        source.write_bytes(content)
        holdall("put", str(source), "work", "--replace")
    (archived,) = (one for one in (data_dir / "storage" / ".versions").rglob("*") if one.is_file())
    archived.write_bytes(b"tsrif")
    holdall("scrub", "--now", code=1)
    now, before = holdall("versions", "work/cat").lines
    assert "bytes" not in now
    assert before.endswith("  (bytes damaged)")

    holdall("rm", "work/cat")
    for archived in (data_dir / "storage" / ".versions").rglob("cat*"):
        archived.unlink()
    holdall("scrub", "--now", code=1)
    assert holdall("trash", "work").lines[0].endswith("  cat  (bytes missing)")
    assert holdall("trash", "work", "--json").document[0]["problem"] == "missing"


@pytest.mark.parametrize(
    ("rate", "end"), [("8000000", "; to be continued\n"), ("0", "; interrupted: --now begins anew\n")]
)
def test_a_pass_that_was_interrupted_is_promised_to_go_on_only_where_it_does(
    holdall: Holdall, file: Path, monkeypatch: pytest.MonkeyPatch, rate: str, end: str
) -> None:
    monkeypatch.setenv("HOLDALL_SCRUB_BYTES_PER_S", rate)

    def interrupted(*_: object) -> None:
        raise Cancelled("Cancelled")

    with monkeypatch.context() as patched:
        patched.setattr(Scrub, "_is_sound", interrupted)
        holdall("scrub", "--now", code=1)

    assert holdall("scrub").out.endswith(end)
