"""Files in and out: dialogs, drops, paste, copy, drag-out, open. What moves the bytes is the transfer queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QClipboard, QDesktopServices, QDrag, QGuiApplication, QImage, QImageWriter
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

_COPIED_FILES: Final = "x-special/gnome-copied-files"
_FIRST_BUCKET: Final = "my-files"
_DRAG_ICON_PX: Final = 48
_PATIENCE_MS: Final = 400


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
        self._dragging = False
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
        self._targets.resolve(self._ask_where)

    def copy(self) -> None:
        """Put what is meant into the clipboard as files."""
        self._targets.resolve(self._copy)

    def drag(self) -> None:
        """Make files of the selection, then run the drag if the button is still held."""
        QTimer.singleShot(_PATIENCE_MS, self, self._say_preparing)
        self._targets.resolve(
            lambda target: self._export(target, lambda files: self._run_drag(files, target), self._drag_failed)
        )

    def open_object(self, row: Row, moment: datetime | None = None) -> None:
        """Open a read-only copy of an object, or of what it was at a moment, with the system's program for it."""
        if row.object is None:
            return
        self._toast.say(translate("Moving", "Opening {name}…").format(name=row.name), kind="info")
        target = Target(row.object.bucket, (row.path,), (row.name,))
        self._exporter.export(target.bucket, target.paths, self._open_copy, read_only=True, moment=moment)

    def _into_new_bucket(self, sources: list[Path]) -> None:
        def made() -> None:
            place = Location(_FIRST_BUCKET)
            self._navigator.go(place)
            self.upload(place, sources)
            self._toast.say(translate("Moving", "Bucket “{name}” created").format(name=_FIRST_BUCKET))

        def failed(error: Exception) -> None:
            if isinstance(error, BucketAlreadyExists):
                self.upload(Location(_FIRST_BUCKET), sources)
            else:
                self._errors.present(error)

        self._operations.create_bucket(BucketDraft(_FIRST_BUCKET), lambda _: made(), failed)

    def _paste_picture(self, place: Location, picture: QImage) -> None:
        name = translate("Moving", "Pasted picture {time}.png").format(time=f"{datetime.now():%Y-%m-%d %H.%M.%S}")
        self._exporter.keep(name, lambda: _png(picture), lambda path: self.upload(place, [path]))

    def _ask_where(self, target: Target) -> None:
        title = translate("Moving", "Download %Ln item(s) to", None, len(target.paths))
        ask = Ask(title, translate("Moving", "Download here"), self._settings.download_folder)
        choose_folder(self._look, self._window, ask, lambda folder: self._download(target, folder))

    def _upload_chosen(self, place: Location, sources: list[Path]) -> None:
        self._settings.upload_folder = str(sources[0].parent)
        self.upload(place, sources)

    def _download(self, target: Target, folder: Path) -> None:
        self._settings.download_folder = str(folder)
        self._transfers.download(target.bucket, target.paths, folder)

    def _export(
        self, target: Target, then: Callable[[list[Path]], None], otherwise: Callable[[Exception], None]
    ) -> None:
        self._exporter.export(target.bucket, target.paths, then, otherwise, moment=self._navigator.moment)

    def _copy(self, target: Target) -> None:
        self._toast.say(translate("Moving", "Preparing %Ln item(s)…", None, len(target.paths)), kind="info")
        self._export(target, lambda files: self._to_clipboard(files, target), self._errors.present)

    def _to_clipboard(self, files: list[Path], target: Target) -> None:
        self._clipboard.setMimeData(_file_data(files))
        self._toast.say(translate("Moving", "%Ln item(s) copied: paste in a file manager", None, len(target.paths)))

    def _run_drag(self, files: list[Path], target: Target) -> None:
        held = self._table.drag_pending and QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton
        if not held:
            self._table.drag_pending = False
            self._clipboard.setMimeData(_file_data(files))
            self._toast.say(translate("Moving", "Ready: the files are in the clipboard, paste them anywhere"))
            return
        drag = QDrag(self._table)
        drag.setMimeData(_file_data(files))
        glyph = ("file-fill", "kind_document") if len(target.objects) == 1 else ("files-fill", "kind_document")
        drag.setPixmap(self._look.icons.pixmap(*glyph, _DRAG_ICON_PX, self._window.devicePixelRatioF()))
        self._dragging = True
        drag.exec(Qt.DropAction.CopyAction)
        self._dragging = self._table.drag_pending = False

    def _say_preparing(self) -> None:
        if self._table.drag_pending and not self._dragging:
            self._toast.say(translate("Moving", "Preparing the files: keep the button down…"), kind="info")

    def _drag_failed(self, error: Exception) -> None:
        self._table.drag_pending = False
        self._errors.present(error)

    def _open_copy(self, files: list[Path]) -> None:
        if files and QDesktopServices.openUrl(QUrl.fromLocalFile(str(files[0]))):
            self._toast.say(translate("Moving", "Opened a read-only copy of {name}").format(name=files[0].name))
        else:
            self._toast.say(translate("Moving", "No program is set up to open this kind of file"), kind="warning")


def _file_data(files: list[Path]) -> QMimeData:
    data = QMimeData()
    urls = [QUrl.fromLocalFile(str(path)) for path in files]
    data.setUrls(urls)
    lines = "\n".join(["copy", *(url.toString(QUrl.ComponentFormattingOption.FullyEncoded) for url in urls)])
    data.setData(_COPIED_FILES, QByteArray(lines.encode()))
    return data


def _png(picture: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    return bytes(buffer.data().data())
