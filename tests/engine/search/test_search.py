"""Searching as callers see it: which names are found, in which order, and never what is hidden."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.cancel import CancelToken
from engine.errors import BucketNotFound, InvalidKey, InvalidRequest
from engine.search.index import NameIndex
from engine.search_types import FileFamily, SearchCount, SearchFilter, SearchRequest
from engine.storage import FileStorage
from engine.types import RlsContext, SortColumn, UploadOptions
from tests.engine.search.conftest import LETTERS, MANY_WORDS, Find, Put
from tests.policies import let_owners

Settled = Callable[[], None]
ALICE = RlsContext.user("a11ce000-0000-4000-8000-000000000001")
BOB = RlsContext.user("b0b00000-0000-4000-8000-000000000002")


@pytest.fixture(autouse=True)
def sound_index(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where the index did: a search that has to read every name finds the same, and hides that."""
    yield
    assert [record.message for record in caplog.get_records("call") if record.levelname == "WARNING"] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("resume", ["2/RE\u0301SUME\u0301.txt", "Résumé.pdf"]),
        ("RÉSUMÉ", ["2/RE\u0301SUME\u0301.txt", "Résumé.pdf"]),
        ("re\u0301su", ["2/RE\u0301SUME\u0301.txt", "Résumé.pdf"]),
        ("strasse", ["Große Straße.png"]),
        ("ße", ["Große Straße.png"]),
        ("straße gro", ["Große Straße.png"]),
        ('"große str"', ["Große Straße.png"]),
        ('"straße gro"', []),
        ("é", ["Große Straße.png", "2/RE\u0301SUME\u0301.txt", "Résumé.pdf"]),
        ("dé", []),
        (".txt", ["2/RE\u0301SUME\u0301.txt"]),
        ("100%", ["100%_sure.bin"]),
        ("%", ["100%_sure.bin"]),
        ("0_s", []),
        ("写真", ["写真.jpg"]),
        ("が", ["か\u3099く.txt"]),
        ('say "', ['say "hi".txt']),
        ("qz", []),
        ("nothing like it", []),
    ],
)
def test_names_are_found_whatever_their_case_accents_and_form(
    put: Put, find: Find, settled: Settled, text: str, found: list[str]
) -> None:
    put("Résumé.pdf", "2/RE\u0301SUME\u0301.txt", "Große Straße.png", "100%_sure.bin", "写真.jpg")
    settled()
    put("か\u3099く.txt", 'say "hi".txt')

    assert set(find(text)) >= set(found)
    assert [path for path in find(text) if path in found] == found
    assert text not in {"resume", "strasse", "100%", "写真", "nothing like it"} or find(text) == found


def test_there_may_be_thousands_of_words(
    put: Put, find: Find, storage: FileStorage, service: RlsContext, settled: Settled
) -> None:
    put(f"{LETTERS.upper()}.txt", f"{LETTERS} é.txt", f"{LETTERS[:-1]}.txt", f"{LETTERS[:-1]} é.txt")
    settled()

    assert find(MANY_WORDS) == [f"{LETTERS} é.txt", f"{LETTERS.upper()}.txt"]
    assert find(f"{MANY_WORDS} nobody's") == []
    assert storage.count_found(SearchFilter(MANY_WORDS), service, 9) == SearchCount(2, is_exact=True)


def test_folders_are_no_part_of_names(put: Put, find: Find, settled: Settled) -> None:
    put("summer/photo.jpg", "winter/summer.jpg")
    settled()

    assert find("summer") == ["winter/summer.jpg"]


def test_marks_of_folders_are_not_found(
    storage: FileStorage, service: RlsContext, find: Find, settled: Settled
) -> None:
    storage.create_folder("photos", "empty/", service)
    settled()

    assert find("") == []


def test_what_was_just_uploaded_is_found_and_what_was_just_deleted_is_not(
    put: Put, find: Find, settled: Settled, storage: FileStorage, service: RlsContext
) -> None:
    put("first report.txt", "second report.txt")
    settled()
    put("third report.txt")
    storage.delete("photos", "second report.txt", service)

    assert find("report") == ["third report.txt", "first report.txt"]


