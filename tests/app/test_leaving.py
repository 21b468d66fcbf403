"""The end of the window: nothing keeps the process alive, not even what fails or hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Window
from app.bridge.exporting import Exporter
from app.look import Look
from engine.secrets import FixedSecrets
from engine.workspace import Workspace
from tests.app.helpers import Desk, leave

ROOT = Path(__file__).resolve().parents[2]
LONG_S = 60
"""Far longer than any of this may take."""


def broken(*_: object) -> None:
    raise RuntimeError("this step fails")


def run_program(data_dir: Path, preparation: str, timeout_s: float = LONG_S) -> subprocess.CompletedProcess[str]:
    """Run the whole window in a process of its own, after some lines that prepare what happens in it."""
    program = f"""
import os, pathlib, signal, threading
from app import application
{preparation}
raise SystemExit(application.run(pathlib.Path({str(data_dir)!r})))
"""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=timeout_s)


LEAVES_ONCE_OPEN = """
class Leaver(application.Window):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.opened.connect(self.shell.leave)
application.Window = Leaver
"""


class TestStepsThatFail:
    def test_the_window_closes_nevertheless_and_says_what_failed(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        closed = []
        close_workspace = Workspace.close
        monkeypatch.setattr(Workspace, "close", lambda workspace: (close_workspace(workspace), closed.append(True)))
        for owner, name in (
            (desk.session, "remember"),
            (desk.session._side.relay, "close"),
            (desk.session._side.server, "close"),
            (desk.session._side.exporter, "clear"),
            (desk.window._garbage, "stop"),
        ):
            monkeypatch.setattr(owner, name, broken)
        with desk.qtbot.waitSignal(desk.window.closed, timeout=20_000):
            desk.shell.leave()
        assert closed == [True]
        assert desk.window._instance._lock.acquire(), "the folder is free for the next window"
        assert caplog.messages.count("a step of closing failed") == 5
        monkeypatch.undo()
        desk.session._side.relay.close()
        desk.window._garbage.stop()
        desk.window._instance.release()

    def test_what_takes_long_does_not_hold_up_the_main_thread(self, desk: Desk, monkeypatch) -> None:
        gate, threads = threading.Event(), []
        monkeypatch.setattr(Exporter, "clear", lambda _: (threads.append(threading.current_thread()), gate.wait(20)))
        desk.shell.leave()
        desk.until(lambda: bool(threads))
        assert threads != [threading.main_thread()]
        with desk.qtbot.waitSignal(desk.window.closed, timeout=20_000):
            gate.set()

    def test_leaving_twice_closes_once(self, desk: Desk) -> None:
        times = []
        desk.window.closed.connect(lambda: times.append(True))
        desk.shell.leave()
        desk.shell.leave()
        desk.until(lambda: times != [])
        desk.qtbot.wait(50)
        assert times == [True]


class TestStepsThatHang:
    def test_the_process_is_ended_and_says_where_it_hung(self, data_dir: Path) -> None:
        began_s = time.monotonic()
        done = run_program(
            data_dir,
            LEAVES_ONCE_OPEN
            + "from app.bridge.exporting import Exporter\n"
            + "def hang_here(_):\n    threading.Event().wait()\n"
            + "Exporter.clear = hang_here\n"
            + "application.LEAVE_S = 1.0\n",
        )
        assert done.returncode == 1
        assert "hang_here" in done.stderr
        assert time.monotonic() - began_s < LONG_S / 2

    def test_a_thread_that_outlives_the_loop_does_not_keep_the_process(self, data_dir: Path) -> None:
        lasting = "threading.Thread(target=threading.Event().wait, name='for ever').start()\n"
        done = run_program(data_dir, LEAVES_ONCE_OPEN + lasting + "application.LEAVE_S = 2.0\n")
        assert done.returncode == 1
        assert "most recent call first" in done.stderr

    @pytest.mark.parametrize(
        ("kind", "said"), [("", "ended\n"), ("threading.Thread(target=wait, daemon=True).start()", "")]
    )
    def test_python_itself_does_not_end_beside_a_thread_that_nobody_waits_for(
        self, data_dir: Path, kind: str, said: str
    ) -> None:
        last = f"import atexit\natexit.register(print, 'ended')\nwait = threading.Event().wait\n{kind}\n"
        done = run_program(data_dir, LEAVES_ONCE_OPEN + last)
        assert (done.returncode, done.stdout, done.stderr) == (0, said, "")

    def test_an_orderly_end_says_nothing(self, data_dir: Path) -> None:
        done = run_program(data_dir, LEAVES_ONCE_OPEN)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestSlowStarts:
    def test_quitting_does_not_wait_for_a_keyring_that_waits_for_a_person(self, data_dir: Path) -> None:
        done = run_program(
            data_dir,
            """
