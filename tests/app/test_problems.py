"""Objects whose bytes are missing or damaged, as the window shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage

from app.actions import ActionId
from app.dialogs.trash_dialog import TrashDialog
from app.models.folder_model import ROW_ROLE
from engine.files.throttle import ProgressMeter
from engine.types import Retention
from tests.app.helpers import Desk

KEEPS = Retention(versions=5, trash_days=30)


def scrub(desk: Desk) -> None:
    workspace = desk.session._side._workspace
    workspace.housekeeping.scrub.run(desk.me, ProgressMeter(None, None))


def file_of(desk: Desk, name: str) -> Path:
    (path,) = desk.session._side._workspace.settings.storage_dir.glob(f"*/{name}")
    return path


def mark_of(desk: Desk, name: str) -> str | None:
    rows = (desk.model.index(i, 0).data(ROW_ROLE) for i in range(desk.model.rowCount()))
    return next(row.problem for row in rows if row is not None and row.name == name)


@pytest.fixture
def broken(desk: Desk) -> Desk:
    """Show a bucket with a sound object, one without its file, and one whose bytes are others."""
    desk.bucket("photos", retention=KEEPS)
    for name in ("damaged.txt", "missing.txt", "sound.txt"):
        desk.put(name, b"content")
    file_of(desk, "damaged.txt").write_bytes(b"tnetnoc")
    file_of(desk, "missing.txt").unlink()
    scrub(desk)
    desk.until(lambda: mark_of(desk, "missing.txt") == "missing")
    return desk


def drawn(desk: Desk, name: str) -> QImage:
    """Return a row as it is painted, without selection."""
    desk.table.clearSelection()
    index = desk.model.index(desk.model.find(name), 0)
    return desk.table.viewport().grab(desk.table.visualRect(index)).toImage()


def shows(image: QImage, wanted: QColor) -> bool:
    points = (QPoint(x, y) for x in range(image.width()) for y in range(image.height()))
    return any(image.pixelColor(point) == wanted for point in points)


def test_the_table_marks_them_in_colour_in_words_and_for_screen_readers(broken: Desk) -> None:
    danger = broken.window._theme.color("danger")
    assert shows(drawn(broken, "missing.txt"), danger)
    assert shows(drawn(broken, "damaged.txt"), danger)
    assert not shows(drawn(broken, "sound.txt"), danger)

    index = broken.model.index(broken.model.find("missing.txt"), 0)
    assert index.data() == "missing.txt"
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "missing.txt, Missing"
    assert "The file is missing" in index.data(Qt.ItemDataRole.ToolTipRole)
    sound = broken.model.index(broken.model.find("sound.txt"), 0)
    assert sound.data(Qt.ItemDataRole.AccessibleTextRole) == "sound.txt"
    assert sound.data(Qt.ItemDataRole.ToolTipRole) == "sound.txt"


def test_the_inspector_says_what_it_means_and_what_helps(broken: Desk) -> None:
    broken.session.actions[ActionId.INSPECTOR].trigger()
    note = broken.views.inspector.problem
    broken.select("missing.txt")
    broken.until(lambda: "The file is missing" in note.text)
    assert "backup" in note.text
    broken.select("damaged.txt")
    broken.until(lambda: "The content is damaged" in note.text)
    broken.select("sound.txt")
    broken.until(lambda: note.text == "")


def test_a_whole_older_version_is_offered_and_a_damaged_one_is_not(broken: Desk) -> None:
    broken.put("sound.txt", b"second")
    file_of(broken, "sound.txt").write_bytes(b"dnoces")
    scrub(broken)
    broken.session.actions[ActionId.INSPECTOR].trigger()
    note, listed = broken.views.inspector.problem, broken.views.inspector.versions
    broken.select("sound.txt")
    broken.until(lambda: "Restore an older version" in note.text)

    (archived,) = (broken.session._side._workspace.settings.storage_dir / ".versions").rglob("sound.txt*")
    archived.unlink()
    scrub(broken)
    broken.select("missing.txt")
    broken.until(lambda: "The file is missing" in note.text)
    broken.select("sound.txt")
    broken.until(lambda: "The content is damaged" in note.text and "backup" in note.text)
    broken.until(lambda: listed.list.count() == 1)
    assert "Missing" in listed.list.item(0).text()


def test_the_trash_says_it_too(broken: Desk) -> None:
    broken.storage.delete("photos", "damaged.txt", broken.me)
    broken.session.actions[ActionId.TRASH].trigger()
    dialog = broken.dialog(TrashDialog)
    broken.until(lambda: dialog.table.model().rowCount() == 1)
    assert dialog.table.model().index(0, 0).data() == "damaged.txt · Damaged"


def test_opening_one_says_what_helps(broken: Desk) -> None:
    broken.select("missing.txt")
    broken.session.actions[ActionId.OPEN].trigger()
    banners = broken.shell.banners
    broken.until(lambda: bool(banners.banners))
    assert "missing" in banners.banners[0].message
    assert "upload it again" in banners.banners[0].accessibleName()


def test_the_mark_goes_when_the_file_is_back(broken: Desk) -> None:
    (folder,) = {file_of(broken, "sound.txt").parent}
    (folder / "missing.txt").write_bytes(b"content")
    scrub(broken)
    broken.until(lambda: mark_of(broken, "missing.txt") is None)
    assert mark_of(broken, "damaged.txt") == "damaged"
