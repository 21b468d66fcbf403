"""Single system calls that fail, or are the last ones, at their n-th time, in a real process: by strace."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from engine.config import load_settings
from engine.secrets import FixedSecrets
from engine.types import RlsContext
from engine.workspace import open_workspace
from tests.engine.backends import call_child
from tests.engine.crash.record import Nursery, nursery_opened

SERVICE = RlsContext.service()
CHILD = Path(call_child.__file__)
TRACER_ENDS_S = 20
UPLOADS = ["by_path", "by_bytes", "by_stream", "by_copy"]
OLD = {"source": "new"} | {f"kept/{number}": "old" for number in range(12)}
AFTERWARDS = {
    "by_batch": {"source": "new"} | {f"kept/{number}": "new" for number in range(12)},
    "delete": {path: value for path, value in OLD.items() if path != "kept/0"},
    "move": {path.replace("kept/0", "new/place/0"): value for path, value in OLD.items()},
    "move_folder": {path.replace("kept/", "new/place/"): value for path, value in OLD.items()},
} | {way: OLD | {"kept/0": "new"} for way in UPLOADS}


def can_trace() -> bool:
    """Return whether strace is here and may trace."""
    return (
        shutil.which("strace") is not None and subprocess.run(["strace", "true"], capture_output=True).returncode == 0
    )


pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not can_trace(), reason="strace is not installed here, or may not trace"),
]


class Traced:
    """A `call_child.py`, and the tracer that interferes with it."""

    def __init__(self, nursery: Nursery, folder: Path, way: str) -> None:
        self.data_dir = folder / "data"
        self._nursery = nursery
        self._trace = folder / "trace"
        pipes = {name: str(folder / name) for name in ("orders", "answers")}
        for path in pipes.values():
            os.mkfifo(path)
        self._pid = nursery.start({"data_dir": str(self.data_dir), "way": way} | pipes)
        self._orders = (folder / "orders").open("w", buffering=1)
        self._answers = (folder / "answers").open()
        assert self._answers.readline() == "ready\n"

    def change(self, *injections: str) -> dict[str, Any] | None:
        """Let the child make its change while faults are put in; return what it says, None if it died."""
        calls = ",".join(["fsync", "fdatasync", "syncfs", *(text.split(":")[0] for text in injections)])
        command = ["strace", "-f", "-y", "-e", f"trace={calls}", "-o", str(self._trace)]
        for text in injections:
            command += ["-e", f"inject={text}"]
        with subprocess.Popen([*command, "-p", str(self._pid)], stderr=subprocess.PIPE) as tracer:
            try:
                assert tracer.stderr is not None
                assert b"attached" in tracer.stderr.readline()
                said = self._told()
                if said is not None:
                    tracer.terminate()
                tracer.wait(TRACER_ENDS_S)
                return said
            finally:
                tracer.kill()

    def look(self) -> dict[str, Any]:
        """Let the child look whether all is in order, once nothing interferes any more."""
        said = self._told()
        assert said is not None
        return said

    def end(self) -> int:
        """Kill the child unless it is dead, and return how it ended."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        self._orders.close()
        self._answers.close()
        return self._nursery.wait(self._pid)

    def syncs(self) -> list[tuple[str, bool]]:
        """Return which files and folders were synced, in order, and whether each call went well."""
        found = re.findall(r" (?:fsync|fdatasync|syncfs)\(\d+<(.*?)>\) += (-?\d+)", self._trace.read_text())
        return [(path, result == "0") for path, result in found]

    def _told(self) -> dict[str, Any] | None:
        self._orders.write("\n")
        line = self._answers.readline()
        return json.loads(line) if line else None


