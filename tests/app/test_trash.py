"""Del and Shift+Del where a bucket has a trash: what goes there, what comes back, what is asked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton

from app.actions import ActionId
from app.dialogs.delete_dialog import DeleteDialog
from app.location import Location
from engine.types import Retention
from tests.app.helpers import Desk

TRASH = Retention(trash_days=30)


@pytest.fixture
def bin_desk(desk: Desk) -> Desk:
    """Return the window on a bucket with a trash and four objects."""
    desk.bucket("photos", retention=TRASH)
    for path in ("keep", "many/1", "many/2", "many/deep/3"):
        desk.put(path, b"12345")
    desk.until(lambda: desk.names == ["many", "keep"])
    return desk


def trigger(desk: Desk, action: ActionId) -> None:
    desk.session._tracker.update()
    assert desk.session.actions[action].isEnabled()
    desk.session.actions[action].trigger()


def undo(desk: Desk) -> None:
    button = next(part for part in desk.toast.findChildren(QPushButton) if part.text() == "Undo")
    assert button.isVisible()
    button.click()


def dialogs(desk: Desk) -> list[QDialog]:
    return [dialog for dialog in desk.shell.findChildren(QDialog) if dialog.isVisible()]


def test_del_moves_to_the_trash_without_a_question_and_undo_takes_back(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.select("many")
    trigger(desk, ActionId.DELETE)
    desk.until(lambda: desk.names == ["keep"])
    assert not dialogs(desk)
    desk.until(lambda: desk.toast.text == "3 objects moved to the trash")
    assert desk.storage.trash.size("photos", desk.me).objects == 3
    undo(desk)
    desk.until(lambda: desk.toast.text == "3 objects restored")
    desk.until(lambda: desk.names == ["many", "keep"])
    assert desk.read("many/deep/3") == b"12345"
    assert desk.storage.trash.size("photos", desk.me).objects == 0


def test_undo_takes_back_this_deletion_alone(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.storage.delete("photos", "many/1", desk.me)
    desk.select("many")
    trigger(desk, ActionId.DELETE)
    desk.until(lambda: desk.toast.text == "2 objects moved to the trash")
    desk.storage.delete("photos", "keep", desk.me)
    undo(desk)
    desk.until(lambda: desk.toast.text == "2 objects restored")
    assert [row.info.path for row in desk.storage.trash.list("photos", desk.me).items] == ["keep", "many/1"]


def test_undo_leaves_what_stands_there_meanwhile_alone_and_says_so(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.select("many")
    trigger(desk, ActionId.DELETE)
    desk.until(lambda: desk.toast.text == "3 objects moved to the trash")
    desk.put("many/2", b"another")
    undo(desk)
    desk.until(lambda: "many/2" in desk.toast.text)
    assert desk.toast.text.startswith("2 objects restored.")
    assert desk.read("many/2") == b"another"
    assert [row.info.path for row in desk.storage.trash.list("photos", desk.me).items] == ["many/2"]


def test_shift_del_asks_with_the_exact_number_and_deletes_for_good(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.select("many")
    trigger(desk, ActionId.DELETE_FOR_GOOD)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    assert dialog.summary == "3 objects, 15 bytes"
    assert "for good" in dialog.warning
    assert dialog.cancel.isDefault()
    dialog.confirm.click()
    desk.until(lambda: desk.toast.text == "3 objects deleted")
    assert desk.storage.trash.size("photos", desk.me).objects == 0


def test_enter_in_that_question_keeps_everything(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.select("keep")
    trigger(desk, ActionId.DELETE_FOR_GOOD)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert desk.storage.exists("photos", "keep", desk.me)


def test_the_menu_says_which_it_is(bin_desk: Desk) -> None:
    desk = bin_desk
    action = desk.session.actions[ActionId.DELETE]
    desk.select("keep")
    assert action.text() == "Mov&e to trash"
    assert "trash" in action.toolTip()
    assert action.toolTip().endswith("(Del)")
    desk.bucket("plain")
    desk.session._tracker.update()
    assert action.text() == "D&elete…"
    desk.go("photos")
    desk.tree.setCurrentIndex(desk.tree.model().index_of(Location("photos")))
    desk.tree.setFocus()
    desk.until(lambda: desk.tree.hasFocus())
    desk.session._tracker.update()
    assert action.text() == "D&elete…"


def test_a_bucket_without_trash_asks(desk: Desk) -> None:
    desk.bucket("plain")
    desk.put("a", bucket="plain")
    desk.select("a")
    trigger(desk, ActionId.DELETE)
    assert desk.dialog(DeleteDialog).windowTitle() == "Delete “a” for good?"


def test_emptying_a_bucket_with_a_trash_can_be_undone(bin_desk: Desk) -> None:
    desk = bin_desk
    trigger(desk, ActionId.EMPTY_BUCKET)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    assert "30 day" in dialog.warning
    dialog.confirm.click()
    desk.until(lambda: desk.toast.text == "4 objects moved to the trash")
    undo(desk)
    desk.until(lambda: desk.toast.text == "4 objects restored")


def test_a_bucket_is_deleted_with_its_trash(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.storage.delete("photos", "keep", desk.me)
    trigger(desk, ActionId.DELETE_BUCKET)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    dialog.confirm.click()
    desk.until(lambda: desk.storage.list_buckets(desk.me) == ())


def test_the_keyboard_deletes_one_after_another(desk: Desk) -> None:
    desk.bucket("photos", retention=Retention(trash_days=30))
    for name in ("a", "b", "c"):
        desk.put(name)
    desk.select("a")
    for left in (["b", "c"], ["c"]):
        trigger(desk, ActionId.DELETE)
        desk.until(lambda left=left: desk.names == left)
        desk.until(lambda: desk.table.selected_count == 1)
        desk.session._tracker.update()
    assert desk.table.current_row().name == "c"


def test_what_somebody_else_deletes_selects_nothing(desk: Desk) -> None:
    desk.bucket("photos", retention=Retention(trash_days=30))
    for name in ("a", "b"):
        desk.put(name)
    desk.select("a")
    desk.storage.delete("photos", "a", desk.me)
    desk.until(lambda: desk.names == ["b"])
    desk.qtbot.wait(50)
    assert desk.table.selected_count == 0
