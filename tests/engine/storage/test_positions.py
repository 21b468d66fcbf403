"""Names by their beginning, and where they stand in a listing: held against the listing itself."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from engine.errors import InvalidRequest
from engine.storage import FileStorage
from engine.types import Bucket, ListRequest, RlsContext, SortColumn
from tests.policies import let_owners

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)

NAMES = ("Alpha.txt", "alphabet.txt", "beta.txt", "Bravo/x", "berlin/y/z", "ALSO.txt", "été.txt", "b", "zz.txt")


@pytest.fixture
def filled(storage: FileStorage, bucket: Bucket, service: RlsContext) -> FileStorage:
    for number, name in enumerate(NAMES):
        for prefix in ("", "in/"):
            storage.upload("photos", prefix + name, b"x" * (number * 5 % 7), service)
    storage.create_folder("photos", "in/", service)
    return storage


def rows(storage: FileStorage, request: ListRequest, context: RlsContext) -> list[str]:
    page = storage.list("photos", request, context)
    return [entry.path for entry in (*page.folders, *page.objects)]


@pytest.mark.parametrize(("sort", "descending"), list(product(SortColumn, [False, True])))
@pytest.mark.parametrize("prefix", ["", "in/"])
def test_the_place_is_that_of_the_listing(
    filled: FileStorage, service: RlsContext, prefix: str, sort: SortColumn, descending: bool
):
    request = ListRequest(prefix, sort=sort, descending=descending)
    shown = rows(filled, request, service)
    for path in shown:
        found = filled.find_name("photos", request, path.removeprefix(prefix).rstrip("/"), service)
        assert found is not None
        assert shown[found.row] == found.path


def test_typing_goes_on_from_a_row_and_around(filled: FileStorage, service: RlsContext):
    request, seen, start = ListRequest(), [], ""
    for _ in range(6):
        found = filled.find_name("photos", request, "b", service, start=start, beyond=True)
        assert found is not None
        start = found.path
        seen.append(start)
    assert seen == ["Bravo/", "berlin/", "b", "beta.txt", "Bravo/", "berlin/"]


def test_the_row_itself_counts_unless_it_is_to_be_left(filled: FileStorage, service: RlsContext):
    found = [
        filled.find_name("photos", ListRequest(), "al", service, start="Alpha.txt", beyond=beyond)
        for beyond in (False, True)
    ]
    assert [one.path for one in found if one] == ["Alpha.txt", "alphabet.txt"]


@pytest.mark.parametrize(
    ("typed", "path"),
    [("ALPHA", "Alpha.txt"), ("aLPHABET", "alphabet.txt"), ("also", "ALSO.txt"), ("ÉT", "été.txt"), ("bR", "Bravo/")],
)
def test_capital_and_small_letters_count_alike(filled: FileStorage, service: RlsContext, typed: str, path: str):
    found = filled.find_name("photos", ListRequest(), typed, service)
    assert found is not None
    assert found.path == path


@pytest.mark.parametrize("typed", ["ete", "Été", "E\u0301te\u0301"])
@pytest.mark.parametrize("name", ["été.txt", "E\u0301te\u0301.txt", "ÊTES.txt", "éte/x"])
def test_accents_make_no_difference_however_they_are_written(
    storage: FileStorage, bucket: Bucket, service: RlsContext, typed: str, name: str
):
    for other in ("e", "Eta.txt", "etage/x", "f.txt", name):
        storage.upload("photos", other, b"x", service)
    found = storage.find_name("photos", ListRequest(), typed, service)
    assert found is not None
    assert found.path == (name if "/" not in name else "éte/")


def test_what_is_not_there_is_not_found(filled: FileStorage, service: RlsContext):
    assert filled.find_name("photos", ListRequest(), "x", service) is None
    assert filled.find_name("photos", ListRequest("nowhere/"), "b", service) is None


def test_only_what_the_caller_sees_is_found(filled: FileStorage, alice: RlsContext):
    let_owners(filled)
    filled.upload("photos", "beyond.txt", b"x", alice)
    found = filled.find_name("photos", ListRequest(), "b", alice)
    assert found is not None
    assert (found.path, found.row) == ("beyond.txt", 0)
    assert filled.find_name("photos", ListRequest(), "z", alice) is None


def test_nothing_typed_and_the_past_are_refused(filled: FileStorage, service: RlsContext):
    for request, typed in (
        (ListRequest(), ""),
        (ListRequest(), "x" * 300),
        (ListRequest(moment=datetime.now(UTC)), "a"),
    ):
        with pytest.raises(InvalidRequest):
            filled.find_name("photos", request, typed, service)
