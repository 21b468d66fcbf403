"""What takes moves and renames back, and in turn what takes that back, on the real engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from app.bridge.renaming import Renamed, Renamer, Renaming
from app.bridge.reversals import FolderBack, Moving, Reversal, Reversed
from app.bridge.tasks import Ticket
from app.bridge.trash import Trashed, newest_in_trash
from app.bridge.trashings import Made, Uncopying, Untrashing
from app.renames import Item
from engine.errors import Cancelled
from engine.files import deletes
from engine.move_types import Move
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, Progress, Retention, RlsContext, StorageObject, UploadOptions


class AtOnce:
    """Does what it is handed at once."""

    def __init__(self, me: RlsContext) -> None:
        self._me = me

    def mutate(self, work: Any, then: Any, _otherwise: Any, **_: object) -> None:
        then(work(Ticket("", None), self._me))


def put(storage: FileStorage, me: RlsContext, *paths: str) -> None:
    for path in paths:
        storage.upload("photos", path, b"x", me, UploadOptions(replace=True))


def held(storage: FileStorage, me: RlsContext) -> list[str]:
    return sorted(stored.path for stored in storage.walk("photos", "", me))


def renamed(storage: FileStorage, me: RlsContext, folder: str, name: str) -> Moving:
    """Give a folder another name as one of many, and return what takes that back."""
    done: list[Renamed] = []
    Renamer(storage, AtOnce(me)).rename("photos", [Renaming(Item(folder), name)], done.append, lambda _: None)  # type: ignore[arg-type]
    return done[0].reversal


def run(reversal: Reversal, storage: FileStorage, me: RlsContext) -> Reversal:
    back = reversal.run(storage, Ticket("", None), me).back
    assert back is not None
    return back


@pytest.fixture(params=[20_000, 1], ids=["by ids", "by a mark"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let folders of two be told by their objects' ids, or be too large for that."""
    monkeypatch.setattr("engine.files.many_moves._NAMED_MAX", request.param)


@pytest.mark.usefixtures("many")
def test_an_old_name_comes_back_to_all_that_is_in_a_folder_by_then(
    storage: FileStorage, bucket: Bucket, service: RlsContext
) -> None:
    put(storage, service, "a/1", "a/2")
    back = renamed(storage, service, "a/", "b")
    put(storage, service, "b/2", "b/new")
    run(back, storage, service)
    assert held(storage, service) == ["a/1", "a/2", "a/new"]


@pytest.mark.usefixtures("many")
def test_it_does_so_also_where_it_was_taken_back_and_given_again(
    storage: FileStorage, bucket: Bucket, service: RlsContext
) -> None:
    put(storage, service, "a/1", "a/2")
    again = run(renamed(storage, service, "a/", "b"), storage, service)
    back = run(again, storage, service)
    put(storage, service, "b/2", "b/new")
    run(back, storage, service)
    assert held(storage, service) == ["a/1", "a/2", "a/new"]


@pytest.mark.usefixtures("many")
def test_what_was_moved_comes_back_without_what_came_since_however_often(
    storage: FileStorage, bucket: Bucket, service: RlsContext
) -> None:
    put(storage, service, "a/1", "a/2")
    moved = storage.move_many("photos", [Move("a/", "b/")], service)
    back = run(run(Moving("photos", moved.back), storage, service), storage, service)
    put(storage, service, "b/new")
    run(back, storage, service)
    assert held(storage, service) == ["a/1", "a/2", "b/new"]


class Impatient(Ticket):
    """Is stopped after the first commit."""

    def __init__(self) -> None:
        super().__init__("", None)

    def report(self, progress: Progress) -> None:
        self.cancel()


