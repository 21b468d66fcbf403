"""Vast folders by size, type and time: what is found by other ways is what a plain listing finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.files.listing import Listing
from engine.files.orders import Orders
from engine.storage import FileStorage
from engine.types import Bucket, ListRequest, RlsContext, SortColumn
from engine.workspace import Workspace
from tests.policies import let_owners

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)

SORTS = (SortColumn.SIZE, SortColumn.TYPE, SortColumn.TIME)


@pytest.fixture
def orders(workspace: Workspace) -> Orders:
    """Orders for which twelve objects are vast, and four of them the beginning."""
    return Orders(workspace._core.executor, vast=12, first=4)


@pytest.fixture
def vast(workspace: Workspace, orders: Orders) -> Listing:
    return Listing(workspace._core.executor, workspace.storage._use.listing._quarantine, orders)


def put(storage: FileStorage, context: RlsContext, count: int = 30) -> None:
    for number in range(count):
        kind = ("txt", "png", "csv")[number % 3]
        storage.upload("photos", f"f/{number * 7 % 30:02}.{kind}", b"x" * (number * 5 % 9), context)
    storage.create_folder("photos", "f/sub/", context)
    storage.upload("photos", "elsewhere.txt", b"xx", context)


def pages(listing: Listing, context: RlsContext, sort: SortColumn, *, descending: bool) -> list[list[str]]:
    requests = [
        ListRequest("f/", limit, sort, descending, offset=offset) for limit in (3, 9) for offset in range(0, 33, 3)
    ]
    return [[one.path for one in listing.page("photos", request, context).objects] for request in requests]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_are_those_of_a_plain_listing(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders, sort: SortColumn,
    descending: bool,
):  # fmt: skip
    put(storage, service)
    plain = pages(storage._use.listing, service, sort, descending=descending)
    assert pages(vast, service, sort, descending=descending) == plain
    assert len(orders._known) == 1


def test_deep_pages_make_an_order_once(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service)
    request = ListRequest("f/", 5, SortColumn.SIZE, offset=20)
    vast.page("photos", request, service)
    made = next(iter(orders._known.values()))
    vast.page("photos", replace(request, offset=10, descending=True), service)
    assert next(iter(orders._known.values())) is made


def test_what_went_is_left_out_and_what_came_follows(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service)
    request = ListRequest("f/", 50, SortColumn.SIZE)
    gone = vast.page("photos", request, service).objects[7].path
    key, made = next(iter(orders._known.items()))
    storage.delete("photos", gone, service)
    storage.upload("photos", "f/new.txt", b"x", service)
    orders._known[key] = replace(made, took_s=3600.0)
    old = [one.path for one in vast.page("photos", request, service).objects]
    assert (gone in old, "f/new.txt" in old, len(old)) == (False, False, 29)
    orders._known[key] = replace(made, took_s=0.0)
    new = [one.path for one in vast.page("photos", request, service).objects]
    assert new == [one.path for one in storage.list("photos", request, service).objects]


def test_whom_policies_hold_back_sees_what_they_let_through(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, alice: RlsContext
):
    let_owners(storage)
    put(storage, service, 20)
    for number in range(20):
        storage.upload("photos", f"f/own-{number}", b"x" * number, alice)
    vast.page("photos", ListRequest("f/", 50, SortColumn.SIZE), service)
    shown = vast.page("photos", ListRequest("f/", 50, SortColumn.SIZE, descending=True), alice).objects
    assert [one.path for one in shown] == [f"f/own-{number}" for number in reversed(range(20))]


def test_few_objects_and_names_need_no_order(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service, 9)
    vast.page("photos", ListRequest("f/", 5, SortColumn.SIZE, offset=4), service)
    put_more = [f"f/more-{number}" for number in range(20)]
    for path in put_more:
        storage.upload("photos", path, b"x", service)
    vast.page("photos", ListRequest("f/", 5, SortColumn.NAME, offset=9), service)
    assert not orders._known
