"""Old versions: what was replaced, deleted or left is still there for who asks, and goes when nothing means it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from engine.backends.base import BackendReader, StorageBackend
from engine.config import load_settings
from engine.errors import BucketNotFound, InvalidRequest, ObjectAlreadyExists, ObjectNotFound, WouldBeLost
from engine.files.archive import ARCHIVE_FOLDER
from engine.jobs.expiry import Expiry
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import NOTHING_KEPT, Bucket, BucketChanges, Retention, RlsContext, UploadItem, UploadOptions
from engine.version_types import Ending, Replaced
from engine.workspace import Workspace, open_workspace
from tests.policies import let_owners

REPLACE = UploadOptions(replace=True)
KEEP = Retention(versions=10)


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    made = storage.create_bucket("photos", service, retention=KEEP)
    let_owners(storage, "photos")
    return made


def put(storage: FileStorage, path: str, data: bytes, context: RlsContext) -> None:
    storage.upload("photos", path, data, context, REPLACE)


def contents(storage: FileStorage, path: str, context: RlsContext) -> list[bytes]:
    """Return what every version of a path reads, newest first."""
    found = []
    for version in storage.versions.list("photos", path, context):
        if version.id is None:
            with storage.open_object("photos", path, context, verify=True) as reader:
                found.append(reader.read())
        else:
            with storage.versions.open("photos", version.id, context, verify=True) as reader:
                found.append(reader.read())
    return found


def archived(backend: StorageBackend) -> list[str]:
    """Return the keys of old versions."""
    return sorted(entry.key for entry in backend.list(ARCHIVE_FOLDER))


@pytest.mark.usefixtures("bucket")
class TestKeeping:
    def test_what_is_replaced_is_kept(self, storage: FileStorage, service: RlsContext):
        for text in (b"one", b"two", b"three"):
            put(storage, "a/cat.txt", text, service)
        assert contents(storage, "a/cat.txt", service) == [b"three", b"two", b"one"]
        newest, middle, oldest = storage.versions.list("photos", "a/cat.txt", service)
        assert (newest.until, newest.ending) == (None, None)
        assert (middle.ending, oldest.ending) == (Ending.REPLACED, Ending.REPLACED)
        assert oldest.until_us == middle.since_us
        assert middle.until_us == newest.since_us
        assert {newest.info.id, middle.info.id, oldest.info.id} == {newest.info.id}

    def test_names_that_leave_no_room_for_a_version(
        self, storage: FileStorage, backend: StorageBackend, service: RlsContext
    ):
        paths = ["a/" + "n" * 250, "a/" + "ä" * 115, "a/short"]
        for text in (b"one", b"two"):
            for path in paths:
                put(storage, path, text, service)
        for path in paths:
            assert contents(storage, path, service) == [b"two", b"one"]
        assert [len(key.rpartition("/")[2].encode()) <= 255 for key in archived(backend)] == [True] * 3

    def test_many_at_once(self, storage: FileStorage, service: RlsContext, tmp_path: Path):
        for text in ("old", "new"):
            for number in range(30):
                (tmp_path / str(number)).write_text(f"{text} {number}")
            items = [UploadItem(tmp_path / str(number), f"m/{number}") for number in range(30)]
            assert storage.upload_many("photos", items, service, REPLACE).done == 30
        assert contents(storage, "m/17", service) == [b"new 17", b"old 17"]

    def test_what_is_deleted_is_kept_and_leaves_a_mark(self, storage: FileStorage, service: RlsContext):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        (version,) = storage.versions.list("photos", "a", service)
        assert version.ending is Ending.DELETED
        assert not version.in_trash
        put(storage, "a", b"two", service)
        assert contents(storage, "a", service) == [b"two", b"one"]

    def test_deleting_for_good_keeps_nothing(self, storage: FileStorage, backend: StorageBackend, service: RlsContext):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service, for_good=True)
        with pytest.raises(ObjectNotFound):
            storage.versions.list("photos", "a", service)
        assert [*archived(backend), *backend.list()] == []

    def test_a_path_that_was_left_is_known_and_reads(self, storage: FileStorage, service: RlsContext):
        put(storage, "d/a", b"one", service)
        storage.move_folder("photos", "d/", "e/", service)
        (left,) = storage.versions.list("photos", "d/a", service)
        assert left.ending is Ending.MOVED
        assert contents(storage, "d/a", service) == [b"one"]
        put(storage, "e/a", b"two", service)
        assert contents(storage, "d/a", service) == [b"one"]
        assert contents(storage, "e/a", service) == [b"two", b"one"]

    def test_a_bucket_takes_the_bytes_along_that_several_of_its_rows_mean(
        self, storage: FileStorage, backend: StorageBackend, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("engine.files.history.SLICE", 2)
        for number in range(3):
            put(storage, f"d/{number}", b"secret", service)
        storage.move_folder("photos", "d/", "e/", service)
        storage.move_folder("photos", "e/", "f/", service)
        storage.delete_trees("photos", ["f/"], service, for_good=True)
        assert len(archived(backend)) == 3
        storage.delete_bucket("photos", service)
        assert [*archived(backend), *backend.list()] == []

    def test_a_buckets_past_goes_at_once_and_leaves_others_what_they_mean(
        self, storage: FileStorage, backend: StorageBackend, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("engine.files.history.SLICE", 10)
        storage.create_bucket("other", service, retention=KEEP)
        put(storage, "kept", b"kept", service)
        storage.move("photos", "kept", "kept", service, target_bucket="other")
        put(storage, "gone", b"gone", service)
        storage.delete("photos", "gone", service)
        storage.delete("other", "kept", service)
        for number in range(40):
            put(storage, "a", b"%d" % number, service)
        storage.delete("photos", "a", service)
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        engine = storage._executor._engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            storage.delete_bucket("photos", service)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        assert len([text for text in seen if text.startswith("DELETE FROM storage_object_versions")]) == 1
        (version,) = storage.versions.list("other", "kept", service)
        assert version.id is not None
        with storage.versions.open("other", version.id, service) as reader:
            assert reader.read() == b"kept"
        assert len(archived(backend)) == 1

    def test_a_path_that_was_left_keeps_its_bytes_when_nobody_else_does(
        self, storage: FileStorage, backend: StorageBackend, service: RlsContext
    ):
        storage.create_bucket("plain", service)
        put(storage, "a", b"one", service)
        storage.move("photos", "a", "b", service, target_bucket="plain")
        assert archived(backend) == []
        storage.upload("plain", "b", b"two", service, REPLACE)
        assert contents(storage, "a", service) == [b"one"]
        put(storage, "c", b"three", service)
        storage.move("photos", "c", "d", service, target_bucket="plain")
        storage.delete("plain", "d", service)
        assert contents(storage, "c", service) == [b"three"]

    def test_after_keeping_ends_nothing_new_is_kept(
        self, storage: FileStorage, backend: StorageBackend, service: RlsContext
    ):
        put(storage, "a", b"one", service)
        storage.update_bucket("photos", service, BucketChanges(retention=NOTHING_KEPT))
        put(storage, "a", b"two", service)
        assert len(storage.versions.list("photos", "a", service)) == 1
        assert archived(backend) == []

    def test_each_caller_sees_their_own(
        self, storage: FileStorage, service: RlsContext, alice: RlsContext, bob: RlsContext
    ):
        put(storage, "a", b"one", alice)
        put(storage, "a", b"two", alice)
        version = storage.versions.list("photos", "a", alice)[1]
        assert version.id is not None
        with pytest.raises(ObjectNotFound):
            storage.versions.list("photos", "a", bob)
        for refused in (storage.versions.open, storage.versions.restore):
            with pytest.raises(ObjectNotFound):
                refused("photos", version.id, bob)
        with pytest.raises(ObjectNotFound):
            storage.versions.delete("photos", [version.id], bob)
        assert storage.versions.delete("photos", [version.id], alice) == 1


@pytest.mark.usefixtures("bucket")
class TestGoingBack:
    def test_a_restore_is_a_new_version(self, storage: FileStorage, service: RlsContext):
        put(storage, "a", b"one", service)
        put(storage, "a", b"two", service)
        old = storage.versions.list("photos", "a", service)[1]
        assert old.id is not None
        restored = storage.versions.restore("photos", old.id, service)
        assert restored.version != old.info.version
        assert contents(storage, "a", service) == [b"one", b"two", b"one"]

    def test_a_restore_to_another_path_and_over_nothing(self, storage: FileStorage, service: RlsContext):
        put(storage, "a", b"one", service)
        put(storage, "a", b"two", service)
        old = storage.versions.list("photos", "a", service)[1]
        assert old.id is not None
        with pytest.raises(ObjectAlreadyExists):
            storage.versions.restore("photos", old.id, service, replace=False)
        assert storage.versions.restore("photos", old.id, service, target_path="b", replace=False).path == "b"
        assert contents(storage, "b", service) == [b"one"]

    def test_forgetting_one_takes_its_bytes(self, storage: FileStorage, backend: StorageBackend, service: RlsContext):
        for text in (b"one", b"two", b"three"):
            put(storage, "a", text, service)
        oldest = storage.versions.list("photos", "a", service)[2]
        assert oldest.id is not None
        assert len(archived(backend)) == 2
        assert storage.versions.delete("photos", [oldest.id], service) == 1
        assert contents(storage, "a", service) == [b"three", b"two"]
        assert len(archived(backend)) == 1
        with pytest.raises(ObjectNotFound):
            storage.versions.open("photos", oldest.id, service)

    def test_one_that_is_forgotten_while_it_is_opened_is_gone_and_not_damaged(
        self, storage: FileStorage, backend: StorageBackend, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ):
        put(storage, "a", b"one", service)
        put(storage, "a", b"two", service)
        chosen = storage.versions.list("photos", "a", service)[1].id
        assert chosen is not None
        look = backend.open

        def open_too_late(key: str) -> BackendReader | None:
            monkeypatch.undo()
            storage.versions.delete("photos", [chosen], service)
            return look(key)

        monkeypatch.setattr(backend, "open", open_too_late)
        with pytest.raises(ObjectNotFound):
            storage.versions.open("photos", chosen, service)

    def test_bytes_that_two_versions_mean_go_with_the_second(
        self, storage: FileStorage, backend: StorageBackend, service: RlsContext
    ):
        put(storage, "a", b"one", service)
        storage.move("photos", "a", "b", service)
        storage.delete("photos", "b", service)
        first = storage.versions.list("photos", "b", service)[0]
        assert first.id is not None
        storage.versions.delete("photos", [first.id], service)
        assert contents(storage, "a", service) == [b"one"]
        last = storage.versions.list("photos", "a", service)[0]
        assert last.id is not None
        storage.versions.delete("photos", [last.id], service)
        assert archived(backend) == []

    def test_a_bucket_goes_with_its_past(self, storage: FileStorage, backend: StorageBackend, service: RlsContext):
        put(storage, "a", b"one", service)
        storage.delete("photos", "a", service)
        storage.delete_bucket("photos", service)
        assert archived(backend) == []
        assert storage.list_buckets(service) == ()


class TestRetention:
    def test_it_is_a_bucket_s_own_and_can_be_changed(self, storage: FileStorage, service: RlsContext):
        assert storage.create_bucket("plain", service).retention == NOTHING_KEPT
        changed = storage.update_bucket("plain", service, BucketChanges(retention=Retention(3, 20, 30)))
        assert changed.retention == Retention(3, 20, 30)
        assert storage.get_bucket("plain", service).retention.keeps_versions

    @pytest.mark.parametrize("retention", [Retention(versions=0), Retention(days=-1), Retention(trash_days=10**9)])
    def test_numbers_that_make_no_sense(self, storage: FileStorage, service: RlsContext, retention: Retention):
        with pytest.raises(InvalidRequest):
            storage.create_bucket("plain", service, retention=retention)

    def test_only_the_service_role_sets_it(self, storage: FileStorage, service: RlsContext, alice: RlsContext):
        storage.create_bucket("plain", service)
        with pytest.raises(BucketNotFound):
            storage.update_bucket("plain", alice, BucketChanges(retention=KEEP))
        assert storage.get_bucket("plain", service).retention == NOTHING_KEPT


def test_the_next_start_reads_old_versions(data_dir: Path, service: RlsContext):
    settings = load_settings(data_dir, environ={})
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        workspace.storage.create_bucket("photos", service, retention=KEEP)
        put(workspace.storage, "a", b"one", service)
        put(workspace.storage, "a", b"two", service)
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        assert contents(workspace.storage, "a", service) == [b"two", b"one"]


class TestWhatARestoreReplaces:
    """Buckets that keep no versions still have old contents in their trash, to be restored over newer ones."""

    @pytest.fixture
    def deleted_id(self, storage: FileStorage, service: RlsContext) -> int:
        """Return the id of a deleted content at whose path something new stands."""
        storage.create_bucket("photos", service, retention=Retention(trash_days=30))
        put(storage, "a.txt", b"old", service)
        storage.delete("photos", "a.txt", service)
        put(storage, "a.txt", b"precious", service)
        return storage.trash.list("photos", service).items[0].id or 0

    def test_it_goes_to_the_trash(self, storage: FileStorage, service: RlsContext, deleted_id: int):
        storage.versions.restore("photos", deleted_id, service)
        assert contents(storage, "a.txt", service) == [b"old", b"precious", b"old"]
        replaced = storage.trash.list("photos", service).items[0]
        assert replaced.ending is Ending.REPLACED
        storage.trash.restore("photos", [replaced.id or 0], service, target_path="b.txt")
        assert contents(storage, "b.txt", service)[0] == b"precious"

    def test_it_is_not_lost_where_it_must_not_be(self, storage: FileStorage, service: RlsContext, deleted_id: int):
        storage.update_bucket("photos", service, BucketChanges(retention=NOTHING_KEPT))
        with pytest.raises(WouldBeLost):
            storage.versions.restore("photos", deleted_id, service, replaced=Replaced.NEVER_LOST)
        assert contents(storage, "a.txt", service)[0] == b"precious"
        storage.versions.restore("photos", deleted_id, service)
        assert contents(storage, "a.txt", service) == [b"old", b"old"]

    def test_an_upload_goes_by_what_the_bucket_keeps(self, storage: FileStorage, service: RlsContext, deleted_id: int):
        put(storage, "a.txt", b"newer", service)
        assert storage.trash.size("photos", service).objects == 1


class TestKeepingLess:
    """How much a bucket would forget with another retention is what expiry forgets then, and did not before."""

    @pytest.mark.parametrize(
        ("kept", "then"),
        [
            (Retention(versions=5), NOTHING_KEPT),
            (Retention(versions=5), Retention(versions=1)),
            (Retention(versions=1), Retention(versions=5)),
            (Retention(versions=5, trash_days=3), Retention(trash_days=3)),
            (Retention(versions=5, trash_days=3), Retention(versions=1)),
            (Retention(versions=5, trash_days=3), NOTHING_KEPT),
            (Retention(trash_days=3), Retention(trash_days=1)),
            (Retention(trash_days=3), NOTHING_KEPT),
            (Retention(trash_days=3), Retention(days=9)),
            (Retention(days=3), Retention(days=9)),
        ],
    )
    def test_counts_what_expires(
        self, workspace: Workspace, storage: FileStorage, service: RlsContext, kept: Retention, then: Retention
    ):
        storage.create_bucket("photos", service, retention=kept)
        for text in (b"1", b"22", b"333"):
            put(storage, "stays", text, service)
            put(storage, "goes", text, service)
        storage.delete("photos", "goes", service)
        core = workspace._core
        expiry = Expiry(core.executor, core.mutations)
        expiry.run()
        size = storage.versions.condemned("photos", then, service)
        storage.update_bucket("photos", service, BucketChanges(retention=then))
        assert expiry.run() == size.objects
