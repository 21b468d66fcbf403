"""Old versions of one object: opened, downloaded, restored, deleted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.bridge.versions import VersionsBridge
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.file_chooser import Ask, choose_folder
from app.formats import full_time_text
from app.i18n import translate
from app.look import Look
from app.settings import WindowSettings
from app.views.version_list import VersionList
from app.widgets.toast import Toast
from engine.types import TreeSize
from engine.version_types import ObjectVersion


class VersionControl(QObject):
    """See the module.

    Signals:
        changed: A version was restored or deleted.
    """

    changed = Signal()

    def __init__(
        self, look: Look, window: QWidget, versions: VersionsBridge, view: VersionList, settings: WindowSettings,
        toast: Toast,
    ) -> None:  # fmt: skip
        """Args: look; the window; what acts; where versions are shown; what is remembered; what tells."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._versions = versions
        self._settings = settings
        self._toast = toast
        view.open_wanted.connect(self._open)
        view.download_wanted.connect(self._ask_where)
        view.restore_wanted.connect(self._restore)
        view.delete_wanted.connect(self._ask_delete)

    def _open(self, version: ObjectVersion) -> None:
        self._versions.open(version, self._opened)

    def _opened(self, files: list[Path]) -> None:
        if QDesktopServices.openUrl(QUrl.fromLocalFile(str(files[0]))):
            text = translate("VersionControl", "Opened a read-only copy of {name}")
            self._toast.say(text.format(name=files[0].name))
        else:
            text = translate("VersionControl", "No program is set up to open this kind of file")
            self._toast.say(text, kind="warning")

    def _ask_where(self, version: ObjectVersion) -> None:
        title = translate("VersionControl", "Download this version of {name} to").format(name=version.info.name)
        ask = Ask(title, translate("VersionControl", "Download here"), self._settings.download_folder)
        choose_folder(self._look, self._window, ask, lambda folder: self._download(version, folder))

    def _download(self, version: ObjectVersion, folder: Path) -> None:
        self._settings.download_folder = str(folder)
        text = translate("VersionControl", "Downloaded as {name}")
        self._versions.download(version, folder, lambda path: self._toast.say(text.format(name=path.name)))

    def _restore(self, version: ObjectVersion) -> None:
        text = translate("VersionControl", "{name} is as it was on {time}")
        said = text.format(name=version.info.name, time=full_time_text(version.since))
        self._versions.restore(version, lambda _: self._tell(said))

    def _ask_delete(self, version: ObjectVersion) -> None:
        names = (version.info.path, full_time_text(version.since))
        title = translate("VersionControl", "Delete this version?")
        dialog = DeleteDialog(self._look, self._window, title, names, translate("VersionControl", "Delete version"))
        dialog.show_size(TreeSize(1, version.info.size_bytes))
        said = translate("VersionControl", "Version deleted")
        dialog.confirmed.connect(lambda: self._versions.delete(version, lambda _: self._tell(said)))
        dialog.open()

    def _tell(self, said: str) -> None:
        self._toast.say(said)
        self.changed.emit()
