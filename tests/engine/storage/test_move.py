"""Moving and renaming objects and folders: all or nothing, and nothing ever gives way."""

from __future__ import annotations

import pytest

from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    BucketNotFound,
    Cancelled,
    InvalidKey,
    InvalidRequest,
    ObjectAlreadyExists,
    ObjectNotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from engine.files import moves
from engine.storage import FileStorage
from engine.types import Bucket, Progress, RlsContext, UploadOptions

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def strict(storage: FileStorage, service: RlsContext) -> Bucket:
    """Create a bucket that takes small pictures alone."""
    return storage.create_bucket("strict", service, file_size_limit_bytes=100, allowed_mime_types=["image/*"])


def put(storage: FileStorage, service: RlsContext, *paths: str, bucket: str = "photos") -> None:
    for path in paths:
        storage.upload(bucket, path, b"" if path.endswith("/") else path.encode(), service)


def contents(storage: FileStorage, service: RlsContext, bucket: str = "photos") -> dict[str, bytes]:
    found = {}
    for stored in storage.walk(bucket, "", service):
        with storage.open_object(bucket, stored.path, service, verify=True) as reader:
            found[stored.path] = reader.read()
    return found


class TestObject:
    def test_everything_but_the_path_stays(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        before = storage.upload("photos", "a/b", b"x", service, UploadOptions(user_metadata={"a": 1}))
        moved = storage.move("photos", "a/b", 'Größe/it\'s "c"', service)
        assert moved.path == 'Größe/it\'s "c"'
        assert (moved.id, moved.version, moved.checksum, moved.created_at, moved.updated_at, moved.owner_id) == (
            before.id,
            before.version,
            before.checksum,
            before.created_at,
            before.updated_at,
            before.owner_id,
        )
        assert dict(moved.user_metadata) == {"a": 1}
        assert storage.info("photos", moved.path, service) == moved
        assert contents(storage, service) == {moved.path: b"x"}
        assert storage.check(service).clean

    def test_bytes_follow_and_empty_folders_go(
        self, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a/b/c")
        storage.move("photos", "a/b/c", "d", service)
        assert [entry.key for entry in backend.list()] == [f"{bucket.id}/d"]

    def test_names_that_look_alike(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        for source, target in (
            ("a", "A"),
            ("\u00e9", "e\u0301"),
            ("x", "x/x"),
            ("y/y", "y"),
            ("%", "_"),
            ("d", "d//d"),
        ):
            put(storage, service, source)
            storage.move("photos", source, target, service)
            assert contents(storage, service) == {target: source.encode()}
            storage.delete("photos", target, service)
        assert storage.check(service).clean

    def test_nothing_gives_way(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a", "b")
        for target in ("b", "a"):
            with pytest.raises(ObjectAlreadyExists):
                storage.move("photos", "a", target, service)
        assert contents(storage, service) == {"a": b"a", "b": b"b"}

    def test_a_swap_by_a_third_name(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a", "b")
        for source, target in (("a", "c"), ("b", "a"), ("c", "b")):
            storage.move("photos", source, target, service)
        assert contents(storage, service) == {"a": b"b", "b": b"a"}
        assert storage.check(service).clean

    def test_what_is_not_there(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/b")
        for source in ("a", "a/", "x"):
            with pytest.raises(ObjectNotFound):
                storage.move("photos", source, "new", service)
        with pytest.raises(BucketNotFound):
            storage.move("missing", "a/b", "new", service)
        with pytest.raises(BucketNotFound):
            storage.move("photos", "a/b", "new", service, target_bucket="missing")
        for wrong in ("", "/x", "../x", "\udc80"):
            with pytest.raises(InvalidKey):
                storage.move("photos", "a/b", wrong, service)
            with pytest.raises(InvalidKey):
                storage.move("photos", wrong, "new", service)
        assert contents(storage, service) == {"a/b": b"a/b"}

    def test_across_buckets(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        other = storage.create_bucket("other", service)
        put(storage, service, "a", "b")
        moved = storage.move("photos", "a", "a", service, target_bucket="other")
        assert (moved.bucket, moved.bucket_id) == ("other", other.id)
        storage.move(bucket.id, "b", "f/b", service, target_bucket=other.id)
        assert contents(storage, service) == {}
        assert contents(storage, service, "other") == {"a": b"a", "f/b": b"b"}
        assert storage.check(service).clean
        storage.delete_bucket("photos", service)

    def test_the_target_buckets_rules_hold(
        self, storage: FileStorage, bucket: Bucket, strict: Bucket, service: RlsContext
    ):
        storage.upload("photos", "text", b"x", service)
        storage.upload("photos", "large", PNG + bytes(100), service)
        storage.upload("photos", "good", PNG, service)
        with pytest.raises(UnsupportedMediaType):
            storage.move("photos", "text", "x", service, target_bucket="strict")
        with pytest.raises(PayloadTooLarge):
            storage.move("photos", "large", "x", service, target_bucket="strict")
        storage.move("photos", "good", "x", service, target_bucket="strict")
        assert set(contents(storage, service)) == {"text", "large"}
        assert set(contents(storage, service, "strict")) == {"x"}

    def test_no_bytes_hide_under_a_mark(
        self, storage: FileStorage, bucket: Bucket, strict: Bucket, service: RlsContext
    ):
        storage.upload("photos", "text", b"x", service)
        for target in ("f/", "f/.emptyFolderPlaceholder"):
            with pytest.raises(InvalidRequest):
                storage.move("photos", "text", target, service)
        storage.create_folder("strict", "f/", service)
        storage.move("strict", "f/", "g/", service)
        with pytest.raises(UnsupportedMediaType):
            storage.move("strict", "g/", "no longer a mark", service)
        assert set(contents(storage, service, "strict")) == {"g/"}


class TestFolder:
    def test_everything_below_moves(
        self, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a", "a/", "a/1", "a/b/2", "a/b//3", "a-/keep", "aa/keep")
        before = {stored.path: stored for stored in storage.walk("photos", "a/", service)}
        assert storage.move_folder("photos", "a/", "x/y/", service) == 4
        assert contents(storage, service) == {
            "a": b"a",
            "a-/keep": b"a-/keep",
            "aa/keep": b"aa/keep",
            "x/y/": b"",
            "x/y/1": b"a/1",
            "x/y/b/2": b"a/b/2",
            "x/y/b//3": b"a/b//3",
        }
        for stored in storage.walk("photos", "x/y/", service):
            assert stored.id == before["a/" + stored.path.removeprefix("x/y/")].id
        assert storage.check(service).clean
        assert not any(f"{bucket.id}/a/" in entry.key for entry in backend.list())

    def test_to_the_top_and_to_names_that_look_alike(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/b/", "a/b/1", "a/b/c/2")
        for source, target in (
            ("a/b/", ""),
            ("c/", "C/"),
            ("C/", "'%_/"),
            ("'%_/", "e\u0301/"),
            ("e\u0301/", "\u00e9/"),
        ):
            assert storage.move_folder("photos", source, target, service) >= 1
        assert contents(storage, service) == {"1": b"a/b/1", "\u00e9/2": b"a/b/c/2"}
        assert storage.check(service).clean

    def test_folders_merge(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/", "a/1", "a/s/", "b/", "b/2", "b/s/", "b/s/3")
        assert storage.move_folder("photos", "a/", "b/", service) == 3
        assert contents(storage, service) == {
            "b/": b"",
            "b/1": b"a/1",
            "b/2": b"b/2",
            "b/s/": b"",
            "b/s/3": b"b/s/3",
        }
        assert storage.check(service).clean

    def test_up_one_level(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/", "a/b/", "a/b/1", "a/b/c/2")
        assert storage.move_folder("photos", "a/b/", "a/", service) == 3
        assert contents(storage, service) == {"a/": b"", "a/1": b"a/b/1", "a/c/2": b"a/b/c/2"}
        assert storage.check(service).clean

    def test_an_object_in_the_way_stops_all_of_it(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/1", "a/2", "a/3", "b/3")
        before = contents(storage, service)
        with pytest.raises(ObjectAlreadyExists) as caught:
            storage.move_folder("photos", "a/", "b/", service)
        assert caught.value.path == "b/3"
        assert contents(storage, service) == before

    def test_what_stands_in_its_own_way_stops_all_of_it(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a/b/b/1", "a/b/1", "a/b/b/", "a/b/")
        before = contents(storage, service)
        with pytest.raises(ObjectAlreadyExists):
            storage.move_folder("photos", "a/b/", "a/", service)
        assert contents(storage, service) == before

    @pytest.mark.parametrize("target", ["a/", "a/b/", "a//", "a/a/"])
    def test_never_into_itself(self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: str):
        put(storage, service, "a/1", "a/b/2")
        for target_bucket in (None, "photos", bucket.id):
            with pytest.raises(InvalidRequest):
                storage.move_folder("photos", "a/", target, service, target_bucket=target_bucket)
            with pytest.raises(InvalidRequest):
                storage.move_folder(bucket.id, "a/", target, service, target_bucket=target_bucket)
        assert contents(storage, service) == {"a/1": b"a/1", "a/b/2": b"a/b/2"}

    def test_into_the_same_place_of_another_bucket(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        storage.create_bucket("other", service)
        put(storage, service, "a/1", "a/b/2", "a/")
        put(storage, service, "a/3", "a/", bucket="other")
        assert storage.move_folder("photos", "a/", "a/", service, target_bucket="other") == 3
        assert contents(storage, service) == {}
        assert contents(storage, service, "other") == {"a/": b"", "a/1": b"a/1", "a/3": b"a/3", "a/b/2": b"a/b/2"}
        assert storage.check(service).clean

    def test_the_target_buckets_rules_hold_for_all(
        self, storage: FileStorage, bucket: Bucket, strict: Bucket, service: RlsContext
    ):
        storage.upload("photos", "f/1", PNG, service)
        storage.upload("photos", "f/2", b"text", service)
        storage.create_folder("photos", "f/", service)
        with pytest.raises(UnsupportedMediaType):
            storage.move_folder("photos", "f/", "f/", service, target_bucket="strict")
        storage.delete("photos", "f/2", service)
        assert storage.move_folder("photos", "f/", "f/", service, target_bucket="strict") == 2

    def test_what_is_not_there(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a")
        with pytest.raises(ObjectNotFound):
            storage.move_folder("photos", "a/", "b/", service)
        with pytest.raises(BucketNotFound):
            storage.move_folder("missing", "a/", "b/", service)
        with pytest.raises(BucketNotFound):
            storage.move_folder("photos", "a/", "b/", service, target_bucket="missing")

    def test_wrong_names(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/" + "x" * 1000)
        with pytest.raises(InvalidRequest):
            storage.move_folder("photos", "", "b/", service)
        for source, target in (("a", "b/"), ("a/", "b"), ("a/", "../"), ("a/", "/"), ("a/", "y" * 30 + "/")):
            with pytest.raises(InvalidKey):
                storage.move_folder("photos", source, target, service)
        assert set(contents(storage, service)) == {"a/" + "x" * 1000}

    def test_slices_progress_and_cancel(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(moves, "SLICE", 3)
        put(storage, service, *(f"a/{number}" for number in range(8)))
        before = contents(storage, service)
        token = CancelToken()
        with pytest.raises(Cancelled):
            storage.move_folder("photos", "a/", "b/", service, progress=lambda _: token.cancel(), cancel=token)
        assert contents(storage, service) == before
        seen: list[Progress] = []
        assert storage.move_folder("photos", "a/", "b/", service, progress=seen.append) == 8
        assert [(progress.done_files, progress.total_files) for progress in seen] == [(3, 8), (6, 8), (8, 8)]
        assert contents(storage, service) == {path.replace("a/", "b/"): data for path, data in before.items()}
        assert storage.check(service).clean

    def test_a_file_and_a_folder_change_places(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "x", "f/1", "f/2/3")
        storage.move("photos", "x", "tmp", service)
        storage.move_folder("photos", "f/", "x/", service)
        storage.move("photos", "tmp", "f", service)
        assert contents(storage, service) == {"f": b"x", "x/1": b"f/1", "x/2/3": b"f/2/3"}
        storage.upload("photos", "f/1", b"new", service)
        assert contents(storage, service)["x/1"] == b"f/1"
        assert storage.check(service).clean

    def test_back_and_forth(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, *(f"a/{number % 3}/{number}" for number in range(20)))
        before = contents(storage, service)
        for _ in range(3):
            storage.move_folder("photos", "a/", "b/a/", service)
            storage.move_folder("photos", "b/a/", "a/", service)
        assert contents(storage, service) == before
        assert storage.check(service).clean
