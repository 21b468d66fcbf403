"""The real window on the real engine: what a person does, and what is there afterwards."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.actions import ActionId
from app.application import Window
from app.bridge.serving import ServerState
from app.delegates.name_editor import NameEditor
from app.dialogs.bucket_dialog import BucketDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.folder_dialog import FolderDialog
from app.dialogs.link_dialog import LinkDialog
from app.dialogs.quit_dialog import QuitDialog
from app.location import Location
from app.models.pages import PAGE_ROWS
from app.theme import ThemeMode
from app.views.conflict_dialog import ConflictDialog
from app.views.drops import carries_files
from engine.config import Settings
from engine.events import StorageEvent
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.types import BucketChanges, Retention, TreeSize, UploadItem
from engine.workspace import open_workspace
from tests.app.helpers import Desk, close, leave


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    QGuiApplication.clipboard().clear()
    yield
    # what Python made must not be left to Qt when the process ends: it would be taken apart after Python itself
    QGuiApplication.clipboard().clear()


def trigger(desk: Desk, action: ActionId) -> None:
    desk.session._tracker.update()
    assert desk.session.actions[action].isEnabled()
    desk.session.actions[action].trigger()


def editor_in(view) -> NameEditor:
    return view.findChild(NameEditor)


def type_name(desk: Desk, view, name: str) -> None:
    desk.until(lambda: editor_in(view) is not None)
    editor = editor_in(view)
    editor.selectAll()
    desk.qtbot.keyClicks(editor, name)
    desk.qtbot.keyClick(editor, Qt.Key.Key_Return)


def files_data(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(widget, position: QPoint, data: QMimeData) -> None:
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    widget.dragEnterEvent(QDragEnterEvent(position, actions, data, buttons, keys))
    widget.dragMoveEvent(QDragMoveEvent(position, actions, data, buttons, keys))
    widget.dropEvent(QDropEvent(QPointF(position), actions, data, buttons, keys))


class TestFirstStart:
    def test_says_what_to_do_and_asks_nothing(self, desk: Desk) -> None:
        desk.until(lambda: desk.views.pane.page is desk.views.pane.no_buckets)
        assert "bucket" in desk.views.pane.no_buckets.title.text()
        assert not desk.shell.findChildren(BucketDialog)

    def test_a_new_bucket_is_made_and_entered(self, desk: Desk) -> None:
        trigger(desk, ActionId.NEW_BUCKET)
        dialog = desk.dialog(BucketDialog)
        dialog.name.setText("photos")
        dialog.save.click()
        desk.until(lambda: desk.model.view is not None)
        assert desk.model.view.location == Location("photos")
        (made,) = desk.storage.list_buckets(desk.me)
        assert (made.name, made.retention) == ("photos", Retention(trash_days=30))
        assert desk.views.pane.page is desk.views.pane.empty_folder

    def test_a_drop_makes_a_bucket_for_the_files(self, desk: Desk, tmp_path: Path) -> None:
        source = tmp_path / "hello.txt"
        source.write_text("hello")
        drop(desk.views.pane, QPoint(50, 50), files_data(source))
        desk.until(lambda: "hello.txt" in desk.names)
        assert desk.read("hello.txt", "my-files") == b"hello"
        assert desk.storage.get_bucket("my-files", desk.me).retention == Retention(trash_days=30)

    def test_a_bucket_that_exists_is_refused_beside_the_name(self, desk: Desk) -> None:
        desk.bucket("photos")
        trigger(desk, ActionId.NEW_BUCKET)
        dialog = desk.dialog(BucketDialog)
        dialog.name.setText("photos")
        dialog.save.click()
        desk.until(lambda: dialog.name_field.problem != "")
        assert dialog.isVisible()


class TestFolders:
    def test_a_new_folder_is_made_and_selected(self, desk: Desk) -> None:
        desk.bucket()
        trigger(desk, ActionId.NEW_FOLDER)
        dialog = desk.dialog(FolderDialog)
        dialog.edit.setText("2024")
        dialog.confirm.click()
        desk.until(lambda: desk.names == ["2024"])
        desk.until(lambda: desk.table.current_row() is not None)
        assert desk.table.current_row().path == "2024/"
        assert desk.table.ranges == [range(1)]

    def test_a_folder_that_exists_is_refused(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("2024/a.txt")
        trigger(desk, ActionId.NEW_FOLDER)
        dialog = desk.dialog(FolderDialog)
        dialog.edit.setText("2024")
        dialog.confirm.click()
        desk.until(lambda: dialog.field.problem != "")
        assert "already" in dialog.field.problem

    def test_opening_one_goes_into_it_and_up_selects_it_again(self, desk: Desk) -> None:
        desk.bucket()
        desk.storage.create_folder("photos", "a/", desk.me)
        desk.storage.create_folder("photos", "b/", desk.me)
        desk.until(lambda: desk.names == ["a", "b"])
        desk.select("b")
        desk.table.setCurrentIndex(desk.model.index(1, 0))
        desk.qtbot.keyClick(desk.table, Qt.Key.Key_Return)
        desk.until(lambda: desk.model.view.location == Location("photos", "b/"))
        desk.session.controllers.navigator.up()
        desk.until(lambda: desk.model.view.location == Location("photos") and desk.table.ranges == [range(1, 2)])

    def test_back_and_forward(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a/x")
        desk.go("photos", "a/")
        trigger(desk, ActionId.BACK)
        desk.until(lambda: desk.model.view.location == Location("photos"))
        trigger(desk, ActionId.FORWARD)
        desk.until(lambda: desk.model.view.location == Location("photos", "a/"))


class TestPath:
    @pytest.mark.parametrize(
        ("typed", "place", "selected"),
        [
            ("photos/a", Location("photos", "a/"), None),
            ("photos/a/x.txt", Location("photos", "a/"), "a/x.txt"),
        ],
    )
    def test_what_is_typed_is_found(self, desk: Desk, typed: str, place: Location, selected: str | None) -> None:
        desk.bucket()
        desk.put("a/x.txt")
        trigger(desk, ActionId.EDIT_PATH)
        field = desk.views.breadcrumb.findChild(QLineEdit)
        assert field.selectedText() == "photos/"
        desk.qtbot.keyClicks(field, typed)
        desk.qtbot.keyClick(field, Qt.Key.Key_Return)
        desk.until(lambda: desk.model.view.location == place)
        if selected:
            assert desk.table.current_row().path == selected

    @pytest.mark.parametrize("typed", ["nowhere", "photos/nothing", "photos/../x", "   "])
    def test_what_is_not_there_is_said_beside_the_field(self, desk: Desk, typed: str) -> None:
        desk.bucket()
        breadcrumb = desk.views.breadcrumb
        breadcrumb.edit()
        field = breadcrumb.findChild(QLineEdit)
        field.setText(typed)
        desk.qtbot.keyClick(field, Qt.Key.Key_Return)
        desk.until(lambda: field.property("invalid") is True)
        assert breadcrumb.editing
        assert desk.model.view.location == Location("photos")

    def test_a_folder_that_opens_late_does_not_interrupt_typing(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a/x.txt")
        desk.session.controllers.navigator.go(Location("photos", "a/"))
        desk.views.breadcrumb.edit()
        desk.until(lambda: desk.model.view.location == Location("photos", "a/"))
        assert desk.views.breadcrumb.editing

    def test_escape_ends_typing_and_goes_back_to_the_table(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("x")
        desk.views.breadcrumb.edit()
        desk.qtbot.keyClick(desk.views.breadcrumb.findChild(QLineEdit), Qt.Key.Key_Escape)
        assert not desk.views.breadcrumb.editing
        assert desk.table.hasFocus()

    def test_a_deep_path_hides_its_beginning_not_its_end(self, desk: Desk) -> None:
        desk.bucket()
        deep = "/".join(f"a-rather-long-folder-name-{i}" for i in range(12))
        desk.put(f"{deep}/x")
        desk.shell.resize(900, 600)
        desk.go("photos", f"{deep}/")
        shown = [step for step in desk.views.breadcrumb._steps if step.isVisible()]
        assert desk.views.breadcrumb._steps[-1] in shown
        assert len(shown) < 13


class TestRename:
    def test_a_row_still_seen_is_of_its_own_bucket_while_another_one_opens(self, desk: Desk) -> None:
        for name in ("other", "photos"):
            desk.bucket(name)
            desk.put("a.txt", bucket=name)
            desk.put("sub/b.txt", bucket=name)
        desk.until(lambda: desk.names == ["sub", "a.txt"])
        desk.session.controllers.navigator.go(Location("other"))
        assert desk.model.view.location == Location("photos")
        desk.model.setData(desk.model.index(1, 0), "renamed.txt")
        desk.until(lambda: desk.storage.exists("photos", "renamed.txt", desk.me))
        assert desk.storage.exists("other", "a.txt", desk.me)

    def test_a_drop_on_a_folder_still_seen_goes_into_it_while_another_bucket_opens(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        (tmp_path / "new.txt").write_bytes(b"new")
        desk.bucket("other")
        desk.bucket("photos")
        desk.put("sub/b.txt")
        desk.until(lambda: desk.names == ["sub"])
        desk.session.controllers.navigator.go(Location("other"))
        desk.session.controllers.moving.dropped([tmp_path / "new.txt"], "sub/")
        desk.until(lambda: desk.storage.exists("photos", "sub/new.txt", desk.me))
        assert desk.storage.tree_size("other", "", desk.me).objects == 0

    def test_the_stem_is_preselected_and_the_object_renamed(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("draft.txt", b"text")
        desk.select("draft.txt")
        trigger(desk, ActionId.RENAME)
        desk.until(lambda: editor_in(desk.table) is not None and editor_in(desk.table).selectedText() == "draft")
        desk.qtbot.keyClicks(editor_in(desk.table), "final")
        desk.qtbot.keyClick(editor_in(desk.table), Qt.Key.Key_Return)
        desk.until(lambda: desk.names == ["final.txt"])
        assert desk.read("final.txt") == b"text"
        desk.until(lambda: desk.table.current_row() is not None and desk.table.current_row().path == "final.txt")

    def test_a_name_that_breaks_the_rules_is_not_sent(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a.txt")
        desk.select("a.txt")
        trigger(desk, ActionId.RENAME)
        type_name(desk, desk.table, "b/c")
        assert editor_in(desk.table) is not None
        assert editor_in(desk.table).property("invalid") is True
        desk.qtbot.keyClick(editor_in(desk.table), Qt.Key.Key_Escape)
        assert desk.names == ["a.txt"]

    def test_a_name_that_is_taken_changes_nothing(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a.txt", b"a")
        desk.put("b.txt", b"b")
        desk.select("a.txt")
        trigger(desk, ActionId.RENAME)
        type_name(desk, desk.table, "b.txt")
        desk.until(lambda: desk.toast.isVisible())
        assert desk.names == ["a.txt", "b.txt"]
        assert desk.read("b.txt") == b"b"

    def test_a_folder_goes_with_everything_in_it(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("old/deep/x", b"x")
        desk.until(lambda: desk.names == ["old"])
        desk.select("old")
        trigger(desk, ActionId.RENAME)
        type_name(desk, desk.table, "new")
        desk.until(lambda: desk.names == ["new"])
        assert desk.storage.exists("photos", "new/deep/x", desk.me)

    def test_a_bucket_is_renamed_in_the_tree_and_the_window_stays_in_it(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a/x")
        desk.go("photos", "a/")
        desk.tree.setCurrentIndex(desk.tree.model().index_of(Location("photos")))
        desk.tree.setFocus()
        desk.until(lambda: desk.tree.hasFocus())
        trigger(desk, ActionId.RENAME)
        type_name(desk, desk.tree, "pictures")
        desk.until(lambda: desk.model.view.location == Location("pictures", "a/"))
        assert desk.names == ["x"]


class TestDelete:
    def test_asks_with_the_exact_number_and_then_deletes(self, desk: Desk) -> None:
        desk.bucket()
        for path in ("keep", "many/1", "many/2", "many/deep/3"):
            desk.put(path, b"12345")
        desk.until(lambda: desk.names == ["many", "keep"])
        desk.select("many")
        trigger(desk, ActionId.DELETE)
        dialog = desk.dialog(DeleteDialog)
        desk.until(lambda: dialog.confirm.isEnabled())
        assert dialog.summary == "3 objects, 15 bytes"
        dialog.confirm.click()
        desk.until(lambda: desk.names == ["keep"])
        assert desk.storage.tree_size("photos", "", desk.me) == TreeSize(1, 5)
        desk.until(lambda: desk.toast.text == "3 objects deleted")

    def test_what_arrives_while_the_question_is_open_stays_and_is_told_of(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("many/1")
        desk.select("many")
        trigger(desk, ActionId.DELETE)
        dialog = desk.dialog(DeleteDialog)
        desk.until(lambda: dialog.confirm.isEnabled())
        desk.put("many/late")
        dialog.confirm.click()
        desk.until(lambda: desk.toast.text == "1 object deleted; kept what arrived since: 1 object")
        assert desk.storage.exists("photos", "many/late", desk.me)
        assert not desk.storage.exists("photos", "many/1", desk.me)

    @pytest.mark.parametrize(
        ("action", "said"),
        [(ActionId.EMPTY_BUCKET, "1 object deleted"), (ActionId.DELETE_BUCKET, "Bucket “photos” is still there")],
    )
    def test_a_bucket_keeps_what_arrives_while_the_question_is_open(
        self, desk: Desk, action: ActionId, said: str
    ) -> None:
        desk.bucket()
        desk.put("a")
        trigger(desk, action)
        dialog = desk.dialog(DeleteDialog)
        desk.until(lambda: dialog.confirm.isEnabled())
        desk.put("late")
        dialog.confirm.click()
        desk.until(lambda: desk.toast.text == f"{said}; kept what arrived since: 1 object")
        assert [stored.path for stored in desk.storage.walk("photos", "", desk.me)] == ["late"]

    def test_enter_keeps_everything(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a")
        desk.select("a")
        trigger(desk, ActionId.DELETE)
        dialog = desk.dialog(DeleteDialog)
        desk.until(lambda: dialog.confirm.isEnabled())
        desk.qtbot.keyClick(dialog, Qt.Key.Key_Return)
        assert desk.storage.exists("photos", "a", desk.me)

    def test_a_selection_larger_than_the_window_is_deleted_whole(self, desk: Desk, tmp_path: Path) -> None:
        desk.bucket()
        source = tmp_path / "s"
        source.write_bytes(b"x")
        desk.storage.upload_many("photos", (UploadItem(source, f"{i:03}") for i in range(PAGE_ROWS + 44)), desk.me)
        desk.until(lambda: desk.model.rowCount() == 300)
        desk.model._cache._pages_max = 1
        desk.model._cache.put(0, ())
        desk.table.setFocus()
        desk.table.selectAll()
        trigger(desk, ActionId.DELETE)
        dialog = desk.dialog(DeleteDialog)
        desk.until(lambda: dialog.confirm.isEnabled())
        assert dialog.summary == "300 objects, 300 bytes"
        dialog.confirm.click()
        desk.until(lambda: desk.model.rowCount() == 0)

    def test_places_of_a_large_selection_never_come_to_mean_other_rows(self, desk: Desk, tmp_path: Path) -> None:
        desk.bucket()
        (tmp_path / "x").write_bytes(b"x")
        items = (UploadItem(tmp_path / "x", f"{number:03}") for number in range(PAGE_ROWS + 44))
        desk.storage.upload_many("photos", items, desk.me)
        desk.until(lambda: desk.model.rowCount() == 300)
        desk.model._cache._pages_max = 1
        desk.model._cache.put(0, ())
        desk.table.setFocus()
        desk.table.selectRow(299)
        desk.storage.upload("photos", "000 comes first", b"", desk.me)
        desk.session.controllers.editing.delete()
        desk.until(lambda: desk.model.rowCount() == 301)
        desk.qtbot.wait(50)
        assert not any(dialog.isVisible() for dialog in desk.shell.findChildren(DeleteDialog))

    def test_selecting_all_with_the_keyboard_in_the_tree_never_means_the_bucket(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a")
        desk.tree.setFocus()
        trigger(desk, ActionId.SELECT_ALL)
        trigger(desk, ActionId.DELETE)
        dialog = desk.dialog(DeleteDialog)
        assert dialog.windowTitle() == "Delete “a” for good?"

    def test_a_bucket_goes_with_everything_and_the_window_elsewhere(self, desk: Desk) -> None:
        desk.bucket("other")
        desk.bucket("photos")
        desk.put("a/x")
        trigger(desk, ActionId.DELETE_BUCKET)
        dialog = desk.dialog(DeleteDialog)
        desk.until(lambda: dialog.confirm.isEnabled())
        dialog.confirm.click()
        desk.until(lambda: desk.model.view is not None and desk.model.view.location == Location("other"))
        assert [bucket.name for bucket in desk.storage.list_buckets(desk.me)] == ["other"]

    @pytest.mark.parametrize("action", [ActionId.EMPTY_BUCKET, ActionId.DELETE_BUCKET, ActionId.DELETE_FOR_GOOD])
    def test_a_bucket_that_took_the_name_while_it_was_asked_keeps_everything(
        self, desk: Desk, action: ActionId
    ) -> None:
        desk.bucket()
        desk.put("a.txt", b"old")
        taker = desk.storage.create_bucket("taker", desk.me)
        desk.storage.upload("taker", "a.txt", b"another", desk.me)
        desk.select("a.txt")
        trigger(desk, action)
        dialog = desk.dialog(DeleteDialog)
        desk.until(dialog.confirm.isEnabled)
        asked = desk.storage.get_bucket("photos", desk.me).id
        desk.storage.rename_bucket("photos", "old-photos", desk.me)
        desk.storage.rename_bucket("taker", "photos", desk.me)

        dialog.confirm.click()

        desk.until(lambda: "deleted" in desk.toast.text)
        left = {bucket.id: bucket for bucket in desk.storage.list_buckets(desk.me)}
        assert asked not in left or not desk.storage.tree_size(asked, "", desk.me).objects
        assert desk.read("a.txt", taker.id) == b"another"

    def test_the_last_bucket_leaves_the_first_start_behind(self, desk: Desk) -> None:
        desk.bucket()
        desk.storage.delete_bucket("photos", desk.me)
        desk.until(lambda: desk.views.pane.page is desk.views.pane.no_buckets)


class TestFilesIn:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        folder = tmp_path / "trip"
        (folder / "day").mkdir(parents=True)
        (folder / "day" / "one.txt").write_text("one")
        return folder

    def test_a_drop_on_the_table_goes_where_it_shows(self, desk: Desk, source: Path) -> None:
        desk.bucket()
        desk.put("x")
        drop(desk.table, QPoint(40, desk.table.viewport().height() - 5), files_data(source))
        desk.until(lambda: "trip" in desk.names)
        desk.until(lambda: desk.storage.exists("photos", "trip/day/one.txt", desk.me))

    def test_a_drop_on_a_folder_row_goes_into_it(self, desk: Desk, source: Path) -> None:
        desk.bucket()
        desk.storage.create_folder("photos", "inside/", desk.me)
        desk.until(lambda: desk.names == ["inside"])
        position = desk.table.visualRect(desk.model.index(0, 0)).center()
        drop(desk.table, position, files_data(source))
        desk.until(lambda: desk.storage.exists("photos", "inside/trip/day/one.txt", desk.me))

    def test_hanging_files_are_told_where_they_would_go(self, desk: Desk, source: Path) -> None:
        desk.bucket()
        desk.put("x")
        data = files_data(source)
        event = QDragEnterEvent(
            QPoint(30, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        desk.table.dragEnterEvent(event)
        assert event.isAccepted()
        assert desk.views.pane.drop_text == "Upload to photos"

    def test_text_is_no_file(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("x")
        data = QMimeData()
        data.setText("hello")
        event = QDragEnterEvent(
            QPoint(30, 30), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        desk.table.dragEnterEvent(event)
        assert not event.isAccepted()

    def test_a_drop_on_the_tree_goes_into_its_node(self, desk: Desk, source: Path) -> None:
        desk.bucket("other")
        desk.bucket("photos")
        rect = desk.tree.visualRect(desk.tree.model().index_of(Location("other")))
        drop(desk.tree, rect.center(), files_data(source))
        desk.until(lambda: desk.storage.exists("other", "trip/day/one.txt", desk.me))

    def test_files_in_the_clipboard_are_pasted(self, desk: Desk, source: Path) -> None:
        desk.bucket()
        QGuiApplication.clipboard().setMimeData(files_data(source))
        desk.until(lambda: desk.session._tracker.situation().can_paste)
        trigger(desk, ActionId.PASTE)
        desk.until(lambda: desk.names == ["trip"])

    def test_a_picture_in_the_clipboard_is_pasted_as_a_file(self, desk: Desk) -> None:
        desk.bucket()
        picture = QImage(8, 8, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.red)
        QGuiApplication.clipboard().setImage(picture)
        desk.until(lambda: desk.session._tracker.situation().can_paste)
        trigger(desk, ActionId.PASTE)
        desk.until(lambda: len(desk.names) == 1 and desk.names[0].endswith(".png"))
        assert QImage.fromData(desk.read(desk.names[0])).size() == picture.size()
        assert desk.storage.info("photos", desk.names[0], desk.me).mime_type == "image/png"

    def test_a_name_that_is_taken_is_asked_about(self, desk: Desk, source: Path) -> None:
        desk.bucket()
        desk.put("one.txt", b"before")
        drop(desk.table, QPoint(40, 300), files_data(source / "day" / "one.txt"))
        dialog = desk.dialog(ConflictDialog)
        assert [other for other in desk.shell.findChildren(ConflictDialog) if other.isVisible()] == [dialog]
        dialog.close()
        desk.until(lambda: not desk.session._side.transfers.active)
        assert desk.read("one.txt") == b"before"


class TestFilesOut:
    def test_a_copy_that_cannot_be_whole_is_refused(self, desk: Desk, data_dir: Path) -> None:
        bucket = desk.bucket()
        for name in ("good.txt", "bad.txt"):
            desk.put(name, b"alpha")
        (data_dir / "storage" / bucket.id / "bad.txt").write_bytes(b"wrong")
        desk.select("good.txt", "bad.txt")
        trigger(desk, ActionId.COPY)
        desk.until(lambda: len(desk.shell.banners.banners) == 1)
        assert not carries_files(QGuiApplication.clipboard().mimeData())
        assert "good.txt" not in QGuiApplication.clipboard().text()

    def test_copying_puts_real_files_into_the_clipboard(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a.txt", b"alpha")
        desk.put("dir/b.txt", b"beta")
        desk.until(lambda: desk.names == ["dir", "a.txt"])
        desk.select("dir", "a.txt")
        trigger(desk, ActionId.COPY)
        clipboard = QGuiApplication.clipboard()
        desk.until(lambda: carries_files(clipboard.mimeData()))
        paths = {Path(url.toLocalFile()).name: Path(url.toLocalFile()) for url in clipboard.mimeData().urls()}
        assert paths["a.txt"].read_bytes() == b"alpha"
        assert (paths["dir"] / "b.txt").read_bytes() == b"beta"

    def test_copies_are_gone_when_the_window_is(self, desk: Desk, data_dir: Path) -> None:
        desk.bucket()
        desk.put("a.txt", b"alpha")
        desk.select("a.txt")
        trigger(desk, ActionId.COPY)
        desk.until(lambda: carries_files(QGuiApplication.clipboard().mimeData()))
        assert (data_dir / "outgoing").exists()
        close(desk.window)
        assert not (data_dir / "outgoing").exists()


class TestLinks:
    def start_server(self, desk: Desk) -> None:
        desk.session._settings.server_port = 0
        trigger(desk, ActionId.SERVER_SWITCH)
        desk.until(lambda: desk.session._side.server.state is ServerState.ON)

    def test_a_copied_link_opens_the_object(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a b.txt", b"alpha")
        self.start_server(desk)
        desk.select("a b.txt")
        trigger(desk, ActionId.COPY_LINK)
        desk.until(lambda: QGuiApplication.clipboard().text().startswith("http://127.0.0.1:"))
        with urllib.request.urlopen(QGuiApplication.clipboard().text(), timeout=10) as answer:
            assert answer.read() == b"alpha"

    def test_with_the_server_off_the_link_is_copied_with_a_warning_and_a_way_out(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a.txt", b"alpha")
        desk.select("a.txt")
        desk.session._settings.server_port = 0
        trigger(desk, ActionId.COPY_LINK)
        desk.until(lambda: "server is off" in desk.toast.text)
        desk.toast._button.click()
        desk.until(lambda: desk.session._side.server.state is ServerState.ON)
        port = desk.session._side.server.url.rpartition(":")[2]
        desk.until(lambda: f":{port}/" in QGuiApplication.clipboard().text())
        with urllib.request.urlopen(QGuiApplication.clipboard().text(), timeout=10) as answer:
            assert answer.read() == b"alpha"

    def test_the_dialog_makes_a_link_that_works(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a.txt", b"alpha")
        self.start_server(desk)
        desk.select("a.txt")
        trigger(desk, ActionId.LINK_DIALOG)
        dialog = desk.dialog(LinkDialog)
        desk.until(lambda: dialog.copy.isEnabled())
        with urllib.request.urlopen(dialog.link.text(), timeout=10) as answer:
            assert answer.read() == b"alpha"
        assert "this computer alone" in dialog.notice.text

    def test_a_link_dialog_closed_before_the_server_is_found_is_left_alone(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.bucket()
        desk.put("a.txt")
        desk.select("a.txt")
        found: list[Callable[[], None]] = []
        monkeypatch.setattr(desk.session._side.server, "look_beside", found.append)
        trigger(desk, ActionId.LINK_DIALOG)
        dialog = desk.dialog(LinkDialog)
        dialog.close()
        desk.until(lambda: not shiboken6.isValid(dialog))
        for then in found:
            then()

    def test_a_server_that_another_process_runs_counts(self, desk: Desk, data_dir: Path) -> None:
        desk.bucket()
        desk.put("a.txt", b"alpha")
        desk.select("a.txt")
        beside = StorageServer(desk.session._side._workspace)
        beside.start()
        trigger(desk, ActionId.COPY_LINK)
        desk.until(lambda: "Link copied" in desk.toast.text)
        assert "off" not in desk.toast.text
        with urllib.request.urlopen(QGuiApplication.clipboard().text(), timeout=10) as answer:
            assert answer.read() == b"alpha"
        beside.stop()

    def test_a_public_link_needs_no_token(self, desk: Desk) -> None:
        desk.bucket(public=True)
        desk.put("ä b.txt", b"alpha")
        self.start_server(desk)
        desk.select("ä b.txt")
        trigger(desk, ActionId.COPY_PUBLIC_LINK)
        desk.until(lambda: "/public/" in QGuiApplication.clipboard().text())
        link = QGuiApplication.clipboard().text()
        assert "token" not in link
        with urllib.request.urlopen(link, timeout=10) as answer:
            assert answer.read() == b"alpha"

    def test_a_port_in_use_is_a_banner_with_a_way_out(self, desk: Desk) -> None:
        self.start_server(desk)
        taken = int(desk.session._side.server.url.rpartition(":")[2])
        other = desk.session._side.server
        failed = []
        side = desk.session._side
        beside = type(other)(side._workspace, side.acting, desk.session._tasks, desk.shell)
        beside.start("127.0.0.1", taken, lambda: None, failed.append)
        desk.until(lambda: len(failed) == 1)
        desk.window.errors.present(failed[0])
        assert len(desk.shell.banners.banners) == 1
        assert beside.state is ServerState.OFF

    def test_the_server_stops(self, desk: Desk) -> None:
        self.start_server(desk)
        trigger(desk, ActionId.SERVER_SWITCH)
        desk.until(lambda: desk.session._side.server.state is ServerState.OFF)
        assert desk.session._side.server.url == ""


class TestLooking:
    def test_status_bar_counts_and_sums(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a", b"12345")
        desk.put("b", b"12345")
        desk.put("dir/c")
        desk.until(lambda: len(desk.names) == 3)
        desk.until(lambda: desk.views.status.counts == "1 folder, 2 objects")
        desk.select("a", "b")
        assert desk.views.status.counts == "2 selected, 10 bytes  ·  1 folder, 2 objects"

    def test_inspector_shows_what_is_known(self, desk: Desk) -> None:
        desk.bucket()
        stored = desk.put("notes.txt", b"hello inspector")
        desk.session._show_inspector(True)
        desk.select("notes.txt")
        desk.until(lambda: desk.views.inspector.item is not None)
        facts = desk.views.inspector.facts()
        assert facts["SHA-256"] == stored.checksum
        assert facts["MIME type"] == "text/plain"
        assert facts["Size"] == "15 bytes"
        assert facts["Owner"] == "You"
        desk.until(lambda: desk.views.inspector.preview.text.toPlainText() == "hello inspector")

    def test_of_a_damaged_picture_its_bytes_are_shown(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("broken.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
        desk.session._show_inspector(True)
        desk.select("broken.png")
        preview = desk.views.inspector.preview
        desk.until(lambda: preview.page is preview.bytes)
        assert "damaged" in preview.note.text()
        assert preview.bytes.row_text(0).startswith("000000  89 50 4e 47")

    def test_sorting_by_size_is_done_by_the_engine(self, desk: Desk) -> None:
        desk.bucket()
        for name, size in (("a", 3), ("b", 1), ("c", 2)):
            desk.put(name, b"x" * size)
        desk.table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.DescendingOrder)
        desk.until(lambda: desk.names == ["a", "c", "b"])

    def test_owner_can_not_be_sorted_by_and_says_so_by_its_arrow(self, desk: Desk) -> None:
        desk.bucket()
        desk.put("a")
        desk.table.horizontalHeader().setSortIndicator(4, Qt.SortOrder.AscendingOrder)
        assert desk.table.horizontalHeader().sortIndicatorSection() == 0

    def test_changes_appear_by_themselves_in_table_and_tree(self, desk: Desk) -> None:
        desk.bucket()
        desk.storage.upload("photos", "new/x", b"x", desk.me)
        desk.until(lambda: desk.names == ["new"])
        desk.until(lambda: desk.tree.model().hasChildren(desk.tree.model().index_of(Location("photos"))))

    def test_dark_is_one_choice_and_remembered(self, desk: Desk) -> None:
        trigger(desk, ActionId.THEME_DARK)
        assert desk.session._look.theme.dark
        assert desk.session._settings.theme is ThemeMode.DARK

    def test_home_and_end_go_to_the_first_and_the_last_row(self, desk: Desk) -> None:
        desk.bucket()
        for name in "abc":
            desk.put(name)
        desk.table.setFocus()
        desk.qtbot.keyClick(desk.table, Qt.Key.Key_End)
        assert desk.table.currentIndex().row() == 2
        desk.qtbot.keyClick(desk.table, Qt.Key.Key_Home)
        assert desk.table.currentIndex().row() == 0

    def test_the_column_that_sorts_has_an_arrow(self, desk: Desk) -> None:
        desk.bucket()
        titles = [str(desk.model.headerData(i, Qt.Orientation.Horizontal)) for i in range(3)]
        assert titles == ["Name ↑", "Size", "Type"]

    def test_invert_selects_the_others(self, desk: Desk) -> None:
        desk.bucket()
        for name in "abcd":
            desk.put(name)
        desk.select("b")
        trigger(desk, ActionId.INVERT_SELECTION)
        assert desk.table.ranges == [range(1), range(2, 4)]

    def test_a_refresh_elsewhere_keeps_the_selection(self, desk: Desk) -> None:
        desk.bucket()
        for name in ("m", "n", "o"):
            desk.put(name)
        desk.select("n")
        desk.put("a")
        assert [desk.model.row(i).name for span in desk.table.ranges for i in span] == ["n"]

    def test_public_and_private_are_said_beside_the_path(self, desk: Desk) -> None:
        desk.bucket("open", public=True)
        desk.until(lambda: desk.views.breadcrumb._badge.text() == "Public")
        desk.bucket("closed")
        desk.until(lambda: desk.views.breadcrumb._badge.text() == "Private")

    def test_settings_of_a_bucket_are_saved(self, desk: Desk) -> None:
        desk.bucket()
        trigger(desk, ActionId.BUCKET_PROPERTIES)
        dialog = desk.dialog(BucketDialog)
        dialog.public.setChecked(True)
        dialog.types.setText("image/*")
        dialog.save.click()
        desk.until(lambda: desk.storage.get_bucket("photos", desk.me).public)
        assert desk.storage.get_bucket("photos", desk.me).allowed_mime_types == ("image/*",)
        desk.until(lambda: desk.views.breadcrumb._badge.text() == "Public")

    def test_settings_that_nobody_touched_here_stay_as_somebody_else_has_set_them(self, desk: Desk) -> None:
        desk.bucket()
        trigger(desk, ActionId.BUCKET_PROPERTIES)
        dialog = desk.dialog(BucketDialog)
        desk.storage.update_bucket("photos", desk.me, BucketChanges(public=True, retention=Retention(versions=3)))
        dialog.types.setText("image/*")
        dialog.save.click()
        desk.until(lambda: desk.storage.get_bucket("photos", desk.me).allowed_mime_types == ("image/*",))
        found = desk.storage.get_bucket("photos", desk.me)
        assert (found.public, found.retention) == (True, Retention(versions=3))

    def test_name_and_settings_of_a_bucket_are_saved_in_one_step(self, desk: Desk) -> None:
        desk.bucket()
        trigger(desk, ActionId.BUCKET_PROPERTIES)
        dialog = desk.dialog(BucketDialog)
        told: list[StorageEvent] = []
        unsubscribe = desk.storage.events.subscribe(told.append)
        dialog.name.setText("pictures")
        dialog.types.setText("image/*")
        dialog.save.click()
        desk.until(lambda: not any(open_.isVisible() for open_ in desk.shell.findChildren(BucketDialog)))
        unsubscribe()
        assert desk.storage.get_bucket("pictures", desk.me).allowed_mime_types == ("image/*",)
        assert [event.bucket for event in told] == ["pictures"]


class TestStartAndEnd:
    def test_the_place_is_remembered(self, open_window: Callable[[], Window], qtbot: QtBot) -> None:
        desk = Desk(open_window(), qtbot)
        desk.bucket("other")
        desk.bucket("photos")
        desk.put("a/x")
        desk.go("photos", "a/")
        close(desk.window)
        again = Desk(open_window(), qtbot)
        again.until(lambda: again.model.view is not None)
        assert again.model.view.location == Location("photos", "a/")

    def test_a_place_that_is_gone_is_no_obstacle(self, open_window: Callable[[], Window], qtbot: QtBot) -> None:
        desk = Desk(open_window(), qtbot)
        desk.bucket("other")
        desk.session._settings.place = "gone/far/"
        close_with_place(desk, "gone/far/")
        again = Desk(open_window(), qtbot)
        again.until(lambda: again.model.view is not None)
        assert again.model.view.location == Location("other")

    def test_a_damaged_database_is_explained_not_replaced(self, qapp, qtbot: QtBot, look, data_dir: Path) -> None:
        data_dir.mkdir()
        (data_dir / "holdall.db").write_bytes(b"this is no database" * 1000)
        window = Window(qapp, look.theme)
        with qtbot.waitSignal(window.failed, timeout=20_000):
            window.open(data_dir)
        page = window._page._stack.currentWidget()
        texts = [child.text() for child in page.findChildren(type(window._page._word))]
        assert "The database is damaged or missing" in texts
        assert window.session is None
        assert (data_dir / "holdall.db").read_bytes().startswith(b"this is no database")
        leave(window)

    def test_a_lost_database_is_explained_not_begun_anew(self, qapp, qtbot: QtBot, look, data_dir: Path) -> None:
        with open_workspace(Settings(data_dir), FixedSecrets(bytes(32))) as workspace:
            workspace.storage.create_bucket("photos", workspace.context)
            workspace.storage.upload("photos", "a", b"kept", workspace.context)
        (data_dir / "holdall.db").unlink()
        window = Window(qapp, look.theme, FixedSecrets(bytes(32)))
        with qtbot.waitSignal(window.failed, timeout=20_000):
            window.open(data_dir)
        page = window._page._stack.currentWidget()
        texts = " ".join(child.text() for child in page.findChildren(type(window._page._word)))
        assert "there are stored files" in texts
        assert "backup" in texts
        assert not (data_dir / "holdall.db").exists()
        leave(window)

    def test_another_folder_can_be_chosen_instead(self, qapp, qtbot: QtBot, look, data_dir: Path) -> None:
        data_dir.mkdir()
        (data_dir / "holdall.db").write_bytes(b"this is no database" * 1000)
        window = Window(qapp, look.theme, FixedSecrets(bytes(32)))
        with qtbot.waitSignal(window.failed, timeout=20_000):
            window.open(data_dir)
        with qtbot.waitSignal(window.opened, timeout=20_000):
            window.open(data_dir.parent / "other")
        desk = Desk(window, qtbot)
        desk.bucket()
        assert desk.views.bench.isVisible()
        leave(window)

    def test_a_file_in_the_place_of_the_folder_is_explained(self, qapp, qtbot: QtBot, look, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        window = Window(qapp, look.theme)
        with qtbot.waitSignal(window.failed, timeout=20_000):
            window.open(tmp_path / "taken" / "data")
        assert window.shell.isVisible()
        assert window.session is None
        leave(window)

    def test_the_first_wish_to_close_closes(self, desk: Desk) -> None:
        desk.shell.close()
        desk.until(lambda: not desk.shell.isVisible())

    def test_closing_while_something_moves_asks(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(desk.session._side.transfers), "active", property(lambda _: True))
        desk.shell.close()
        dialog = desk.dialog(QuitDialog)
        dialog.reject()
        assert desk.shell.isVisible()
        desk.shell.close()
        desk.dialog(QuitDialog)._leave()
        desk.until(lambda: not desk.shell.isVisible())


def close_with_place(desk: Desk, place: str) -> None:
    desk.session.remember = lambda: setattr(desk.session._settings, "place", place)
    close(desk.window)
