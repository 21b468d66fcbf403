"""Copying objects and folders, and making folders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    BucketNotFound,
    BytesMissing,
    Cancelled,
    ChecksumMismatch,
    InvalidKey,
    InvalidRequest,
    ObjectAlreadyExists,
    ObjectChanged,
    ObjectNotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, LabelChanges, Progress, RlsContext, UploadOptions

Staged = Callable[[], list[str]]


def put(storage: FileStorage, service: RlsContext, *paths: str) -> None:
    for path in paths:
        storage.upload("photos", path, b"" if path.endswith("/") else path.encode(), service)


def contents(storage: FileStorage, service: RlsContext, bucket: str = "photos") -> dict[str, bytes]:
    found = {}
    for stored in storage.walk(bucket, "", service):
        with storage.open_object(bucket, stored.path, service, verify=True) as reader:
            found[stored.path] = reader.read()
    return found


class TestObject:
    def test_the_copy_says_what_the_original_says(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, staged: Staged
    ):
        options = UploadOptions(
            mime_type="text/x-mine",
            cache_control="max-age=1",
            user_metadata={"ü": [1]},
            modified_at=datetime(2009, 2, 13, 23, 31, 30, 123456, UTC),
        )
        original = storage.upload("photos", "a", b"content", alice, options)
        copy = storage.copy("photos", "a", "b/c", service)
        for name in ("size_bytes", "mime_type", "checksum", "cache_control", "user_metadata", "modified_at"):
            assert getattr(copy, name) == getattr(original, name), name
        assert copy.id != original.id
        assert copy.owner_id == service.user_id
        assert copy.created_at == copy.updated_at >= original.updated_at
        assert storage.info("photos", "b/c", service) == copy
        assert contents(storage, service) == {"a": b"content", "b/c": b"content"}
        assert staged() == []

    def test_original_and_copy_live_apart(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a")
        storage.copy("photos", "a", "b", service)
        storage.upload("photos", "a", b"changed", service, UploadOptions(replace=True))
        storage.copy("photos", "b", "c", service)
        storage.delete("photos", "b", service)
        assert contents(storage, service) == {"a": b"changed", "c": b"a"}
        assert storage.check(service).clean

    def test_replace(self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged):
        put(storage, service, "a", "b")
        with pytest.raises(ObjectAlreadyExists):
            storage.copy("photos", "a", "b", service)
        before = storage.info("photos", "b", service)
        copy = storage.copy("photos", "a", "b", service, replace=True)
        assert (copy.id, copy.created_at) == (before.id, before.created_at)
        assert contents(storage, service) == {"a": b"a", "b": b"a"}
        with pytest.raises(ObjectAlreadyExists):
            storage.copy("photos", "a", "a", service)
        storage.copy("photos", "a", "a", service, replace=True)
        assert contents(storage, service) == {"a": b"a", "b": b"a"}
        assert staged() == []

    def test_only_the_content_that_was_seen_gives_way(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        put(storage, service, "a", "b")
        seen = storage.info("photos", "b", service).version
        storage.upload("photos", "b", b"newer", service, UploadOptions(replace=True))

        with pytest.raises(ObjectChanged):
            storage.copy("photos", "a", "b", service, replace=True, seen_version=seen)
        assert contents(storage, service) == {"a": b"a", "b": b"newer"}
        assert staged() == []

        now = storage.info("photos", "b", service).version
        storage.copy("photos", "a", "b", service, replace=True, seen_version=now)
        assert contents(storage, service) == {"a": b"a", "b": b"a"}

    def test_across_buckets_with_their_rules(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        storage.create_bucket("other", service, file_size_limit_bytes=3, allowed_mime_types=["text/*"])
        storage.upload("photos", "good", b"abc", service)
        storage.upload("photos", "large", b"abcd", service)
        storage.upload("photos", "binary", b"\x00\x01", service)
        assert storage.copy("photos", "good", "x", service, target_bucket="other").bucket == "other"
        with pytest.raises(PayloadTooLarge):
            storage.copy("photos", "large", "y", service, target_bucket="other")
        with pytest.raises(UnsupportedMediaType):
            storage.copy("photos", "binary", "y", service, target_bucket="other")
        assert contents(storage, service, "other") == {"x": b"abc"}
        assert staged() == []

    def test_no_bytes_hide_under_a_mark(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a")
        for target in ("f/", ".emptyFolderPlaceholder"):
            with pytest.raises(InvalidRequest):
                storage.copy("photos", "a", target, service)

    def test_what_is_not_there(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/b")
        for source in ("a", "a/", "x"):
            with pytest.raises(ObjectNotFound):
                storage.copy("photos", source, "new", service)
        with pytest.raises(BucketNotFound):
            storage.copy("missing", "a/b", "new", service)
        with pytest.raises(BucketNotFound):
            storage.copy("photos", "a/b", "new", service, target_bucket="missing")
        for wrong in ("", "/x", "../x", "\udc80"):
            with pytest.raises(InvalidKey):
                storage.copy("photos", "a/b", wrong, service)
            with pytest.raises(InvalidKey):
                storage.copy("photos", wrong, "new", service)
        assert set(contents(storage, service)) == {"a/b"}

    def test_damage_is_not_copied(
        self, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        put(storage, service, "a", "b")
        backend.write(f"{bucket.id}/a", b"!")
        backend.delete(f"{bucket.id}/b")
        with pytest.raises(ChecksumMismatch):
            storage.copy("photos", "a", "c", service)
        with pytest.raises(BytesMissing):
            storage.copy("photos", "b", "c", service)
        assert not storage.exists("photos", "c", service)
        assert staged() == []

    def test_progress_and_cancel(self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged):
        storage.upload("photos", "a", bytes(20_000_000), service)
        seen: list[Progress] = []
        storage.copy("photos", "a", "b", service, progress=seen.append)
        assert [progress.done_bytes for progress in seen] == sorted(progress.done_bytes for progress in seen)
        assert (seen[-1].done_bytes, seen[-1].total_bytes, seen[-1].current) == (20_000_000, 20_000_000, "b")
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            storage.copy("photos", "a", "c", service, cancel=token)
        assert not storage.exists("photos", "c", service)
        assert staged() == []


class TestFolder:
    def test_everything_below(self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged):
        put(storage, service, "a", "a/", "a/1", "a/b/2", "a/b/empty/", "a-/no")
        report = storage.copy_folder("photos", "a/", "c/d/", service)
        assert (report.done, report.size_bytes, report.failures) == (4, 8, ())
        copied = {path: data for path, data in contents(storage, service).items() if path.startswith("c/")}
        assert copied == {"c/d/": b"", "c/d/1": b"a/1", "c/d/b/2": b"a/b/2", "c/d/b/empty/": b""}
        assert len(contents(storage, service)) == 10
        assert staged() == []

    def test_into_itself_ends(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/1", "a/b/2")
        assert storage.copy_folder("photos", "a/", "a/b/", service).done == 2
        assert set(contents(storage, service)) == {"a/1", "a/b/2", "a/b/1", "a/b/b/2"}

    def test_what_cannot_be_copied_is_reported(
        self, storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext
    ):
        put(storage, service, "a/", "a/1", "a/2", "a/3", "a/4", "b/", "b/2")
        backend.write(f"{bucket.id}/a/3", b"!!!")
        backend.delete(f"{bucket.id}/a/4")
        report = storage.copy_folder("photos", "a/", "b/", service)
        assert report.done == 1
        assert [(failure.path, failure.source, type(failure.error)) for failure in report.failures] == [
            ("b/2", "a/2", ObjectAlreadyExists),
            ("b/3", "a/3", ChecksumMismatch),
            ("b/4", "a/4", BytesMissing),
        ]
        with storage.open_object("photos", "b/2", service) as reader:
            assert reader.read() == b"b/2"

    def test_a_whole_bucket(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        storage.create_bucket("other", service)
        assert storage.copy_folder("photos", "", "", service, target_bucket="other").done == 0
        put(storage, service, "a/1", "b")
        assert storage.copy_folder("photos", "", "backup/", service, target_bucket="other").done == 2
        assert contents(storage, service, "other") == {"backup/a/1": b"a/1", "backup/b": b"b"}

    def test_to_the_top(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/", "a/1", "a/b/")
        report = storage.copy_folder("photos", "a/", "", service)
        assert (report.done, report.failures) == (2, ())
        assert set(contents(storage, service)) == {"a/", "a/1", "a/b/", "1", "b/"}

    def test_names_that_get_too_long(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        put(storage, service, "a/" + "x" * 1020, "a/1")
        report = storage.copy_folder("photos", "a/", "long name/", service)
        assert report.done == 1
        assert [type(failure.error) for failure in report.failures] == [InvalidKey]

    def test_what_is_not_there(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        with pytest.raises(ObjectNotFound):
            storage.copy_folder("photos", "a/", "b/", service)
        with pytest.raises(BucketNotFound):
            storage.copy_folder("missing", "a/", "b/", service)
        for source, target in (("a", "b/"), ("a/", "b"), ("../", "b/")):
            with pytest.raises(InvalidKey):
                storage.copy_folder("photos", source, target, service)

    def test_progress_and_cancel(self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged):
        put(storage, service, *(f"a/{number}" for number in range(5)))
        seen: list[Progress] = []
        token = CancelToken()

        def stop(progress: Progress) -> None:
            seen.append(progress)
            if progress.done_files == 2:
                token.cancel()

        with pytest.raises(Cancelled):
            storage.copy_folder("photos", "a/", "b/", service, progress=stop, cancel=token)
        assert [progress.done_files for progress in seen] == [1, 2]
        assert [stored.path for stored in storage.walk("photos", "b/", service)] == ["b/0", "b/1"]
        assert staged() == []


class TestMakingFolders:
    def test_it_shows_although_it_is_empty(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        for prefix in ("a/", "a/b/c/", "it's 100%/", "Größe/", "🎉/"):
            storage.create_folder("photos", prefix, service)
            assert storage.exists("photos", prefix, service)
            assert storage.info("photos", prefix, service).size_bytes == 0

    def test_one_that_exists_is_left_alone(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        storage.create_folder("photos", "a/", service)
        before = storage.info("photos", "a/", service)
        storage.create_folder("photos", "a/", service)
        storage.create_folder("photos", "", service)
        assert storage.info("photos", "a/", service) == before

    def test_it_stays_when_it_gets_empty(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        storage.create_folder("photos", "a/", service)
        put(storage, service, "a/1")
        storage.delete("photos", "a/1", service)
        assert storage.count_folder("photos", "", service).folders == 1

    def test_no_rule_of_a_bucket_is_in_its_way(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        changes = BucketChanges(allowed_mime_types=("image/png",), file_size_limit_bytes=1)
        storage.update_bucket("photos", service, changes)
        storage.create_folder("photos", "a/", service)
        storage.upload("photos", "b/", b"", service)
        storage.upload("photos", "c/.emptyFolderPlaceholder", b"", service, UploadOptions(mime_type="text/plain"))
        assert storage.count_folder("photos", "", service).folders == 3

    def test_a_mark_holds_no_bytes(self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged):
        for path in ("a/", "b/.emptyFolderPlaceholder"):
            with pytest.raises(InvalidRequest):
                storage.upload("photos", path, b"MZ", service)
            with storage.begin_upload("photos", path, service) as session, pytest.raises(InvalidRequest):
                session.write(b"MZ" * 5000)
        assert contents(storage, service) == {}
        assert staged() == []

    def test_wrong_names(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        for wrong in ("a", "/", "../", "a/../", "\udc80/"):
            with pytest.raises(InvalidKey):
                storage.create_folder("photos", wrong, service)
        with pytest.raises(BucketNotFound):
            storage.create_folder("missing", "a/", service)


def test_a_copy_may_be_told_of_otherwise(storage, bucket, service):
    told = UploadOptions("text/csv", cache_control="max-age=9", user_metadata={"k": "v"})
    storage.upload("photos", "a", b"1", service, told)
    copy = storage.copy("photos", "a", "b", service, labels=LabelChanges("text/plain", user_metadata={}))
    assert (copy.mime_type, copy.cache_control, copy.user_metadata) == ("text/plain", "max-age=9", {})
    assert storage.info("photos", "b", service) == copy
    assert storage.info("photos", "a", service).mime_type == "text/csv"
    with pytest.raises(InvalidRequest):
        storage.copy("photos", "a", "c", service, labels=LabelChanges(cache_control="a\nb"))
