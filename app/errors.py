"""The only place that shows an error, each family in its own way.

Wrong input stands in the dialog that asked for it while that is open, else in a toast. Faults of the machine are a
banner with what to do. Our own bugs are a dialog whose details can be copied. Cancelling is silent. Everything but that
is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtWidgets import QWidget

from app.bridge.refusals import Refused
from app.dialogs.base import Dialog
from app.dialogs.bug_dialog import BugDialog, DetailsDialog
from app.i18n import translate
from app.look import Look
from app.widgets.banner import BannerArea, Offer
from app.widgets.toast import Toast
from engine.errors import Cancelled, EnvironmentFault, RequestFault, StorageError


class Asking(Protocol):
    """A dialog that waits until the engine has agreed."""

    @property
    def is_open(self) -> bool:
        """Return whether the person still sees it."""

    def refuse(self, reason: str) -> None:
        """Show why the engine did not agree, and let the person try again."""


_logger = logging.getLogger(__name__)


class ErrorPresenter(QObject):
    """Shows errors in one window. Call it in the main thread; `report_from_anywhere` takes them from any."""

    _reported = Signal(object)

    def __init__(self, look: Look, window: QWidget, banners: BannerArea, toast: Toast) -> None:
        """Args: look; the window that dialogs belong to; where banners and toasts appear."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._banners = banners
        self._toast = toast
        self._bug: BugDialog | None = None
        self._why: Callable[[Refused], None] | None = None
        self._reported.connect(self.present)

    def explain_with(self, why: Callable[[Refused], None]) -> None:
        """Offer from now on to explain what somebody may not do who is acted as."""
        self._why = why

    def present(self, error: Exception, *, offer: Offer | None = None) -> None:
        """Show an error.

        Args:
            error: What was raised.
            offer: For faults of the machine, a button that tries again or mends.
        """
        if isinstance(error, Cancelled):
            return
        if isinstance(error, Refused):
            self._toast.say(sentence(error), self.why_of(error), kind="danger")
        elif isinstance(error, RequestFault):
            self._toast.say(sentence(error), kind="danger")
        elif isinstance(error, EnvironmentFault):
            _logger.info("environment fault: %s", error)
            self._banners.show_message(str(error), error.hint or "", offer)
        else:
            self._present_bug(error)

    def in_dialog(self, dialog: Asking) -> Callable[[Exception], None]:
        """Return a failure handler that lets a dialog, while it is open, show what failed and go on.

        It hides banners and toasts, so it says whatever it was; wrong input is shown there alone.
        """

        def failed(error: Exception) -> None:
            if not dialog.is_open:
                self.present(error)
                return
            dialog.refuse("" if isinstance(error, Cancelled) else sentence(error))
            if isinstance(dialog, Dialog):
                why = self.why_of(error) if isinstance(error, Refused) else None
                dialog.offer_reason(None if why is None else why.act)
            if not isinstance(error, RequestFault):
                self.present(error)

        return failed

    def notice(self, message: str, hint: str = "", offer: Offer | None = None) -> None:
        """Show something to know that is no error, such as that keys are kept in a file."""
        self._banners.show_message(message, hint, offer, "info")

    def show_details(self, error: Exception) -> None:
        """Show all that is known about an error that was explained already."""
        known = isinstance(error, EnvironmentFault | RequestFault)
        (DetailsDialog if known else BugDialog)(self._look, self._window, error).open()

    def report_from_anywhere(self, error: Exception) -> None:
        """Show an error that was caught outside any task, whatever thread it happened in."""
        if QThread.currentThread() is self.thread():
            self.present(error)
        else:
            self._reported.emit(error)

    def why_of(self, error: Refused) -> Offer | None:
        """Return the button that explains what somebody may not do, where that can be explained."""
        why = self._why
        if why is None or not error.is_explainable:
            return None
        return Offer(translate("ErrorPresenter", "Why?"), lambda: why(error))

    def _present_bug(self, error: Exception) -> None:
        _logger.error("unexpected error", exc_info=error)
        if self._bug is not None and self._bug.isVisible():
            return
        self._bug = BugDialog(self._look, self._window, error)
        self._bug.open()


def sentence(error: Exception) -> str:
    """Return what an error says to a person: its message and, if it knows, what to do."""
    if not isinstance(error, StorageError):
        return translate("ErrorPresenter", "Something unexpected went wrong.")
    return f"{error}. {error.hint}".replace("..", ".") if error.hint else str(error)
