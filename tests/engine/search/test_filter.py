"""The filter of a folder: the same pages and counts as without it, of what has the words alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

from engine.cancel import CancelToken
from engine.files.filtering import filtered
from engine.files.folder_queries import objects_page
from engine.search.index import NameIndex
from engine.storage import FileStorage
from engine.types import BucketChanges, FolderCount, ListRequest, Retention, RlsContext, SortColumn
from engine.workspace import Workspace
from tests.engine.search.conftest import LETTERS, MANY_WORDS, Put
from tests.policies import let_owners

Settled = Callable[[], None]
ALICE = RlsContext.user("a11ce000-0000-4000-8000-000000000001")


def names(storage: FileStorage, request: ListRequest, who: RlsContext) -> list[str]:
    page = storage.list("photos", request, who)
    return [entry.path for entry in (*page.folders, *page.objects)]


def page_by_page(storage: FileStorage, whole: ListRequest, who: RlsContext) -> list[str]:
    request, found = replace(whole, limit=3), []
    while True:
        page = storage.list("photos", request, who)
        found += [entry.path for entry in (*page.folders, *page.objects)]
        if page.next_cursor is None:
            return found
        request = replace(request, cursor=page.next_cursor)


def test_folders_and_objects_of_the_folder_are_filtered_and_counted(
    put: Put, storage: FileStorage, service: RlsContext, settled: Settled
) -> None:
    put("a/Straßen/x.txt", "a/other/strasse.txt", "a/STRASSE.txt", "a/letter.txt", "strasse.txt")
    settled()
    request = ListRequest("a/", matching="strasse")

    assert names(storage, request, service) == ["a/Straßen/", "a/STRASSE.txt"]
    assert storage.count_folder("photos", "a/", service, matching="strasse") == FolderCount(1, 1)
    assert names(storage, replace(request, matching="t l"), service) == ["a/letter.txt"]
    assert names(storage, replace(request, matching="  "), service) == names(storage, ListRequest("a/"), service)


def test_filtered_pages_follow_one_another_in_every_order(
    put: Put, storage: FileStorage, service: RlsContext, settled: Settled
) -> None:
    put(*(f"{kind} {number}/x" for kind in ("report", "letter") for number in range(4)))
    put(*(f"{kind} {number}.txt" for kind in ("report", "letter") for number in range(4)))
    settled()
    for text, sort, descending in product(["report", "r", "2"], SortColumn, [False, True]):
        whole = ListRequest(matching=text, sort=sort, descending=descending)
        expected = names(storage, whole, service)

        assert page_by_page(storage, whole, service) == expected, whole
        assert len(expected) == storage.count_folder("photos", "", service, matching=text).total > 0, whole
        for offset in range(len(expected) + 1):
            part = replace(whole, limit=3, offset=offset)
            assert names(storage, part, service) == expected[offset : offset + 3], part


def test_there_may_be_thousands_of_words(put: Put, storage: FileStorage, service: RlsContext, settled: Settled) -> None:
    found = [f"a/{LETTERS} folder/", f"a/{LETTERS.upper()}.txt", f"a/{LETTERS} é.txt"]
    put(f"{found[0]}x", *found[1:], f"a/{LETTERS[:-1]}.txt", f"a/{LETTERS[:-1]} é.txt", f"a/{LETTERS[1:]} folder/x")
    settled()
    request = ListRequest("a/", matching=MANY_WORDS)

    assert names(storage, request, service) == found
    assert names(storage, replace(request, sort=SortColumn.SIZE), service) == found
    assert storage.count_folder("photos", "a/", service, matching=MANY_WORDS) == FolderCount(1, 2)
    assert names(storage, replace(request, matching=f"{MANY_WORDS} nobody's"), service) == []


def test_what_was_uploaded_and_renamed_since_it_was_indexed_is_filtered_by_its_name(
    put: Put, storage: FileStorage, service: RlsContext, index: NameIndex
) -> None:
    put("report 1.txt", "report 2.txt", "report 3.txt")
    index.catch_up(CancelToken())
    put("report 4.txt")
    storage.move("photos", "report 1.txt", "letter 1.txt", service)
    storage.delete("photos", "report 2.txt", service)

    assert names(storage, ListRequest(matching="report"), service) == ["report 3.txt", "report 4.txt"]
    assert names(storage, ListRequest(matching="letter"), service) == ["letter 1.txt"]


def test_what_a_caller_may_not_see_is_neither_shown_nor_counted(
    put: Put, storage: FileStorage, settled: Settled
) -> None:
    let_owners(storage)
    put("report mine.txt", "reports mine/x", who=ALICE)
    put("report theirs.txt", "reports theirs/x")
    settled()

    assert names(storage, ListRequest(matching="report"), ALICE) == ["reports mine/", "report mine.txt"]
    assert storage.count_folder("photos", "", ALICE, matching="report") == FolderCount(1, 1)


def test_the_past_is_filtered_too(put: Put, storage: FileStorage, service: RlsContext, settled: Settled) -> None:
    storage.update_bucket("photos", service, BucketChanges(retention=Retention(None, None, 30)))
    put("report 1.txt", "report 2.txt", "letter.txt", "reports/x", "letters/x")
    settled()
    then = datetime.now(UTC)
    storage.delete("photos", "report 1.txt", service)
    request = ListRequest(matching="report", moment=then)

    assert names(storage, request, service) == ["reports/", "report 1.txt", "report 2.txt"]
    assert names(storage, replace(request, limit=1, offset=2), service) == ["report 2.txt"]
    assert storage.count_folder("photos", "", service, then, "report") == FolderCount(1, 2)


def test_few_are_looked_up_and_not_read_from_the_whole_folder(
    put: Put, workspace: Workspace, service: RlsContext, index: NameIndex
) -> None:
    put("a/report.txt")
    index.catch_up(CancelToken())
    with workspace._core.executor.snapshot(service) as tx:
        page = objects_page(SortColumn.NAME, descending=False, resumed=False)
        bound = page.params(bucket="b", prefix="a/", skip=0, count=9)
        steps = tx.plan(filtered(bound, tx, ("report",))).splitlines()

    assert steps[1] == "SEARCH storage_objects USING INTEGER PRIMARY KEY (rowid=?)"
