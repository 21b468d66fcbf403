"""One window for each data folder, whatever the other one is doing just now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import single_instance
from app.application import Window
from app.bridge.exporting import Exporter
from app.look import Look
from engine.instance import WindowLock
from engine.secrets import FixedSecrets
from tests.app.helpers import Desk, leave


@pytest.fixture
def second(qapp: QApplication, look: Look) -> Iterator[Window]:
    """Return a window that is not open yet."""
    window = Window(qapp, look.theme, FixedSecrets(bytes(32)))
    yield window
    if window.property("ended") is None:
        leave(window)
    shiboken6.delete(window.shell)


def close_slowly(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Make windows hang while they close, until the event is set."""
    gate = threading.Event()
    monkeypatch.setattr(Exporter, "clear", lambda _: gate.wait(20))
    return gate


def test_a_second_start_raises_the_first_and_ends_unseen(desk: Desk, second: Window, data_dir: Path) -> None:
    raised, shown = [], []
    desk.window._instance.raise_wanted.connect(lambda: raised.append(True))
    second.leaving.connect(lambda: shown.append(second.shell.isVisible()))
    with desk.qtbot.waitSignal(second.closed, timeout=5_000):
        second.open(data_dir)
    second.setProperty("ended", True)
    assert raised == [True]
    assert shown == [False]
    assert desk.shell.isVisible()


def test_a_start_while_the_first_closes_opens_as_soon_as_it_has(
    desk: Desk, second: Window, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = close_slowly(monkeypatch)
    raised = []
    desk.window._instance.raise_wanted.connect(lambda: raised.append(True))
    desk.shell.leave()
    second.open(data_dir)
    desk.until(second.shell.isVisible)
    assert "Waiting for another window" in second._page._word.text()
    with desk.qtbot.waitSignal(second.opened, timeout=20_000):
        gate.set()
    assert second.session is not None
    assert raised == []


def test_one_that_waits_can_be_closed(
    desk: Desk, second: Window, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = close_slowly(monkeypatch)
    desk.shell.leave()
    second.open(data_dir)
    desk.until(second.shell.isVisible)
    with desk.qtbot.waitSignal(second.closed, timeout=5_000):
        second.shell.close()
    second.setProperty("ended", True)
    assert not second._instance._retry.isActive()
    with desk.qtbot.waitSignal(desk.window.closed, timeout=20_000):
        gate.set()


@pytest.fixture
def held(data_dir: Path) -> Iterator[WindowLock]:
    """Hold the folder as a window does that hangs."""
    lock = WindowLock(data_dir)
    assert lock.acquire()
    yield lock
    lock.release()


def test_one_that_neither_answers_nor_ends_is_explained_and_can_be_tried_again(
    second: Window, held: WindowLock, data_dir: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_instance, "WAIT_MS", 300)
    with qtbot.waitSignal(second.failed, timeout=5_000) as failed:
        second.open(data_dir)
    assert "neither answers nor ends" in str(failed.args[0])
    assert second.shell.isVisible()
    held.release()
    with qtbot.waitSignal(second.opened, timeout=20_000):
        second._page.retry_wanted.emit()
