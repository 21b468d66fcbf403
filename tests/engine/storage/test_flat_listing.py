"""Listing by full names, held against a sorted list."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from engine.errors import BucketNotFound, InvalidKey, InvalidRequest
from engine.files.flat_listing import FlatOrder, FlatPage, FlatRequest
from engine.paths import parent_of
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace
from tests.engine.storage.conftest import ALICE
from tests.engine.storage.rows import Entry, insert_entries
from tests.policies import let_owners

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
"""Listings never look at bytes."""


def pages(storage: FileStorage, bucket: str, context: RlsContext, request: FlatRequest) -> list[FlatPage]:
    found = [storage.flat.page(bucket, request, context)]
    while found[-1].next_cursor is not None:
        assert len(paths_of(found[-1])) == request.limit
        assert found[-1].next_name in paths_of(found[-1])
        request = FlatRequest(request.prefix, request.limit, request.delimited, cursor=found[-1].next_cursor)
        found.append(storage.flat.page(bucket, request, context))
    return found


def paths_of(page: FlatPage) -> list[str]:
    return [entry.path for entry in (*page.folders, *page.objects)]


def put(storage: FileStorage, service: RlsContext, *paths: str) -> None:
    for path in paths:
        storage.upload("photos", path, b"", service)


TREE = ("b", "a/1", "a/2/3", "a-b/x", "a.txt", "a", "A", "c/", "a/", "z//y", "z/é", "z/\U0001f600", "a0", "ab/c/d/e")


def test_names_come_in_the_order_of_their_bytes(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, *TREE)
    page = storage.flat.page("photos", FlatRequest(), service)
    assert [stored.path for stored in page.objects] == sorted(TREE, key=str.encode)
    assert (page.folders, page.next_cursor, page.next_name) == ((), None, None)
    assert page.objects[0] == storage.info("photos", "A", service)


def test_a_prefix_is_any_beginning(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, *TREE)
    for prefix in ("", "a", "a/", "a/2", "a/2/", "z/", "z//", "ab/c/d", "x", "a/1/", "é", "\x00"):
        found = storage.flat.page("photos", FlatRequest(prefix), service)
        assert [stored.path for stored in found.objects] == sorted(path for path in TREE if path.startswith(prefix))


def test_folders_stand_for_what_lies_below(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, *TREE)

    def both(prefix: str) -> tuple[list[str], list[str]]:
        page = storage.flat.page("photos", FlatRequest(prefix, delimited=True), service)
        return [folder.path for folder in page.folders], [stored.path for stored in page.objects]

    assert both("") == (["a-b/", "a/", "ab/", "c/", "z/"], ["A", "a", "a.txt", "a0", "b"])
    assert both("a") == (["a-b/", "a/", "ab/"], ["a", "a.txt", "a0"])
    assert both("a/") == (["a/2/"], ["a/", "a/1"])
    assert both("z/") == (["z//"], ["z/é", "z/\U0001f600"])


SEGMENTS = st.text("ab-0./é", min_size=1, max_size=3)
PATHS = st.sets(
    st.lists(SEGMENTS, min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda path: not path.startswith("/") and not {".", ".."} & set(path.split("/"))),
    max_size=25,
)


def _entry_of(path: str, prefix: str, delimited: bool) -> str:
    """Return what stands for an object in a listing: itself, or the folder right below the prefix's."""
    if not delimited:
        return path
    head, slash, _ = path[len(prefix) :].partition("/")
    return prefix + head + slash


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(
    paths=PATHS,
    prefix=st.sampled_from(["", "a", "a/", "a/b", "ab/", "-", "a//"]),
    limit=st.integers(1, 6),
    delimited=st.booleans(),
    descending=st.booleans(),
    order=st.sampled_from(FlatOrder),
)
def test_every_listing_agrees_with_a_sorted_list(
    workspace: Workspace,
    storage: FileStorage,
    service: RlsContext,
    paths: set[str],
    prefix: str,
    limit: int,
    delimited: bool,
    descending: bool,
    order: FlatOrder,
):
    name = f"bucket {len(storage.list_buckets(service))}"
    stored = [
        Entry(path, owner_id=(ALICE, None)[len(path) % 2], updated_us=place % 5)
        for place, path in enumerate(sorted(paths))
    ]
    insert_entries(workspace, storage.create_bucket(name, service), stored)
    let_owners(storage, name)
    for context in (service, RlsContext.user(ALICE)):
        seen = [entry for entry in stored if context.can_bypass_rls or entry.owner_id == ALICE]
        times = {
            _entry_of(entry.path, prefix, delimited): entry.updated_us
            for entry in seen
            if entry.path.startswith(prefix)
        }
        found = pages(storage, name, context, FlatRequest(prefix, limit, delimited, order, descending))
        if order is FlatOrder.NAME:
            listed = [path for page in found for path in sorted(paths_of(page), reverse=descending)]
            assert listed == sorted(times, reverse=descending)
            continue
        folders = sorted(path for path in times if delimited and path.endswith("/") and path != parent_of(prefix))
        objects = sorted(times.keys() - folders, key=lambda path: (times[path], path), reverse=descending)
        assert [path for page in found for path in paths_of(page)] == [*folders, *objects]


