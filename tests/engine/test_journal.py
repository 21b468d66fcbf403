"""The commit protocol at its seams: work that was left half done, by this process or a dead one, and who comes next.

A crash is played by a failure in mid-work: files have changed, and the transaction that says so rolls back, as when the
process dies there. `tests/engine/test_crash.py` does it with real processes and signals.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from engine.backends.base import Outcome, StorageBackend
from engine.backends.local import LocalBackend
from engine.backends.local_changes import LocalChanges
from engine.backends.memory import MemoryBackend, MemoryChanges
from engine.config import load_settings
from engine.errors import BytesMissing, DatabaseFault, IoError, ObjectNotFound, StorageError
from engine.files.journal import Journal, JournalKind
from engine.files.settle import Settler
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_objects
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace

REPLACE = UploadOptions(replace=True)
Reopen = Callable[[], FileStorage]


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return an empty database of the present schema: opening a copy is several times faster than migrating."""
    data_dir = tmp_path_factory.mktemp("migrated")
    open_workspace(load_settings(data_dir, environ={}), FixedSecrets(), MemoryBackend()).close()
    return (data_dir / "holdall.db").read_bytes()


@pytest.fixture
def data_dir(tmp_path: Path, migrated_database: bytes) -> Path:
    """Return a data folder with an empty database."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "holdall.db").write_bytes(migrated_database)
    return folder


@pytest.fixture(params=["local", "memory"])
def backend(request: pytest.FixtureRequest, data_dir: Path) -> StorageBackend:
    """Return the bytes of a workspace; those in memory outlive the workspace."""
    return MemoryBackend() if request.param == "memory" else LocalBackend(data_dir / "storage")


@pytest.fixture
def workspace(data_dir: Path, backend: StorageBackend) -> Iterator[Workspace]:
    """Open a new workspace over each backend."""
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(), backend) as opened:
        yield opened


@pytest.fixture
def reopened(workspace: Workspace, data_dir: Path, backend: StorageBackend) -> Iterator[Reopen]:
    """Return a function that opens the same data folder as another process would, after this one died."""
    with contextlib.ExitStack() as opened:

        def reopen() -> FileStorage:
            another = backend if isinstance(backend, MemoryBackend) else LocalBackend(data_dir / "storage")
            settings = load_settings(data_dir, environ={})
            return opened.enter_context(open_workspace(settings, FixedSecrets(), another)).storage

        yield reopen


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[type, str], object]:
    """Return a context in which a method fails after it did its work, as if the process died there."""
    caplog.set_level(logging.CRITICAL)

    @contextlib.contextmanager
    def crashing(owner: type, method: str, *, before: bool = False) -> Iterator[None]:
        real = getattr(owner, method)

        def dying(*arguments: object, **options: object) -> object:
            if not before:
                real(*arguments, **options)
            raise IoError("the process dies here")

        with monkeypatch.context() as patched:
            patched.setattr(owner, method, dying)
            yield

    return crashing


Crash = Callable[..., contextlib.AbstractContextManager[None]]


def content(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def open_records(workspace: Workspace) -> list[int]:
    with workspace._core.executor.snapshot(RlsContext.service()) as tx:
        finished = workspace._core.journal._finished
        return [journal_id for journal_id in workspace._core.journal.open_ids(tx) if journal_id not in finished]


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


class TestTakenKeys:
    """Somebody else's file stands where the object's should be."""

    @pytest.fixture
    def stray(self, storage: FileStorage, bucket: Bucket, backend: StorageBackend) -> bytes:
        """Put bytes under a key that no object claims."""
        backend.write(f"{bucket.id}/x", b"stray")
        return b"stray"

    @pytest.mark.parametrize("moment", ["add", "finish", "is_newest"])
    @pytest.mark.parametrize("before", [False, True])
    def test_a_reader_never_sees_the_other_file_whenever_the_process_dies(
        self,
        storage: FileStorage,
        service: RlsContext,
        stray: bytes,
        crash: Crash,
        moment: str,
        before: bool,
        reopened: Reopen,
    ) -> None:
        with contextlib.suppress(IoError), crash(Journal, moment, before=before):
            storage.upload("photos", "x", b"own bytes", service)

        for opened in (storage, reopened(), storage):
            if storage.exists("photos", "x", service):
                assert content(opened, "x", service) == b"own bytes"

    def test_between_every_two_steps_a_reader_sees_the_objects_own_bytes(
        self,
        workspace: Workspace,
        storage: FileStorage,
        service: RlsContext,
        stray: bytes,
        monkeypatch: pytest.MonkeyPatch,
        backend: StorageBackend,
    ) -> None:
        changes = MemoryChanges if isinstance(backend, MemoryBackend) else LocalChanges
        publish, seen = changes.publish, []

        def publish_and_read(self: object, *arguments: object, **options: object) -> Outcome:
            outcome = publish(self, *arguments, **options)
            with contextlib.suppress(BytesMissing):
                seen.append(content(storage, "x", service))
            return outcome

        monkeypatch.setattr("engine.files.downloads._ATTEMPTS", 3)
        monkeypatch.setattr(changes, "publish", publish_and_read)
        storage.upload("photos", "x", b"own bytes", service)

        assert set(seen) == {b"own bytes"}
        assert content(storage, "x", service) == b"own bytes"

    def test_an_object_that_moves_there_goes_elsewhere_and_back(
        self, storage: FileStorage, service: RlsContext, stray: bytes, bucket: Bucket, backend: StorageBackend
    ) -> None:
        storage.upload("photos", "y", b"own bytes", service)
        storage.move("photos", "y", "x", service)
        assert content(storage, "x", service) == b"own bytes"
        storage.move("photos", "x", "y", service)

        assert content(storage, "y", service) == b"own bytes"
        assert {entry.key for entry in backend.list()} == {f"{bucket.id}/x", f"{bucket.id}/y"}

    def test_an_object_whose_every_new_place_is_taken_stays_where_it_was(
        self, storage: FileStorage, service: RlsContext, stray: bytes, bucket: Bucket, backend: StorageBackend
    ) -> None:
        stored = storage.upload("photos", "y", b"own bytes", service)
        backend.write(f"{bucket.id}/{backend.spare_path('x', stored.version)}", b"stray, too")

        storage.move("photos", "y", "x", service)

        assert content(storage, "x", service) == b"own bytes"
        assert backend.read(f"{bucket.id}/y") == b"own bytes"

    def test_an_object_that_moves_to_where_its_file_is_already_moves_nothing(
        self, workspace: Workspace, storage: FileStorage, service: RlsContext, bucket: Bucket, backend: StorageBackend
    ) -> None:
        """As after a repair that found the bytes of an object under another name."""
        stored = storage.upload("photos", "y", b"own bytes", service)
        backend.delete(f"{bucket.id}/y")
        backend.write(f"{bucket.id}/z", b"own bytes")
        statement = update(storage_objects).where(storage_objects.c.id == stored.id)
        workspace._core.executor.execute(statement.values(physical_path=f"{bucket.id}/z"), RlsContext.service())

        storage.move("photos", "y", "z", service)

        assert content(storage, "z", service) == b"own bytes"
        assert storage.check(service).findings == ()

    def test_the_other_file_stays_and_is_reported(
        self, storage: FileStorage, service: RlsContext, stray: bytes, bucket: Bucket, backend: StorageBackend
    ) -> None:
        storage.upload("photos", "x", b"own bytes", service)

        assert backend.read(f"{bucket.id}/x") == stray
        assert [finding.where for finding in storage.check(service).findings] == [f"{bucket.id}/x"]

    def test_a_process_that_did_half_of_it_and_one_that_knows_nothing_agree(
        self,
        workspace: Workspace,
        storage: FileStorage,
        service: RlsContext,
        stray: bytes,
        bucket: Bucket,
        backend: StorageBackend,
        monkeypatch: pytest.MonkeyPatch,
        reopened: Reopen,
    ) -> None:
        """This process is about to publish when another one finds the key taken; then the key becomes free."""
        attempt = Settler._attempt

        def overtaken(self: Settler, *arguments: object, **options: object) -> object:
            monkeypatch.setattr(Settler, "_attempt", attempt)
            reopened()
            backend.delete(f"{bucket.id}/x")
            return attempt(self, *arguments, **options)

        monkeypatch.setattr(Settler, "_attempt", overtaken)
        storage.upload("photos", "x", b"own bytes", service)

        assert content(storage, "x", service) == b"own bytes"
        assert storage.check(service).findings == ()

    def test_bytes_whose_every_place_is_barred_stay_staged_and_readable(
        self,
        workspace: Workspace,
        service: RlsContext,
        bucket: Bucket,
        data_dir: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.CRITICAL)
        storage, folder = workspace.storage, data_dir / "storage" / bucket.id
        if isinstance(workspace._core.backend, MemoryBackend):
            pytest.skip("nothing bars a key in memory")
        folder.mkdir()
        (folder / "x").mkdir()
        (folder / "%conflict").write_bytes(b"in the way")

        storage.upload("photos", "x", b"own bytes", service)
        storage.upload("photos", "y", b"others", service)

        assert content(storage, "x", service) == b"own bytes"
        assert content(storage, "y", service) == b"others"
        workspace.close()
        settings = load_settings(data_dir, environ={})
        with open_workspace(settings, FixedSecrets()) as again:
            assert content(again.storage, "x", service) == b"own bytes"
            (folder / "%conflict").unlink()
        with open_workspace(settings, FixedSecrets()) as again:
            assert content(again.storage, "x", service) == b"own bytes"
            assert again.storage.check(service).findings == ()
            assert list((folder / "%conflict").iterdir()) != []


class TestInterrupts:
    """Control-C, and whatever else is raised in the middle of a commit."""

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, MemoryError, IoError])
    @pytest.mark.parametrize("where", ["settle", "_follow", "_commit"])
    def test_an_interrupt_after_the_commit_loses_nothing(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        interrupt: type[BaseException],
        where: str,
        reopened: Reopen,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.CRITICAL)
        storage.upload("photos", "x", b"old", service)
        owner = workspace._core.settler if where == "settle" else workspace._core.mutations
        real = getattr(owner, where)

        def interrupted(*arguments: object, **options: object) -> object:
            if where == "_commit":
                real(*arguments, **options)
            raise interrupt("now")

        with monkeypatch.context() as patched:
            patched.setattr(owner, where, interrupted)
            with contextlib.suppress(interrupt):
                storage.upload("photos", "x", b"new", service, REPLACE)

        assert content(storage, "x", service) == b"new"
        assert content(reopened(), "x", service) == b"new"
        assert storage.check(service).findings == ()

    def test_an_interrupt_before_the_commit_keeps_nothing(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        backend: StorageBackend,
    ) -> None:
        storage.upload("photos", "x", b"old", service)
        discarded: list[str] = []
        discard = backend.discard

        def note(staged_id: str) -> None:
            discarded.append(staged_id)
            discard(staged_id)

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(workspace._core.journal, "add", interrupted)
            patched.setattr(backend, "discard", note)
            with pytest.raises(KeyboardInterrupt):
                storage.upload("photos", "x", b"new", service, REPLACE)

        assert len(discarded) == 1
        assert backend.open_staged(backend.staging, discarded[0]) is None
        assert content(storage, "x", service) == b"old"

    def test_staged_bytes_stay_when_nobody_can_tell_whether_they_are_committed(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        reopened: Reopen,
    ) -> None:
        storage.upload("photos", "x", b"old", service)
        commit, snapshot = workspace._core.mutations._commit, Executor.snapshot

        def committed_and_lost(*arguments: object) -> object:
            commit(*arguments)
            monkeypatch.setattr(Executor, "snapshot", lost)
            raise DatabaseFault("the database is gone")

        def lost(*_: object) -> object:
            raise DatabaseFault("the database is gone")

        monkeypatch.setattr(workspace._core.mutations, "_commit", committed_and_lost)
        with pytest.raises(DatabaseFault):
            storage.upload("photos", "x", b"new", service, REPLACE)
        monkeypatch.setattr(Executor, "snapshot", snapshot)

        assert content(reopened(), "x", service) == b"new"

    def test_a_commit_after_the_end_is_refused(self, workspace: Workspace, bucket: Bucket, service: RlsContext) -> None:
        session = workspace.storage.begin_upload("photos", "late", service)
        session.write(b"bytes")

        workspace.close()

        with pytest.raises(StorageError):
            session.commit()
        with pytest.raises(DatabaseFault):
            workspace.storage.exists("photos", "late", service)


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
