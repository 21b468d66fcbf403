"""Python's cyclic garbage, collected in the main thread alone and never for long.

Left to itself, the collector runs in whatever thread happens to allocate. Two things speak against that here: a full
collection looks at everything the program has ever made while no other thread can run, which froze the window for
80 ms in the middle of uploads; and a widget that dies in a cycle must not be destroyed by a worker thread.

So the automatic collector is off while a window is open. What was made until then is set aside for good, and a timer
collects what came since, youngest first.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_LOOK_MS: Final = 500
"""Time between two looks: short, so that there is never much to do at once."""


class GarbageCollector(QObject):
    """Collects in the thread that made it. One at a time in a process.

    Args:
        parent: Qt's owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Set aside what exists, garbage or not, and collect what comes from now on."""
        gc.disable()
        gc.freeze()  # what an earlier window left, too: a worker that collected it would destroy its widgets
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again. Idempotent."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation that is due, if any, by Python's own thresholds."""
        due = [count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if any(due):
            gc.collect(max(generation for generation, is_due in enumerate(due) if is_due))
