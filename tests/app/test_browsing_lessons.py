"""What other programs' users complain of while browsing, asked of the real window on the real engine."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QTest
from sqlalchemy import text

from app.actions import ActionId
from app.bridge.folder_pages import FolderPages
from app.bridge.reading import Found
from app.bridge.reversals import FolderGone
from app.bridge.tasks import Ticket
from app.dialogs.delete_dialog import DeleteDialog
from app.location import Location
from app.models.folder_model import FolderModel
from app.models.pages import PAGE_ROWS, PAGES_MAX
from app.models.searches import Search
from app.models.sources import Branch, View
from app.models.transfers import TransfersModel
from app.models.tree_model import TreeModel
from engine.errors import ObjectAlreadyExists
from engine.limits import LIST_PAGE_MAX
from engine.types import ListPage, ListRequest, RlsContext
from tests.app.helpers import Desk

MANY = 6_000


def fill(desk: Desk, count: int, parent: str, leaf: str = "n%06d.txt") -> None:
    """Write rows without bytes: browsing never reads any."""
    statement = """
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
        INSERT INTO storage_objects (id, bucket_id, parent, leaf, owner_id, size_bytes, mime_type, checksum,
            cache_control, user_metadata, version, physical_path, created_at, updated_at, valid_from)
        SELECT printf('%s%d', :parent, i), (SELECT id FROM storage_buckets WHERE name = 'photos'), printf(:parent, i),
            printf(:leaf, i), :owner, i % 97, 'text/plain', '', 'no-cache', '{}', printf('%s%d', :parent, i), '',
            1, i, 1
        FROM n
    """
    values = {"count": count, "parent": parent, "leaf": leaf, "owner": desk.session._side._workspace.owner_id}
    with desk.session._side._workspace._core.executor.transaction(desk.me) as tx:
        tx.execute(text(statement), values)


class Calls:
    """Counts what the window asks of the engine."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: Counter[str] = Counter()
        for name in ("list", "count_folder", "info", "exists", "tree_size", "open_object"):
            monkeypatch.setattr(desk.storage, name, self._counted(name, getattr(desk.storage, name)), raising=True)

    def _counted(self, name: str, call):
        def counted(*arguments, **names):
            self.made[name] += 1
            return call(*arguments, **names)

        return counted


@pytest.fixture
def photos(desk: Desk) -> Desk:
    desk.bucket("photos")
    return desk


def rest(desk: Desk) -> None:
    """Wait until nothing is read any more."""
    desk.until(lambda: not desk.session._tasks._pending)


