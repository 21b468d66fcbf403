"""What the window's tests share: a look, and the real window on a real workspace."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import garbage
from app.application import Window
from app.icons import Icons
from app.look import Look
from app.theme import Theme, ThemeMode
from app.views.shell import Shell
from engine.secrets import FixedSecrets
from tests.app.helpers import ENDED, Desk, close

PATIENCE_MS = 60_000
"""What has not come by then never comes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take the shrug of Qt's screenless plugin (no size hints, no raising) for what it is."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


class PatientBot(QtBot):
    """Waits for what comes as long as it takes on a slow machine, instead of five seconds."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 0) -> None:
        super().waitUntil(callback, timeout=max(timeout, PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = 0, raising: bool | None = None, **options: Any) -> Any:
        patience_ms = timeout if raising is False else max(timeout, PATIENCE_MS)
        return super().waitSignal(signal, timeout=patience_ms, raising=raising, **options)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def english() -> None:
    """Write numbers the same way wherever the tests run."""
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Leave nothing in the clipboard: Qt's screenless plugin keeps it beyond Python's end, where it crashes."""
    yield
    qapp.clipboard().clear()


@contextmanager
def no_widgets_left(qapp: QApplication) -> Iterator[None]:
    """Destroy what is left of views and dialogs at the end: every look after it would style hundreds of them once more.

    A whole window stands in the middle of a session; whoever opens one closes it.
    """
    before = set(qapp.topLevelWidgets())
    yield
    collects = gc.isenabled()
    gc.disable()  # it must come upon nothing that is half gone
    for widget in set(qapp.topLevelWidgets()) - before:
        if shiboken6.isValid(widget) and widget.parent() is None and not isinstance(widget, Shell):
            shiboken6.delete(widget)
    (gc.enable if collects else gc.disable)()


@pytest.fixture(autouse=True)
def own_widgets(qapp: QApplication) -> Iterator[None]:
    """Let no test see another one's views and dialogs."""
    with no_widgets_left(qapp):
        yield


def _nothing() -> None: ...


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Look]:
    theme = Theme(qapp, ThemeMode.LIGHT)
    with no_widgets_left(qapp):  # what is left asks the theme to its end
        yield Look(theme, Icons(theme))
    shiboken6.delete(theme)


@pytest.fixture(scope="session")
def old_objects() -> Iterator[None]:
    """Look at everything again in the end."""
    yield
    gc.unfreeze()


@pytest.fixture
def own_garbage(old_objects: None) -> Iterator[None]:
    """Collect what a window leaves in the main thread: a worker of the next one would destroy its widgets.

    What the test runner and all modules are made of is set aside before, each time: every collection would look through
    it, and a window that is opened without this fixture lets all of it go when it closes.
    """
    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as patch:  # one that no test undoes half way
        # Nor may a first window of the test leave the collector on, which then runs in a worker of the second.
        kept_off = {"freeze": _nothing, "unfreeze": _nothing, "enable": _nothing}
        patch.setattr(garbage, "gc", SimpleNamespace(**{**vars(gc), **kept_off}))
        gc.disable()
        yield
    gc.collect()
    gc.disable()


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot, begun_dir: Path, own_garbage: None) -> Iterator[Callable[[], Window]]:
    """Return what opens the real window on the test's data folder; closed after the test."""
    opened: list[Window] = []

    def open_it() -> Window:
        theme = Theme(qapp, ThemeMode.LIGHT)
        window = Window(qapp, theme, FixedSecrets(bytes(32)))
        window.closed.connect(lambda: window.setProperty(ENDED, True))
        opened.append(window)
        with qtbot.waitSignal(window.opened, timeout=PATIENCE_MS):
            window.open(begun_dir)
        return window

    yield open_it
    for window in opened:
        if shiboken6.isValid(window):
            close(window)


@pytest.fixture
def desk(open_window: Callable[[], Window], qtbot: QtBot) -> Desk:
    return Desk(open_window(), qtbot)
