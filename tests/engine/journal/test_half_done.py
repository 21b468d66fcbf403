"""Work that was left half done or not begun, by this process or a dead one, and who comes next.

A crash is played by a failure in mid-work: files have changed, and the transaction that says so rolls back, as when the
process dies there. `tests/engine/crash` does it with real processes and signals.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends.base import StorageBackend
from engine.backends.local import LocalBackend
from engine.backends.local_changes import LocalChanges
from engine.errors import IoError, ObjectNotFound
from engine.files.journal import Journal, JournalKind
from engine.files.settle import Settler
from engine.move_types import Move
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadItem
from engine.workspace import Workspace
from tests.engine.journal.helpers import REPLACE, Crash, Reopen, content, open_records


class TestHalfDoneSwap:
    """Objects take each other's names, and the process dies in one of the steps."""

    @pytest.fixture(autouse=True)
    def two(self, storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
        storage.upload("photos", "a", b"first", service)
        storage.upload("photos", "b", b"second", service)

    @pytest.mark.parametrize("step", [1, 2])
    def test_neither_is_taken_for_the_other(
        self, storage: FileStorage, service: RlsContext, crash: Crash, reopened: Reopen, workspace: Workspace, step: int
    ) -> None:
        with crash(Journal, "remove", at=step):
            storage.move_many("photos", [Move("a", "b"), Move("b", "a")], service)
        again = reopened()
        assert open_records(workspace) == []
        assert (content(again, "a", service), content(again, "b", service)) == (b"second", b"first")
        assert again.check(service).findings == ()

    def test_a_folder_that_moves_up_into_its_own_place(
        self, storage: FileStorage, service: RlsContext, crash: Crash, reopened: Reopen
    ) -> None:
        storage.upload("photos", "f/f/x", b"inner", service)
        storage.upload("photos", "f/x", b"outer", service)
        with crash(Journal, "remove"):
            storage.move_many("photos", [Move("f/x", "x"), Move("f/f/x", "f/x")], service)
        again = reopened()
        assert (content(again, "x", service), content(again, "f/x", service)) == (b"outer", b"inner")
        assert again.check(service).findings == ()


class TestHalfDoneMove:
    """Bytes have left the key that their row names."""

    @pytest.fixture(autouse=True)
    def half_moved(self, storage: FileStorage, bucket: Bucket, service: RlsContext, crash: Crash) -> None:
        storage.upload("photos", "q", b"moved", service)
        with crash(Journal, "remove"):
            storage.move("photos", "q", "r", service)

    def test_it_is_finished_by_whoever_reads(self, storage: FileStorage, service: RlsContext) -> None:
        assert content(storage, "r", service) == b"moved"

    def test_it_is_finished_at_the_next_start(
        self, reopened: Reopen, service: RlsContext, workspace: Workspace
    ) -> None:
        storage = reopened()

        assert open_records(workspace) == []
        assert content(storage, "r", service) == b"moved"

    def test_a_new_object_at_the_old_path_is_not_taken_for_it(
        self, storage: FileStorage, service: RlsContext, reopened: Reopen
    ) -> None:
        storage.upload("photos", "q", b"new", service)

        assert content(storage, "r", service) == b"moved"
        assert content(storage, "q", service) == b"new"
        again = reopened()
        assert content(again, "r", service) == b"moved"
        assert content(again, "q", service) == b"new"
        assert again.check(service).findings == ()

    def test_another_object_that_moves_to_the_old_path_is_not_taken_for_it(
        self, storage: FileStorage, service: RlsContext
    ) -> None:
        storage.upload("photos", "other", b"other", service)
        storage.move("photos", "other", "q", service)

        assert content(storage, "r", service) == b"moved"
        assert content(storage, "q", service) == b"other"
        assert storage.check(service).findings == ()

    def test_a_batch_over_the_old_path_is_not_taken_for_it(
        self, storage: FileStorage, service: RlsContext, tmp_path: Path
    ) -> None:
        (tmp_path / "q").write_bytes(b"new")
        (tmp_path / "s").write_bytes(b"more")
        storage.upload_many("photos", [UploadItem(tmp_path / name, name) for name in "qs"], service)

        assert [content(storage, path, service) for path in "qrs"] == [b"new", b"moved", b"more"]
        assert storage.check(service).findings == ()

    def test_a_new_object_goes_elsewhere_while_the_old_one_cannot_be_finished(
        self, storage: FileStorage, service: RlsContext, crash: Crash, reopened: Reopen
    ) -> None:
        with crash(Journal, "remove", before=True):
            storage.upload("photos", "q", b"new", service)
            assert content(storage, "q", service) == b"new"
        assert content(storage, "r", service) == b"moved"
        assert content(reopened(), "q", service) == b"new"
        assert storage.check(service).findings == ()

    def test_it_can_be_moved_on_replaced_and_deleted(self, storage: FileStorage, service: RlsContext) -> None:
        storage.move("photos", "r", "s", service)
        assert content(storage, "s", service) == b"moved"
        storage.upload("photos", "s", b"replaced", service, REPLACE)
        assert content(storage, "s", service) == b"replaced"
        storage.delete("photos", "s", service)
        assert storage.check(service).findings == ()


class TestHalfDoneDelete:
    """The file is gone, the record of its removal is not."""

    @pytest.fixture(autouse=True)
    def half_deleted(self, storage: FileStorage, bucket: Bucket, service: RlsContext, crash: Crash) -> None:
        storage.upload("photos", "a/x", b"old", service)
        with crash(Journal, "remove"):
            storage.delete("photos", "a/x", service)

    def test_a_stale_record_removes_no_later_object(
        self, storage: FileStorage, service: RlsContext, reopened: Reopen
    ) -> None:
        storage.upload("photos", "a/x", b"new", service)

        assert content(storage, "a/x", service) == b"new"
        assert content(reopened(), "a/x", service) == b"new"
        assert storage.check(service).findings == ()

    def test_a_stale_record_removes_no_object_that_moved_there(
        self, storage: FileStorage, service: RlsContext, reopened: Reopen
    ) -> None:
        storage.upload("photos", "other", b"other", service)
        storage.move("photos", "other", "a/x", service)

        assert content(reopened(), "a/x", service) == b"other"
        assert storage.check(service).findings == ()

    def test_an_object_put_there_by_the_process_that_comes_late_survives(
        self, storage: FileStorage, service: RlsContext, workspace: Workspace, reopened: Reopen
    ) -> None:
        (record,) = open_records(workspace)
        reopened().upload("photos", "a/x", b"new", service)

        workspace._core.settler.settle(record)

        assert content(storage, "a/x", service) == b"new"


class TestUndoneDelete:
    """The row is gone, the file still there."""

    @pytest.fixture(autouse=True)
    def undeleted(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, crash: Crash, workspace: Workspace
    ) -> None:
        storage.upload("photos", "x", b"old", service)
        with crash(Settler, "settle", before=True):
            storage.delete("photos", "x", service)

    def test_the_object_is_gone_for_every_reader(self, storage: FileStorage, service: RlsContext) -> None:
        with pytest.raises(ObjectNotFound):
            storage.open_object("photos", "x", service)

    def test_a_new_object_never_shows_the_old_bytes(
        self, storage: FileStorage, service: RlsContext, crash: Crash, reopened: Reopen
    ) -> None:
        with crash(Settler, "settle", before=True):
            storage.upload("photos", "x", b"new", service)
            assert content(storage, "x", service) == b"new"

        again = reopened()
        assert content(again, "x", service) == b"new"
        assert again.check(service).findings == ()
        assert storage.check(service).findings == ()

    def test_a_delete_that_is_running_is_no_finding(
        self, storage: FileStorage, service: RlsContext, backend: StorageBackend
    ) -> None:
        assert storage.check(service).findings == ()
        assert list(backend.list()) == []

    def test_a_delete_that_begins_during_a_check_is_no_finding(
        self,
        storage: FileStorage,
        service: RlsContext,
        crash: Crash,
        monkeypatch: pytest.MonkeyPatch,
        backend: StorageBackend,
    ) -> None:
        storage.upload("photos", "y", b"bytes", service)
        listing = type(backend).list

        def delete_then_list(self: StorageBackend, bucket_id: str = "") -> object:
            if storage.exists("photos", "y", service):
                with crash(Settler, "settle", before=True):
                    storage.delete("photos", "y", service)
            return listing(self, bucket_id)

        monkeypatch.setattr(type(backend), "list", delete_then_list)

        assert storage.check(service, repair=True).findings == ()


class TestUnpublished:
    """The row is there, its bytes are still staged."""

    @pytest.fixture(autouse=True)
    def unpublished(self, storage: FileStorage, bucket: Bucket, service: RlsContext, crash: Crash) -> None:
        storage.upload("photos", "replaced", b"old", service)
        with crash(Settler, "settle", before=True):
            storage.upload("photos", "replaced", b"new", service, REPLACE)
            storage.upload("photos", "fresh", b"fresh", service)

    def test_readers_find_the_new_bytes(self, storage: FileStorage, service: RlsContext) -> None:
        assert content(storage, "replaced", service) == b"new"
        assert content(storage, "fresh", service) == b"fresh"

    def test_another_process_finishes_it(
        self, storage: FileStorage, service: RlsContext, reopened: Reopen, workspace: Workspace
    ) -> None:
        again = reopened()

        assert open_records(workspace) == []
        for opened in (storage, again):
            assert content(opened, "replaced", service) == b"new"
            assert content(opened, "fresh", service) == b"fresh"

    def test_settling_again_and_again_changes_nothing(
        self, storage: FileStorage, service: RlsContext, workspace: Workspace, crash: Crash
    ) -> None:
        records = open_records(workspace)
        assert len(records) == 2
        for record in records:
            with crash(Journal, "finish"), pytest.raises(IoError):
                workspace._core.settler.settle(record)
            workspace._core.settler.settle(record)
            workspace._core.settler.settle(record, eager=True)
            workspace._core.settler.settle(record)

        assert content(storage, "replaced", service) == b"new"
        assert content(storage, "fresh", service) == b"fresh"
        assert storage.check(service).findings == ()

    @pytest.mark.parametrize("path", ["replaced", "fresh"])
    def test_it_can_be_replaced_moved_and_deleted(self, storage: FileStorage, service: RlsContext, path: str) -> None:
        storage.upload("photos", path, b"newer", service, REPLACE)
        assert content(storage, path, service) == b"newer"
        storage.move("photos", path, "elsewhere", service)
        assert content(storage, "elsewhere", service) == b"newer"
        storage.delete("photos", "elsewhere", service)
        assert storage.check(service).findings == ()

    def test_staged_bytes_that_no_row_names_any_more_are_thrown_away(
        self, workspace: Workspace, storage: FileStorage, service: RlsContext, backend: StorageBackend
    ) -> None:
        backend.stage_bytes("superseded", b"old")
        backend.stage_bytes("lost", b"old")
        fresh = storage.info("photos", "fresh", service)
        items = [(fresh.id, "superseded", False), ("nobody", "lost", True)]
        with workspace._core.executor.transaction(RlsContext.service()) as tx:
            record = workspace._core.journal.add(tx, JournalKind.PUBLISH, backend.staging, items)

        workspace._core.settler.settle(record)

        assert backend.open_staged(backend.staging, "superseded") is None
        assert backend.open_staged(backend.staging, "lost") is None
        assert content(storage, "fresh", service) == b"fresh"


class TestFolders:
    """Folders of the disk follow the objects in them; a process dies after it moved the files, before it tidied."""

    @pytest.fixture
    def backend(self, data_dir: Path) -> StorageBackend:
        return LocalBackend(data_dir / "storage")

    def test_empty_folders_that_a_dead_process_left_stand_in_nobodys_way(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        crash: Crash,
        reopened: Reopen,
        data_dir: Path,
    ) -> None:
        for path in ("deleted/deep/x", "moved/deep/x"):
            storage.upload("photos", path, b"bytes", service)
        with crash(LocalChanges, "sync", before=True):
            storage.delete("photos", "deleted/deep/x", service)
            storage.move("photos", "moved/deep/x", "elsewhere", service)

        again, folder = reopened(), data_dir / "storage" / bucket.id
        for path in ("deleted", "moved"):
            again.upload("photos", path, b"a file where a folder was", service)

        assert sorted(path.name for path in folder.iterdir()) == ["deleted", "elsewhere", "moved"]
        assert (folder / "deleted").read_bytes() == (folder / "moved").read_bytes() == b"a file where a folder was"


class TestOrder:
    def test_a_large_folder_that_is_being_moved_is_readable_all_the_while(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, crash: Crash, tmp_path: Path
    ) -> None:
        for number in range(30):
            (tmp_path / f"{number}").write_bytes(b"%d" % number)
        items = [UploadItem(tmp_path / f"{number}", f"a/{number}") for number in range(30)]
        storage.upload_many("photos", items, service)
        with crash(Settler, "settle", before=True):
            storage.move_folder("photos", "a/", "b/", service)

        for number in range(30):
            assert content(storage, f"b/{number}", service) == b"%d" % number
        storage.upload_many("photos", items, service)
        for number in range(30):
            assert content(storage, f"a/{number}", service) == b"%d" % number
            assert content(storage, f"b/{number}", service) == b"%d" % number
        assert storage.check(service).findings == ()

    def test_a_chain_of_unfinished_moves_over_one_path_ends_well(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, crash: Crash, reopened: Reopen
    ) -> None:
        for name in "abcd":
            storage.upload("photos", name, name.encode(), service)
        with crash(Journal, "remove"):
            storage.move("photos", "d", "e", service)
            for source, target in ("cd", "bc", "ab"):
                storage.move("photos", source, target, service)
            storage.upload("photos", "a", b"new", service)

        again = reopened()
        for opened in (again, storage):
            assert [content(opened, path, service) for path in "abcde"] == [b"new", b"a", b"b", b"c", b"d"]
        assert again.check(service).findings == ()

    def test_a_record_of_another_living_process_is_settled_once(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        reopened: Reopen,
        monkeypatch: pytest.MonkeyPatch,
        workspace: Workspace,
    ) -> None:
        attempt, another = Settler._attempt, reopened()

        def overtaken(self: Settler, *arguments: object, **options: object) -> object:
            monkeypatch.setattr(Settler, "_attempt", attempt)
            another.upload("photos", "x", b"newer", service, REPLACE)
            return attempt(self, *arguments, **options)

        monkeypatch.setattr(Settler, "_attempt", overtaken)
        storage.upload("photos", "x", b"new", service)

        for opened in (storage, another):
            assert content(opened, "x", service) == b"newer"
        assert storage.check(service).findings == ()
        assert open_records(workspace) in ([], [2])
