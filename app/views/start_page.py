"""What is seen before a workspace is open, and when it can't be: never an empty window without a word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.action_set import SPECS
from app.actions import ActionId
from app.errors import sentence
from app.i18n import translate
from app.icons import program_icon
from app.look import Look, centred, label
from app.views.recovery_pages import TEXT_WIDTH_PX, ChoicesPart, DonePart, RunningPart, page_column
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

if TYPE_CHECKING:
    from app.bridge.recovering import RecoveryChoices
    from engine.recovery.values import RecoveryReport
    from engine.types import Progress

_PATIENCE_MS = 250
_CHOICES_WIDTH_PX = 680
_ICON_PX = 96


class StartPage(QWidget):
    """Opening, then either gone or an explanation with what to do.

    Signals:
        retry_wanted: Try the same folder again.
        folder_wanted: Choose another data folder.
        quit_wanted: Give up; also by the keys that quit anywhere.
        details_wanted: Show everything known about the failure; carries the exception.
        restore_wanted: Restore the database from its backup.
        rebuild_wanted: Rebuild it from the files.
        cancel_wanted: Stop doing so.
    """

    retry_wanted = Signal()
    folder_wanted = Signal()
    quit_wanted = Signal()
    details_wanted = Signal(object)
    restore_wanted = Signal()
    rebuild_wanted = Signal()
    cancel_wanted = Signal()

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

    def show_failure(self, error: Exception, data_dir: Path, choices: RecoveryChoices | None = None) -> None:
        """Explain why the workspace can't be opened.

        Args:
            error: What the engine raised.
            data_dir: The folder it was tried with.
            choices: What can be done about a lost database; None for other failures.
        """
        self._show(self._failure_page(error, data_dir, choices))

    def show_recovering(self, *, rebuilds: bool) -> None:
        """Show that a recovery is at work.

        Args:
            rebuilds: Whether the database is rebuilt, or else restored.
        """
        page = RunningPart(self._look, rebuilds=rebuilds)
        page.cancel_wanted.connect(self.cancel_wanted)
        self._show(page)

    def show_recovery_progress(self, progress: Progress) -> None:
        """Show how far a recovery is, if it is still shown.

        Args:
            progress: The latest news.
        """
        page = self._stack.currentWidget()
        if isinstance(page, RunningPart):
            page.show_progress(progress)

    def show_recovered(self, report: RecoveryReport) -> None:
        """Show what came of a recovery.

        Args:
            report: What the engine reports.
        """
        page = DonePart(self._look, report)
        page.open_wanted.connect(self.retry_wanted)
        self._show(page)

    def _show(self, page: QWidget) -> None:
        """Show a page in place of the last one that was no opening."""
        self._patience.stop()
        old = self._stack.widget(1)
        if old is not None:
            self._stack.removeWidget(old)
            old.deleteLater()
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

    def _failure_page(self, error: Exception, data_dir: Path, choices: RecoveryChoices | None) -> QWidget:
        space = self._look.theme.space
        page = QWidget()
        column = page_column(page, self._look)
        column.addWidget(Glyph(self._look, "warning-circle", "danger", 72), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(label(_title(error), size="hero"), 0, Qt.AlignmentFlag.AlignHCenter)
        # with ways back to choose from, each says what it does
        advice = ((_advice(error), "muted"),) if choices is None else ()
        for text, tone in ((sentence(error), ""), *advice):
            part = label(text, tone=tone, wrap=True, selectable=True)
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addLayout(centred(part, TEXT_WIDTH_PX))
        where = label(
            translate("StartPage", "Data folder: {path}").format(path=data_dir),
            size="caption",
            tone="muted",
            selectable=True,
        )
        column.addWidget(where, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(space("s"))
        if choices is not None:
            column.addLayout(centred(self._choices(choices)))
            column.addSpacing(space("s"))
        column.addLayout(self._failure_buttons(error, first=choices is None))
        column.addStretch(3)
        return page

    def _choices(self, choices: RecoveryChoices) -> ChoicesPart:
        part = ChoicesPart(self._look, choices)
        part.setFixedWidth(_CHOICES_WIDTH_PX)
        part.restore_wanted.connect(self.restore_wanted)
        part.rebuild_wanted.connect(self.rebuild_wanted)
        first = part.buttons[0]
        QTimer.singleShot(0, first, first.setFocus)
        return part

    def _failure_buttons(self, error: Exception, *, first: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._look.theme.space("s"))
        row.addStretch()
        retry = self._look.push_button(
            translate("StartPage", "Try again"), "primary" if first else "", "arrows-clockwise"
        )
        retry.clicked.connect(self.retry_wanted)
        retry.setDefault(first)
        other = self._look.push_button(translate("StartPage", "Choose another folder…"), "", "folder-open")
        other.clicked.connect(self.folder_wanted)
        details = self._look.push_button(translate("StartPage", "Details"))
        details.clicked.connect(lambda: self.details_wanted.emit(error))
        leave = self._look.push_button(translate("StartPage", "Quit"))
        leave.clicked.connect(self.quit_wanted)
        for button in (retry, other, details, leave):
            row.addWidget(button)
        row.addStretch()
        if first:
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
    if isinstance(error, StorageError):
        return translate("StartPage", "Try again once that is mended, or open a workspace in another folder.")
    return translate("StartPage", "The details help to find out why. Your files have not been changed.")
