"""How often something dear is done again: never more than a small share of the time."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

_REST_TIMES: Final = 4
_CHEAP_S: Final = 0.05


class Pace(QObject):
    """After work that took long, rests several times as long; what is cheap is done at any time.

    Signals:
        rested: It is time again; only after `wait` was called.
    """

    rested = Signal()

    def __init__(self, parent: QObject) -> None:
        """Args: Qt's owner."""
        super().__init__(parent)
        self._began_s = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._wake)
        self._is_waited_for = False

    @property
    def is_resting(self) -> bool:
        """Return whether it is too early."""
        return self._timer.isActive()

    def begin(self) -> None:
        """Work begins."""
        self._began_s = time.monotonic()

    def end(self) -> None:
        """Work has ended."""
        took_s = time.monotonic() - self._began_s
        if took_s > _CHEAP_S:
            self._timer.start(int(took_s * _REST_TIMES * 1000))

    def wait(self) -> None:
        """Tell when it is time again."""
        self._is_waited_for = True

    def stop(self) -> None:
        """Rest no more, and tell nothing."""
        self._timer.stop()
        self._is_waited_for = False

    def _wake(self) -> None:
        if self._is_waited_for:
            self._is_waited_for = False
            self.rested.emit()
