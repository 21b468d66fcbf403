"""Dialogs about buckets and folders in the real window: answers that come late, and those that are failures."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QDialog, QLabel

from app.actions import ActionId
from app.dialogs.bucket_dialog import BucketDialog
from app.dialogs.bug_dialog import BugDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.folder_dialog import FolderDialog
from app.location import Location
from engine.errors import DiskFull
from engine.types import Retention
from tests.app.helpers import Desk


def asked(desk: Desk, action: ActionId, kind: type[QDialog]) -> QDialog:
    desk.session._tracker.update()
    desk.session.actions[action].trigger()
    return desk.dialog(kind)


def test_a_bucket_is_made_and_shown_though_its_dialog_was_closed_meanwhile(desk: Desk) -> None:
    dialog = asked(desk, ActionId.NEW_BUCKET, BucketDialog)
    go = desk.hold_mutations()
    dialog.name.setText("late")
    dialog.save.click()
    dialog.reject()
    desk.qtbot.wait(100)
    go.set()
    desk.until(lambda: desk.toast.text == "Bucket “late” created")
    desk.until(lambda: desk.session.controllers.navigator.place == Location("late"))
    assert not desk.shell.findChildren(BugDialog)


def test_so_are_folders_and_settings(desk: Desk) -> None:
    desk.bucket("photos")
    go = desk.hold_mutations()
    folder = asked(desk, ActionId.NEW_FOLDER, FolderDialog)
    folder.edit.setText("late")
    folder.confirm.click()
    folder.reject()
    settings = asked(desk, ActionId.BUCKET_PROPERTIES, BucketDialog)
    settings.name.setText("pictures")
    settings.save.click()
    settings.reject()
    desk.qtbot.wait(100)
    go.set()
    desk.until(lambda: [bucket.name for bucket in desk.storage.list_buckets(desk.me)] == ["pictures"])
    desk.qtbot.wait(300)
    assert not desk.shell.findChildren(BugDialog)


def test_after_a_full_disk_it_can_be_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise DiskFull("The disk is full")

    monkeypatch.setattr(desk.storage, "create_bucket", full)
    dialog = asked(desk, ActionId.NEW_BUCKET, BucketDialog)
    dialog.name.setText("photos")
    dialog.save.click()
    desk.until(lambda: "disk is full" in dialog.name_field.problem)
    assert dialog.save.isEnabled()
    monkeypatch.undo()
    dialog.save.click()
    desk.until(lambda: not any(part.isVisible() for part in desk.shell.findChildren(BucketDialog)))
    assert [bucket.name for bucket in desk.storage.list_buckets(desk.me)] == ["photos"]


def test_turning_the_trash_off_asks_with_the_number_of_what_would_be_forgotten(desk: Desk) -> None:
    bucket = desk.bucket("photos", retention=Retention(trash_days=30))
    for path in ("a", "b"):
        desk.put(path, b"12345")
    desk.storage.trash.put("photos", ["a", "b"], desk.me)
    dialog = asked(desk, ActionId.BUCKET_PROPERTIES, BucketDialog)
    dialog.keeps.trash.setChecked(False)
    dialog.save.click()
    question = desk.dialog(DeleteDialog)
    assert question.summary == "2 objects, 10 bytes"
    assert question.cancel.isDefault()
    question.reject()
    assert desk.storage.get_bucket(bucket.id, desk.me).retention == Retention(trash_days=30)
    assert dialog.save.isEnabled()
    dialog.save.click()
    desk.dialog(DeleteDialog).confirm.click()
    desk.until(lambda: desk.storage.get_bucket(bucket.id, desk.me).retention == Retention())


def test_where_nothing_would_be_forgotten_it_asks_nothing(desk: Desk) -> None:
    bucket = desk.bucket("photos", retention=Retention(trash_days=30))
    dialog = asked(desk, ActionId.BUCKET_PROPERTIES, BucketDialog)
    dialog.keeps.trash.setChecked(False)
    dialog.save.click()
    desk.until(lambda: desk.storage.get_bucket(bucket.id, desk.me).retention == Retention())
    assert not desk.shell.findChildren(DeleteDialog)


@pytest.mark.parametrize(("action", "kind"), [(ActionId.NEW_BUCKET, BucketDialog), (ActionId.NEW_FOLDER, FolderDialog)])
def test_a_long_reason_is_read_whole(desk: Desk, action: ActionId, kind: type[QDialog]) -> None:
    desk.bucket("photos")
    dialog = asked(desk, action, kind)
    dialog.refuse("The disk is full. " * 12)
    [reason] = [part for part in dialog.findChildren(QLabel) if part.text().startswith("The disk is full.")]
    desk.until(lambda: reason.height() >= reason.heightForWidth(reason.width()))
