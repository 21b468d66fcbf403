"""The check: what it finds, what it mends, and that no repair loses anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from engine.backends.base import StorageBackend
from engine.backends.memory import MemoryBackend
from engine.cancel import CancelToken
from engine.check_types import CheckReport, FindingKind
from engine.errors import BackendUnreachable, Cancelled, DiskFull, IoError, StorageError, Unauthorized
from engine.events import StorageEvent
from engine.jobs.check_lost import LostBytes
from engine.metadata.tables import storage_objects
from engine.storage import FileStorage
from engine.types import Bucket, Progress, RlsContext, StorageObject, UploadOptions
from engine.workspace import Workspace
from tests.engine.outbox.replica import recorded

Bytes = Callable[[str], bytes | None]


class Shelf:
    """The stored bytes of one workspace, touched behind the engine's back."""

    def __init__(self, backend: StorageBackend, root: Path) -> None:
        self._backend = backend
        self._root = root

    def __getitem__(self, key: str) -> bytes:
        if isinstance(self._backend, MemoryBackend):
            return self._backend._stored[key]
        return (self._root / key).read_bytes()

    def __setitem__(self, key: str, data: bytes) -> None:
        if isinstance(self._backend, MemoryBackend):
            self._backend._stored[key] = data
        else:
            (self._root / key).parent.mkdir(parents=True, exist_ok=True)
            (self._root / key).write_bytes(data)

    def __delitem__(self, key: str) -> None:
        if isinstance(self._backend, MemoryBackend):
            del self._backend._stored[key]
        else:
            (self._root / key).unlink()

    def __contains__(self, key: str) -> bool:
        if isinstance(self._backend, MemoryBackend):
            return key in self._backend._stored
        return (self._root / key).is_file()

    def put_aside(self) -> dict[str, bytes]:
        """Return what repairs put aside, without the folder that is named by the time."""
        if isinstance(self._backend, MemoryBackend):
            return {key.partition("/")[2]: data for key, data in self._backend._aside.items()}
        folder = self._root / ".lost+found"
        files = [path for path in folder.rglob("*") if path.is_file() and path.name != "removed.jsonl"]
        return {str(path.relative_to(folder)).partition("/")[2]: path.read_bytes() for path in files}

    def removed_rows(self) -> list[dict[str, object]]:
        """Return the rows that repairs removed."""
        files = (self._root / ".lost+found").glob("*/removed.jsonl")
        return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def shelf(backend: StorageBackend, data_dir: Path) -> Shelf:
    return Shelf(backend, data_dir / "storage")


@pytest.fixture
def healthy(storage: FileStorage, bucket: Bucket, service: RlsContext) -> dict[str, StorageObject]:
    """Store a few objects, with names that files cannot have as they are."""
    paths = ["a.txt", "f/b.txt", "f", "x//y", "Größe/it's 100%.txt", "mark/"]
    return {
        path: storage.upload("photos", path, b"" if path.endswith("/") else f"bytes of {path}".encode(), service)
        for path in paths
    }


def kinds_of(report: CheckReport) -> list[tuple[str, str, bool]]:
    return sorted((finding.kind.value, finding.where, finding.repaired) for finding in report.findings)


