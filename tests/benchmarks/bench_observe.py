"""What metrics and logs cost: a workspace with them beside one without, turn by turn, in processor time.

Processor time, of all threads of this process, because that is what they take away from others; the disk is the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from unittest import mock

from engine.config import Settings
from engine.observability.log_lines import LogLevel
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.types import UploadItem
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_ROUNDS = 11
_CLIENT = """
import socket, sys
host, port, key, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
lines = "GET /storage/v1/object/bench/small HTTP/1.1", f"host: {host}", f"authorization: Bearer {key}"
request = ("\\r\\n".join(lines) + "\\r\\n\\r\\n").encode()
with socket.create_connection((host, port)) as connection:
    connection.sendall(request)
    length = len(connection.recv(65536))
    for _ in range(count):
        connection.sendall(request)
        left = length
        while left > 0:
            left -= len(connection.recv(65536))
"""


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        with ExitStack() as stack:
            watched = stack.enter_context(open_workspace(Settings(where / "watched"), FixedSecrets()))
            with mock.patch("engine.workspace.TimedBackend", lambda backend, _: backend):
                quiet = Settings(where / "quiet", log_level=LogLevel.OFF)
                bare = stack.enter_context(open_workspace(quiet, FixedSecrets()))
            bare.storage._executor.acts._watch = None  # type: ignore[assignment]
            for workspace in (watched, bare):
                workspace.storage.create_bucket("bench", workspace.context)
            return [
                _uploads(watched, bare, int(200 * scale)),
                _bulk(watched, bare, where, int(2_000 * scale)),
                _downloads(watched, bare, int(2_000 * scale)),
            ]
    finally:
        shutil.rmtree(where)


def _uploads(watched: Workspace, bare: Workspace, count: int) -> Row:
    """Upload small files, one call each."""
    content = os.urandom(4096)
    numbers = iter(range(10**9))

    def upload(workspace: Workspace) -> None:
        for _ in range(count):
            workspace.storage.upload("bench", f"one/{next(numbers)}", content, workspace.context)

    return _row("upload of 4 KiB, one call", "1.05", *_turns(watched, bare, upload, count))


def _bulk(watched: Workspace, bare: Workspace, where: Path, count: int) -> Row:
    """Upload a folder of small files in one call."""
    folder = where / "source"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.bin").write_bytes(os.urandom(4096))
    numbers = iter(range(10**9))

    def upload(workspace: Workspace) -> None:
        prefix = next(numbers)
        items = (UploadItem(entry.path, f"bulk{prefix}/{entry.name}") for entry in os.scandir(folder))
        workspace.storage.upload_many("bench", items, workspace.context)

    return _row("upload of 4 KiB in bulk", "1.05", *_turns(watched, bare, upload, count))


def _downloads(watched: Workspace, bare: Workspace, count: int) -> Row:
    """Read a small object over HTTP, the client in a process of its own."""
    servers = {}
    for workspace in (watched, bare):
        workspace.storage.upload("bench", "small", os.urandom(1024), workspace.context)
        servers[workspace] = StorageServer(workspace)
        servers[workspace].start()

    def download(workspace: Workspace) -> None:
        server = servers[workspace]
        arguments = [server.host, str(server.port), workspace.keys.service_role, str(count)]
        subprocess.run([sys.executable, "-c", _CLIENT, *arguments], check=True)

    try:
        return _row("GET of 1 KiB", "1.10", *_turns(watched, bare, download, count))
    finally:
        for server in servers.values():
            server.stop()


def _turns(
    watched: Workspace, bare: Workspace, work: Callable[[Workspace], None], count: int
) -> tuple[list[float], list[float]]:
    """Return the processor time of one operation in each round, watched and not."""
    took_s: dict[Workspace, list[float]] = {watched: [], bare: []}
    for number in range(_ROUNDS + 1):
        for workspace in (watched, bare) if number % 2 else (bare, watched):
            began_s = time.process_time()
            work(workspace)
            workspace.log.flush()
            if number:  # the first warms up
                took_s[workspace].append((time.process_time() - began_s) / count)
    return took_s[watched], took_s[bare]


def _row(what: str, bar: str, watched: list[float], bare: list[float]) -> Row:
    ratio = median(a / b for a, b in zip(watched, bare, strict=True))
    shown, peer = f"{median(watched) * 1e6:.1f} µs", f"{median(bare) * 1e6:.1f} µs"
    return Row(
        f"{what}: processor time, counted and logged", shown, "neither", peer, ratio, f"<= {bar}", ratio <= float(bar)
    )
