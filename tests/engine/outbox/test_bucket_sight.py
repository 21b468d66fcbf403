"""What callers are told of buckets, and by which names, is what they see of them, or saw."""

from __future__ import annotations

from engine.outbox import RecordedEvent
from engine.types import BucketChanges, RlsContext
from engine.workspace import Workspace
from tests.engine.outbox.conftest import Listen, let

SERVICE = RlsContext.service()
NOBODY = RlsContext.anonymous()


def named(events: list[RecordedEvent]) -> list[tuple[str, str, str | None]]:
    """Return types of events of buckets, without what they have in common, and the names that they tell."""
    return [(event.type.removeprefix("storage.bucket."), event.bucket, event.old_bucket) for event in events]


def test_events_of_buckets_are_judged_by_the_policies_of_buckets(workspace: Workspace, listen: Listen) -> None:
    storage = workspace.storage
    for name in ("open", "closed", "gone"):
        storage.create_bucket(name, SERVICE, public=name != "closed")
    storage.delete_bucket("gone", SERVICE)
    assert listen(NOBODY) == []

    let(workspace, "public AND owner_id IS NULL", table="buckets")

    assert [(event.type.value, event.bucket) for event in listen(NOBODY)] == [
        ("storage.bucket.created", "open"), ("storage.bucket.deleted", "gone"),
    ]  # fmt: skip


def test_a_renamed_bucket_is_told_with_its_name_before_to_who_saw_it_under_that(
    workspace: Workspace, listen: Listen
) -> None:
    storage = workspace.storage
    storage.create_bucket("open", SERVICE)
    storage.create_bucket("closed", SERVICE)
    let(workspace, "starts_with(name, 'open')", table="buckets")
    start = storage.outbox.newest()
    storage.rename_bucket("open", "open-2", SERVICE)
    storage.rename_bucket("closed", "open", SERVICE)

    assert [(e.type.value, e.bucket, e.old_bucket) for e in listen(NOBODY, start)] == [
        ("storage.bucket.updated", "open-2", "open"), ("storage.bucket.updated", "open", None),
    ]  # fmt: skip
    assert [(e.bucket, e.old_bucket) for e in listen(SERVICE, start)] == [("open-2", "open"), ("open", "closed")]
    assert [e.bucket for e in listen(SERVICE, start, bucket="closed")] == ["open"]


def test_a_name_that_hid_a_bucket_is_not_told_to_who_sees_it_again(workspace: Workspace, listen: Listen) -> None:
    storage = workspace.storage
    storage.create_bucket("open-a", SERVICE)
    let(workspace, "starts_with(name, 'open')", table="buckets")
    start = storage.outbox.newest()
    storage.rename_bucket("open-a", "secret", SERVICE)
    storage.update_bucket("secret", SERVICE, BucketChanges(file_size_limit_bytes=5))
    storage.rename_bucket("secret", "open-b", SERVICE)

    assert named(listen(NOBODY, start)) == [
        ("updated", "open-b", "open-a"), ("updated", "open-b", None), ("updated", "open-b", None),
    ]  # fmt: skip
    assert named(listen(NOBODY, start, bucket="open-a")) == [("updated", "open-b", "open-a")]
    assert listen(NOBODY, start, bucket="secret") == []
    assert [event.bucket for event in listen(SERVICE, start)] == ["secret", "secret", "open-b"]


def test_a_bucket_that_has_its_name_again_was_called_nothing_else_for_who_did_not_see_that(
    workspace: Workspace, listen: Listen
) -> None:
    storage = workspace.storage
    storage.create_bucket("open", SERVICE)
    let(workspace, "starts_with(name, 'open')", table="buckets")
    start = storage.outbox.newest()
    storage.rename_bucket("open", "secret", SERVICE)
    storage.rename_bucket("secret", "open", SERVICE)

    assert named(listen(NOBODY, start)) == [("updated", "open", None)] * 2


def test_a_bucket_made_under_a_hidden_name_is_told_under_that_by_which_it_is_seen(
    workspace: Workspace, listen: Listen
) -> None:
    storage = workspace.storage
    let(workspace, "starts_with(name, 'open')", table="buckets")
    start = storage.outbox.newest()
    storage.create_bucket("secret", SERVICE)
    storage.rename_bucket("secret", "open", SERVICE)
    storage.rename_bucket("open", "open-2", SERVICE)

    assert named(listen(NOBODY, start)) == [
        ("created", "open-2", None), ("updated", "open", None), ("updated", "open-2", "open"),
    ]  # fmt: skip
    assert named(listen(SERVICE, start))[0] == ("created", "secret", None)


def test_who_saw_a_bucket_until_it_was_changed_learns_that_it_is_gone(workspace: Workspace, listen: Listen) -> None:
    storage = workspace.storage
    for name in ("open", "shown", "closed"):
        storage.create_bucket(name, SERVICE, public=name != "closed")
    let(workspace, "public AND name <> 'hidden'", table="buckets")
    start = storage.outbox.newest()
    storage.update_bucket("shown", SERVICE, BucketChanges(public=False))
    storage.update_bucket("shown", SERVICE, BucketChanges(file_size_limit_bytes=5))
    storage.update_bucket("open", SERVICE, BucketChanges(name="hidden"))
    storage.update_bucket("closed", SERVICE, BucketChanges(file_size_limit_bytes=5))

    gone = [("storage.bucket.deleted", "shown", None), ("storage.bucket.deleted", "open", None)]
    assert [(e.type.value, e.bucket, e.old_bucket) for e in listen(NOBODY, start)] == gone
    assert [e.bucket for e in listen(NOBODY, start, types=("storage.bucket.deleted",))] == ["shown", "open"]
    assert listen(NOBODY, start, types=("storage.bucket.updated",)) == []
