"""Changes made by other programs, in the real window."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.application import Window
from app.bridge.outside import sentence_of
from app.location import Location
from app.views.outside_menu import OutsideMenu
from engine.config import OutsideChanges
from engine.events import EventType, OutsideChange, OutsideKind
from engine.workspace import Workspace
from tests.app.helpers import Desk, close


def change(what: OutsideKind, path: str, count: int = 1, *, taken_in: bool = True, reason: str = "") -> OutsideChange:
    about = ("id", "photos", path, None, datetime.now(UTC), count)
    return OutsideChange(EventType.OBJECT_CHANGED_OUTSIDE.value, *about, what, taken_in, reason)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            [change(OutsideKind.EDITED, "a/report.txt")],
            "“report.txt” was changed outside Holdall: taken in as a new version",
        ),
        (
            [change(OutsideKind.EDITED, "a/report.txt", taken_in=False)],
            "“report.txt” was changed outside Holdall: reported, not taken in",
        ),
        (
            [change(OutsideKind.ADDED, "x", taken_in=False, reason="Too large")],
            "“x” was added outside Holdall: reported, not taken in (Too large)",
        ),
        ([change(OutsideKind.DELETED, "x")], "“x” was deleted outside Holdall: deleted here as well"),
        ([change(OutsideKind.DELETED, "a/", 3)], "3 files were changed outside Holdall: taken in"),
        (
            [change(OutsideKind.DELETED, "a/", 2, taken_in=False), change(OutsideKind.ADDED, "x")],
            "3 files were changed outside Holdall: 1 taken in, the others reported",
        ),
    ],
)
def test_what_is_said(changes: list[OutsideChange], sentence: str) -> None:
    assert sentence_of(changes) == sentence


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, open_window: Callable[[], Window], qtbot: QtBot) -> Desk:
    """Return a window that watches, as the workspace remembers."""
    monkeypatch.delenv("HOLDALL_OUTSIDE_CHANGES")
    return Desk(open_window(), qtbot)


def workspace_of(desk: Desk) -> Workspace:
    return desk.session._side._workspace


def menu_of(desk: Desk) -> OutsideMenu:
    return desk.window.shell.findChild(QMenu, "outside")


def test_a_person_edits_a_file_and_sees_it_taken_in(watched: Desk, data_dir: Path) -> None:
    desk, workspace = watched, workspace_of(watched)
    bucket = desk.bucket()
    desk.put("report.txt", b"short")
    assert workspace.watcher.ready.wait(10)
    desk.until(lambda: menu_of(desk).action_of(OutsideChanges.REPORT).isChecked())
    menu_of(desk).action_of(OutsideChanges.TAKE_IN).trigger()
    desk.until(lambda: workspace.watcher.way is OutsideChanges.TAKE_IN and workspace.watcher.ready.is_set())
    desk.go("photos")
    code = "open('report.txt', 'w').write('much longer than before')"
    subprocess.run([sys.executable, "-c", code], cwd=data_dir / "storage" / bucket.id, check=True)
    toast = desk.window.shell.toast
    desk.until(lambda: "taken in as a new version" in toast.text)
    assert toast.text == "“report.txt” was changed outside Holdall: taken in as a new version"
    desk.until(lambda: any("23" in str(desk.model.index(0, column).data()) for column in range(4)))


def test_a_favourite_whose_folder_another_program_renames_stays_marked_and_is_led_there(
    watched: Desk, data_dir: Path
) -> None:
    desk, workspace = watched, workspace_of(watched)
    bucket = desk.bucket()
    desk.storage.upload("photos", "old/a.txt", b"x", desk.me)
    assert workspace.watcher.ready.wait(10)
    desk.until(lambda: menu_of(desk).action_of(OutsideChanges.REPORT).isChecked())
    menu_of(desk).action_of(OutsideChanges.TAKE_IN).trigger()
    desk.until(lambda: workspace.watcher.way is OutsideChanges.TAKE_IN and workspace.watcher.ready.is_set())
    favourites = desk.session._ways.favourites
    old, new = Location("photos", "old/"), Location("photos", "new/")
    favourites.toggle(old)

    code = "import os; os.rename('old', 'new')"
    subprocess.run([sys.executable, "-c", code], cwd=data_dir / "storage" / bucket.id, check=True)

    desk.until(lambda: favourites.misses(old))
    assert favourites.places == (old,)
    desk.until(lambda: desk.storage.exists("photos", "new/a.txt", desk.me))
    desk.go("photos", "new/")
    favourites.lead_here(old)
    assert favourites.places == (new,)


def test_nothing_is_followed_until_a_person_says_so(watched: Desk, data_dir: Path) -> None:
    desk, workspace = watched, workspace_of(watched)
    bucket = desk.bucket()
    desk.put("report.txt", b"short")
    assert workspace.watcher.ready.wait(10)
    (data_dir / "storage" / bucket.id / "report.txt").unlink()
    toast = desk.window.shell.toast
    desk.until(lambda: toast.text == "“report.txt” was deleted outside Holdall: reported, not deleted here")
    assert workspace.storage.info("photos", "report.txt", workspace.context).problem == "missing"


def test_the_choice_is_remembered(watched: Desk, open_window: Callable[[], Window], qtbot: QtBot) -> None:
    desk = watched
    menu_of(desk).action_of(OutsideChanges.OFF).trigger()
    desk.until(lambda: workspace_of(desk).watcher.way is OutsideChanges.OFF)
    close(desk.window)
    again = Desk(open_window(), qtbot)
    again.until(lambda: menu_of(again).action_of(OutsideChanges.OFF).isChecked())
