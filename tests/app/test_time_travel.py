"""A bucket as it was, in the real window."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel

from app.actions import ActionId as A
from app.bridge.acting import Identity
from app.controllers.outgoing import DragData
from app.dialogs.moment_dialog import MomentDialog
from app.dialogs.quit_dialog import QuitDialog
from app.location import Location
from app.views.drops import carries_files
from engine.types import Retention, RlsContext
from tests.app.helpers import Desk


@pytest.fixture
def then(desk: Desk) -> datetime:
    """Change a bucket after a moment, and return that moment."""
    desk.bucket("photos", retention=Retention(versions=10, trash_days=30))
    desk.put("a.txt", b"old")
    desk.put("sub/b.txt", b"kept")
    time.sleep(0.01)
    moment = datetime.now(UTC)
    time.sleep(0.01)
    desk.put("a.txt", b"newer")
    desk.put("late.txt")
    desk.storage.delete("photos", "sub/b.txt", desk.me)
    desk.until(lambda: desk.names == ["a.txt", "late.txt"])
    return moment


def go_to(desk: Desk, moment: datetime) -> None:
    desk.session._tracker.update()
    desk.session.actions[A.AS_IT_WAS].trigger()
    dialog = desk.dialog(MomentDialog)
    dialog.when.setDateTime(QDateTime.fromMSecsSinceEpoch(int(moment.timestamp() * 1000)))
    dialog.confirm.click()
    desk.until(lambda: desk.model.view.moment is not None)


def test_shows_the_bucket_at_that_moment_and_comes_back(desk: Desk, then: datetime) -> None:
    go_to(desk, then)
    assert desk.names == ["sub", "a.txt"]
    assert desk.views.pane.past.text.startswith("As it was on")
    desk.go("photos", "sub/")
    assert desk.names == ["b.txt"]
    desk.go("photos")
    desk.views.pane.past.back.click()
    desk.until(lambda: desk.names == ["a.txt", "late.txt"])
    assert desk.views.pane.past.text == ""


def test_a_drag_of_what_was_moves_nothing_that_is_and_gives_other_programs_what_was(
    desk: Desk, then: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.storage.create_bucket("other", desk.me)
    go_to(desk, then)
    desk.select("a.txt")
    seen: dict[str, object] = {}

    class Drag:
        """A drag that hangs over places and then over another program."""

        def __init__(self, _source: object) -> None: ...

        def setPixmap(self, _pixmap: object) -> None: ...

        def setMimeData(self, data: DragData) -> None:
            self._data = data

        def exec(self, *_: object) -> None:
            hold = desk.views.hold
            seen["ours"] = hold.carries(self._data)
            seen["motions"] = {
                hold.motion_at(place, keys)
                for place in (Location("other"), Location("photos", "sub/"))
                for keys in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier)
            }
            seen["files"] = [Path(url.toLocalFile()).read_bytes() for url in self._data.urls()]

    monkeypatch.setattr("app.controllers.carrying.button_is_down", lambda: True)
    monkeypatch.setattr("app.controllers.carrying.QDrag", Drag)
    desk.session.controllers.carrying.drag()
    assert seen == {"ours": True, "motions": {None}, "files": [b"old"]}


def test_the_past_can_not_be_changed(desk: Desk, then: datetime) -> None:
    go_to(desk, then)
    desk.select("a.txt")
    enabled = {name for name in A if desk.session.actions[name].isEnabled()}
    assert {A.DOWNLOAD, A.OPEN, A.SELECT_ALL, A.COPY} <= enabled
    changing = {A.RENAME, A.DELETE, A.DELETE_FOR_GOOD, A.UPLOAD_FILES, A.NEW_FOLDER, A.EMPTY_BUCKET, A.COPY_LINK}
    assert not changing & enabled
    assert not desk.table.acceptDrops()


def test_what_stood_there_then_is_downloaded(desk: Desk, then: datetime, tmp_path: Path) -> None:
    go_to(desk, then)
    desk.table.selectAll()
    desk.session._tracker.update()
    desk.table.setFocus()
    desk.session.actions[A.DOWNLOAD].trigger()
    chooser = desk.dialog(QFileDialog)
    chooser.filesSelected.emit([str(tmp_path)])
    chooser.close()
    desk.until(lambda: desk.toast.text == "2 objects downloaded")
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert (tmp_path / "sub/b.txt").read_bytes() == b"kept"


def test_quitting_in_the_middle_of_a_download_asks(
    desk: Desk, then: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    download_tree = desk.storage.download_tree

    def slowly(*args: object, **options: object) -> object:
        gate.wait(30)
        return download_tree(*args, **options)

    monkeypatch.setattr(desk.storage, "download_tree", slowly)
    go_to(desk, then)
    desk.select("a.txt")
    desk.session.actions[A.DOWNLOAD].trigger()
    chooser = desk.dialog(QFileDialog)
    chooser.filesSelected.emit([str(tmp_path)])
    chooser.close()
    desk.shell.close()
    dialog = desk.dialog(QuitDialog)
    dialog.reject()
    gate.set()
    desk.until(lambda: desk.toast.text == "1 object downloaded")


def test_what_stood_there_then_is_copied(desk: Desk, then: datetime) -> None:
    go_to(desk, then)
    desk.select("a.txt")
    desk.session.actions[A.COPY].trigger()
    desk.until(lambda: desk.toast.text.startswith("1 item copied"))
    [url] = QGuiApplication.clipboard().mimeData().urls()
    assert Path(url.toLocalFile()).read_bytes() == b"old"
    assert desk.session._tracker.situation().can_paste

    desk.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
    assert not carries_files(QGuiApplication.clipboard().mimeData())
    assert not desk.session._tracker.situation().can_paste


def test_the_moment_stays_when_the_bucket_is_renamed(desk: Desk, then: datetime) -> None:
    go_to(desk, then)
    desk.storage.rename_bucket("photos", "pictures", desk.me)
    desk.until(lambda: desk.model.view.location.bucket == "pictures")
    assert desk.model.view.moment is not None
    desk.until(lambda: desk.names == ["sub", "a.txt"])


def test_the_moment_before_the_last_change_is_proposed(desk: Desk, then: datetime) -> None:
    desk.session._tracker.update()
    desk.session.actions[A.AS_IT_WAS].trigger()
    dialog = desk.dialog(MomentDialog)
    first = dialog.when.dateTime()
    desk.until(lambda: dialog.when.dateTime() != first)
    dialog.confirm.click()
    desk.until(lambda: desk.model.view.moment is not None)
    desk.until(lambda: "sub" in desk.names)


def test_another_bucket_is_shown_as_it_is(desk: Desk, then: datetime) -> None:
    go_to(desk, then)
    desk.bucket("other")
    desk.until(lambda: desk.model.view.location.bucket == "other")
    assert desk.model.view.moment is None
    desk.go("photos")
    assert desk.model.view.moment is None


def test_the_strip_takes_no_room_from_the_panels_beside_it(desk: Desk, then: datetime) -> None:
    desk.shell.resize(1280, 800)
    desk.session.actions[A.INSPECTOR].trigger()
    desk.until(lambda: desk.views.inspector.width() > 0)
    before = desk.tree.width(), desk.views.inspector.width()
    go_to(desk, then)
    desk.until(lambda: desk.views.pane.past.text != "")
    assert (desk.tree.width(), desk.views.inspector.width()) == before
    desk.shell.resize(800, 600)
    said = desk.views.pane.past.findChild(QLabel, "moment")
    desk.until(lambda: said.height() >= said.heightForWidth(said.width()))
    assert desk.views.pane.past.minimumSizeHint().width() < 400


@pytest.mark.parametrize("name", ["a.txt", f"{'long' * 40}.txt"])
def test_the_inspector_is_never_narrower_than_what_it_shows(desk: Desk, then: datetime, name: str) -> None:
    inspector = desk.views.inspector
    desk.put(name, b"newest")
    desk.session.actions[A.INSPECTOR].trigger()
    desk.select(name)
    desk.until(lambda: inspector.item is not None and inspector.versions.isVisible())
    room = inspector.minimumWidth() - inspector.area.verticalScrollBar().sizeHint().width()
    desk.until(lambda: inspector.area.widget().minimumSizeHint().width() <= room)
