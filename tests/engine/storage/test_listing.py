"""Listing folders, counting, walking and weighing trees, held against a plain list."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from engine import limits
from engine.errors import BucketNotFound, InvalidKey, InvalidRequest
from engine.storage import FileStorage
from engine.types import Bucket, Folder, ListPage, ListRequest, RlsContext, SortColumn
from engine.workspace import Workspace
from tests.engine.storage.conftest import ALICE, BOB
from tests.engine.storage.rows import Entry, insert_entries
from tests.policies import let_owners

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
"""Listings never look at bytes."""


def put(storage: FileStorage, service: RlsContext, *paths: str) -> None:
    for path in paths:
        storage.upload("photos", path, b"" if path.endswith("/") else b"x", service)


def names_in(page: ListPage) -> tuple[list[str], list[str]]:
    return [folder.name for folder in page.folders], [stored.name for stored in page.objects]


def listed(storage: FileStorage, context: RlsContext, prefix: str = "") -> tuple[list[str], list[str]]:
    return names_in(storage.list("photos", ListRequest(prefix), context))


def test_folders_come_first_then_objects(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "b", "a/1", "a/2/3", "z/x", "A", "c/")
    page = storage.list("photos", ListRequest(), service)
    assert page.folders == (Folder("a/"), Folder("c/"), Folder("z/"))
    assert [stored.path for stored in page.objects] == ["A", "b"]
    assert page.objects[1] == storage.info("photos", "b", service)
    assert page.next_cursor is None
    assert listed(storage, service, "a/") == (["2"], ["1"])
    assert listed(storage, service, "a/2/") == ([], ["3"])


def test_marks_never_show_as_objects(storage: FileStorage, bucket: Bucket, service: RlsContext):
    storage.create_folder("photos", "empty/", service)
    storage.create_folder("photos", "a/b/", service)
    put(storage, service, "a/x")
    assert listed(storage, service) == (["a", "empty"], [])
    assert listed(storage, service, "a/") == (["b"], ["x"])
    assert listed(storage, service, "empty/") == listed(storage, service, "a/b/") == ([], [])
    assert storage.count_folder("photos", "a/", service).total == 2
    assert storage.tree_size("photos", "", service).objects == 1
    assert [stored.path for stored in storage.walk("photos", "", service)] == ["a/x", "a/b/", "empty/"]


def test_segments_without_a_name_are_folders(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a//b", "a///c", "a/d")
    assert listed(storage, service, "a/") == ([""], ["d"])
    assert storage.list("photos", ListRequest("a/"), service).folders == (Folder("a//"),)
    assert listed(storage, service, "a//") == ([""], ["b"])
    assert listed(storage, service, "a///") == ([], ["c"])


def test_names_that_mean_something_elsewhere_mean_themselves(storage: FileStorage, bucket: Bucket, service: RlsContext):
    names = ["%", "_", "*", "?", "'", '"', "[a]", "\\", "--", ";", "a%b", "a_b", "aXb", "🎉", "e\u0301", "\u00e9"]
    put(storage, service, *names, *(f"{name}/inside" for name in names))
    folders, objects = listed(storage, service)
    assert sorted(folders) == objects == sorted(names)
    for name in names:
        assert listed(storage, service, f"{name}/") == ([], ["inside"])
        assert storage.tree_size("photos", f"{name}/", service).objects == 1
        assert [stored.path for stored in storage.walk("photos", f"{name}/", service)] == [f"{name}/inside"]


def test_both_forms_of_an_accent_stand_apart(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "e\u0301/one", "\u00e9/two", "e/three")
    assert listed(storage, service)[0] == ["e", "e\u0301", "\u00e9"]
    assert listed(storage, service, "\u00e9/") == ([], ["two"])


def test_a_folder_is_no_beginning_of_a_name(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "photo", "photo/1", "photo-2020/2", "photo0", "photos/3")
    assert listed(storage, service) == (["photo-2020", "photo", "photos"], ["photo", "photo0"])
    assert storage.tree_size("photos", "photo/", service).objects == 1


def test_the_size_of_several_paths_is_taken_at_once(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a", "b", "d/1", "d/2", "d/deep/3", "e/4", "e/5")
    before = storage.tree_size("photos", "", service)
    size = storage.tree_size("photos", ["a", "missing", "e/5", "d/"], service)
    assert (size.objects, size.as_of) == (5, before.as_of)
    assert size.size_bytes * before.objects == before.size_bytes * 5
    assert storage.tree_size("photos", [], service).objects == 0
    many = ["a", *(f"d/missing-{number}" for number in range(2000)), "d/2"]
    assert storage.tree_size("photos", many, service).objects == 2


def test_an_empty_or_missing_folder(storage: FileStorage, bucket: Bucket, service: RlsContext):
    for prefix in ("", "nothing/"):
        assert storage.list("photos", ListRequest(prefix), service) == ListPage((), (), None)
        assert storage.count_folder("photos", prefix, service).total == 0
        assert storage.tree_size("photos", prefix, service).size_bytes == 0
        assert list(storage.walk("photos", prefix, service)) == []


def test_a_missing_bucket(storage: FileStorage, service: RlsContext):
    for name in ("missing", "", "\udc80"):
        with pytest.raises(BucketNotFound):
            storage.list(name, ListRequest(), service)
        with pytest.raises(BucketNotFound):
            storage.count_folder(name, "", service)
        with pytest.raises(BucketNotFound):
            storage.tree_size(name, "", service)
        with pytest.raises(BucketNotFound):
            next(storage.walk(name, "", service))


@pytest.mark.parametrize("prefix", ["a", "/", "/a/", "a/../", "./", "\udc80/", "a\x00/"])
def test_wrong_prefixes(storage: FileStorage, bucket: Bucket, service: RlsContext, prefix: str):
    with pytest.raises(InvalidKey):
        storage.list("photos", ListRequest(prefix), service)
    with pytest.raises(InvalidKey):
        storage.count_folder("photos", prefix, service)
    with pytest.raises(InvalidKey):
        storage.tree_size("photos", prefix, service)
    with pytest.raises(InvalidKey):
        next(storage.walk("photos", prefix, service))


@pytest.mark.parametrize(
    "request_", [ListRequest(limit=0), ListRequest(limit=1001), ListRequest(offset=-1), ListRequest(offset=2**63)]
)
def test_wrong_bounds(storage: FileStorage, bucket: Bucket, service: RlsContext, request_: ListRequest):
    with pytest.raises(InvalidRequest):
        storage.list("photos", request_, service)


def test_an_offset_beyond_the_end(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/1", "b")
    assert storage.list("photos", ListRequest(offset=2**63 - 1), service) == ListPage((), (), None)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")).decode()


GARBAGE = [
    "",
    "x",
    "****",
    "é",
    "\udc80",
    "A" * 100_001,
    encoded(5),
    encoded("abc"),
    encoded({"a": 1, "b": 2, "c": 3}),
    encoded([None, 10**30, "a"]),
    encoded([None, -(2**63), "a"]),
    encoded([None, True, "a"]),
    encoded([None, 1.5, "a"]),
    encoded([None, [], "a"]),
    encoded([None, "a", None]),
    encoded([5, None, ""]),
    encoded(["a/", "a", "b"]),
    encoded([None, None]),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    base64.urlsafe_b64encode(b'["\\ud800", null, ""]').decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    encoded([None, "a", "b"]) + "\n",
]


def test_cursors_that_nobody_gave_out(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/1", "b")
    for sort in SortColumn:
        for cursor in GARBAGE:
            with pytest.raises(InvalidRequest):
                storage.list("photos", ListRequest(cursor=cursor, sort=sort), service)


def test_a_cursor_of_another_order_is_refused(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a", "b", "c")
    by_name = storage.list("photos", ListRequest(limit=1), service).next_cursor
    by_size = storage.list("photos", ListRequest(limit=1, sort=SortColumn.SIZE), service).next_cursor
    with pytest.raises(InvalidRequest):
        storage.list("photos", ListRequest(cursor=by_name, sort=SortColumn.SIZE), service)
    with pytest.raises(InvalidRequest):
        storage.list("photos", ListRequest(cursor=by_size), service)


def test_a_cursor_tells_nothing(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "secret name 1", "secret name 2")
    cursor = storage.list("photos", ListRequest(limit=1), service).next_cursor
    assert cursor is not None
    assert cursor.isascii()
    assert "secret" not in cursor


def test_no_cursor_leads_to_an_empty_page(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/1", "b/1", "c", "d")
    for limit in (1, 2, 4):
        pages = list(pages_by_cursor(storage, ListRequest(limit=limit), service))
        assert all(page.folders or page.objects for page in pages)
        assert len(pages) == 4 // limit
    assert storage.list("photos", ListRequest("a/", limit=1), service).next_cursor is None
    storage.delete_many("photos", ["c", "d"], service)
    assert storage.list("photos", ListRequest(limit=2), service).next_cursor is None


def test_pages_go_on_where_they_ended_whatever_happens_between(
    storage: FileStorage, bucket: Bucket, service: RlsContext
):
    put(storage, service, *(f"{name}/x" for name in "abcdef"), *(f"o{name}" for name in "abcdef"))
    page = storage.list("photos", ListRequest(limit=2), service)
    assert names_in(page) == (["a", "b"], [])
    storage.delete_many("photos", ["b/", "c/"], service)
    put(storage, service, "bb/x")
    page = storage.list("photos", ListRequest(limit=5, cursor=page.next_cursor), service)
    assert names_in(page) == (["bb", "d", "e", "f"], ["oa"])
    storage.delete("photos", "oa", service)
    page = storage.list("photos", ListRequest(limit=5, cursor=page.next_cursor), service)
    assert names_in(page) == ([], ["ob", "oc", "od", "oe", "of"])


def pages_by_cursor(
    storage: FileStorage, request: ListRequest, context: RlsContext, bucket: str = "photos"
) -> Iterator[ListPage]:
    cursor = None
    while True:
        page = storage.list(bucket, replace(request, cursor=cursor), context)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


SEGMENTS = ["a", "b", "A", "a-", "a b", "a!", "a0", "%", "_", "*", "'", '"', "é", "e\u0301", "🎉", "zz", "", "~"]
entries = st.builds(
    Entry,
    path=st.one_of(
        st.sampled_from(SEGMENTS), st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4).map("/".join)
    ).filter(lambda path: path != "" and path[0] != "/"),
    size_bytes=st.integers(0, 3),
    mime_type=st.sampled_from(["text/plain", "image/png", "Image/png"]),
    updated_us=st.sampled_from([-5, 0, 10**15, 10**15 + 1]),
    owner_id=st.sampled_from([ALICE, BOB, None]),
)


@dataclass(frozen=True)
class Model:
    """What listings must say, worked out the slow and simple way."""

    entries: list[Entry]

    def seen_by(self, context: RlsContext) -> Model:
        if context.can_bypass_rls:
            return self
        mine = context.user_id is not None
        return Model([entry for entry in self.entries if mine and entry.owner_id == context.user_id])

    def folders(self, prefix: str, request: ListRequest) -> list[str]:
        rests = [entry.path[len(prefix) :] for entry in self.below(prefix)]
        names = {prefix + rest.partition("/")[0] + "/" for rest in rests if "/" in rest}
        return sorted(names, reverse=request.descending and request.sort is SortColumn.NAME)

    def objects(self, prefix: str, request: ListRequest) -> list[str]:
        here = [entry for entry in self.below(prefix) if entry.path != prefix and "/" not in entry.path[len(prefix) :]]
        keys = {
            SortColumn.NAME: lambda entry: entry.path,
            SortColumn.SIZE: lambda entry: (entry.size_bytes, entry.path),
            SortColumn.TYPE: lambda entry: (entry.mime_type, entry.path),
            SortColumn.TIME: lambda entry: (entry.updated_us, entry.path),
        }
        return [entry.path for entry in sorted(here, key=keys[request.sort], reverse=request.descending)]

    def rows(self, prefix: str, request: ListRequest) -> list[str]:
        return self.folders(prefix, request) + self.objects(prefix, request)

    def below(self, prefix: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.path.startswith(prefix)]


def rows_of(page: ListPage) -> list[str]:
    return [folder.path for folder in page.folders] + [stored.path for stored in page.objects]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stored=st.lists(entries, unique_by=lambda entry: entry.path, max_size=25),
    prefix_of=st.integers(0, 24),
    depth=st.integers(0, 3),
    sort=st.sampled_from(SortColumn),
    descending=st.booleans(),
    limit=st.sampled_from([1, 2, 3, 1000]),
    user=st.sampled_from([RlsContext.service(), RlsContext.user(ALICE), RlsContext.user(BOB), RlsContext.anonymous()]),
)
def test_every_listing_agrees_with_the_model(
    workspace: Workspace,
    storage: FileStorage,
    service: RlsContext,
    stored: list[Entry],
    prefix_of: int,
    depth: int,
    sort: SortColumn,
    descending: bool,
    limit: int,
    user: RlsContext,
):
    name = f"bucket {len(storage.list_buckets(service))}"
    bucket = storage.create_bucket(name, service)
    let_owners(storage, name)
    insert_entries(workspace, bucket, stored)
    segments = stored[prefix_of % len(stored)].path.split("/")[:-1][:depth] if stored else []
    prefix = "/".join(segments) + "/" if segments else ""
    request = ListRequest(prefix, limit, sort, descending)
    model = Model(stored).seen_by(user)
    expected = model.rows(prefix, request)

    by_cursor = [row for page in pages_by_cursor(storage, request, user, name) for row in rows_of(page)]
    assert by_cursor == expected
    by_offset = [
        row
        for offset in range(0, len(expected) + limit, limit)
        for row in rows_of(storage.list(name, replace(request, offset=offset), user))
    ]
    assert by_offset == expected
    for offset in range(min(len(expected), 6) + 1):
        assert rows_of(storage.list(name, replace(request, offset=offset), user)) == expected[offset:][:limit]

    count = storage.count_folder(name, prefix, user)
    assert (count.folders, count.total) == (len(model.folders(prefix, request)), len(expected))
    below = model.below(prefix)
    assert sorted(found.path for found in storage.walk(name, prefix, user)) == sorted(e.path for e in below)
    size = storage.tree_size(name, prefix, user)
    weighed = [entry for entry in below if not entry.path.endswith("/")]
    assert (size.objects, size.size_bytes) == (len(weighed), sum(entry.size_bytes for entry in weighed))


@pytest.mark.parametrize("sort", SortColumn)
@pytest.mark.parametrize("descending", [False, True])
def test_equal_keys_are_told_apart_by_name_on_every_page(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, sort: SortColumn, descending: bool
):
    stored = [Entry(f"{number:02}", number % 3, f"text/{number % 2}", 10**15 + number % 4) for number in range(12)]
    insert_entries(workspace, bucket, stored)
    for limit in (1, 2, 5):
        request = ListRequest("", limit, sort, descending)
        rows = [row for page in pages_by_cursor(storage, request, service) for row in rows_of(page)]
        assert rows == Model(stored).objects("", request)


def test_walk_goes_folder_by_folder_through_all_pages(
    storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "LIST_PAGE_MAX", 2)
    put(storage, service, "b", "a/2", "a/1", "a/b/x", "c/y", "a-/z", "c/")
    walked = [stored.path for stored in storage.walk("photos", "", service)]
    assert walked == ["b", "a-/z", "a/1", "a/2", "a/b/x", "c/", "c/y"]
    assert [stored.path for stored in storage.walk("photos", "a/", service)] == ["a/1", "a/2", "a/b/x"]


def test_walk_survives_deletes_under_it(
    storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "LIST_PAGE_MAX", 2)
    put(storage, service, *(f"f/{number}" for number in range(9)))
    seen = []
    for stored in storage.walk("photos", "", service):
        seen.append(stored.path)
        storage.delete("photos", stored.path, service)
    assert seen == [f"f/{number}" for number in range(9)]


def test_a_folder_of_a_hundred_thousand(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext
):
    """Pages by name come straight from the index; pages in any order, at any place, are right."""
    many = 100_000
    numbered = (Entry(f"big/{number:06}.jpg", size_bytes=number % 997) for number in range(many))
    insert_entries(workspace, bucket, numbered)
    insert_entries(workspace, bucket, (Entry(f"big/sub{number % 20}/{number}") for number in range(200)))
    steps: list[str] = []

    def explain(_connection, cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith(("SELECT", "WITH")):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(row[3] for row in cursor.fetchall())

    event.listen(workspace._core.executor._engine, "before_cursor_execute", explain)
    first = storage.list("photos", ListRequest("big/"), service)
    assert [folder.path for folder in first.folders] == sorted(f"big/sub{number}/" for number in range(20))
    assert [stored.name for stored in first.objects] == [f"{number:06}.jpg" for number in range(980)]
    second = storage.list("photos", ListRequest("big/", cursor=first.next_cursor), service)
    assert [stored.name for stored in second.objects] == [f"{number:06}.jpg" for number in range(980, 1980)]
    last = storage.list("photos", ListRequest("big/", descending=True), service)
    assert last.objects[0].name == f"{many - 1:06}.jpg"
    on_objects = [step for step in steps if "storage_objects" in step]
    assert len(on_objects) >= 6
    assert all("ux_storage_objects_path" in step and step.startswith("SEARCH") for step in on_objects)
    assert not any("TEMP B-TREE" in step for step in steps)

    assert storage.count_folder("photos", "big/", service).total == many + 20
    deep = storage.list("photos", ListRequest("big/", offset=50_020, limit=3), service)
    assert [stored.name for stored in deep.objects] == ["050000.jpg", "050001.jpg", "050002.jpg"]
    by_size = ListRequest("big/", limit=100, offset=20, sort=SortColumn.SIZE, descending=True)
    largest = storage.list("photos", by_size, service)
    assert {stored.size_bytes for stored in largest.objects} == {996}
    after = storage.list("photos", replace(by_size, cursor=largest.next_cursor, offset=0), service)
    assert after.objects[0].size_bytes == 995
    assert storage.tree_size("photos", "", service).objects == many + 200
