"""Cut, copy, paste, duplicate, drop and undo in the real window on the real engine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.actions import ActionId
from app.bridge.acting import Identity
from app.bridge.twins import copy_name
from app.cargo import Cargo, Load
from app.controllers.outgoing import DragData, Outgoing, clip_data
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.folder_dialog import FolderDialog
from app.location import Location
from app.views.conflict_dialog import ConflictDialog
from app.views.drops import carries_files
from app.views.status_bar import ActivityIndicator
from engine.errors import Cancelled, DatabaseLocked, ObjectNotFound
from engine.storage import FileStorage
from engine.transfers.values import ConflictAction
from engine.types import Retention, RlsContext, UploadOptions
from tests.app.helpers import Desk
from tests.app.test_search_everywhere import search, select_all
from tests.app.test_window import trigger

NO_KEYS = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    QGuiApplication.clipboard().clear()
    yield
    QGuiApplication.clipboard().clear()


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Return the window on `photos`, which keeps a trash, with `other` beside it."""
    desk.bucket("other", retention=Retention(trash_days=30))
    desk.bucket("photos", retention=Retention(trash_days=30))
    return desk


def held(desk: Desk, bucket: str = "photos") -> dict[str, bytes]:
    """Return what a bucket holds; what goes away in this very moment is left out."""
    found = {}
    for stored in desk.storage.walk(bucket, "", desk.me):
        with contextlib.suppress(ObjectNotFound):
            found[stored.path] = desk.read(stored.path, bucket)
    return found


def hold(desk: Desk, action: ActionId, *names: str) -> None:
    desk.select(*names)
    trigger(desk, action)
    desk.until(lambda: desk.session._tracker.situation().can_paste)


def undo(desk: Desk, action: ActionId = ActionId.UNDO) -> None:
    desk.until(lambda: desk.session.actions[action].isEnabled())
    desk.session.actions[action].trigger()


def chosen(desk: Desk) -> list[str]:
    return [desk.model.row(number).name for span in desk.table.ranges for number in span]


