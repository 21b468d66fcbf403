"""What Escape undoes, one step at a time: the selection first, then the preview, then the search."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from PySide6.QtCore import QObject

from app.views.shell import Shell


class Rung(IntEnum):
    """The steps, in their order."""

    SELECTION = 0
    PREVIEW = 1
    SEARCH = 2


class EscapeLadder(QObject):
    """Takes Escape where nothing that has the keyboard wants it itself: a field, an open list, a menu."""

    def __init__(self, shell: Shell) -> None:
        """Args: the window."""
        super().__init__(shell)
        self._steps: dict[Rung, Callable[[], bool]] = {}
        shell.escape_wanted.connect(self.step)

    def add(self, rung: Rung, undo: Callable[[], bool]) -> None:
        """Say what a step does.

        Args:
            rung: Where it comes in the order.
            undo: Does it and returns whether there was anything to undo.
        """
        self._steps[rung] = undo

    def step(self) -> None:
        """Do the first step that has anything to undo."""
        for rung in sorted(self._steps):
            if self._steps[rung]():
                return
