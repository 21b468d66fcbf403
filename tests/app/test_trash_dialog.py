"""The view of a bucket's trash, on the real engine."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QPushButton

from app.actions import ActionId
from app.bridge import trash as trash_bridge
from app.dialogs.bug_dialog import BugDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.path_dialog import PathDialog
from app.dialogs.trash_dialog import TrashDialog
from app.models.trash import TrashColumn, TrashModel
from engine.errors import DiskFull
from engine.types import Retention
from tests.app.helpers import Desk


@pytest.fixture
def bin_desk(desk: Desk) -> Desk:
    """Return the window on a bucket with three things in its trash."""
    desk.bucket("photos", retention=Retention(trash_days=30))
    for path in ("a.txt", "sub/b.txt", "sub/deep/c.txt"):
        desk.storage.upload("photos", path, b"12345", desk.me)
        desk.storage.delete("photos", path, desk.me)
    return desk


def opened(desk: Desk, rows: int = 3) -> TrashDialog:
    desk.session._tracker.update()
    assert desk.session.actions[ActionId.TRASH].isEnabled()
    desk.session.actions[ActionId.TRASH].trigger()
    dialog = desk.dialog(TrashDialog)
    desk.until(lambda: shown(dialog) == rows)
    return dialog


def shown(dialog: TrashDialog) -> int:
    return dialog.table.model().rowCount()


def choose(dialog: TrashDialog, row: int) -> None:
    """Select one row and no other, whatever keys an earlier test left pressed."""
    table = dialog.table
    flags = QItemSelectionModel.SelectionFlag
    table.selectionModel().select(table.model().index(row, 0), flags.ClearAndSelect | flags.Rows)


def texts(dialog: TrashDialog, row: int) -> list[str]:
    return [str(dialog.table.model().index(row, column).data()) for column in TrashColumn]


def press(desk: Desk, kind: type, verb: str) -> None:
    asked = desk.dialog(kind)
    next(part for part in asked.findChildren(QPushButton) if part.text() == verb).click()


def left(desk: Desk) -> list[str]:
    return [row.info.path for row in desk.storage.trash.list("photos", desk.me).items]


def test_says_what_was_deleted_newest_first(bin_desk: Desk) -> None:
    dialog = opened(bin_desk)
    assert texts(dialog, 0) == ["c.txt", "sub/deep/", "5 bytes", "Just now", "30 days"]
    assert texts(dialog, 2)[:2] == ["a.txt", "/"]
    assert dialog.summary.text() == "3 objects, 15 bytes"


def test_return_restores_what_is_chosen(bin_desk: Desk) -> None:
    dialog = opened(bin_desk)
    choose(dialog, 2)
    dialog.activateWindow()
    dialog.table.setFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    bin_desk.until(lambda: shown(dialog) == 2)
    assert left(bin_desk) == ["sub/deep/c.txt", "sub/b.txt"]


def test_restores_what_is_chosen(bin_desk: Desk) -> None:
    desk = bin_desk
    dialog = opened(desk)
    dialog.table.selectAll()
    dialog.restore.click()
    desk.until(lambda: shown(dialog) == 0)
    assert desk.read("sub/deep/c.txt") == b"12345"
    assert dialog._pages.currentWidget() is dialog.nothing
    assert not dialog.empty.isEnabled()


def test_a_path_that_is_taken_is_told_of_and_another_can_be_chosen(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.put("a.txt", b"new")
    dialog = opened(desk)
    choose(dialog, 2)
    dialog.restore.click()
    desk.until(lambda: "“a.txt”" in dialog.notice.text)
    assert dialog.restore.isEnabled()
    dialog.notice.accepted.emit()
    asked = desk.dialog(PathDialog)
    assert asked.edit.text() == "a.txt"
    asked.confirm.click()
    desk.until(lambda: asked.field.problem != "")
    asked.edit.setText("old/a.txt")
    asked.confirm.click()
    desk.until(lambda: shown(dialog) == 2)
    assert (desk.read("a.txt"), desk.read("old/a.txt")) == (b"new", b"12345")


def test_of_several_those_come_back_that_can(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.put("a.txt", b"new")
    dialog = opened(desk)
    dialog.table.selectAll()
    dialog.restore.click()
    desk.until(lambda: shown(dialog) == 1)
    assert left(desk) == ["a.txt"]
    desk.until(lambda: "a.txt" in desk.toast.text)
    assert "“a.txt”" in dialog.notice.text  # the toast is behind the dialog


def test_deleting_for_good_asks_and_cancel_is_the_default(bin_desk: Desk) -> None:
    desk = bin_desk
    dialog = opened(desk)
    choose(dialog, 0)
    dialog.delete.click()
    asked = desk.dialog(DeleteDialog)
    assert asked.cancel.isDefault()
    assert asked.summary == "1 object, 5 bytes"
    press(desk, DeleteDialog, "Delete for good")
    desk.until(lambda: shown(dialog) == 2)
    assert left(desk) == ["sub/b.txt", "a.txt"]


def test_emptying_asks_with_the_exact_number(bin_desk: Desk) -> None:
    desk = bin_desk
    dialog = opened(desk)
    dialog.empty.click()
    assert desk.dialog(DeleteDialog).summary == "3 objects, 15 bytes"
    press(desk, DeleteDialog, "Delete for good")
    desk.until(lambda: shown(dialog) == 0)
    assert left(desk) == []


def test_emptying_takes_no_more_than_was_asked_about(bin_desk: Desk) -> None:
    desk = bin_desk
    dialog = opened(desk)
    dialog.empty.click()
    desk.dialog(DeleteDialog)
    desk.storage.upload("photos", "later", b"1", desk.me)
    desk.storage.delete("photos", "later", desk.me)
    press(desk, DeleteDialog, "Delete for good")
    desk.until(lambda: desk.toast.text == "3 objects deleted for good")
    assert left(desk) == ["later"]


def test_a_second_click_asks_no_second_time(bin_desk: Desk) -> None:
    desk = bin_desk
    dialog = opened(desk)
    dialog.empty.click()
    dialog.empty.click()
    asked = desk.dialog(DeleteDialog)
    desk.qtbot.wait(200)
    assert desk.shell.findChildren(DeleteDialog) == [asked]
    assert dialog.empty.isEnabled()


def test_a_dialog_that_is_closed_before_its_answer_comes_is_left_alone(bin_desk: Desk) -> None:
    desk = bin_desk
    for leave in (TrashDialog.reject, lambda dialog: dialog.empty.click() or dialog.reject()):
        dialog = opened(desk)
        go = desk.hold_mutations()
        choose(dialog, 0)
        dialog.restore.click()
        leave(dialog)
        desk.qtbot.wait(100)
        go.set()
        desk.until(lambda: len(left(desk)) == 2)
        desk.until(lambda: desk.toast.text == "1 object restored")
        desk.storage.delete("photos", "sub/deep/c.txt", desk.me)
        desk.qtbot.wait(300)
        assert not desk.shell.findChildren(DeleteDialog)
        assert not desk.shell.findChildren(BugDialog)


def test_another_path_is_restored_to_though_the_question_is_closed(bin_desk: Desk) -> None:
    desk = bin_desk
    dialog = opened(desk)
    choose(dialog, 2)
    go = desk.hold_mutations()
    dialog.restore_to.click()
    asked = desk.dialog(PathDialog)
    asked.edit.setText("b.txt")
    asked.confirm.click()
    asked.reject()
    desk.qtbot.wait(100)
    go.set()
    desk.until(lambda: desk.toast.text == "Restored to b.txt")
    desk.until(lambda: shown(dialog) == 2)


def test_a_full_disk_is_told_of_in_the_dialog_which_goes_on(bin_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = bin_desk
    dialog = opened(desk)

    def full(*_: object, **__: object) -> None:
        raise DiskFull("The disk is full")

    monkeypatch.setattr(desk.storage.trash, "restore", full)
    choose(dialog, 0)
    dialog.restore.click()
    desk.until(lambda: "disk is full" in dialog.notice.text)
    assert dialog.restore.isEnabled()
    monkeypatch.undo()
    dialog.restore.click()
    desk.until(lambda: shown(dialog) == 2)


def test_large_trashes_are_turned_over_page_by_page(bin_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = bin_desk
    monkeypatch.setattr(trash_bridge, "TRASH_PAGE_ROWS", 2)
    dialog = opened(desk, rows=2)
    assert dialog.summary.text() == "3 objects, 15 bytes"
    dialog.older.click()
    desk.until(lambda: shown(dialog) == 1)
    assert not dialog.older.isEnabled()
    dialog.restore.click()
    desk.until(lambda: shown(dialog) == 2)
    assert dialog.page_cursor is None
    assert not dialog.older.isVisible()


def test_says_so_where_there_is_no_trash(desk: Desk) -> None:
    desk.bucket("plain")
    dialog = opened(desk, rows=0)
    desk.until(lambda: dialog._pages.currentWidget() is dialog.nothing)
    assert "no trash" in dialog.nothing.text.text()


def test_the_model_keeps_its_promises(bin_desk: Desk) -> None:
    model = TrashModel(30)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    items = bin_desk.storage.trash.list("photos", bin_desk.me).items
    model.show(items)
    kept = QPersistentModelIndex(model.index(0, 0))
    model.show([items[0]._replace(until_us=0)])
    assert not kept.isValid()
    assert model.index(0, TrashColumn.LEFT).data() == "Less than a day"


def test_what_takes_the_place_of_what_was_chosen_is_chosen_next(bin_desk: Desk) -> None:
    dialog = opened(bin_desk)
    flags = QItemSelectionModel.SelectionFlag
    selection = dialog.table.selectionModel()
    selection.setCurrentIndex(dialog.table.model().index(1, 0), flags.ClearAndSelect | flags.Rows)
    dialog.restore.click()
    bin_desk.until(lambda: shown(dialog) == 2)
    bin_desk.until(lambda: [row.info.path for row in dialog.chosen] == ["a.txt"])
    dialog.page_wanted.emit(None)
    bin_desk.qtbot.wait(50)
    assert [row.info.path for row in dialog.chosen] == ["a.txt"]


def test_follows_what_others_delete_and_keeps_what_is_chosen(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.put("later.txt")
    dialog = opened(desk)
    choose(dialog, 2)
    desk.storage.delete("photos", "later.txt", desk.me)
    desk.until(lambda: shown(dialog) == 4)
    assert [row.info.path for row in dialog.chosen] == ["a.txt"]
    dialog.close()
    desk.storage.trash.empty("photos", desk.me)
    desk.qtbot.wait(50)


def test_the_reason_why_something_stayed_outlives_the_reading_that_follows(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.put("a.txt", b"new")
    dialog = opened(desk)
    dialog.table.selectAll()
    dialog.restore.click()
    desk.until(lambda: shown(dialog) == 1)
    desk.qtbot.wait(50)
    assert "“a.txt”" in dialog.notice.text
