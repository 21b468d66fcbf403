"""Files in and out: dialogs, drops, paste, open. What moves the bytes is the transfer queue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QObject, QUrl
from PySide6.QtGui import QClipboard, QDesktopServices, QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QWidget

from app.bridge.exporting import Exporter
from app.bridge.operations import BucketDraft, Operations
from app.bridge.transfers import TransferBridge
from app.controllers.navigation import Navigator
from app.controllers.targets import Target, Targets
from app.dialogs.file_chooser import Ask, choose_files, choose_folder
from app.errors import ErrorPresenter
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.models.rows import Row
from app.settings import WindowSettings
from app.views.drops import local_paths
from app.views.folder_table import FolderTable
from app.widgets.toast import Toast
from engine.errors import BucketAlreadyExists

_FIRST_BUCKET: Final = "my-files"


class Moving(QObject):
    """See the module."""

    def __init__(
        self, look: Look, window: QWidget, navigator: Navigator, targets: Targets, transfers: TransferBridge,
        exporter: Exporter, operations: Operations, table: FolderTable, settings: WindowSettings, toast: Toast,
        errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; window; where it is; what is meant; what moves, writes, acts; table; memory; what tells."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._navigator = navigator
        self._targets = targets
        self._transfers = transfers
        self._exporter = exporter
        self._operations = operations
        self._table = table
        self._settings = settings
        self._toast = toast
        self._errors = errors
        self._clipboard: QClipboard = QGuiApplication.clipboard()

    def upload_files(self) -> None:
        """Choose files and upload them to the place shown."""
        here = self._navigator.place
        if here is None:
            return
        title = translate("Moving", "Upload files to {place}").format(place=here.text)
        ask = Ask(title, translate("Moving", "Upload"), self._settings.upload_folder)
        choose_files(self._look, self._window, ask, lambda paths: self._upload_chosen(here, paths))

    def upload_folder(self) -> None:
        """Choose a folder and upload it with everything in it."""
        here = self._navigator.place
        if here is None:
            return
        title = translate("Moving", "Upload a folder to {place}").format(place=here.text)
        ask = Ask(title, translate("Moving", "Upload"), self._settings.upload_folder)
        choose_folder(self._look, self._window, ask, lambda path: self._upload_chosen(here, [path]))

    def upload(self, place: Location, sources: list[Path]) -> None:
        """Hand files and folders to the queue.

        Args:
            place: Where to.
            sources: Local files and folders.
        """
        if sources:
            self._transfers.upload(place.bucket, place.prefix, sources)

    def dropped(self, sources: list[Path], folder: str) -> None:
        """Take what was dropped on the table or on an empty state.

        Args:
            sources: Local files and folders.
            folder: Path of the folder row below the pointer, or "".
        """
        here, seen = self._navigator.place, self._table.shown_place
        if here is None:
            self._into_new_bucket(sources)
        else:
            self.upload(Location(seen.bucket, folder) if folder and seen is not None else here, sources)

    def paste(self) -> None:
        """Upload what the clipboard holds: files, or a picture as a PNG file."""
        here = self._navigator.place
        data: QMimeData | None = self._clipboard.mimeData()
        if here is None or data is None:
            return
        sources = local_paths(data)
        if sources:
            self.upload(here, sources)
        elif data.hasImage():
            self._paste_picture(here, self._clipboard.image())

    def download(self) -> None:
        """Choose a folder and download what is meant into it."""
        self._targets.resolve_each(self._ask_where)

    def open_object(self, row: Row, moment: datetime | None = None) -> None:
        """Open a read-only copy of an object, or of what it was at a moment, with the system's program for it."""
        if row.object is None:
            return
        self._toast.say(translate("Moving", "Opening {name}…").format(name=row.name), kind="info")
        target = Target(row.object.bucket, (row.path,), (row.name,))
        self._exporter.export(target.bucket, target.paths, self._open_copy, read_only=True, moment=moment)

    def _into_new_bucket(self, sources: list[Path]) -> None:
        who = self._operations.who

        def made() -> None:
            if self._operations.who is not who:
                return  # what was begun in one name is not gone on with in another
            place = Location(_FIRST_BUCKET)
            self._navigator.go(place)
            self.upload(place, sources)
            self._toast.say(translate("Moving", "Bucket “{name}” created").format(name=_FIRST_BUCKET))

        def failed(error: Exception) -> None:
            if isinstance(error, BucketAlreadyExists) and self._operations.who is who:
                self.upload(Location(_FIRST_BUCKET), sources)
            else:
                self._errors.present(error)

        self._operations.create_bucket(BucketDraft(_FIRST_BUCKET), lambda _: made(), failed)

    def _paste_picture(self, place: Location, picture: QImage) -> None:
        name = translate("Moving", "Pasted picture {time}.png").format(time=f"{datetime.now():%Y-%m-%d %H.%M.%S}")
        self._exporter.keep(name, lambda: _png(picture), lambda path: self.upload(place, [path]))

    def _ask_where(self, targets: list[Target]) -> None:
        count = sum(len(target.paths) for target in targets)
        title = translate("Moving", "Download %Ln item(s) to", None, count)
        ask = Ask(title, translate("Moving", "Download here"), self._settings.download_folder)
        choose_folder(self._look, self._window, ask, lambda folder: self._download(targets, folder))

    def _upload_chosen(self, place: Location, sources: list[Path]) -> None:
        self._settings.upload_folder = str(sources[0].parent)
        self.upload(place, sources)

    def _download(self, targets: list[Target], folder: Path) -> None:
        self._settings.download_folder = str(folder)
        for target in targets:
            self._transfers.download(target.bucket, target.paths, folder)

    def _open_copy(self, files: list[Path]) -> None:
        if files and QDesktopServices.openUrl(QUrl.fromLocalFile(str(files[0]))):
            self._toast.say(translate("Moving", "Opened a read-only copy of {name}").format(name=files[0].name))
        else:
            self._toast.say(translate("Moving", "No program is set up to open this kind of file"), kind="warning")


def _png(picture: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    return bytes(buffer.data().data())
