"""The same with real limits: a full disk, a file size limit, no descriptors, a disk that fails to flush."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.limits import MIB

CHILD = Path(__file__).with_name("fault_child.py")
WAYS = ["upload_path", "upload_stream", "upload_batch"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux's")


class Child:
    """A running `fault_child.py`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the child ended early"
        return line

    def go_on(self) -> dict[str, Any]:
        """Let the child take its next step and return what it says."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self.line())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file that is larger than all limits."""
    path = tmp_path / "large"
    path.write_bytes(b"large " * MIB)
    return path


@contextmanager
def child(data_dir: Path, source: Path, limit: str, *wrapper: str) -> Iterator[Child]:
    """Run the child until it has stored what must be kept."""
    command = [*wrapper, sys.executable, str(CHILD), str(data_dir), str(source), limit]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            running = Child(process)
            assert running.line() == "ready\n"
            yield running
        finally:
            process.kill()


def assert_unharmed(said: dict[str, Any]) -> None:
    """Hold what the child says after a failure against what it was before."""
    assert said["after"] == said["before"]
    assert said["after"]["kept"]
    assert said["after"]["staged"] == []


def test_a_file_size_limit(tmp_path: Path, source: Path) -> None:
    with child(tmp_path / "data", source, "file-size") as running:
        said = running.go_on()

        assert [met[:2] for met in said["met"]] == [[way, "FileTooLarge"] for way in WAYS]
        assert all(hint for _, _, hint in said["met"])
        assert_unharmed(said)
        assert running.go_on() == {"findings": [], "again": ["upload_path", "", ""]}


def test_too_many_open_files(tmp_path: Path, source: Path) -> None:
    with child(tmp_path / "data", source, "descriptors") as running:
        said = running.go_on()

        assert said["met"][0][:2] == ["open_many", "TooManyOpenFiles"]
        assert said["met"][0][2]
        assert_unharmed(said)
        assert running.go_on()["findings"] == []


def test_a_full_disk(tmp_path: Path, source: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("mounting needs a right that is missing here")
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    mount = 'mount -t tmpfs -o size=4m,mode=700 none "$0" && exec "$@"'

    with child(data_dir, source, "none", "unshare", "-m", "sh", "-c", mount, str(data_dir)) as running:
        said = running.go_on()

        assert [met[:2] for met in said["met"]] == [[way, "DiskFull"] for way in WAYS]
        assert all(hint for _, _, hint in said["met"])
        assert_unharmed(said)
        assert running.go_on()["findings"] == []


def test_a_disk_that_fails_to_flush(tmp_path: Path, source: Path) -> None:
    if shutil.which("strace") is None or subprocess.run(["strace", "true"], capture_output=True).returncode:
        pytest.skip("tracing is not possible here")
    data_dir = tmp_path / "data"
    inject = ["strace", "-f", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1+", "-o", "/dev/null", "-p"]

    with child(data_dir, source, "none") as running:
        with subprocess.Popen([*inject, str(running.pid)], stderr=subprocess.PIPE) as tracer:
            try:
                assert tracer.stderr is not None
                assert b"attached" in tracer.stderr.readline()
                said = running.go_on()
            finally:
                tracer.terminate()

        assert [met[:2] for met in said["met"]] == [[way, "IoError"] for way in WAYS]
        assert_unharmed(said)
        assert running.go_on()["findings"] == []