def test_the_cursor_carries_the_order(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a", "b", "c")
    first = storage.flat.page("photos", FlatRequest(limit=2, descending=True), service)
    assert ([stored.path for stored in first.objects], first.next_name) == (["c", "b"], "b")
    second = storage.flat.page("photos", FlatRequest(limit=2, cursor=first.next_cursor), service)
    assert [stored.path for stored in second.objects] == ["a"]


def test_pages_go_on_whatever_happens_between(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/1", "a/2", "b", "c")
    first = storage.flat.page("photos", FlatRequest(limit=2), service)
    storage.delete_many("photos", ["a/"], service)
    put(storage, service, "a/3", "a/0", "a.")
    second = storage.flat.page("photos", FlatRequest(limit=5, cursor=first.next_cursor), service)
    assert [stored.path for stored in second.objects] == ["a/3", "b", "c"]


def _cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "e30=", _cursor(), _cursor("name", False, None), _cursor("size", False, None, "a"),
     _cursor("name", 0, None, "a"), _cursor("name", False, True, "a"), _cursor("name", False, "1", "a"),
     _cursor("updated_at", False, 2**63, "a"), _cursor("name", False, None, 1), _cursor("updated_at", False, None, "a"),
     base64.urlsafe_b64encode(b'["name",false,null,"\\ud800"]').decode(), "[" * 5000],
)  # fmt: skip
def test_cursors_that_nobody_gave_out(storage: FileStorage, bucket: Bucket, service: RlsContext, cursor: str):
    with pytest.raises(InvalidRequest):
        storage.flat.page("photos", FlatRequest(cursor=cursor), service)


def test_a_cursor_of_another_prefix_is_refused(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/1", "a/2", "b")
    first = storage.flat.page("photos", FlatRequest("a/", limit=1), service)
    with pytest.raises(InvalidRequest):
        storage.flat.page("photos", FlatRequest("b", cursor=first.next_cursor), service)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_wrong_limits(storage: FileStorage, bucket: Bucket, service: RlsContext, limit: int):
    with pytest.raises(InvalidRequest):
        storage.flat.page("photos", FlatRequest(limit=limit), service)


def test_what_is_not_there(storage: FileStorage, bucket: Bucket, service: RlsContext):
    assert storage.flat.page("photos", FlatRequest("nothing/"), service) == FlatPage((), ())
    with pytest.raises(BucketNotFound):
        storage.flat.page("nowhere", FlatRequest(), service)
    with pytest.raises(InvalidKey):
        storage.flat.page("photos", FlatRequest("\ud800"), service)


def test_a_page_costs_what_it_shows(workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext):
    entries = [Entry(f"{group:03}/{number:03}/x") for group in range(30) for number in range(100)]
    insert_entries(workspace, bucket, [*entries, Entry("zzz")])
    read = 0
    steps: list[str] = []

    def explain(_connection, cursor, statement, parameters, _context, _many) -> None:
        if "storage_objects" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(row[3] for row in cursor.fetchall())

    event.listen(workspace._core.executor._engine, "before_cursor_execute", explain)
    request = FlatRequest(limit=500)
    while True:
        steps.clear()
        page = storage.flat.page("photos", request, service)
        read += len(page.objects)
        assert 1 <= len(steps) <= 12
        assert all(step.startswith("SEARCH") and "ux_storage_objects_path" in step for step in steps)
        if page.next_cursor is None:
            break
        request = replace(request, cursor=page.next_cursor)
    assert read == len(entries) + 1