from PySide6.QtCore import QTimer
from engine import secrets
def ask_person():
    threading.Event().wait()
secrets.open_secret_store.__kwdefaults__["find_keyring"] = ask_person
class Impatient(application.Window):
    def open(self, data_dir):
        super().open(data_dir)
        QTimer.singleShot(1000, self.shell.close)
application.Window = Impatient
""",
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestSignals:
    @pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
    def test_one_that_comes_before_the_loop_ends_the_program(self, data_dir: Path, name: str) -> None:
        if not hasattr(signal, name):
            pytest.skip(f"this system has no {name}")
        done = run_program(
            data_dir,
            f"""
signal.signal(signal.{name}, signal.SIG_DFL)
class Signalled(application.Window):
    def open(self, data_dir):
        os.kill(os.getpid(), signal.{name})
        return super().open(data_dir)
application.Window = Signalled
application.LEAVE_S = {LONG_S}  # it leaves from the start, so on a busy machine all of that counts
""",
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestBeforeTheWorkspaceIsOpen:
    def test_the_keys_that_quit_work_on_the_page_that_explains_a_failure(
        self, qapp: QApplication, qtbot: QtBot, look: Look, data_dir: Path
    ) -> None:
        data_dir.mkdir()
        (data_dir / "holdall.db").write_bytes(b"this is no database" * 1000)
        window = Window(qapp, look.theme)
        with qtbot.waitSignal(window.failed, timeout=20_000):
            window.open(data_dir)
        qtbot.waitUntil(window.shell.isActiveWindow)
        with qtbot.waitSignal(window.closed, timeout=20_000):
            qtbot.keyClick(window.shell, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
        shiboken6.delete(window.shell)

    def test_they_work_while_it_is_being_opened_and_nothing_stays_open(
        self, qapp: QApplication, qtbot: QtBot, look: Look, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate, begun = threading.Event(), threading.Event()
        keys = FixedSecrets(bytes(32))
        get, closed = keys.get_or_create, []
        monkeypatch.setattr(keys, "get_or_create", lambda name: (begun.set(), gate.wait(20), get(name))[2])
        close_workspace = Workspace.close
        monkeypatch.setattr(Workspace, "close", lambda workspace: (close_workspace(workspace), closed.append(True)))
        window = Window(qapp, look.theme, keys)
        window.open(data_dir)
        qtbot.waitUntil(lambda: begun.is_set() and window.shell.isActiveWindow())
        with qtbot.waitSignal(window.closed, timeout=20_000):
            QTimer.singleShot(300, gate.set)
            qtbot.keyClick(window.shell, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
        assert closed == [True]
        assert window.session is None
        shiboken6.delete(window.shell)

    def test_the_keys_still_work_once_it_is_open(self, desk: Desk) -> None:
        desk.until(desk.shell.isActiveWindow)
        with desk.qtbot.waitSignal(desk.window.closed, timeout=20_000):
            desk.qtbot.keyClick(desk.shell, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)


def test_leaving_before_anything_was_shown_ends_too(qapp: QApplication, look: Look) -> None:
    window = Window(qapp, look.theme)
    leave(window)
    shiboken6.delete(window.shell)
