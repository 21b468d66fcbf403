"""Things of the window as real files for other programs: through the clipboard, or by a drag that leaves the window.

A drag inside the window makes no files. They are begun when the pointer leaves it, and waited for, with the window
alive, when another program asks; what takes longer than that program would wait comes into the clipboard afterwards.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QByteArray, QEventLoop, QMetaType, QMimeData, QObject, QTimer, QUrl
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QWidget

from app.bridge.exporting import Exporter
from app.bridge.tasks import Ticket
from app.cargo import Cargo, Load
from app.views.drops import CARGO_TYPE, MADE_TYPE

_COPIED_FILES: Final = "x-special/gnome-copied-files"
_URLS: Final = "text/uri-list"
_LOOK_MS: Final = 60
_PATIENCE_MS: Final = 4_000


class FilesOf:
    """The files of things from several buckets, made from one after the other."""

    def __init__(
        self,
        exporter: Exporter,
        cargos: Sequence[Cargo],
        then: Callable[[list[Path]], None],
        failed: Callable[[Exception], None],
        moment: datetime | None = None,
    ) -> None:
        """Begin: what makes files; of what; what gets all; what gets the failure, and then there are none; of when."""
        self._exporter = exporter
        self._moment = moment
        self._left = deque(cargos)
        self._then = then
        self._failed = failed
        self._files: list[Path] = []
        self._ticket: Ticket | None = None
        self._go_on([])

    def cancel(self) -> None:
        """Make no more."""
        self._left.clear()
        if self._ticket is not None:
            self._ticket.cancel()

    def _go_on(self, files: list[Path]) -> None:
        self._files += files
        if self._left:
            cargo = self._left.popleft()
            self._ticket = self._exporter.export(
                cargo.bucket, cargo.paths, self._go_on, self._failed, moment=self._moment
            )
        else:
            self._then(self._files)


class Outgoing(QObject):
    """The files of one drag, made when they are needed. Lives as long as the drag, or until they are there."""

    def __init__(
        self, exporter: Exporter, window: QWidget, load: Load, failed: Callable[[Exception], None],
        moment: datetime | None = None,
    ) -> None:  # fmt: skip
        """Args: what makes files; the window; what is dragged; where failures go; when it was like that, or None."""
        super().__init__(window)
        self._moment = moment
        self._exporter = exporter
        self._window = window
        self._load = load
        self._failed = failed
        self._has_begun = self._is_given_up = False
        self._making: FilesOf | None = None
        self._files: list[Path] | None = None
        self._has_failed = False
        self._wanted_late = False
        self._late: Callable[[list[Path]], None] = lambda _: None
        self._wait: QEventLoop | None = None
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._follow_pointer)
        self._look.start()

    @property
    def _is_over(self) -> bool:
        return self._has_failed or self._files is not None

    def begin(self) -> None:
        """Make the files, once."""
        if not self._has_begun:
            self._has_begun = True
            self._load.whenever(self._export)

    def wait(self) -> list[Path]:
        """Return the files as soon as they are there, or nothing if that takes too long. The window goes on meanwhile.

        Qt asks for them in the middle of an event, and another program waits for the answer.
        """
        self.begin()
        if not self._is_over and self._wait is None:
            self._wait = QEventLoop()
            QTimer.singleShot(_PATIENCE_MS, self._wait, self._wait.quit)
            self._wait.exec()
            self._wait = None
            self._wanted_late = not self._is_over
        return self._files or []

    def end(self, late: Callable[[list[Path]], None]) -> None:
        """The drag is over: go on only for a program that asked and could not wait.

        Args:
            late: Gets the files that it did not wait for.
        """
        self._look.stop()
        if self._wanted_late:
            self._late = late
            if self._files is None:
                return
            late(self._files)
        else:
            self._is_given_up = True
            if self._making is not None and self._files is None:
                self._making.cancel()
        self.deleteLater()

    def _export(self, cargos: Sequence[Cargo]) -> None:
        if not self._is_given_up:
            self._making = FilesOf(self._exporter, cargos, self._made, self._not_made, self._moment)

    def _made(self, files: list[Path]) -> None:
        self._files = files
        if self._wait is not None:
            self._wait.quit()
        elif self._wanted_late:
            self._late(files)

    def _not_made(self, error: Exception) -> None:
        self._has_failed = True
        self._failed(error)
        if self._wait is not None:
            self._wait.quit()

    def _follow_pointer(self) -> None:
        if not self._window.frameGeometry().contains(QCursor.pos()):
            self._look.stop()
            self.begin()


class DragData(QMimeData):
    """What a drag carries: the mark of the window, and files that are made when somebody asks for them."""

    def __init__(self, mark: QByteArray, outgoing: Outgoing) -> None:
        """Args: the window's mark; what makes files."""
        super().__init__()
        self._mark = mark
        self._outgoing = outgoing

    def formats(self) -> list[str]:
        """Qt's hook: everything there is, without making it."""
        return [CARGO_TYPE, _URLS, _COPIED_FILES]

    def hasFormat(self, mimetype: str) -> bool:
        """Qt's hook: as `formats`."""
        return mimetype in self.formats()

    def retrieveData(self, mimetype: str, _preferred: QMetaType | QMetaType.Type) -> Any:  # noqa: ANN401 - Qt's
        """Qt's hook: somebody asks for it now."""
        if mimetype == CARGO_TYPE:
            return self._mark
        if mimetype == _URLS:  # as a list: bytes are not made into one where Qt asks for URLs
            return [QUrl.fromLocalFile(str(path)) for path in self._outgoing.wait()]
        return _copied(self._outgoing.wait()) if mimetype == _COPIED_FILES else None


def clip_data(mark: QByteArray, files: list[Path], *, is_cargo: bool = True) -> QMimeData:
    """Return what the clipboard holds: the mark of the window and, for other programs, files if there are any.

    Args:
        mark: The window's.
        files: Real ones.
        is_cargo: Whether it stands for things of the window; else there are the files alone, and the window made them.
    """
    data = QMimeData()
    data.setData(CARGO_TYPE if is_cargo else MADE_TYPE, mark)
    if files:
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
        data.setData(_COPIED_FILES, _copied(files))
    return data


def button_is_down() -> bool:
    """Return whether a drag could begin: Qt would wait for ever for the end of one without a button."""
    return bool(QGuiApplication.mouseButtons())


def _copied(files: list[Path]) -> QByteArray:
    """Return files as the file managers of GNOME and its kin want them."""
    lines = [bytes(QUrl.fromLocalFile(str(path)).toEncoded().data()) for path in files]
    return QByteArray(b"\n".join([b"copy", *lines]))
