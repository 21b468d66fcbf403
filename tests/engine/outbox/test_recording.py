"""Every change leaves its events, in the commit of the change: who replays them knows what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BucketNotEmpty, ObjectAlreadyExists, ObjectNotFound
from engine.events import EventType
from engine.metadata.change_log import EVENTS_A_ROW, OBJECT_FACTS, ChangeLog
from engine.metadata.executor import Transaction
from engine.move_types import Move
from engine.outbox import EventFilter, RecordedEvent, Wanted
from engine.types import Bucket, BucketChanges, LabelChanges, Retention, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace
from tests.engine.crash.load import Log, Worker
from tests.engine.crash.past_load import PastWorker
from tests.engine.crash.record import database_with_bucket, opened
from tests.engine.outbox.conftest import Listen
from tests.engine.outbox.replica import Replica

SERVICE = RlsContext.service("7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11")
REPLACE = UploadOptions(replace=True)


def said(events: list[RecordedEvent]) -> list[tuple[str, str]]:
    """Return types, without what they have in common, and paths."""
    return [(event.type.removeprefix("storage."), event.path) for event in events]


def rows(workspace: Workspace) -> int:
    """Return how many rows the outbox has."""
    with workspace._core.executor.snapshot(SERVICE) as tx:
        return int(tx.run_text("SELECT count(*) FROM storage_events WHERE count > 0")[0][0])


def test_who_replays_the_events_of_everything_that_can_happen_knows_what_there_is(tmp_path: Path) -> None:
    data_dir, log_path = tmp_path / "data", tmp_path / "log"
    data_dir.mkdir()
    database_with_bucket(data_dir)
    replica = Replica()
    log = Log(log_path)
    with opened(data_dir) as workspace:
        Worker(workspace.storage, log, "w", 1, tmp_path).run(0)
        PastWorker(workspace, log, log_path, 1, tmp_path).run(0)
        after, more = 0, True
        while more:
            (page,) = workspace.storage.outbox.read([Wanted(after, SERVICE)])
            replica.take((e.type, e.bucket_id, e.path, e.old_bucket_id, e.old_path) for e in page.events)
            after, more = page.last_id, page.more
        replica.check(workspace.storage)
    log.close()


def test_events_of_objects(workspace: Workspace, photos: Bucket, listen: Listen) -> None:
    storage, start = workspace.storage, workspace.storage.outbox.newest()
    storage.upload("photos", "a", b"1", SERVICE)
    storage.upload("photos", "a", b"2", SERVICE, REPLACE)
    storage.change_labels("photos", ["a"], LabelChanges(cache_control="no-store"), SERVICE)
    storage.copy("photos", "a", "b", SERVICE)
    storage.move("photos", "a", "c", SERVICE)
    storage.delete("photos", "c", SERVICE)

    events = listen(SERVICE, start)

    assert said(events) == [
        ("object.created", "a"),
        ("object.updated", "a"),
        ("object.updated", "a"),
        ("object.created", "b"),
        ("object.moved", "c"),
        ("object.deleted", "c"),
    ]
    assert events[4].old_path == "a"
    assert {(event.bucket_id, event.bucket, event.owner_id) for event in events} == {
        (photos.id, "photos", SERVICE.user_id)
    }
    assert [event.id for event in events] == sorted({event.id for event in events})


def test_events_of_buckets(workspace: Workspace, listen: Listen) -> None:
    storage = workspace.storage
    made = storage.create_bucket("one", SERVICE)
    storage.update_bucket("one", SERVICE, BucketChanges(name="two"))
    storage.delete_bucket("two", SERVICE)

    events = listen(SERVICE)

    assert said(events) == [("bucket.created", ""), ("bucket.updated", ""), ("bucket.deleted", "")]
    assert [(event.bucket_id, event.bucket) for event in events] == [
        (made.id, "one"), (made.id, "two"), (made.id, "two"),
    ]  # fmt: skip


def test_what_comes_back_from_the_trash_and_what_gives_way(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    storage = workspace.storage
    storage.update_bucket("photos", SERVICE, BucketChanges(retention=Retention(trash_days=3)))
    storage.upload("photos", "a", b"1", SERVICE)
    storage.upload("photos", "b", b"2", SERVICE)
    start = storage.outbox.newest()
    storage.delete("photos", "a", SERVICE)
    storage.trash.restore("photos", [storage.trash.list("photos", SERVICE).items[0].id], SERVICE)
    storage.move_many("photos", [Move("a", "b")], SERVICE, replace=["b"])

    assert said(listen(SERVICE, start)) == [
        ("object.deleted", "a"), ("object.created", "a"), ("object.deleted", "b"), ("object.moved", "b"),
    ]  # fmt: skip


def test_what_was_refused_or_rolled_back_leaves_nothing(workspace: Workspace, photos: Bucket, listen: Listen) -> None:
    storage = workspace.storage
    storage.upload("photos", "a", b"1", SERVICE)
    start = storage.outbox.newest()
    with pytest.raises(ObjectAlreadyExists):
        storage.upload("photos", "a", b"2", SERVICE)
    with pytest.raises(ObjectNotFound):
        storage.delete("photos", "b", SERVICE)
    with pytest.raises(BucketNotEmpty):
        storage.delete_bucket("photos", SERVICE)

    assert storage.outbox.newest() == start
    assert listen(SERVICE, start) == []


def test_a_bulk_upload_costs_a_row_a_batch_and_tells_of_every_object(
    workspace: Workspace, photos: Bucket, listen: Listen, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    storage, start, before = workspace.storage, workspace.storage.outbox.newest(), rows(workspace)
    paths = [f"f/{number}" for number in range(600)]

    storage.upload_many("photos", [UploadItem(source, path) for path in paths], SERVICE)

    assert rows(workspace) == before + 1
    assert said(listen(SERVICE, start)) == [("object.created", path) for path in paths]


def test_a_change_of_very_much_is_written_in_rows_that_readers_can_hold(
    workspace: Workspace, photos: Bucket, listen: Listen
) -> None:
    start, before = workspace.storage.outbox.newest(), rows(workspace)
    moves = [(f"owner {number % 3}", f"a/{number}", f"b/{number}") for number in range(2 * EVENTS_A_ROW + 1)]
    rest = [None] * (len(OBJECT_FACTS) - 2)

    with workspace._core.executor.transaction(SERVICE) as tx:
        tx.changes.moved(photos, photos, [[path, before, owner, *rest] for owner, before, path in moves])

    assert rows(workspace) == before + 3
    assert sorted((e.owner_id, e.old_path, e.path) for e in listen(SERVICE, start)) == sorted(moves)


def test_numbers_grow_also_where_the_clock_was_set_back(
    workspace: Workspace, photos: Bucket, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = workspace.storage.outbox.newest()
    monkeypatch.setattr("engine.metadata.change_log.now_us", lambda: 1_000)

    workspace.storage.upload("photos", "a", b"1", SERVICE)

    assert [event.id for event in listen(SERVICE, newest)] == [newest + 1]


def test_events_are_a_part_of_the_commit(workspace: Workspace, photos: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be told is not done."""

    def fail(_log: ChangeLog, _tx: Transaction) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as broken:
        broken.setattr(ChangeLog, "write", fail)
        with pytest.raises(RuntimeError):
            workspace.storage.upload("photos", "a", b"1", SERVICE)

    assert not workspace.storage.exists("photos", "a", SERVICE)


def test_types_are_looked_at_once_however_often_they_are_named(photos: Bucket) -> None:
    wanted = EventFilter(types=("storage.bucket.*", "storage.bucket.created", "storage.bucket.*") * 1_000)

    assert wanted.types == ("storage.bucket.*", "storage.bucket.created")
    assert wanted.kinds == {EventType.BUCKET_CREATED, EventType.BUCKET_UPDATED, EventType.BUCKET_DELETED}
    assert wanted == EventFilter(types=("storage.bucket.*",))


def test_types_that_are_told_to_the_window_alone_are_no_types_of_the_outbox(photos: Bucket, listen: Listen) -> None:
    assert said(listen(SERVICE, types=("storage.bucket.*",))) == [("bucket.created", "")]
    assert {kind.partition(".")[0] for kind in EventType} == {"storage"}
