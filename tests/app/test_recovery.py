"""A lost database in the window: what is offered, what it does, and what a person is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.application import Window
from app.dialogs.bug_dialog import BugDialog, DetailsDialog
from app.dialogs.quit_dialog import QuitDialog
from app.look import Look
from app.settings import WindowSettings
from app.views.recovery_pages import DonePart, RunningPart
from app.views.start_page import StartPage
from engine.config import Settings, load_settings
from engine.secrets import FixedSecrets
from engine.types import Progress, RlsContext
from engine.workspace import open_workspace
from tests.app.helpers import ENDED, leave

SERVICE = RlsContext.service()


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Return the settings of a closed workspace whose database is damaged; a backup knows one of two objects."""
    settings = load_settings(data_dir, environ={})
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        workspace.storage.create_bucket("photos", SERVICE)
        workspace.storage.upload("photos", "cat.txt", b"meow", SERVICE)
        workspace.backups.make()
        workspace.storage.upload("photos", "dog.txt", b"woof", SERVICE)
    settings.database_path.write_bytes(b"this is no database" * 1000)
    return settings


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot, look: Look, settings: Settings) -> Iterator[Window]:
    """Return the window that has just failed to open it."""
    made = window_of(qapp, look)
    with qtbot.waitSignal(made.failed, timeout=20_000):
        made.open(settings.data_dir)
    yield made
    end(made)


def end(window: Window) -> None:
    """Close a window, and let nothing of it stay."""
    leave(window)
    shiboken6.delete(window.shell)
    shiboken6.delete(window)


def window_of(qapp: QApplication, look: Look) -> Window:
    """Make a window that says when it has ended."""
    made = Window(qapp, look.theme, FixedSecrets(bytes(32)))
    made.closed.connect(lambda: made.setProperty(ENDED, True))
    return made


def page_of(window: Window) -> StartPage:
    return window._page


def button(window: Window, name: str) -> QPushButton:
    found = page_of(window)._stack.currentWidget().findChildren(QPushButton)
    return next(one for one in found if one.accessibleName().startswith(name))


def texts(window: Window) -> list[str]:
    return [part.text() for part in page_of(window)._stack.currentWidget().findChildren(QLabel)]


def names(window: Window) -> list[str]:
    return [one.accessibleName() for one in page_of(window)._stack.currentWidget().findChildren(QPushButton)]


def done(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: isinstance(page_of(window)._stack.currentWidget(), DonePart), timeout=20_000)


def test_both_ways_back_are_offered_and_explained(window: Window) -> None:
    assert "The database is damaged or missing" in texts(window)
    assert names(window)[0].startswith("Restore from backup of ")
    assert names(window)[1] == "Rebuild from the files"
    said = [one.accessibleDescription() for one in (button(window, name) for name in names(window)[:2])]
    assert said[0] == "Takes the database back to that moment, and takes in the files that were stored after it."
    assert said[1].startswith("Reads every stored file and makes a new database;")
    assert "Trash and old versions come back where their bucket keeps them" in said[1]
    assert all(text in texts(window) for text in said)


def test_the_details_of_a_damaged_database_blame_nobody(window: Window) -> None:
    button(window, "Details").click()
    [dialog] = window.shell.findChildren(DetailsDialog)
    assert not isinstance(dialog, BugDialog)
    said = " ".join(part.text() for part in dialog.findChildren(QLabel))
    assert "fault of the program" not in said
    assert "DatabaseCorrupt" in dialog.findChild(QPlainTextEdit).toPlainText()
    dialog.close()


def test_without_a_backup_there_is_one_way(qapp: QApplication, qtbot: QtBot, look: Look, settings: Settings) -> None:
    for path in settings.backups_dir.glob("*.db"):
        path.unlink()
    made = window_of(qapp, look)
    with qtbot.waitSignal(made.failed, timeout=20_000):
        made.open(settings.data_dir)

    assert names(made)[0] == "Rebuild from the files"
    end(made)


@pytest.mark.parametrize("way", ["Restore from backup", "Rebuild from the files"])
def test_the_workspace_opens_again_with_everything(window: Window, qtbot: QtBot, way: str) -> None:
    button(window, way).click()
    assert isinstance(page_of(window)._stack.currentWidget(), RunningPart)
    done(window, qtbot)

    assert "The database is back" in texts(window)
    (known,) = [text for text in texts(window) if text.startswith("It knows ")]
    assert "1 bucket" in known
    assert "2 objects, 8 bytes." in known
    assert ("newer than the backup" in known) is way.startswith("Restore")
    assert any(text.startswith("The damaged one is kept: holdall.db.damaged-") for text in texts(window))

    with qtbot.waitSignal(window.opened, timeout=20_000):
        button(window, "Open the workspace").click()
    assert window.session is not None


