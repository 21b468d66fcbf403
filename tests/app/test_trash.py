"""Del and Shift+Del where a bucket has a trash: what goes there, what comes back, what is asked."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton

from app.actions import ActionId
from app.bridge.trash import Trashed
from app.dialogs.delete_dialog import DeleteDialog
from app.location import Location
from engine.files import deletes
from engine.types import Bucket, BucketChanges, Progress, Retention
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


def test_deleting_an_empty_bucket_tells_of_what_its_trash_and_its_past_hold(desk: Desk) -> None:
    desk.bucket("photos", retention=Retention(versions=5, trash_days=30))
    for content in (b"one", b"second"):
        desk.put("a", content)
    desk.storage.delete("photos", "a", desk.me)
    trigger(desk, ActionId.DELETE_BUCKET)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    assert dialog.summary.splitlines() == [
        "Nothing is stored in it.",
        "In the trash, and gone with it: 1 object, 6 bytes",
        "Old versions, and gone with it: 1, 3 bytes",
    ]
    assert "gone for good" in dialog.warning
    assert dialog._warning.isVisible()
    count = dialog._count  # three lines where one was
    desk.until(lambda: count.height() >= count.heightForWidth(count.width()))
    assert dialog.height() >= dialog.layout().totalHeightForWidth(dialog.width())


def turn_trash_off(desk: Desk, bucket: Bucket) -> None:
    """Do it as another program does: the window has not heard of it yet."""
    desk.storage.update_bucket(bucket.id, desk.me, BucketChanges(retention=Retention()))


def test_del_deletes_nothing_for_good_where_the_trash_was_turned_off_just_now(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.select("keep")
    turn_trash_off(desk, desk.storage.get_bucket("photos", desk.me))
    desk.session.actions[ActionId.DELETE].trigger()
    dialog = desk.dialog(DeleteDialog)
    assert desk.read("keep") == b"12345"
    assert "gone for good" in dialog.warning
    desk.until(lambda: dialog.confirm.isEnabled())
    dialog.confirm.click()
    desk.until(lambda: desk.toast.text == "1 object deleted")


def test_nor_does_emptying_a_bucket(bin_desk: Desk) -> None:
    desk = bin_desk
    trigger(desk, ActionId.EMPTY_BUCKET)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    turn_trash_off(desk, desk.storage.get_bucket("photos", desk.me))
    dialog.confirm.click()
    desk.until(lambda: any(asked is not dialog for asked in dialogs(desk)))
    assert "gone for good" in desk.dialog(DeleteDialog).warning
    assert desk.storage.tree_size("photos", "", desk.me).objects == 4


def test_what_a_stopped_del_moved_is_told_of_and_can_be_taken_back(
    bin_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = bin_desk
    monkeypatch.setattr(deletes, "_ROWS_A_COMMIT", 2)
    put = desk.storage.trash.put

    def stopped(bucket, paths, context, progress, cancel, as_of) -> int:
        def stop(news: Progress) -> None:
            progress(news)
            cancel.cancel()

        return put(bucket, paths, context, stop, cancel, as_of)

    monkeypatch.setattr(desk.storage.trash, "put", stopped)
    desk.select("many")
    trigger(desk, ActionId.DELETE)
    desk.until(lambda: desk.toast.text == "Stopped: 2 objects moved to the trash")
    undo(desk)
    desk.until(lambda: desk.toast.text == "2 objects restored")
    assert desk.storage.tree_size("photos", "", desk.me).objects == 4


@pytest.mark.parametrize(
    ("call", "action", "said"),
    [
        ("delete_trees", ActionId.DELETE_FOR_GOOD, "Stopped: 2 objects deleted for good"),
        (
            "empty_bucket", ActionId.DELETE_BUCKET,
            "Stopped: 2 objects deleted for good. Bucket “photos” is still there",
        ),
    ],
)  # fmt: skip
def test_of_what_was_stopped_while_it_was_deleted_for_good_it_is_told_how_much_is_gone(
    bin_desk: Desk, monkeypatch: pytest.MonkeyPatch, call: str, action: ActionId, said: str
) -> None:
    desk = bin_desk
    monkeypatch.setattr(deletes, "_ROWS_A_COMMIT", 2)
    delete = getattr(desk.storage, call)

    def stopped(*arguments: object, for_good: bool) -> int:
        *most, progress, cancel, as_of = arguments

        def stop(news: Progress) -> None:
            progress(news)
            cancel.cancel()

        return delete(*most, stop, cancel, as_of, for_good=for_good)

    monkeypatch.setattr(desk.storage, call, stopped)
    desk.select("many")
    trigger(desk, action)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    dialog.confirm.click()
    desk.until(lambda: desk.toast.text == said)
    assert desk.storage.tree_size("photos", "", desk.me).objects == 2


def test_emptying_a_bucket_counts_no_folder_markers(desk: Desk) -> None:
    desk.bucket()
    desk.put("a")
    desk.storage.create_folder("photos", "empty/", desk.me)
    trigger(desk, ActionId.EMPTY_BUCKET)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.summary.startswith("1 object,"))
    dialog.confirm.click()
    desk.until(lambda: desk.toast.text == "1 object deleted")


def test_what_one_del_moved_is_known_by_objects_and_by_folders(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.storage.trash.put("photos", ["keep", "many/"], desk.me)
    rows = desk.storage.trash.list("photos", desk.me).items
    for paths, held in (
        ({"keep"}, {"keep"}),
        ({"many/deep/", "many/1"}, {"many/deep/3", "many/1"}),
        ({"man", "many"}, set()),
        ({""}, {"keep", "many/1", "many/2", "many/deep/3"}),
    ):
        trashed = Trashed("photos", frozenset(paths), 0, 100)
        assert {row.info.path for row in rows if trashed.holds(row)} == held


def test_undo_of_a_large_del_does_not_look_through_all_it_moved_for_each(bin_desk: Desk) -> None:
    row = bin_desk.storage.versions.list("photos", "keep", bin_desk.me)[0]
    trashed = Trashed("photos", frozenset(f"folder/{number}" for number in range(100_000)), 0, 1)
    began = time.process_time()
    assert not any(trashed.holds(row) for _ in range(10_000))
    assert time.process_time() - began < 2


def test_shift_del_deletes_no_content_that_nobody_was_asked_about(bin_desk: Desk) -> None:
    desk = bin_desk
    desk.select("keep")
    trigger(desk, ActionId.DELETE_FOR_GOOD)
    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.confirm.isEnabled())
    desk.put("keep", b"not seen yet")
    dialog.confirm.click()
    desk.until(lambda: desk.toast.text == "0 objects deleted; kept what arrived since: 1 object")
    assert desk.read("keep") == b"not seen yet"


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
