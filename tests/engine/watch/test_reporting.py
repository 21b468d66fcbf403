"""Changes by other programs that are reported, and what is too much to follow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import limits
from engine.audit import Operation
from engine.storage import FileStorage
from engine.types import RlsContext, UploadItem
from engine.watch.watcher import Watcher
from engine.workspace import Workspace
from tests.engine.entries import by_jobs
from tests.engine.watch.conftest import Told, content_of, wait_until

Run = Callable[..., None]


def test_an_edit_is_damage(
    storage: FileStorage, service: RlsContext, workspace: Workspace, reporting: Watcher, told: Told, outside: Run
) -> None:
    before = storage.upload("photos", "a.txt", b"before", service)
    outside("open('a.txt', 'w').write('after!')")
    assert told.wait() == [("edited", "a.txt", False)]
    info = storage.info("photos", "a.txt", service)
    assert (info.version, info.checksum, info.problem) == (before.version, before.checksum, "damaged")
    assert by_jobs(workspace.housekeeping.audit, 1)[0].operation == Operation.QUARANTINED
    outside("open('a.txt', 'w').write('before')")
    wait_until(lambda: storage.info("photos", "a.txt", service).problem is None)
    assert by_jobs(workspace.housekeeping.audit, 1)[0].operation == Operation.RELEASED
    assert content_of(storage, "a.txt", service) == b"before"


def test_a_deleted_file_is_missing_until_it_comes_back(
    storage: FileStorage, service: RlsContext, reporting: Watcher, told: Told, outside: Run
) -> None:
    storage.upload("photos", "a.txt", b"before", service)
    outside("os.rename('a.txt', '../away')")
    assert told.wait() == [("deleted", "a.txt", False)]
    assert storage.info("photos", "a.txt", service).problem == "missing"
    outside("os.rename('../away', 'a.txt')")
    wait_until(lambda: storage.info("photos", "a.txt", service).problem is None)


def test_a_stray_file_is_told_of_once_and_left(
    storage: FileStorage, service: RlsContext, workspace: Workspace, reporting: Watcher, told: Told, outside: Run
) -> None:
    outside("open('stray.txt', 'w').write('x')")
    assert told.wait() == [("added", "stray.txt", False)]
    assert not list(storage.walk("photos", "", service))
    assert by_jobs(workspace.housekeeping.audit, 1)[0].operation == Operation.OUTSIDE_REPORTED
    told.changes.clear()
    outside("os.utime('stray.txt'); open('stray.txt', 'a').close()")
    told.nothing()


def test_too_many_deletions_are_only_reported(
    storage: FileStorage,
    service: RlsContext,
    taking_in: Watcher,
    told: Told,
    outside: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path,
) -> None:
    monkeypatch.setattr(limits, "CLEANUP_REMOVALS_MIN", 20)
    file = tmp_path / "file"
    file.write_bytes(b"x")
    storage.upload_many("photos", [UploadItem(file, f"{number}.txt") for number in range(60)], service)
    outside("for n in range(15): os.unlink(f'{n}.txt')")
    wait_until(lambda: sum(one.count for one in told.changes) >= 15)
    assert all(one.taken_in for one in told.changes)
    outside("for n in range(15, 60): os.unlink(f'{n}.txt'); time.sleep(0.02)")
    wait_until(lambda: sum(one.count for one in told.changes) >= 60)
    assert {one.taken_in for one in told.changes} == {True, False}
    left = list(storage.walk("photos", "", service))
    assert len(left) == 45
    assert {storage.info("photos", one.path, service).problem for one in left} == {"missing"}


def test_a_bucket_whose_folder_is_gone_loses_nothing(
    storage: FileStorage, service: RlsContext, taking_in: Watcher, told: Told, outside: Run, folder
) -> None:
    storage.upload("photos", "a.txt", b"x", service)
    outside("os.rename(os.getcwd(), os.getcwd() + '-away')")
    assert told.wait() == [("deleted", "a.txt", False)]
    assert storage.info("photos", "a.txt", service).problem == "missing"


def test_a_storage_folder_that_is_gone_is_no_deletion(
    storage: FileStorage, service: RlsContext, workspace: Workspace, taking_in: Watcher, told: Told, outside: Run
) -> None:
    storage.upload("photos", "a.txt", b"x", service)
    root = workspace.settings.storage_dir
    outside(f"os.unlink('a.txt'); os.rename({str(root)!r}, {str(root) + '-away'!r})")
    told.nothing()
    outside_root = root.with_name(root.name + "-away")
    outside_root.rename(root)
    assert storage.exists("photos", "a.txt", service)
    assert storage.info("photos", "a.txt", service).problem is None
