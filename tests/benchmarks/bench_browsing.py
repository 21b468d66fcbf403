"""Browsing: the real window over 1,000,000 objects in one folder and 10,000 folders in one bucket, beside Qt's own.

The window and its peer (QFileSystemModel with QTreeView over 100,000 plain files) have a process each, so that memory
is each one's own. `browsing_tour` measures, here the figures are held against the bars.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks import browsing_workspace
from tests.benchmarks.report import Row

_PLAIN_FILES: Final = 100_000
_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class _Bar:
    """What a figure is held against.

    Attributes:
        figure: Its key in what the window's process prints.
        name: For people.
        most: The bar; 0 where there is none.
        peer: The peer's figure beside it, if it has one.
        unit: Of both.
    """

    figure: str
    name: str
    most: float = 0.0
    peer: str = ""
    unit: str = "ms"


_BARS: Final = (
    _Bar("open", "opening {objects:,} objects in one folder, first painted rows", 150, "open"),
    _Bar("end", "Ctrl+End there, painted", 200, "end"),
    _Bar("middle", "thumb dragged to the middle, painted", 0, "middle"),
    _Bar("sort_size", "sorted by size, first rows painted", 500, "sort_size"),
    _Bar("end_size", "Ctrl+End in that order, painted"),
    _Bar("middle_size", "thumb dragged to the middle of that order, painted"),
    _Bar("sort_time", "sorted by date, first rows painted", 500, "sort_time"),
    _Bar("select_all", "Ctrl+A", 50, "select_all"),
    _Bar("open_many", "opening {folders:,} folders in one bucket, first painted rows", 150),
    _Bar("end_many", "Ctrl+End there, painted", 200),
    _Bar("type_ahead", "letters typed, the row in its middle painted"),
    _Bar("filter_first", "third letter of a filter, what fits is in the second eighth of the rows, painted", 100),
    _Bar("filter_last", "the same, in the seventh eighth", 100),
    _Bar("filter_news", "the same, while objects come all the time", 100),
    _Bar("icons", "the same folder as icons, painted", 200),
    _Bar("icons_end", "Ctrl+End among icons, painted", 200),
    _Bar("start", "start to painted rows of that folder and a key taken, warm", 1500),
    _Bar("stall", "longest stall of the tour", 50, "stall"),
    _Bar("news", "objects that came each second of it", unit="a second"),
    _Bar("memory", "memory at its most", 350, "memory", "MiB"),
)


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    objects, folders = int(browsing_workspace.OBJECTS * scale), int(browsing_workspace.FOLDERS * scale)
    try:
        browsing_workspace.make(where / "ws", objects, folders)
        ours = _ask("tests.benchmarks.browsing_tour", where / "ws")
        ours |= min((_started(where / "ws") for _ in range(3)), key=lambda figures: figures["start"])
        peers = _ask("tests.benchmarks.browsing_peer", _plain(where / "plain", int(_PLAIN_FILES * scale)))
    finally:
        shutil.rmtree(where)
    sizes = {"objects": objects, "folders": folders}
    return [_row(bar, ours, peers, sizes) for bar in _BARS if bar.figure in ours]


def _row(bar: _Bar, ours: dict[str, float], peers: dict[str, float], sizes: dict[str, int]) -> Row:
    """Return one comparison."""
    figure, peer = ours[bar.figure], peers.get(bar.peer)
    return Row(
        name=bar.name.format(**sizes),
        ours=f"{figure:.0f} {bar.unit}",
        peer_name="" if peer is None else "QFileSystemModel + QTreeView, a tenth as many files",
        peer="" if peer is None else f"{peer:.0f} {bar.unit}",
        ratio=None if peer is None else figure / peer,
        bar=f"< {bar.most:.0f} {bar.unit}" if bar.most else "",
        holds=figure < bar.most if bar.most else None,
    )


def _started(data_dir: Path) -> dict[str, float]:
    """Return what a start of the window takes, its process and all that it imports included."""
    return _ask("tests.benchmarks.browsing_start", data_dir, "--start", str(time.monotonic()))


def _ask(module: str, *words: object) -> dict[str, float]:
    """Run a module in a process of its own and return the figures that it prints as its last line."""
    command = [sys.executable, "-m", module, *map(str, words)]
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _plain(folder: Path, count: int) -> Path:
    """Make a folder of small files of different sizes."""
    folder.mkdir()
    for number in range(count):
        (folder / f"file-{number:06d}.txt").write_bytes(b"x" * (number * 7919 % 97))
    return folder
