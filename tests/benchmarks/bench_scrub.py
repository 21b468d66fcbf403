"""Reading stored bytes again, unpaced, beside `openssl dgst -sha256` over the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from engine.config import Settings
from engine.files.throttle import ProgressMeter
from engine.secrets import FixedSecrets
from engine.types import UploadItem
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_ROUNDS = 5
_MIB = 1024 * 1024
_FILE_MIB = 64


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows.

    Args:
        scale: 1.0 for the full sizes.
        base: Where to work; a temporary folder on the disk of the working directory by default.
    """
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        return [_pass(where, max(1, int(1024 * scale) // _FILE_MIB))]
    finally:
        shutil.rmtree(where)


def _pass(where: Path, count: int) -> Row:
    """A pass over some large objects, all of them in the page cache for both."""
    source = where / "source"
    source.mkdir()
    for number in range(count):
        (source / f"{number}.bin").write_bytes(os.urandom(_FILE_MIB * _MIB))
    with open_workspace(Settings(where / "data"), FixedSecrets()) as workspace:
        workspace.storage.create_bucket("bench", workspace.context)
        items = [UploadItem(str(path), path.name) for path in source.iterdir()]
        workspace.storage.upload_many("bench", items, workspace.context)
        shutil.rmtree(source)
        folder = where / "data" / "storage" / workspace.storage.get_bucket("bench", workspace.context).id
        rounds = [(_ours(workspace, count), _theirs(folder)) for _ in range(_ROUNDS)]
    size_mib = count * _FILE_MIB
    speed = median(theirs / ours for ours, theirs in rounds)
    ours_s, theirs_s = (median(times) for times in zip(*rounds, strict=True))
    shown, peer = f"{size_mib / ours_s:.0f} MiB/s", f"{size_mib / theirs_s:.0f} MiB/s"
    return Row(f"scrub, {size_mib} MiB", shown, "openssl dgst -sha256", peer, speed, ">= 0.80", speed >= 0.8)


def _ours(workspace: Workspace, count: int) -> float:
    """Make a pass and return its seconds."""
    start_s = time.perf_counter()
    state = workspace.housekeeping.scrub.run(workspace.context, ProgressMeter(None, None))
    elapsed_s = time.perf_counter() - start_s
    if (state.contents, state.problems) != (count, 0):
        raise RuntimeError(f"{state.contents} of {count} read, {state.problems} wrong")
    return elapsed_s


def _theirs(folder: Path) -> float:
    """Hash the same files and return the seconds."""
    files = [str(path) for path in folder.iterdir()]
    start_s = time.perf_counter()
    subprocess.run(["openssl", "dgst", "-sha256", *files], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start_s
