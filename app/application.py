"""The composition root of the window: the only place where its objects are wired together.

The window is shown first and the workspace opened in a worker, so that a slow disk never shows as a frozen program.
What goes wrong on the way is explained in the window itself.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.bridge.tasks import Tasks
from app.controllers.recovery import RecoveryController
from app.dialogs.file_chooser import Ask, choose_folder
from app.errors import ErrorPresenter
from app.garbage import GarbageCollector
from app.i18n import translate
from app.icons import Icons, program_icon
from app.imports import left_alone
from app.leaving import LEAVE_S, Closer, Step, attempt, end_after, end_beside, tell_inside_loop
from app.look import Look
from app.settings import WindowSettings
from app.single_instance import SingleInstance
from app.theme import Theme
from app.views.shell import Shell
from app.views.start_page import StartPage
from engine.cli.signals import stopped_by_signal
from engine.config import Settings, load_settings
from engine.errors import DatabaseCorrupt, StorageError

if TYPE_CHECKING:
    from app.session import Session
    from engine.cancel import CancelToken
    from engine.secrets import SecretStore
    from engine.workspace import Workspace


class Window(QObject):
    """One window from the first frame to the last thread: opens a workspace, shows it, closes it.

    Signals:
        opened: A workspace is shown.
        failed: A workspace could not be opened; carries the exception, which the window explains.
        leaving: The window is gone and what is behind it begins to close.
        closed: Everything has ended, well or not.
    """

    opened = Signal()
    failed = Signal(object)
    leaving = Signal()
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
        self._closer = Closer(self)
        self._closer.ended.connect(self._ended)
        self._data_dir = Path()
        self._is_leaving = False
        self.session: Session | None = None
        self.shell.show_page(self._page)
        # queued: while Qt is asking whether the window may close, closing it for good does nothing
        self.shell.close_asked.connect(self._close_asked, Qt.ConnectionType.QueuedConnection)
        self.shell.left.connect(self._left)
        self._page.retry_wanted.connect(lambda: self.open(self._data_dir))
        self._page.folder_wanted.connect(self._choose_folder)
        self._recovery.explained.connect(self._explained)
        self._page.quit_wanted.connect(self.shell.close)
        self._page.details_wanted.connect(self.errors.show_details)

    def open(self, data_dir: Path | None) -> None:
        """Show the window and open a workspace in it.

        If that folder has a window already, it is raised instead and this one is closed.

        Args:
            data_dir: The data folder, or None for the default.
        """
        try:
            settings = load_settings(data_dir)
            self._data_dir = settings.data_dir
            instance = self._new_instance(settings)
            if instance.claim():
                self._begin(settings)
            else:
                instance.ask()
        except StorageError as error:
            self._explain(error)

    def raise_up(self) -> None:
        """Come to the front."""
        self.shell.setWindowState(self.shell.windowState() & ~self.shell.windowState().WindowMinimized)
        self.shell.show()
        self.shell.raise_()
        self.shell.activateWindow()

    def _new_instance(self, settings: Settings) -> SingleInstance:
        if self._instance is not None:
            self._instance.release()
            self._instance.deleteLater()
        instance = self._instance = SingleInstance(settings.data_dir, self)
        instance.raise_wanted.connect(self.raise_up)
        instance.raised.connect(self.shell.leave)
        instance.claimed.connect(partial(self._begin, settings))
        instance.waiting.connect(self._show_waiting)
        instance.refused.connect(lambda error: self._explain(error))
        return instance

    def _begin(self, settings: Settings) -> None:
        self._remembered(settings.data_dir)
        self._page.show_opening()
        self.shell.show_page(self._page)
        self.shell.show()
        self._tasks.read(
            lambda ticket: _open(settings, self._secrets, ticket.token),
            self._show,
            lambda error: self._explain(error, settings),
        )

    def _show_waiting(self) -> None:
        self._remembered(self._data_dir)
        self._page.show_waiting()
        self.shell.show()

    def _remembered(self, data_dir: Path) -> None:
        if self._settings is not None:
            self._settings.give_up()  # those of another folder, or what another window may have changed meanwhile
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
        with self._theme.building():
            session = self.session = Session(self.shell, self._look, self._settings, self.errors, self._tasks, side)
            session.quit_wanted.connect(self.shell.close)
            session.start()
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
        choose_folder(self._look, self.shell, ask, self.open)

    def _close_asked(self) -> None:
        from app.dialogs.quit_dialog import QuitDialog  # when it is wanted: no start waits for a dialog

        if self.session is not None:
            self.session.ask_to_close(self.shell.leave)
        elif self._tasks.under_way:  # a recovery, which may have taken an hour already
            dialog = QuitDialog(self._look, self.shell)
            dialog.confirmed.connect(self.shell.leave)
            dialog.open()
        else:
            self.shell.leave()

    def _left(self) -> None:
        if self._is_leaving:
            return
        self._is_leaving = True
        self.leaving.emit()
        if self._instance is not None:
            attempt(self._instance.withdraw)
        attempt(self._remember)
        attempt(self._tasks.stop)
        if self.session is not None:
            attempt(self.session.stop)
        self._closer.start(self._slow_steps())

    def _remember(self) -> None:
        if self._settings is not None:
            self._settings.geometry = self.shell.saveGeometry()
        if self.session is not None:
            self.session.remember()

    def _slow_steps(self) -> tuple[Step, ...]:
        keep = () if self._settings is None else (self._settings.close,)
        return (*keep, *(self.session.endings if self.session is not None else (self._tasks.join,)))

    def _ended(self) -> None:
        attempt(self._garbage.stop)
        if self._instance is not None:
            attempt(self._instance.release)
        self.closed.emit()


def _open(settings: Settings, secrets: SecretStore | None, cancel: CancelToken) -> Workspace:
    """Load what an open workspace needs, and open it; in a worker.

    The database library and the page of an open workspace take longer to import than the frame takes to show, so they
    are imported here, behind it.
    """
    with left_alone():
        import_module("app.session")
        import_module("engine.workspace")
    from engine.observability.diagnostics import WarningsTaken
    from engine.secrets import open_secret_store
    from engine.workspace import open_workspace

    workspace = open_workspace(settings, secrets or open_secret_store(settings.data_dir, cancel=cancel))
    WarningsTaken(workspace.log)
    workspace.watcher.start()
    if cancel.cancelled:  # nobody will take it: the window was closed meanwhile
        workspace.close()
    cancel.raise_if_cancelled()
    return workspace


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
    window.leaving.connect(partial(end_after, LEAVE_S))
    window.closed.connect(application.quit)
    sys.excepthook = _hook(window.errors.report_from_anywhere)
    with stopped_by_signal() as asked:
        looking = tell_inside_loop(asked, window.shell.leave, window)
        window.open(data_dir)
        code = QGuiApplication.exec()
        looking.stop()
    sys.excepthook = sys.__excepthook__
    return end_beside(code)


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