def test_a_folder_costs_calls_by_the_screen_not_by_the_row(photos: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cyberduck 15716 (a request for each row) and 12911 (unresponsive from 5,000 files)."""
    fill(photos, MANY, "large/")
    rest(photos)
    calls = Calls(photos, monkeypatch)
    photos.go("photos", "large/")
    photos.until(lambda: photos.model.is_counted)
    rest(photos)
    photos.table.scrollToBottom()
    photos.until(lambda: photos.model.row(MANY - 1) is not None)
    rest(photos)
    assert photos.model.rowCount() == MANY
    assert sum(calls.made.values()) <= 30
    assert photos.model.held_pages <= PAGES_MAX


def test_a_small_folder_is_one_call(photos: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cyberduck 15716."""
    fill(photos, 500, "small/")
    rest(photos)
    calls = Calls(photos, monkeypatch)
    pages = FolderPages(photos.storage, photos.session._side.row_maker)
    snapshot = pages.look(View(Location("photos", "small/")), photos.me)
    assert (calls.made, snapshot.is_counted, snapshot.count.total) == ({"list": 1}, True, 500)


def test_thousands_of_folders_are_rows_like_others(photos: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cyberduck 14023 (10,000 folders hang)."""
    fill(photos, MANY, "in/f%05d/", "x.txt")
    rest(photos)
    calls = Calls(photos, monkeypatch)
    photos.go("photos", "in/")
    photos.until(lambda: photos.model.is_counted)
    assert photos.model.count.folders == MANY
    photos.table.scrollToBottom()
    photos.until(lambda: photos.model.row(MANY - 1) is not None)
    assert photos.model.row(MANY - 1).path == f"in/f{MANY - 1:05}/"
    rest(photos)
    assert sum(calls.made.values()) <= 30


def test_no_number_of_rows_is_a_limit(photos: Desk) -> None:
    """Supabase 13400 (200 items are shown, the rest is not there)."""
    fill(photos, 3_000, "in/")
    photos.go("photos", "in/")
    photos.until(lambda: photos.model.is_counted and photos.model.rowCount() == 3_000)
    for number in range(0, 3_000, PAGE_ROWS):
        photos.model.index(number, 0).data()
        photos.until(lambda number=number: photos.model.row(number) is not None)
        assert photos.model.row(number).name == f"n{number:06}.txt"


def test_marks_of_folders_are_never_rows(photos: Desk) -> None:
    """Supabase 26768 and cli 940 (placeholder objects leak into the view)."""
    photos.storage.create_folder("photos", "empty/", photos.me)
    photos.storage.upload("photos", "kept/in/x.txt", b"x", photos.me)
    photos.until(lambda: photos.names == ["empty", "kept"])
    photos.go("photos", "empty/")
    photos.until(lambda: photos.views.pane.page is photos.views.pane.empty_folder)
    assert photos.model.rowCount() == 0
    assert photos.model.count.total == 0
    assert photos.storage.list("photos", ListRequest("empty/"), photos.me).objects == ()


def test_a_name_is_found_however_it_is_composed(photos: Desk) -> None:
    """copyparty 605 (a search in one Unicode form misses names in the other)."""
    for form in ("NFC", "NFD"):
        photos.put(unicodedata.normalize(form, f"Café {form}.txt"))
    photos.put("tea.txt")
    for action in (ActionId.FILTER, ActionId.SEARCH):
        for typed in ("Café", unicodedata.normalize("NFD", "café"), "CAFE"):
            photos.session.actions[action].trigger()
            photos.views.pane.filter.field.setText(typed)
            photos.until(lambda: len(photos.names) == 2)
            photos.views.pane.filter.put_away()
            photos.until(lambda: len(photos.names) == 3)


def test_the_key_that_confirms_deletes_nothing_for_good(photos: Desk) -> None:
    """Files 11654 (deleting for good is preselected)."""
    photos.put("a.txt")
    photos.select("a.txt")
    photos.session.actions[ActionId.DELETE_FOR_GOOD].trigger()
    dialog = photos.dialog(DeleteDialog)
    photos.until(dialog.confirm.isEnabled)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    photos.until(lambda: not dialog.isVisible())
    rest(photos)
    assert photos.storage.exists("photos", "a.txt", photos.me)


def test_deleting_one_folder_leaves_all_others(photos: Desk) -> None:
    """MinIO console 906 (deleting one folder emptied the bucket)."""
    for path in ("trip/a.txt", "trip/deep/b.txt", "trips/c.txt", "trip.txt", "TRIP/d.txt"):
        photos.storage.upload("photos", path, b"x", photos.me)
    photos.until(lambda: len(photos.names) == 4)
    photos.select("trip")
    photos.session.actions[ActionId.DELETE].trigger()
    dialog = photos.dialog(DeleteDialog)
    photos.until(lambda: dialog.summary == "2 objects, 2 bytes")
    dialog.confirm.click()
    photos.until(lambda: photos.names == ["TRIP", "trips", "trip.txt"])
    left = [stored.path for stored in photos.storage.walk("photos", "", photos.me)]
    assert sorted(left) == ["TRIP/d.txt", "trip.txt", "trips/c.txt"]


def test_names_that_differ_in_case_alone_are_two_rows(photos: Desk) -> None:
    """aws-cli 9926 (case-only twins are taken for each other)."""
    photos.put("Notes.txt", b"upper")
    photos.put("notes.txt", b"lower")
    photos.select("notes.txt")
    assert [photos.model.row(span.start).name for span in photos.table.ranges] == ["notes.txt"]
    photos.session.controllers.editing.rename_row(photos.table.current_row(), "NOTES.txt")
    photos.until(lambda: photos.names == ["NOTES.txt", "Notes.txt"])
    assert (photos.read("NOTES.txt"), photos.read("Notes.txt")) == (b"lower", b"upper")


@pytest.mark.parametrize("kind", [FolderModel, TreeModel, TransfersModel])
def test_the_models_of_the_window_are_sound(photos: Desk, qtmodeltester, kind: type[QAbstractItemModel]) -> None:
    photos.put("a.txt")
    photos.storage.create_folder("photos", "trips/", photos.me)
    photos.until(lambda: photos.names == ["trips", "a.txt"])
    rest(photos)
    models = photos.shell.findChildren(kind)
    assert models
    for model in models:
        qtmodeltester.check(model, force_py=True)


def test_tree_and_start_count_no_objects(photos: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a place has folders, or is there at all, is told by its first entry: a million takes a while to count."""
    fill(photos, 3, "large/")
    rest(photos)
    calls, found = Calls(photos, monkeypatch), []
    photos.session._buckets.reload_all()
    photos.session._side.reader.nearest(Location("photos", "large/"), found.append)
    photos.session._side.reader.branches(Location("photos"), found.append)
    photos.until(lambda: len(found) == 2)
    rest(photos)
    assert sorted(found, key=str) == [(Branch("large", has_folders=False),), Found(Location("photos", "large/"))]
    assert calls.made["list"]
    assert not calls.made["count_folder"]


def test_of_a_folder_known_to_be_large_only_what_is_painted_first_is_read_first(
    photos: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(photos, MANY, "large/")
    rest(photos)
    asked: list[int] = []
    read = photos.storage.list

    def told(bucket: str, request: ListRequest, me: RlsContext) -> ListPage:
        asked.append(request.limit)
        return read(bucket, request, me)

    monkeypatch.setattr(photos.storage, "list", told, raising=True)
    pages = FolderPages(photos.storage, photos.session._side.row_maker)
    view = View(Location("photos", "large/"))
    first = pages.look(view, photos.me)
    assert pages.count(view, photos.me).total == MANY

    again = pages.look(view, photos.me)
    assert (again.pages, again.is_counted) == ({0: first.pages[0]}, False)
    few = pages.look(replace(view, search=Search("n0001")), photos.me)
    assert (few.count.total, few.is_counted) == (100, True)
    pages.look(View(Location("photos")), photos.me)
    assert asked == [LIST_PAGE_MAX, PAGE_ROWS, PAGE_ROWS, LIST_PAGE_MAX]


def test_whether_a_folders_name_is_free_is_told_without_counting(photos: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(photos, 3, "large/")
    rest(photos)
    calls, operations = Calls(photos, monkeypatch), photos.session._side.operations
    told: list[object] = []
    operations.create_folder(Location("photos", "large/"), told.append, told.append)
    operations.create_folder(Location("photos", "new/"), told.append, told.append)
    photos.until(lambda: len(told) == 2)
    FolderGone("photos", "large/").run(photos.storage, Ticket("", None), photos.me)
    rest(photos)
    assert isinstance(told[0], ObjectAlreadyExists)
    assert told[1] is None
    assert photos.storage.exists("photos", "large/n000000.txt", photos.me)
    assert not calls.made["count_folder"]
