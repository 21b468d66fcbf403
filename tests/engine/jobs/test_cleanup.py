"""The cleanup: nothing is taken away too early, unasked in masses, or from under a running upload."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert

from engine import limits
from engine.audit import Operation
from engine.backends.base import StorageBackend, StoredEntry
from engine.backends.local import LocalBackend
from engine.cancel import CancelToken
from engine.check_types import FindingKind
from engine.cleanup_types import CleanupAction, CleanupReport
from engine.errors import Cancelled, IoError, ObjectNotFound, Unauthorized
from engine.events import StorageEvent
from engine.files.archive import ARCHIVE_FOLDER
from engine.files.journal import JournalKind
from engine.housekeeping import Housekeeping
from engine.jobs.orphans import note_recovery
from engine.metadata.tables import storage_journal
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges, ListRequest, Retention, RlsContext, UploadOptions
from engine.workspace import Workspace
from tests.engine.entries import by_jobs
from tests.engine.jobs.conftest import Calendar, Clock, housekeeping

UPLOADER = Path(__file__).with_name("uploader.py")


def actions(report: CleanupReport) -> list[tuple[FindingKind, CleanupAction]]:
    return [(item.kind, item.action) for item in report.items]


def aside(data_dir: Path) -> list[str]:
    folder = data_dir / "storage" / ".lost+found"
    return sorted(str(path.relative_to(folder)).partition("/")[2] for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def stray(backend: StorageBackend, bucket: Bucket) -> str:
    """Put a file where nobody knows it."""
    key = f"{bucket.id}/stray.bin"
    backend.write(key, b"whose")
    return key


@pytest.fixture
def file(storage: FileStorage, bucket: Bucket, data_dir: Path, service: RlsContext) -> Path:
    """Store `d/a` and return its file."""
    storage.upload("photos", "d/a", b"content", service)
    return data_dir / "storage" / bucket.id / "d" / "a"


class TestOrphans:
    def test_a_stray_file_is_put_aside_after_its_grace_and_never_deleted(
        self, house: Housekeeping, stray: str, file: Path, data_dir: Path, service: RlsContext, calendar: Calendar
    ):
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.WAITING)]
        calendar.pass_hours(23.9)
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.WAITING)]
        calendar.pass_hours(0.2)
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.SET_ASIDE)]
        assert aside(data_dir) == [stray]
        assert file.read_bytes() == b"content"
        assert house.cleanup.run(service).items == ()
        assert house.orphans_total.value == 1

    def test_it_is_logged_and_audited(
        self,
        house: Housekeeping,
        stray: str,
        bucket: Bucket,
        service: RlsContext,
        calendar: Calendar,
        caplog: pytest.LogCaptureFixture,
    ):
        house.cleanup.run(service)
        calendar.pass_hours(25)
        with caplog.at_level(logging.INFO, "engine.audit.audit"):
            house.cleanup.run(service)
        (entry,) = by_jobs(house.audit, 10)
        assert (entry.operation, entry.path, entry.bucket_id) == (Operation.SET_ASIDE, stray, bucket.id)
        assert entry.actor == service.user_id
        assert entry.detail["size_bytes"] == 5
        (record,) = caplog.records
        assert record.__dict__["audit"]["path"] == stray

    def test_one_that_changes_begins_its_grace_anew(
        self, house: Housekeeping, backend: StorageBackend, stray: str, service: RlsContext, calendar: Calendar
    ):
        house.cleanup.run(service)
        calendar.pass_hours(25)
        backend.write(stray, b"still written")
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.WAITING)]

    def test_one_that_goes_and_comes_again_begins_its_grace_anew(
        self, house: Housekeeping, backend: StorageBackend, stray: str, service: RlsContext, calendar: Calendar
    ):
        house.cleanup.run(service)
        backend.delete(stray)
        calendar.pass_hours(25)
        assert house.cleanup.run(service).items == ()
        backend.write(stray, b"whose")
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.WAITING)]

    def test_a_dry_run_changes_and_remembers_nothing(
        self,
        house: Housekeeping,
        stray: str,
        file: Path,
        backend: StorageBackend,
        service: RlsContext,
        calendar: Calendar,
    ):
        file.unlink()
        house.cleanup.run(service, dry_run=True)
        calendar.pass_hours(200)
        report = house.cleanup.run(service, dry_run=True)
        assert {action for _, action in actions(report)} == {CleanupAction.WAITING}
        assert len(report.items) == 2
        assert backend.exists(stray)
        assert house.quarantine.list() == ()
        assert by_jobs(house.audit, 10) == ()

    def test_what_is_due_is_told_by_a_dry_run(
        self, house: Housekeeping, stray: str, backend: StorageBackend, service: RlsContext, calendar: Calendar
    ):
        house.cleanup.run(service)
        calendar.pass_hours(25)
        assert actions(house.cleanup.run(service, dry_run=True)) == [(FindingKind.ORPHANED, CleanupAction.DUE)]
        assert backend.exists(stray)

    def test_folders_that_are_no_buckets_are_left_alone(
        self, house: Housekeeping, bucket: Bucket, data_dir: Path, service: RlsContext
    ):
        folder = data_dir / "storage" / "lost+found"
        folder.mkdir()
        (folder / "#1").write_bytes(b"the disk's own")
        assert house.cleanup.run(service).items == ()

    def test_archived_bytes_without_a_row(
        self, house: Housekeeping, backend: StorageBackend, bucket: Bucket, service: RlsContext, calendar: Calendar
    ):
        key = f"{ARCHIVE_FOLDER}/{bucket.id}/a/v"
        backend.write(key, b"old")
        house.cleanup.run(service)
        calendar.pass_hours(25)
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.SET_ASIDE)]
        assert not backend.exists(key)

    def test_archived_bytes_are_only_told_of_after_a_recovery(
        self,
        workspace: Workspace,
        house: Housekeeping,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        calendar: Calendar,
    ):
        key = f"{ARCHIVE_FOLDER}/{bucket.id}/a/v"
        backend.write(key, b"old")
        note_recovery(workspace._core.executor)
        house.cleanup.run(service)
        calendar.pass_hours(25)
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.KEPT)]
        calendar.pass_hours(30 * 24)
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.SET_ASIDE)]

    def test_old_versions_and_trash_are_somebodys(
        self, house: Housekeeping, storage: FileStorage, bucket: Bucket, service: RlsContext, calendar: Calendar
    ):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=5, trash_days=30)))
        for text in (b"one", b"two"):
            storage.upload("photos", "a", text, service, UploadOptions(replace=True))
        storage.upload("photos", "b", b"three", service)
        storage.delete("photos", "b", service)
        storage.move("photos", "a", "c", service)
        house.cleanup.run(service)
        calendar.pass_hours(200)
        assert house.cleanup.run(service).items == ()

    def test_what_waits_to_be_removed_is_no_orphan(
        self,
        house: Housekeeping,
        storage: FileStorage,
        backend: StorageBackend,
        file: Path,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def refuse() -> None:
            raise IoError("The disk refuses")

        monkeypatch.setattr(backend, "changes", refuse)
        storage.delete("photos", "d/a", service)
        assert file.exists()
        assert house.cleanup.run(service).items == ()
        assert house.cleanup.run(service, dry_run=True).items == ()
        assert house.orphans_total.value == 0

    def test_a_file_that_is_removed_while_the_survey_goes_on_is_no_orphan(
        self,
        house: Housekeeping,
        backend: StorageBackend,
        bucket: Bucket,
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        entry = StoredEntry(f"{bucket.id}/gone", 4)
        monkeypatch.setattr(backend, "list_buckets", lambda: [bucket.id])
        monkeypatch.setattr(backend, "list", lambda folder: iter([entry] if folder == bucket.id else []))
        assert house.cleanup.run(service).items == ()

    def test_nothing_is_put_aside_while_an_object_waits_to_be_moved(
        self, workspace: Workspace, house: Housekeeping, stray: str, backend: StorageBackend, calendar: Calendar
    ):
        service = RlsContext.service()
        house.cleanup.run(service)
        calendar.pass_hours(25)
        record = {"kind": JournalKind.RELOCATE.value, "staging": "", "items": [["nobody", "nowhere"]], "created_at": 1}
        moving = insert(storage_journal).values(record)
        surveyed = house.cleanup._surveyor.survey

        def survey(cancel: CancelToken) -> object:
            workspace._core.executor.execute(moving, service)
            return surveyed(cancel)

        house.cleanup._surveyor.survey = survey  # type: ignore[assignment, method-assign]
        assert actions(house.cleanup.run(service)) == [(FindingKind.ORPHANED, CleanupAction.DUE)]
        assert backend.exists(stray)


class TestMissing:
    def test_an_object_without_its_file_is_quarantined_and_shown(
        self, house: Housekeeping, storage: FileStorage, file: Path, service: RlsContext
    ):
        assert storage.info("photos", "d/a", service).problem is None
        file.unlink()
        assert actions(house.cleanup.run(service)) == [(FindingKind.MISSING, CleanupAction.WAITING)]
        assert storage.info("photos", "d/a", service).problem == "missing"
        (shown,) = storage.list("photos", ListRequest("d/"), service).objects
        assert shown.problem == "missing"
        assert [walked.problem for walked in storage.walk("photos", "", service)] == ["missing"]
        assert [entry.operation for entry in by_jobs(house.audit, 10)] == [Operation.QUARANTINED]

    def test_a_file_that_comes_back_ends_it(
        self, house: Housekeeping, storage: FileStorage, file: Path, service: RlsContext, calendar: Calendar
    ):
        file.rename(file.with_suffix(".away"))
        house.cleanup.run(service)
        calendar.pass_hours(6 * 24)
        file.with_suffix(".away").rename(file)
        assert actions(house.cleanup.run(service)) == [(FindingKind.MISSING, CleanupAction.RETURNED)]
        assert storage.info("photos", "d/a", service).problem is None
        with storage.open_object("photos", "d/a", service, verify=True) as reader:
            assert reader.read() == b"content"
        assert house.quarantine.list() == ()
        assert by_jobs(house.audit, 1)[0].operation == Operation.RELEASED

        file.unlink()
        house.cleanup.run(service)
        calendar.pass_hours(2 * 24)
        assert actions(house.cleanup.run(service)) == [(FindingKind.MISSING, CleanupAction.WAITING)]

    def test_a_file_that_stays_away_takes_its_row_along_into_the_audit(
        self, house: Housekeeping, storage: FileStorage, file: Path, service: RlsContext, calendar: Calendar
    ):
        seen: list[StorageEvent] = []
        storage.events.subscribe(seen.append)
        stored = storage.info("photos", "d/a", service)
        file.unlink()
        house.cleanup.run(service)
        calendar.pass_hours(7 * 24 + 1)
        assert actions(house.cleanup.run(service)) == [(FindingKind.MISSING, CleanupAction.REMOVED)]
        with pytest.raises(ObjectNotFound):
            storage.info("photos", "d/a", service)
        entry = by_jobs(house.audit, 1)[0]
        assert (entry.operation, entry.path) == (Operation.ROW_REMOVED, "d/a")
        assert entry.detail["checksum"] == stored.checksum
        assert [event.path for event in seen] == ["d/a"]
        assert house.quarantine.list() == ()

    def test_an_object_that_is_replaced_is_free(
        self, house: Housekeeping, storage: FileStorage, file: Path, service: RlsContext, calendar: Calendar
    ):
        file.unlink()
        house.cleanup.run(service)
        storage.upload("photos", "d/a", b"again", service, UploadOptions(replace=True))
        assert storage.info("photos", "d/a", service).problem is None
        calendar.pass_hours(200)
        assert house.cleanup.run(service).items == ()
        assert house.quarantine.list() == ()

    def test_an_old_version(
        self, house: Housekeeping, storage: FileStorage, backend: StorageBackend, bucket: Bucket, calendar: Calendar
    ):
        service = RlsContext.service()
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=5)))
        for text in (b"one", b"two"):
            storage.upload("photos", "a", text, service, UploadOptions(replace=True))
        (old,) = backend.list(ARCHIVE_FOLDER)
        backend.delete(old.key)
        assert actions(house.cleanup.run(service)) == [(FindingKind.MISSING, CleanupAction.WAITING)]
        calendar.pass_hours(200)
        assert actions(house.cleanup.run(service)) == [(FindingKind.MISSING, CleanupAction.REMOVED)]
        assert len(storage.versions.list("photos", "a", service)) == 1
        with storage.open_object("photos", "a", service) as reader:
            assert reader.read() == b"two"

    def test_a_row_that_inherits_what_is_missing_does_not_wait_anew(
        self, house: Housekeeping, storage: FileStorage, backend: StorageBackend, bucket: Bucket, calendar: Calendar
    ):
        service = RlsContext.service()
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=5)))
        storage.upload("photos", "a", b"content", service)
        for source, target in (("a", "b"), ("b", "c")):
            storage.move("photos", source, target, service)
        storage.delete("photos", "c", service)
        (old,) = backend.list(ARCHIVE_FOLDER)
        backend.delete(old.key)
        house.cleanup.run(service)
        calendar.pass_hours(200)
        removed = []
        for _ in range(4):
            removed += actions(house.cleanup.run(service))
            calendar.pass_hours(1)
        assert removed == [(FindingKind.MISSING, CleanupAction.REMOVED)] * 3
        assert house.quarantine.list() == ()
        for path in "abc":
            with pytest.raises(ObjectNotFound):
                storage.versions.list("photos", path, service)


class TestCaution:
    def test_too_many_at_once_are_left_until_somebody_confirms(
        self,
        house: Housekeeping,
        backend: StorageBackend,
        bucket: Bucket,
        file: Path,
        service: RlsContext,
        calendar: Calendar,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(limits, "CLEANUP_REMOVALS_MIN", 3)
        for number in range(3):
            backend.write(f"{bucket.id}/stray{number}", b"x")
        file.unlink()
        house.cleanup.run(service)
        calendar.pass_hours(200)
        report = house.cleanup.run(service)
        assert (report.refused, report.allowed) == (4, 3)
        assert {action for _, action in actions(report)} == {CleanupAction.DUE}
        assert len(list(backend.list(bucket.id))) == 3

        assert house.cleanup.run(service, confirm=True).refused == 0
        assert list(backend.list(bucket.id)) == []

    def test_a_share_of_a_large_store_is_not_too_many(
        self,
        house: Housekeeping,
        storage: FileStorage,
        stray: str,
        service: RlsContext,
        calendar: Calendar,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(limits, "CLEANUP_REMOVALS_MIN", 0)
        for number in range(20):
            storage.upload("photos", f"o{number}", b"x", service)
        house.cleanup.run(service)
        calendar.pass_hours(25)
        report = house.cleanup.run(service)
        assert (report.refused, report.allowed) == (0, 1)

    @pytest.mark.parametrize("count", [3, 30])
    def test_a_bucket_whose_folder_is_gone_keeps_its_objects_until_somebody_confirms(
        self,
        house: Housekeeping,
        storage: FileStorage,
        bucket: Bucket,
        data_dir: Path,
        service: RlsContext,
        calendar: Calendar,
        count: int,
    ):
        for number in range(count):
            storage.upload("photos", f"o{number}", b"x", service)
        storage.create_bucket("other", service)
        storage.upload("other", "last", b"x", service)  # nothing is left to be done in the folder that goes
        folder = data_dir / "storage" / bucket.id
        folder.rename(data_dir / "unplugged")
        house.cleanup.run(service)
        calendar.pass_hours(200)
        report = house.cleanup.run(service)
        assert (report.refused, report.lost_buckets) == (count, ("photos",))
        assert {action for _, action in actions(report)} == {CleanupAction.DUE}
        (data_dir / "unplugged").rename(folder)
        assert {action for _, action in actions(house.cleanup.run(service))} == {CleanupAction.RETURNED}
        assert storage.tree_size("photos", "", service).objects == count

        folder.rename(data_dir / "unplugged")
        house.cleanup.run(service)
        calendar.pass_hours(200)
        assert house.cleanup.run(service, confirm=True).refused == 0
        assert storage.tree_size("photos", "", service).objects == 0

    def test_a_bucket_without_nearly_all_of_its_files_keeps_its_objects_and_others_go_on(
        self,
        house: Housekeeping,
        storage: FileStorage,
        bucket: Bucket,
        stray: str,
        data_dir: Path,
        service: RlsContext,
        calendar: Calendar,
    ):
        other = storage.create_bucket("other", service)
        for name, count in (("photos", 30), ("other", 2)):
            for number in range(count):
                storage.upload(name, f"o{number}", b"x", service)
        for number in range(28):
            (data_dir / "storage" / bucket.id / f"o{number}").unlink()
        (data_dir / "storage" / other.id / "o0").unlink()
        house.cleanup.run(service)
        calendar.pass_hours(200)
        report = house.cleanup.run(service)
        assert (report.refused, report.lost_buckets) == (28, ("photos",))
        assert {item.where for item in report.items if item.action is not CleanupAction.DUE} == {stray, "other/o0"}
        assert storage.tree_size("photos", "", service).objects == 30

    def test_old_versions_that_are_gone_as_a_whole_are_kept_too(
        self,
        house: Housekeeping,
        storage: FileStorage,
        bucket: Bucket,
        data_dir: Path,
        service: RlsContext,
        calendar: Calendar,
    ):
        storage.update_bucket("photos", service, BucketChanges(retention=Retention(versions=50)))
        for number in range(21):
            storage.upload("photos", "a", str(number).encode(), service, UploadOptions(replace=True))
        (data_dir / "storage" / ARCHIVE_FOLDER).rename(data_dir / "unplugged")
        house.cleanup.run(service)
        calendar.pass_hours(200)
        assert house.cleanup.run(service).refused == 20
        assert len(storage.versions.list("photos", "a", service)) == 21

    def test_half_a_listing_proves_nothing(
        self, house: Housekeeping, file: Path, service: RlsContext, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
    ):
        def broken(*_: object) -> Iterator[StoredEntry]:
            yield from ()
            raise IoError("The disk failed")

        with monkeypatch.context() as patched:
            patched.setattr(LocalBackend, "list", broken)
            with pytest.raises(IoError):
                house.cleanup.run(service)
        assert house.quarantine.list() == ()

    def test_a_listing_that_leaves_something_out_takes_nothing_away(
        self, house: Housekeeping, file: Path, service: RlsContext, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
    ):
        with monkeypatch.context() as patched:
            patched.setattr(LocalBackend, "list", lambda *_: iter(()))
            for _ in range(2):
                assert house.cleanup.run(service).items == ()
                calendar.pass_hours(200)
        assert file.exists()

    def test_strangers_may_not(self, house: Housekeeping, anon: RlsContext):
        with pytest.raises(Unauthorized):
            house.cleanup.run(anon)

    def test_cancelled(self, house: Housekeeping, stray: str, service: RlsContext):
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            house.cleanup.run(service, token)


class TestOtherProcesses:
    @contextmanager
    def uploading(self, data_dir: Path) -> Iterator[subprocess.Popen[str]]:
        """Run a process that has an upload half done."""
        command = [sys.executable, str(UPLOADER), str(data_dir)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "staged\n"
                yield process
            finally:
                process.kill()

    def test_a_running_upload_is_left_alone(
        self,
        house: Housekeeping,
        storage: FileStorage,
        bucket: Bucket,
        data_dir: Path,
        service: RlsContext,
        calendar: Calendar,
    ):
        with self.uploading(data_dir) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(2):
                report = house.cleanup.run(service)
                assert (report.items, report.staged) == ((), 0)
                calendar.pass_hours(200)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "committed\n"
            assert house.cleanup.run(service).items == ()
            with storage.open_object("photos", "from/afar", service, verify=True) as reader:
                assert reader.read() == b"half and " * 10_000 + b"half"

    def test_what_a_dead_process_staged_is_swept(
        self, house: Housekeeping, bucket: Bucket, data_dir: Path, service: RlsContext
    ):
        with self.uploading(data_dir) as process:
            process.kill()
            process.wait()
            assert house.cleanup.run(service).staged == 1
        assert by_jobs(house.audit, 1)[0].operation == Operation.STAGED_SWEPT

    def test_an_upload_that_commits_between_the_survey_and_the_lock(
        self, workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, calendar: Calendar
    ):
        house = housekeeping(workspace, calendar)
        surveyor = house.cleanup._surveyor
        rows = surveyor._all_rows

        def late_rows(cancel: CancelToken) -> Iterator[tuple[object, str]]:
            yield from rows(cancel)
            storage.upload("photos", "late", b"late", service)  # after the rows are read, before files are listed

        surveyor._all_rows = late_rows  # type: ignore[method-assign]
        assert house.cleanup.run(service).items == ()


class TestAudit:
    def test_it_forgets_what_is_older_than_a_year_and_keeps_the_newest(
        self, workspace: Workspace, house: Housekeeping, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(limits, "AUDIT_KEPT_MIN", 3)
        monkeypatch.setattr(limits, "AUDIT_BATCH", 2)
        service = RlsContext.service()

        def write(*paths: str) -> None:
            with workspace._core.executor.transaction(service) as tx:
                for path in paths:
                    house.audit.record(tx, "me", Operation.SET_ASIDE, None, path, {})

        write("a", "b", "c", "d", "e")
        calendar.pass_hours(100)
        write("f")
        calendar.pass_hours(365 * 24 - 50)
        house.cleanup.run(service, dry_run=True)
        assert len(by_jobs(house.audit, 10)) == 6
        house.cleanup.run(service)
        assert [entry.path for entry in by_jobs(house.audit, 10)] == ["f", "e", "d"]
        calendar.pass_hours(200)
        write("g", "h")
        house.cleanup.run(service)
        assert [entry.path for entry in by_jobs(house.audit, 10)] == ["h", "g", "f"]


class TestTurns:
    def test_it_runs_once_an_hour_whoever_does_it(
        self, workspace: Workspace, house: Housekeeping, stray: str, clock: Clock, calendar: Calendar
    ):
        other = housekeeping(workspace, calendar)
        token = CancelToken()
        assert house.cleanup.run_if_due(token) is not None
        assert other.cleanup.run_if_due(token) is None
        calendar.pass_hours(0.9)
        assert other.cleanup.run_if_due(token) is None
        calendar.pass_hours(0.2)
        assert other.cleanup.run_if_due(token) is not None

    def test_the_workspace_does_it_by_itself(self, workspace: Workspace, stray: str, clock: Clock):
        clock.now_s = 119.0
        workspace.jobs.run_due()
        assert workspace.housekeeping.orphans_total.value == 0
        clock.now_s = 120.0
        workspace.jobs.run_due()
        assert workspace.housekeeping.orphans_total.value == 1
