"""Puts the queue's questions to a person, one dialog at a time, without ever holding the window up."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.bridge.transfers import TransferBridge
from app.look import Look
from engine.transfers import ConflictQuestion, JobSnapshot

if TYPE_CHECKING:
    from app.views.conflict_dialog import ConflictDialog


class ConflictPrompter(QObject):
    """See the module. A question whose job has ended is withdrawn.

    Args:
        bridge: Asks and takes the answers.
        look: Theme and icons.
        window: Owns the dialogs.
    """

    def __init__(self, bridge: TransferBridge, look: Look, window: QWidget) -> None:
        super().__init__(window)
        self._bridge = bridge
        self._look = look
        self._window = window
        self._waiting: deque[ConflictQuestion] = deque()
        self._dialog: ConflictDialog | None = None
        bridge.conflict_asked.connect(self._ask)
        bridge.job_changed.connect(self._follow)

    @property
    def dialog(self) -> ConflictDialog | None:
        """The dialog that is open, or None."""
        return self._dialog

    def _ask(self, question: ConflictQuestion) -> None:
        self._waiting.append(question)
        self._show_next()

    def _show_next(self) -> None:
        from app.views.conflict_dialog import ConflictDialog  # when it is wanted: no start waits for a dialog

        if self._dialog is not None or not self._waiting:
            return
        dialog = ConflictDialog(self._waiting.popleft(), self._look, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._answer)
        self._dialog = dialog
        dialog.show()

    def _answer(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            self._bridge.answer(dialog.question.id, dialog.decision())
        self._show_next()

    def _follow(self, job: JobSnapshot) -> None:
        if job.state.ended:
            self._waiting = deque(question for question in self._waiting if question.job_id != job.id)
        dialog = self._dialog
        if dialog is None or dialog.question.job_id != job.id:
            return
        if job.state.ended:
            dialog.reject()
        else:
            dialog.set_left(max(0, job.questions - 1))
