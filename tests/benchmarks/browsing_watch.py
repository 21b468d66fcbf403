"""What looks at a window while it is measured: when it has painted, and for how long it did not answer, and where."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QTableView

_PATIENCE_MS: Final = 60_000
_STALL_S: Final = 0.05
_LOOK_S: Final = 0.005
_CALLS_TOLD: Final = 5


class Painted(QObject):
    """Waits until a view has painted what is wanted."""

    def __init__(self, view: QAbstractScrollArea) -> None:
        """Args: the view."""
        super().__init__(view)
        self._loop = QEventLoop()
        self._is_ready: Callable[[], bool] = bool
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)
        view.viewport().installEventFilter(self)

    def after(self, act: Callable[[], None], is_ready: Callable[[], bool]) -> float:
        """Act, and return how many milliseconds later the view has painted with `is_ready` true."""
        self._is_ready = is_ready
        late = QTimer(singleShot=True, interval=_PATIENCE_MS)
        late.timeout.connect(self._loop.quit)
        late.start()
        start_s = time.perf_counter()
        QTimer.singleShot(0, act)
        self._loop.exec()
        took_ms = (time.perf_counter() - start_s) * 1000
        if not late.isActive():
            raise RuntimeError("the window did not paint in time what was waited for")
        return took_ms

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Qt's hook: look when this painting is done."""
        if event.type() == QEvent.Type.Paint:
            self._soon.start()
        return False

    def _look(self) -> None:
        if self._is_ready():
            self._loop.quit()


class Heartbeat:
    """Beats in the main thread every millisecond; a second thread writes down where that is while it does not beat."""

    def __init__(self) -> None:
        """Beat from now on; the stalls of `stop` are those from the last `begin` on."""
        self._main = threading.get_ident()
        self._phase, self._worst = "", (0.0, "", "")
        self._last_s = time.perf_counter()
        self._where = ""
        self._ended = threading.Event()
        self._timer = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._watcher = threading.Thread(target=self._watch, name="heartbeat")
        self._watcher.start()
        self.stalls: dict[str, float] = {}

    def __enter__(self) -> Heartbeat:
        """Return itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the watching thread."""
        self._timer.stop()
        self._ended.set()
        self._watcher.join()

    def phase(self, name: str) -> None:
        """Say what is done from now on."""
        self._beat()
        self._phase = name

    @property
    def worst(self) -> tuple[float, str, str]:
        """Return the longest stall in milliseconds, in which phase, and what the main thread was in the middle of."""
        return self._worst

    def _beat(self) -> None:
        now_s = time.perf_counter()
        gap_ms, self._last_s = (now_s - self._last_s) * 1000, now_s
        self.stalls[self._phase] = max(self.stalls.get(self._phase, 0.0), gap_ms)
        if self._phase and gap_ms > self._worst[0]:
            self._worst = (gap_ms, self._phase, self._where)
        self._where = ""

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_S):
            if time.perf_counter() - self._last_s > _STALL_S / 2:
                self._where = _place_of(self._main)


def _place_of(thread: int) -> str:
    """Return the innermost calls of a thread. Quickly: whoever holds its frames for long has its widgets die here."""
    frame, calls = sys._current_frames().get(thread), []
    while frame is not None and len(calls) < _CALLS_TOLD:
        calls.append(f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return "\n".join(calls)


def are_rows_there(table: QTableView) -> bool:
    """Return whether all rows on the screen have come; a folder without any is not there yet."""
    model = table.model()
    first = max(table.rowAt(0), 0)
    last = table.rowAt(table.viewport().height() - 1)
    last = last if last >= 0 else model.rowCount() - 1
    return last >= first and all(model.row(number) is not None for number in range(first, last + 1))


def spin(seconds: float) -> None:
    """Let the event loop run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def spin_until(done: Callable[[], bool]) -> None:
    """Let the event loop run until something holds."""
    loop = QEventLoop()
    look = QTimer(interval=20)
    look.timeout.connect(lambda: done() and loop.quit())
    look.start()
    loop.exec()
    look.stop()


def peak_memory_mib() -> float:
    """Return the most memory that this process ever had, shared pages included."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no file
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
