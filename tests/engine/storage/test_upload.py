"""Uploading one object: what is stored, what is refused and in which order, and that nothing is left behind."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from engine import limits
from engine.backends.base import StorageBackend
from engine.backends.memory import MemoryBackend
from engine.cancel import CancelToken
from engine.errors import (
    BucketNotFound,
    Cancelled,
    DiskFull,
    InvalidKey,
    InvalidRequest,
    ObjectAlreadyExists,
    PayloadTooLarge,
    SourceChanged,
    SourceUnreadable,
    StorageError,
    Unauthorized,
    UnsupportedMediaType,
)
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, Progress, RlsContext, StorageObject, UploadOptions
from engine.workspace import Workspace
from tests.policies import let_owners

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 64
NAMES = [
    'it\'s 100% "quoted".txt',
    "a_b%c*d?e",
    "Größe/ünïcode/ß.txt",
    "e\u0301",
    "\u00e9",
    "日本語/ファイル.txt",
    "👩‍👩‍👧/🎉.txt",
    "a//b",
    "back\\slash",
    "%41",
    " leading and trailing ",
    "x" * 300,
    "robert'); DROP TABLE storage_objects;--",
    "con.txt",
    "a" * 200 + "/" + "b" * 255,
]
Staged = Callable[[], list[str]]
Send = Callable[..., StorageObject]


def content_of(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def patterned(size_bytes: int) -> bytes:
    return (b"holdall-" * (size_bytes // 8 + 1))[:size_bytes]


@pytest.fixture(params=["path", "bytes", "file", "session"])
def send(request: pytest.FixtureRequest, storage: FileStorage, tmp_path: Path) -> Send:
    """Return a function that uploads bytes in each of the four ways."""

    def from_path(bucket: str, path: str, data: bytes, context: RlsContext, options: UploadOptions) -> StorageObject:
        source = tmp_path / "source"
        source.write_bytes(data)
        return storage.upload(bucket, path, source, context, options)

    def from_bytes(bucket: str, path: str, data: bytes, context: RlsContext, options: UploadOptions) -> StorageObject:
        return storage.upload(bucket, path, data, context, options)

    def from_file(bucket: str, path: str, data: bytes, context: RlsContext, options: UploadOptions) -> StorageObject:
        return storage.upload(bucket, path, io.BytesIO(data), context, options)

    def from_session(bucket: str, path: str, data: bytes, context: RlsContext, options: UploadOptions) -> StorageObject:
        with storage.begin_upload(bucket, path, context, options) as session:
            for start in range(0, len(data), 1000):
                session.write(memoryview(data)[start : start + 1000])
            return session.commit()

    ways = {"path": from_path, "bytes": from_bytes, "file": from_file, "session": from_session}
    way = ways[request.param]

    def sent(path: str, data: bytes, context: RlsContext, bucket: str = "photos", **options: Any) -> StorageObject:
        return way(bucket, path, data, context, UploadOptions(**options))

    return sent


@pytest.mark.parametrize(
    "size_bytes", [0, 1, limits.SNIFF_BYTES - 1, limits.SNIFF_BYTES, limits.SNIFF_BYTES + 1, 3_000_001]
)
def test_what_is_stored_is_what_was_sent(
    send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged, size_bytes: int
):
    data = patterned(size_bytes)
    stored = send("a/b.bin", data, service)
    assert (stored.bucket, stored.bucket_id, stored.path) == ("photos", bucket.id, "a/b.bin")
    assert (stored.size_bytes, stored.checksum) == (size_bytes, hashlib.sha256(data).hexdigest())
    assert stored.owner_id == service.user_id
    assert storage.info("photos", "a/b.bin", service) == stored
    assert content_of(storage, "a/b.bin", service) == data
    assert staged() == []


def test_a_bucket_is_named_by_its_id_as_well(send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext):
    assert send("x", b"1", service, bucket=bucket.id).bucket == "photos"
    assert storage.exists("photos", "x", service)


def test_names_are_kept_byte_for_byte(storage: FileStorage, bucket: Bucket, service: RlsContext):
    for path in NAMES:
        assert storage.upload("photos", path, path.encode(), service).path == path
    for path in NAMES:
        assert content_of(storage, path, service) == path.encode()
    assert {found.path for found in storage.walk("photos", "", service)} == set(NAMES)


def test_both_forms_of_one_accent_are_two_objects(storage: FileStorage, bucket: Bucket, service: RlsContext):
    storage.upload("photos", "e\u0301", b"decomposed", service)
    storage.upload("photos", "\u00e9", b"composed", service)
    assert content_of(storage, "e\u0301", service) == b"decomposed"
    assert content_of(storage, "\u00e9", service) == b"composed"


def test_an_object_may_be_named_like_a_folder_and_hold_others(
    storage: FileStorage, bucket: Bucket, service: RlsContext
):
    for path in ("a/b/c", "a/b", "a", "a/b/c/d"):
        storage.upload("photos", path, path.encode(), service)
    for path in ("a/b/c", "a/b", "a", "a/b/c/d"):
        assert content_of(storage, path, service) == path.encode()


class TestOrder:
    """Fail fast, in the specification's order: every request below is wrong from its first flaw on."""

    @pytest.fixture
    def strict(self, storage: FileStorage, service: RlsContext) -> Bucket:
        made = storage.create_bucket("strict", service, file_size_limit_bytes=3, allowed_mime_types=["image/*"])
        let_owners(storage, "strict")
        return made

    @pytest.fixture
    def pictures(self, storage: FileStorage, service: RlsContext) -> Bucket:
        return storage.create_bucket("pictures", service, allowed_mime_types=["image/*"])

    @pytest.fixture
    def untouched(
        self, backend: StorageBackend, strict: Bucket, pictures: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Fail the test as soon as anything is staged, from now on."""

        def refuse(*_: object) -> None:
            pytest.fail("bytes were staged")

        for name in ("stage", "stage_bytes", "stage_many", "ingest"):
            monkeypatch.setattr(type(backend), name, refuse)

    @pytest.mark.usefixtures("untouched", "strict")
    @pytest.mark.parametrize(
        ("bucket_name", "user", "path", "mime_type", "error"),
        [
            ("missing", "anon", "/bad", "text/plain", BucketNotFound),
            ("strict", "anon", "/bad", "text/plain", Unauthorized),
            ("strict", "alice", "/bad", "text/plain", InvalidKey),
            ("strict", "alice", "good", "text/plain", UnsupportedMediaType),
            ("strict", "alice", "good", "image/png", PayloadTooLarge),
        ],
    )
    def test_the_first_flaw_is_the_one_told(
        self,
        send: Send,
        request: pytest.FixtureRequest,
        bucket_name: str,
        user: str,
        path: str,
        mime_type: str,
        error: type[StorageError],
    ):
        with pytest.raises(error):
            send(path, b"too long", request.getfixturevalue(user), bucket=bucket_name, mime_type=mime_type)

    @pytest.mark.usefixtures("untouched", "strict")
    def test_a_sniffed_type_is_checked_before_anything_is_written(
        self, send: Send, storage: FileStorage, service: RlsContext
    ):
        with pytest.raises(UnsupportedMediaType):
            send("picture.png", b"just text " * 1000, service, bucket="pictures")

    @pytest.mark.usefixtures("untouched", "strict")
    def test_a_sniffed_type_counts_before_the_size(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        source = tmp_path / "note.txt"
        source.write_bytes(b"just text")
        with pytest.raises(UnsupportedMediaType):
            storage.upload("strict", "note.txt", source, service)

    @pytest.mark.usefixtures("untouched")
    def test_the_source_is_looked_at_last(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        with pytest.raises(BucketNotFound):
            storage.upload("missing", "a", tmp_path / "missing", service)

    def test_a_taken_path_is_told_before_a_byte_is_read(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        storage.upload("photos", "taken", b"1", service)
        with pytest.raises(ObjectAlreadyExists):
            storage.begin_upload("photos", "taken", service)

    @pytest.mark.usefixtures("strict")
    def test_a_known_size_is_refused_at_once(self, storage: FileStorage, service: RlsContext):
        with pytest.raises(PayloadTooLarge):
            storage.begin_upload("strict", "a.png", service, UploadOptions(mime_type="image/png"), size_hint=4)


class TestTypes:
    def test_content_decides_then_the_name(self, send: Send, bucket: Bucket, service: RlsContext):
        assert send("a.txt", PNG, service).mime_type == "image/png"
        assert send("b.csv", b"a,b\n1,2\n", service).mime_type == "text/csv"
        assert send("c", bytes(range(256)) * 2, service).mime_type == "application/octet-stream"

    def test_a_given_type_is_kept(self, send: Send, bucket: Bucket, service: RlsContext):
        assert send("a", PNG, service, mime_type="text/x-mine; charset=utf-8").mime_type == "text/x-mine; charset=utf-8"

    def test_a_type_that_the_bucket_takes(self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext):
        for allowed in ("image/png", "image/*", "*/*", "*"):
            storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=("text/x-other", allowed)))
            assert send("a", PNG, service, replace=True).mime_type == "image/png"
            given = send("b", b"x", service, mime_type="IMAGE/PNG; q=1", replace=True)
            assert given.mime_type == "IMAGE/PNG; q=1"

    def test_a_type_that_it_does_not_take(
        self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=("image/png",)))
        for given in ("text/plain", "imagex/png", "image", "image/pngx", ""):
            with pytest.raises(UnsupportedMediaType) as caught:
                send("a", b"text", service, mime_type=given)
            assert caught.value.path == "a"
        assert not storage.exists("photos", "a", service)
        assert staged() == []


class TestSizeLimit:
    @pytest.fixture
    def small(self, storage: FileStorage, bucket: Bucket, service: RlsContext) -> Bucket:
        return storage.update_bucket("photos", service, BucketChanges(file_size_limit_bytes=100_000))

    @pytest.mark.usefixtures("small")
    def test_the_limit_itself_is_taken(self, send: Send, service: RlsContext):
        assert send("a", b"x" * 100_000, service).size_bytes == 100_000

    @pytest.mark.usefixtures("small")
    def test_one_byte_more_is_not(self, send: Send, storage: FileStorage, service: RlsContext, staged: Staged):
        with pytest.raises(PayloadTooLarge):
            send("a", b"x" * 100_001, service)
        assert not storage.exists("photos", "a", service)
        assert staged() == []

    @pytest.mark.usefixtures("small")
    def test_an_endless_source_is_cut_off_at_the_limit(self, storage: FileStorage, service: RlsContext, staged: Staged):
        class Endless(io.RawIOBase):
            given = 0

            def read(self, size: int = -1) -> bytes:
                self.given += size
                return b"x" * size

        source = Endless()
        with pytest.raises(PayloadTooLarge):
            storage.upload("photos", "a", source, service)
        assert source.given <= 2 * limits.HASH_CHUNK_BYTES
        assert staged() == []

    @pytest.mark.usefixtures("small")
    def test_a_session_that_went_too_far_can_never_be_committed(
        self, storage: FileStorage, service: RlsContext, staged: Staged
    ):
        session = storage.begin_upload("photos", "a", service)
        session.write(b"x" * 60_000)
        with pytest.raises(PayloadTooLarge):
            session.write(b"x" * 60_000)
        assert session.bytes_written == 60_000
        with pytest.raises(InvalidRequest):
            session.commit()
        assert not storage.exists("photos", "a", service)
        assert staged() == []


class TestReplacing:
    def test_an_object_never_gives_way_unasked(
        self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        first = send("a", b"first", service)
        with pytest.raises(ObjectAlreadyExists) as caught:
            send("a", b"second", service)
        assert caught.value.path == "a"
        assert storage.info("photos", "a", service) == first
        assert content_of(storage, "a", service) == b"first"

    def test_a_replaced_object_keeps_its_identity(
        self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        first = send("a", b"first", service, user_metadata={"a": 1}, cache_control="max-age=1")
        second = send("a", PNG, service, replace=True)
        assert (second.id, second.created_at, second.owner_id) == (first.id, first.created_at, first.owner_id)
        assert second.version != first.version
        assert second.updated_at >= first.updated_at
        assert (second.mime_type, dict(second.user_metadata), second.cache_control) == ("image/png", {}, "no-cache")
        assert storage.info("photos", "a", service) == second
        assert content_of(storage, "a", service) == PNG
        assert staged() == []

    def test_replacing_nothing_creates(self, send: Send, bucket: Bucket, service: RlsContext):
        stored = send("a", b"x", service, replace=True)
        assert stored.created_at == stored.updated_at

    def test_a_path_taken_while_the_bytes_came_is_refused(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        with storage.begin_upload("photos", "a", service) as session:
            session.write(b"late")
            storage.upload("photos", "a", b"early", service)
            with pytest.raises(ObjectAlreadyExists):
                session.commit()
        assert content_of(storage, "a", service) == b"early"
        assert staged() == []

    def test_a_bucket_deleted_while_the_bytes_came_takes_nothing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        with storage.begin_upload("photos", "a", service) as session:
            session.write(b"late" * 5000)
            storage.delete_bucket("photos", service)
            with pytest.raises(BucketNotFound):
                session.commit()
        assert staged() == []

    def test_the_last_of_two_sessions_wins(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        options = UploadOptions(replace=True)
        with (
            storage.begin_upload("photos", "a", service, options) as one,
            storage.begin_upload("photos", "a", service, options) as two,
        ):
            one.write(b"one")
            two.write(b"two" * 5000)
            two.commit()
            one.commit()
        assert content_of(storage, "a", service) == b"one"


class TestMetadata:
    def test_metadata_and_cache_control_are_kept(
        self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        mine = {"title": "Ünï'\"", "tags": ["a", {"b": None}], "n": 1.5, "": True}
        send("a", b"x", service, user_metadata=mine, cache_control="public, max-age=3600")
        found = storage.info("photos", "a", service)
        assert dict(found.user_metadata) == mine
        assert found.cache_control == "public, max-age=3600"

    def test_metadata_as_large_as_the_bound(self, send: Send, bucket: Bucket, service: RlsContext):
        frame = len('{"k": ""}')
        text = "x" * (limits.USER_METADATA_MAX_BYTES - frame)
        assert send("a", b"x", service, user_metadata={"k": text}).user_metadata["k"] == text

    def test_metadata_that_is_no_small_json(
        self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        for wrong in ("x" * limits.USER_METADATA_MAX_BYTES, {1, 2}, float("nan"), b"bytes"):
            with pytest.raises(InvalidRequest):
                send("a", b"x", service, user_metadata={"k": wrong})
        assert not storage.exists("photos", "a", service)
        assert staged() == []

    def test_a_file_keeps_its_modification_time(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path
    ):
        source = tmp_path / "old"
        source.write_bytes(b"x")
        os.utime(source, ns=(0, 1_234_567_890_123_456_789))
        stored = storage.upload("photos", "a", source, service)
        assert stored.modified_at == datetime(2009, 2, 13, 23, 31, 30, 123456, UTC)
        assert storage.info("photos", "a", service).modified_at == stored.modified_at

    def test_a_given_time_counts_more(self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext):
        for moment in (
            datetime(2001, 2, 3, 4, 5, 6, 789, timezone(timedelta(hours=-7))),
            datetime(1901, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, tzinfo=UTC),
        ):
            assert send("a", b"x", service, modified_at=moment, replace=True).modified_at == moment
            assert storage.info("photos", "a", service).modified_at == moment

    def test_bytes_have_no_time_of_their_own(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        assert storage.upload("photos", "a", b"x", service).modified_at is None

    def test_a_time_that_cannot_be_told_leaves_nothing_staged(
        self, send: Send, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        impossible = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
        with pytest.raises(OverflowError):
            send("a", b"x", service, modified_at=impossible)
        assert staged() == []


class TestProgress:
    @pytest.mark.parametrize("kind", ["path", "bytes", "file"])
    @pytest.mark.parametrize("size_bytes", [10, 20_000_000])
    def test_progress_only_grows_and_ends_with_everything(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path, kind: str, size_bytes: int
    ):
        data = bytes(size_bytes)
        (tmp_path / "source").write_bytes(data)
        source = {"path": tmp_path / "source", "bytes": data, "file": io.BytesIO(data)}[kind]
        seen: list[Progress] = []
        storage.upload("photos", "a", source, service, progress=seen.append)
        done = [progress.done_bytes for progress in seen]
        assert done == sorted(done)
        assert done[-1] == size_bytes
        assert {progress.current for progress in seen} == {"a"}
        if kind != "file":
            assert {progress.total_bytes for progress in seen} == {size_bytes}
            assert seen[-1].finalising

    @pytest.mark.parametrize("kind", ["path", "bytes", "file"])
    @pytest.mark.parametrize("after_calls", [0, 1])
    def test_a_cancelled_upload_leaves_nothing(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        tmp_path: Path,
        staged: Staged,
        kind: str,
        after_calls: int,
    ):
        data = bytes(20_000_000)
        (tmp_path / "source").write_bytes(data)
        source = {"path": tmp_path / "source", "bytes": data, "file": io.BytesIO(data)}[kind]
        token = CancelToken()
        calls = 0

        def count(_: Progress) -> None:
            nonlocal calls
            calls += 1
            if calls == after_calls:
                token.cancel()

        if after_calls == 0:
            token.cancel()
        with pytest.raises(Cancelled):
            storage.upload("photos", "a", source, service, progress=count, cancel=token)
        assert not storage.exists("photos", "a", service)
        assert staged() == []

    @pytest.mark.parametrize("kind", ["path", "bytes", "file"])
    def test_an_empty_source_can_be_cancelled_too(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path, staged: Staged, kind: str
    ):
        (tmp_path / "source").touch()
        source = {"path": tmp_path / "source", "bytes": b"", "file": io.BytesIO()}[kind]
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            storage.upload("photos", "a", source, service, cancel=token)
        assert staged() == []

    def test_a_callback_that_fails_leaves_nothing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path, staged: Staged
    ):
        def fail(_: Progress) -> None:
            raise ZeroDivisionError

        (tmp_path / "source").write_bytes(bytes(5000))
        with pytest.raises(ZeroDivisionError):
            storage.upload("photos", "a", tmp_path / "source", service, progress=fail)
        assert staged() == []


class TestSources:
    """Files that cannot be taken, and files that change under the upload."""

    @pytest.fixture(autouse=True)
    def nothing_is_kept(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ) -> Iterator[None]:
        yield
        assert list(storage.walk("photos", "", service)) == []
        assert staged() == []

    def test_a_missing_file(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        with pytest.raises(SourceUnreadable) as caught:
            storage.upload("photos", "a", tmp_path / "missing", service)
        assert caught.value.path == str(tmp_path / "missing")

    def test_a_folder(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", tmp_path, service)

    def test_a_pipe_does_not_hang(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", tmp_path / "pipe", service)

    def test_a_device(self, storage: FileStorage, service: RlsContext):
        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", Path("/dev/zero"), service)

    def test_a_name_that_no_file_can_have(self, storage: FileStorage, service: RlsContext):
        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", Path("a\0b"), service)

    def test_a_dangling_link(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", tmp_path / "link", service)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_file_of_somebody_else(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        (tmp_path / "secret").touch(mode=0o000)
        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", tmp_path / "secret", service)

    @pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux only")
    def test_a_file_that_fails_when_it_is_read(self, storage: FileStorage, service: RlsContext):
        with pytest.raises(SourceUnreadable) as caught:
            storage.upload("photos", "a", Path("/proc/self/mem"), service)
        assert "/proc/self/mem" in str(caught.value)

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
    def test_a_file_that_is_longer_than_it_says_is_not_stored_empty(self, storage: FileStorage, service: RlsContext):
        with pytest.raises(SourceChanged):
            storage.upload("photos", "a", Path("/proc/self/status"), service)

    @pytest.mark.parametrize("change", ["append", "truncate", "rewrite"])
    def test_a_file_that_changes_meanwhile(
        self, storage: FileStorage, service: RlsContext, tmp_path: Path, change: str
    ):
        source = tmp_path / "busy"
        source.write_bytes(bytes(20_000_000))
        os.utime(source, ns=(0, 0))

        def meddle(_: Progress) -> None:
            if change == "truncate":
                os.truncate(source, 10)
            else:
                with source.open("r+b") as file:
                    file.seek(0, os.SEEK_END if change == "append" else os.SEEK_SET)
                    file.write(b"more")

        with pytest.raises(SourceChanged) as caught:
            storage.upload("photos", "a", source, service, progress=meddle)
        assert str(source) in str(caught.value)
        assert caught.value.retryable

    def test_a_file_object_that_fails_half_way(self, storage: FileStorage, service: RlsContext):
        class Failing(io.RawIOBase):
            calls = 0

            def read(self, size: int = -1) -> bytes:
                self.calls += 1
                if self.calls > 2:
                    raise OSError(5, "Input/output error")
                return b"x" * 10_000

        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", Failing(), service)

    def test_a_file_object_that_is_not_ready_is_not_taken_for_its_end(self, storage: FileStorage, service: RlsContext):
        class Waiting(io.RawIOBase):
            parts = iter([b"begin", None])

            def read(self, size: int = -1) -> bytes | None:
                return next(self.parts, b"")

        with pytest.raises(SourceUnreadable):
            storage.upload("photos", "a", Waiting(), service)

    def test_a_text_file_object_is_a_mistake(self, storage: FileStorage, service: RlsContext):
        with pytest.raises(TypeError):
            storage.upload("photos", "a", io.StringIO("text"), service)  # type: ignore[arg-type]

    def test_a_closed_file_object_is_a_mistake(self, storage: FileStorage, service: RlsContext):
        source = io.BytesIO(b"x")
        source.close()
        with pytest.raises(ValueError, match="closed"):
            storage.upload("photos", "a", source, service)


def test_a_link_to_a_file_uploads_the_file(storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path):
    (tmp_path / "real").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    storage.upload("photos", "a", tmp_path / "link", service)
    assert content_of(storage, "a", service) == b"content"


def test_a_file_object_is_read_from_where_it_stands(storage: FileStorage, bucket: Bucket, service: RlsContext):
    source = io.BytesIO(b"skip this")
    source.seek(5)
    storage.upload("photos", "a", source, service)
    assert content_of(storage, "a", service) == b"this"


class TestSession:
    @pytest.mark.parametrize("size_bytes", [0, 10, 100_000])
    def test_abort_leaves_nothing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged, size_bytes: int
    ):
        session = storage.begin_upload("photos", "a", service)
        session.write(bytes(size_bytes))
        session.abort()
        session.abort()
        with pytest.raises(InvalidRequest):
            session.write(b"x")
        with pytest.raises(InvalidRequest):
            session.commit()
        assert not storage.exists("photos", "a", service)
        assert staged() == []

    def test_leaving_the_block_aborts(self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged):
        with storage.begin_upload("photos", "a", service) as session:
            session.write(bytes(100_000))
            assert session.bytes_written == 100_000
            assert not storage.exists("photos", "a", service)
        assert staged() == []

    def test_it_commits_once(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        with storage.begin_upload("photos", "a", service) as session:
            session.write(b"x")
            session.commit()
            with pytest.raises(InvalidRequest):
                session.commit()
            with pytest.raises(InvalidRequest):
                session.write(b"y")
            session.abort()
        assert content_of(storage, "a", service) == b"x"

    def test_a_type_refused_late_can_never_be_committed(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=("image/png",)))
        session = storage.begin_upload("photos", "a.png", service)
        with pytest.raises(UnsupportedMediaType):
            session.write(b"plain text " * 1000)
        with pytest.raises(InvalidRequest):
            session.commit()
        assert not storage.exists("photos", "a.png", service)
        assert staged() == []

    def test_a_type_refused_at_the_end_can_never_be_committed(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, staged: Staged
    ):
        storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=("image/png",)))
        session = storage.begin_upload("photos", "a.png", service)
        session.write(b"text")
        with pytest.raises(UnsupportedMediaType):
            session.commit()
        with pytest.raises(InvalidRequest):
            session.commit()
        assert staged() == []

    def test_a_buffer_may_be_reused_after_it_was_written(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ):
        buffer = bytearray(b"a" * 10_000)
        with storage.begin_upload("photos", "a", service) as session:
            session.write(memoryview(buffer))
            buffer[:] = b"b" * 10_000
            session.write(memoryview(buffer))
            session.commit()
        assert content_of(storage, "a", service) == b"a" * 10_000 + b"b" * 10_000


class TestDiskFaults:
    """The disk refuses at each step; nothing is kept, and the old object stays as it was."""

    @pytest.fixture
    def old(self, storage: FileStorage, bucket: Bucket, service: RlsContext) -> StorageObject:
        return storage.upload("photos", "a", b"old", service)

    def test_the_old_object_stays(
        self,
        send: Send,
        storage: FileStorage,
        backend: StorageBackend,
        old: StorageObject,
        service: RlsContext,
        staged: Staged,
        monkeypatch: pytest.MonkeyPatch,
    ):
        reached: list[str] = []
        for step in ("stage", "stage_bytes", "stage_many", "ingest", "flush"):
            real = getattr(type(backend), step)

            def refuse(*arguments: Any, step: str = step, real: Callable[..., object] = real) -> None:
                reached.append(step)
                if step in {"stage_bytes", "stage_many", "ingest"}:
                    real(*arguments)
                raise DiskFull("The disk is full")

            with monkeypatch.context() as patched:
                patched.setattr(type(backend), step, refuse)
                try:
                    old = send("a", bytes(50_000), service, replace=True)
                except DiskFull:
                    assert reached[-1] == step
                else:
                    assert step not in reached
            assert storage.info("photos", "a", service) == old
            assert staged() == []
        assert reached

    def test_a_writer_that_fails_half_way(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        old: StorageObject,
        service: RlsContext,
        staged: Staged,
        monkeypatch: pytest.MonkeyPatch,
    ):
        session = storage.begin_upload("photos", "a", service, UploadOptions(replace=True))
        session.write(bytes(10_000))
        writer_type = type(session._writer)

        def refuse(*_: object) -> None:
            raise DiskFull("The disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(writer_type, "write", refuse)
            with pytest.raises(DiskFull):
                session.write(bytes(10_000))
        with pytest.raises(InvalidRequest):
            session.commit()
        assert staged() == []
        assert content_of(storage, "a", service) == b"old"


def test_uploads_run_side_by_side(workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext):
    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> str:
        return storage.upload(
            "photos", f"f/{number % 5}", str(number).encode() * 2000, service, UploadOptions(replace=True)
        ).path

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(one, range(40)))) == 40
    found = list(storage.walk("photos", "", service))
    assert [item.path for item in found] == [f"f/{number}" for number in range(5)]
    for item in found:
        data = content_of(storage, item.path, service)
        assert len(set(data)) <= 2
        assert hashlib.sha256(data).hexdigest() == item.checksum
    if not isinstance(workspace._core.backend, MemoryBackend):
        assert storage.check(service).clean
