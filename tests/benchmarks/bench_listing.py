"""Listing: the first page of a folder of 100,000 objects, beside reading a plain folder of as many files."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from engine.config import Settings
from engine.secrets import FixedSecrets
from engine.types import ListRequest, SortColumn, UploadItem
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_ROUNDS = 9
_PAGE = 1000


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    count = int(100_000 * scale)
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        plain = _plain_folder(where / "plain", count)
        with open_workspace(Settings(where / "ws"), FixedSecrets()) as workspace:
            workspace.storage.create_bucket("bench", workspace.context)
            items = (UploadItem(Path(entry.path), f"folder/{entry.name}") for entry in os.scandir(plain))
            workspace.storage.upload_many("bench", items, workspace.context)
            return _rows(workspace, plain, count)
    finally:
        shutil.rmtree(where)


def _plain_folder(folder: Path, count: int) -> Path:
    """Make a folder of empty files."""
    folder.mkdir()
    for number in range(count):
        (folder / f"file-{number:06d}.txt").touch()
    return folder


def _rows(workspace: Workspace, plain: Path, count: int) -> list[Row]:
    """Time pages by every column, beside a plain folder read, sorted and looked at."""
    peer_ms = _median_ms(lambda: [entry.stat() for entry in sorted(os.scandir(plain), key=lambda e: e.name)[:_PAGE]])
    rows = []
    for column in SortColumn:
        request = ListRequest("folder/", limit=_PAGE, sort=column)
        ours_ms = _median_ms(lambda request=request: workspace.storage.list("bench", request, workspace.context))
        bar, holds = ("< 10 ms", ours_ms < 10) if column is SortColumn.NAME else ("", None)
        name = f"first page of {count} objects, {_PAGE} rows by {column.value}"
        ratio = ours_ms / peer_ms
        rows.append(Row(name, f"{ours_ms:.1f} ms", "scandir + sort + stat", f"{peer_ms:.1f} ms", ratio, bar, holds))
    return rows


def _median_ms(work: Callable[[], object]) -> float:
    """Return the median milliseconds of some rounds, after a warm-up."""
    work()
    times = []
    for _ in range(_ROUNDS):
        start_s = time.perf_counter()
        work()
        times.append((time.perf_counter() - start_s) * 1000)
    return median(times)
