"""The scrub: bit rot is found and stays readable, a pass goes on where it stopped, and no faster than it may."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

import pytest

from engine import limits
from engine.audit import Operation
from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.errors import Cancelled, ChecksumMismatch, DatabaseLocked, Unauthorized
from engine.files.archive import ARCHIVE_FOLDER
from engine.files.quarantine import Problem
from engine.files.throttle import ProgressMeter
from engine.housekeeping import Housekeeping
from engine.jobs.contents import Bytes, Content
from engine.jobs.pace import Pace
from engine.locks import FileLock
from engine.storage import FileStorage
from engine.types import Bucket, Progress, Retention, RlsContext, TreeSize, UploadOptions
from engine.workspace import Workspace
from tests.engine.entries import by_jobs
from tests.engine.jobs.conftest import Calendar, Clock, housekeeping

REPLACE = UploadOptions(replace=True)


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    return storage.create_bucket("photos", service, retention=Retention(versions=5))


@pytest.fixture
def files(storage: FileStorage, bucket: Bucket, data_dir: Path, service: RlsContext) -> list[Path]:
    """Store ten objects, the first of them twice, and return their files."""
    storage.upload("photos", "o0", b"content of old", service)
    for number in range(10):
        storage.upload("photos", f"o{number}", b"content of %d" % number, service, REPLACE)
    return [data_dir / "storage" / bucket.id / f"o{number}" for number in range(10)]


def meter() -> ProgressMeter:
    return ProgressMeter(None, None)


def rot(file: Path) -> None:
    """Flip one bit."""
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(data)


class TestFinding:
    def test_sound_bytes(self, house: Housekeeping, files: list[Path], service: RlsContext):
        state = house.scrub.run(service, meter())
        assert (state.contents, state.problems, state.size_bytes) == (11, 0, 10 * 12 + 14)
        assert state.ended_at is not None
        assert house.scrub.state() == state
        assert house.quarantine.list() == ()

    def test_how_much_there_is_to_read_counts_old_versions_and_marks_of_folders(
        self, house: Housekeeping, storage: FileStorage, files: list[Path], service: RlsContext
    ):
        storage.create_folder("photos", "empty/", service)
        state = house.scrub.run(service, meter())
        assert house.scrub.total() == TreeSize(state.contents, state.size_bytes) == TreeSize(12, 10 * 12 + 14)

    def test_bit_rot_is_noted_and_can_still_be_read(
        self, house: Housekeeping, storage: FileStorage, files: list[Path], service: RlsContext
    ):
        rot(files[3])
        assert house.scrub.run(service, meter()).problems == 1
        (entry,) = house.quarantine.list()
        assert (entry.where, entry.problem) == ("photos/o3", Problem.DAMAGED)
        assert storage.info("photos", "o3", service).problem == "damaged"
        assert by_jobs(house.audit, 1)[0].operation == Operation.QUARANTINED
        with storage.open_object("photos", "o3", service) as reader:
            assert reader.read() == b"bontent of 3"
        with storage.open_object("photos", "o3", service, verify=True) as reader, pytest.raises(ChecksumMismatch):
            reader.read()

        assert house.scrub.run(service, meter()).problems == 1
        assert len(by_jobs(house.audit, 10)) == 1

    def test_bytes_that_are_sound_again_leave(
        self, house: Housekeeping, storage: FileStorage, files: list[Path], service: RlsContext
    ):
        rot(files[3])
        house.scrub.run(service, meter())
        rot(files[3])
        assert house.scrub.run(service, meter()).problems == 0
        assert storage.info("photos", "o3", service).problem is None
        assert by_jobs(house.audit, 1)[0].operation == Operation.RELEASED

    def test_a_cleanup_removes_nothing_for_being_damaged(
        self, house: Housekeeping, storage: FileStorage, files: list[Path], service: RlsContext, calendar: Calendar
    ):
        rot(files[3])
        house.scrub.run(service, meter())
        calendar.pass_hours(1000)
        assert house.cleanup.run(service).items == ()
        assert storage.info("photos", "o3", service).problem == "damaged"

    def test_old_versions_and_missing_files(
        self, house: Housekeeping, backend: StorageBackend, files: list[Path], data_dir: Path, service: RlsContext
    ):
        (old,) = backend.list(ARCHIVE_FOLDER)
        rot(data_dir / "storage" / old.key)
        files[9].unlink()
        assert house.scrub.run(service, meter()).problems == 2
        found = {(entry.where, entry.problem) for entry in house.quarantine.list()}
        assert found == {("photos/o0", Problem.DAMAGED), ("photos/o9", Problem.MISSING)}

    def test_an_object_that_is_replaced_or_moved_while_it_is_read_is_sound(
        self,
        house: Housekeeping,
        storage: FileStorage,
        files: list[Path],
        service: RlsContext,
        monkeypatch: pytest.MonkeyPatch,
    ):
        opened = Bytes.open

        def late(self: Bytes, content: Content) -> object:
            match content.info.path, content.version_id:
                case "o2", None:
                    storage.upload("photos", "o2", b"another", service, REPLACE)
                case "o4", None:
                    storage.move("photos", "o4", "moved", service)
                case "o6", None:
                    storage.delete("photos", "o6", service, for_good=True)
            return opened(self, content)

        monkeypatch.setattr(Bytes, "open", late)
        assert house.scrub.run(service, meter()).problems == 0
        assert house.quarantine.list() == ()


class TestGoingOn:
    def stopped_at(self, house: Housekeeping, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the pass of a process end after some contents."""
        token = CancelToken()
        left = [count]

        def spend(_: Pace, __: int, cancel: CancelToken) -> None:
            if left[0] == 0:
                token.cancel()
            left[0] -= 1
            cancel.raise_if_cancelled()

        with monkeypatch.context() as patched:
            patched.setattr(Pace, "spend", spend)
            with pytest.raises(Cancelled):
                house.scrub.run_if_due(token)

    @pytest.mark.parametrize("count", [0, 4, 10])
    def test_another_process_goes_on_where_one_stopped(
        self,
        workspace: Workspace,
        house: Housekeeping,
        files: list[Path],
        calendar: Calendar,
        monkeypatch: pytest.MonkeyPatch,
        count: int,
    ):
        self.stopped_at(house, count, monkeypatch)
        other = housekeeping(workspace, calendar)
        state = other.scrub.state()
        assert state is not None
        assert (state.contents, state.ended_at) == (count, None)

        read: list[str] = []
        opened = Bytes.open
        monkeypatch.setattr(
            Bytes, "open", lambda self, content: (read.append(content.info.path), opened(self, content))[1]
        )
        finished = other.scrub.run_if_due(CancelToken())
        assert finished is not None
        assert (finished.contents, len(read)) == (11, 11 - count)
        assert other.scrub.run_if_due(CancelToken()) is None

        calendar.pass_hours(31 * 24)
        again = other.scrub.run_if_due(CancelToken())
        assert again is not None
        assert again.contents == 11

    def test_who_leaves_does_not_wait_for_another_programs_change(
        self, house: Housekeeping, files: list[Path], data_dir: Path, calendar: Calendar
    ):
        cancel = CancelToken()

        def leave(_: Progress) -> None:
            cancel.cancel()

        database = sqlite3.connect(data_dir / "holdall.db", isolation_level=None)
        with contextlib.closing(database):
            database.execute("BEGIN IMMEDIATE")
            began_s = time.monotonic()
            with pytest.raises(Cancelled):
                house.scrub.run(RlsContext.service(), ProgressMeter(leave, cancel), cancel)
            assert time.monotonic() - began_s < limits.BUSY_TIMEOUT_S / 3
            database.execute("ROLLBACK")

    def test_only_one_at_a_time(self, house: Housekeeping, files: list[Path], data_dir: Path, service: RlsContext):
        lock = FileLock(data_dir / ".scrub.lock")
        assert lock.acquire()
        assert house.scrub.run_if_due(CancelToken()) is None
        with pytest.raises(DatabaseLocked):
            house.scrub.run(service, meter())
        lock.release()
        assert house.scrub.run(service, meter()).contents == 11

    def test_the_workspace_does_it_by_itself(self, workspace: Workspace, files: list[Path], clock: Clock):
        workspace.long_jobs.run_due()
        assert workspace.housekeeping.scrub.state() is None
        clock.now_s = 300.0
        workspace.long_jobs.run_due()
        state = workspace.housekeeping.scrub.state()
        assert state is not None
        assert state.contents == 11

    def test_strangers_may_not(self, house: Housekeeping, anon: RlsContext):
        with pytest.raises(Unauthorized):
            house.scrub.run(anon, meter())


class TestPace:
    def test_no_more_bytes_a_second_than_it_may(self):
        clock = Clock()
        pauses: list[float] = []

        def sleep(pause_s: float) -> None:
            pauses.append(pause_s)
            clock.now_s += pause_s

        pace = Pace(1000, clock, sleep)
        for _ in range(10):
            pace.spend(500, CancelToken())
        assert clock.now_s == pytest.approx(5.0)
        assert max(pauses) <= 0.1

        clock.now_s += 100
        pace.spend(1000, CancelToken())
        assert clock.now_s == pytest.approx(106.0)

    def test_a_long_wait_ends_when_it_is_cancelled(self):
        clock, token = Clock(), CancelToken()

        def sleep(pause_s: float) -> None:
            clock.now_s += pause_s
            token.cancel()

        with pytest.raises(Cancelled):
            Pace(1, clock, sleep).spend(1000, token)
        assert clock.now_s <= 0.1

    def test_without_a_bound_nobody_waits(self):
        Pace(0, Clock()).spend(10**9, CancelToken())
