"""Uploading many files in one call: what is stored, what is reported, and that nothing is left behind."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine import limits
from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import (
    BucketNotFound,
    Cancelled,
    DiskFull,
    InvalidKey,
    InvalidRequest,
    IoError,
    ObjectAlreadyExists,
    PayloadTooLarge,
    SourceChanged,
    SourceUnreadable,
    Unauthorized,
    UnsupportedMediaType,
)
from engine.files import bulk, throttle
from engine.files.sources import SourceFile
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, Progress, RlsContext, UploadItem, UploadOptions

Staged = Callable[[], list[str]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def make(source: Path) -> Callable[..., UploadItem]:
    """Return a function that makes a file and the item that uploads it."""

    def made(path: str, data: bytes | None = None, name: str | None = None) -> UploadItem:
        file = source / (name or f"{len(list(source.iterdir()))}")
        file.write_bytes(path.encode() if data is None else data)
        return UploadItem(file, path)

    return made


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a part be two files and a batch four, and let every step be reported."""
    monkeypatch.setattr(limits, "BATCH_FILES", 4)
    monkeypatch.setattr(bulk, "_PART_FILES", 2)
    monkeypatch.setattr(throttle, "_INTERVAL_S", 0.0)


def paths_in(storage: FileStorage, service: RlsContext) -> list[str]:
    return sorted(stored.path for stored in storage.walk("photos", "", service))


