"""The audit: what its viewer asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.auditing import AuditBasics, AuditBridge
from app.bridge.tasks import Ticket
from app.dialogs.file_chooser import Ask, choose_target
from app.errors import ErrorPresenter
from app.i18n import translate
from app.look import Look
from app.settings import WindowSettings
from app.widgets.toast import Toast
from engine.access_types import AuditFilter, ChainReport
from engine.audit.export import Form

if TYPE_CHECKING:
    from app.dialogs.audit_dialog import AuditDialog

_FORMS: Final[dict[str, Form]] = {"csv": "csv", "jsonl": "jsonl"}


class AuditControl(QObject):
    """See the module."""

    def __init__(
        self, look: Look, window: QWidget, audit: AuditBridge, settings: WindowSettings, toast: Toast,
        errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; the window; what reads; what is remembered; what tells; where failures go."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._audit = audit
        self._settings = settings
        self._toast = toast
        self._errors = errors

    def open(self) -> None:
        """Show who did what here."""
        from app.dialogs.audit_dialog import AuditDialog  # when it is wanted: no start waits for a dialog

        dialog = AuditDialog(self._look, self._window, self._audit)
        dialog.model.failed.connect(self._errors.in_dialog(dialog))
        dialog.read_wanted.connect(dialog.read)
        dialog.export_wanted.connect(lambda form: self._ask_where(dialog, _FORMS[form]))
        dialog.verify_wanted.connect(lambda: self._verify(dialog))
        dialog.keep_wanted.connect(lambda days: self._ask_days(dialog, days))
        self._load_basics(dialog, first=True)
        dialog.open()

    def _load_basics(self, dialog: AuditDialog, *, first: bool = False) -> None:
        def known(basics: AuditBasics) -> None:
            dialog.show_basics(basics)
            if first:
                dialog.read()

        self._audit.basics(known, self._errors.in_dialog(dialog), owner=dialog)

    def _ask_where(self, dialog: AuditDialog, form: Form) -> None:
        title = translate("AuditControl", "Export the audit")
        ask = Ask(title, translate("AuditControl", "Export"), self._settings.download_folder)
        wanted = dialog.model.wanted
        choose_target(self._look, dialog, ask, f"audit.{form}", lambda path: self._export(dialog, wanted, path, form))

    def _export(self, dialog: AuditDialog, wanted: AuditFilter, path: Path, form: Form) -> None:
        self._settings.download_folder = str(path.parent)

        def done(count: int) -> None:
            if dialog.is_open:
                dialog.end_work()
            text = translate("AuditControl", "%Ln record(s) exported to {name}", None, count)
            self._toast.say(text.format(name=path.name))
            if dialog.is_open:
                dialog.notice.say(text.format(name=path.name), tone="success")

        ticket = self._audit.export(wanted, path, form, done, self._work_failed(dialog))
        dialog.begin_work(ticket, translate("AuditControl", "Exporting"))

    def _work_failed(self, dialog: AuditDialog) -> Callable[[Exception], None]:
        """Return what ends the work that is shown, and says why; a page that can't be read does not end it."""
        refuse = self._errors.in_dialog(dialog)

        def failed(error: Exception) -> None:
            if dialog.is_open:
                dialog.end_work()
            refuse(error)

        return failed

    def _verify(self, dialog: AuditDialog) -> None:
        def checked(report: ChainReport) -> None:
            dialog.show_report(report)

        ticket: Ticket = self._audit.verify(checked, self._work_failed(dialog), owner=dialog)
        dialog.finished.connect(lambda _: ticket.cancel())
        dialog.begin_work(ticket, translate("AuditControl", "Checking"))

    def _ask_days(self, dialog: AuditDialog, days: int) -> None:
        from app.dialogs.keep_entries_dialog import KeepEntriesDialog  # when it is wanted: no start waits for a dialog

        form = KeepEntriesDialog(self._look, dialog, days)

        def changed(_: None) -> None:
            form.finish()
            if dialog.is_open:
                self._load_basics(dialog)

        form.submitted.connect(lambda days: self._audit.keep_for(days, changed, self._errors.in_dialog(form)))
        form.open()
