"""Ask before closing while something is being moved or changed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look, label


class QuitDialog(Dialog):
    """Staying is the default.

    Signals:
        confirmed: Quit all the same.
    """

    confirmed = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        """Args: look; the window."""
        super().__init__(look, parent, translate("QuitDialog", "Quit while work is under way?"))
        text = translate(
            "QuitDialog",
            "Transfers, downloads or changes are still running. What is finished stays; the rest is stopped and "
            "nothing half done is kept.",
        )
        self.body.addWidget(label(text, wrap=True))
        leave = self.add_button(translate("QuitDialog", "Stop and quit"))
        leave.clicked.connect(self._leave)
        stay = self.add_button(translate("QuitDialog", "Keep working"), "primary")
        stay.clicked.connect(self.reject)
        stay.setDefault(True)
        stay.setFocus()

    def _leave(self) -> None:
        self.accept()
        self.confirmed.emit()
