"""What is said about objects: changed without their bytes, by whom policies let, and never unseen."""

from __future__ import annotations

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.errors import InvalidRequest, ObjectChanged, ObjectNotFound, Unauthorized, UnsupportedMediaType
from engine.events import StorageEvent
from engine.permissions.rows import PolicyTable
from engine.storage import FileStorage
from engine.types import Bucket, LabelChanges, Retention, RlsContext, StorageObject, UploadOptions

pytestmark = pytest.mark.parametrize("workspace", ["memory"], indirect=True)
"""Bytes have no part in it."""

CACHED = LabelChanges(cache_control="max-age=60")


@pytest.fixture
def cat(storage: FileStorage, bucket: Bucket, alice: RlsContext) -> StorageObject:
    """Store an object of Alice's."""
    options = UploadOptions("text/plain", user_metadata={"mood": "good"})
    return storage.upload("photos", "a/cat", b"meow", alice, options)


def test_only_what_is_changed_changes(storage: FileStorage, cat: StorageObject, alice: RlsContext):
    changes = LabelChanges("Image/PNG; charset=x", "max-age=60", {"mood": "bad", "lives": 9})
    (changed,) = storage.change_labels("photos", ["a/cat"], changes, alice, seen=[cat])
    assert (changed.mime_type, changed.cache_control) == ("image/png; charset=x", "max-age=60")
    assert dict(changed.user_metadata) == {"mood": "bad", "lives": 9}
    assert (
        changed._replace(**{name: getattr(cat, name) for name in ("mime_type", "cache_control", "user_metadata")})
        == cat
    )
    assert storage.info("photos", "a/cat", alice) == changed
    (again,) = storage.change_labels("photos", ["a/cat"], CACHED, alice, seen=[changed])
    assert (again.mime_type, dict(again.user_metadata)) == (changed.mime_type, dict(changed.user_metadata))


def test_no_old_version_comes_to_be(storage: FileStorage, service: RlsContext):
    storage.create_bucket("kept", service, retention=Retention(versions=5))
    storage.upload("kept", "a", b"x", service)
    storage.change_labels("kept", ["a"], CACHED, service)
    (only,) = storage.versions.list("kept", "a", service)
    assert only.info.cache_control == "max-age=60"


def test_several_are_changed_together_or_not_at_all(storage: FileStorage, bucket: Bucket, service: RlsContext):
    for path in ("a/1", "a/2", "b"):
        storage.upload("photos", path, b"x", service)
    changed = storage.change_labels("photos", ["b", "a/2", "a/1"], CACHED, service)
    assert [one.path for one in changed] == ["b", "a/2", "a/1"]
    with pytest.raises(ObjectNotFound):
        storage.change_labels("photos", ["b", "nothing"], LabelChanges("text/css"), service)
    assert storage.info("photos", "b", service).mime_type != "text/css"


def test_it_is_told(storage: FileStorage, cat: StorageObject, alice: RlsContext, events: list[StorageEvent]):
    storage.change_labels("photos", ["a/cat"], CACHED, alice)
    assert [(event.type, event.path, event.count) for event in events] == [("storage.object.updated", "a/cat", 1)]
    storage.change_labels("photos", ["a/cat"], LabelChanges(), alice)
    assert len(events) == 1


class TestSeen:
    def test_another_content_is_not_relabelled_unseen(
        self, storage: FileStorage, cat: StorageObject, alice: RlsContext
    ):
        storage.upload("photos", "a/cat", b"woof", alice, UploadOptions(replace=True))
        with pytest.raises(ObjectChanged):
            storage.change_labels("photos", ["a/cat"], CACHED, alice, seen=[cat])

    def test_nor_is_what_somebody_else_said_meanwhile(
        self, storage: FileStorage, cat: StorageObject, alice: RlsContext
    ):
        storage.change_labels("photos", ["a/cat"], LabelChanges(user_metadata={"mood": 1}), alice)
        with pytest.raises(ObjectChanged):
            storage.change_labels("photos", ["a/cat"], LabelChanges(user_metadata={"mood": True}), alice, seen=[cat])
        (changed,) = storage.change_labels("photos", ["a/cat"], CACHED, alice, seen=[cat])
        assert dict(changed.user_metadata) == {"mood": 1}


class TestRights:
    def test_hidden_ones_look_as_if_they_were_not_there(
        self, storage: FileStorage, cat: StorageObject, bob: RlsContext, anon: RlsContext
    ):
        for who in (bob, anon):
            with pytest.raises(ObjectNotFound):
                storage.change_labels("photos", ["a/cat"], CACHED, who)

    def test_who_may_only_see_may_not_change(self, storage: FileStorage, cat: StorageObject, bob: RlsContext):
        spec = PolicySpec("see", PolicyTable.OBJECTS, PolicyCommand.SELECT, ("authenticated",), using="true")
        storage.policies.create(spec, RlsContext.service(), "photos")
        with pytest.raises(Unauthorized):
            storage.change_labels("photos", ["a/cat"], CACHED, bob)

    def test_what_it_becomes_is_held_against_policies(
        self, storage: FileStorage, cat: StorageObject, bob: RlsContext, alice: RlsContext
    ):
        spec = PolicySpec(
            "texts", PolicyTable.OBJECTS, PolicyCommand.ALL, ("authenticated",),
            using="true", check="metadata->>'mimetype' = 'text/plain'",
        )  # fmt: skip
        storage.policies.create(spec, RlsContext.service(), "photos")
        storage.change_labels("photos", ["a/cat"], CACHED, bob)
        with pytest.raises(Unauthorized):
            storage.change_labels("photos", ["a/cat"], LabelChanges("text/css"), bob)
        storage.change_labels("photos", ["a/cat"], LabelChanges("text/css"), alice)


class TestValues:
    @pytest.mark.parametrize(
        "mime_type", ["", "png", "image/", "image/png/x", "image/p ng", "image/png; a\r\nb: c", "ä/b"]
    )
    def test_no_type(self, storage: FileStorage, cat: StorageObject, alice: RlsContext, mime_type: str):
        with pytest.raises(InvalidRequest):
            storage.change_labels("photos", ["a/cat"], LabelChanges(mime_type), alice)

    @pytest.mark.parametrize("rule", ["", " ", "max-age=1\r\nset-cookie: a", "ü", "x" * 257])
    def test_no_cache_rule(self, storage: FileStorage, cat: StorageObject, alice: RlsContext, rule: str):
        with pytest.raises(InvalidRequest):
            storage.change_labels("photos", ["a/cat"], LabelChanges(cache_control=rule), alice)

    def test_no_metadata(self, storage: FileStorage, cat: StorageObject, alice: RlsContext):
        for metadata in ({"a": float("nan")}, {"a": "x" * 70_000}):
            with pytest.raises(InvalidRequest):
                storage.change_labels("photos", ["a/cat"], LabelChanges(user_metadata=metadata), alice)

    def test_a_type_that_the_bucket_does_not_take(self, storage: FileStorage, service: RlsContext):
        storage.create_bucket("strict", service, allowed_mime_types=["image/*"])
        storage.upload("strict", "a", b"x", service, UploadOptions("image/png"))
        with pytest.raises(UnsupportedMediaType):
            storage.change_labels("strict", ["a"], LabelChanges("text/plain"), service)
