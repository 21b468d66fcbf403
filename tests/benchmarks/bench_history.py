"""What keeping the past costs: overwriting beside a first upload, a bucket as it was, and renaming a large folder."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from engine.config import Settings
from engine.failpoints import Failpoint
from engine.secrets import FixedSecrets
from engine.types import ListRequest, Retention, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace
from tests.benchmarks.report import Row

_ROUNDS = 3
_PAGE = 1000
_SMALL_BYTES = 4096
_REPLACE = UploadOptions(replace=True)


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        return [*_overwriting(where, int(2_000 * scale)), *_large_folder(where, int(100_000 * scale))]
    finally:
        shutil.rmtree(where)


def _overwriting(where: Path, count: int) -> list[Row]:
    """Upload files, then upload others over them, in a bucket that keeps the old ones."""
    sources = [_files(where / f"source{number}", count) for number in range(2)]
    first: list[float] = []
    second: list[float] = []
    for number in range(_ROUNDS):
        with open_workspace(Settings(where / f"ws{number}"), FixedSecrets()) as workspace:
            workspace.storage.create_bucket("bench", workspace.context, retention=Retention(versions=10))
            first.append(_upload(workspace, sources[0]))
            second.append(_upload(workspace, sources[1]))
    ratio = median(b / a for a, b in zip(first, second, strict=True))
    what = f"overwriting {count} x 4 KiB, the old ones kept"
    shown, peer = f"{median(second):.2f} s", f"{median(first):.2f} s"
    return [Row(what, shown, "a first upload of as many", peer, ratio, "<= 1.30", ratio <= 1.3)]


def _files(folder: Path, count: int) -> Path:
    """Make a folder of small files."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.bin").write_bytes(os.urandom(_SMALL_BYTES))
    return folder


def _upload(workspace: Workspace, source: Path) -> float:
    """Upload a folder's files and return the seconds."""
    start_s = time.perf_counter()
    items = (UploadItem(entry.path, f"f/{entry.name}") for entry in os.scandir(source))
    workspace.storage.upload_many("bench", items, workspace.context, _REPLACE)
    return time.perf_counter() - start_s


def _large_folder(where: Path, count: int) -> list[Row]:
    """A folder as it was before half of it was overwritten and all of it renamed."""
    empty = where / "empty"
    empty.touch()
    commits = _Commits()
    with open_workspace(Settings(where / "ws-large"), FixedSecrets(), failpoints=commits) as workspace:
        workspace.storage.create_bucket("bench", workspace.context, retention=Retention(versions=10))
        workspace.storage.upload_many("bench", _items(empty, range(count)), workspace.context, _REPLACE)
        then = datetime.now(UTC)
        workspace.storage.upload_many("bench", _items(empty, range(0, count, 2)), workspace.context, _REPLACE)
        present_ms = _page_ms(workspace, None)
        rows = [_past_row(workspace, then, present_ms, f"half of {count} objects overwritten since")]
        rows.append(_rename_row(workspace, count, commits))
        rows.append(_past_row(workspace, then, present_ms, f"all {count} renamed since"))
    return rows


def _items(source: Path, numbers: range) -> Iterator[UploadItem]:
    """Yield one empty file under many paths."""
    for number in numbers:
        yield UploadItem(source, f"folder/{number:06d}.txt")


def _past_row(workspace: Workspace, moment: datetime, present_ms: float, what: str) -> Row:
    """Time the first page of the folder as it was."""
    ours_ms = _page_ms(workspace, moment)
    name = f"first page as it was, {_PAGE} rows, {what}"
    shown = f"{ours_ms:.1f} ms"
    return Row(name, shown, "as it is", f"{present_ms:.1f} ms", ours_ms / present_ms, "< 50 ms", ours_ms < 50)


def _page_ms(workspace: Workspace, moment: datetime | None) -> float:
    """Return the median milliseconds of a first page of a thousand rows."""
    times = []
    for _ in range(9):
        start_s = time.perf_counter()
        page = workspace.storage.list("bench", ListRequest("folder/", limit=_PAGE, moment=moment), workspace.context)
        times.append((time.perf_counter() - start_s) * 1000)
        if len(page.objects) != _PAGE:
            raise RuntimeError(f"{len(page.objects)} rows")
    return median(times)


def _rename_row(workspace: Workspace, count: int, commits: _Commits) -> Row:
    """Rename the folder; until the commit it is the transaction, afterwards the files follow."""
    start_s = time.perf_counter()
    workspace.storage.move_folder("bench", "folder/", "renamed/", workspace.context)
    whole_s, rows_s = time.perf_counter() - start_s, commits.last_s - start_s
    name = f"renaming a folder of {count} objects, one transaction"
    return Row(name, f"{rows_s:.1f} s", "until all files followed", f"{whole_s:.1f} s", None, "< 5 s", rows_s < 5)


class _Commits:
    """Notes when a change was last committed: its files have not followed then."""

    def __init__(self) -> None:
        self.last_s = 0.0

    def reach(self, point: Failpoint) -> None:
        """Take note."""
        if point is Failpoint.COMMIT_DONE:
            self.last_s = time.perf_counter()
