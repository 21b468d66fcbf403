"""Names that are taken where things are carried to, put to a person one at a time, holding nothing up.

The dialog is the transfers' own: the answer chosen destroys nothing, closing skips the one in question.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.bridge.carriage import Clash, Plan
from app.look import Look
from engine.transfers.naming import suggested_name
from engine.transfers.values import ConflictQuestion, ConflictSide, Decision, JobKind
from engine.types import StorageObject

if TYPE_CHECKING:
    from app.views.conflict_dialog import ConflictDialog

Answers = Callable[[Mapping[str, Decision]], object]


class ClashDesk(QObject):
    """See the module."""

    def __init__(self, look: Look, window: QWidget) -> None:
        """Args: look; the window that the dialogs belong to."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._waiting: deque[tuple[Plan, Answers]] = deque()
        self._left: deque[Clash] = deque()
        self._decisions: dict[str, Decision] = {}
        self._dialog: ConflictDialog | None = None

    @property
    def dialog(self) -> ConflictDialog | None:
        """The dialog that is open, or None."""
        return self._dialog

    def ask(self, plan: Plan, then: Answers) -> None:
        """Have a person decide about every name that is taken.

        Args:
            plan: What is to be done.
            then: Gets the answers by the paths that are taken; at once where nothing has to be asked.
        """
        if not plan.clashes:
            then({})
            return
        self._waiting.append((plan, then))
        if len(self._waiting) == 1:
            self._begin()

    def _begin(self) -> None:
        if self._waiting:
            self._left = deque(self._waiting[0][0].clashes)
            self._decisions = {}
            self._show_next()

    def _show_next(self) -> None:
        from app.views.conflict_dialog import ConflictDialog  # when it is wanted: no start waits for a dialog

        if not self._left:
            _, then = self._waiting.popleft()
            then(self._decisions)
            self._begin()
            return
        dialog = ConflictDialog(_question(self._left[0], len(self._left) - 1), self._look, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._answered)
        self._dialog = dialog
        dialog.show()

    def _answered(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is None:
            return
        decision = dialog.decision()
        self._decisions[self._left.popleft().move.target] = decision
        if decision.apply_to_all:
            self._decisions.update({clash.move.target: decision for clash in self._left})
            self._left.clear()
        self._show_next()


def _question(clash: Clash, left: int) -> ConflictQuestion:
    """Return a clash as the dialog asks about it."""
    name = clash.move.target.rpartition("/")[2]
    return ConflictQuestion(
        0, 0, JobKind.UPLOAD, name, _side(clash.arriving), _side(clash.existing), suggested_name(name), left
    )


def _side(stored: StorageObject) -> ConflictSide:
    return ConflictSide(f"{stored.bucket}/{stored.path}", stored.size_bytes, stored.modified_at or stored.updated_at)
