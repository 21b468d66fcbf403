"""Old versions of one object: opened, downloaded, restored, deleted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.bridge.versions import VersionsBridge
from app.dialogs.file_chooser import Ask, choose_folder
from app.errors import ErrorPresenter
from app.formats import exact_size_text, full_time_text
from app.i18n import translate
from app.look import Look
from app.settings import WindowSettings
from app.views.version_list import VersionList
from app.widgets.banner import Offer
from app.widgets.toast import Toast
from engine.errors import WouldBeLost
from engine.types import TreeSize
from engine.version_types import ObjectVersion, Replaced


class VersionControl(QObject):
    """See the module.

    Signals:
        changed: A version was restored or deleted.
    """

    changed = Signal()

    def __init__(
        self, look: Look, window: QWidget, versions: VersionsBridge, view: VersionList, settings: WindowSettings,
        toast: Toast, errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; the window; what acts; where versions are shown; what is remembered; what tells of failures."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._versions = versions
        self._settings = settings
        self._toast = toast
        self._errors = errors
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
        """Make an old content the present one; asks where nothing would be kept of what it replaces."""

        def refused(error: Exception) -> None:
            if isinstance(error, WouldBeLost):
                self._ask_replace(version)
            else:
                self._errors.present(error)

        self._versions.restore(version, lambda before: self._tell_restored(version, before), refused)

    def _ask_replace(self, version: ObjectVersion) -> None:
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        title = translate("VersionControl", "Replace what {name} holds now?").format(name=version.info.name)
        names = (version.info.path, full_time_text(version.since))
        warning = translate("VersionControl", "This bucket keeps nothing of what is replaced: the present content "
                            "will be gone for good.")  # fmt: skip
        dialog = DeleteDialog(
            self._look, self._window, title, names, translate("VersionControl", "Replace for good"), warning
        )
        dialog.show_text(translate("VersionControl", "Comes back: {size}").format(
            size=exact_size_text(version.info.size_bytes)))  # fmt: skip
        dialog.confirmed.connect(
            lambda: self._versions.restore(
                version, lambda before: self._tell_restored(version, before), replaced=Replaced.TRASHED
            )
        )
        dialog.open()

    def _tell_restored(self, version: ObjectVersion, before: ObjectVersion | None) -> None:
        text = translate("VersionControl", "{name} is as it was on {time}")
        undo = None
        if before is not None:
            undo = Offer(translate("VersionControl", "Undo"), lambda: self._restore(before))
        self._tell(text.format(name=version.info.name, time=full_time_text(version.since)), undo)

    def _ask_delete(self, version: ObjectVersion) -> None:
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        names = (version.info.path, full_time_text(version.since))
        title = translate("VersionControl", "Delete this version?")
        dialog = DeleteDialog(self._look, self._window, title, names, translate("VersionControl", "Delete version"))
        dialog.show_size(TreeSize(1, version.info.size_bytes))
        said = translate("VersionControl", "Version deleted")
        dialog.confirmed.connect(lambda: self._versions.delete(version, lambda _: self._tell(said)))
        dialog.open()

    def _tell(self, said: str, undo: Offer | None = None) -> None:
        self._toast.say(said, undo)
        self.changed.emit()
