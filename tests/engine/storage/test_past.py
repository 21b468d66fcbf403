"""A bucket as it was: listed, counted and read again from the rows of history; the model plays it at random."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from engine.backends.base import StorageBackend
from engine.errors import BytesMissing, InvalidRequest, ObjectNotFound
from engine.files.archive import ARCHIVE_FOLDER
from engine.files.history import _ENDS_TO_COME
from engine.files.past_queries import PastRules, objects_page_at
from engine.storage import FileStorage
from engine.times import now_us, to_datetime
from engine.types import (
    FolderCount,
    ListRequest,
    Retention,
    RlsContext,
    SortColumn,
    UploadItem,
    UploadOptions,
)
from tests.policies import let_owners

KEEP = Retention(days=30, trash_days=30)
REPLACE = UploadOptions(replace=True)


def put(storage: FileStorage, path: str, data: bytes, context: RlsContext) -> None:
    storage.upload("photos", path, data, context, REPLACE)


def now() -> datetime:
    """Return a moment that nothing else happens at."""
    time.sleep(0.002)
    moment = datetime.now(UTC)
    time.sleep(0.002)
    return moment


def listed(storage: FileStorage, moment: datetime, context: RlsContext, limit: int = 1000, **order: object) -> set[str]:
    """Return all paths of a bucket at a moment, walked folder by folder and page by page."""
    return set(_walk(storage, "", moment, context, limit, order))


def _walk(
    storage: FileStorage, prefix: str, moment: datetime, context: RlsContext, limit: int, order: dict[str, object]
) -> Iterator[str]:
    cursor = None
    while True:
        request = ListRequest(prefix, limit=limit, cursor=cursor, moment=moment, **order)  # type: ignore[arg-type]
        page = storage.list("photos", request, context)
        for folder in page.folders:
            yield from _walk(storage, folder.path, moment, context, limit, order)
        yield from (stored.path for stored in page.objects)
        cursor = page.next_cursor
        if cursor is None:
            return


def read(storage: FileStorage, path: str, moment: datetime, context: RlsContext) -> bytes:
    with storage.past.open("photos", path, moment, context, verify=True) as reader:
        return reader.read()


def test_before_and_after(storage: FileStorage, service: RlsContext):
    storage.create_bucket("photos", service, retention=KEEP)
    empty = now()
    put(storage, "d/a", b"one", service)
    first = now()
    put(storage, "d/a", b"two", service)
    second = now()
    storage.move("photos", "d/a", "e/a", service)
    third = now()
    storage.delete("photos", "e/a", service)
    last = now()
    assert [listed(storage, moment, service) for moment in (empty, first, second, third, last)] == [
        set(),
        {"d/a"},
        {"d/a"},
        {"e/a"},
        set(),
    ]
    assert read(storage, "d/a", first, service) == b"one"
    assert read(storage, "d/a", second, service) == b"two"
    assert read(storage, "e/a", third, service) == b"two"
    for path, moment in (("d/a", empty), ("d/a", third), ("e/a", last)):
        with pytest.raises(ObjectNotFound):
            read(storage, path, moment, service)


def test_what_came_back_from_the_trash_was_away(storage: FileStorage, service: RlsContext):
    storage.create_bucket("photos", service, retention=KEEP)
    put(storage, "a", b"one", service)
    there = now()
    storage.delete("photos", "a", service)
    away = now()
    (item,) = storage.trash.list("photos", service).items
    assert item.id is not None
    storage.trash.restore("photos", [item.id], service)
    back = now()
    assert [listed(storage, moment, service) for moment in (there, away, back)] == [{"a"}, set(), {"a"}]
    assert read(storage, "a", there, service) == read(storage, "a", back, service) == b"one"


def test_everybody_sees_their_own_past(storage: FileStorage, service: RlsContext, alice: RlsContext, bob: RlsContext):
    storage.create_bucket("photos", service, retention=KEEP)
    let_owners(storage, "photos")
    put(storage, "d/a", b"hers", alice)
    put(storage, "e/b", b"his", bob)
    then = now()
    storage.delete_many("photos", ["d/", "e/"], service)
    assert listed(storage, then, alice) == {"d/a"}
    assert listed(storage, then, bob) == {"e/b"}
    with pytest.raises(ObjectNotFound):
        read(storage, "e/b", then, alice)


def test_every_order_and_page(storage: FileStorage, service: RlsContext):
    storage.create_bucket("photos", service, retention=KEEP)
    paths = {f"{folder}{name}" for folder in ("", "x/", "y/", "y/z/") for name in "abc"}
    for path in sorted(paths):
        put(storage, path, path.encode(), service)
    then = now()
    for path in ("a", "x/a", "y/z/b"):
        put(storage, path, b"new", service)
    storage.delete_many("photos", ["b", "x/"], service)
    storage.move_folder("photos", "y/", "z/", service)
    for sort, descending in product(SortColumn, [False, True]):
        for limit in (1, 2, 1000):
            assert listed(storage, then, service, limit, sort=sort, descending=descending) == paths, (sort, limit)
        request = ListRequest(limit=1000, sort=sort, descending=descending, moment=then)
        page = storage.list("photos", request, service)
        names = [stored.name for stored in page.objects]
        assert [folder.path for folder in page.folders] == sorted(
            ["x/", "y/"], reverse=descending and sort is SortColumn.NAME
        ), request
        assert names in (["a", "b", "c"], ["c", "b", "a"]), request
        again = storage.list("photos", replace(request, limit=3, offset=1), service)
        assert [folder.path for folder in again.folders] == [folder.path for folder in page.folders[1:]], request
        assert [stored.name for stored in again.objects] == names[:2], request


def test_a_clock_that_was_set_back(storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch):
    storage.create_bucket("photos", service, retention=KEEP)
    put(storage, "a", b"one", service)
    monkeypatch.setattr("engine.files.mutations.now_us", lambda: 1_000_000)
    put(storage, "a", b"two", service)
    storage.move("photos", "a", "b", service)
    put(storage, "b", b"three", service)
    storage.delete("photos", "b", service)
    versions = [*storage.versions.list("photos", "a", service), *storage.versions.list("photos", "b", service)]
    assert len(versions) == 4
    assert all(version.until_us is not None and version.since_us < version.until_us for version in versions)


@pytest.mark.parametrize("coming", ["upload", "many", "move", "rename", "restore"])
def test_nothing_stands_twice_at_a_path_after_a_clock_was_set_back(
    storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, coming: str
):
    hour_us, clock = 3_600_000_000, [now_us()]
    monkeypatch.setattr("engine.files.mutations.now_us", lambda: clock[0])
    storage.create_bucket("photos", service, retention=KEEP)
    put(storage, "x/p", b"other", service)
    put(storage, "d/p", b"old", service)
    moments = [to_datetime(clock[0] + step) for step in (-hour_us, 0, 1, 2, 3)]
    clock[0] -= 2 * hour_us
    storage.delete("photos", "d/p", service)
    clock[0] += hour_us
    match coming:
        case "upload":
            put(storage, "d/p", b"new", service)
        case "many":
            (tmp_path / "p").write_bytes(b"new")
            storage.upload_many("photos", [UploadItem(tmp_path / "p", "d/p")], service)
        case "move":
            storage.move("photos", "x/p", "d/p", service)
        case "rename":
            storage.move_folder("photos", "x/", "d/", service)
        case "restore":
            put(storage, "y", b"deleted", service)
            storage.delete("photos", "y", service)
            (item,) = (item for item in storage.trash.list("photos", service).items if item.info.path == "y")
            assert item.id is not None
            storage.trash.restore("photos", [item.id], service, target_path="d/p")

    newest, *older = storage.versions.list("photos", "d/p", service)
    assert len(older) == 1
    assert older[0].until_us is not None
    assert newest.since_us >= older[0].until_us
    for moment in moments:
        page = storage.list("photos", ListRequest("d/", moment=moment), service)
        assert len(page.objects) == storage.count_folder("photos", "d/", service, moment).objects <= 1


def test_that_nothing_is_to_come_is_seen_in_an_index(storage: FileStorage):
    """Every upload and every move asks."""
    engine = storage._executor._engine
    compiled = _ENDS_TO_COME.compile(dialect=engine.dialect)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ("b", 1)).all()
    assert "(bucket_id=? AND valid_to>?)" in rows[0][3]


@pytest.mark.parametrize("table", ["storage_objects", "storage_object_versions"])
def test_a_page_reads_a_range_of_an_index_in_its_order(storage: FileStorage, table: str):
    """No table is read as a whole, nor sorted before the page is cut from it."""
    engine = storage._executor._engine
    query = objects_page_at(PastRules(None, None), SortColumn.NAME, descending=False, resumed=True)
    compiled = query.compile(dialect=engine.dialect)
    values = dict.fromkeys(compiled.params, 1) | {name: value for name, value in compiled.params.items() if value == ""}
    with engine.connect() as connection:
        place = [values[name] for name in compiled.positiontup or ()]
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(place)).all()
    steps = [row[3] for row in rows if table + " " in row[3]]
    assert len(steps) == 1
    assert "(bucket_id=? AND parent=? AND leaf>?" in steps[0]


@pytest.mark.parametrize("change", ["replace", "move", "delete"])
def test_what_is_changed_while_it_is_looked_for_is_found(
    storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch, change: str
):
    storage.create_bucket("photos", service, retention=KEEP)
    put(storage, "a", b"one", service)
    then = now()
    look, changes = storage.past._look, [change]

    def look_and_change(*arguments: object) -> object:
        stood = look(*arguments)  # type: ignore[arg-type]
        match changes and changes.pop():
            case "replace":
                put(storage, "a", b"two", service)
            case "move":
                storage.move("photos", "a", "b", service)
            case "delete":
                storage.delete("photos", "a", service)
        return stood

    monkeypatch.setattr(storage.past, "_look", look_and_change)
    assert read(storage, "a", then, service) == b"one"


def test_a_moment_says_its_time_zone(storage: FileStorage, service: RlsContext):
    storage.create_bucket("photos", service, retention=KEEP)
    naive = datetime(2026, 1, 1)
    with pytest.raises(InvalidRequest):
        storage.list("photos", ListRequest(moment=naive), service)
    with pytest.raises(InvalidRequest):
        storage.count_folder("photos", "", service, naive)
    with pytest.raises(InvalidRequest):
        storage.past.open("photos", "a", naive, service)


@pytest.mark.parametrize("moved", [False, True])
def test_empty_folders_are_part_of_the_past(
    storage: FileStorage, service: RlsContext, alice: RlsContext, tmp_path: Path, moved: bool
):
    storage.create_bucket("photos", service, retention=KEEP)
    for path in ("empty/", "d/e/"):
        storage.create_folder("photos", path, service)
    put(storage, "d/a", b"one", service)
    then = now()
    if moved:
        storage.move_folder("photos", "d/", "g/", service)
        storage.delete_many("photos", ["empty/"], service)

    report = storage.download_tree("photos", ["empty/", ""], tmp_path / "t", service, moment=then)
    assert (report.done, report.failures) == (1, ())
    assert {str(path.relative_to(tmp_path / "t")) for path in (tmp_path / "t").rglob("*")} == {
        "empty",
        "d",
        "d/a",
        "d/e",
    }
    assert storage.download_tree("photos", ["empty/"], tmp_path / "u", alice, moment=then).failures


def test_a_version_without_bytes_keeps_no_other_from_being_written_out(
    storage: FileStorage, backend: StorageBackend, service: RlsContext, tmp_path: Path
):
    storage.create_bucket("photos", service, retention=KEEP)
    for path in ("a", "b"):
        put(storage, path, b"old", service)
    then = now()
    put(storage, "a", b"new", service)
    (entry,) = backend.list(ARCHIVE_FOLDER)
    backend.delete(entry.key)

    assert storage.past.info("photos", "a", then, service).size_bytes == 3
    report = storage.download_tree("photos", ["a", "b"], tmp_path / "t", service, moment=then)
    assert [(failure.path, type(failure.error)) for failure in report.failures] == [("a", BytesMissing)]
    assert (tmp_path / "t/b").read_bytes() == b"old"


def test_a_folder_is_counted_and_written_out_as_it_was(storage: FileStorage, service: RlsContext, tmp_path: Path):
    storage.create_bucket("photos", service, retention=KEEP)
    for path in ("a", "d/a", "d/b", "d/e/c"):
        put(storage, path, path.encode(), service)
    then = now()
    put(storage, "d/a", b"new", service)
    storage.delete("photos", "d/b", service)
    storage.move("photos", "d/e/c", "g/c", service)
    put(storage, "d/late", b"late", service)
    assert storage.count_folder("photos", "d/", service, then) == FolderCount(1, 2)
    assert storage.count_folder("photos", "", service, then) == FolderCount(1, 1)
    report = storage.download_tree("photos", ["d/", "a", "d/late"], tmp_path / "t", service, moment=then)
    for path in ("a", "d/a", "d/b", "d/e/c"):
        assert (tmp_path / "t" / path).read_bytes() == path.encode()
    assert [failure.path for failure in report.failures] == ["d/late"]
    assert report.done == 4


def test_the_last_moment_before_something_changed(storage: FileStorage, service: RlsContext):
    storage.create_bucket("photos", service, retention=KEEP)
    put(storage, "a", b"one", service)
    assert storage.past.before_last_change("photos", service) is None
    put(storage, "a", b"two", service)
    put(storage, "b", b"new", service)
    moment = storage.past.before_last_change("photos", service)
    assert moment is not None
    assert read(storage, "a", moment, service) == b"one"
    assert storage.past.before_last_change("photos", RlsContext()) is None
