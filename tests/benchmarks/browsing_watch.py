"""What looks at a window while it is measured: when it has painted, and for how long it did not answer, and where."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QTableView

from tests.benchmarks.browsing_stalls import Stall, Watch

_PATIENCE_MS: Final = 60_000
_TOLD_MS: Final = 30.0


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
    """Beats in the main thread every millisecond, and keeps what passed between two beats."""

    def __init__(self) -> None:
        """Beat from now on; what happens before the first phase counts for nothing."""
        self._phase = ""
        self._watch = Watch()
        self._timer = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._watch.start()
        self.longest: dict[str, float] = {}
        self.stalls: list[Stall] = []

    def __enter__(self) -> Heartbeat:
        """Return itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the watching thread."""
        self._timer.stop()
        self._watch.stop()

    def phase(self, name: str) -> None:
        """Say what is done from now on."""
        self._beat()
        self._phase = name

    @property
    def longest_ms(self) -> float:
        """Return the longest stall."""
        return max((gap_ms for phase, gap_ms in self.longest.items() if phase), default=0.0)

    def _beat(self) -> None:
        gap_ms, stall = self._watch.beat(_TOLD_MS, self._phase)
        self.longest[self._phase] = max(self.longest.get(self._phase, 0.0), gap_ms)
        if stall is not None and self._phase:
            self.stalls.append(stall)


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
