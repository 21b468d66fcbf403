"""The machine lets us down in the middle: full disk, files that vanish or change, folders that may not be written."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import holdall, run


def stored(data_dir: Path) -> list[str]:
    return [row["path"] for row in json.loads(run(*holdall("ls", data_dir, "-r", "b", "--json")).stdout)]


def sparse(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


def begin_put(data_dir: Path, *sources: Path) -> subprocess.Popen[str]:
    """Start an upload and return as soon as bytes of it are on the disk."""
    command = holdall("put", data_dir, *sources, "b", "--json")
    upload = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    staging = data_dir / "storage" / ".staging"
    while upload.poll() is None and not any(size_of(path) for path in staging.rglob("*")):
        time.sleep(0.01)
    return upload


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


@pytest.fixture
def bucket(data_dir: Path) -> str:
    assert run(*holdall("mb", data_dir, "b")).returncode == 0
    return "b"


def test_a_source_that_changes_half_way_is_refused(data_dir: Path, bucket: str, tmp_path: Path):
    changing = sparse(tmp_path / "changing.bin", 600_000_000)
    with begin_put(data_dir, changing) as upload:
        with changing.open("ab") as file:
            file.write(b"more")
        out, _ = upload.communicate(timeout=100)
    assert upload.returncode == 1
    assert [row["code"] for row in json.loads(out)["failures"]] == ["SourceChanged"]
    assert stored(data_dir) == []


def test_a_source_that_vanishes_half_way_is_reported_and_the_others_go_up(data_dir: Path, bucket: str, tmp_path: Path):
    sources = [sparse(tmp_path / f"{number}.bin", 300_000_000) for number in range(4)]
    with begin_put(data_dir, *sources) as upload:
        sources[-1].unlink()
        out, _ = upload.communicate(timeout=100)
    assert upload.returncode == 1
    assert [(row["path"], row["code"]) for row in json.loads(out)["failures"]] == [("3.bin", "SourceUnreadable")]
    assert stored(data_dir) == ["0.bin", "1.bin", "2.bin"]


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare to make a small disk")
def test_a_full_disk_is_told_and_leaves_everything_as_it_was(tmp_path: Path):
    small_disk = tmp_path / "disk"
    small_disk.mkdir()
    in_namespace = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=12m none '{small_disk}'"
    if run(*in_namespace, mount).returncode:
        pytest.skip("a small disk cannot be mounted here")
    (tmp_path / "first.bin").write_bytes(b"1" * 3_000_000)
    (tmp_path / "second.bin").write_bytes(b"2" * 30_000_000)
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "first.bin").write_bytes(b"3" * 30_000_000)
    data_dir = small_disk / "data"
    steps = [
        holdall("mb", data_dir, "b"),
        holdall("put", data_dir, tmp_path / "first.bin", "b"),
        holdall("put", data_dir, tmp_path / "second.bin", "b"),
        holdall("put", data_dir, tmp_path / "first" / "first.bin", "b"),
        holdall("ls", data_dir, "b"),
        holdall("check", data_dir),
        holdall("get", data_dir, "b/first.bin", tmp_path / "back"),
        ["find", str(data_dir / "storage"), "-type", "f", "-size", "+3100k"],
    ]
    lines = [mount] + ["'" + "' '".join(step) + '\'; echo "=> $?"' for step in steps]
    done = run(*in_namespace, "\n".join(lines))
    codes = [line for line in done.stdout.splitlines() if line.startswith("=> ")]
    assert codes == ["=> 0", "=> 0", "=> 1", "=> 1", "=> 0", "=> 0", "=> 0", "=> 0"], done
    assert done.stderr.count("holdall: The disk is full") == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "all is well" in done.stdout
    assert done.stdout.count("first.bin") == 1
    assert "second.bin" not in done.stdout
    assert (tmp_path / "back" / "first.bin").read_bytes() == b"1" * 3_000_000


def test_a_data_folder_that_cannot_be_written_is_told(data_dir: Path, as_person: list[str]):
    data_dir.mkdir(mode=0o500)
    for command in (holdall("ls", data_dir), holdall("serve", data_dir, "--port", "0")):
        done = run(*as_person, *command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("holdall: Access was denied")
        assert str(data_dir) in done.stderr
        assert "Traceback" not in done.stderr


def test_files_that_may_not_be_read_are_told_and_the_others_go_up(
    data_dir: Path, bucket: str, tmp_path: Path, as_person: list[str]
):
    folder = tmp_path / "folder"
    (folder / "closed").mkdir(parents=True)
    (folder / "open.txt").write_text("open")
    (folder / "secret.txt").write_text("secret")
    (folder / "secret.txt").chmod(0)
    (folder / "closed").chmod(0)
    done = run(*as_person, *holdall("put", data_dir, folder, "b"))
    (folder / "closed").chmod(0o700)
    assert done.returncode == 1
    assert done.stdout.startswith("uploaded 1 file")
    assert f"holdall: {folder / 'secret.txt'}: " in done.stderr
    assert f"holdall: {folder / 'closed'}: " in done.stderr
    assert stored(data_dir) == ["folder/open.txt"]


def test_a_target_that_may_not_be_written_is_told(data_dir: Path, bucket: str, tmp_path: Path, as_person: list[str]):
    (tmp_path / "note.txt").write_text("x")
    (tmp_path / "closed").mkdir(mode=0o500)
    assert run(*holdall("put", data_dir, tmp_path / "note.txt", "b")).returncode == 0
    done = run(*as_person, *holdall("get", data_dir, "b/note.txt", tmp_path / "closed"))
    assert done.returncode == 1
    assert "Access was denied" in done.stderr
    assert list((tmp_path / "closed").iterdir()) == []
