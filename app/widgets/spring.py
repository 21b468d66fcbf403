"""Spring loading: what a drag hangs over for a while opens, after a pulse that says so."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

_STEPS_MS: Final = (430, 90, 90, 90)
"""How long it stays lit, then dark, lit, dark; then it opens. Together 700 ms."""


class Spring(QObject):
    """See the module.

    Signals:
        pulsed: Carries whether the mark of what is below is lit now.
        sprung: It hung long enough; carries what it hangs over.
    """

    pulsed = Signal(bool)
    sprung = Signal(object)

    def __init__(self, parent: QObject) -> None:
        """Args: Qt's owner."""
        super().__init__(parent)
        self._over: object = None
        self._step = 0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._go_on)

    def hover(self, over: object) -> None:
        """Tell what the drag hangs over; None is nothing that opens. Moving within the same thing changes nothing."""
        if over == self._over:
            return
        self._over, self._step = over, 0
        if over is None:
            self._timer.stop()
        else:
            self._timer.start(_STEPS_MS[0])

    def leave(self) -> None:
        """Tell that the drag went away or ended."""
        self.hover(None)

    def _go_on(self) -> None:
        self._step += 1
        if self._step < len(_STEPS_MS):
            self.pulsed.emit(self._step % 2 == 0)
            self._timer.start(_STEPS_MS[self._step])
            return
        self.pulsed.emit(True)
        self.sprung.emit(self._over)
