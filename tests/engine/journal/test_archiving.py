"""Old versions whose own place is taken: their bytes go elsewhere or stay, and no row is told otherwise."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends import local
from engine.config import load_settings
from engine.errors import BytesMissing, StorageError
from engine.files.archive import ARCHIVE_FOLDER
from engine.files.journal import Journal
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, Retention, RlsContext
from engine.workspace import Workspace, open_workspace
from tests.engine.backends.case_ignoring import CaseIgnoringFolder
from tests.engine.journal.helpers import REPLACE, Crash, Reopen, content, open_records

KEEP = Retention(versions=9, trash_days=9)


@pytest.fixture
def bucket(storage: FileStorage, service: RlsContext) -> Bucket:
    return storage.create_bucket("photos", service, retention=KEEP)


def put(storage: FileStorage, path: str, data: bytes, service: RlsContext) -> None:
    storage.upload("photos", path, data, service, REPLACE)


def old(storage: FileStorage, path: str, service: RlsContext) -> list[bytes]:
    """Return what the old versions of a path read, newest first."""
    found = []
    for version in storage.versions.list("photos", path, service):
        if version.id is not None:
            with storage.versions.open("photos", version.id, service, verify=True) as reader:
                found.append(reader.read())
    return found


def taken_back(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    (item,) = (item for item in storage.trash.list("photos", service).items if item.info.path == path)
    assert item.id is not None
    storage.trash.restore("photos", [item.id], service)
    return content(storage, path, service)


class TestAnotherSpelling:
    """The file system ignores case, and a folder below `.versions` is spelled as another object had it."""

    @pytest.fixture
    def workspace(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
        monkeypatch.setattr(local, "open_root", CaseIgnoringFolder)
        with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as opened:
            yield opened

    def test_what_is_replaced_and_what_is_deleted_keep_their_bytes(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ) -> None:
        put(storage, "Photos/a", b"A", service)
        storage.delete("photos", "Photos/a", service)
        for data in (b"one", b"two"):
            put(storage, "photos/b", data, service)
        put(storage, "photos/c", b"three", service)
        storage.delete("photos", "photos/c", service)

        assert old(storage, "photos/b", service) == [b"one"]
        assert content(storage, "photos/b", service) == b"two"
        assert taken_back(storage, "photos/c", service) == b"three"
        assert storage.check(service).findings == ()


@pytest.fixture
def obstructed(storage: FileStorage, bucket: Bucket, service: RlsContext) -> str:
    """Return the path of an object in a folder whose name an old version's file has."""
    version = storage.upload("photos", "x", b"first", service).version
    put(storage, "x", b"second", service)
    path = f"x~{version}/y"
    put(storage, path, b"one", service)
    return path


class TestAFileInTheWay:
    """An object's folder is named as the file of an old version."""

    @pytest.fixture
    def backend(self, data_dir: Path) -> local.LocalBackend:
        return local.LocalBackend(data_dir / "storage")

    def test_the_old_version_goes_elsewhere(self, storage: FileStorage, obstructed: str, service: RlsContext) -> None:
        put(storage, obstructed, b"two", service)

        assert old(storage, obstructed, service) == [b"one"]
        assert content(storage, obstructed, service) == b"two"
        assert storage.check(service).findings == ()

    @pytest.mark.parametrize("before", [False, True])
    def test_whenever_the_process_dies(
        self,
        storage: FileStorage,
        obstructed: str,
        service: RlsContext,
        crash: Crash,
        before: bool,
        reopened: Reopen,
    ) -> None:
        with crash(Journal, "remove", before=before):
            put(storage, obstructed, b"two", service)

        for opened in (reopened(), storage):
            assert old(opened, obstructed, service) == [b"one"]
            assert content(opened, obstructed, service) == b"two"
        assert storage.check(service).findings == ()


@pytest.mark.parametrize("obstacle", ["file", "link"])
class TestNoArchiveAtAll:
    """Where old versions are kept there is something else."""

    @pytest.fixture
    def backend(self, data_dir: Path) -> local.LocalBackend:
        return local.LocalBackend(data_dir / "storage")

    @pytest.fixture
    def archive(self, workspace: Workspace, data_dir: Path, obstacle: str) -> Path:
        path = data_dir / "storage" / ARCHIVE_FOLDER
        if obstacle == "file":
            path.write_bytes(b"in the way")
        else:
            (data_dir / "elsewhere").mkdir()
            path.symlink_to(data_dir / "elsewhere")
        return path

    def test_bytes_stay_until_there_is_one(
        self,
        workspace: Workspace,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        archive: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.CRITICAL)
        for data in (b"one", b"two"):
            put(storage, "a", data, service)
        put(storage, "b", b"three", service)
        storage.delete("photos", "b", service)
        assert content(storage, "a", service) == b"two"
        with pytest.raises(StorageError):
            old(storage, "a", service)
        with pytest.raises(StorageError):
            taken_back(storage, "b", service)
        archive.unlink()

        assert old(storage, "a", service) == [b"one"]
        assert taken_back(storage, "b", service) == b"three"
        assert open_records(workspace) == []
        assert storage.check(service).findings == ()


def test_nothing_comes_out_of_the_trash_without_its_bytes(
    storage: FileStorage, bucket: Bucket, service: RlsContext, workspace: Workspace
) -> None:
    backend = workspace._core.backend
    storage.upload("photos", "a", b"one", service)
    storage.delete("photos", "a", service)
    (entry,) = backend.list(ARCHIVE_FOLDER)
    backend.delete(entry.key)

    with pytest.raises(BytesMissing):
        taken_back(storage, "a", service)
    backend.write(entry.key, b"one")
    assert taken_back(storage, "a", service) == b"one"
