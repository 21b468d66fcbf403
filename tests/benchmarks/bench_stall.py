"""Stalls of the event loop: how long the real window does not answer while it uploads.

A timer beats every millisecond in the main thread; a stall is what passes between two beats. Four files of 500 MB go
up at once through the window's own queue with the transfers panel and the target folder shown, then a folder of many
small files. The window at rest is the peer: what it shows is the noise of machine and toolkit.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks.report import Row

_BAR_MS = 50.0
_UPLOADS = 4
_LARGE_BYTES = 500_000_000
_ROUNDS = 3
_SMALL_FILES = 10_000
_SMALL_BYTES = 4096
_REST_S = 4.0
_SETTLE_S = 1.0
_BLOCK_BYTES = 8 * 1024 * 1024


def run(scale: float, base: Path | None = None) -> list[Row]:
    """Measure and return the rows."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    where = Path(tempfile.mkdtemp(prefix="holdall-bench-", dir=base or Path.home()))
    try:
        large = [_large_file(where / "in" / f"large-{n}.bin", int(_LARGE_BYTES * scale)) for n in range(_UPLOADS)]
        small = _small_files(where / "in" / "small", int(_SMALL_FILES * scale))
        return _rows(where / "ws", large, small, scale)
    finally:
        shutil.rmtree(where)


class Pulse:
    """Beats in the main thread and keeps what passed between two beats."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._gaps_ms: list[float] = []
        self._last_s = time.perf_counter()
        self._timer = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def take(self) -> list[float]:
        """Return the gaps since the last call, in milliseconds, in ascending order."""
        taken, self._gaps_ms = sorted(self._gaps_ms), []
        return taken

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()

    def _beat(self) -> None:
        now_s = time.perf_counter()
        self._gaps_ms.append((now_s - self._last_s) * 1000)
        self._last_s = now_s


def _rows(data_dir: Path, large: list[Path], small: Path, scale: float) -> list[Row]:
    """Open the window and measure it at rest and at work."""
    with _window(data_dir) as window:
        transfers = window.session._side.transfers
        pulse = Pulse()
        _spin(_SETTLE_S)
        pulse.take()
        _spin(_REST_S)
        rest = pulse.take()
        start_s = time.perf_counter()
        busy = [_gaps_of(pulse, transfers, f"large-{n}/", [[source] for source in large]) for n in range(_ROUNDS)]
        took_s = (time.perf_counter() - start_s) / _ROUNDS
        many = [_gaps_of(pulse, transfers, f"small-{n}/", [[small]]) for n in range(_ROUNDS)]
        pulse.stop()
        _expect_all_arrived(transfers)
    size_mb = _LARGE_BYTES * scale / 1e6
    name = f"longest stall, {_UPLOADS} uploads of {size_mb:.0f} MB at once ({took_s:.1f} s)"
    count = int(_SMALL_FILES * scale)
    return [_row(name, busy, rest), _row(f"longest stall, upload of {count} small files", many, rest)]


def _gaps_of(pulse: Pulse, transfers: object, prefix: str, jobs: list[list[Path]]) -> list[float]:
    """Upload, and return the gaps until everything has arrived."""
    pulse.take()
    for sources in jobs:
        transfers.upload("bench", prefix, sources)
    _spin_until(lambda: transfers.active)
    _spin_until(lambda: not transfers.active)
    return pulse.take()


def _row(name: str, rounds: list[list[float]], rest: list[float]) -> Row:
    """Compare the median round; the longest stall of every round is told."""
    worst = sorted(gaps[-1] for gaps in rounds)
    middle = worst[len(worst) // 2]
    p99 = median(gaps[int(len(gaps) * 0.99)] for gaps in rounds)
    ours = f"{middle:.1f} ms (rounds {', '.join(f'{gap:.0f}' for gap in worst)}; p99 {p99:.1f})"
    at_rest = f"{rest[-1]:.1f} ms (p99 {rest[int(len(rest) * 0.99)]:.1f})"
    return Row(name, ours, "window at rest", at_rest, middle / rest[-1], f"< {_BAR_MS:.0f} ms", middle < _BAR_MS)


@contextmanager
def _window(data_dir: Path) -> Iterator[object]:
    """Open the real window on a new workspace with the bucket shown and the transfers panel open."""
    from PySide6.QtWidgets import QApplication

    from app.application import Window
    from app.location import Location
    from app.theme import Theme
    from engine.config import Settings
    from engine.secrets import FixedSecrets
    from engine.workspace import open_workspace

    with open_workspace(Settings(data_dir), FixedSecrets()) as workspace:
        workspace.storage.create_bucket("bench", workspace.context)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    window = Window(application, Theme(application), FixedSecrets())
    window.shell.resize(1280, 800)
    window.open(data_dir)
    _spin_until(lambda: window.session is not None)
    window.session.controllers.navigator.go(Location("bench"))
    yield window
    closed = []
    window.closed.connect(lambda: closed.append(True))
    window.shell.leave()
    _spin_until(lambda: bool(closed))


def _spin(seconds: float) -> None:
    end_s = time.monotonic() + seconds
    _spin_until(lambda: time.monotonic() >= end_s)


def _spin_until(done: Callable[[], bool]) -> None:
    """Run a real event loop until something holds, looked at four times a second so that looking costs nothing."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    look = QTimer(interval=250)
    look.timeout.connect(lambda: done() and loop.quit())
    look.start()
    loop.exec()
    look.stop()


def _expect_all_arrived(transfers: object) -> None:
    """Refuse to report on uploads that did not happen."""
    from engine.transfers import JobState

    states = [job.state for job in transfers.snapshots()]
    if states != [JobState.DONE] * (_UPLOADS + 1) * _ROUNDS:
        raise RuntimeError(f"the uploads did not all finish: {states}")


def _large_file(path: Path, size_bytes: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    block = os.urandom(_BLOCK_BYTES)
    with path.open("wb") as file:
        for start in range(0, size_bytes, _BLOCK_BYTES):
            file.write(block[: min(_BLOCK_BYTES, size_bytes - start)])
    return path


def _small_files(folder: Path, count: int) -> Path:
    for number in range(count):
        place = folder / f"{number // 1000:03d}" / f"{number:06d}.bin"
        if number % 1000 == 0:
            place.parent.mkdir(parents=True)
        place.write_bytes(os.urandom(_SMALL_BYTES))
    return folder
