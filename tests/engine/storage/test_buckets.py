"""Managing buckets: who may, what is refused, and what happens to what they hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.base import StorageBackend
from engine.backends.memory import MemoryBackend
from engine.cancel import CancelToken
from engine.errors import (
    BucketAlreadyExists,
    BucketNotEmpty,
    BucketNotFound,
    Cancelled,
    InvalidBucketName,
    InvalidRequest,
    StorageError,
    Unauthorized,
    UnsupportedMediaType,
)
from engine.events import StorageEvent
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, Progress, RlsContext, UploadItem

memory_only = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
NAMES = ["a", "Photos", "photos", 'it\'s 100% "mine"', "Größe", "e\u0301", "\u00e9", "日本語", "🎉", "a.b", "x" * 100]


def test_create(storage: FileStorage, service: RlsContext):
    made = storage.create_bucket(
        "photos",
        service,
        public=True,
        file_size_limit_bytes=5,
        allowed_mime_types=["Image/PNG", " text/* ", "image/png"],
    )
    assert (made.name, made.owner_id, made.public) == ("photos", service.user_id, True)
    assert (made.file_size_limit_bytes, made.allowed_mime_types) == (5, ("image/png", "text/*"))
    assert made.created_at == made.updated_at
    assert storage.get_bucket("photos", service) == storage.get_bucket(made.id, service) == made
    assert storage.list_buckets(service) == (made,)


def test_a_plain_bucket_takes_everything_and_is_private(bucket: Bucket):
    assert (bucket.public, bucket.file_size_limit_bytes, bucket.allowed_mime_types) == (False, None, ())


def test_names_are_kept_and_sorted_byte_for_byte(storage: FileStorage, service: RlsContext):
    for name in NAMES:
        assert storage.create_bucket(name, service).name == name
    assert [found.name for found in storage.list_buckets(service)] == sorted(NAMES, key=str.encode)
    for name in NAMES:
        storage.upload(name, "x", name.encode(), service)
        assert storage.get_bucket(name, service).name == name
    for name in NAMES:
        with storage.open_object(name, "x", service) as reader:
            assert reader.read() == name.encode()


@memory_only
@pytest.mark.parametrize("name", ["", " a", "a ", "a/b", "x" * 101, ".", "..", "a\nb", "\udc80", "a\x00b", "%2e%2e"])
def test_names_that_are_refused(storage: FileStorage, bucket: Bucket, service: RlsContext, name: str):
    with pytest.raises(InvalidBucketName):
        storage.create_bucket(name, service)
    with pytest.raises(InvalidBucketName):
        storage.rename_bucket("photos", name, service)
    with pytest.raises(BucketNotFound):
        storage.get_bucket(name, service)


@memory_only
@pytest.mark.parametrize("limit", [0, -1, 2**63])
def test_limits_that_are_refused(storage: FileStorage, bucket: Bucket, service: RlsContext, limit: int):
    with pytest.raises(InvalidRequest):
        storage.create_bucket("new", service, file_size_limit_bytes=limit)
    with pytest.raises(InvalidRequest):
        storage.update_bucket("photos", service, BucketChanges(file_size_limit_bytes=limit))
    assert storage.list_buckets(service) == (bucket,)


@memory_only
@pytest.mark.parametrize("mime_type", ["", "image", "image/", "/png", "*/png", "image/png; q=1", "image /png", "a/b/c"])
def test_types_that_are_refused(storage: FileStorage, bucket: Bucket, service: RlsContext, mime_type: str):
    with pytest.raises(InvalidRequest):
        storage.create_bucket("new", service, allowed_mime_types=["text/plain", mime_type])
    with pytest.raises(InvalidRequest):
        storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=(mime_type,)))
    assert storage.list_buckets(service) == (bucket,)


def test_a_name_is_taken_once(storage: FileStorage, bucket: Bucket, service: RlsContext):
    other = storage.create_bucket("other", service)
    with pytest.raises(BucketAlreadyExists):
        storage.create_bucket("photos", service)
    with pytest.raises(BucketAlreadyExists):
        storage.rename_bucket("other", "photos", service)
    for taken_id in (bucket.id, other.id):
        with pytest.raises(BucketAlreadyExists):
            storage.create_bucket(taken_id, service)
        with pytest.raises(BucketAlreadyExists):
            storage.rename_bucket("other", taken_id, service)
    assert storage.list_buckets(service) == (other, bucket)


def test_update_changes_what_it_names_and_nothing_else(storage: FileStorage, service: RlsContext):
    made = storage.create_bucket("b", service, file_size_limit_bytes=5, allowed_mime_types=["text/*"])
    public = storage.update_bucket("b", service, BucketChanges(public=True))
    assert (public.public, public.file_size_limit_bytes, public.allowed_mime_types) == (True, 5, ("text/*",))
    assert (public.created_at, public.updated_at >= made.updated_at) == (made.created_at, True)
    freed = storage.update_bucket(made.id, service, BucketChanges(file_size_limit_bytes=None, allowed_mime_types=()))
    assert (freed.public, freed.file_size_limit_bytes, freed.allowed_mime_types) == (True, None, ())
    assert storage.get_bucket("b", service) == freed
    assert storage.update_bucket("b", service, BucketChanges()).public


def test_name_and_rules_change_together_or_not_at_all(
    storage: FileStorage, bucket: Bucket, service: RlsContext, events: list[StorageEvent]
):
    storage.create_bucket("taken", service)
    for name, types, kind in (
        ("taken", ("image/*",), BucketAlreadyExists),
        ("new", ("no type",), InvalidRequest),
        ("a/b", (), InvalidBucketName),
    ):
        with pytest.raises(kind):
            storage.update_bucket(bucket.id, service, BucketChanges(True, 5, types, name=name))
    assert storage.get_bucket("photos", service) == bucket
    events.clear()
    changed = storage.update_bucket(bucket.id, service, BucketChanges(True, 5, ("image/*",), name="new"))
    assert storage.get_bucket("new", service) == changed
    assert (changed.public, changed.file_size_limit_bytes, changed.allowed_mime_types) == (True, 5, ("image/*",))
    assert [(event.type, event.bucket) for event in events] == [("storage.bucket.updated", "new")]


def test_new_rules_leave_old_objects_alone(storage: FileStorage, bucket: Bucket, service: RlsContext):
    storage.upload("photos", "old.txt", b"text", service)
    storage.update_bucket("photos", service, BucketChanges(allowed_mime_types=("image/*",)))
    with storage.open_object("photos", "old.txt", service) as reader:
        assert reader.read() == b"text"
    with pytest.raises(UnsupportedMediaType):
        storage.upload("photos", "new.txt", b"text", service)


def test_rename_moves_no_bytes(storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext):
    storage.upload("photos", "a/b", b"x", service)
    before = list(backend.list())
    renamed = storage.rename_bucket("photos", "it's mine", service)
    assert (renamed.id, renamed.name) == (bucket.id, "it's mine")
    assert list(backend.list()) == before
    with pytest.raises(BucketNotFound):
        storage.get_bucket("photos", service)
    with storage.open_object("it's mine", "a/b", service) as reader:
        assert (reader.read(), reader.info.bucket) == (b"x", "it's mine")
    storage.create_bucket("photos", service)
    assert not storage.exists("photos", "a/b", service)


def test_renaming_to_the_same_name_changes_nothing(storage: FileStorage, bucket: Bucket, service: RlsContext):
    assert storage.rename_bucket("photos", "photos", service).name == "photos"


def test_an_upload_goes_on_through_a_rename(storage: FileStorage, bucket: Bucket, service: RlsContext):
    with storage.begin_upload("photos", "a", service) as session:
        session.write(b"x")
        storage.rename_bucket("photos", "renamed", service)
        session.commit()
    assert storage.exists("renamed", "a", service)


def test_empty(storage: FileStorage, backend: StorageBackend, bucket: Bucket, service: RlsContext):
    other = storage.create_bucket("other", service)
    storage.upload("other", "keep", b"x", service)
    for path in ("a", "b/c", "b/", "d//e"):
        storage.upload("photos", path, b"", service)
    assert storage.empty_bucket("photos", service) == 3  # markers of folders are none
    assert storage.empty_bucket(bucket.id, service) == 0
    assert list(storage.walk("photos", "", service)) == []
    assert [entry.key for entry in backend.list()] == [f"{other.id}/keep"]


def test_emptying_tells_how_far_it_is_and_can_be_cancelled(
    storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path
):
    source = tmp_path / "source"
    source.write_bytes(b"x")
    storage.upload_many(bucket.name, (UploadItem(source, f"f{number}") for number in range(1100)), service)
    cancel, told = CancelToken(), list[int]()

    def progress(news: Progress) -> None:
        told.append(news.done_files)
        cancel.cancel()

    with pytest.raises(Cancelled):
        storage.empty_bucket(bucket.name, service, progress, cancel)
    left = storage.tree_size(bucket.name, "", service).objects
    assert told == [1100 - left]
    assert 0 < left < 1100


def test_only_empty_buckets_are_deleted(
    storage: FileStorage,
    backend: StorageBackend,
    bucket: Bucket,
    service: RlsContext,
    alice: RlsContext,
    data_dir: Path,
):
    storage.upload("photos", "a/b", b"x", alice)
    with pytest.raises(BucketNotEmpty) as caught:
        storage.delete_bucket("photos", service)
    assert caught.value.path == "photos"
    assert storage.exists("photos", "a/b", service)
    storage.empty_bucket("photos", service)
    storage.delete_bucket("photos", service)
    assert storage.list_buckets(service) == ()
    if not isinstance(backend, MemoryBackend):
        assert not (data_dir / "storage" / bucket.id).exists()
    with pytest.raises(BucketNotFound):
        storage.delete_bucket("photos", service)


def test_a_folder_mark_keeps_a_bucket(storage: FileStorage, bucket: Bucket, service: RlsContext):
    storage.create_folder("photos", "empty/", service)
    with pytest.raises(BucketNotEmpty):
        storage.delete_bucket("photos", service)


def test_who_asks_for_a_bucket_that_is_gone_is_told_its_name_but_no_id(
    storage: FileStorage, bucket: Bucket, service: RlsContext
):
    storage.delete_bucket(bucket.id, service)
    calls: list[Callable[[str], object]] = [
        lambda which: storage.delete_bucket(which, service),
        lambda which: storage.empty_bucket(which, service),
        lambda which: storage.rename_bucket(which, "other", service),
        lambda which: storage.get_bucket(which, service),
    ]
    for call in calls:
        for which, said in ((bucket.name, "Bucket not found: photos"), (bucket.id, "Bucket not found")):
            with pytest.raises(BucketNotFound) as refused:
                call(which)
            assert str(refused.value) == said


def test_a_bucket_is_gone_though_its_folder_cannot_be_removed(
    storage: FileStorage,
    backend: StorageBackend,
    bucket: Bucket,
    service: RlsContext,
    monkeypatch: pytest.MonkeyPatch,
    events: list[object],
):
    def refuse(*_: object) -> None:
        raise StorageError("The disk refused")

    monkeypatch.setattr(type(backend), "remove_bucket", refuse)
    storage.delete_bucket("photos", service)
    assert storage.list_buckets(service) == ()
    assert len(events) == 1


def test_a_name_can_be_used_again(storage: FileStorage, bucket: Bucket, service: RlsContext):
    storage.upload("photos", "a", b"old", service)
    storage.empty_bucket("photos", service)
    storage.delete_bucket("photos", service)
    again = storage.create_bucket("photos", service)
    assert again.id != bucket.id
    assert not storage.exists("photos", "a", service)


CALLS: dict[str, Callable[[FileStorage, RlsContext], object]] = {
    "update": lambda storage, context: storage.update_bucket("photos", context, BucketChanges(public=True)),
    "rename": lambda storage, context: storage.rename_bucket("photos", "stolen", context),
    "empty": lambda storage, context: storage.empty_bucket("photos", context),
    "delete": lambda storage, context: storage.delete_bucket("photos", context),
    "get": lambda storage, context: storage.get_bucket("photos", context),
}


@memory_only
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("user", ["alice", "anon"])
def test_others_cannot_tell_a_bucket_from_none(
    storage: FileStorage, bucket: Bucket, service: RlsContext, request: pytest.FixtureRequest, call: str, user: str
):
    context = request.getfixturevalue(user)
    storage.upload("photos", "a", b"x", service)
    with pytest.raises(BucketNotFound) as hidden:
        CALLS[call](storage, context)
    storage.rename_bucket("photos", "elsewhere", service)
    with pytest.raises(BucketNotFound) as missing:
        CALLS[call](storage, context)
    assert str(hidden.value) == str(missing.value)
    assert storage.get_bucket("elsewhere", service).public is False
    assert storage.exists("elsewhere", "a", service)


def test_others_make_and_see_no_buckets(
    storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, anon: RlsContext
):
    storage.update_bucket("photos", service, BucketChanges(public=True))
    for context in (alice, anon):
        with pytest.raises(Unauthorized):
            storage.create_bucket("new", context)
        with pytest.raises(Unauthorized):
            storage.create_bucket("photos", context)
        assert storage.list_buckets(context) == ()
