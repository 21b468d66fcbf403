"""Ingest: one large file and many small ones, durable, beside the commands that a careful person would type."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.types import UploadItem
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_ROUNDS = 5
_MIB = 1024 * 1024
_SMALL_BYTES = 4096


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows.

    Args:
        scale: 1.0 for the full sizes.
        base: Where to work; a temporary folder on the disk of the working directory by default.
    """
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        return [*_large(where, int(1024 * scale)), *_small(where, int(10_000 * scale))]
    finally:
        shutil.rmtree(where)


def _large(where: Path, size_mib: int) -> list[Row]:
    """One large file beside `cp` + `openssl dgst` + `sync`; the disk alone is measured too."""
    source = where / "large.bin"
    with source.open("wb") as file:
        for _ in range(size_mib):
            file.write(os.urandom(_MIB))
    ours: list[float] = []
    theirs: list[float] = []
    growth: list[float] = []
    for number in range(_ROUNDS):
        theirs.append(
            _shell(f'cp "{source}" "{where}/cp{number}" && openssl dgst -sha256 "{source}" >/dev/null && sync')
        )
        ours.append(_with_workspace(where / f"ws-large{number}", lambda ws: _upload_large(ws, source, growth)))
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    disk = _shell(f'dd if=/dev/zero of="{where}/dd" bs=128K count={size_mib * 8} conv=fsync 2>/dev/null')
    peer = "cp + openssl dgst + sync"
    name = f"durable upload, {size_mib} MiB"
    return [
        Row(name, f"{median(ours):.2f} s", peer, f"{median(theirs):.2f} s", ratio, "<= 0.60", ratio <= 0.6),
        Row("the disk alone (dd, fsync)", f"{disk:.2f} s", peer, f"{median(theirs):.2f} s", disk / median(theirs)),
        Row("memory growth of that upload", f"{max(growth):.0f} MiB", "", "", None, "< 64 MiB", max(growth) < 64),
    ]


def _upload_large(workspace: Workspace, source: Path, growth: list[float]) -> None:
    """Upload, and note how far the resident memory rose above its start."""
    before = _resident_mib()
    peak = _PeakWatch()
    with peak:
        workspace.storage.upload("bench", "large.bin", source, workspace.context)
    growth.append(peak.peak_mib - before)


def _small(where: Path, count: int) -> list[Row]:
    """Many small files beside `cp -r` + `sha256sum` + `sync`, restic and rclone."""
    source = where / "small"
    for number in range(count):
        folder = source / f"d{number % 100:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number}.bin").write_bytes(os.urandom(_SMALL_BYTES))
    peers = _peers(where, source)
    times: dict[str, list[float]] = {name: [] for name in peers}
    ours: list[float] = []
    alone: list[float] = []
    for number in range(_ROUNDS):
        for name, command in peers.items():
            _warm(source)
            times[name].append(_shell(command(number)))
        _warm(source)
        alone.append(_create_alone(where / f"alone{number}", count))
        ours.append(_with_workspace(where / f"ws-small{number}", lambda ws: _upload_small(ws, source, count)))
    rows = []
    for name, theirs in times.items():
        ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
        limit = 1.6 if name.startswith("cp") else 1.0
        bar = "<= 1.60" if name.startswith("cp") else "< 1"
        shown = f"{median(ours):.2f} s"
        what = f"durable upload, {count} x 4 KiB, one call"
        rows.append(Row(what, shown, name, f"{median(theirs):.2f} s", ratio, bar, ratio <= limit))
    ratio = median(a / b for a, b in zip(ours, alone, strict=True))
    rows.append(Row(what, shown, "only creating as many files in one folder", f"{median(alone):.2f} s", ratio))
    return rows


def _warm(folder: Path) -> None:
    """Read every file once: rclone has the system drop what it read, and who came next would wait for the disk."""
    for file in folder.rglob("*.bin"):
        file.read_bytes()


def _create_alone(folder: Path, count: int) -> float:
    """Create files in one folder and do nothing else: what the file system itself takes, and nobody can undercut.

    ext4 without a journal looks again at every inode that was freed in the last five minutes with every file that it
    creates: then this row takes seconds, and so does ours.
    """
    folder.mkdir()
    data = os.urandom(_SMALL_BYTES)
    start_s = time.perf_counter()
    for number in range(count):
        fd = os.open(folder / str(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(fd, data)
        os.close(fd)
    os.sync()
    return time.perf_counter() - start_s


def _peers(where: Path, source: Path) -> dict[str, Callable[[int], str]]:
    """Return the commands to compare with; those that are not installed are left out."""
    peers: dict[str, Callable[[int], str]] = {
        "cp -r + sha256sum + sync": lambda number: (
            f'cp -r "{source}" "{where}/cpr{number}"'
            f' && find "{source}" -type f -print0 | xargs -0 sha256sum >/dev/null && sync'
        )
    }
    if shutil.which("restic"):
        peers["restic backup"] = lambda number: (
            f'export RESTIC_PASSWORD=bench; restic -q init -r "{where}/restic{number}"'
            f' && restic -q backup -r "{where}/restic{number}" --no-cache "{source}" && sync'
        )
    if shutil.which("rclone"):
        peers["rclone copy + check"] = lambda number: (
            f'rclone copy "{source}" "{where}/rclone{number}" && rclone check "{source}" "{where}/rclone{number}"'
            " 2>/dev/null && sync"
        )
    return peers


def _upload_small(workspace: Workspace, source: Path, count: int) -> None:
    """Upload the folder in one call."""
    report = workspace.storage.upload_many("bench", _items(source), workspace.context)
    if report.done != count or report.failures:
        raise RuntimeError(f"{report.done} of {count} stored, {report.failures[:3]}")


def _items(source: Path) -> Iterator[UploadItem]:
    """Yield the files of a folder under its own name."""
    for folder in os.scandir(source):
        for entry in os.scandir(folder.path):
            yield UploadItem(entry.path, f"{source.name}/{folder.name}/{entry.name}")


def _with_workspace(data_dir: Path, work: Callable[[Workspace], None]) -> float:
    """Run `work` in a fresh workspace and return its seconds."""
    with open_workspace(Settings(data_dir), FixedSecrets()) as workspace:
        workspace.storage.create_bucket("bench", workspace.context)
        start_s = time.perf_counter()
        work(workspace)
        return time.perf_counter() - start_s


def _shell(command: str) -> float:
    """Run a shell command and return its seconds."""
    start_s = time.perf_counter()
    subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start_s


def _resident_mib() -> float:
    """Return this process's resident memory."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / _MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class _PeakWatch:
    """Samples the resident memory every few milliseconds."""

    def __init__(self) -> None:
        self.peak_mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> _PeakWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.005):
            self.peak_mib = max(self.peak_mib, _resident_mib())
