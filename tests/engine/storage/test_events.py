"""What the engine tells of its changes: the type, the path and the count, once it is committed and only then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import StorageError
from engine.events import StorageEvent
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, RlsContext, UploadItem, UploadOptions


def told(events: list[StorageEvent]) -> list[tuple[str, str, int]]:
    """Return and forget what was told, without the common beginning of all types."""
    seen = [(event.type.removeprefix("storage."), event.path, event.count) for event in events]
    events.clear()
    return seen


def put(storage: FileStorage, service: RlsContext, *paths: str) -> None:
    for path in paths:
        storage.upload("photos", path, b"" if path.endswith("/") else b"x", service)


def test_buckets(storage: FileStorage, service: RlsContext, events: list[StorageEvent]):
    made = storage.create_bucket("b", service)
    (event,) = events
    assert (event.bucket, event.bucket_id, event.owner_id) == ("b", made.id, service.user_id)
    assert event.timestamp >= made.created_at
    assert told(events) == [("bucket.created", "", 1)]
    storage.update_bucket("b", service, BucketChanges(public=True))
    assert told(events) == [("bucket.updated", "", 1)]
    storage.rename_bucket("b", "c", service)
    assert [event.bucket for event in events] == ["c"]
    assert told(events) == [("bucket.updated", "", 1)]
    storage.delete_bucket("c", service)
    assert [event.bucket for event in events] == ["c"]
    assert told(events) == [("bucket.deleted", "", 1)]


def test_objects(
    storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, events: list[StorageEvent]
):
    events.clear()
    storage.upload("photos", "a/b", b"x", alice)
    (event,) = events
    assert (event.bucket, event.bucket_id, event.owner_id) == ("photos", bucket.id, alice.user_id)
    assert told(events) == [("object.created", "a/b", 1)]
    storage.upload("photos", "a/b", b"y", service, UploadOptions(replace=True))
    assert [event.owner_id for event in events] == [alice.user_id]
    assert told(events) == [("object.updated", "a/b", 1)]
    storage.upload("photos", "c", b"x", service, UploadOptions(replace=True))
    assert told(events) == [("object.created", "c", 1)]
    storage.move("photos", "c", "d/e", service)
    assert told(events) == [("object.moved", "d/e", 1)]
    storage.copy("photos", "d/e", "f", service)
    assert told(events) == [("object.created", "f", 1)]
    storage.copy("photos", "a/b", "f", service, replace=True)
    assert told(events) == [("object.updated", "f", 1)]
    storage.delete("photos", "f", service)
    assert told(events) == [("object.deleted", "f", 1)]
    storage.create_folder("photos", "g/", service)
    assert told(events) == [("object.created", "g/", 1)]
    storage.create_folder("photos", "g/", service)
    assert told(events) == []


def test_many_objects_at_once(
    storage: FileStorage, bucket: Bucket, service: RlsContext, events: list[StorageEvent], tmp_path: Path
):
    (tmp_path / "x").write_bytes(b"x")
    events.clear()
    items = [UploadItem(tmp_path / "x", path) for path in ("f/a/1", "f/a/2", "f/b")]
    storage.upload_many("photos", items, service)
    assert told(events) == [("object.created", "f/", 3)]
    items.append(UploadItem(tmp_path / "x", "f/b2"))
    storage.upload_many("photos", items, service, UploadOptions(replace=True))
    assert told(events) == [("object.created", "f/b2", 1), ("object.updated", "f/", 3)]
    storage.upload_many("photos", items, service)
    assert told(events) == []
    assert storage.move_folder("photos", "f/a/", "g/", service) == 2
    assert told(events) == [("object.moved", "g/", 2)]
    storage.copy_folder("photos", "g/", "h/", service)
    assert told(events) == [("object.created", "h/1", 1), ("object.created", "h/2", 1)]
    storage.delete_many("photos", ["g/1", "g/2", "f/b", "missing"], service)
    assert told(events) == [("object.deleted", "", 3)]
    storage.delete_many("photos", ["h/"], service)
    assert told(events) == [("object.deleted", "h/", 2)]
    storage.delete_many("photos", ["nothing", "nothing/"], service)
    assert told(events) == []
    put(storage, service, "x/1", "x/2")
    events.clear()
    assert storage.empty_bucket("photos", service) == 3
    assert told(events) == [("object.deleted", "", 3)]


def test_both_buckets_of_a_move_hear_of_it(
    storage: FileStorage, bucket: Bucket, service: RlsContext, events: list[StorageEvent]
):
    other = storage.create_bucket("other", service)
    put(storage, service, "f/a", "g/1", "g/2")
    events.clear()
    storage.move("photos", "f/a", "x/b", service, target_bucket="other")
    storage.move_folder("photos", "g/", "h/", service, target_bucket="other")
    assert [(event.bucket_id, event.bucket, event.type, event.path, event.count) for event in events] == [
        (bucket.id, "photos", "storage.object.deleted", "f/a", 1),
        (other.id, "other", "storage.object.moved", "x/b", 1),
        (bucket.id, "photos", "storage.object.deleted", "g/", 2),
        (other.id, "other", "storage.object.moved", "h/", 2),
    ]


FAILURES: dict[str, Callable[[FileStorage, RlsContext, RlsContext], object]] = {
    "create": lambda storage, service, _: storage.create_bucket("photos", service),
    "rename": lambda storage, service, _: storage.rename_bucket("photos", "other", service),
    "update": lambda storage, _, bob: storage.update_bucket("photos", bob, BucketChanges(public=True)),
    "delete bucket": lambda storage, service, _: storage.delete_bucket("photos", service),
    "upload": lambda storage, service, _: storage.upload("photos", "a", b"x", service),
    "upload elsewhere": lambda storage, service, _: storage.upload("missing", "a", b"x", service),
    "replace": lambda storage, _, bob: storage.upload("photos", "a", b"x", bob, UploadOptions(replace=True)),
    "abort": lambda storage, service, _: storage.begin_upload("photos", "new", service).abort(),
    "delete": lambda storage, service, _: storage.delete("photos", "missing", service),
    "delete others'": lambda storage, _, bob: storage.delete("photos", "a", bob),
    "delete many": lambda storage, _, bob: storage.delete_many("photos", ["a", "f/"], bob),
    "move": lambda storage, service, _: storage.move("photos", "a", "f/b", service),
    "move others'": lambda storage, _, bob: storage.move("photos", "a", "new", bob),
    "move folder": lambda storage, service, _: storage.move_folder("photos", "f/", "g/", service),
    "copy": lambda storage, service, _: storage.copy("photos", "a", "f/b", service),
    "read": lambda storage, service, _: storage.sign("photos", "a", service, 60),
    "check": lambda storage, service, _: storage.check(service, repair=True),
}


@pytest.mark.parametrize("workspace", ["memory"], indirect=True)
@pytest.mark.parametrize("call", FAILURES)
def test_nothing_is_told_where_nothing_changed(
    storage: FileStorage, bucket: Bucket, service: RlsContext, bob: RlsContext, events: list[StorageEvent], call: str
):
    storage.create_bucket("other", service)
    put(storage, service, "a", "f/b", "g/b")
    events.clear()
    with contextlib.suppress(StorageError):
        FAILURES[call](storage, service, bob)
    assert told(events) == []


def test_the_change_is_there_when_it_is_told(storage: FileStorage, bucket: Bucket, service: RlsContext):
    seen: list[bytes] = []

    def look(event: StorageEvent) -> None:
        with storage.open_object("photos", event.path, service, verify=True) as reader:
            seen.append(reader.read())

    unsubscribe = storage.events.subscribe(look)
    storage.upload("photos", "a", b"1", service)
    storage.upload("photos", "a", b"2", service, UploadOptions(replace=True))
    storage.move("photos", "a", "b", service)
    unsubscribe()
    storage.upload("photos", "c", b"3", service)
    assert seen == [b"1", b"2", b"2"]


def test_a_listener_that_fails_hurts_nobody(
    storage: FileStorage, bucket: Bucket, service: RlsContext, events: list[StorageEvent]
):
    def fail(_: StorageEvent) -> None:
        raise ZeroDivisionError

    unsubscribe = storage.events.subscribe(fail)
    assert storage.upload("photos", "a", b"x", service).path == "a"
    unsubscribe()
    assert told(events)[-1] == ("object.created", "a", 1)


def test_a_repair_tells_of_the_rows_it_removed(
    storage: FileStorage, bucket: Bucket, service: RlsContext, events: list[StorageEvent], workspace: object
):
    put(storage, service, "f/a", "f/b")
    backend = workspace._core.backend  # type: ignore[attr-defined]
    backend.delete(f"{bucket.id}/f/a")
    events.clear()
    storage.check(service)
    assert told(events) == []
    storage.check(service, repair=True)
    assert told(events) == [("object.deleted", "f/a", 1)]
