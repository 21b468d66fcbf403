"""What the window remembers, in `window.ini` of the data folder: each setting declared once, nonsense ignored.

A damaged file never stops the program: it is set aside and defaults are used. Where the folder can't be written, or the
file not be read, nothing is kept and nobody is bothered.

Values are kept in memory and written by a worker: every write of the file waits for the disk, which under an upload
takes long enough to freeze a window. Values that change while one write runs share the next.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Final

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

from app.ini import ini_text
from app.theme import ThemeMode
from engine.small_files import replace_file

FILE_NAME: Final = "window.ini"

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
WEEK_S: Final = 7 * DAY_S

_DOWNLOADS: Final = QStandardPaths.StandardLocation.DownloadLocation
_PORT_MAX: Final = 65_535
_LINK_MIN_S: Final = 60


class WindowSettings:
    """Typed access to what is remembered; in the main thread, but for `close`."""

    def __init__(self, data_dir: Path) -> None:
        """Open the file, setting a damaged one aside.

        Args:
            data_dir: The workspace's folder.
        """
        self._path = data_dir / FILE_NAME
        self._is_kept = True
        self._values = self._read()
        self._is_due = False
        self._lock = Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="holdall-settings")

    @property
    def theme(self) -> ThemeMode:
        """Light, dark, or as the system is."""
        try:
            return ThemeMode(self._text("view/theme", ThemeMode.SYSTEM.value))
        except ValueError:
            return ThemeMode.SYSTEM

    @theme.setter
    def theme(self, mode: ThemeMode) -> None:
        self._keep("view/theme", mode.value)

    @property
    def geometry(self) -> QByteArray:
        """Place and size of the window."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._keep("window/geometry", value)

    @property
    def rows(self) -> QByteArray:
        """Where the edge above the transfers is."""
        return self._bytes("window/rows")

    @rows.setter
    def rows(self, value: QByteArray) -> None:
        self._keep("window/rows", value)

    @property
    def splitter(self) -> QByteArray:
        """Where the edge between tree and table is."""
        return self._bytes("window/splitter")

    @splitter.setter
    def splitter(self, value: QByteArray) -> None:
        self._keep("window/splitter", value)

    @property
    def inspector_shown(self) -> bool:
        """Whether the inspector is seen; its width is a part of `splitter`."""
        return bool(self._number("window/inspector", 0, 0, 1))

    @inspector_shown.setter
    def inspector_shown(self, value: bool) -> None:
        self._keep("window/inspector", int(value))

    @property
    def preview_geometry(self) -> QByteArray:
        """Place and size of the large preview."""
        return self._bytes("preview/geometry")

    @preview_geometry.setter
    def preview_geometry(self, value: QByteArray) -> None:
        self._keep("preview/geometry", value)

    @property
    def columns(self) -> QByteArray:
        """Widths, order and visibility of the columns."""
        return self._bytes("table/columns")

    @columns.setter
    def columns(self, value: QByteArray) -> None:
        self._keep("table/columns", value)

    @property
    def bucket_looks(self) -> str:
        """How buckets were looked at, as `bucket_looks` writes it."""
        return self._text("views/buckets", "")

    @bucket_looks.setter
    def bucket_looks(self, value: str) -> None:
        self._keep("views/buckets", value)

    @property
    def place(self) -> str:
        """The folder shown last, as `Location.text`."""
        return self._text("window/place", "")

    @place.setter
    def place(self, value: str) -> None:
        self._keep("window/place", value)

    @property
    def tabs(self) -> str:
        """The tabs, in the words of `remembered`."""
        return self._text("window/tabs", "")

    @tabs.setter
    def tabs(self, value: str) -> None:
        self._keep("window/tabs", value)

    @property
    def open_folders(self) -> str:
        """The nodes of the tree that are open, in the words of `remembered`."""
        return self._text("window/open_folders", "")

    @open_folders.setter
    def open_folders(self, value: str) -> None:
        self._keep("window/open_folders", value)

    @property
    def favourites(self) -> str:
        """The pinned places, as `favourites` writes them."""
        return self._text("window/favourites", "")

    @favourites.setter
    def favourites(self, value: str) -> None:
        self._keep("window/favourites", value)

    @property
    def panels(self) -> str:
        """The panels that were open, in the words of `remembered`."""
        return self._text("window/panels", "")

    @panels.setter
    def panels(self, value: str) -> None:
        self._keep("window/panels", value)

    @property
    def link_expires_s(self) -> int:
        """Life of a link copied with one click, in seconds."""
        return self._number("links/expires_s", HOUR_S, _LINK_MIN_S, 365 * DAY_S)

    @link_expires_s.setter
    def link_expires_s(self, value: int) -> None:
        self._keep("links/expires_s", value)

    @property
    def server_host(self) -> str:
        """The address that the server listens on."""
        return self._text("server/host", "127.0.0.1")

    @server_host.setter
    def server_host(self, value: str) -> None:
        self._keep("server/host", value)

    @property
    def server_port(self) -> int:
        """The port that the server listens on; 0 is any free one."""
        return self._number("server/port", 54_321, 0, _PORT_MAX)

    @server_port.setter
    def server_port(self, value: int) -> None:
        self._keep("server/port", value)

    @property
    def notice_said(self) -> str:
        """The last notice about where keys are kept, which is said only once."""
        return self._text("notices/keys", "")

    @notice_said.setter
    def notice_said(self, value: str) -> None:
        self._keep("notices/keys", value)

    @property
    def upload_folder(self) -> str:
        """The local folder that was uploaded from last."""
        return self._text("folders/upload", "")

    @upload_folder.setter
    def upload_folder(self, value: str) -> None:
        self._keep("folders/upload", value)

    @property
    def download_folder(self) -> str:
        """The local folder that was downloaded to last."""
        return self._text("folders/download", QStandardPaths.writableLocation(_DOWNLOADS))

    @download_folder.setter
    def download_folder(self, value: str) -> None:
        self._keep("folders/download", value)

    def give_up(self) -> None:
        """Take no more values, at once; what was kept is still written."""
        self._writer.shutdown(wait=False)

    def close(self) -> None:
        """Wait until everything is written; what changes from now on is not. Off the main thread."""
        self._writer.shutdown()

    def _keep(self, key: str, value: object) -> None:
        if self._values.get(key) == value:
            return
        with self._lock:
            self._values[key] = value
            was_due, self._is_due = self._is_due, True
        if not was_due:
            with contextlib.suppress(RuntimeError):  # closed: nobody will look at it again
                self._writer.submit(self._write)

    def _write(self) -> None:
        with self._lock:
            self._is_due = False
            text = ini_text(self._values)
        with contextlib.suppress(OSError):
            if self._is_kept:
                replace_file(self._path.resolve(), text.encode("utf-8", "surrogatepass"))

    def _store(self) -> QSettings:
        return QSettings(str(self._path), QSettings.Format.IniFormat)

    def _read(self) -> dict[str, object]:
        """Return what the file says; what cannot be read now is not written over either."""
        try:
            content = self._path.read_bytes()
        except OSError as error:
            self._is_kept = isinstance(error, FileNotFoundError)
            return {}
        store = self._store()
        values = {key: store.value(key) for key in store.allKeys()}
        # Qt takes a file that is no text at all for settings with odd names
        if store.status() is not QSettings.Status.FormatError and b"\0" not in content[:4096]:
            return values
        with contextlib.suppress(OSError):
            self._path.replace(self._path.with_suffix(".damaged"))
        return {}

    def _text(self, key: str, default: str) -> str:
        value = self._values.get(key, default)
        return value if isinstance(value, str) else default

    def _bytes(self, key: str) -> QByteArray:
        value = self._values.get(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def _number(self, key: str, default: int, least: int, most: int) -> int:
        try:
            number = int(str(self._values.get(key, default)))
        except ValueError:
            return default
        return number if least <= number <= most else default