class TestPaste:
    def test_what_was_cut_moves_and_is_paler_until_then(self, two: Desk) -> None:
        two.put("a.txt", b"alpha")
        two.put("d/x")
        hold(two, ActionId.CUT, "a.txt")
        assert two.views.hold.is_cut("photos", "a.txt")
        assert not two.views.hold.is_cut("other", "a.txt")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: held(two) == {"d/a.txt": b"alpha", "d/x": b"x"})
        two.until(lambda: two.toast.text == "Moved 1 object to photos/d")
        assert two.views.hold.kept is None

    def test_folders_go_to_another_bucket_with_what_is_known_of_them(self, two: Desk) -> None:
        options = UploadOptions(user_metadata={"k": "v"}, cache_control="max-age=60")
        two.storage.upload("photos", "d/e/x", b"x", two.me, options)
        two.put("d/y")
        hold(two, ActionId.COPY, "d")
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.until(lambda: two.names == ["d"])
        two.until(lambda: two.toast.text == "Copied 2 objects to other")
        copied = two.storage.info("other", "d/e/x", two.me)
        assert (dict(copied.user_metadata), copied.cache_control) == ({"k": "v"}, "max-age=60")
        assert sorted(held(two)) == ["d/e/x", "d/y"]

    def test_in_the_same_folder_a_copy_gets_a_name_of_its_own(self, two: Desk) -> None:
        two.put("a.txt", b"alpha")
        two.put("d/x")
        hold(two, ActionId.COPY, "a.txt", "d")
        trigger(two, ActionId.PASTE)
        two.until(lambda: two.names == ["d (copy)", "d", "a (copy).txt", "a.txt"])
        trigger(two, ActionId.PASTE)
        two.until(lambda: "a (copy 2).txt" in two.names and "d (copy 2)" in two.names)

    def test_all_that_was_pasted_is_selected_and_all_that_is_brought_back(self, two: Desk) -> None:
        two.put("a.txt")
        two.put("b.txt")
        two.put("d/x")
        two.put("d/z")
        hold(two, ActionId.CUT, "a.txt", "b.txt")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: chosen(two) == ["a.txt", "b.txt"])
        trigger(two, ActionId.DELETE)
        two.until(lambda: two.names == ["x", "z"])
        undo(two)
        two.until(lambda: chosen(two) == ["a.txt", "b.txt"])

    def test_a_folder_into_itself_is_refused_in_words(self, two: Desk) -> None:
        two.put("d/e/x")
        hold(two, ActionId.CUT, "d")
        two.go("photos", "d/e/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: "cannot be put into itself" in two.toast.text)
        assert list(held(two)) == ["d/e/x"]

    def test_what_another_program_copies_ends_the_cut(self, two: Desk) -> None:
        two.put("a.txt")
        hold(two, ActionId.CUT, "a.txt")
        QGuiApplication.clipboard().setText("something else")
        two.until(lambda: two.views.hold.kept is None)
        assert not two.views.hold.is_cut("photos", "a.txt")

    @pytest.mark.parametrize("action", [ActionId.CUT, ActionId.COPY])
    def test_what_was_cut_or_copied_is_not_for_whoever_is_acted_as_next(self, two: Desk, action: ActionId) -> None:
        two.put("a.txt")
        hold(two, action, "a.txt")
        if action is ActionId.COPY:
            two.until(lambda: carries_files(QGuiApplication.clipboard().mimeData()))
        two.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
        assert two.views.hold.kept is None
        assert not two.session._tracker.situation().can_paste

    def test_files_that_were_dragged_and_came_late_are_for_nobody_else(self, two: Desk, tmp_path: Path) -> None:
        carrying, acting = two.session.controllers.carrying, two.session._side.acting
        carrying._offer_late(acting.identity, [tmp_path])
        assert carries_files(QGuiApplication.clipboard().mimeData())
        assert two.session._tracker.situation().can_paste
        acting.begin(Identity("a visitor", RlsContext.anonymous()))
        assert not two.session._tracker.situation().can_paste

        carrying._offer_late(None, [tmp_path])
        assert not carries_files(QGuiApplication.clipboard().mimeData())
        assert not two.session._tracker.situation().can_paste

    def test_what_another_program_has_put_into_the_clipboard_stays_there(self, two: Desk) -> None:
        QGuiApplication.clipboard().setText("something else")
        two.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
        assert QGuiApplication.clipboard().text() == "something else"

    def test_what_is_cut_while_a_move_is_under_way_stays_cut(self, two: Desk) -> None:
        two.put("a.txt")
        two.put("b.txt")
        two.put("d/x")
        hold(two, ActionId.CUT, "a.txt")
        two.go("photos", "d/")
        go = two.hold_mutations()
        trigger(two, ActionId.PASTE)
        two.until(lambda: len(two.session._tasks.under_way) == 1)
        two.go("photos")
        hold(two, ActionId.CUT, "b.txt")
        go.set()
        two.until(lambda: "d/a.txt" in held(two) and two.toast.text.startswith("Moved"))
        assert two.views.hold.is_cut("photos", "b.txt")

    def test_duplicating_needs_no_clipboard(self, two: Desk) -> None:
        two.put("a.tar.gz")
        two.select("a.tar.gz")
        trigger(two, ActionId.DUPLICATE)
        two.until(lambda: two.names == ["a (copy).tar.gz", "a.tar.gz"])

    def test_large_things_make_no_files_for_the_clipboard(self, two: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.controllers.carrying._CHEAP_BYTES", 3)
        two.put("large", b"12345")
        two.put("small", b"1")
        hold(two, ActionId.COPY, "large")
        hold(two, ActionId.COPY, "small")
        two.until(lambda: carries_files(QGuiApplication.clipboard().mimeData()))
        assert [url.fileName() for url in QGuiApplication.clipboard().mimeData().urls()] == ["small"]


def test_what_is_cut_is_paler_among_icons_too(two: Desk) -> None:
    two.put("a.txt")
    two.put("b.txt")
    trigger(two, ActionId.ICONS)
    two.views.pane.icons.grab()
    two.table.clearSelection()
    two.until(lambda: not two.table.ranges)

    def looks(name: str) -> bytes:
        icons = two.views.pane.icons
        rect = icons.visualRect(two.model.index(two.names.index(name), 0))
        return bytes(icons.viewport().grab(rect).toImage().constBits())

    before = looks("b.txt")
    hold(two, ActionId.CUT, "b.txt")
    two.select("a.txt")
    two.until(lambda: looks("b.txt") != before)
    two.views.hold.let_go()
    two.until(lambda: looks("b.txt") == before)


def test_a_copy_is_stopped_at_the_bottom_of_the_window_and_what_was_copied_can_be_undone(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        two.put(name)
    storage, began, go = two.storage, threading.Event(), threading.Event()
    copy = storage.copy

    def slow(*args: object, **options: object) -> object:
        made = copy(*args, **options)
        began.set()
        go.wait(30)
        return made

    monkeypatch.setattr(two.session._side.carrier, "_storage", _With(storage, copy=slow))
    hold(two, ActionId.COPY, "a", "b", "c")
    two.go("other")
    trigger(two, ActionId.PASTE)
    activity = two.views.status.findChild(ActivityIndicator)
    two.until(lambda: began.is_set() and activity.isVisible())
    assert activity._cancel.accessibleName() == "Cancel"

    activity._cancel.click()
    go.set()

    two.until(lambda: two.toast.text.startswith("Stopped: Copied 1 object"))
    assert list(held(two, "other")) == ["a"]
    undo(two)
    two.until(lambda: held(two, "other") == {})


def test_what_changes_while_a_copy_is_under_way_is_not_replaced_and_that_is_said(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        two.put(name, b"new")
        two.storage.upload("other", name, b"old", two.me)
    storage, copy = two.storage, two.storage.copy

    def late(bucket: str, source: str, *rest: object, **options: object) -> object:
        if source == "b":
            storage.upload("other", "b", b"newer", two.me, UploadOptions(replace=True))
        return copy(bucket, source, *rest, **options)

    monkeypatch.setattr(two.session._side.carrier, "_storage", _With(storage, copy=late))
    hold(two, ActionId.COPY, "a", "b")
    two.go("other")
    trigger(two, ActionId.PASTE)
    dialog = two.dialog(ConflictDialog)
    dialog.choose(ConflictAction.REPLACE)
    dialog.for_all.setChecked(True)
    dialog.go_on.click()

    two.until(lambda: "not copied: 1 (“b” has changed since" in two.toast.text)
    assert two.toast.text.startswith("Copied 1 object to other; not copied: 1")
    assert held(two, "other") == {"a": b"new", "b": b"newer"}
    undo(two)
    two.until(lambda: held(two, "other") == {"a": b"old", "b": b"newer"})


def test_what_changes_as_a_move_begins_is_not_replaced_and_that_is_said(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        two.put(name, b"new")
        two.storage.upload("other", name, b"old", two.me)
    storage, move_many = two.storage, two.storage.move_many

    def late(*args: object, **options: object) -> object:
        storage.upload("other", "b", b"newer", two.me, UploadOptions(replace=True))
        return move_many(*args, **options)

    monkeypatch.setattr(two.session._side.carrier, "_storage", _With(storage, move_many=late))
    hold(two, ActionId.CUT, "a", "b")
    two.go("other")
    trigger(two, ActionId.PASTE)
    dialog = two.dialog(ConflictDialog)
    dialog.choose(ConflictAction.REPLACE)
    dialog.for_all.setChecked(True)
    dialog.go_on.click()

    two.until(lambda: "“b” has changed while you were asked" in two.toast.text)
    assert held(two, "other") == {"a": b"old", "b": b"newer"}
    assert held(two) == {"a": b"new", "b": b"new"}


def test_a_copy_stopped_before_anything_gave_way_can_be_undone(two: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    two.put("a")
    two.put("b", b"new")
    two.storage.upload("other", "b", b"old", two.me)
    storage, copy = two.storage, two.storage.copy

    def one_alone(bucket: str, source: str, *args: object, **options: object) -> object:
        if source == "b":
            raise Cancelled("stopped")
        return copy(bucket, source, *args, **options)

    monkeypatch.setattr(two.session._side.carrier, "_storage", _With(storage, copy=one_alone))
    hold(two, ActionId.COPY, "a", "b")
    two.go("other")
    trigger(two, ActionId.PASTE)
    dialog = two.dialog(ConflictDialog)
    dialog.choose(ConflictAction.REPLACE)
    dialog.go_on.click()
    two.until(lambda: held(two, "other") == {"a": b"x", "b": b"old"})

    undo(two)

    two.until(lambda: held(two, "other") == {"b": b"old"})


class _With:
    """An engine of which one call is another."""

    def __init__(self, storage: FileStorage, **calls: object) -> None:
        self._storage = storage
        vars(self).update(calls)

    def __getattr__(self, name: str) -> object:
        return getattr(self._storage, name)


class TestUndoAtItsEdges:
    def test_what_was_begun_in_one_name_is_not_for_another_to_take_back(self, two: Desk) -> None:
        two.put("a")
        go = two.hold_mutations()
        hold(two, ActionId.CUT, "a")
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
        go.set()
        two.until(lambda: held(two, "other") == {"a": b"x"} or held(two) == {"a": b"x"})
        assert two.session.controllers.undo.undo_name == ""

    def test_a_rename_and_a_deletion_neither(self, two: Desk) -> None:
        two.put("a")
        two.put("b")
        go = two.hold_mutations()
        two.model.rename_wanted.emit(two.model.row(0), "c")
        two.select("b")
        trigger(two, ActionId.DELETE)
        two.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
        go.set()
        two.until(lambda: held(two) == {"c": b"x"})
        two.until(lambda: not two.session._tasks.under_way)
        assert two.session.controllers.undo.undo_name == ""

    def test_what_fails_to_be_undone_can_be_tried_again(self, two: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        two.put("a", b"1")
        hold(two, ActionId.CUT, "a")
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.until(lambda: held(two, "other") == {"a": b"1"})
        two.until(lambda: bool(two.session.controllers.undo.undo_name))
        with monkeypatch.context() as broken:
            broken.setattr(two.storage, "move_many", lambda *_, **__: (_ for _ in ()).throw(DatabaseLocked("locked")))
            undo(two)
            two.until(lambda: bool(two.session.controllers.undo.undo_name))
        undo(two)
        two.until(lambda: held(two) == {"a": b"1"})


class TestTakenNames:
    @pytest.fixture
    def taken(self, two: Desk) -> Desk:
        for name in ("a", "b", "c"):
            two.put(f"d/{name}", b"old")
            two.put(f"{name}", b"new")
        two.put("free", b"new")
        hold(two, ActionId.CUT, "a", "b", "c", "free")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        return two

    def test_one_answer_does_for_all_and_closing_skips(self, taken: Desk) -> None:
        dialog = taken.dialog(ConflictDialog)
        assert "2 left" in dialog.for_all.text()
        dialog.close()
        taken.until(lambda: taken.session.controllers.carrying._clashes.dialog not in (None, dialog))
        dialog = taken.session.controllers.carrying._clashes.dialog
        dialog.choose(ConflictAction.REPLACE)
        dialog.for_all.setChecked(True)
        dialog.go_on.click()
        taken.until(lambda: held(taken) == {"a": b"new", "d/a": b"old", "d/b": b"new", "d/c": b"new", "d/free": b"new"})
        undo(taken)
        taken.until(lambda: held(taken).get("d/b") == b"old")
        assert held(taken) == {
            **dict.fromkeys(("a", "b", "c", "free"), b"new"), **{f"d/{name}": b"old" for name in "abc"},
        }  # fmt: skip
        undo(taken, ActionId.REDO)
        taken.until(lambda: held(taken).get("d/b") == b"new")
        undo(taken)
        taken.until(lambda: held(taken).get("d/b") == b"old")

    def test_doing_it_again_replaces_nothing_that_somebody_stored_since(self, two: Desk) -> None:
        two.put("a", b"new")
        two.put("d/a", b"old")
        hold(two, ActionId.CUT, "a")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        dialog = two.dialog(ConflictDialog)
        dialog.choose(ConflictAction.REPLACE)
        dialog.go_on.click()
        two.until(lambda: held(two) == {"d/a": b"new"})
        undo(two)
        two.until(lambda: held(two) == {"a": b"new", "d/a": b"old"})
        two.storage.upload("photos", "d/a", b"theirs", two.me, UploadOptions(replace=True))
        undo(two, ActionId.REDO)
        two.until(lambda: two.toast.text == "Not done again: move of “a”. “d/a” has been changed since.")
        assert held(two) == {"a": b"new", "d/a": b"theirs"}

    def test_what_changed_while_it_was_asked_is_not_replaced(self, taken: Desk) -> None:
        dialog = taken.dialog(ConflictDialog)
        taken.storage.upload("photos", "d/a", b"newer", taken.me, UploadOptions(replace=True))
        dialog.choose(ConflictAction.REPLACE)
        dialog.for_all.setChecked(True)
        dialog.go_on.click()
        taken.until(lambda: "has changed" in taken.toast.text)
        assert held(taken)["d/a"] == b"newer"
        assert held(taken)["a"] == b"new"

    @pytest.mark.parametrize("action", [ActionId.CUT, ActionId.COPY])
    def test_what_gave_way_for_good_is_not_offered_to_come_back(self, two: Desk, action: ActionId) -> None:
        two.bucket("versions", retention=Retention(versions=10))
        two.put("a", b"new", "versions")
        two.put("d/a", b"old", "versions")
        hold(two, action, "a")
        two.go("versions", "d/")
        trigger(two, ActionId.PASTE)
        dialog = two.dialog(ConflictDialog)
        dialog.choose(ConflictAction.REPLACE)
        dialog.go_on.click()
        two.until(lambda: held(two, "versions").get("d/a") == b"new")
        two.until(lambda: two.toast.text.startswith(("Moved", "Copied")))
        assert two.session.controllers.undo.undo_name == ""

    def test_the_window_works_on_while_it_is_asked(self, taken: Desk) -> None:
        dialog = taken.dialog(ConflictDialog)
        assert not dialog.isModal()
        taken.go("photos")
        taken.select("free")
        trigger(taken, ActionId.DELETE)
        taken.until(lambda: "free" not in taken.names)
        dialog.choose(ConflictAction.KEEP_BOTH)
        dialog.for_all.setChecked(True)
        dialog.go_on.click()
        taken.until(lambda: "no longer" in taken.toast.text or "not found" in taken.toast.text)
        assert held(taken)["d/a"] == b"old"

    def test_what_was_asked_in_one_name_is_not_done_in_another(self, taken: Desk) -> None:
        dialog = taken.dialog(ConflictDialog)
        taken.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
        dialog.choose(ConflictAction.REPLACE)
        dialog.for_all.setChecked(True)
        dialog.go_on.click()
        taken.until(lambda: taken.session.controllers.carrying._clashes.dialog is None)
        assert not taken.session._tasks.under_way
        assert held(taken)["d/a"] == b"old"

    def test_keeping_both_gives_numbers(self, two: Desk) -> None:
        two.put("a.txt", b"new")
        two.put("d/a.txt", b"old")
        two.put("d/a (2).txt", b"older")
        hold(two, ActionId.COPY, "a.txt")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        two.dialog(ConflictDialog).go_on.click()
        two.until(lambda: held(two).get("d/a (3).txt") == b"new")

    def test_folders_become_one_without_a_question_where_nothing_meets(self, two: Desk) -> None:
        two.put("d/e/x")
        two.put("e/y")
        hold(two, ActionId.CUT, "e")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: sorted(held(two)) == ["d/e/x", "d/e/y"])
        undo(two)
        two.until(lambda: sorted(held(two)) == ["d/e/x", "e/y"])


class TestWhatIsThereAlready:
    @pytest.fixture
    def scattered(self, two: Desk) -> Desk:
        for path in ("p/a report.txt", "q/b report.txt"):
            two.storage.upload("photos", path, path.encode(), two.me)
        search(two, "report")
        two.until(lambda: sorted(two.names) == ["photos/p/a report.txt", "photos/q/b report.txt"])
        select_all(two)
        return two

    def test_it_stays_without_a_question_where_the_rest_comes_to_it(self, scattered: Desk) -> None:
        trigger(scattered, ActionId.CUT)
        scattered.go("photos", "p/")
        trigger(scattered, ActionId.PASTE)
        scattered.until(lambda: scattered.toast.text == "Moved 1 object to photos/p")
        assert sorted(held(scattered)) == ["p/a report.txt", "p/b report.txt"]
        assert scattered.session.controllers.carrying._clashes.dialog is None
        undo(scattered)
        scattered.until(lambda: sorted(held(scattered)) == ["p/a report.txt", "q/b report.txt"])

    def test_a_copy_of_it_comes_to_stand_beside_it(self, scattered: Desk) -> None:
        trigger(scattered, ActionId.COPY)
        scattered.until(lambda: scattered.session._tracker.situation().can_paste)
        scattered.go("photos", "p/")
        trigger(scattered, ActionId.PASTE)
        scattered.until(lambda: scattered.toast.text == "Copied 2 objects to photos/p")
        assert sorted(held(scattered)) == [
            "p/a report (copy).txt", "p/a report.txt", "p/b report.txt", "q/b report.txt",
        ]  # fmt: skip
        assert held(scattered)["p/a report (copy).txt"] == b"p/a report.txt"

    def test_many_are_duplicated_with_few_looks_and_names_that_are_taken_counted_on(
        self, two: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(20):
            two.put(f"{number:02}.txt")
        two.put("00 (copy).txt")
        two.put("01 (copy).txt/x")
        two.select(*[f"{number:02}.txt" for number in range(20)])
        storage, looks = two.storage, []

        def find(*args: object) -> object:
            looks.append(args)
            return storage.find(*args)

        monkeypatch.setattr(two.session._side.carrier, "_storage", _With(storage, find=find))
        trigger(two, ActionId.DUPLICATE)
        two.until(lambda: two.toast.text == "Copied 20 objects to photos")
        made = {path for path in held(two) if "copy" in path}
        assert made == {
            "00 (copy).txt", "01 (copy).txt/x", "00 (copy 2).txt", "01 (copy 2).txt",
            *(f"{number:02} (copy).txt" for number in range(2, 20)),
        }  # fmt: skip
        assert len(looks) < 10


class TestWhatIsGoneMeanwhile:
    @pytest.mark.parametrize(("name", "path"), [("a.txt", "a.txt"), ("e", "e/x")])
    def test_a_copy_of_it_is_none_and_that_is_said(self, two: Desk, name: str, path: str) -> None:
        two.put(path)
        two.put("d/x")
        hold(two, ActionId.COPY, name)
        two.storage.delete("photos", path, two.me)
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: two.toast.text.startswith("Nothing was copied: 1 item left out ("))
        assert list(held(two)) == ["d/x"]
        assert two.session.controllers.undo.undo_name == ""

    @pytest.mark.parametrize(("name", "path"), [("a.txt", "a.txt"), ("e", "e/x")])
    def test_nothing_is_moved_and_it_is_said_what_is_gone(self, two: Desk, name: str, path: str) -> None:
        two.put(path)
        two.put("b.txt")
        hold(two, ActionId.CUT, name, "b.txt")
        two.storage.move("photos", path, "renamed/x", two.me)
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.until(lambda: two.toast.text.startswith(f"“{name}” is no longer there. Nothing was moved"))
        assert sorted(held(two)) == ["b.txt", "renamed/x"]

    def test_the_rest_is_copied(self, two: Desk) -> None:
        for path in ("a.txt", "e/x", "b.txt"):
            two.put(path)
        hold(two, ActionId.COPY, "a.txt", "b.txt", "e")
        for path in ("a.txt", "e/x"):
            two.storage.delete("photos", path, two.me)
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.until(lambda: two.toast.text.startswith("Copied 1 object to other; not copied: 2 ("))
        assert list(held(two, "other")) == ["b.txt"]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (ActionId.CUT, "Something else has come to “d/a” meanwhile. Nothing was moved: try again."),
        (ActionId.COPY, "not copied: 1 (something else has come to “d/a” meanwhile, and stays)"),
    ],
)
def test_what_comes_to_a_free_name_while_another_is_asked_about_stays(two: Desk, action: ActionId, said: str) -> None:
    for path, content in (("a", b"new"), ("b", b"new"), ("d/b", b"old")):
        two.put(path, content)
    hold(two, action, "a", "b")
    two.go("photos", "d/")
    trigger(two, ActionId.PASTE)
    dialog = two.dialog(ConflictDialog)
    two.storage.upload("photos", "d/a", b"late", two.me)
    dialog.choose(ConflictAction.REPLACE)
    dialog.go_on.click()
    two.until(lambda: said in two.toast.text)
    assert held(two)["d/a"] == b"late"


def drag_over(
    desk: Desk, widget, point: QPoint, keys: Qt.KeyboardModifier, *names: str
) -> tuple[QDragMoveEvent, QMimeData]:
    """Begin a drag of rows and hang it over a point of a view."""
    place = desk.table.shown_place
    load = Load(place.bucket, len(names))
    load.settle(Cargo(place.bucket, tuple(place.prefix + name for name in names)))
    desk.views.hold.take(load, place)
    data = clip_data(desk.views.hold.mark, [])
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    event = QDragMoveEvent(point, actions, data, Qt.MouseButton.LeftButton, keys)
    widget.dragMoveEvent(event)
    return event, data


def drop(desk: Desk, widget, point: QPoint, keys: Qt.KeyboardModifier, data: QMimeData) -> QDropEvent:
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    event = QDropEvent(QPointF(point), actions, data, Qt.MouseButton.LeftButton, keys)
    widget.dropEvent(event)
    desk.views.hold.put_down()
    return event


def node(desk: Desk, place: Location) -> QPoint:
    desk.until(lambda: desk.tree.visualRect(desk.tree.model().index_of(place)).isValid())
    return desk.tree.visualRect(desk.tree.model().index_of(place)).center()


class TestDrag:
    def test_rows_move_onto_a_folder_row_and_it_is_said_before(self, two: Desk) -> None:
        two.put("d/x")
        two.put("a", b"alpha")
        two.put("b")
        said = []
        two.views.hold.said.connect(said.append)
        two.until(lambda: two.names == ["d", "a", "b"])
        point = two.table.visualRect(two.model.index(0, 0)).center()
        event, data = drag_over(two, two.table, point, NO_KEYS, "a", "b")
        assert (event.isAccepted(), event.dropAction()) == (True, Qt.DropAction.MoveAction)
        assert said[-1] == "Move 2 items to photos/d"
        drop(two, two.table, point, NO_KEYS, data)
        assert said[-1] == ""
        two.until(lambda: sorted(held(two)) == ["d/a", "d/b", "d/x"])
        two.until(lambda: two.toast.text == "Moved 2 objects to photos/d")

    @pytest.mark.parametrize(
        ("keys", "bucket", "action"),
        [
            (NO_KEYS, "other", Qt.DropAction.CopyAction),
            (SHIFT, "other", Qt.DropAction.MoveAction),
            (CTRL, "photos", Qt.DropAction.CopyAction),
        ],
    )
    def test_keys_and_buckets_decide(
        self, two: Desk, keys: Qt.KeyboardModifier, bucket: str, action: Qt.DropAction
    ) -> None:
        two.put("a", b"alpha")
        point = node(two, Location(bucket))
        event, data = drag_over(two, two.tree, point, keys, "a")
        assert event.dropAction() == action
        drop(two, two.tree, point, keys, data)
        name = "a" if bucket == "other" else "a (copy)"
        two.until(lambda: held(two, bucket).get(name) == b"alpha")
        two.until(lambda: two.storage.exists("photos", "a", two.me) is (action == Qt.DropAction.CopyAction))

    def test_on_itself_and_on_where_it_is_nothing_happens(self, two: Desk) -> None:
        two.put("d/x")
        two.put("a")
        two.until(lambda: two.names == ["d", "a"])
        on_itself = two.table.visualRect(two.model.index(0, 0)).center()
        beside = QPoint(40, two.table.viewport().height() - 5)
        for point, name in ((on_itself, "d/"), (beside, "a"), (beside, "d/")):
            event, data = drag_over(two, two.table, point, NO_KEYS, name)
            # taken, though nothing comes of it: Qt asks a view no more that refused once
            assert (event.isAccepted(), event.dropAction()) == (True, Qt.DropAction.IgnoreAction)
            assert not drop(two, two.table, point, NO_KEYS, data).isAccepted()
        assert sorted(held(two)) == ["a", "d/x"]

    def test_a_drag_of_another_window_is_none_of_ours(self, two: Desk) -> None:
        two.put("d/x")
        two.until(lambda: two.names == ["d"])
        point = two.table.visualRect(two.model.index(0, 0)).center()
        _, data = drag_over(two, two.table, point, NO_KEYS, "a")
        two.views.hold.put_down()
        event = QDragMoveEvent(point, Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, NO_KEYS)
        two.table.dragMoveEvent(event)
        assert not event.isAccepted()

    def test_files_are_made_only_when_another_program_asks(self, two: Desk, data_dir) -> None:
        two.put("a.txt", b"alpha")
        load = Load("photos", 1)
        load.settle(Cargo("photos", ("a.txt",)))
        side = two.session._side
        outgoing = Outgoing(side.exporter, two.shell, load, two.window.errors.present)
        outgoing._look.stop()
        data = DragData(two.views.hold.mark, outgoing)
        two.views.hold.take(load, Location("photos"))
        assert two.views.hold.carries(data)
        assert data.hasUrls()
        assert not (data_dir / "outgoing").exists()
        (url,) = data.urls()
        assert Path(url.toLocalFile()).read_bytes() == b"alpha"
        outgoing.end(lambda _: None)


class TestNamesThatBeginAlike:
    @pytest.mark.parametrize("action", [ActionId.DELETE, ActionId.CUT])
    def test_one_folder_takes_no_other_along(self, two: Desk, action: ActionId) -> None:
        for path in ("a/x", "ab/y", "a0", "a.txt"):
            two.put(path)
        two.until(lambda: two.names == ["a", "ab", "a.txt", "a0"])
        two.select("a")
        trigger(two, action)
        if action is ActionId.CUT:
            two.go("other")
            trigger(two, ActionId.PASTE)
        two.until(lambda: sorted(held(two)) == ["a.txt", "a0", "ab/y"])
        undo(two)
        two.until(lambda: sorted(held(two)) == ["a.txt", "a/x", "a0", "ab/y"])


class TestUndo:
    def test_the_command_says_what_it_takes_back(self, two: Desk) -> None:
        two.put("a")
        two.put("b")
        two.put("d/x")
        hold(two, ActionId.CUT, "a", "b")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        action = two.session.actions[ActionId.UNDO]
        two.until(lambda: action.text() == "&Undo move of 2 items")
        undo(two)
        two.until(lambda: sorted(held(two)) == ["a", "b", "d/x"])
        two.until(lambda: two.session.actions[ActionId.REDO].text() == "&Redo move of 2 items")
        assert action.text() == "&Undo"
        assert not action.isEnabled()
        undo(two, ActionId.REDO)
        two.until(lambda: sorted(held(two)) == ["d/a", "d/b", "d/x"])

    def test_a_rename_a_new_folder_and_a_deletion_are_taken_back_in_turn(self, two: Desk) -> None:
        editing = two.session.controllers.editing
        two.put("a")
        two.put("d/x")
        editing.rename_row(two.model.row(two.model.find("a")), "b")
        two.until(lambda: two.session.actions[ActionId.UNDO].text() == "&Undo rename of “a”")
        two.until(lambda: "b" in two.names)
        two.select("d")
        trigger(two, ActionId.DELETE)
        two.until(lambda: two.session.actions[ActionId.UNDO].text() == "&Undo move of 1 object to the trash")
        undo(two)
        two.until(lambda: sorted(held(two)) == ["b", "d/x"])
        undo(two)
        two.until(lambda: sorted(held(two)) == ["a", "d/x"])
        undo(two, ActionId.REDO)
        two.until(lambda: sorted(held(two)) == ["b", "d/x"])
        undo(two, ActionId.REDO)
        two.until(lambda: list(held(two)) == ["b"])

    def test_what_somebody_put_there_meanwhile_is_not_written_over(self, two: Desk) -> None:
        two.put("a", b"mine")
        two.put("d/x")
        hold(two, ActionId.CUT, "a")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: two.session.actions[ActionId.UNDO].isEnabled())
        two.storage.upload("photos", "a", b"theirs", two.me)
        undo(two)
        two.until(lambda: "Something else is at “a” now" in two.toast.text)
        assert held(two) == {"a": b"theirs", "d/a": b"mine", "d/x": b"x"}

    def test_what_is_another_object_by_now_stays(self, two: Desk) -> None:
        two.put("a")
        editing = two.session.controllers.editing
        editing.rename_row(two.model.row(two.model.find("a")), "b")
        two.until(lambda: two.session.actions[ActionId.UNDO].isEnabled())
        two.storage.delete("photos", "b", two.me)
        two.storage.upload("photos", "b", b"theirs", two.me)
        undo(two)
        two.until(lambda: "has been replaced" in two.toast.text)
        assert held(two) == {"b": b"theirs"}

    def test_a_copy_goes_but_not_one_that_was_changed(self, two: Desk) -> None:
        two.put("a")
        two.put("b")
        hold(two, ActionId.COPY, "a", "b")
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.until(lambda: sorted(held(two, "other")) == ["a", "b"])
        two.storage.upload("other", "b", b"changed", two.me, UploadOptions(replace=True))
        undo(two)
        two.until(lambda: "changed since: 1 item" in two.toast.text)
        assert held(two, "other") == {"b": b"changed"}
        undo(two, ActionId.REDO)
        two.until(lambda: sorted(held(two, "other")) == ["a", "b"])

    def test_without_a_trash_it_is_asked_before_copies_go_for_good(self, desk: Desk) -> None:
        desk.bucket("plain")
        desk.put("a", b"12345", bucket="plain")
        desk.select("a")
        trigger(desk, ActionId.DUPLICATE)
        desk.until(lambda: len(desk.names) == 2)
        undo(desk)
        dialog = desk.dialog(DeleteDialog)
        assert dialog.summary == "1 object, 5 bytes"
        assert dialog.cancel.isDefault()
        assert len(held(desk, "plain")) == 2
        dialog.confirm.click()
        desk.until(lambda: list(held(desk, "plain")) == ["a"])

    def test_a_new_folder_goes_only_while_it_is_empty(self, two: Desk) -> None:
        trigger(two, ActionId.NEW_FOLDER)
        dialog = two.dialog(FolderDialog)
        dialog.edit.setText("new")
        dialog.confirm.click()
        two.until(lambda: two.session.actions[ActionId.UNDO].text() == "&Undo new folder “new”")
        two.storage.upload("photos", "new/x", b"x", two.me)
        undo(two)
        two.until(lambda: "left as it is" in two.toast.text)
        assert sorted(held(two)) == ["new/", "new/x"]

    def test_a_folder_comes_back_within_its_bucket_without_what_others_put_there(self, two: Desk) -> None:
        two.put("d/x", b"mine")
        two.put("e/y")
        hold(two, ActionId.CUT, "d")
        two.go("photos", "e/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: "e/d/x" in held(two))
        two.storage.upload("photos", "e/d/theirs", b"theirs", two.me)
        undo(two)
        two.until(lambda: "left as it is, because it has changed since: 1 item" in two.toast.text)
        assert sorted(held(two)) == ["d/x", "e/d/theirs", "e/y"]

    def test_a_folder_comes_back_from_another_bucket_without_what_others_put_there(self, two: Desk) -> None:
        two.put("d/x", b"mine")
        hold(two, ActionId.CUT, "d")
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.until(lambda: list(held(two, "other")) == ["d/x"])
        two.storage.upload("other", "d/theirs", b"theirs", two.me)

        undo(two)

        two.until(lambda: held(two) == {"d/x": b"mine"})
        assert held(two, "other") == {"d/theirs": b"theirs"}
        two.until(lambda: "changed since: 1 item" in two.toast.text)

    def test_it_holds_on_to_a_bucket_that_has_another_name_by_now(self, two: Desk) -> None:
        two.put("a")
        two.put("d/x")
        hold(two, ActionId.CUT, "a")
        two.go("photos", "d/")
        trigger(two, ActionId.PASTE)
        two.until(lambda: two.session.actions[ActionId.UNDO].isEnabled())
        two.storage.rename_bucket("photos", "pictures", two.me)
        two.storage.create_bucket("photos", two.me)
        two.storage.upload("photos", "d/a", b"somebody else's", two.me)

        undo(two)

        two.until(lambda: sorted(held(two, "pictures")) == ["a", "d/x"])
        assert list(held(two)) == ["d/a"]

    def test_a_bucket_that_somebody_else_renamed_keeps_that_name(self, two: Desk) -> None:
        two.session.controllers.editing.rename_place(Location("photos"), "pictures")
        two.until(lambda: two.session.actions[ActionId.UNDO].isEnabled())
        two.storage.rename_bucket("pictures", "theirs", two.me)
        undo(two)
        two.until(lambda: "“pictures” is no longer there" in two.toast.text)
        assert "theirs" in [bucket.name for bucket in two.storage.list_buckets(two.me)]

    def test_names_taken_back_do_not_go_to_a_bucket_that_took_one_of_them(self, two: Desk) -> None:
        photos = two.session.controllers.navigator.bucket_id("photos")

        def renamed(old: str, new: str) -> None:
            two.session.controllers.editing.rename_place(Location(old), new)
            two.until(lambda: new in [bucket.name for bucket in two.tree.model().buckets])

        def names() -> dict[str, str]:
            return {bucket.name: bucket.id for bucket in two.storage.list_buckets(two.me)}

        renamed("photos", "pictures")
        renamed("pictures", "paintings")
        new = two.storage.create_bucket("pictures", two.me)
        two.until(lambda: two.session.controllers.navigator.bucket_id("pictures") == new.id)

        undo(two)
        two.until(lambda: bool(two.toast.text) and two.session.actions[ActionId.UNDO].isEnabled())
        undo(two)

        two.until(lambda: "“pictures” is no longer there" in two.toast.text)
        assert (names()["pictures"], names()["paintings"]) == (new.id, photos)

    def test_tabs_and_favourites_go_along_with_a_folder_there_and_back(self, two: Desk) -> None:
        two.put("d/x")
        ways = two.session._ways
        ways.favourites.put(Location("photos", "d/"), 0)
        ways.tabs.open(Location("photos", "d/"), show=False)
        hold(two, ActionId.CUT, "d")
        two.go("other")
        trigger(two, ActionId.PASTE)
        two.until(lambda: ways.favourites.places == (Location("other", "d/"),))
        assert ways.tabs.places[1] == Location("other", "d/")

        undo(two)

        two.until(lambda: ways.favourites.places == (Location("photos", "d/"),))
        assert ways.tabs.places[1] == Location("photos", "d/")

    def test_who_acts_as_somebody_else_takes_back_nothing_of_mine(self, two: Desk) -> None:
        two.put("a")
        two.session.controllers.editing.rename_row(two.model.row(two.model.find("a")), "b")
        two.until(lambda: two.session.actions[ActionId.UNDO].isEnabled())
        two.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
        two.until(lambda: not two.session.actions[ActionId.UNDO].isEnabled())


class TestNames:
    @pytest.mark.parametrize(
        ("name", "number", "is_folder", "copied"),
        [
            ("a.txt", 1, False, "a (copy).txt"),
            ("a.txt", 2, False, "a (copy 2).txt"),
            (".profile", 1, False, ".profile (copy)"),
            ("v1.2", 1, True, "v1.2 (copy)"),
            ("x" * 255, 1, True, "x" * 248 + " (copy)"),
        ],
    )
    def test_copies_are_called(self, name: str, number: int, is_folder: bool, copied: str) -> None:
        assert copy_name(name, number, is_folder=is_folder) == copied
