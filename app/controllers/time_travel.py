"""A bucket as it was: choosing the moment, going there and back, and taking things out of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.bridge.exporting import Exporter
from app.bridge.reading import Reader
from app.controllers.navigation import Navigator
from app.controllers.targets import Target, Targets
from app.dialogs.file_chooser import Ask, choose_folder
from app.formats import count_text
from app.i18n import translate
from app.look import Look
from app.settings import WindowSettings
from app.views.past_bar import PastBar
from app.widgets.toast import Toast
from engine.types import BatchReport, Bucket


class TimeTravel(QObject):
    """See the module."""

    def __init__(
        self, look: Look, window: QWidget, navigator: Navigator, targets: Targets, reader: Reader, exporter: Exporter,
        bar: PastBar, settings: WindowSettings, toast: Toast,
    ) -> None:  # fmt: skip
        """Args: look; window; where it is; what is meant; what reads, writes files; the strip; memory; what tells."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._navigator = navigator
        self._targets = targets
        self._reader = reader
        self._exporter = exporter
        self._settings = settings
        self._toast = toast
        bar.now_wanted.connect(self.back_to_now)
        bar.other_wanted.connect(self._ask_again)

    def ask(self, bucket: Bucket) -> None:
        """Choose a moment and show the bucket as it was."""
        from app.dialogs.moment_dialog import MomentDialog  # when it is wanted: no start waits for a dialog

        dialog = MomentDialog(self._look, self._window, bucket, self._navigator.moment)
        dialog.chosen.connect(lambda moment: self._navigator.go_in_time(bucket.name, moment))
        if self._navigator.moment is None:
            self._reader.before_last_change(bucket.name, dialog.propose, owner=dialog)
        dialog.open()

    def back_to_now(self) -> None:
        """Show the bucket as it is."""
        if self._navigator.place is not None:
            self._navigator.go_in_time(self._navigator.place.bucket, None)

    def download(self) -> None:
        """Choose a folder and download what is meant, as it was."""
        self._targets.resolve(self._ask_where)

    def _ask_again(self) -> None:
        if self._navigator.bucket is not None:
            self.ask(self._navigator.bucket)

    def _ask_where(self, target: Target) -> None:
        title = translate("TimeTravel", "Download %Ln item(s) of that time to", None, len(target.paths))
        ask = Ask(title, translate("TimeTravel", "Download here"), self._settings.download_folder)
        choose_folder(self._look, self._window, ask, lambda folder: self._download(target, folder))

    def _download(self, target: Target, folder: Path) -> None:
        moment = self._navigator.moment
        self._settings.download_folder = str(folder)
        if moment is not None:
            self._exporter.download_past(target.bucket, target.paths, folder, moment, self._tell)

    def _tell(self, report: BatchReport) -> None:
        said = translate("TimeTravel", "{what} downloaded").format(what=count_text(report.done))
        if not report.failures:
            self._toast.say(said)
            return
        first = report.failures[0]
        text = translate("TimeTravel", "{said}; not {name}: {reason}")
        self._toast.say(text.format(said=said, name=first.path, reason=first.error), kind="warning")
