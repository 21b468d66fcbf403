"""What a person reads when the machine is at fault, and that nothing else comes of it.

The table is the whole of it: what happens, the error, its sentence and its hint. `pytest -s` prints it.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import limits
from engine.errors import (
    BackendUnreachable,
    DatabaseLocked,
    DiskFull,
    FileTooLarge,
    IoError,
    PermissionDenied,
    StorageError,
    TooManyOpenFiles,
)
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadOptions
from engine.workspace import Workspace
from tests.engine.backends.failing_calls import SUPPORTED, FailingCalls, open_files, staged

REPLACE = UploadOptions(replace=True, mime_type="text/plain")
MAIN = Path(__file__).parents[3] / "main.py"
Trouble = Callable[[Workspace, FailingCalls], contextlib.AbstractContextManager[None]]

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="the calls are told apart by /proc")


def failing(call: str, number: int) -> Trouble:
    """Return a trouble in which a system call fails."""

    @contextlib.contextmanager
    def trouble(_: Workspace, calls: FailingCalls) -> Iterator[None]:
        calls.fail(call, number)
        yield
        calls.heal()

    return trouble


@contextlib.contextmanager
def database_held(workspace: Workspace, _: FailingCalls) -> Iterator[None]:
    """Let another connection hold the database."""
    with contextlib.closing(sqlite3.connect(workspace.settings.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def disk_unplugged(workspace: Workspace, _: FailingCalls) -> Iterator[None]:
    """Take the storage folder away, as a disk that is pulled out takes it."""
    folder = workspace.settings.storage_dir
    folder.rename(folder.with_name("elsewhere"))
    yield
    folder.with_name("elsewhere").rename(folder)


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the table.

    Attributes:
        readable: Whether what is stored can be read while it lasts.
    """

    trouble: Trouble
    kind: type[StorageError]
    message: str
    hint: str
    readable: bool = True


RIGHTS = "Check the owner and the permissions of the folder."
DISK = "Check the disk and its cable: it may be failing. What was stored before is unchanged."
SPACE = "Free some space, then try again."
FAULTS = {
    "a full disk": Fault(failing("write", errno.ENOSPC), DiskFull, "The disk is full", SPACE),
    "a used-up quota": Fault(failing("write", errno.EDQUOT), DiskFull, "The disk quota is used up", SPACE),
    "a write that fails": Fault(failing("write", errno.EIO), IoError, "The disk failed to read or write", DISK),
    "a flush that fails": Fault(failing("fsync", errno.EIO), IoError, "The disk failed to read or write", DISK),
    "a file too large": Fault(
        failing("write", errno.EFBIG),
        FileTooLarge,
        "The file is too large for this file system",
        "Store large files on a file system that takes them.",
    ),
    "no rights": Fault(failing("create", errno.EACCES), PermissionDenied, "Access was denied", RIGHTS),
    "a disk made read-only": Fault(
        failing("create", errno.EROFS),
        PermissionDenied,
        "The file system is read-only",
        "Make the disk writable again. Systems make a failing disk read-only, so check it first.",
    ),
    "no descriptors left": Fault(
        failing("create", errno.EMFILE),
        TooManyOpenFiles,
        "Too many files are open",
        "Close some programs or raise the limit, then try again.",
    ),
    "a database in use": Fault(
        database_held,
        DatabaseLocked,
        "The database is in use by another program",
        "Wait for the other program, or close it.",
    ),
    "a disk unplugged": Fault(
        disk_unplugged,
        BackendUnreachable,
        "The storage folder is gone",
        "Connect the disk that holds it, or put the folder back, then try again.",
        readable=False,
    ),
}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a database that is held a moment instead of half a minute."""
    monkeypatch.setattr(limits, "BUSY_TIMEOUT_S", 0.05)


@pytest.fixture
def calls(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> FailingCalls:
    """Return what lets calls on stored files fail."""
    return FailingCalls(monkeypatch, workspace.settings.storage_dir)


def read(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_machine(
    workspace: Workspace, storage: FileStorage, service: RlsContext, calls: FailingCalls, name: str
) -> None:
    fault = FAULTS[name]
    storage.upload("photos", "a", b"old", service)
    before = open_files()

    with fault.trouble(workspace, calls):
        with pytest.raises(StorageError) as caught:
            storage.upload("photos", "a", b"new", service, REPLACE)
        if fault.readable:
            assert read(storage, "a", service) == b"old"
    print(f"{name}: {caught.value} | {caught.value.hint}")

    assert type(caught.value) is fault.kind
    assert (caught.value.message, caught.value.hint) == (fault.message, fault.hint)
    assert read(storage, "a", service) == b"old"
    assert staged(workspace) == []
    assert open_files() == before
    assert storage.check(service).findings == ()
    storage.upload("photos", "a", b"new", service, REPLACE)
    assert read(storage, "a", service) == b"new"


@pytest.mark.parametrize("part", ["", "storage"])
def test_a_file_system_mounted_read_only(tmp_path: Path, part: str) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("mounting needs a right that is missing here")
    (tmp_path / "new").write_text("new")
    data_dir = tmp_path / "data"
    made = [sys.executable, str(MAIN), "mb", "b", "--data-dir", str(data_dir)]
    subprocess.run(made, check=True, capture_output=True)
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    command = [sys.executable, str(MAIN), "put", str(tmp_path / "new"), "b", "--data-dir", str(data_dir)]

    ended = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, str(data_dir / part), *command], capture_output=True, text=True
    )

    assert ended.returncode == 1
    first, second = ended.stderr.strip().splitlines()[-2:]
    assert first.startswith(f"holdall: The file system is read-only: {data_dir / part}")
    assert second.strip() == FAULTS["a disk made read-only"].hint
    assert list((data_dir / "storage" / ".staging").iterdir()) == []


YEAR_NS = 365 * 24 * 3600 * 1_000_000_000


@pytest.mark.parametrize("jump_ns", [-10 * YEAR_NS, -1_000_000, 10 * YEAR_NS])
def test_a_clock_that_jumps_is_no_fault(
    storage: FileStorage, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch, jump_ns: int
) -> None:
    storage.upload("photos", "a", b"old", service)
    storage.upload("photos", "b", b"old", service)
    real = time.time_ns

    monkeypatch.setattr(time, "time_ns", lambda: real() + jump_ns)
    storage.upload("photos", "a", b"new", service, REPLACE)
    storage.move("photos", "b", "d/b", service)
    storage.copy("photos", "a", "c", service)
    storage.delete("photos", "d/b", service)
    monkeypatch.setattr(time, "time_ns", real)
    storage.upload("photos", "c", b"newer", service, REPLACE)

    assert {info.path: read(storage, info.path, service) for info in storage.walk("photos", "", service)} == {
        "a": b"new",
        "c": b"newer",
    }
    assert storage.check(service).findings == ()
    assert storage.empty_bucket(bucket.id, service) == 2
