"""A disk that is full, broken or forbidden: the right error, nothing lost, nothing left behind, nothing held open."""

from __future__ import annotations

import contextlib
import gc
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import (
    DiskFull,
    FileTooLarge,
    IoError,
    PermissionDenied,
    StorageError,
    TooManyOpenFiles,
)
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace
from tests.engine.backends.failing_calls import SUPPORTED, FailingCalls, error_named

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="the calls are told apart by /proc")

REPLACE = UploadOptions(replace=True, mime_type="text/plain")
LARGE = b"large " * 400_000
KINDS = {
    "ENOSPC": DiskFull,
    "EDQUOT": DiskFull,
    "EACCES": PermissionDenied,
    "EROFS": PermissionDenied,
    "EFBIG": FileTooLarge,
    "EMFILE": TooManyOpenFiles,
    "ENFILE": TooManyOpenFiles,
    "EIO": IoError,
}


@pytest.fixture
def faults(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[FailingCalls]:
    """Return what lets calls on stored files fail."""
    failing = FailingCalls(monkeypatch, workspace.settings.storage_dir)
    yield failing
    failing.heal()


@pytest.fixture(autouse=True)
def stored(storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
    """Store what must not suffer."""
    for name in ("a", "b0", "b1", "b2", "source"):
        storage.upload("photos", name, b"old " + name.encode(), service)


def open_files() -> list[str]:
    """Return what is held open, but for the connections of the database, which are kept for the next use."""
    gc.collect()
    targets = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            targets.append(str(link.readlink()))
    return sorted(target for target in targets if "/holdall.db" not in target and "/proc/" not in target)


def staged(workspace: Workspace) -> list[str]:
    folder = workspace.settings.storage_dir / ".staging"
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


def content(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def upload_small(storage: FileStorage, service: RlsContext, _: Path) -> None:
    storage.upload("photos", "a", b"new", service, REPLACE)


def upload_session(storage: FileStorage, service: RlsContext, _: Path) -> None:
    with storage.begin_upload("photos", "a", service, REPLACE) as session:
        for start in range(0, len(LARGE), 500_000):
            session.write(LARGE[start : start + 500_000])
        session.commit()


def upload_stream(storage: FileStorage, service: RlsContext, _: Path) -> None:
    storage.upload("photos", "a", io.BytesIO(LARGE), service, REPLACE)


def upload_path(storage: FileStorage, service: RlsContext, folder: Path) -> None:
    (folder / "large").write_bytes(LARGE)
    storage.upload("photos", "a", folder / "large", service, REPLACE)


def copy(storage: FileStorage, service: RlsContext, _: Path) -> None:
    storage.copy("photos", "source", "a", service, replace=True)


def upload_few(storage: FileStorage, service: RlsContext, folder: Path) -> None:
    upload_many(storage, service, folder, 3)


def upload_batch(storage: FileStorage, service: RlsContext, folder: Path) -> None:
    upload_many(storage, service, folder, 12)


def upload_many(storage: FileStorage, service: RlsContext, folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"b{number}").write_bytes(LARGE if number == 1 else b"new")
    items = [UploadItem(folder / f"b{number}", f"b{number}") for number in range(count)]
    report = storage.upload_many("photos", items, service, REPLACE)
    if report.failures:
        raise report.failures[0].error


Use = Callable[[FileStorage, RlsContext, Path], None]
ALL_BY_CALL: list[tuple[str, list[Use]]] = [
    ("create", [upload_small, upload_session, upload_stream, upload_path, copy, upload_few, upload_batch]),
    ("write", [upload_small, upload_session, upload_stream, upload_path, copy, upload_few, upload_batch]),
    ("fsync", [upload_small, upload_session, upload_stream, upload_path, copy, upload_few]),
    ("syncfs", [upload_batch]),
]
CASES = [(call, use) for call, uses in ALL_BY_CALL for use in uses]


@pytest.mark.parametrize(("call", "use"), CASES, ids=[f"{call}-{use.__name__}" for call, use in CASES])
@pytest.mark.parametrize("number", ["ENOSPC", "EIO"])
def test_a_failed_upload_leaves_all_as_it_was(
    workspace: Workspace,
    storage: FileStorage,
    service: RlsContext,
    tmp_path: Path,
    faults: FailingCalls,
    call: str,
    use: Use,
    number: str,
) -> None:
    before = open_files()
    faults.fail(call, error_named(number))

    with pytest.raises(StorageError) as caught:
        use(storage, service, tmp_path)

    assert type(caught.value) is KINDS[number]
    assert faults.counts[call] > 0
    assert open_files() == before
    faults.heal()
    assert staged(workspace) == []
    assert {info.path for info in storage.walk("photos", "", service)} == {"a", "b0", "b1", "b2", "source"}
    for name in ("a", "b0", "b1", "b2"):
        expected = {b"old " + name.encode()} | ({b"new", LARGE} if use in {upload_few, upload_batch} else set())
        assert content(storage, name, service) in expected
    assert storage.check(service).findings == ()

    use(storage, service, tmp_path)
    assert storage.check(service).findings == ()


@pytest.mark.parametrize("number", KINDS)
def test_each_fault_has_its_own_name_and_hint(
    storage: FileStorage, service: RlsContext, tmp_path: Path, faults: FailingCalls, number: str
) -> None:
    faults.fail("create", error_named(number))

    with pytest.raises(StorageError) as caught:
        upload_small(storage, service, tmp_path)

    assert type(caught.value) is KINDS[number]
    assert caught.value.hint
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("use", [upload_session, upload_path, upload_few])
def test_a_disk_that_fills_up_half_way_leaves_nothing(
    workspace: Workspace,
    storage: FileStorage,
    service: RlsContext,
    tmp_path: Path,
    faults: FailingCalls,
    use: Use,
) -> None:
    before = open_files()
    faults.fail("write", error_named("ENOSPC"), after=1)

    with pytest.raises(DiskFull):
        use(storage, service, tmp_path)

    assert staged(workspace) == []
    assert open_files() == before
    assert content(storage, "a", service) == b"old a"


@pytest.mark.parametrize("use", [upload_small, upload_session, upload_path, copy, upload_few, upload_batch])
def test_a_failed_flush_is_never_retried(
    storage: FileStorage, service: RlsContext, tmp_path: Path, faults: FailingCalls, use: Use
) -> None:
    faults.fail("fsync", error_named("EIO"))
    faults.fail("syncfs", error_named("EIO"))

    with pytest.raises(IoError):
        use(storage, service, tmp_path)

    assert faults.counts["fsync"] + faults.counts["syncfs"] == 1


@pytest.mark.parametrize("call", ["rename", "replace", "mkdir", "fsync"])
@pytest.mark.parametrize("number", ["ENOSPC", "EIO", "EACCES"])
def test_a_stored_object_whose_file_cannot_follow_yet_is_there_all_the_same(
    workspace: Workspace,
    storage: FileStorage,
    service: RlsContext,
    faults: FailingCalls,
    call: str,
    number: str,
) -> None:
    path = "a" if call == "replace" else "new/folder/x"
    before = open_files()
    # The first two make the staged bytes durable; after them the folders are.
    faults.fail(call, error_named(number), after=2 if call == "fsync" else 0)

    storage.upload("photos", path, b"new", service, REPLACE)

    assert faults.counts[call] > 0
    assert content(storage, path, service) == b"new"
    assert open_files() == before
    faults.heal()
    assert content(storage, path, service) == b"new"
    assert storage.check(service).findings == ()
    assert staged(workspace) == []
    assert content(storage, path, service) == b"new"


@pytest.mark.parametrize("call", ["unlink", "rename", "fsync"])
def test_deletes_and_moves_whose_files_cannot_follow_yet_are_done_all_the_same(
    storage: FileStorage, bucket: Bucket, service: RlsContext, faults: FailingCalls, call: str, data_dir: Path
) -> None:
    faults.fail(call, error_named("EIO"))

    storage.delete("photos", "a", service)
    storage.move("photos", "b0", "moved/b0", service)

    assert not storage.exists("photos", "a", service)
    assert storage.exists("photos", "moved/b0", service)
    faults.heal()
    assert content(storage, "moved/b0", service) == b"old b0"
    assert storage.check(service).findings == ()
    left = {path.name for path in (data_dir / "storage" / bucket.id).iterdir()}
    assert left == {"moved", "b1", "b2", "source"}


def test_bytes_that_cannot_be_read_are_an_error_and_not_missing(
    storage: FileStorage, service: RlsContext, faults: FailingCalls
) -> None:
    faults.fail("read", error_named("EIO"))

    with storage.open_object("photos", "a", service) as reader, pytest.raises(IoError):
        reader.read()

    faults.heal()
    assert content(storage, "a", service) == b"old a"


def test_a_folder_that_may_not_be_entered_is_an_error_and_not_missing(
    workspace: Workspace, storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: object, flags: int, *arguments: object, **options: object) -> int:
        if options.get("dir_fd") is not None:
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        with pytest.raises(PermissionDenied):
            storage.open_object("photos", "a", service)

    assert content(storage, "a", service) == b"old a"
