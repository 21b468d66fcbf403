"""Old versions in the inspector, on the real engine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QPushButton, QToolButton

from app.actions import ActionId
from app.dialogs.delete_dialog import DeleteDialog
from app.views.version_list import VersionList
from engine.types import BucketChanges, Retention, UploadOptions
from tests.app.helpers import Desk


@pytest.fixture
def versions(desk: Desk) -> VersionList:
    """Return the list of versions of an object that had three contents."""
    desk.bucket("photos", retention=Retention(versions=10))
    for content in (b"one", b"two!", b"three"):
        desk.put("a.txt", content)
    return shown(desk, "a.txt", 2)


def shown(desk: Desk, name: str, count: int) -> VersionList:
    if not desk.views.inspector.isVisible():
        desk.session.actions[ActionId.INSPECTOR].trigger()
    desk.select(name)
    listed = desk.views.inspector.versions
    desk.until(lambda: listed.isVisible() and listed.list.count() == count)
    return listed


def test_each_says_when_it_stood_there_how_large_it_was_and_what_ended_it(versions: VersionList) -> None:
    text = versions.list.item(0).text()
    assert "4 bytes" in text
    assert "Replaced" in text
    assert not versions.restore.isEnabled()
    versions.list.setCurrentRow(0)
    assert versions.restore.isEnabled()


def test_a_restore_is_a_new_version(desk: Desk, versions: VersionList) -> None:
    versions.list.setCurrentRow(1)
    desk.until(versions.restore.isEnabled)
    versions.restore.click()
    desk.until(lambda: desk.read("a.txt") == b"one")
    desk.until(lambda: versions.list.count() == 3)
    assert desk.toast.text.startswith("a.txt is as it was on")


def test_deleting_one_asks_first(desk: Desk, versions: VersionList) -> None:
    versions.list.setCurrentRow(0)
    desk.until(versions.delete.isEnabled)
    versions.delete.click()
    dialog = desk.dialog(DeleteDialog)
    assert dialog.cancel.isDefault()
    dialog.confirm.click()
    desk.until(lambda: versions.list.count() == 1)
    assert [row.info.size_bytes for row in desk.storage.versions.list("photos", "a.txt", desk.me)] == [5, 3]


def test_one_is_opened_as_a_copy(desk: Desk, versions: VersionList, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())) or True)
    versions.list.setCurrentRow(1)
    desk.until(versions.open.isEnabled)
    versions.open.click()
    desk.until(lambda: opened != [])
    assert (opened[0].name, opened[0].read_bytes()) == ("a.txt", b"one")


def test_one_is_downloaded_and_nothing_is_overwritten(desk: Desk, versions: VersionList, tmp_path: Path) -> None:
    versions.list.setCurrentRow(1)
    for count in (1, 2):
        desk.until(versions.download.isEnabled)
        versions.download.click()
        chooser = desk.dialog(QFileDialog)
        (tmp_path / "down").mkdir(exist_ok=True)
        chooser.filesSelected.emit([str(tmp_path / "down")])
        chooser.close()
        desk.until(lambda count=count: len(list((tmp_path / "down").glob("a (*.txt"))) == count)
    assert {path.read_bytes() for path in (tmp_path / "down").iterdir()} == {b"one"}


def test_where_none_are_kept_it_says_so(desk: Desk) -> None:
    desk.bucket("plain")
    desk.put("a", bucket="plain")
    assert "keeps none" in shown(desk, "a", 0).note.text()


def test_a_long_line_in_the_preview_leaves_the_buttons_within_reach(desk: Desk, versions: VersionList) -> None:
    desk.put("a.txt", b"x" * 3000)
    desk.until(lambda: versions.list.count() == 3)
    desk.until(desk.views.inspector.preview.text.isVisible)
    desk.until(lambda: versions.list.width() <= desk.views.inspector.area.viewport().width())


def press_restore(desk: Desk, listed: VersionList) -> None:
    listed.list.setCurrentRow(0)
    desk.until(listed.restore.isEnabled)
    listed.restore.click()


def with_deleted_content(desk: Desk) -> VersionList:
    """Return the list of versions of an object that was deleted once and has a new content."""
    desk.bucket("photos", retention=Retention(trash_days=30))
    desk.put("a.txt", b"old")
    desk.storage.delete("photos", "a.txt", desk.me)
    desk.until(lambda: desk.names == [])
    desk.put("a.txt", b"precious")
    return shown(desk, "a.txt", 1)


def test_what_a_restore_replaces_goes_to_the_trash_and_undo_brings_it_back(desk: Desk) -> None:
    press_restore(desk, with_deleted_content(desk))
    desk.until(lambda: desk.toast.text.startswith("a.txt is as it was on"))
    assert desk.read("a.txt") == b"old"
    assert [row.info.size_bytes for row in desk.storage.trash.list("photos", desk.me).items] == [8, 3]
    next(part for part in desk.toast.findChildren(QPushButton) if part.text() == "Undo").click()
    desk.until(lambda: desk.read("a.txt") == b"precious")


def test_where_nothing_would_be_kept_of_it_a_restore_asks_first(desk: Desk) -> None:
    listed = with_deleted_content(desk)
    desk.storage.update_bucket("photos", desk.me, BucketChanges(retention=Retention()))
    press_restore(desk, listed)
    dialog = desk.dialog(DeleteDialog)
    assert dialog.cancel.isDefault()
    assert "gone for good" in dialog.warning
    assert desk.read("a.txt") == b"precious"
    dialog.confirm.click()
    desk.until(lambda: desk.read("a.txt") == b"old")


def test_what_is_said_follows_the_settings_of_the_bucket(desk: Desk) -> None:
    desk.bucket("photos")
    desk.put("a.txt")
    listed = shown(desk, "a.txt", 0)
    assert listed.note.text().startswith("This bucket keeps none")
    desk.storage.update_bucket("photos", desk.me, BucketChanges(retention=Retention(versions=3)))
    desk.until(lambda: listed.note.text().startswith("None yet"))


def test_a_refresh_reads_the_versions_again(desk: Desk, versions: VersionList) -> None:
    feed, stored = desk.session._feed, desk.storage.info("photos", "a.txt", desk.me)
    # until the news of the uploads have been heard and read
    desk.until(lambda: feed._shown is not None and feed._shown.row.object == stored and versions.list.count() == 2)
    oldest = versions.list.item(1).data(Qt.ItemDataRole.UserRole)
    desk.storage.versions.delete("photos", [oldest.id], desk.me)
    desk.session.actions[ActionId.REFRESH].trigger()
    desk.until(lambda: versions.list.count() == 1)


def test_old_versions_and_the_way_to_close_are_seen_without_scrolling(desk: Desk) -> None:
    inspector = desk.views.inspector
    desk.bucket("photos", retention=Retention(versions=10))
    for content in (b"one", b"two!"):
        desk.put("a.txt", content)
    dated = UploadOptions(replace=True, modified_at=datetime(2026, 9, 23, 12, 0, 59, tzinfo=UTC))
    desk.storage.upload("photos", "a.txt", b"three", desk.me, dated)
    shown(desk, "a.txt", 2)
    # all that there may be of a text
    desk.until(lambda: inspector.facts().keys() >= {"Modified", "Stored", "Created", "Encoding", "Lines"})
    desk.until(lambda: bool(inspector.access.told))
    desk.shell.resize(1280, 800)
    desk.until(lambda: not inspector.area.verticalScrollBar().isVisible())
    desk.shell.resize(1280, 420)
    bar = inspector.area.verticalScrollBar()
    desk.until(bar.isVisible)
    bar.setValue(bar.maximum())
    [close] = [one for one in inspector.findChildren(QToolButton) if one.accessibleName() == "Hide inspector"]
    assert inspector.rect().contains(close.geometry())
    assert not inspector.area.isAncestorOf(close)
