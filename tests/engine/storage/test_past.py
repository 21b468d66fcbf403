"""A bucket as it was: listed, counted and read again from the rows of history; the model plays it at random."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import ObjectNotFound
from engine.files.past_queries import PastRules, objects_page_at
from engine.storage import FileStorage
from engine.types import FolderCount, ListRequest, Retention, RlsContext, SortColumn, UploadOptions

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
    put(storage, "d/a", b"hers", alice)
    put(storage, "e/b", b"his", bob)
    then = now()
    storage.delete_many("photos", ["d/", "e/"], service)
    assert listed(storage, then, alice) == {"d/a"}
    assert listed(storage, then, bob) == {"e/b"}
    with pytest.raises(ObjectNotFound):
        read(storage, "e/b", then, alice)


@pytest.mark.parametrize("sort", SortColumn)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_every_order_and_page(
    storage: FileStorage, service: RlsContext, sort: SortColumn, descending: bool, limit: int
):
    storage.create_bucket("photos", service, retention=KEEP)
    paths = {f"{folder}{name}" for folder in ("", "x/", "y/", "y/z/") for name in "abc"}
    for path in sorted(paths):
        put(storage, path, path.encode(), service)
    then = now()
    for path in ("a", "x/a", "y/z/b"):
        put(storage, path, b"new", service)
    storage.delete_many("photos", ["b", "x/"], service)
    storage.move_folder("photos", "y/", "z/", service)
    assert listed(storage, then, service, limit, sort=sort, descending=descending) == paths
    request = ListRequest(limit=1000, sort=sort, descending=descending, moment=then)
    page = storage.list("photos", request, service)
    names = [stored.name for stored in page.objects]
    assert [folder.path for folder in page.folders] == sorted(
        ["x/", "y/"], reverse=descending and sort is SortColumn.NAME
    )
    assert names in (["a", "b", "c"], ["c", "b", "a"])
    again = storage.list(
        "photos", ListRequest(limit=3, offset=1, sort=sort, descending=descending, moment=then), service
    )
    assert [folder.path for folder in again.folders] == [folder.path for folder in page.folders[1:]]
    assert [stored.name for stored in again.objects] == names[:2]


def test_a_clock_that_was_set_back(storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch):
    storage.create_bucket("photos", service, retention=KEEP)
    put(storage, "a", b"one", service)
    monkeypatch.setattr("engine.files.mutations.now_us", lambda: 1_000_000)
    put(storage, "a", b"two", service)
    storage.move("photos", "a", "b", service)
    put(storage, "b", b"three", service)
    storage.delete("photos", "b", service)
    versions = [*storage.versions.list("photos", "a", service), *storage.versions.list("photos", "b", service)]
    assert all(version.until_us is not None and version.since_us < version.until_us for version in versions)


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
