"""What was found in several buckets is cut, copied, pasted, duplicated and dragged at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.actions import ActionId
from app.cargo import Cargo, Load, Motion
from app.controllers.outgoing import DragData, Outgoing
from app.dialogs.delete_dialog import DeleteDialog
from app.location import Location
from app.views.conflict_dialog import ConflictDialog
from engine.errors import DatabaseLocked
from engine.types import Retention
from tests.app.helpers import Desk
from tests.app.test_carrying import held, undo
from tests.app.test_search_everywhere import search, select_all
from tests.app.test_window import trigger

LETTER, PHOTO = "letters/2026/a report.txt", "photos/b report.txt"


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    QApplication.clipboard().clear()
    yield
    QApplication.clipboard().clear()


@pytest.fixture
def found(desk: Desk) -> Desk:
    """Return the window on what a search has found in two buckets, with a third one beside them."""
    for name in ("letters", "photos", "out"):
        desk.bucket(name, retention=Retention(trash_days=30))
    desk.storage.upload("letters", "2026/a report.txt", b"letter", desk.me)
    desk.storage.upload("photos", "b report.txt", b"photo", desk.me)
    search(desk, "report")
    desk.until(lambda: sorted(desk.names) == [LETTER, PHOTO])
    select_all(desk)
    return desk


def keep(desk: Desk, action: ActionId) -> None:
    trigger(desk, action)
    desk.until(lambda: desk.session._tracker.situation().can_paste)


def paste(desk: Desk, bucket: str = "out") -> None:
    desk.go(bucket)
    trigger(desk, ActionId.PASTE)


def everything(desk: Desk) -> dict[str, bytes]:
    return {
        f"{name}/{path}": content for name in ("letters", "photos", "out") for path, content in held(desk, name).items()
    }


def test_what_was_cut_in_several_buckets_moves_at_once_there_and_back(found: Desk) -> None:
    before = everything(found)
    keep(found, ActionId.CUT)
    assert found.toast.text == "2 items cut: paste in another folder"
    assert found.views.hold.is_cut("letters", "2026/a report.txt")
    assert not found.views.hold.is_cut("photos", "2026/a report.txt")
    paste(found)
    moved = {"out/a report.txt": b"letter", "out/b report.txt": b"photo"}
    found.until(lambda: found.toast.text == "Moved 2 objects to out")
    assert everything(found) == moved
    assert found.views.hold.kept is None
    undo(found)
    found.until(lambda: everything(found) == before)
    undo(found, ActionId.REDO)
    found.until(lambda: everything(found) == moved)


def test_names_that_meet_on_the_way_are_asked_about_and_go_back_the_other_way_round(found: Desk) -> None:
    found.storage.upload("photos", "a report.txt", b"the other", found.me)
    found.until(lambda: len(found.names) == 3)
    select_all(found)
    before = everything(found)
    keep(found, ActionId.CUT)
    paste(found)
    found.dialog(ConflictDialog).go_on.click()
    moved = {"a report.txt", "a report (2).txt", "b report.txt"}
    found.until(lambda: held(found, "out").keys() == moved)
    found.until(lambda: found.toast.text == "Moved 3 objects to out")
    for _ in range(2):
        undo(found)
        found.until(lambda: everything(found) == before)
        undo(found, ActionId.REDO)
        found.until(lambda: held(found, "out").keys() == moved)


def test_copies_are_files_for_other_programs_too(found: Desk) -> None:
    keep(found, ActionId.COPY)
    clipboard = QApplication.clipboard()
    found.until(lambda: clipboard.mimeData().hasUrls())
    files = [Path(url.toLocalFile()) for url in clipboard.mimeData().urls()]
    assert sorted((path.name, path.read_bytes()) for path in files) == [
        ("a report.txt", b"letter"), ("b report.txt", b"photo"),
    ]  # fmt: skip
    paste(found)
    found.until(lambda: found.toast.text == "Copied 2 objects to out")
    assert everything(found).keys() == {LETTER, PHOTO, "out/a report.txt", "out/b report.txt"}
    undo(found)
    found.until(lambda: everything(found).keys() == {LETTER, PHOTO})


def test_copies_are_taken_back_from_a_bucket_without_a_trash_after_one_question(found: Desk) -> None:
    found.bucket("bare")
    search(found, "report")
    found.until(lambda: sorted(found.names) == [LETTER, PHOTO])
    select_all(found)
    keep(found, ActionId.COPY)
    paste(found, "bare")
    found.until(lambda: found.toast.text == "Copied 2 objects to bare")
    undo(found)
    dialog = found.dialog(DeleteDialog)
    assert dialog.summary == "2 objects, 11 bytes"
    assert len(held(found, "bare")) == 2
    dialog.confirm.click()
    found.until(lambda: held(found, "bare") == {})
    assert everything(found).keys() == {LETTER, PHOTO}


def test_each_is_duplicated_beside_itself(found: Desk) -> None:
    trigger(found, ActionId.DUPLICATE)
    copies = {"letters/2026/a report (copy).txt", "photos/b report (copy).txt"}
    found.until(lambda: everything(found).keys() == {LETTER, PHOTO, *copies})


def test_duplicates_in_many_folders_of_a_bucket_are_one_step(desk: Desk) -> None:
    desk.bucket("photos", retention=Retention(trash_days=30))
    for folder in ("x", "y", "z"):
        desk.storage.upload("photos", f"{folder}/report.txt", folder.encode(), desk.me)
    search(desk, "report")
    desk.until(lambda: len(desk.names) == 3)
    select_all(desk)
    trigger(desk, ActionId.DUPLICATE)
    desk.until(lambda: desk.toast.text == "Copied 3 objects, each beside itself")
    assert held(desk)["z/report (copy).txt"] == b"z"
    desk.until(lambda: desk.session.controllers.undo.undo_name == "copy of 3 items")
    undo(desk)
    desk.until(lambda: sorted(held(desk)) == ["x/report.txt", "y/report.txt", "z/report.txt"])


def test_what_fails_in_one_bucket_leaves_what_was_done_before_and_can_be_undone(
    found: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found.names[0].partition("/")[0]
    move = found.storage.move_many

    def once(bucket: str, *arguments: object, **more: object) -> object:
        if bucket != first:
            raise DatabaseLocked("locked")
        return move(bucket, *arguments, **more)

    before = everything(found)
    with monkeypatch.context() as broken:
        broken.setattr(found.storage, "move_many", once)
        keep(found, ActionId.CUT)
        paste(found)
        found.until(lambda: len(held(found, "out")) == 1)
        found.until(lambda: found.toast.text == "Moved 1 object to out")
    undo(found)
    found.until(lambda: everything(found) == before)
    undo(found, ActionId.REDO)
    found.until(lambda: len(held(found, "out")) == 1)
    trigger(found, ActionId.PASTE)
    found.until(lambda: len(held(found, "out")) == 2)
    found.until(lambda: found.views.hold.kept is None)


def test_a_drag_from_several_buckets_copies_unless_somebody_wants_it_to_move(found: Desk) -> None:
    hold, load = found.views.hold, Load("", 2)
    hold.take(load, None)
    place, keys = Location("photos"), Qt.KeyboardModifier
    assert hold.motion_at(place, keys.NoModifier) is None
    load.settle(Cargo("letters", ("2026/a report.txt",)), Cargo("photos", ("b report.txt",)))
    assert hold.motion_at(place, keys.NoModifier) is Motion.COPY
    assert hold.motion_at(place, keys.ShiftModifier) is Motion.MOVE
    hold.dropped.emit(load, place, Motion.MOVE)
    found.until(lambda: everything(found) == {"photos/a report.txt": b"letter", PHOTO: b"photo"})
    found.until(lambda: found.toast.text == "Moved 1 object to photos")


def test_files_of_all_are_made_when_another_program_asks(found: Desk) -> None:
    load = Load("", 2)
    load.settle(Cargo("letters", ("2026/a report.txt",)), Cargo("photos", ("b report.txt",)))
    outgoing = Outgoing(found.session._side.exporter, found.shell, load, found.window.errors.present)
    outgoing._look.stop()
    data = DragData(found.views.hold.mark, outgoing)
    assert sorted(Path(url.toLocalFile()).read_bytes() for url in data.urls()) == [b"letter", b"photo"]
    outgoing.end(lambda _: None)
