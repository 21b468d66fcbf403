"""Filters of vast folders: what the text of names finds is what the database finds by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from engine.errors import StorageError
from engine.files.listing import Listing
from engine.files.name_texts import NameTexts
from engine.metadata.executor import Transaction
from engine.move_types import Move
from engine.outbox.pruning import Pruning
from engine.storage import FileStorage
from engine.types import ListRequest, RlsContext, UploadOptions
from engine.workspace import Workspace
from tests.policies import let_owners

pytestmark = [pytest.mark.parametrize("workspace", ["memory"], indirect=True), pytest.mark.usefixtures("bucket")]

NAMES = (
    *(f"Report {number:02}.txt" for number in range(9)),
    *(f"zebra-{number}.PNG" for number in range(5)),
    *("Réport a.txt", "résumé.pdf", "STRASSE.txt", "Straße.txt", "\u2100.txt", "写真 report.jpg", "no"),
)
FOLDERS = ("f/", "f/", "f/", "g/", "f/deep/", "")
TEXTS = ("report", "r", "zebra", "png", "strasse", "a/c", "t 0", "写", "nobody's", "/", '"rt a"', "REPORT 写真")


class Overtaken(NameTexts):
    """Texts before which something happens once, after the snapshot of who asks for a page or a count was taken."""

    happens: Callable[[], object] | None = None

    def page(self, tx: Transaction, *args: Any, **values: Any) -> Sequence[tuple[Any, ...]] | None:
        self._happen()
        return super().page(tx, *args, **values)

    def count(self, tx: Transaction, *args: Any) -> int | None:
        self._happen()
        return super().count(tx, *args)

    def _happen(self) -> None:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()


def remembering(workspace: Workspace, texts: NameTexts) -> Listing:
    return Listing(workspace._core.executor, workspace.storage._use.listing._quarantine, texts=texts)


@pytest.fixture
def texts() -> NameTexts:
    """Texts for which twelve objects are vast, four names a part."""
    return NameTexts(vast=12, part=4)


@pytest.fixture
def vast(workspace: Workspace, texts: NameTexts) -> Listing:
    return remembering(workspace, texts)


@pytest.fixture
def plain(storage: FileStorage) -> Listing:
    """The listing for which nothing here is vast."""
    return storage._use.listing


def put(storage: FileStorage, context: RlsContext, *names: str) -> None:
    for name in names:
        storage.upload("photos", f"f/{name}", b"x", context)


def filled(storage: FileStorage, context: RlsContext) -> None:
    put(storage, context, *NAMES, "report folder/x.txt", "sub/report.txt")
    storage.create_folder("photos", "f/", context)
    storage.upload("photos", "report elsewhere.txt", b"x", context)


def shown(listing: Listing, request: ListRequest, context: RlsContext) -> list[str]:
    page = listing.page("photos", request, context)
    return [entry.path for entry in (*page.folders, *page.objects)]


def step_by_step(listing: Listing, request: ListRequest, context: RlsContext) -> list[str]:
    found: list[str] = []
    while True:
        page = listing.page("photos", request, context)
        found += [entry.path for entry in (*page.folders, *page.objects)]
        if page.next_cursor is None:
            return found
        request = replace(request, cursor=page.next_cursor)


def is_used(workspace: Workspace, texts: NameTexts, context: RlsContext) -> bool:
    """Return whether a page would come from the text."""
    bucket = workspace.storage.get_bucket("photos", workspace.context)
    values: dict[str, object] = {"bucket": bucket.id, "prefix": "f/", "skip": 0, "count": 1}
    with workspace._core.executor.snapshot(context) as tx:
        return texts.page(tx, ("r",), descending=False, values=values) is not None


@pytest.mark.parametrize("descending", [False, True])
def test_pages_and_counts_are_those_of_a_plain_listing(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, plain: Listing, texts: NameTexts,
    descending: bool,
) -> None:  # fmt: skip
    filled(storage, service)
    for text in TEXTS:
        counted = vast.count("photos", "f/", service, matching=text)
        assert counted == plain.count("photos", "f/", service, matching=text), text
    assert is_used(workspace, texts, service)

    for text in TEXTS:
        request = ListRequest("f/", 100, descending=descending, matching=text)
        expected = shown(plain, request, service)
        assert step_by_step(vast, replace(request, limit=4), service) == expected, request
        for offset in (1, 7):
            assert shown(vast, replace(request, limit=6, offset=offset), service) == expected[offset : offset + 6]


@pytest.mark.parametrize("descending", [False, True])
def test_words_that_grow_and_shrink_find_the_same(
    storage: FileStorage, service: RlsContext, vast: Listing, plain: Listing, descending: bool
) -> None:
    filled(storage, service)
    for text in ("r", "re", "re 0", "re 0 txt", "z", "ze", "e", "no", "nothing", "rep", "写", "写 r", "png r", "png"):
        request = ListRequest("f/", 4, descending=descending, matching=text)
        assert step_by_step(vast, request, service) == step_by_step(plain, request, service), text
        counted = vast.count("photos", "f/", service, matching=text)
        assert counted == plain.count("photos", "f/", service, matching=text), text
        assert step_by_step(vast, request, service) == step_by_step(plain, request, service), text


def test_a_change_is_seen_at_once(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, texts: NameTexts
) -> None:
    filled(storage, service)
    request = ListRequest("f/", matching="zebra")
    vast.count("photos", "f/", service, matching="z")

    put(storage, service, "zebra new.txt")
    storage.delete("photos", "f/zebra-0.PNG", service)
    storage.move("photos", "f/zebra-1.PNG", "f/other.PNG", service)

    expected = ["f/zebra new.txt", "f/zebra-2.PNG", "f/zebra-3.PNG", "f/zebra-4.PNG"]
    assert is_used(workspace, texts, service)
    assert shown(vast, request, service) == expected
    assert vast.count("photos", "f/", service, matching="zebra").objects == 4
    assert is_used(workspace, texts, service)
    assert shown(vast, request, service) == expected


def change(storage: FileStorage, context: RlsContext, dice: Random) -> None:
    """Do one thing, as likely as not in the folder; what cannot be done is left."""
    one, other = (f"{dice.choice(FOLDERS)}{dice.choice(NAMES)}" for _ in range(2))
    here, there = dice.sample(FOLDERS, 2)
    acts: tuple[Callable[[], object], ...] = (
        lambda: storage.upload("photos", one, b"y", context, UploadOptions(replace=True)),
        lambda: storage.delete("photos", one, context),
        lambda: storage.move("photos", one, other, context),
        lambda: storage.copy("photos", one, other, context, replace=True),
        lambda: storage.move("photos", one, other, context, target_bucket="music"),
        lambda: storage.move("music", one, other, context, target_bucket="photos"),
        lambda: storage.move_many("photos", [Move(one, other), Move(other, one)], context),
        lambda: storage.move_folder("photos", here, there, context),
        lambda: storage.copy_folder("photos", here, there, context),
        lambda: storage.delete_trees("photos", [here], context),
        lambda: storage.trash.restore("photos", [trashed(storage, context, dice)], context),
    )
    with contextlib.suppress(StorageError, IndexError):
        dice.choices(acts, (40, 8, 8, 8, 8, 8, 4, 1, 2, 1, 8))[0]()


def trashed(storage: FileStorage, context: RlsContext, dice: Random) -> int:
    return dice.choice([one.id for one in storage.trash.list("photos", context).items if one.id is not None])


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_it_is_followed(
    workspace: Workspace, storage: FileStorage, service: RlsContext, plain: Listing, seed: int
) -> None:
    dice, used = Random(seed), 0
    texts = NameTexts(vast=12, part=4, news=dice.choice((10, 1000)))
    vast = remembering(workspace, texts)
    storage.create_bucket("music", service)
    filled(storage, service)
    for _ in range(80):
        for _ in range(dice.randrange(4)):
            change(storage, service, dice)
        used += is_used(workspace, texts, service)
        request = ListRequest("f/", 4, descending=dice.random() < 0.5, matching=dice.choice(TEXTS))
        assert step_by_step(vast, request, service) == step_by_step(plain, request, service), request
        counted = vast.count("photos", "f/", service, matching=request.matching)
        assert counted == plain.count("photos", "f/", service, matching=request.matching), request
    assert used > 5


def test_after_very_many_changes_it_is_made_anew(
    workspace: Workspace, storage: FileStorage, service: RlsContext
) -> None:
    filled(storage, service)
    texts = NameTexts(vast=12, part=4, news=5)
    vast = remembering(workspace, texts)
    vast.expect_filter("photos", "f/", service)
    put(storage, service, *(f"report new {number}" for number in range(3)))
    assert is_used(workspace, texts, service)
    put(storage, service, *(f"report new {number}" for number in range(3, 6)))
    assert not is_used(workspace, texts, service)
    assert vast.count("photos", "f/", service, matching="report new").objects == 6
    assert is_used(workspace, texts, service)


def test_it_counts_for_nothing_once_changes_are_forgotten(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, texts: NameTexts
) -> None:
    filled(storage, service)
    vast.expect_filter("photos", "f/", service)
    put(storage, service, "report new 1", "report new 2")
    Pruning(workspace._core.executor, kept_bytes=0).run()
    assert not is_used(workspace, texts, service)
    assert vast.count("photos", "f/", service, matching="report new").objects == 2
    assert is_used(workspace, texts, service)


def test_the_names_of_another_folder_leave_it_as_it_is(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, texts: NameTexts
) -> None:
    filled(storage, service)
    vast.expect_filter("photos", "f/", service)
    storage.create_bucket("music", service)
    storage.upload("music", "f/report of music", b"x", service)
    storage.upload("photos", "g/report of g", b"x", service)
    storage.upload("photos", "f/deep/report", b"x", service)
    assert is_used(workspace, texts, service)
    assert texts._known is not None
    assert not texts._known.since.touched


@pytest.mark.parametrize("descending", [False, True])
def test_a_text_made_since_a_page_or_a_count_began_is_not_for_it(
    workspace: Workspace, storage: FileStorage, service: RlsContext, plain: Listing, descending: bool
) -> None:
    filled(storage, service)
    texts = Overtaken(vast=12, part=4)
    listing = remembering(workspace, texts)
    request = ListRequest("f/", 6, descending=descending, matching="report")
    listing.count("photos", "f/", service, matching="report")

    def overtake(*names: str) -> None:
        put(storage, service, *names)
        listing.count("photos", "f/", service, matching="report")

    before = plain.page("photos", request, service)
    texts.happens = lambda: overtake(*(f"Report {number:02}.new" for number in range(9)))
    assert listing.page("photos", request, service) == before
    assert texts.happens is None
    assert is_used(workspace, texts, service)
    assert step_by_step(listing, request, service) == step_by_step(plain, request, service)

    counted = plain.count("photos", "f/", service, matching="report")
    texts.happens = lambda: overtake("report newest")
    assert listing.count("photos", "f/", service, matching="report") == counted
    assert listing.count("photos", "f/", service, matching="report").objects == counted.objects + 1


def test_a_text_is_of_one_folder(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing
) -> None:
    filled(storage, service)
    vast.count("photos", "f/", service, matching="r")
    assert shown(vast, ListRequest(matching="report"), service) == ["report elsewhere.txt"]
    assert vast.count("photos", "", service, matching="report").total == 1


def test_who_is_held_to_rules_sees_what_they_let_through(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, texts: NameTexts
) -> None:
    let_owners(storage)
    alice = RlsContext.user("a11ce000-0000-4000-8000-000000000001")
    filled(storage, service)
    put(storage, alice, "report of alice.txt")
    vast.count("photos", "f/", service, matching="report")

    assert vast.count("photos", "f/", alice, matching="report").objects == 1
    assert not is_used(workspace, texts, alice)
    assert shown(vast, ListRequest("f/", matching="report"), alice) == ["f/report of alice.txt"]


@pytest.mark.parametrize("bound", [{"letters": 20}, {"others": 2}])
def test_what_would_be_too_large_is_not_kept(
    workspace: Workspace, storage: FileStorage, service: RlsContext, plain: Listing, bound: dict[str, int]
) -> None:
    filled(storage, service)
    texts = NameTexts(vast=12, part=4, **bound)
    listing = remembering(workspace, texts)

    for text in ("report", "r"):
        assert listing.count("photos", "f/", service, matching=text) == plain.count("photos", "f/", service, None, text)
    assert not is_used(workspace, texts, service)
    request = ListRequest("f/", matching="report")
    assert shown(listing, request, service) == shown(plain, request, service)


def test_small_folders_have_none(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, texts: NameTexts
) -> None:
    put(storage, service, "report 1", "report 2")
    assert vast.count("photos", "f/", service, matching="report").objects == 2
    assert not is_used(workspace, texts, service)


def test_a_text_is_ready_before_the_first_letter(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, plain: Listing, texts: NameTexts
) -> None:
    filled(storage, service)
    vast.expect_filter("photos", "f/", service)
    assert is_used(workspace, texts, service)
    request = ListRequest("f/", 4, matching="report")
    assert step_by_step(vast, request, service) == step_by_step(plain, request, service)

    vast.expect_filter("photos", "", service)  # few objects: the text that is there stays
    assert is_used(workspace, texts, service)
    put(storage, service, "report new.txt")
    assert is_used(workspace, texts, service)
    assert step_by_step(vast, request, service) == step_by_step(plain, request, service)


def test_nothing_is_made_ready_for_who_is_held_to_rules(
    workspace: Workspace, storage: FileStorage, service: RlsContext, vast: Listing, texts: NameTexts
) -> None:
    filled(storage, service)
    vast.expect_filter("photos", "f/", RlsContext.user("a11ce000-0000-4000-8000-000000000001"))
    assert not is_used(workspace, texts, service)
