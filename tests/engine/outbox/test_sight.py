"""What callers are told is what their policies let them see, of what is there and of what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.context import Operation
from engine.errors import DatabaseFault
from engine.move_types import Move
from engine.outbox import EventFilter, RecordedEvent, Wanted
from engine.outbox.sight import Sight
from engine.types import Bucket, BucketChanges, LabelChanges, Retention, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace
from tests.engine.outbox.conftest import Listen, let
from tests.policies import let_owners

SERVICE = RlsContext.service()
ALICE = RlsContext.user("a11ce000-0000-4000-8000-000000000001")
BOB = RlsContext.user("b0b00000-0000-4000-8000-000000000002")
NOBODY = RlsContext.anonymous()
OVER = UploadOptions(replace=True)


def said(events: list[RecordedEvent]) -> list[tuple[str, str]]:
    """Return types, without what they have in common, and paths."""
    return [(event.type.removeprefix("storage."), event.path) for event in events]


def test_owners_are_told_of_their_own_and_strangers_of_nothing(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    storage.upload("photos", "alice", b"1", ALICE)
    storage.upload("photos", "bob", b"1", BOB)
    storage.change_labels("photos", ["alice"], LabelChanges(cache_control="no-store"), ALICE)
    storage.delete("photos", "bob", BOB)
    storage.delete("photos", "alice", ALICE)

    assert said(listen(ALICE)) == [("object.deleted", "alice")]
    assert said(listen(BOB)) == [("object.deleted", "bob")]
    assert listen(NOBODY) == []


def test_another_object_in_its_place_tells_nobody_of_one_that_is_gone(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    storage.upload("photos", "a", b"1", BOB)
    storage.delete("photos", "a", BOB)
    storage.upload("photos", "a", b"1", ALICE)
    between = storage.outbox.newest()
    storage.delete("photos", "a", ALICE)
    storage.upload("photos", "a", b"1", ALICE)
    storage.upload("photos", "a", b"2", ALICE, UploadOptions(replace=True))

    assert [(event.path, event.owner_id) for event in listen(ALICE)] == [("a", ALICE.user_id)] * 3
    assert said(listen(ALICE, between)) == [("object.deleted", "a"), ("object.created", "a"), ("object.updated", "a")]


def test_what_is_there_is_judged_as_it_stands_by_the_policies_there_are(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    storage.upload("photos", "open/a", b"1", SERVICE)
    storage.upload("photos", "b", b"1", SERVICE)
    assert listen(NOBODY) == []

    policy = let(workspace, "(storage.foldername(name))[1] = 'open'")
    assert said(listen(NOBODY)) == [("object.created", "open/a")]
    storage.policies.set_enabled(policy, False, SERVICE)
    assert listen(NOBODY) == []
    storage.policies.set_enabled(policy, True, SERVICE)
    let(workspace, "user_metadata->>'secret' IS NULL", restrictive=True)
    assert said(listen(NOBODY)) == [("object.created", "open/a")]
    storage.change_labels("photos", ["open/a"], LabelChanges(user_metadata={"secret": "1"}), SERVICE)
    assert said(listen(NOBODY)) == [("object.deleted", "open/a")]


JUDGED = (
    ("name = 'a.txt'", True),
    ("bucket_id = 'photos'", True),
    ("bucket_id = 'videos'", False),
    ("(metadata->>'size')::int = 5", True),
    ("metadata->>'mimetype' LIKE 'text/%'", True),
    ("metadata->>'mimetype' LIKE 'image/%'", False),
    ("metadata->>'cacheControl' = 'max-age=60'", True),
    ("user_metadata->>'team' = 'blue'", True),
    ("user_metadata->>'team' = 'red'", False),
    ("owner_id = 'a11ce000-0000-4000-8000-000000000001'", True),
    ("owner_id IS NULL", False),
    ("created_at <= now()", True),
    ("version IS NOT NULL AND id IS NOT NULL", True),
    ("1 / (length(name) - 5) > 0", False),
)
"""Policies over everything that is known of an object, and whether the one that is deleted below was seen by them."""


def test_what_is_deleted_is_judged_as_it_was(workspace: Workspace, photos: Bucket, listen: Listen) -> None:
    options = UploadOptions(mime_type="text/plain", cache_control="max-age=60", user_metadata={"team": "blue"})
    workspace.storage.upload("photos", "a.txt", b"12345", ALICE, options)
    workspace.storage.delete("photos", "a.txt", ALICE)

    for using, seen in JUDGED:
        policy = let(workspace, using)
        assert said(listen(NOBODY)) == ([("object.deleted", "a.txt")] if seen else []), using
        workspace.storage.policies.delete(policy, SERVICE)


def test_a_policy_that_fails_on_one_event_hides_that_one_alone(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    for path in ("aa", "bbbbb", "cc", "dddd"):
        workspace.storage.upload("photos", path, b"1", SERVICE)

    let(workspace, "10 / (length(name) - 5) < 0")

    assert [event.path for event in listen(NOBODY)] == ["aa", "cc", "dddd"]


def test_a_move_is_told_with_where_it_was_to_those_alone_who_would_see_that(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    for path in ("open/stays", "open/leaves", "comes", "never"):
        storage.upload("photos", path, b"1", SERVICE)
    start = storage.outbox.newest()
    storage.move("photos", "open/stays", "open/stayed", SERVICE)
    storage.move("photos", "comes", "open/came", SERVICE)
    storage.move("photos", "open/leaves", "left", SERVICE)
    storage.move("photos", "never", "nowhere", SERVICE)
    let(workspace, "starts_with(name, 'open/')")

    events = listen(NOBODY, start)

    assert [(event.type.value, event.path, event.old_path, event.old_bucket) for event in events] == [
        ("storage.object.moved", "open/stayed", "open/stays", "photos"),
        ("storage.object.moved", "open/came", None, None),
        ("storage.object.deleted", "open/leaves", None, None),
    ]
    assert said(listen(NOBODY, start, types=("storage.object.deleted",))) == [("object.deleted", "open/leaves")]
    assert [event.old_path for event in listen(SERVICE, start)] == ["open/stays", "comes", "open/leaves", "never"]


def test_what_went_on_before_anybody_read_is_gone_from_where_it_was(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    storage.create_bucket("videos", SERVICE)
    let_owners(storage, "videos")
    for path in ("x/a", "y/a", "z/a/1", "w"):
        storage.upload("photos", path, b"1", ALICE)
    start = storage.outbox.newest()
    storage.move("photos", "x/a", "x/b", ALICE)
    storage.move("photos", "x/b", "x/c", ALICE)
    storage.move("photos", "y/a", "y/b", ALICE)
    storage.delete("photos", "y/b", ALICE)
    storage.move_folder("photos", "z/a/", "z/b/", ALICE)
    storage.move_many("photos", [Move("z/b/", "z/c/")], ALICE)
    storage.move("photos", "w", "w", ALICE, target_bucket="videos")
    storage.move("videos", "w", "v", ALICE)

    assert [(event.type.value, event.bucket, event.path, event.old_path) for event in listen(ALICE, start)] == [
        ("storage.object.deleted", "photos", "x/a", None),
        ("storage.object.moved", "photos", "x/c", "x/b"),
        ("storage.object.deleted", "photos", "y/a", None),
        ("storage.object.deleted", "photos", "y/b", None),
        ("storage.object.deleted", "photos", "z/a/1", None),
        ("storage.object.moved", "photos", "z/c/1", "z/b/1"),
        ("storage.object.deleted", "photos", "w", None),
        ("storage.object.moved", "videos", "v", "w"),
    ]
    assert listen(BOB, start) == []


def test_what_its_labels_hide_is_gone_for_those_who_saw_it(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    for path in ("goes", "stays"):
        storage.upload("photos", path, b"1", ALICE)
    storage.upload("photos", "never", b"1", ALICE, UploadOptions(user_metadata={"secret": "1"}))
    let(workspace, "user_metadata->>'secret' IS NULL")
    start = storage.outbox.newest()
    storage.change_labels("photos", ["never"], LabelChanges(user_metadata={"secret": "2"}), ALICE)
    storage.change_labels("photos", ["goes", "stays"], LabelChanges(cache_control="no-store"), ALICE)
    storage.change_labels("photos", ["goes"], LabelChanges(user_metadata={"secret": "1"}), ALICE)
    storage.delete("photos", "goes", ALICE)

    assert said(listen(NOBODY, start)) == [("object.updated", "stays"), ("object.deleted", "goes")]
    assert said(listen(NOBODY, start, types=("storage.object.deleted",))) == [("object.deleted", "goes")]
    assert said(listen(ALICE, start))[-1] == ("object.deleted", "goes")


@pytest.mark.parametrize("way", ["one", "many", "copied", "restored"])
def test_what_another_content_hides_is_gone_for_those_who_saw_it(
    workspace: Workspace, photos: Bucket, listen: Listen, tmp_path: Path, way: str
) -> None:
    storage = workspace.storage
    storage.update_bucket("photos", SERVICE, BucketChanges(retention=Retention(versions=5)))
    if way == "restored":
        storage.upload("photos", "goes", b"large", ALICE)
    for path in ("goes", "stays"):
        storage.upload("photos", path, b"1", ALICE, OVER)
    storage.upload("photos", "large", b"large", ALICE)
    let(workspace, "(metadata->>'size')::int < 3")
    start = storage.outbox.newest()
    storage.upload("photos", "stays", b"2", ALICE, OVER)
    storage.upload("photos", "large", b"larger", ALICE, OVER)
    if way == "one":
        storage.upload("photos", "goes", b"large", ALICE, OVER)
    elif way == "many":
        (tmp_path / "source").write_bytes(b"large")
        storage.upload_many("photos", [UploadItem(tmp_path / "source", "goes")], ALICE, OVER)
    elif way == "copied":
        storage.copy("photos", "large", "goes", ALICE, replace=True)
    else:
        (old,) = [version for version in storage.versions.list("photos", "goes", ALICE) if version.info.size_bytes == 5]
        storage.versions.restore("photos", old.id, ALICE)

    assert said(listen(NOBODY, start)) == [("object.updated", "stays"), ("object.deleted", "goes")]
    assert said(listen(ALICE, start)) == [
        ("object.updated", "stays"), ("object.updated", "large"), ("object.updated", "goes"),
    ]  # fmt: skip
    assert len(listen(SERVICE, start)) == 3


def test_a_move_between_buckets_is_told_in_both(workspace: Workspace, photos: Bucket, listen: Listen) -> None:
    storage = workspace.storage
    storage.create_bucket("videos", SERVICE)
    let_owners(storage, "videos")
    storage.upload("photos", "a", b"1", ALICE)
    storage.upload("photos", "b", b"1", SERVICE)
    start = storage.outbox.newest()
    storage.move("photos", "a", "a", ALICE, target_bucket="videos")
    storage.move("photos", "b", "b", SERVICE, target_bucket="videos")

    for bucket in ("photos", "videos", photos.id, None):
        (event,) = listen(ALICE, start, bucket=bucket)
        assert (event.bucket, event.path, event.old_bucket, event.old_bucket_id) == ("videos", "a", "photos", photos.id)
    assert listen(ALICE, start, bucket="elsewhere") == []


def test_what_was_in_a_bucket_that_is_gone_is_told_by_policies_for_all_buckets(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    storage.upload("photos", "a", b"1", ALICE)
    storage.delete("photos", "a", ALICE)
    storage.delete_bucket("photos", SERVICE)
    assert listen(ALICE) == []

    let_owners(storage)

    assert said(listen(ALICE)) == [("object.deleted", "a")]
    assert listen(BOB) == []


def test_a_bucket_is_found_by_its_names_then_and_now_and_by_its_id(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    storage.upload("photos", "a", b"1", ALICE)
    storage.update_bucket("photos", SERVICE, BucketChanges(name="pictures"))

    for name in ("photos", "pictures", photos.id):
        assert [event.path for event in listen(ALICE, bucket=name)] == ["a"]


def test_policies_are_told_what_the_caller_does(workspace: Workspace, photos: Bucket, listen: Listen) -> None:
    workspace.storage.upload("photos", "a", b"1", SERVICE)

    let(workspace, f"storage.operation() = '{Operation.EVENT_LISTEN.value}'")

    assert listen(NOBODY) == []
    assert [event.path for event in listen(NOBODY.doing(Operation.EVENT_LISTEN))] == ["a"]


def test_what_is_remembered_of_a_caller_is_theirs_and_of_these_policies(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage, bucket_id = workspace.storage, photos.id
    storage.upload("photos", "alice", b"1", ALICE)
    storage.upload("photos", "bob", b"1", BOB)
    for _ in range(2):
        assert [event.path for event in listen(ALICE)] == ["alice"]
        assert [event.path for event in listen(BOB)] == ["bob"]
        assert [event.path for event in listen(ALICE, bucket=bucket_id)] == ["alice"]
    policy = let(workspace, "bucket_id = 'photos'")
    assert [event.path for event in listen(ALICE)] == ["alice", "bob"]
    storage.update_bucket("photos", SERVICE, BucketChanges(name="pictures"))
    storage.policies.delete(policy, SERVICE)
    assert [event.path for event in listen(ALICE)] == ["alice"]


def test_policies_that_ask_for_the_time_are_asked_anew(
    workspace: Workspace, photos: Bucket, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.storage.upload("photos", "a", b"1", SERVICE)
    let(workspace, "now() < '2100-01-01'::timestamptz")
    assert [event.path for event in listen(NOBODY)] == ["a"]

    monkeypatch.setattr("engine.metadata.transaction_state.now_us", lambda: 2**52)

    assert listen(NOBODY) == []


def test_what_fails_for_one_who_asks_is_told_to_that_one(
    workspace: Workspace, photos: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.storage.upload("photos", "a", b"1", ALICE)
    looked = Sight.of

    def fail(sight: Sight, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        if sight._tx.context is BOB:
            raise DatabaseFault("broken")
        return looked(sight, events)

    monkeypatch.setattr(Sight, "of", fail)
    before, broken, after = workspace.storage.outbox.read([Wanted(0, ALICE), Wanted(0, BOB), Wanted(0, SERVICE)])

    assert [event.path for event in before.events if event.access is None] == ["a"]
    assert [event.path for event in after.events] == ["", "a"]
    assert (broken.events, broken.last_id, type(broken.error)) == ((), 0, DatabaseFault)


def test_many_who_ask_at_once_get_what_is_theirs(workspace: Workspace, photos: Bucket) -> None:
    storage = workspace.storage
    storage.upload("photos", "alice", b"1", ALICE)
    middle = storage.outbox.newest()
    storage.upload("photos", "bob", b"1", BOB)
    wanted = [
        Wanted(0, SERVICE), Wanted(middle, SERVICE), Wanted(0, ALICE), Wanted(0, BOB), Wanted(middle, ALICE),
        Wanted(0, SERVICE, EventFilter(types=("storage.object.*",))),
    ]  # fmt: skip

    pages = storage.outbox.read(wanted)

    assert [[event.path for event in page.events if event.access is None] for page in pages] == [
        ["", "alice", "bob"], ["bob"], ["alice"], ["bob"], [], ["alice", "bob"],
    ]  # fmt: skip
    assert {page.last_id for page in pages} == {storage.outbox.newest()}
