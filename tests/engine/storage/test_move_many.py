"""Moving many things at once: all or nothing, names may change places, and it can be undone exactly."""

from __future__ import annotations

import pytest

from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    Cancelled,
    InvalidRequest,
    ObjectAlreadyExists,
    ObjectChanged,
    ObjectNotFound,
    StorageError,
    Unauthorized,
)
from engine.files import moves as moving
from engine.move_types import Move
from engine.storage import FileStorage
from engine.types import NOTHING_KEPT, Bucket, BucketChanges, Retention, RlsContext, UploadOptions
from tests.engine.storage.test_move import contents, put


def held(storage: FileStorage, service: RlsContext, bucket: str = "photos") -> list[str]:
    return sorted(contents(storage, service, bucket))


@pytest.fixture
def other(storage: FileStorage, service: RlsContext) -> Bucket:
    return storage.create_bucket("other", service)


class TestNames:
    def test_two_names_change_places(
        self, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a", "b")
        moved = storage.move_many("photos", [Move("a", "b"), Move("b", "a")], service)
        assert moved.objects == 2
        assert contents(storage, service) == {"a": b"b", "b": b"a"}
        assert sorted(entry.key for entry in backend.list()) == [f"{bucket.id}/a", f"{bucket.id}/b"]
        storage.move_many("photos", moved.back, service)
        assert contents(storage, service) == {"a": b"a", "b": b"b"}
        assert storage.check(service).clean

    def test_names_that_move_up_by_one_get_their_plain_files(
        self, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "1", "2", "3")
        storage.move_many("photos", [Move("1", "2"), Move("2", "3"), Move("3", "4")], service)
        assert contents(storage, service) == {"2": b"1", "3": b"2", "4": b"3"}
        assert sorted(entry.key for entry in backend.list()) == [f"{bucket.id}/{name}" for name in "234"]

    def test_two_folders_change_places(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/", "a/x", "a/only/a", "b/", "b/x")
        before = contents(storage, service)
        moved = storage.move_many("photos", [Move("a/", "b/"), Move("b/", "a/")], service)
        assert contents(storage, service) == {
            "a/": b"", "b/": b"", "a/x": b"b/x", "b/x": b"a/x", "b/only/a": b"a/only/a",
        }  # fmt: skip
        storage.move_many("photos", moved.back, service)
        assert contents(storage, service) == before

    @pytest.mark.parametrize("pair", [("a", "A"), ("\u00e9", "e\u0301"), ("ab/", "a/")])
    def test_names_that_look_alike_are_others(
        self, pair: tuple[str, str], storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        tail = "x" if pair[0].endswith("/") else ""
        put(storage, service, pair[0] + tail)
        storage.move_many("photos", [Move(*pair)], service)
        assert held(storage, service) == [pair[1] + tail]

    def test_a_folder_takes_along_nothing_whose_name_only_begins_like_it(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a", "a/x", "ab/x", "a.txt", "a0/x")
        storage.move_many("photos", [Move("a/", "z/")], service)
        assert held(storage, service) == ["a", "a.txt", "a0/x", "ab/x", "z/x"]


class TestAllOrNothing:
    @pytest.mark.parametrize(
        ("wanted", "error"),
        [
            ([Move("a", "new"), Move("b", "c")], ObjectAlreadyExists),
            ([Move("a", "new"), Move("b", "new")], ObjectAlreadyExists),
            ([Move("a", "new"), Move("nothing", "x")], ObjectNotFound),
            ([Move("a", "new"), Move("b", "x", "another object's id")], ObjectNotFound),
            ([Move("d/", "d/e/")], InvalidRequest),
            ([Move("d/", "x/"), Move("d/f", "y")], InvalidRequest),
            ([Move("a", "new"), Move("b", "")], StorageError),
            ([Move("a", "new"), Move("b", "x/../y")], StorageError),
        ],
    )
    def test_one_that_cannot_go_keeps_all(
        self, wanted: list[Move], error: type[StorageError], storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a", "b", "c", "d/f")
        before = contents(storage, service)
        with pytest.raises(error):
            storage.move_many("photos", wanted, service)
        assert contents(storage, service) == before

    def test_cancelled_between_two_slices_moves_nothing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(moving, "SLICE", 1)
        put(storage, service, "d/1", "d/2", "d/3")
        token = CancelToken()
        with pytest.raises(Cancelled):
            storage.move_many("photos", [Move("d/", "e/")], service, progress=lambda _: token.cancel(), cancel=token)
        assert held(storage, service) == ["d/1", "d/2", "d/3"]

    def test_nobody_moves_what_is_anothers(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, bob: RlsContext
    ):
        storage.upload("photos", "mine", b"a", alice)
        storage.upload("photos", "theirs", b"b", bob)
        with pytest.raises(ObjectNotFound):
            storage.move_many("photos", [Move("mine", "x"), Move("theirs", "y")], alice)
        with pytest.raises(Unauthorized):
            storage.move_many("photos", [Move("mine", "theirs")], alice, replace=["theirs"])
        assert storage.move_many("photos", [Move("mine", "x")], alice).objects == 1
        assert held(storage, service) == ["theirs", "x"]


class TestFolders:
    def test_folders_become_one_and_part_again(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/", "a/sub/", "a/1", "b/", "b/2", "b/sub/3")
        before = contents(storage, service)
        moved = storage.move_many("photos", [Move("a/", "b/")], service)
        assert held(storage, service) == ["b/", "b/1", "b/2", "b/sub/", "b/sub/3"]
        assert (moved.objects, moved.marks) == (1, ("a/",))
        storage.move_many("photos", moved.back, service)
        for mark in moved.marks:
            storage.create_folder("photos", mark, service)
        assert contents(storage, service) == before

    def test_one_that_came_to_nothing_goes_back_as_a_whole(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a/1", "a/b/2")
        ids = frozenset(stored.id for stored in storage.walk("photos", "a/", service))
        moved = storage.move_many("photos", [Move("a/", "x/y/")], service)
        assert moved.back == (Move("x/y/", "a/", ids=ids),)

    @pytest.mark.parametrize("named", [2, 1])
    def test_what_came_to_it_since_stays_when_it_goes_back(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch, named: int
    ):
        monkeypatch.setattr("engine.files.many_moves._NAMED_MAX", named)
        put(storage, service, "a/1", "a/b/2", "elsewhere")
        moved = storage.move_many("photos", [Move("a/", "x/")], service)
        put(storage, service, "x/new")
        storage.move("photos", "elsewhere", "x/b/moved here", service)
        storage.move_many("photos", moved.back, service)
        assert held(storage, service) == ["a/1", "a/b/2", "x/b/moved here", "x/new"]

    def test_many_that_went_together_name_no_more_than_one_may_and_all_go_back(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("engine.files.many_moves._NAMED_MAX", 3)
        put(storage, service, "a/1", "a/2", "b/1", "b/2", "c/1")
        moved = storage.move_many("photos", [Move(f"{name}/", f"x/{name}/") for name in "abc"], service)
        assert [len(move.ids) for move in moved.back] == [2, 0, 1]
        put(storage, service, "x/a/new", "x/b/new", "x/c/new")
        storage.move_many("photos", moved.back, service)
        assert held(storage, service) == ["a/1", "a/2", "b/1", "b/2", "c/1", "x/a/new", "x/b/new", "x/c/new"]

    def test_what_was_renamed_in_it_since_goes_back_with_it(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a/1", "a/2")
        moved = storage.move_many("photos", [Move("a/", "x/")], service)
        storage.move("photos", "x/1", "x/one", service)
        storage.move_many("photos", moved.back, service)
        assert held(storage, service) == ["a/2", "a/one"]

    def test_two_that_come_to_the_same_new_one_part_again(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a/", "a/1", "b/", "b/2")
        before = contents(storage, service)
        moved = storage.move_many("photos", [Move("a/", "x/"), Move("b/", "x/")], service)
        assert held(storage, service) == ["x/", "x/1", "x/2"]
        storage.move_many("photos", moved.back, service)
        for mark in moved.marks:
            storage.create_folder("photos", mark, service)
        assert contents(storage, service) == before

    def test_everything_goes_to_another_bucket_with_what_is_known_of_it(
        self, storage: FileStorage, bucket: Bucket, other: Bucket, service: RlsContext
    ):
        put(storage, service, "a/1", "a/b/2", "c")
        before = storage.info("photos", "c", service)
        moved = storage.move_many("photos", [Move("a/", "a/"), Move("c", "c")], service, target_bucket="other")
        assert moved.objects == 3
        assert held(storage, service) == []
        assert contents(storage, service, "other") == {"a/1": b"a/1", "a/b/2": b"a/b/2", "c": b"c"}
        assert storage.info("other", "c", service).id == before.id
        storage.move_many("other", moved.back, service, target_bucket="photos")
        assert held(storage, service) == ["a/1", "a/b/2", "c"]
        assert storage.check(service).clean


class TestReplacing:
    @pytest.mark.parametrize("kept", [NOTHING_KEPT, Retention(trash_days=30), Retention(versions=3)])
    def test_what_gives_way_goes_to_the_trash_where_there_is_one(
        self, kept: Retention, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        storage.update_bucket("photos", service, BucketChanges(retention=kept))
        put(storage, service, "a", "d/a", "b", "d/b")
        moved = storage.move_many("photos", [Move("a", "d/a"), Move("b", "d/b")], service, replace=["d/a", "d/b"])
        assert sorted(moved.displaced) == ["d/a", "d/b"]
        assert contents(storage, service) == {"d/a": b"a", "d/b": b"b"}
        trash = storage.trash.list("photos", service).items
        assert sorted(row.info.path for row in trash) == (["d/a", "d/b"] if kept.trash_days else [])
        storage.move_many("photos", moved.back, service)
        storage.trash.restore("photos", [row.id for row in trash], service)
        assert held(storage, service) == (["a", "b", "d/a", "d/b"] if kept.trash_days else ["a", "b"])
        assert storage.check(service).clean

    def test_only_what_was_named_gives_way(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a", "b", "d/a", "d/b")
        with pytest.raises(ObjectAlreadyExists):
            storage.move_many("photos", [Move("a", "d/a"), Move("b", "d/b")], service, replace=["d/a"])
        assert held(storage, service) == ["a", "b", "d/a", "d/b"]

    def test_only_the_content_that_was_seen_gives_way(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a", "b", "d/a", "d/b")
        moves = [Move("a", "d/a"), Move("b", "d/b")]
        seen = {path: storage.info("photos", path, service).version for path in ("d/a", "d/b")}
        storage.upload("photos", "d/b", b"newer", service, UploadOptions(replace=True))
        with pytest.raises(ObjectChanged) as caught:
            storage.move_many("photos", moves, service, replace=[*seen], seen_versions=seen)
        assert caught.value.path == "d/b"
        assert contents(storage, service) == {"a": b"a", "b": b"b", "d/a": b"d/a", "d/b": b"newer"}

        seen["d/b"] = storage.info("photos", "d/b", service).version
        storage.move_many("photos", moves, service, replace=[*seen], seen_versions=seen)
        assert contents(storage, service) == {"d/a": b"a", "d/b": b"b"}


@pytest.mark.parametrize("named", [20_000, 1], ids=["by contents", "by a mark"])
def test_a_folder_goes_back_to_its_bucket_without_what_others_put_into_it_since(
    named: int,
    storage: FileStorage,
    bucket: Bucket,
    other: Bucket,
    service: RlsContext,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("engine.files.many_moves._NAMED_MAX", named)
    put(storage, service, "a/1", "a/deep/2")
    moved = storage.move_many("photos", [Move("a/", "b/")], service, target_bucket="other")
    storage.upload("other", "b/theirs", b"x", service)
    storage.upload("other", "b/1", b"written over", service, UploadOptions(replace=True))

    back = storage.move_many("other", moved.back, service, target_bucket="photos")

    assert len(moved.back) == 1
    assert back.objects == 1
    assert held(storage, service) == ["a/deep/2"]
    assert held(storage, service, "other") == ["b/1", "b/theirs"]


def test_a_folder_goes_back_to_its_bucket_whatever_was_done_there_and_undone(
    storage: FileStorage, bucket: Bucket, other: Bucket, service: RlsContext
):
    put(storage, service, "a/1", "a/deep/2")
    moved = storage.move_many("photos", [Move("a/", "b/")], service, target_bucket="other")
    storage.move_folder("other", "b/", "c/", service)
    storage.move_folder("other", "c/", "b/", service)
    storage.move_many("other", moved.back, service, target_bucket="photos")
    assert held(storage, service) == ["a/1", "a/deep/2"]


def test_the_past_shows_names_that_changed_places_where_they_were(
    storage: FileStorage, bucket: Bucket, service: RlsContext
):
    storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=5)))
    put(storage, service, "a", "b")
    a = storage.info("photos", "a", service)
    storage.move_many("photos", [Move("a", "b"), Move("b", "a")], service)
    (before,) = [row for row in storage.versions.list("photos", "a", service) if row.until_us is not None]
    assert before.info.checksum == a.checksum


def test_each_folder_that_something_left_or_came_to_is_told_of(
    storage: FileStorage, bucket: Bucket, service: RlsContext, events: list
):
    put(storage, service, "a/1", "a/2", "b/3")
    events.clear()
    storage.move_many("photos", [Move("a/1", "c/1"), Move("a/2", "c/2"), Move("b/3", "c/3")], service)
    assert sorted((event.type, event.path, event.count) for event in events) == [
        ("storage.object.moved", "a/", 2),
        ("storage.object.moved", "b/3", 1),
        ("storage.object.moved", "c/", 3),
    ]


def test_many_paths_are_looked_up_at_once_and_nothing_hidden_is_found(
    storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext
):
    storage.upload("photos", "d/mine", b"a", alice)
    put(storage, service, "d/theirs", "e")
    assert sorted(storage.find("photos", ["d/mine", "d/theirs", "e", "nothing"], service)) == [
        "d/mine",
        "d/theirs",
        "e",
    ]
    assert list(storage.find("photos", ["d/mine", "d/theirs", "e"], alice)) == ["d/mine"]