def test_what_moved_is_found_where_and_as_what_it_is_now(
    put: Put, find: Find, settled: Settled, storage: FileStorage, service: RlsContext
) -> None:
    put("old/report.txt", "old/invoice.txt")
    settled()
    storage.move("photos", "old/report.txt", "old/letter.txt", service)
    storage.move_folder("photos", "old/", "new/", service)

    assert find("report") == []
    assert find("letter") == ["new/letter.txt"]
    assert find("invoice") == ["new/invoice.txt"]


def test_a_place_in_the_table_that_is_used_again_has_its_new_name(
    put: Put, find: Find, settled: Settled, storage: FileStorage, service: RlsContext
) -> None:
    put("kept.txt", "gone one.txt", "gone two.txt")
    settled()
    storage.delete_many("photos", ["gone one.txt", "gone two.txt"], service)
    settled()
    put("come one.txt", "come two.txt", "come three.txt")

    assert find("come") == ["come three.txt", "come two.txt", "come one.txt"]
    assert find("gone") == []
    settled()
    assert find("come") == ["come three.txt", "come two.txt", "come one.txt"]
    assert find("gone") == []


def test_another_bucket_and_other_folders_are_left_out(
    put: Put, find: Find, settled: Settled, storage: FileStorage, service: RlsContext
) -> None:
    storage.create_bucket("papers", service)
    put("a/report.txt", "a/b/report.txt", "ab/report.txt", "report.txt")
    put("report.txt", bucket="papers")
    settled()

    assert len(find("report")) == 5
    assert find("report", bucket="papers") == ["report.txt"]
    assert find("report", bucket="photos", prefix="a/") == ["a/b/report.txt", "a/report.txt"]


def test_found_objects_say_which_bucket_they_are_in(
    put: Put, storage: FileStorage, service: RlsContext, settled: Settled
) -> None:
    storage.create_bucket("papers", service)
    put("one report.txt")
    put("two report.txt", bucket="papers")
    settled()

    page = storage.search(SearchRequest(SearchFilter("report")), service)

    assert [(found.bucket, found.name) for found in page.objects] == [
        ("papers", "two report.txt"),
        ("photos", "one report.txt"),
    ]


def test_type_size_and_user_metadata_narrow_what_is_found(
    storage: FileStorage, service: RlsContext, find: Find, settled: Settled
) -> None:
    def put(path: str, size: int, mime_type: str, **metadata: Any) -> None:
        options = UploadOptions(mime_type=mime_type, user_metadata=metadata)
        storage.upload("photos", path, io.BytesIO(bytes(size)), service, options)

    put("a.pdf", 10, "application/pdf", colour="red", rating=5, final=True)
    put("a.odt", 20, "application/vnd.oasis.opendocument.text", colour="blue")
    put("a.png", 30, "image/png", colour="red")
    put("a.zip", 40, "application/zip")
    put("b.png", 50, "image/png")
    settled()

    assert find("a.", family=FileFamily.DOCUMENTS) == ["a.odt", "a.pdf"]
    assert find("", family=FileFamily.IMAGES) == ["b.png", "a.png"]
    assert find("", family=FileFamily.ARCHIVES) == ["a.zip"]
    assert find("", mime_type="application/") == ["a.zip", "a.odt", "a.pdf"]
    assert find("", min_bytes=20, max_bytes=30) == ["a.png", "a.odt"]
    assert find("a", metadata=(("colour", "red"),)) == ["a.png", "a.pdf"]
    assert find("a", metadata=(("colour", None),)) == ["a.png", "a.odt", "a.pdf"]
    assert find("a", metadata=(("colour", "red"), ("rating", "5"), ("final", "true"))) == ["a.pdf"]


def test_the_time_narrows_what_is_found(put: Put, find: Find) -> None:
    put("a.txt")
    now = datetime.now(UTC)

    assert find("", changed_from=now - timedelta(hours=1), changed_before=now + timedelta(hours=1)) == ["a.txt"]
    assert find("", changed_from=now + timedelta(hours=1)) == []
    assert find("", changed_before=now - timedelta(hours=1)) == []