Start = Callable[[str], AbstractContextManager[Traced]]
"""Starts a child that is going to make a change, by the name of its way."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Start the nursery."""
    with nursery_opened(CHILD) as opened:
        yield opened


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with what must be kept, to be copied."""
    data_dir = tmp_path_factory.mktemp("calls") / "data"
    call_child.prepare(data_dir)
    return data_dir


@pytest.fixture
def traced(nursery: Nursery, prepared: Path, tmp_path: Path) -> Start:
    """Return a function that starts a child on a copy of the data folder."""
    shutil.copytree(prepared, tmp_path / "data")

    @contextmanager
    def start(way: str) -> Iterator[Traced]:
        running = Traced(nursery, tmp_path, way)
        try:
            yield running
        finally:
            running.end()

    return start


def assert_in_order(data_dir: Path, *allowed: dict[str, str]) -> None:
    """Hold what the next start finds against what there may be."""
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as workspace:
        assert workspace.storage.check(SERVICE).findings == ()
        assert call_child.contents(workspace.storage) in allowed
        assert call_child.staged(workspace) == []


FLUSHES = [(way, "fsync", time) for way in UPLOADS for time in (1, 2)] + [("by_batch", "syncfs", 1)]


@pytest.mark.parametrize(("way", "call", "time"), FLUSHES)
def test_a_flush_of_staged_bytes_that_fails(traced: Start, tmp_path: Path, way: str, call: str, time: int) -> None:
    with traced(way) as child:
        said = child.change(f"{call}:error=EIO:when={time}")
        looked = child.look()
        syncs = child.syncs()

    assert said is not None
    assert (said["error"], said["message"]) == ("IoError", "The disk failed to read or write")
    assert "disk" in said["hint"]
    assert said["contents"] == OLD
    assert said["leaked"] == 0
    assert looked == {"findings": [], "staged": []}
    assert [ok for _, ok in syncs].count(False) == 1
    assert not syncs[-1][1], "something was flushed after the flush that failed"


@pytest.mark.parametrize(("way", "time"), [("by_path", 3), ("delete", 1), ("move", 1), ("move_folder", 2)])
def test_a_flush_of_folders_that_fails_after_the_commit(traced: Start, tmp_path: Path, way: str, time: int) -> None:
    """The change is done all the same: the record stays, and the files follow later."""
    with traced(way) as child:
        said = child.change(f"fsync:error=EIO:when={time}")
        looked = child.look()
        assert [ok for _, ok in child.syncs()].count(False) == 1

    assert said is not None
    assert said["error"] == ""
    assert said["contents"] == AFTERWARDS[way]
    assert said["leaked"] == 0
    assert looked == {"findings": [], "staged": []}


@pytest.mark.parametrize("way", AFTERWARDS)
def test_a_commit_whose_flush_fails_does_not_come_back(traced: Start, tmp_path: Path, way: str) -> None:
    """What was reported as failed stays undone, also when the process dies before it writes anything else."""
    with traced(way) as child:
        said = child.change("fdatasync:error=EIO:when=1")

    assert said is not None
    assert (said["error"], said["message"]) == ("DatabaseFault", "Reading or writing the database failed")
    assert "disk" in said["hint"]
    assert said["contents"] == OLD
    assert said["leaked"] == 0
    assert_in_order(tmp_path / "data", OLD)


@pytest.mark.parametrize("way", AFTERWARDS)
def test_a_commit_in_doubt_is_whole_either_way(traced: Start, tmp_path: Path, way: str) -> None:
    """Where the disk fails for good, nobody can say what it has; the next start finds all of the change, or nothing."""
    with traced(way) as child:
        said = child.change("fdatasync:error=EIO:when=1+")

    assert said is not None
    assert said["error"] == "CommitInDoubt"
    assert "start again" in said["hint"]
    assert said["contents"] == OLD
    assert_in_order(tmp_path / "data", OLD, AFTERWARDS[way])


@pytest.mark.parametrize(("number", "error"), [("ENOSPC", "DiskFull"), ("EIO", "DatabaseFault")])
@pytest.mark.parametrize("time", [1, 3])
def test_a_database_that_cannot_be_written(traced: Start, tmp_path: Path, number: str, error: str, time: int) -> None:
    with traced("by_path") as child:
        said = child.change(f"pwrite64:error={number}:when={time}")
        looked = child.look()

    assert said is not None
    assert said["error"] == error
    assert said["hint"]
    assert said["contents"] == OLD
    assert said["leaked"] == 0
    assert looked == {"findings": [], "staged": []}


LAST_CALLS = [
    *[(way, "fsync", time) for way in UPLOADS for time in (1, 2)],
    ("by_path", "fsync", 3),
    ("by_batch", "syncfs", 1),
    ("by_batch", "?rename,?renameat,renameat2", 5),
    *[(way, "?rename,?renameat,renameat2", 1) for way in (*UPLOADS, "move")],
    *[("move_folder", "?rename,?renameat,renameat2", time) for time in (1, 7)],
    *[("move_folder", "?mkdir,mkdirat", time) for time in (1, 2)],
    ("move_folder", "?rmdir,unlinkat", 1),
    ("delete", "?unlink,unlinkat", 1),
    ("delete", "fsync", 1),
    *[(way, "fdatasync", 1) for way in AFTERWARDS],
    *[(way, "fdatasync", 2) for way in ("delete", "move", "move_folder")],
    *[("by_path", "pwrite64", time) for time in (1, 2, 3, 6)],
]


@pytest.mark.parametrize(("way", "call", "time"), LAST_CALLS)
def test_a_process_whose_last_call_it_was(traced: Start, tmp_path: Path, way: str, call: str, time: int) -> None:
    with traced(way) as child:
        said = child.change(f"{call}:signal=SIGKILL:when={time}")
        assert said is None, "the process lived through it"

    assert_in_order(tmp_path / "data", OLD, AFTERWARDS[way])


def test_faults_were_counted_in_the_process_that_made_the_calls(traced: Start) -> None:
    """The tracer's count begins when it is attached: the first sync that it sees is that of the staged file."""
    with traced("by_path") as child:
        said = child.change()
        kinds = Counter(
            "staging" if "/.staging/" in path else "wal" if path.endswith("-wal") else "folder"
            for path, _ in child.syncs()
        )

    assert said is not None
    assert said["error"] == ""
    assert kinds["staging"] == 2
    assert kinds["wal"] >= 1
