"""What is seen before a workspace is open, and when it can't be: never an empty window without a word."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.actions import SPECS, ActionId
from app.errors import sentence
from app.i18n import translate
from app.icons import program_icon
from app.look import Look, centred, label
from app.widgets.glyph import Glyph
from engine.errors import (
    DatabaseCorrupt,
    DatabaseLocked,
    DiskFull,
    PermissionDenied,
    SchemaTooNew,
    SecretsUnavailable,
    StorageError,
)

_PATIENCE_MS = 250
_TEXT_WIDTH_PX = 560
_ICON_PX = 96


class StartPage(QWidget):
    """Opening, then either gone or an explanation with what to do.

    Signals:
        retry_wanted: Try the same folder again.
        folder_wanted: Choose another data folder.
        quit_wanted: Give up; also by the keys that quit anywhere.
        details_wanted: Show everything known about the failure; carries the exception.
    """

    retry_wanted = Signal()
    folder_wanted = Signal()
    quit_wanted = Signal()
    details_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._stack = QStackedLayout(self)
        self._opening = self._opening_page()
        self._stack.addWidget(self._opening)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(lambda: self._word.setText(translate("StartPage", "Opening the workspace…")))
        # the commands of the window come with an open workspace; until then these keys work while this page is seen
        for keys in next(spec.keys for spec in SPECS if spec.id is ActionId.QUIT):
            QShortcut(QKeySequence(keys), self, self.quit_wanted.emit)

    def show_opening(self) -> None:
        """Show that the workspace is being opened; the word for it only when it takes a while."""
        self._word.setText("")
        self._stack.setCurrentWidget(self._opening)
        self._patience.start()

    def show_waiting(self) -> None:
        """Show that another window of the same folder has to close first."""
        self._patience.stop()
        self._word.setText(translate("StartPage", "Waiting for another window of this folder to close…"))
        self._stack.setCurrentWidget(self._opening)

    def show_failure(self, error: Exception, data_dir: Path) -> None:
        """Explain why the workspace can't be opened.

        Args:
            error: What the engine raised.
            data_dir: The folder it was tried with.
        """
        self._patience.stop()
        old = self._stack.widget(1)
        if old is not None:
            self._stack.removeWidget(old)
            old.deleteLater()
        page = self._failure_page(error, data_dir)
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)

    def _opening_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(self._look.theme.space("l"))
        picture = QLabel()
        picture.setPixmap(program_icon().pixmap(QSize(_ICON_PX, _ICON_PX), self.devicePixelRatioF()))
        self._word = label(tone="muted")
        column.addStretch()
        for part in (picture, self._word):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(part)
        column.addStretch()
        return page

    def _failure_page(self, error: Exception, data_dir: Path) -> QWidget:
        space = self._look.theme.space
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(space("m"))
        column.addStretch(2)
        column.addWidget(Glyph(self._look, "warning-circle", "danger", 72), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(label(_title(error), size="hero"), 0, Qt.AlignmentFlag.AlignHCenter)
        for text, tone in ((sentence(error), ""), (_advice(error), "muted")):
            part = label(text, tone=tone, wrap=True, selectable=True)
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addLayout(centred(part, _TEXT_WIDTH_PX))
        where = label(
            translate("StartPage", "Data folder: {path}").format(path=data_dir),
            size="caption",
            tone="muted",
            selectable=True,
        )
        column.addWidget(where, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(space("s"))
        column.addLayout(self._failure_buttons(error))
        column.addStretch(3)
        return page

    def _failure_buttons(self, error: Exception) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("s"))
        row.addStretch()
        retry = self._look.push_button(translate("StartPage", "Try again"), "primary", "arrows-clockwise")
        retry.clicked.connect(self.retry_wanted)
        retry.setDefault(True)
        other = self._look.push_button(translate("StartPage", "Choose another folder…"), "", "folder-open")
        other.clicked.connect(self.folder_wanted)
        details = self._look.push_button(translate("StartPage", "Details"))
        details.clicked.connect(lambda: self.details_wanted.emit(error))
        leave = self._look.push_button(translate("StartPage", "Quit"))
        leave.clicked.connect(self.quit_wanted)
        for button in (retry, other, details, leave):
            row.addWidget(button)
        row.addStretch()
        QTimer.singleShot(0, retry, retry.setFocus)
        return row


def _title(error: Exception) -> str:
    titles: tuple[tuple[type[Exception], str], ...] = (
        (DatabaseCorrupt, translate("StartPage", "The database is damaged or missing")),
        (SchemaTooNew, translate("StartPage", "This workspace is from a newer Holdall")),
        (DatabaseLocked, translate("StartPage", "Another program holds the database")),
        (PermissionDenied, translate("StartPage", "The data folder can’t be used")),
        (DiskFull, translate("StartPage", "The disk is full")),
        (SecretsUnavailable, translate("StartPage", "The keyring does not answer")),
    )
    found = next((title for kind, title in titles if isinstance(error, kind)), None)
    return found or translate("StartPage", "The workspace can’t be opened")


def _advice(error: Exception) -> str:
    if isinstance(error, DatabaseCorrupt):
        return translate(
            "StartPage",
            "Restore holdall.db from a backup, or move it and the storage folder out of the data folder to start with "
            "an empty workspace.",
        )
    if isinstance(error, StorageError):
        return translate("StartPage", "Try again once that is mended, or open a workspace in another folder.")
    return translate("StartPage", "The details help to find out why. Your files have not been changed.")
