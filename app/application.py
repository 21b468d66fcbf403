"""The composition root of the window: the only place where its objects are wired together.

The window is shown first and the workspace opened in a worker, so that a slow disk never shows as a frozen program.
What goes wrong on the way is explained in the window itself.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.bridge.tasks import Tasks
from app.controllers.recovery import RecoveryController
from app.dialogs.bug_dialog import BugDialog
from app.dialogs.file_chooser import Ask, choose_folder
from app.errors import ErrorPresenter
from app.garbage import GarbageCollector
from app.i18n import translate
from app.icons import Icons, program_icon
from app.look import Look
from app.settings import WindowSettings
from app.single_instance import SingleInstance
from app.theme import Theme
from app.views.shell import Shell
from app.views.start_page import StartPage
from engine.config import Settings, load_settings
from engine.errors import DatabaseCorrupt, StorageError

if TYPE_CHECKING:
    from app.session import Session
    from engine.secrets import SecretStore
    from engine.workspace import Workspace

_SIGNAL_POLL_MS = 200


class Window(QObject):
    """One window from the first frame to the last thread: opens a workspace, shows it, closes it.

    Signals:
        opened: A workspace is shown.
        failed: A workspace could not be opened; carries the exception, which the window explains.
        closed: Everything has ended.
    """

    opened = Signal()
    failed = Signal(object)
    closed = Signal()

    def __init__(self, application: QApplication, theme: Theme, secrets: SecretStore | None = None) -> None:
        """Make the frame; nothing is opened yet.

        Args:
            application: Qt's own.
            theme: The look.
            secrets: Where keys are kept; found out by the engine when None.
        """
        super().__init__(application)
        self._theme = theme
        self._secrets = secrets
        self._look = Look(theme, Icons(theme))
        self.shell = Shell(self._look)
        self._page = StartPage(self._look)
        self.errors = ErrorPresenter(self._look, self.shell, self.shell.banners, self.shell.toast)
        self._tasks = Tasks(self.errors.present, self)
        self._recovery = RecoveryController(self._page, self._tasks, self.errors, self)
        self._garbage = GarbageCollector(self)
        self._settings: WindowSettings | None = None
        self._instance: SingleInstance | None = None
        self._data_dir = Path()
        self.session: Session | None = None
        self.shell.show_page(self._page)
        # queued: while Qt is asking whether the window may close, closing it for good does nothing
        self.shell.close_asked.connect(self._close_asked, Qt.ConnectionType.QueuedConnection)
        self.shell.left.connect(self._left)
        self._page.retry_wanted.connect(lambda: self.open(self._data_dir))
        self._page.folder_wanted.connect(self._choose_folder)
        self._recovery.explained.connect(self._explained)
        self._page.quit_wanted.connect(self.shell.close)
        self._page.details_wanted.connect(lambda error: BugDialog(self._look, self.shell, error).open())

    def open(self, data_dir: Path | None) -> bool:
        """Show the window and open a workspace in it.

        Args:
            data_dir: The data folder, or None for the default.

        Returns:
            False if that folder has a window already, which was raised instead.
        """
        try:
            settings = load_settings(data_dir)
            self._data_dir = settings.data_dir
            first = self._claim(settings.data_dir)
        except StorageError as error:
            self._explain(error)
            return True
        if not first:
            return False
        self._remembered(settings.data_dir)
        self._page.show_opening()
        self.shell.show()
        self._tasks.read(
            lambda _: _open(settings, self._secrets), self._show, lambda error: self._explain(error, settings)
        )
        return True

    def raise_up(self) -> None:
        """Come to the front."""
        self.shell.setWindowState(self.shell.windowState() & ~self.shell.windowState().WindowMinimized)
        self.shell.show()
        self.shell.raise_()
        self.shell.activateWindow()

    def _claim(self, data_dir: Path) -> bool:
        if self._instance is not None:
            self._instance.release()
        self._instance = SingleInstance(data_dir, self)
        self._instance.raise_wanted.connect(self.raise_up)
        return self._instance.claim()

    def _remembered(self, data_dir: Path) -> None:
        self._settings = WindowSettings(data_dir)
        self._theme.set_mode(self._settings.theme)
        if not self._settings.geometry.isEmpty() and not self.shell.isVisible():
            self.shell.restoreGeometry(self._settings.geometry)

    def _show(self, workspace: Workspace) -> None:
        if self._settings is None:
            return
        from app.bridge.engine_side import EngineSide
        from app.session import Session

        side = EngineSide(workspace, self._tasks, self)
        self.session = Session(self.shell, self._look, self._settings, self.errors, self._tasks, side)
        self.session.quit_wanted.connect(self.shell.close)
        self.session.start()
        self._garbage.start()
        if side.notice and side.notice != self._settings.notice_said:
            self._settings.notice_said = side.notice
            self.errors.notice(side.notice)
        self.opened.emit()

    def _explain(self, error: Exception, settings: Settings | None = None) -> None:
        logging.getLogger(__name__).warning("cannot open the workspace: %s", error)
        if settings is not None and isinstance(error, DatabaseCorrupt):
            self._recovery.explain(error, settings)
            return
        self._page.show_failure(error, self._data_dir)
        self._explained(error)

    def _explained(self, error: Exception) -> None:
        self.shell.show_page(self._page)
        self.shell.show()
        self.failed.emit(error)

    def _choose_folder(self) -> None:
        ask = Ask(translate("Window", "Choose a data folder"), translate("Window", "Use this folder"))
        choose_folder(self._look, self.shell, ask, self._open_other)

    def _open_other(self, data_dir: Path) -> None:
        if not self.open(data_dir):
            self.shell.leave()

    def _close_asked(self) -> None:
        if self.session is None:
            self.shell.leave()
        else:
            self.session.ask_to_close(self.shell.leave)

    def _left(self) -> None:
        if self._settings is not None:
            self._settings.geometry = self.shell.saveGeometry()
        if self.session is not None:
            self.session.remember()
            self.session.close()
        if self._settings is not None:
            self._settings.save()
        self._tasks.close()
        self._garbage.stop()
        if self._instance is not None:
            self._instance.release()
        self.closed.emit()


def _open(settings: Settings, secrets: SecretStore | None) -> Workspace:
    """Load what an open workspace needs, and open it; in a worker.

    The database library and the page of an open workspace take longer to import than the frame takes to show, so they
    are imported here, behind it.
    """
    import_module("app.session")
    from engine.workspace import open_workspace

    return open_workspace(settings, secrets)


def run(data_dir: Path | None) -> int:
    """Open the window and stay until it is closed.

    Args:
        data_dir: Data folder asked for, or None for the default.

    Returns:
        The exit code: 0, also when a window was open already and has been raised.
    """
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Holdall")
    application.setDesktopFileName("holdall")
    application.setWindowIcon(program_icon())
    application.setQuitOnLastWindowClosed(False)
    if QLocale().language() == QLocale.Language.C:
        # A bare environment names no language; people still expect grouped digits.
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    window = Window(application, Theme(application))
    window.closed.connect(application.quit)
    sys.excepthook = _hook(window.errors.report_from_anywhere)
    waking = _end_on_signals(window)
    if not window.open(data_dir):
        return 0
    code = QGuiApplication.exec()
    waking.stop()
    sys.excepthook = sys.__excepthook__
    return code


def _hook(
    report: Callable[[Exception], None],
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Return what takes exceptions that no handler caught: those of slots arrive here."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, Exception):
            report(error)
        else:
            sys.__excepthook__(kind, error, trace)

    return hook


def _end_on_signals(window: Window) -> QTimer:
    """Close the window properly on SIGTERM and Ctrl+C; the timer lets Python look at signals now and then."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: window.shell.leave())
    timer = QTimer(window, interval=_SIGNAL_POLL_MS)
    timer.timeout.connect(lambda: None)
    timer.start()
    return timer
