"""What the audit costs: uploads with it beside uploads without, turn by turn in one workspace."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from engine.acts import ActBook
from engine.config import Settings
from engine.context import Origin
from engine.metadata.executor import Transaction
from engine.secrets import FixedSecrets
from engine.types import RlsContext, UploadItem
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_SMALL_BYTES = 4096
_ROUNDS = 5


class _Nothing:
    """Writes nothing down."""

    def write(self, tx: Transaction) -> None:
        """Do nothing."""

    def gather(self, context: RlsContext, error: Exception | None = None, origin: Origin | None = None) -> None:
        """Do nothing."""


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        with open_workspace(Settings(where / "ws"), FixedSecrets()) as workspace:
            workspace.storage.create_bucket("bench", workspace.context)
            return [_one_by_one(workspace, int(1_500 * scale)), _in_bulk(workspace, where, int(5_000 * scale))]
    finally:
        shutil.rmtree(where)


def _one_by_one(workspace: Workspace, count: int) -> Row:
    """Upload small files, one call each, durably."""
    content = os.urandom(_SMALL_BYTES)
    numbers = iter(range(10**9))

    def upload() -> None:
        workspace.storage.upload("bench", f"one/{next(numbers)}", content, workspace.context)

    audited, bare = _turn_by_turn(workspace, upload, count)
    ratio = median(audited) / median(bare)
    shown, peer = f"{median(audited) * 1e3:.2f} ms", f"{median(bare) * 1e3:.2f} ms"
    what = f"{count} uploads of 4 KiB, one call each, audited (median)"
    return Row(what, shown, "the same, not audited", peer, ratio, "<= 1.15", ratio <= 1.15)


def _in_bulk(workspace: Workspace, where: Path, count: int) -> Row:
    """Upload a folder of small files in one call."""
    folder = where / "source"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.bin").write_bytes(os.urandom(_SMALL_BYTES))
    numbers = iter(range(10**9))

    def upload() -> None:
        prefix = next(numbers)
        items = (UploadItem(entry.path, f"bulk{prefix}/{entry.name}") for entry in os.scandir(folder))
        workspace.storage.upload_many("bench", items, workspace.context)

    audited, bare = _turn_by_turn(workspace, upload, _ROUNDS)
    ratio = median(a / b for a, b in zip(audited, bare, strict=True))
    shown, peer = f"{median(audited):.2f} s", f"{median(bare):.2f} s"
    return Row(f"{count} x 4 KiB in one call, audited", shown, "the same, not audited", peer, ratio)


def _turn_by_turn(workspace: Workspace, work: Callable[[], None], count: int) -> tuple[list[float], list[float]]:
    """Do work as often with the audit as without, and return the seconds of each."""
    seconds: tuple[list[float], list[float]] = [], []
    books: tuple[ActBook, ActBook] = workspace.audit, _Nothing()
    for number in range(count * 2):
        # the first of a pair is the other one in each pair: what one leaves to do falls to both alike
        which = (number + number // 2) % 2
        workspace._core.executor.acts.keep_in(books[which])
        start_s = time.perf_counter()
        work()
        seconds[which].append(time.perf_counter() - start_s)
    workspace._core.executor.acts.keep_in(workspace.audit)
    return seconds