@pytest.mark.parametrize("left", [b"\0" * 100_000, b"", None], ids=["zeros", "empty", "missing"])
def test_a_lost_database_never_shows_an_empty_workspace(
    qapp: QApplication, qtbot: QtBot, look: Look, settings: Settings, left: bytes | None
) -> None:
    settings.database_path.unlink()
    if left is not None:
        settings.database_path.write_bytes(left)
    made = window_of(qapp, look)
    with qtbot.waitSignal(made.failed, timeout=20_000):
        made.open(settings.data_dir)

    assert made.session is None
    assert "Rebuild from the files" in names(made)
    end(made)


def test_things_to_look_at_are_listed(window: Window, qtbot: QtBot, settings: Settings) -> None:
    (settings.storage_dir / "lost+found").mkdir()

    button(window, "Rebuild from the files").click()
    done(window, qtbot)

    (listed,) = page_of(window)._stack.currentWidget().findChildren(QPlainTextEdit)
    assert listed.toPlainText() == "lost+found: a folder that is no bucket's; it is left alone"


def test_a_recovery_that_fails_is_told_and_the_ways_are_offered_again(
    window: Window, qtbot: QtBot, settings: Settings
) -> None:
    settings.storage_dir.rename(settings.data_dir / "elsewhere")

    button(window, "Rebuild from the files").click()
    qtbot.waitUntil(lambda: "Rebuild from the files" in names(window), timeout=20_000)

    assert window.shell.banners.isVisible()
    assert settings.database_path.read_bytes().startswith(b"this is no database")


def test_cancelling_leads_back_to_the_choices(window: Window, qtbot: QtBot, settings: Settings) -> None:
    button(window, "Rebuild from the files").click()
    running = page_of(window)._stack.currentWidget()
    assert isinstance(running, RunningPart)
    running.cancel.click()

    def ended() -> bool:
        return names(window)[0].startswith(("Restore from backup", "Open the workspace"))

    qtbot.waitUntil(ended, timeout=20_000)
    if names(window)[0].startswith("Restore from backup"):
        assert settings.database_path.read_bytes().startswith(b"this is no database")


def test_the_window_can_be_closed_meanwhile(window: Window, qtbot: QtBot) -> None:
    button(window, "Rebuild from the files").click()

    with qtbot.waitSignal(window.closed, timeout=10_000):
        window.shell.leave()


def test_quitting_in_the_middle_asks(window: Window, qtbot: QtBot) -> None:
    gate = threading.Event()
    window._tasks.mutate(lambda _: gate.wait(30), lambda _: None)
    button(window, "Rebuild from the files").click()
    window.shell.close()
    qtbot.waitUntil(lambda: window.shell.findChildren(QuitDialog) != [])
    [dialog] = window.shell.findChildren(QuitDialog)
    assert window.shell.isVisible()
    dialog.reject()
    gate.set()
    done(window, qtbot)


def test_progress_is_shown_in_files_and_bytes(qtbot: QtBot, look: Look) -> None:
    page = StartPage(look)
    qtbot.addWidget(page)
    page.show_recovery_progress(Progress(1, 2))
    page.show_recovering(rebuilds=True)
    running = page._stack.currentWidget()
    assert isinstance(running, RunningPart)
    assert running.bar.maximum() == 0

    page.show_recovery_progress(Progress(500, None))
    assert running.bar.maximum() == 0
    page.show_recovery_progress(Progress(5_000, 20_000, done_files=1_204, total_files=12_000))

    assert running.bar.value() / running.bar.maximum() == 0.25
    assert running.said.text() == "1,204 of 12,000 files, 5.0 kB of 20.0 kB"


def test_another_attempt_lets_go_of_what_was_remembered_before(
    window: Window, qtbot: QtBot, settings: Settings
) -> None:
    before = window._settings
    with qtbot.waitSignal(window.failed, timeout=20_000):
        window.open(settings.data_dir)
    before.place = "too late/"
    before.close()
    assert WindowSettings(settings.data_dir).place == ""
