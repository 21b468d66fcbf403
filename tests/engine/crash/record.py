"""The record of what processes acknowledged before they died, and the nursery that lets them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from engine.backends.memory import MemoryBackend
from engine.config import MISSING_GRACE_VARIABLE, ORPHAN_GRACE_VARIABLE, load_settings
from engine.failpoints import NO_FAILPOINTS, Failpoints
from engine.secrets import FixedSecrets
from engine.workspace import Workspace, open_workspace
from tests.engine.crash.load import BUCKET, SERVICE, Change, Log, found
from tests.engine.crash.parts import check_parts
from tests.engine.crash.past_record import PAST, PastRecord, PastSteps, check_past, end_past

NO_GRACE = {ORPHAN_GRACE_VARIABLE: "0", MISSING_GRACE_VARIABLE: "0"}
NURSERY = Path(__file__).with_name("nursery.py")


@contextmanager
def opened(data_dir: Path, failpoints: Failpoints = NO_FAILPOINTS) -> Iterator[Workspace]:
    """Open a data folder, as the next start does, with no grace for what is nobody's and no work by itself."""
    settings = load_settings(data_dir, environ=NO_GRACE)
    with open_workspace(settings, FixedSecrets(bytes(32)), failpoints=failpoints, clock=lambda: 0.0) as workspace:
        yield workspace


def database_with_bucket(data_dir: Path) -> bytes:
    """Return a database with one bucket and nothing in it."""
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32)), MemoryBackend()) as workspace:
        workspace.storage.create_bucket(BUCKET, SERVICE)
    return (data_dir / "holdall.db").read_bytes()


@contextmanager
def nursery_opened(script: Path = NURSERY) -> Iterator[Nursery]:
    """Start a nursery."""
    command = [sys.executable, "-W", "ignore", str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


class Nursery:
    """A process that forks children which work on a data folder."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, plan: dict[str, Any]) -> int:
        """Start a child and return its process id."""
        return self._ask({"start": plan})

    def wait(self, pid: int) -> int:
        """Wait for a child's end and return its exit status, negative for a signal."""
        return self._ask({"wait": pid})

    def _ask(self, order: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline()))


class Record:
    """What a data folder must hold by the logs of those who worked on it.

    Args:
        folder: Where the data folder, the log and the workers' files are.
        database: An empty database to begin with; without it the data folder is there.

    Attributes:
        acknowledged: How many operations were.
        checked: How many objects were read against their checksums.
    """

    def __init__(self, folder: Path, database: bytes | None = None) -> None:
        self.data_dir = folder / "data"
        self.scratch = folder / "scratch"
        self.log = folder / "log"
        self.scratch.mkdir()
        if database is not None:
            self.data_dir.mkdir()
            (self.data_dir / "holdall.db").write_bytes(database)
        self._read_bytes = 0
        self._stored: dict[str, dict[str, str]] = {}
        self._open: dict[str, list[Change]] = {}
        self._past = PastRecord()
        self.acknowledged = 0
        self.checked = 0

    def plan(self, seed: int, **more: object) -> dict[str, Any]:
        """Return what a child is to do."""
        return {
            "data_dir": str(self.data_dir),
            "scratch": str(self.scratch),
            "log": str(self.log),
            "seed": seed,
            "steps": 40,
            "workers": ["t0", "t1"],
            "past": 30,
        } | more

    def check(self, workspace: Workspace, *, end: bool = False) -> None:
        """Hold what is stored, as somebody sees it who opened it after the crash, against all that was acknowledged.

        Args:
            workspace: Opened after the crash, with nobody else at work.
            end: Whether nobody is going to work there: then all that is kept of the past is let go.
        """
        storage = workspace.storage
        self._replay()
        for worker in self._stored:
            self._resolve(worker, found(storage, worker))
        self._check_past(workspace, end=end)
        report = storage.check(SERVICE)
        self.checked += report.objects
        assert report.findings == (), report.findings
        known = {bucket.id for bucket in storage.list_buckets(SERVICE)}
        assert {path.name for path in (self.data_dir / "storage").glob("*-*")} <= known
        staging = self.data_dir / "storage" / ".staging"
        assert [path.name for path in staging.rglob("*") if path.is_file()] == [".lock"]
        check_parts(workspace)

    def _check_past(self, workspace: Workspace, *, end: bool) -> None:
        """Hold the past against the log, and write down there what is done with it."""
        with closing(Log(self.log)) as log:
            steps = PastSteps(workspace, log, self._past)
            check_past(steps)
            if end:
                end_past(steps)
        self._read_bytes = self.log.stat().st_size

    def _replay(self) -> None:
        """Read what was written since the last time."""
        if not self.log.exists():
            return
        with self.log.open("rb") as file:
            file.seek(self._read_bytes)
            lines = file.readlines()
            self._read_bytes = file.tell()
        for line in lines:
            worker, kind, value = json.loads(line)
            self.acknowledged += kind == "done"
            if worker == PAST:
                self._past.note(kind, value)
            elif kind == "found":
                self._resolve(worker, value)
            elif kind == "begin":
                self._open[worker] = value
            else:
                for change in self._open.pop(worker):
                    self._apply(worker, change)

    def _resolve(self, worker: str, seen: dict[str, str]) -> None:
        """Take what is seen for true if it is what was acknowledged, and any of what was under way as a whole."""
        self._stored.setdefault(worker, {})
        for change in self._open.pop(worker, []):
            if all(seen.get(path) == value for path, value in change.items()):
                self._apply(worker, change)
        assert seen == self._stored[worker], (seen, self._stored[worker])

    def _apply(self, worker: str, change: Change) -> None:
        """Make a change."""
        stored = self._stored.setdefault(worker, {})
        for path, value in change.items():
            if value is None:
                stored.pop(path, None)
            else:
                stored[path] = value
