"""Vast folders by size, type and time: what is found by other ways is what a plain listing finds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from time import sleep

import pytest
from sqlalchemy import text

import engine.files.orders
from engine.cancel import CancelToken
from engine.errors import Cancelled
from engine.files.listing import Listing
from engine.files.orders import Orders, OrdersNow
from engine.metadata.executor import Transaction
from engine.storage import FileStorage
from engine.types import Bucket, ListPage, ListRequest, RlsContext, SortColumn
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


def pages(
    listing: Listing, context: RlsContext, sort: SortColumn, *, descending: bool, old_is_fine: bool = True
) -> list[list[str]]:
    requests = [
        ListRequest("f/", limit, sort, descending, offset=offset, old_is_fine=old_is_fine)
        for limit in (3, 9)
        for offset in range(0, 33, 3)
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
    assert pages(vast, service, sort, descending=descending, old_is_fine=False) == plain
    assert len(orders._known) == 0
    assert pages(vast, service, sort, descending=descending) == plain
    assert len(orders._known) == 1


def test_rows_are_found_by_numbers_of_any_size(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
) -> None:
    put(storage, service)
    folder = "FROM storage_objects WHERE parent = 'f/' AND leaf != '' ORDER BY size_bytes, leaf"
    with workspace._core.executor.transaction(service) as tx:
        tx.execute(text("UPDATE storage_objects SET rowid = rowid * rowid * rowid * rowid * 400009"))
        numbers = [row[0] for row in tx.execute(text(f"SELECT rowid {folder}"))]
    pages(vast, service, SortColumn.SIZE, descending=False)
    (order,) = orders._known.values()
    assert order.numbers(0, len(order)) == numbers
    assert max(numbers) > 2**36


@pytest.mark.parametrize("sort", SORTS)
def test_first_rows_are_right_where_something_was_committed_since(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders, sort: SortColumn,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """Two transactions that may not see the same do not read half of the table each."""
    put(storage, service)
    monkeypatch.setattr(orders, "as_of_now", lambda: OrdersNow(orders, orders._executor.data_version() - 1))
    for request in (ListRequest("f/", 3, sort), ListRequest("f/", 2, sort, descending=True, offset=1)):
        assert vast.page("photos", request, service) == storage.list("photos", request, service)


def test_deep_pages_make_an_order_once(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service)
    request = ListRequest("f/", 5, SortColumn.SIZE, offset=20, old_is_fine=True)
    vast.page("photos", request, service)
    made = next(iter(orders._known.values()))
    vast.page("photos", replace(request, offset=10, descending=True), service)
    assert next(iter(orders._known.values())) is made


@pytest.mark.parametrize(("sample", "stretches"), [(256, {2, 3, 4}), (1, {1, 2})])
def test_an_order_is_made_in_stretches_that_leave_nothing_out(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, monkeypatch: pytest.MonkeyPatch,
    sample: int, stretches: set[int],
):  # fmt: skip
    """What is sorted is held in memory: a million at once took fifty megabytes more."""
    put(storage, service)
    made: list[tuple[object, object]] = []
    stretch = engine.files.orders._stretch

    def told(tx: Transaction, sort: SortColumn, folder: dict[str, object], least: object, below: object) -> str:
        made.append((least, below))
        return stretch(tx, sort, folder, least, below)

    monkeypatch.setattr("engine.files.orders._stretch", told)
    monkeypatch.setattr("engine.files.orders._SAMPLE", sample)
    for sort in SORTS:
        made.clear()
        request = ListRequest("f/", 40, sort, old_is_fine=True)
        assert vast.page("photos", request, service) == storage.list("photos", request, service)
        assert len(made) in stretches
        assert (made[0][0], made[-1][1]) == (None, None)
        assert all(one[1] == other[0] for one, other in pairwise(made))


class Leaving(CancelToken):
    """A caller who leaves once an order is being made, and is found out in the middle of a statement only."""

    def raise_if_cancelled(self) -> None:
        """Wait for the statement."""


def leave_while_it_is_made(
    monkeypatch: pytest.MonkeyPatch, token: CancelToken, meanwhile: Callable[[], None]
) -> list[str]:
    """Let a caller leave, after something else, when the first order is begun; return the list that tells of each."""
    made: list[str] = []
    make = engine.files.orders._made

    def told(tx: Transaction, sort: SortColumn, folder: dict[str, object], version: int) -> object:
        made.append(sort)
        if len(made) == 1:
            meanwhile()
            token.cancel()
        return make(tx, sort, folder, version)

    monkeypatch.setattr("engine.files.orders._made", told)
    monkeypatch.setattr("engine.metadata.patience._STEPS", 10)
    return made


def test_an_order_is_made_to_its_end_for_who_waits_for_it_though_its_maker_has_left(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    put(storage, service)
    request = ListRequest("f/", 9, SortColumn.SIZE, offset=9, old_is_fine=True)
    other = replace(request, descending=True)
    plain, token = storage.list("photos", other, service), Leaving()
    with ThreadPoolExecutor(1) as thread:
        waiting: list[Future[ListPage]] = []

        def come() -> None:
            waiting.append(thread.submit(vast.page, "photos", other, service))
            while len(orders._wanted) < 2 and not waiting[0].done():
                sleep(0.001)

        made = leave_while_it_is_made(monkeypatch, token, come)
        with pytest.raises(Cancelled):
            vast.page("photos", request, service.until(token))
        assert waiting[0].result() == plain
    assert made == [SortColumn.SIZE]
    assert not orders._wanted


def test_an_order_that_nobody_waits_for_any_more_is_broken_off(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    put(storage, service)
    token = Leaving()
    leave_while_it_is_made(monkeypatch, token, lambda: None)
    with pytest.raises(Cancelled):
        vast.page("photos", ListRequest("f/", 9, SortColumn.SIZE, offset=9, old_is_fine=True), service.until(token))
    assert (len(orders._known), orders._wanted) == (0, [])


def test_what_came_follows_and_who_needs_it_now_has_it_now(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service)
    request = ListRequest("f/", 50, SortColumn.SIZE, old_is_fine=True)
    vast.page("photos", request, service)
    key, made = next(iter(orders._known.items()))
    storage.upload("photos", "f/new.txt", b"x", service)
    orders._known[key] = replace(made, took_s=3600.0)
    assert "f/new.txt" not in [one.path for one in vast.page("photos", request, service).objects]
    exact = replace(request, old_is_fine=False)
    plain = [one.path for one in storage.list("photos", exact, service).objects]
    assert "f/new.txt" in plain
    assert [one.path for one in vast.page("photos", exact, service).objects] == plain
    orders._known[key] = replace(made, took_s=0.0)
    assert [one.path for one in vast.page("photos", request, service).objects] == plain


def test_a_page_of_which_something_went_is_not_taken_for_the_last(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service)
    request = ListRequest("f/", 10, SortColumn.SIZE, old_is_fine=True)
    gone = vast.page("photos", request, service).objects[7].path
    key, made = next(iter(orders._known.items()))
    storage.delete("photos", gone, service)
    orders._known[key] = replace(made, took_s=3600.0)
    page = vast.page("photos", request, service)
    assert page.next_cursor is not None
    assert [one.path for one in page.objects] == [one.path for one in storage.list("photos", request, service).objects]


def test_the_mark_of_a_folder_is_no_object_though_it_has_the_number_of_one_that_went(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service)
    storage.upload("photos", "f/last.txt", b"x", service)
    request = ListRequest("f/", 50, SortColumn.SIZE, old_is_fine=True)
    vast.page("photos", request, service)
    key, made = next(iter(orders._known.items()))
    storage.delete("photos", "f/last.txt", service)
    storage.create_folder("photos", "f/", service)
    orders._known[key] = replace(made, took_s=3600.0)
    assert "f/" not in [one.path for one in vast.page("photos", request, service).objects]


def test_an_order_knows_what_was_there_before_its_transaction_began(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders, workspace: Workspace
):
    put(storage, service)
    before = orders.as_of_now()
    storage.upload("photos", "f/new.txt", b"x", service)
    values = {"bucket": bucket.id, "prefix": "f/", "skip": 5, "count": 5}
    with workspace._core.executor.snapshot(service) as tx:
        before.page(tx, SortColumn.SIZE, descending=False, values=values, old_is_fine=True)
    (made,) = orders._known.values()
    assert made.version == before.version
    assert not replace(made, took_s=0.0).is_fresh(workspace._core.executor.data_version())


def test_whom_policies_hold_back_sees_what_they_let_through(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, alice: RlsContext
):
    let_owners(storage)
    put(storage, service, 20)
    for number in range(20):
        storage.upload("photos", f"f/own-{number}", b"x" * number, alice)
    vast.page("photos", ListRequest("f/", 50, SortColumn.SIZE, old_is_fine=True), service)
    shown = vast.page(
        "photos", ListRequest("f/", 50, SortColumn.SIZE, descending=True, old_is_fine=True), alice
    ).objects
    assert [one.path for one in shown] == [f"f/own-{number}" for number in reversed(range(20))]


def test_few_objects_and_names_need_no_order(
    storage: FileStorage, bucket: Bucket, service: RlsContext, vast: Listing, orders: Orders
):
    put(storage, service, 9)
    vast.page("photos", ListRequest("f/", 5, SortColumn.SIZE, offset=4, old_is_fine=True), service)
    put_more = [f"f/more-{number}" for number in range(20)]
    for path in put_more:
        storage.upload("photos", path, b"x", service)
    vast.page("photos", ListRequest("f/", 5, SortColumn.NAME, offset=9), service)
    assert not orders._known