@pytest.fixture
def bin_bucket(storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Return a bucket with a trash, into which things go one by one."""
    monkeypatch.setattr(deletes, "_ROWS_A_COMMIT", 1)
    monkeypatch.setattr(deletes, "_PATHS_A_COMMIT", 1)
    return storage.update_bucket("photos", service, BucketChanges(retention=Retention(trash_days=30)))


def run_stopped(reversal: Reversal, storage: FileStorage, me: RlsContext) -> tuple[Reversal, Reversal]:
    """Run a reversal that is stopped in the middle; return what takes its part back, and what is left of it."""
    result = reversal.run(storage, Impatient(), me)
    assert isinstance(result.failure, Cancelled)
    assert result.back is not None
    assert result.rest is not None
    return result.back, result.rest


@pytest.mark.usefixtures("bin_bucket")
def test_deleting_again_that_is_stopped_can_be_taken_back_and_gone_on_with(
    storage: FileStorage, service: RlsContext
) -> None:
    put(storage, service, "a/1", "a/2", "a/3")
    again = run(deleted(storage, service, "a/"), storage, service)
    back, rest = run_stopped(again, storage, service)
    assert len(held(storage, service)) == 2
    both = [run(rest, storage, service), back]
    assert held(storage, service) == []
    for one in both:
        run(one, storage, service)
    assert held(storage, service) == ["a/1", "a/2", "a/3"]


@pytest.mark.usefixtures("bin_bucket")
def test_taking_copies_back_that_is_stopped_can_be_done_again_and_gone_on_with(
    storage: FileStorage, service: RlsContext
) -> None:
    put(storage, service, "a/1", "a/2", "b/3")
    made = tuple(Made(one.path, one.version) for one in storage.walk("photos", "", service))
    back, rest = run_stopped(Uncopying("photos", made), storage, service)
    assert len(held(storage, service)) == 2
    both = [run(rest, storage, service), back]
    assert held(storage, service) == []
    for one in both:
        run(one, storage, service)
    assert held(storage, service) == ["a/1", "a/2", "b/3"]


@pytest.fixture
def kept(storage: FileStorage, bucket: Bucket, service: RlsContext) -> Bucket:
    """Return a bucket with a trash."""
    return storage.update_bucket("photos", service, BucketChanges(retention=Retention(trash_days=30)))


def deleted(storage: FileStorage, me: RlsContext, *paths: str) -> Untrashing:
    """Move something to the trash, and return what takes that back."""
    before = newest_in_trash(storage, "photos", me)
    storage.trash.put("photos", paths, me)
    return Untrashing(Trashed("photos", frozenset(paths), before, newest_in_trash(storage, "photos", me)))


def once(reversal: Reversal, storage: FileStorage, me: RlsContext) -> Reversed:
    return reversal.run(storage, Ticket("", None), me)


@pytest.mark.usefixtures("kept")
def test_what_was_not_deleted_again_is_counted(storage: FileStorage, service: RlsContext) -> None:
    put(storage, service, "a/1")
    again = run(deleted(storage, service, "a/"), storage, service)
    put(storage, service, "a/1", "a/2")
    result = once(again, storage, service)
    assert (result.back, result.left) == (None, 1)
    assert held(storage, service) == ["a/1", "a/2"]


@pytest.mark.usefixtures("kept")
def test_what_was_brought_back_is_deleted_again_without_what_came_since(
    storage: FileStorage, service: RlsContext
) -> None:
    put(storage, service, "a/1", "a/2", "a/3")
    again = run(run(run(deleted(storage, service, "a/"), storage, service), storage, service), storage, service)
    put(storage, service, "a/2", "a/new")
    result = once(again, storage, service)
    assert held(storage, service) == ["a/2", "a/new"]
    assert result.left > 0


@pytest.mark.usefixtures("kept")
def test_what_was_brought_back_is_deleted_again_without_what_came_before_that(
    storage: FileStorage, service: RlsContext
) -> None:
    put(storage, service, "a/1", "a/2")
    back = deleted(storage, service, "a/")
    put(storage, service, "a/1", "a/other")
    again = run(back, storage, service)
    assert held(storage, service) == ["a/1", "a/2", "a/other"]
    run(again, storage, service)
    assert held(storage, service) == ["a/1", "a/other"]


@pytest.mark.usefixtures("kept")
def test_where_nothing_came_back_nothing_is_deleted_again(storage: FileStorage, service: RlsContext) -> None:
    put(storage, service, "x")
    back = deleted(storage, service, "x")
    put(storage, service, "x")
    result = once(back, storage, service)
    assert (result.back, result.left) == (None, 1)
    assert held(storage, service) == ["x"]


@pytest.mark.usefixtures("kept")
def test_what_is_too_much_to_be_named_is_not_deleted_again(
    storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.bridge.trashings.WEIGHT_MAX", 1)
    put(storage, service, "a/1", "a/2")
    back = deleted(storage, service, "a/")
    put(storage, service, "a/other")
    result = once(back, storage, service)
    assert (result.back, result.is_final) == (None, True)
    assert held(storage, service) == ["a/1", "a/2", "a/other"]


@pytest.mark.usefixtures("kept")
def test_a_folder_in_which_somebody_made_an_empty_one_stays_with_it(storage: FileStorage, service: RlsContext) -> None:
    for folder in ("a/", "a/b/"):
        storage.create_folder("photos", folder, service)
    back = deleted(storage, service, "a/")
    storage.create_folder("photos", "a/theirs/", service)
    again = run(back, storage, service)
    assert once(again, storage, service).left == 1
    assert held(storage, service) == ["a/", "a/theirs/"]


@pytest.mark.usefixtures("bin_bucket")
def test_bringing_back_that_is_stopped_can_be_done_again_and_gone_on_with(
    storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(storage, service, "a/1", "a/2", "a/3")
    back = deleted(storage, service, "a/")
    restore, ticket = storage.trash.restore, Ticket("", None)

    def one(bucket: str, ids: Sequence[int], me: RlsContext) -> tuple[StorageObject, ...]:
        ticket.cancel()
        return restore(bucket, ids, me)

    monkeypatch.setattr(storage.trash, "restore", one)
    monkeypatch.setattr(storage.trash, "list", partial(storage.trash.list, limit=1))
    stopped = back.run(storage, ticket, service)
    assert isinstance(stopped.failure, Cancelled)
    assert stopped.restored is None  # which would say that all of it came
    assert stopped.back is not None
    assert stopped.rest is not None
    assert held(storage, service) == ["a/3"]
    both = [run(stopped.rest, storage, service), stopped.back]
    assert held(storage, service) == ["a/1", "a/2", "a/3"]
    for again in both:
        assert once(again, storage, service).left == 0
    assert held(storage, service) == []


def test_a_folder_that_somebody_else_made_is_not_ones_own_to_remove(
    storage: FileStorage, bucket: Bucket, service: RlsContext
) -> None:
    storage.create_folder("photos", "f/", service)
    result = once(FolderBack("photos", "f/"), storage, service)
    assert (result.back, result.left) == (None, 1)