def read(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def test_nothing_to_do(storage: FileStorage, bucket: Bucket, service: RlsContext, events: list[object]):
    report = storage.upload_many("photos", [], service)
    assert (report.done, report.size_bytes, report.failures) == (0, 0, ())
    assert events == []


def test_files_of_all_sizes(
    storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
):
    sizes = [0, 1, 4096, limits.SMALL_FILE_BYTES - 1, limits.SMALL_FILE_BYTES, limits.SMALL_FILE_BYTES + 1, 9_000_000]
    contents = {f"f/{size}": (str(size).encode() * (size // len(str(size)) + 1))[:size] for size in sizes}
    items = [make(path, data) for path, data in contents.items()]
    report = storage.upload_many("photos", items, service)
    assert (report.done, report.size_bytes, report.failures) == (len(sizes), sum(sizes), ())
    for path, data in contents.items():
        assert read(storage, path, service) == data
        assert storage.info("photos", path, service).checksum == hashlib.sha256(data).hexdigest()
    assert staged() == []


def test_what_each_object_says(
    storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
):
    items = [make("a/page.html", b"<!doctype html><p>x"), make("b", b"\x89PNG\r\n\x1a\n" + bytes(20))]
    os.utime(items[0].source, ns=(0, 1_234_567_890_123_456_789))
    options = UploadOptions(cache_control="max-age=1", user_metadata={"ü": [1]})
    storage.upload_many("photos", items, service, options)
    page, picture = storage.info("photos", "a/page.html", service), storage.info("photos", "b", service)
    assert (page.mime_type, picture.mime_type) == ("text/html", "image/png")
    assert page.modified_at == datetime(2009, 2, 13, 23, 31, 30, 123456, UTC)
    for stored in (page, picture):
        assert (stored.cache_control, dict(stored.user_metadata)) == ("max-age=1", {"ü": [1]})
        assert stored.owner_id == service.user_id
        assert stored.created_at == stored.updated_at


def test_a_time_given_for_all_counts_more(
    storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
):
    moment = datetime(2001, 2, 3, tzinfo=UTC)
    storage.upload_many("photos", [make("a"), make("b")], service, UploadOptions(modified_at=moment))
    assert {stored.modified_at for stored in storage.walk("photos", "", service)} == {moment}


def test_thousands_of_files_in_nested_folders(
    storage: FileStorage, bucket: Bucket, service: RlsContext, source: Path, staged: Staged
):
    expected = {}
    for number in range(3000):
        folder = source / f"d{number % 10}" / f"it's {number % 7}" / ("deep" if number % 3 else ".")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_bytes(str(number).encode())
        expected[str((folder / f"{number}.txt").relative_to(source))] = str(number)
    items = (UploadItem(source / path, path) for path in expected)
    report = storage.upload_many("photos", items, service)
    assert (report.done, report.failures) == (3000, ())
    stored = {found.path: found for found in storage.walk("photos", "", service)}
    assert stored.keys() == expected.keys()
    assert all(stored[path].checksum == hashlib.sha256(text.encode()).hexdigest() for path, text in expected.items())
    assert storage.check(service).clean
    assert staged() == []


@pytest.mark.usefixtures("small_batches")
def test_items_are_taken_as_the_upload_goes_on(
    storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
):
    seen_stored: list[int] = []

    def items() -> Iterator[UploadItem]:
        for number in range(60):
            seen_stored.append(len(paths_in(storage, service)))
            yield make(f"f/{number}")

    assert storage.upload_many("photos", items(), service).done == 60
    assert seen_stored[0] == 0
    assert seen_stored[-1] >= 20


def test_what_cannot_be_taken_is_reported_and_the_rest_is_stored(
    storage: FileStorage,
    bucket: Bucket,
    service: RlsContext,
    make: Callable[..., UploadItem],
    source: Path,
    staged: Staged,
):
    storage.update_bucket(
        "photos", service, BucketChanges(file_size_limit_bytes=2_000_000, allowed_mime_types=("text/*",))
    )
    storage.upload("photos", "taken", b"first", service)
    os.mkfifo(source / "pipe")
    (source / "folder").mkdir()
    (source / "dangling").symlink_to(source / "nowhere")
    wrong = [
        (UploadItem(source / "missing", "missing"), SourceUnreadable),
        (UploadItem(source / "pipe", "pipe"), SourceUnreadable),
        (UploadItem(source / "folder", "folder"), SourceUnreadable),
        (UploadItem(source / "dangling", "dangling"), SourceUnreadable),
        (UploadItem(Path("a\0b"), "nul"), SourceUnreadable),
        (make("too large", b"x" * 2_000_001), PayloadTooLarge),
        (make("picture", b"\x89PNG\r\n\x1a\n" + bytes(50)), UnsupportedMediaType),
        (make("large picture", b"\x89PNG\r\n\x1a\n" + bytes(1_500_000)), UnsupportedMediaType),
        (make("taken"), ObjectAlreadyExists),
        (make("mark/", b"bytes"), InvalidRequest),
        *((make(path, b"x"), InvalidKey) for path in ("", "/a", "../a", "a/./b", "a/%2e%2e/b", "x" * 1025, "\udc80")),
    ]
    good = [make(f"good {number}", b"text") for number in range(len(wrong))]
    mixed = [item for pair in zip(good, (item for item, _ in wrong), strict=True) for item in pair]
    report = storage.upload_many("photos", mixed, service)
    assert report.done == len(good)
    assert report.size_bytes == 4 * len(good)
    assert sorted(
        (failure.path, failure.source, type(failure.error).__name__) for failure in report.failures
    ) == sorted((item.path, str(item.source), error.__name__) for item, error in wrong)
    assert paths_in(storage, service) == sorted([*(item.path for item in good), "taken"])
    assert read(storage, "taken", service) == b"first"
    assert staged() == []


def test_a_name_that_is_no_unicode_stops_nobody(
    storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], source: Path
):
    """Such a name comes from a file system of another encoding, and lies beside objects that are there already."""
    storage.upload("photos", "f/here", b"x", service)
    broken = os.fsdecode(b"f/\xff\xfe.txt")
    report = storage.upload_many("photos", [make("f/a"), make(broken, b"x", "broken"), make("f/b")], service)
    assert report.done == 2
    assert [(failure.path, type(failure.error)) for failure in report.failures] == [(broken, InvalidKey)]


class TestExisting:
    def test_what_the_call_itself_has_stored_is_taken_too(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
    ):
        """The second items come after the first are committed, into a folder that was empty when the call began."""
        storage.update_bucket("photos", service, BucketChanges(file_size_limit_bytes=3))
        items = [make("f/a", b"1"), make("f/b", b"1"), make("f/a", b"2"), make("f/b", b"too large")]
        report = storage.upload_many("photos", items, service, UploadOptions(replace=False))
        assert report.done == 2
        assert [(failure.path, type(failure.error)) for failure in report.failures] == [
            ("f/a", ObjectAlreadyExists),
            ("f/b", ObjectAlreadyExists),
        ]
        assert (read(storage, "f/a", service), read(storage, "f/b", service)) == (b"1", b"1")

    def test_existing_objects_are_refused_before_their_bytes_are_read(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        make: Callable[..., UploadItem],
        monkeypatch: pytest.MonkeyPatch,
    ):
        items = [make(f"f/{number}") for number in range(5)]
        storage.upload_many("photos", items, service)

        def refuse(*_: object) -> None:
            pytest.fail("bytes were staged")

        for name in ("stage", "stage_many", "ingest"):
            monkeypatch.setattr(type(backend), name, refuse)
        report = storage.upload_many("photos", items, service)
        assert report.done == 0
        assert {type(failure.error) for failure in report.failures} == {ObjectAlreadyExists}
        assert [failure.path for failure in report.failures] == [item.path for item in items]

    def test_replacing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        first = [make(f"f/{number}", b"old") for number in range(5)]
        storage.upload_many("photos", first[:3], service)
        before = {path: storage.info("photos", path, service) for path in ("f/0", "f/1", "f/2")}
        second = [make(item.path, b"new content") for item in first]
        report = storage.upload_many("photos", second, service, UploadOptions(replace=True))
        assert (report.done, report.failures) == (5, ())
        for path, old in before.items():
            new = storage.info("photos", path, service)
            assert (new.id, new.created_at) == (old.id, old.created_at)
            assert new.version != old.version
        assert {read(storage, item.path, service) for item in second} == {b"new content"}
        assert staged() == []
        assert storage.check(service).clean

    def test_a_path_taken_meanwhile_is_reported(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        def items() -> Iterator[UploadItem]:
            yield make("f/a", b"mine")
            storage.upload("photos", "f/a", b"theirs", service)
            yield make("f/b", b"mine")

        report = storage.upload_many("photos", items(), service)
        assert report.done == 1
        assert [(failure.path, type(failure.error)) for failure in report.failures] == [("f/a", ObjectAlreadyExists)]
        assert read(storage, "f/a", service) == b"theirs"
        assert staged() == []

    def test_others_objects_are_not_replaced(
        self,
        storage: FileStorage,
        bucket: Bucket,
        alice: RlsContext,
        bob: RlsContext,
        service: RlsContext,
        make: Callable[..., UploadItem],
        staged: Staged,
    ):
        storage.upload_many("photos", [make("f/a", b"alice")], alice)
        items = [make("f/a", b"bob"), make("f/b", b"bob")]
        report = storage.upload_many("photos", items, bob, UploadOptions(replace=True))
        assert report.done == 1
        assert [(failure.path, type(failure.error)) for failure in report.failures] == [("f/a", Unauthorized)]
        assert read(storage, "f/a", service) == b"alice"
        assert storage.info("photos", "f/b", service).owner_id == bob.user_id
        assert staged() == []


class TestTwins:
    def test_the_second_of_one_path_is_refused(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        report = storage.upload_many("photos", [make("a", b"1"), make("b", b"2"), make("a", b"3")], service)
        assert report.done == 2
        assert [(failure.path, type(failure.error)) for failure in report.failures] == [("a", ObjectAlreadyExists)]
        assert read(storage, "a", service) == b"1"
        assert staged() == []

    def test_the_last_of_one_path_wins_when_replacing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        items = [make("a", str(number).encode()) for number in range(5)]
        report = storage.upload_many("photos", items, service, UploadOptions(replace=True))
        assert (report.done, report.failures) == (5, ())
        assert read(storage, "a", service) == b"4"
        assert staged() == []
        assert storage.check(service).clean

    def test_a_failed_first_leaves_the_place_to_the_second(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], source: Path
    ):
        items = [UploadItem(source / "missing", "a"), make("a", b"second")]
        report = storage.upload_many("photos", items, service)
        assert report.done == 1
        assert read(storage, "a", service) == b"second"


@pytest.mark.usefixtures("small_batches")
class TestStopping:
    def test_cancel_keeps_what_is_committed(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        token = CancelToken()

        def stop(progress: Progress) -> None:
            if progress.done_files >= 8:
                token.cancel()

        items = (make(f"f/{number:03}") for number in range(200))
        with pytest.raises(Cancelled):
            storage.upload_many("photos", items, service, progress=stop, cancel=token)
        kept = paths_in(storage, service)
        assert 8 <= len(kept) < 200
        assert kept == [f"f/{number:03}" for number in range(len(kept))]
        assert staged() == []
        assert storage.check(service).clean

    def test_cancelled_from_the_start(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            storage.upload_many("photos", [make("a")], service, cancel=token)
        assert paths_in(storage, service) == []
        assert staged() == []

    def test_cancel_within_a_large_file(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        token = CancelToken()

        def stop(progress: Progress) -> None:
            if progress.current == "large":
                token.cancel()

        items = [make("large", bytes(40_000_000)), make("z")]
        with pytest.raises(Cancelled):
            storage.upload_many("photos", items, service, progress=stop, cancel=token)
        assert paths_in(storage, service) == []
        assert staged() == []

    def test_items_that_fail_to_come(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        def items() -> Iterator[UploadItem]:
            for number in range(21):
                yield make(f"f/{number:03}")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            storage.upload_many("photos", items(), service)
        kept = paths_in(storage, service)
        assert kept == [f"f/{number:03}" for number in range(len(kept))]
        assert staged() == []
        assert storage.check(service).clean

    def test_a_callback_that_fails(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        def fail(progress: Progress) -> None:
            if progress.done_files:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            storage.upload_many("photos", (make(f"f/{n}") for n in range(50)), service, progress=fail)
        assert staged() == []
        assert storage.check(service).clean

    @pytest.mark.parametrize("step", ["stage_many", "ingest", "flush"])
    def test_a_full_disk(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        make: Callable[..., UploadItem],
        staged: Staged,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
    ):
        real = getattr(type(backend), step)
        calls = 0

        def refuse(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > 2:
                real(*arguments)
                raise DiskFull("The disk is full")
            return real(*arguments)

        data = bytes(limits.SMALL_FILE_BYTES + 1) if step == "ingest" else b"x"
        with monkeypatch.context() as patched:
            patched.setattr(type(backend), step, refuse)
            with pytest.raises(DiskFull):
                storage.upload_many("photos", (make(f"f/{number:03}", data) for number in range(20)), service)
        kept = paths_in(storage, service)
        assert len(kept) < 20
        assert staged() == []
        assert storage.check(service).clean

    def test_a_flush_that_fails_is_never_taken_for_durable(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        make: Callable[..., UploadItem],
        staged: Staged,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def refuse(*_: object) -> None:
            raise IoError("Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(type(backend), "flush", refuse)
            with pytest.raises(IoError):
                storage.upload_many("photos", [make("a"), make("b")], service)
        assert paths_in(storage, service) == []
        assert staged() == []

    def test_a_bucket_that_is_deleted_meanwhile(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], staged: Staged
    ):
        def items() -> Iterator[UploadItem]:
            yield make("a")
            storage.delete_bucket("photos", service)
            yield make("b")

        with pytest.raises(BucketNotFound):
            storage.upload_many("photos", items(), service)
        assert staged() == []

    def test_no_thread_outlives_the_call(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
    ):
        before = threading.active_count()
        storage.upload_many("photos", [make("a")], service)
        assert threading.active_count() == before


class TestBegin:
    def test_the_order_of_refusals(
        self, storage: FileStorage, bucket: Bucket, anon: RlsContext, make: Callable[..., UploadItem]
    ):
        def never() -> Iterator[UploadItem]:
            pytest.fail("an item was asked for")
            yield make("a")

        with pytest.raises(BucketNotFound):
            storage.upload_many("missing", never(), anon)
        with pytest.raises(Unauthorized):
            storage.upload_many("photos", never(), anon)

    def test_metadata_that_is_no_json(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
    ):
        with pytest.raises(InvalidRequest):
            storage.upload_many("photos", [make("a")], service, UploadOptions(user_metadata={"a": {1}}))


class TestChangingSources:
    @pytest.mark.parametrize("size_bytes", [5000, limits.SMALL_FILE_BYTES + 1])
    @pytest.mark.parametrize("change", ["append", "truncate", "rewrite", "remove"])
    def test_a_file_that_changes_while_it_is_read(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        make: Callable[..., UploadItem],
        staged: Staged,
        monkeypatch: pytest.MonkeyPatch,
        size_bytes: int,
        change: str,
    ):
        item = make("busy", bytes(size_bytes))
        os.utime(item.source, ns=(0, 0))
        # A small file is read whole before anything is written; a large one while it is.
        owner, step = (SourceFile, "read") if size_bytes <= limits.SMALL_FILE_BYTES else (type(backend), "ingest")
        real = getattr(owner, step)

        def meddle(*arguments: Any) -> Any:
            result = real(*arguments)
            if change == "truncate":
                os.truncate(item.source, 10)
            elif change == "remove":
                item.source.unlink(missing_ok=True)
            else:
                with item.source.open("r+b") as file:
                    file.seek(0, os.SEEK_END if change == "append" else os.SEEK_SET)
                    file.write(b"more")
            return result

        monkeypatch.setattr(owner, step, meddle)
        report = storage.upload_many("photos", [item], service)
        if change == "remove":
            assert report.done == 1
        else:
            assert report.done == 0
            (failure,) = report.failures
            assert isinstance(failure.error, SourceChanged)
            assert str(item.source) in str(failure.error)
            assert paths_in(storage, service) == []
        assert staged() == []

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
    def test_files_that_are_longer_than_they_say(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        items = [UploadItem(Path("/proc/self/status"), "a"), UploadItem(Path("/proc/self/mem"), "b")]
        report = storage.upload_many("photos", items, service)
        assert report.done == 0
        assert [type(failure.error) for failure in report.failures] == [SourceChanged, SourceUnreadable]


@pytest.mark.usefixtures("small_batches")
class TestProgress:
    def test_counts_only_grow_and_end_with_what_was_done(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
    ):
        seen: list[Progress] = []
        items = [make(f"f/{number}", bytes(number * 1000)) for number in range(30)]
        items.append(make("large", bytes(20_000_000)))
        report = storage.upload_many("photos", items, service, progress=seen.append)
        for values in (
            [progress.done_bytes for progress in seen],
            [progress.done_files for progress in seen],
        ):
            assert values == sorted(values)
        last = seen[-1]
        assert (last.done_files, last.total_files) == (31, 31)
        assert last.done_bytes == last.total_bytes == report.size_bytes
        assert seen[0].total_files is None

    def test_failed_items_do_not_count_in_the_end(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem], source: Path
    ):
        seen: list[Progress] = []
        items = [make("a", b"12345"), UploadItem(source / "missing", "b"), make("/wrong", b"x" * 100)]
        report = storage.upload_many("photos", items, service, progress=seen.append)
        last = seen[-1]
        assert (last.done_files, last.total_files, last.done_bytes, last.total_bytes) == (1, 1, 5, 5)
        assert report.size_bytes == 5

    def test_the_commit_is_told_of(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, make: Callable[..., UploadItem]
    ):
        seen: list[Progress] = []
        storage.upload_many("photos", [make("a")], service, progress=seen.append)
        assert any(progress.finalising for progress in seen)
        assert not seen[-1].finalising