def read(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def test_a_healthy_store_is_clean(
    storage: FileStorage, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
):
    for repair in (False, True):
        report = storage.check(service, repair=repair)
        assert (report.objects, report.findings, report.clean) == (len(healthy), (), True)
        assert report.size_bytes == sum(stored.size_bytes for stored in healthy.values())
    assert shelf.put_aside() == {}


def test_an_empty_workspace_is_clean(storage: FileStorage, service: RlsContext):
    assert storage.check(service) == CheckReport(0, 0, ())


def test_a_store_that_was_worked_on_is_clean(
    storage: FileStorage, healthy: dict[str, StorageObject], service: RlsContext
):
    storage.upload("photos", "a.txt", b"again", service, UploadOptions(replace=True))
    storage.move("photos", "f", "g", service)
    storage.move_folder("photos", "f/", "a.txt/", service)
    storage.copy("photos", "x//y", "f", service)
    storage.delete("photos", "mark/", service)
    storage.create_bucket("other", service)
    storage.move("photos", "g", "g", service, target_bucket="other")
    report = storage.check(service)
    assert (report.findings, report.objects) == ((), 6)


def test_only_the_service_role_may(storage: FileStorage, alice: RlsContext, anon: RlsContext):
    for context in (alice, anon):
        with pytest.raises(Unauthorized):
            storage.check(context)


class TestFinding:
    def test_missing(
        self, storage: FileStorage, bucket: Bucket, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        del shelf[f"{bucket.id}/f/b.txt"]
        report = storage.check(service)
        assert kinds_of(report) == [("missing", "photos/f/b.txt", False)]
        assert not report.clean
        assert storage.exists("photos", "f/b.txt", service)

    def test_orphaned(
        self, storage: FileStorage, bucket: Bucket, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        keys = [f"{bucket.id}/dropped in.txt", f"{bucket.id}/new/deep/file", "bucket of old/file"]
        for key in keys:
            shelf[key] = b"stray"
        report = storage.check(service)
        assert kinds_of(report) == sorted(("orphaned", key, False) for key in keys)
        assert not report.clean
        assert all(key in shelf for key in keys)

    @pytest.mark.parametrize("wrong", [b"bytes of f/b.tx!", b"bytes", b"", b"bytes of f/b.txt and more"])
    def test_damaged(
        self,
        storage: FileStorage,
        bucket: Bucket,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        shelf: Shelf,
        wrong: bytes,
    ):
        shelf[f"{bucket.id}/f/b.txt"] = wrong
        for repair in (False, True):
            report = storage.check(service, repair=repair)
            assert kinds_of(report) == [("damaged", "photos/f/b.txt", False)]
            assert not report.clean
        assert shelf[f"{bucket.id}/f/b.txt"] == wrong

    def test_unreadable_bytes_are_damaged_and_the_check_goes_on(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
        shelf: Shelf,
    ):
        real = type(backend).open

        def fail(self: StorageBackend, key: str) -> object:
            if key.endswith("/a.txt"):
                raise IoError("Input/output error", path=key)
            return real(self, key)

        del shelf[f"{bucket.id}/x/%/y" if f"{bucket.id}/x/%/y" in shelf else f"{bucket.id}/x//y"]
        monkeypatch.setattr(type(backend), "open", fail)
        report = storage.check(service, repair=True)
        assert [(finding.kind, finding.where) for finding in report.findings] == [
            (FindingKind.DAMAGED, "photos/a.txt"),
            (FindingKind.MISSING, "photos/x//y"),
        ]
        assert "Input/output error" in report.findings[0].detail
        assert storage.exists("photos", "a.txt", service)

    def test_a_storage_folder_that_is_gone_is_no_missing_object(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        data_dir: Path,
    ):
        if isinstance(backend, MemoryBackend):
            return
        (data_dir / "storage").rename(data_dir / "unplugged")
        try:
            with pytest.raises(BackendUnreachable):
                storage.check(service, repair=True)
        finally:
            (data_dir / "unplugged").rename(data_dir / "storage")
        assert storage.check(service).clean

    def test_running_uploads_are_no_finding(
        self, storage: FileStorage, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        with (
            storage.begin_upload("photos", "coming", service) as coming,
            storage.begin_upload("photos", "a.txt", service, UploadOptions(replace=True)) as changing,
        ):
            coming.write(bytes(100_000))
            changing.write(bytes(100_000))
            assert storage.check(service, repair=True).clean
            coming.commit()
            changing.commit()
        assert storage.check(service).clean
        assert read(storage, "coming", service) == read(storage, "a.txt", service) == bytes(100_000)
        assert shelf.put_aside() == {}

    def test_objects_stored_and_deleted_during_the_check_are_no_findings(
        self,
        storage: FileStorage,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr("engine.limits.LIST_PAGE_MAX", 2)
        monkeypatch.setattr("engine.files.throttle._INTERVAL_S", 0.0)
        calls = 0

        def work_on(_: Progress) -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                storage.create_bucket("made meanwhile", service)
                storage.upload("made meanwhile", "new", b"new", service)
                storage.delete("photos", "x//y", service)
                storage.move("photos", "f/b.txt", "0", service)
                storage.upload("photos", "zzz", b"new", service)

        report = storage.check(service, repair=True, progress=work_on)
        assert report.findings == ()
        assert calls > 1
        assert storage.check(service).objects == len(healthy) + 1

    def test_progress_tells_how_much_there_is(
        self,
        storage: FileStorage,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr("engine.files.throttle._INTERVAL_S", 0.0)
        seen: list[Progress] = []
        report = storage.check(service, progress=seen.append)
        assert {(progress.total_files, progress.total_bytes) for progress in seen} == {
            (report.objects, report.size_bytes)
        }
        assert [progress.done_bytes for progress in seen] == sorted(progress.done_bytes for progress in seen)
        assert (seen[-1].done_files, seen[-1].done_bytes) == (report.objects, report.size_bytes)

    def test_cancel(self, storage: FileStorage, healthy: dict[str, StorageObject], service: RlsContext):
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            storage.check(service, cancel=token)


class TestRepair:
    def test_orphans_are_put_aside_never_deleted(
        self, storage: FileStorage, bucket: Bucket, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        keys = [f"{bucket.id}/dropped.txt", f"{bucket.id}/new/deep/file", "old bucket/file"]
        for key in keys:
            shelf[key] = key.encode()
        report = storage.check(service, repair=True)
        assert kinds_of(report) == sorted(("orphaned", key, True) for key in keys)
        assert report.clean
        assert shelf.put_aside() == {key: key.encode() for key in keys}
        assert not any(key in shelf for key in keys)
        assert storage.check(service) == CheckReport(len(healthy), report.size_bytes, ())

    def test_the_same_name_put_aside_twice_is_kept_twice(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        shelf: Shelf,
        data_dir: Path,
    ):
        for data in (b"first", b"second"):
            shelf[f"{bucket.id}/stray"] = data
            assert storage.check(service, repair=True).clean
        if isinstance(backend, MemoryBackend):
            assert sorted(backend._aside.values()) == [b"first", b"second"]
        else:
            kept = (data_dir / "storage" / ".lost+found").glob("*/*/stray")
            assert sorted(path.read_bytes() for path in kept) == [b"first", b"second"]

    def test_a_file_moved_outside_is_adopted_again(
        self, storage: FileStorage, bucket: Bucket, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        shelf[f"{bucket.id}/elsewhere/renamed"] = shelf[f"{bucket.id}/f/b.txt"]
        del shelf[f"{bucket.id}/f/b.txt"]
        report = storage.check(service, repair=True)
        assert kinds_of(report) == [("missing", "photos/f/b.txt", True)]
        assert read(storage, "f/b.txt", service) == b"bytes of f/b.txt"
        assert storage.info("photos", "f/b.txt", service) == healthy["f/b.txt"]
        assert shelf.put_aside() == {}
        assert storage.check(service).clean

    def test_the_place_of_adopted_bytes_is_respected(
        self, storage: FileStorage, bucket: Bucket, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        shelf[f"{bucket.id}/new"] = shelf[f"{bucket.id}/a.txt"]
        del shelf[f"{bucket.id}/a.txt"]
        storage.check(service, repair=True)
        storage.upload("photos", "new", b"another", service)
        assert read(storage, "a.txt", service) == b"bytes of a.txt"
        assert read(storage, "new", service) == b"another"
        storage.delete("photos", "a.txt", service)
        assert read(storage, "new", service) == b"another"
        assert storage.check(service).clean

    def test_one_found_file_makes_one_object_whole(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, shelf: Shelf
    ):
        for path in ("one", "two"):
            storage.upload("photos", path, b"the same", service)
            del shelf[f"{bucket.id}/{path}"]
        shelf[f"{bucket.id}/found"] = b"the same"
        report = storage.check(service, repair=True)
        assert kinds_of(report) == [("missing", "photos/one", True), ("missing", "photos/two", True)]
        assert read(storage, "one", service) == b"the same"
        assert not storage.exists("photos", "two", service)
        assert [row["path"] for row in shelf.removed_rows()] == ["two"]
        assert storage.check(service).clean

    def test_a_storage_folder_that_is_not_there_costs_no_row(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, shelf: Shelf
    ):
        paths = [f"f{number:02}" for number in range(12)]
        for path in paths:
            storage.upload("photos", path, path.encode(), service)
            del shelf[f"{bucket.id}/{path}"]
        shelf[f"{bucket.id}/elsewhere"] = b"f00"
        report = storage.check(service, repair=True)
        assert [finding.repaired for finding in report.findings] == [True] + [False] * 11
        assert not report.clean
        assert [stored.path for stored in storage.walk("photos", "", service)] == paths
        with storage.open_object("photos", "f00", service) as reader:
            assert reader.read() == b"f00"

    def test_a_database_that_is_not_the_right_one_moves_no_file(
        self, storage: FileStorage, bucket: Bucket, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        keys = [f"{bucket.id}/stray/{number:02}" for number in range(11)]
        for key in keys:
            shelf[key] = key.encode()
        report = storage.check(service, repair=True)
        assert kinds_of(report) == [("orphaned", key, False) for key in keys]
        assert "is the database the right one?" in report.findings[0].detail
        assert shelf.put_aside() == {}
        assert all(key in shelf for key in keys)

    def test_bytes_put_aside_come_back_when_their_rows_are_back(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        shelf: Shelf,
        monkeypatch: pytest.MonkeyPatch,
    ):
        with workspace._core.executor.transaction(RlsContext.service()) as tx:
            rows = [dict(row._mapping) for row in tx.execute(select(storage_objects))]
            tx.execute(delete(storage_objects))
        assert storage.check(service, repair=True).clean
        assert len(shelf.put_aside()) == len(healthy)
        with workspace._core.executor.transaction(RlsContext.service()) as tx:
            tx.execute(insert(storage_objects), rows)
        shelf[f"{bucket.id}/f/b.txt"] = b"another program's"
        reads: list[str] = []
        real = LostBytes._checksum_of_entry
        monkeypatch.setattr(
            LostBytes,
            "_checksum_of_entry",
            lambda self, run, entry: (reads.append(entry.key), real(self, run, entry))[1],
        )
        report = storage.check(service, repair=True)
        assert {(finding.where, finding.repaired) for finding in report.findings} == {
            (f"photos/{path}", path != "f/b.txt") for path in healthy
        }
        assert len(reads) == len(set(reads))
        for path in healthy:
            if path not in ("f/b.txt", "mark/"):
                assert read(storage, path, service) == f"bytes of {path}".encode()
        assert list(shelf.put_aside().values()) == [b"bytes of f/b.txt"]

    def test_a_file_that_another_repair_gave_away_is_not_given_twice(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        shelf: Shelf,
        monkeypatch: pytest.MonkeyPatch,
    ):
        for path in ("one", "two"):
            storage.upload("photos", path, b"the same", service)
            del shelf[f"{bucket.id}/{path}"]
        shelf[f"{bucket.id}/one"] = b"the same"
        shelf[f"{bucket.id}/found"] = b"the same"
        real = LostBytes._without_bytes

        def late(self: LostBytes, *arguments: object) -> object:
            key = f"{bucket.id}/one"
            if key in shelf:
                del shelf[key]
                statement = update(storage_objects).where(storage_objects.c.leaf == "one")
                workspace._core.executor.execute(
                    statement.values(physical_path=f"{bucket.id}/found"), RlsContext.service()
                )
            return real(self, *arguments)

        monkeypatch.setattr(LostBytes, "_without_bytes", late)
        storage.check(service, repair=True)
        assert read(storage, "one", service) == b"the same"
        storage.delete_many("photos", ["two"], service)
        assert read(storage, "one", service) == b"the same"

    def test_a_row_that_changed_meanwhile_is_neither_given_bytes_nor_removed(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        shelf: Shelf,
        events: list[StorageEvent],
        monkeypatch: pytest.MonkeyPatch,
    ):
        storage.upload("photos", "a", b"lost", service)
        del shelf[f"{bucket.id}/a"]
        shelf[f"{bucket.id}/found"] = b"lost"
        real = LostBytes._without_bytes

        def late(self: LostBytes, *arguments: object) -> object:
            storage.upload("photos", "a", b"newer", service, UploadOptions(replace=True))
            return real(self, *arguments)

        monkeypatch.setattr(LostBytes, "_without_bytes", late)
        report = storage.check(service, repair=True)
        assert kinds_of(report) == [("orphaned", f"{bucket.id}/found", True)]
        assert read(storage, "a", service) == b"newer"
        assert shelf.removed_rows() == []
        assert "storage.object.deleted" not in {event.type for event in events}

    def test_removed_rows_are_written_down_whole(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, shelf: Shelf
    ):
        moment = datetime(2009, 2, 13, 23, 31, 30, 123456, UTC)
        options = UploadOptions(
            mime_type="text/x-mine", cache_control="max-age=1", user_metadata={"ü": ["'\"", 1]}, modified_at=moment
        )
        stored = storage.upload("photos", "f/\"ü\" 'x'", b"lost", service, options)
        for key in (f"{bucket.id}/f/\"ü\" 'x'",):
            del shelf[key]
        report = storage.check(service, repair=True)
        assert kinds_of(report) == [("missing", "photos/f/\"ü\" 'x'", True)]
        assert not storage.exists("photos", stored.path, service)
        assert shelf.removed_rows() == [
            {
                "bucket": "photos",
                "path": stored.path,
                "size": 4,
                "checksum": stored.checksum,
                "mime_type": "text/x-mine",
                "owner_id": service.user_id,
                "cache_control": "max-age=1",
                "user_metadata": {"ü": ["'\"", 1]},
                "created_at": stored.created_at.isoformat(),
                "updated_at": stored.updated_at.isoformat(),
                "modified_at": moment.isoformat(),
            }
        ]
        assert "removed.jsonl" in report.findings[0].detail
        assert recorded(storage)[-1] == ("storage.object.deleted", stored.path)

    def test_a_row_that_cannot_be_written_down_stays(
        self,
        storage: FileStorage,
        bucket: Bucket,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        shelf: Shelf,
        data_dir: Path,
    ):
        del shelf[f"{bucket.id}/a.txt"]
        (data_dir / "storage").mkdir(exist_ok=True)
        (data_dir / "storage" / ".lost+found").write_bytes(b"a file in the way")
        with pytest.raises(StorageError):
            storage.check(service, repair=True)
        assert storage.exists("photos", "a.txt", service)

    def test_bytes_that_came_back_meanwhile_keep_their_row(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        shelf: Shelf,
        monkeypatch: pytest.MonkeyPatch,
    ):
        key = f"{bucket.id}/a.txt"
        data = shelf[key]
        del shelf[key]
        real = type(backend).list

        def restore_first(self: StorageBackend, *arguments: str) -> object:
            shelf[key] = data
            return real(self, *arguments)

        monkeypatch.setattr(type(backend), "list", restore_first)
        assert storage.check(service, repair=True).clean
        assert read(storage, "a.txt", service) == data

    def test_everything_at_once(
        self, storage: FileStorage, bucket: Bucket, healthy: dict[str, StorageObject], service: RlsContext, shelf: Shelf
    ):
        shelf[f"{bucket.id}/stray"] = b"stray"
        shelf[f"{bucket.id}/a.txt"] = b"damaged"
        del shelf[f"{bucket.id}/f/b.txt"]
        report = storage.check(service, repair=True)
        assert kinds_of(report) == [
            ("damaged", "photos/a.txt", False),
            ("missing", "photos/f/b.txt", True),
            ("orphaned", f"{bucket.id}/stray", True),
        ]
        assert not report.clean
        storage.delete("photos", "a.txt", service)
        assert storage.check(service).clean

    def test_a_whole_bucket_folder_that_is_lost(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        healthy: dict[str, StorageObject],
        service: RlsContext,
        shelf: Shelf,
        data_dir: Path,
    ):
        if isinstance(backend, MemoryBackend):
            backend._stored.clear()
        else:
            shutil.rmtree(data_dir / "storage" / bucket.id)
        report = storage.check(service, repair=True)
        assert {finding.kind for finding in report.findings} == {FindingKind.MISSING}
        assert len(report.findings) == len(shelf.removed_rows()) == len(healthy)
        storage.upload("photos", "a.txt", b"again", service)
        assert storage.check(service).clean

    @pytest.mark.parametrize("kind", ["file", "link"])
    def test_what_stands_in_the_place_of_lost_and_found_ends_no_repair(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        data_dir: Path,
        tmp_path: Path,
        kind: str,
    ):
        if isinstance(backend, MemoryBackend):
            pytest.skip("nothing can stand in the way there")
        storage.upload("photos", "moved", b"found again", service)
        folder, elsewhere = data_dir / "storage" / bucket.id, tmp_path / "elsewhere"
        (folder / "moved").rename(folder / "other")
        (folder / "stray").write_bytes(b"whose")
        (data_dir / "storage" / ".versions" / bucket.id).mkdir(parents=True)
        (data_dir / "storage" / ".versions" / bucket.id / "old~1").write_bytes(b"whose, too")
        elsewhere.mkdir()
        place = data_dir / "storage" / ".lost+found"
        place.write_bytes(b"mine") if kind == "file" else place.symlink_to(elsewhere)

        report = storage.check(service, repair=True)

        assert {(finding.where.rpartition("/")[2], finding.repaired) for finding in report.findings} == {
            ("moved", True),
            ("stray", False),
            ("old~1", False),
        }
        assert (folder / "stray").exists()
        assert list(elsewhere.iterdir()) == []

    def test_a_full_disk_while_putting_aside_loses_nothing(
        self,
        storage: FileStorage,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        shelf: Shelf,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def refuse(*_: object) -> str:
            raise DiskFull("The disk is full")

        shelf[f"{bucket.id}/stray"] = b"stray"
        with monkeypatch.context() as patched:
            patched.setattr(type(backend), "set_aside", refuse)
            with pytest.raises(DiskFull):
                storage.check(service, repair=True)
        assert shelf[f"{bucket.id}/stray"] == b"stray"
        assert storage.check(service, repair=True).clean