@pytest.mark.parametrize("sort", [None, *SortColumn])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_follow_one_another_in_every_order(
    put: Put, storage: FileStorage, service: RlsContext, index: NameIndex, sort: SortColumn | None, descending: bool
) -> None:
    put(*(f"{number % 7}/{number % 3} report {number}.txt" for number in range(10)))
    index.catch_up(CancelToken())
    put(*(f"{number % 7}/{number % 3} report {number}.txt" for number in range(10, 15)))
    storage.move("photos", "2/0 report 9.txt", "2/0 report 99.txt", service)
    whole = SearchRequest(SearchFilter("report"), sort=sort, descending=descending)
    expected = [found.path for found in storage.search(whole, service).objects]

    request, found = replace(whole, limit=4), []
    while True:
        page = storage.search(request, service)
        found += [stored.path for stored in page.objects]
        if page.next_cursor is None:
            break
        request = replace(request, cursor=page.next_cursor)

    assert found == expected
    assert len(set(found)) == 15
    skipped = storage.search(replace(whole, limit=4, offset=6), service)
    assert [stored.path for stored in skipped.objects] == expected[6:10]


def test_a_count_ends_where_it_is_told_to(
    put: Put, storage: FileStorage, service: RlsContext, settled: Settled
) -> None:
    put(*(f"report {number}.txt" for number in range(5)))
    settled()

    assert storage.count_found(SearchFilter("report"), service, 5) == SearchCount(5, is_exact=True)
    assert storage.count_found(SearchFilter("report"), service, 4) == SearchCount(4, is_exact=False)
    assert storage.count_found(SearchFilter("letter"), service, 4) == SearchCount(0, is_exact=True)


def test_what_a_caller_may_not_see_is_neither_found_nor_counted(
    put: Put, find: Find, storage: FileStorage, settled: Settled
) -> None:
    let_owners(storage)
    put("alice report.txt", who=ALICE)
    put("bob report.txt", who=BOB)
    put("their report.txt")
    settled()

    for text in ("report", "re", ""):
        assert find(text, ALICE) == ["alice report.txt"]
        assert find(text, BOB, bucket="photos") == ["bob report.txt"]
        assert find(text, RlsContext.anonymous()) == []
        assert storage.count_found(SearchFilter(text), ALICE, 10) == SearchCount(1, is_exact=True)


def test_a_policy_of_one_bucket_opens_no_other(
    put: Put, find: Find, storage: FileStorage, service: RlsContext, settled: Settled
) -> None:
    storage.create_bucket("papers", service)
    let_owners(storage, "papers")
    put("report.txt", who=RlsContext.service(ALICE.user_id or ""))
    put("report.txt", bucket="papers", who=ALICE)
    settled()

    page = storage.search(SearchRequest(SearchFilter("report")), ALICE)

    assert [found.bucket for found in page.objects] == ["papers"]


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(SearchFilter(), limit=0),
        SearchRequest(SearchFilter(), limit=1001),
        SearchRequest(SearchFilter(), offset=-1),
        SearchRequest(SearchFilter(), cursor="nonsense"),
        SearchRequest(SearchFilter(), cursor="WyJhIiwgMV0="),
        SearchRequest(SearchFilter(), cursor="WyJhIiwgMV0=", sort=SortColumn.SIZE),
        SearchRequest(SearchFilter(prefix="a/")),
        SearchRequest(SearchFilter(min_bytes=-1)),
        SearchRequest(SearchFilter(max_bytes=2**63)),
        SearchRequest(SearchFilter(changed_from=datetime(2026, 1, 1))),
    ],
)
def test_what_makes_no_sense_is_refused(storage: FileStorage, service: RlsContext, request_: SearchRequest) -> None:
    with pytest.raises(InvalidRequest):
        storage.search(request_, service)


def test_places_that_are_none_are_refused(storage: FileStorage, service: RlsContext) -> None:
    with pytest.raises(BucketNotFound):
        storage.search(SearchRequest(SearchFilter("a", bucket="nowhere")), service)
    with pytest.raises(InvalidKey):
        storage.search(SearchRequest(SearchFilter("a", bucket="photos", prefix="a")), service)
