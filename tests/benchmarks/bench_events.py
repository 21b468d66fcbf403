"""What events cost those who change something, and how soon those who listen hear of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from engine.access_types import PolicyCommand, PolicySpec
from engine.config import Settings
from engine.failpoints import Failpoint
from engine.metadata.change_log import ChangeLog
from engine.permissions.rows import PolicyTable
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.types import RlsContext, UploadItem
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_SMALL_BYTES = 4096
_ROUNDS = 5
_PAUSE_S = 0.03
_LATENCY_MAX_MS = 50
_NOTING = ("created", "updated", "write")
_SERVICE = RlsContext.service()


class _Commits:
    """Failpoints that remember when something was committed, by the machine's monotonic clock."""

    def __init__(self) -> None:
        self.at_ns: list[int] = []

    def reach(self, point: Failpoint) -> None:
        if point is Failpoint.COMMIT_DONE:
            self.at_ns.append(time.monotonic_ns())


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    commits = _Commits()
    try:
        with open_workspace(Settings(where / "ws"), FixedSecrets(), failpoints=commits) as workspace:
            workspace.storage.create_bucket("bench", workspace.context)
            rows = [_one_by_one(workspace, int(1_500 * scale)), _in_bulk(workspace, where, int(10_000 * scale))]
            return rows + _latencies(workspace, commits, max(20, int(200 * scale)))
    finally:
        shutil.rmtree(where)


def _one_by_one(workspace: Workspace, count: int) -> Row:
    """Upload small files, one call each, durably."""
    content = os.urandom(_SMALL_BYTES)
    numbers = iter(range(10**9))

    def upload() -> None:
        workspace.storage.upload("bench", f"one/{next(numbers)}", content, workspace.context)

    told, bare = _turn_by_turn(upload, count)
    ratio = median(told) / median(bare)
    shown, peer = f"{median(told) * 1e6:.0f} µs", f"{median(bare) * 1e6:.0f} µs"
    what = f"{count} uploads of 4 KiB, one call each, events written down (processor time, median)"
    return Row(what, shown, "the same without", peer, ratio, "<= 1.05", ratio <= 1.05)


def _in_bulk(workspace: Workspace, where: Path, count: int) -> Row:
    """Upload a folder of small files in one call, and see what of it was writing down events."""
    folder = where / "source"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.bin").write_bytes(os.urandom(_SMALL_BYTES))
    shares = []
    for number in range(_ROUNDS):
        items = [UploadItem(Path(entry.path), f"bulk{number}/{entry.name}") for entry in os.scandir(folder)]
        with _timed() as spent_s:
            start_s = time.process_time()
            workspace.storage.upload_many("bench", items, workspace.context)
            whole_s = time.process_time() - start_s
        shares.append((sum(spent_s), whole_s))
    own_s, whole_s = sorted(shares)[_ROUNDS // 2]
    ratio = whole_s / (whole_s - own_s)
    what = f"{count} x 4 KiB in one call, events written down (processor time)"
    return Row(what, f"{own_s * 1e3:.1f} ms", "all of it", f"{whole_s * 1e3:.0f} ms", ratio, "<= 1.02", ratio <= 1.02)


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Yield what will hold the processor's seconds of each call that notes or writes events."""
    spent_s: list[float] = []

    def timed(method: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            start_s = time.thread_time()
            method(*arguments)
            spent_s.append(time.thread_time() - start_s)

        return call

    kept = {name: getattr(ChangeLog, name) for name in _NOTING}
    for name, method in kept.items():
        setattr(ChangeLog, name, timed(method))
    try:
        yield spent_s
    finally:
        for name, method in kept.items():
            setattr(ChangeLog, name, method)


def _turn_by_turn(work: Callable[[], None], count: int) -> tuple[list[float], list[float]]:
    """Do work as often with events as without, and return the processor's seconds of each."""
    seconds: tuple[list[float], list[float]] = [], []
    for number in range(count * 2):
        # the first of a pair is the other one in each pair: what one leaves to do falls to both alike
        which = (number + number // 2) % 2
        with _without_events(which == 1):
            start_s = time.process_time()
            work()
            seconds[which].append(time.process_time() - start_s)
    return seconds


@contextmanager
def _without_events(wanted: bool) -> Iterator[None]:
    """Let nothing be noted nor written down, if that is wanted."""
    names = _NOTING if wanted else ()
    kept = {name: getattr(ChangeLog, name) for name in names}
    for name in names:
        setattr(ChangeLog, name, lambda *_: None)
    try:
        yield
    finally:
        for name, method in kept.items():
            setattr(ChangeLog, name, method)


def _latencies(workspace: Workspace, commits: _Commits, count: int) -> list[Row]:
    """Measure with one listener and with many, and with a writer that is another process to the server."""
    spec = PolicySpec(
        "All read", PolicyTable.OBJECTS, PolicyCommand.SELECT, ("authenticated",), using="owner_id IS NULL"
    )
    workspace.storage.policies.create(spec, _SERVICE, "bench")
    users = [
        workspace.tokens.mint(_SERVICE, sub=f"user {number}", role="authenticated", claims={}, expires_in_s=3600).token
        for number in range(100)
    ]
    service = workspace.keys.service_role
    server = StorageServer(workspace)
    server.start()
    try:
        rows = [
            _latency("1 listener", server, workspace, commits, [service], count),
            _latency("100 listeners, the same key", server, workspace, commits, [service] * 100, count),
            _latency("100 users under a policy, each their own", server, workspace, commits, users, count),
        ]
        other = _Commits()
        with open_workspace(workspace.settings, FixedSecrets(), failpoints=other) as writer:
            rows.append(_latency("1 listener, changed by another process", server, writer, other, [service], count))
    finally:
        server.stop()
    return rows


def _latency(
    who: str, server: StorageServer, writer: Workspace, commits: _Commits, tokens: list[str], count: int
) -> Row:
    """Store objects one after the other, and compare when they were committed with when that was heard of."""
    command = [sys.executable, "-m", "tests.benchmarks.events_listeners", str(server.port), str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listeners:
        assert listeners.stdin is not None
        assert listeners.stdout is not None
        listeners.stdin.write("\n".join(tokens) + "\n")
        listeners.stdin.close()
        assert listeners.stdout.readline() == "ready\n"
        commits.at_ns.clear()
        for number in range(count):
            writer.storage.upload("bench", f"{who}/{number}", b"1", _SERVICE)
            time.sleep(_PAUSE_S)
        arrived = json.loads(listeners.stdout.readline())
    waited_ms = [
        (heard_ns - done_ns) / 1e6 for one in arrived for heard_ns, done_ns in zip(one, commits.at_ns, strict=True)
    ]
    half, late = median(waited_ms), quantiles(waited_ms, n=100)[98]
    what = f"from commit to {who}: median, p99"
    bar = f"< {_LATENCY_MAX_MS} ms, median"
    return Row(what, f"{half:.1f} ms, {late:.1f} ms", "", "", None, bar, half < _LATENCY_MAX_MS)
