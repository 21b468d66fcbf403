"""`LocalBackend` on a file system that takes names for one that differ in case or Unicode form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends import local
from engine.config import load_settings
from engine.errors import IoError
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadOptions
from engine.workspace import Workspace, open_workspace
from tests.engine.backends.case_ignoring import CaseIgnoringFolder


def content(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def is_clean(storage: FileStorage, service: RlsContext) -> bool:
    return storage.check(service).findings == ()


class TestCaseIgnored:
    """On a file system that ignores case and Unicode form."""

    @pytest.fixture
    def workspace(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
        monkeypatch.setattr(local, "open_root", CaseIgnoringFolder)
        with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32))) as opened:
            yield opened

    @pytest.mark.parametrize(
        "paths",
        [
            ["Photo.jpg", "photo.jpg", "PHOTO.JPG"],
            ["photos/a", "Photos/b", "PHOTOS/A", "photos/B"],
            ["caf\u00e9/x", "cafe\u0301/y", "caf\u00e9", "cafe\u0301"],
            ["a", "A/b", "a/B", "A"],
            ["A/b/C/d", "a/B/c/D", "A/B/C/D"],
        ],
        ids=range(5),
    )
    def test_names_that_are_one_to_the_disk_are_two_objects(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, paths: list[str]
    ) -> None:
        for path in paths:
            storage.upload("photos", path, path.encode(), service)

        assert {info.path for info in storage.walk("photos", "", service)} == set(paths)
        for path in paths:
            assert content(storage, path, service) == path.encode()
        assert is_clean(storage, service)

    def test_twins_are_replaced_moved_and_deleted_apart(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ) -> None:
        for path in ("Photo", "photo"):
            storage.upload("photos", path, path.encode(), service)
        storage.upload("photos", "photo", b"replaced", service, UploadOptions(replace=True))
        storage.move("photos", "Photo", "PHOTO", service)
        assert content(storage, "PHOTO", service) == b"Photo"
        assert content(storage, "photo", service) == b"replaced"

        storage.delete("photos", "PHOTO", service)

        assert content(storage, "photo", service) == b"replaced"
        assert is_clean(storage, service)

    def test_a_folder_is_renamed_to_another_spelling(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ) -> None:
        for name in ("a", "b"):
            storage.upload("photos", f"trip/{name}", name.encode(), service)

        assert storage.move_folder("photos", "trip/", "Trip/", service) == 2

        assert [content(storage, f"Trip/{name}", service) for name in "ab"] == [b"a", b"b"]
        assert is_clean(storage, service)

    def test_a_key_in_another_spelling_is_not_reused_while_work_on_it_is_half_done(
        self, workspace: Workspace, bucket: Bucket, service: RlsContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage = workspace.storage
        storage.upload("photos", "name", b"moved", service)

        def fail(*_: object) -> None:
            raise IoError("the database is full")

        with monkeypatch.context() as patched:
            patched.setattr(workspace._core.journal, "remove", fail)
            storage.move("photos", "name", "elsewhere", service)
        storage.upload("photos", "NAME", b"new", service)

        assert content(storage, "elsewhere", service) == b"moved"
        assert content(storage, "NAME", service) == b"new"
        assert is_clean(storage, service)
