"""Deleting objects and folders: exactly what was meant, bytes and all."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import BucketNotEmpty, BucketNotFound, Cancelled, InvalidKey, IoError, ObjectNotFound
from engine.files import deletes, journal
from engine.storage import FileStorage
from engine.types import Bucket, Progress, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace
from tests.engine.storage.rows import Entry, insert_entries


def put(storage: FileStorage, service: RlsContext, *paths: str) -> None:
    for path in paths:
        storage.upload("photos", path, b"" if path.endswith("/") else path.encode(), service)


def paths_in(storage: FileStorage, service: RlsContext) -> list[str]:
    return sorted(stored.path for stored in storage.walk("photos", "", service))


def keys_in(backend: StorageBackend) -> list[str]:
    return [entry.key for entry in backend.list()]


def test_delete_takes_row_and_bytes(storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/b/c", "a/b", "a")
    storage.delete("photos", "a/b", service)
    assert paths_in(storage, service) == ["a", "a/b/c"]
    storage.delete("photos", "a/b/c", service)
    storage.delete("photos", "a", service)
    assert keys_in(backend) == []
    assert storage.count_folder("photos", "", service).total == 0


def test_delete_names_one_object_exactly(storage: FileStorage, bucket: Bucket, service: RlsContext):
    names = ["%", "_", "*", "'", '"', "a'; DELETE FROM storage_objects;--", "e\u0301", "\u00e9", "x//y", "A", "a"]
    put(storage, service, *names)
    left = set(names)
    for name in names:
        storage.delete("photos", name, service)
        left.remove(name)
        assert set(paths_in(storage, service)) == left


def test_what_is_not_there(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/b")
    for path in ("a", "a/", "b", "A/b"):
        with pytest.raises(ObjectNotFound) as caught:
            storage.delete("photos", path, service)
        assert caught.value.path == path
    with pytest.raises(BucketNotFound):
        storage.delete("missing", "a", service)
    for path in ("", "/a", "a/..", "\udc80"):
        with pytest.raises(InvalidKey):
            storage.delete("photos", path, service)
    assert paths_in(storage, service) == ["a/b"]


def test_a_mark_is_deleted_alone(storage: FileStorage, bucket: Bucket, service: RlsContext):
    put(storage, service, "a/", "a/b")
    storage.delete("photos", "a/", service)
    assert paths_in(storage, service) == ["a/b"]


def test_deleting_and_storing_again_and_again(
    storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
):
    for number in range(5):
        first = storage.upload("photos", "a/b", str(number).encode(), service)
        with storage.open_object("photos", "a/b", service, verify=True) as reader:
            assert reader.read() == str(number).encode()
        storage.delete("photos", "a/b", service)
        assert first.id not in {stored.id for stored in storage.walk("photos", "", service)}
    assert keys_in(backend) == []
    assert storage.check(service).clean


def test_bytes_that_cannot_be_deleted_yet_are_no_failure(
    storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch
):
    put(storage, service, "a")

    def refuse(*_: object) -> None:
        raise IoError("The disk refused")

    with monkeypatch.context() as patched:
        patched.setattr(type(backend), "changes", refuse)
        storage.delete("photos", "a", service)
    assert not storage.exists("photos", "a", service)
    put(storage, service, "b")
    assert storage.check(service).clean
    assert len(keys_in(backend)) == 1


class TestMany:
    def test_objects_and_folders(
        self, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a", "a/", "a/b", "a/c/d", "b", "bb/x", "keep", "a-/keep")
        deleted = storage.delete_many("photos", ["a/", "b", "missing", "nothing/", "b"], service)
        assert sorted(stored.path for stored in deleted) == ["a/", "a/b", "a/c/d", "b"]
        assert paths_in(storage, service) == ["a", "a-/keep", "bb/x", "keep"]
        assert len(keys_in(backend)) == 4

    def test_what_was_deleted_is_told_whole(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        stored = storage.upload("photos", "a", b"x", service, UploadOptions(user_metadata={"a": 1}))
        assert storage.delete_many("photos", ["a"], service) == (stored,)

    def test_nothing(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        assert storage.delete_many("photos", [], service) == ()

    def test_a_wrong_path_deletes_nothing(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a", "b/c")
        for wrong in ("", "/", "../", "x\n", "\udc80/"):
            with pytest.raises(InvalidKey):
                storage.delete_many("photos", ["a", "b/", wrong], service)
        assert paths_in(storage, service) == ["a", "b/c"]
        with pytest.raises(BucketNotFound):
            storage.delete_many("missing", ["a"], service)

    def test_thousands(
        self,
        workspace: Workspace,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(deletes, "_ROWS_A_COMMIT", 100)
        monkeypatch.setattr(deletes, "_PATHS_A_COMMIT", 100)
        monkeypatch.setattr(journal, "SLICE", 30)
        insert_entries(workspace, bucket, (Entry(f"f/{number % 7}/{number}") for number in range(650)))
        put(storage, service, "f/7/real", "other/real")
        seen: list[Progress] = []
        singles = [f"f/{number % 7}/{number}" for number in range(250)]
        deleted = storage.delete_many("photos", [*singles, "f/"], service, seen.append)
        assert len(deleted) == len({stored.path for stored in deleted}) == 651
        done = [progress.done_files for progress in seen]
        assert done == sorted(done)
        assert done[-1] == 651
        assert paths_in(storage, service) == ["other/real"]
        assert keys_in(backend) == [f"{bucket.id}/other/real"]

    def test_cancel(self, storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(deletes, "_ROWS_A_COMMIT", 2)
        put(storage, service, *(f"f/{number}" for number in range(6)), "single")
        token = CancelToken()
        with pytest.raises(Cancelled):
            storage.delete_many("photos", ["f/"], service, lambda _: token.cancel(), token)
        assert len(paths_in(storage, service)) == 5
        for paths in (["f/"], ["single"]):
            with pytest.raises(Cancelled):
                storage.delete_many("photos", paths, service, cancel=token)
        assert len(paths_in(storage, service)) == 5
        assert storage.check(service).clean

    def test_a_replaced_object_that_is_not_settled_yet_goes_too(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        data_dir: Path,
    ):
        put(storage, service, "a", "f/b")

        def refuse(*_: object) -> None:
            raise IoError("The disk refused")

        with monkeypatch.context() as patched:
            patched.setattr(type(backend), "changes", refuse)
            for path in ("a", "f/b", "f/c"):
                storage.upload("photos", path, b"new", service, UploadOptions(replace=True))
                with storage.open_object("photos", path, service, verify=True) as reader:
                    assert reader.read() == b"new"
        assert len(storage.delete_many("photos", ["a", "f/"], service)) == 3
        assert keys_in(backend) == []
        assert storage.check(service).clean


def _put_many(storage: FileStorage, service: RlsContext, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    storage.upload_many("photos", [UploadItem(source, "f/late")], service)


ARRIVALS: dict[str, Callable[[FileStorage, RlsContext, Path], object]] = {
    "upload": lambda storage, service, _: storage.upload("photos", "f/late", b"x", service),
    "many": _put_many,
    "replacement": lambda storage, service, _: storage.upload(
        "photos", "f/late", b"x", service, UploadOptions(replace=True)
    ),
    "move": lambda storage, service, _: storage.move("photos", "other/a", "f/late", service),
    "moved folder": lambda storage, service, _: storage.move_folder("photos", "late/", "f/", service),
    "copy": lambda storage, service, _: storage.copy("photos", "other/a", "f/late", service),
}


class TestAsOf:
    @pytest.fixture(params=ARRIVALS)
    def arrive(
        self, request: pytest.FixtureRequest, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path
    ) -> Callable[[], object]:
        put(storage, service, "f/a", "f/b/c", "other/a")
        if request.param == "replacement":
            put(storage, service, "f/late")
        if request.param == "moved folder":
            put(storage, service, "late/late")
        return lambda: ARRIVALS[request.param](storage, service, tmp_path)

    def test_what_came_after_the_count_stays(
        self, storage: FileStorage, service: RlsContext, arrive: Callable[[], object]
    ):
        mark = storage.tree_size("photos", "f/", service).as_of
        arrive()
        storage.delete_many("photos", ["f/"], service, as_of=mark)
        assert [stored.path for stored in storage.walk("photos", "f/", service)] == ["f/late"]
        assert storage.check(service).clean

    def test_so_it_does_in_a_bucket_that_is_emptied(
        self, storage: FileStorage, service: RlsContext, arrive: Callable[[], object]
    ):
        mark = storage.tree_size("photos", "", service).as_of
        arrive()
        storage.empty_bucket("photos", service, as_of=mark)
        assert paths_in(storage, service) == ["f/late"]
        with pytest.raises(BucketNotEmpty):
            storage.delete_bucket("photos", service)

    def test_what_stands_newly_at_a_path_stays(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a", "b")
        mark = storage.tree_size("photos", "", service).as_of
        storage.upload("photos", "a", b"new", service, UploadOptions(replace=True))
        assert storage.delete_trees("photos", ["a", "b"], service, as_of=mark) == 1
        assert paths_in(storage, service) == ["a"]

    def test_a_count_of_nothing_deletes_nothing(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        mark = storage.tree_size("photos", "f/", service).as_of
        put(storage, service, "f/a")
        assert storage.delete_trees("photos", ["f/"], service, as_of=mark) == 0
        assert paths_in(storage, service) == ["f/a"]

    @pytest.mark.parametrize("call", ["delete_many", "delete_trees", "empty_bucket"])
    def test_a_deletion_ends_though_more_keeps_arriving(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch, call: str
    ):
        monkeypatch.setattr(deletes, "_ROWS_A_COMMIT", 2)
        put(storage, service, *(f"f/{number}" for number in range(6)))
        arrived = (f"f/late{number}" for number in range(20))

        def arrive(_: Progress) -> None:
            for path in itertools.islice(arrived, 2):
                put(storage, service, path)

        if call == "empty_bucket":
            storage.empty_bucket("photos", service, arrive)
        else:
            getattr(storage, call)("photos", ["f/"], service, arrive)
        assert paths_in(storage, service) == sorted(f"f/late{number}" for number in range(6))
