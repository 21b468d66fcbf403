"""A line in a dialog while something long runs for it: what, how far it is, and a way to stop it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.bridge.tasks import Ticket
from app.formats import number_text
from app.i18n import translate
from app.look import Look, label

_REFRESH_MS: Final = 120


class ProgressStrip(QWidget):
    """See the module.

    Signals:
        cancel_wanted: The person wants it to stop.
    """

    cancel_wanted = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look. Hidden until something is followed."""
        super().__init__()
        self._ticket: Ticket | None = None
        self._said = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.theme.space("m"))
        self._text = label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(translate("ProgressStrip", "Progress"))
        self.cancel = look.push_button(translate("ProgressStrip", "Stop"))
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self._stop)
        row.addWidget(self._text)
        row.addWidget(self._bar, 1)
        row.addWidget(self.cancel)
        self._pulse = QTimer(self, interval=_REFRESH_MS)
        self._pulse.timeout.connect(self._show)
        self.hide()

    @property
    def busy(self) -> bool:
        """Return whether something is followed."""
        return self._ticket is not None

    def follow(self, ticket: Ticket, text: str) -> None:
        """Show how far something is.

        Args:
            ticket: The work.
            text: What it is, without a full stop.
        """
        self._ticket, self._said = ticket, text
        self.cancel.setEnabled(True)
        self._show()
        self._pulse.start()
        self.show()

    def end(self) -> None:
        """It is over."""
        self._ticket = None
        self._pulse.stop()
        self.hide()

    def _show(self) -> None:
        progress = self._ticket.progress if self._ticket is not None else None
        done = progress.done_files if progress is not None else 0
        total = progress.total_files if progress is not None else None
        self._bar.setRange(0, total or 0)
        self._bar.setValue(done)
        self._text.setText(f"{self._said}… {number_text(done)}" if done else f"{self._said}…")

    def _stop(self) -> None:
        self.cancel.setEnabled(False)
        if self._ticket is not None:
            self._ticket.cancel()
        self.cancel_wanted.emit()
