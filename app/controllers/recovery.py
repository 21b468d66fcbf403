"""A database that cannot be opened: explained, with what can be done about it, which is done if wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge import recovering
from app.bridge.recovering import RecoveryChoices
from app.bridge.tasks import Tasks, Ticket
from app.errors import ErrorPresenter
from app.i18n import translate
from app.views.start_page import StartPage
from engine.config import Settings

if TYPE_CHECKING:
    from engine.recovery.values import RecoveryReport

_POLL_MS: Final = 100


class RecoveryController(QObject):
    """See the module. One recovery at a time.

    Signals:
        explained: The failure is shown, with what can be done; carries the exception.
    """

    explained = Signal(object)

    def __init__(self, page: StartPage, tasks: Tasks, errors: ErrorPresenter, parent: QObject) -> None:
        """Args: where it is shown; where it is done; what shows a recovery's own failures; Qt's owner."""
        super().__init__(parent)
        self._page = page
        self._tasks = tasks
        self._errors = errors
        self._settings: Settings | None = None
        self._error: Exception = Exception()
        self._ticket: Ticket | None = None
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._show_progress)
        page.restore_wanted.connect(partial(self._begin, recovering.restore))
        page.rebuild_wanted.connect(partial(self._begin, recovering.rebuild))
        page.cancel_wanted.connect(self._cancel)

    def explain(self, error: Exception, settings: Settings) -> None:
        """Show why the database cannot be opened, and what can be done.

        Args:
            error: What the engine raised.
            settings: What was tried.
        """
        self._error, self._settings = error, settings
        self._tasks.read(
            lambda _: recovering.find_choices(settings),
            self._offer,
            lambda _: self._offer(RecoveryChoices(None)),
            owner=self,
        )

    def _offer(self, choices: RecoveryChoices) -> None:
        if self._settings is not None:
            self._page.show_failure(self._error, self._settings.data_dir, choices)
            self.explained.emit(self._error)

    def _begin(self, work: Callable[[Settings, Ticket], RecoveryReport]) -> None:
        settings = self._settings
        if settings is None or self._ticket is not None:
            return
        self._page.show_recovering(rebuilds=work is recovering.rebuild)
        # with a label, so that it answers when it is cancelled, too
        label = translate("Recovery", "Recovering the database")
        self._ticket = self._tasks.mutate(
            lambda ticket: work(settings, ticket), self._succeeded, self._failed, label=label
        )
        self._poll.start()

    def _cancel(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()

    def _show_progress(self) -> None:
        if self._ticket is not None and self._ticket.progress is not None:
            self._page.show_recovery_progress(self._ticket.progress)

    def _ended(self) -> None:
        self._poll.stop()
        self._ticket = None

    def _succeeded(self, report: RecoveryReport) -> None:
        self._ended()
        self._page.show_recovered(report)

    def _failed(self, error: Exception) -> None:
        self._ended()
        self._errors.present(error)
        if self._settings is not None:
            self.explain(self._error, self._settings)
