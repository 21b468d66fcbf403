"""Typing in a folder: letters lead to the first row whose name begins so, also in a folder of a million."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView, QApplication

from app.models.folder_model import FolderModel


class TypeAhead(QObject):
    """Letters that follow each other quickly are one beginning; the same one again leads to the next such row."""

    def __init__(
        self, view: QAbstractItemView, model: FolderModel, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: where it leads to; what is searched; a clock."""
        super().__init__(view)
        self._view = view
        self._model = model
        self._clock_s = clock_s
        self._typed = ""
        self._last_s = 0.0
        self._goal = -1
        model.opened.connect(self._forget)
        model.refreshed.connect(self._go_on)

    def type(self, text: str) -> None:
        """Take what was typed, and go there if there is such a row."""
        now_s = self._clock_s()
        if now_s - self._last_s > QApplication.keyboardInputInterval() / 1000:
            self._typed = ""
        self._typed, self._last_s = self._typed + text, now_s
        again = len(set(self._typed.casefold())) == 1
        self._model.seek(
            self._view.currentIndex().row(), self._typed[:1] if again else self._typed, self._go, beyond=again
        )

    def _go(self, number: int) -> None:
        """Go to a row; to one that is still being counted when it is there."""
        if number < self._model.rowCount():
            self._goal = -1
            self._view.setCurrentIndex(self._model.index(number, 0))
        else:
            self._goal = number

    def _go_on(self) -> None:
        if self._goal >= 0:
            self._go(self._goal)

    def _forget(self) -> None:
        self._typed, self._goal = "", -1
