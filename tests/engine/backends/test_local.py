"""What `LocalBackend` promises beyond the protocol: plain files at the specification's place, and nowhere else."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends import folders, local
from engine.backends.base import Outcome
from engine.backends.folders import FolderCache, open_root
from engine.backends.local import LocalBackend
from engine.errors import BackendUnreachable, BytesMissing, IoError, PermissionDenied
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace

BUCKET = "550e8400-e29b-41d4-a716-446655440000"
KEY = f"{BUCKET}/users/123/avatar.jpg"


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder; locks of staging folders and what is noted of buckets are left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock" and path.parent != folder / ".buckets"
    }


def content(storage: FileStorage, path: str, service: RlsContext) -> bytes:
    with storage.open_object("photos", path, service, verify=True) as reader:
        return reader.read()


def is_clean(storage: FileStorage, service: RlsContext) -> bool:
    return storage.check(service).findings == ()


class TestPlace:
    def test_an_object_is_a_plain_file_at_the_place_that_the_specification_names(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path
    ) -> None:
        storage.upload("photos", "users/123/avatar.jpg", b"bytes", service)

        assert files_below(data_dir / "storage") == {f"{bucket.id}/users/123/avatar.jpg": b"bytes"}
        mode = (data_dir / "storage" / bucket.id / "users/123/avatar.jpg").stat().st_mode
        assert stat.S_ISREG(mode)
        assert not mode & 0o111

    @pytest.mark.parametrize(
        ("path", "place"),
        [
            ("a/", "a/%"),
            ("a//b", "a/%/b"),
            ("100%", "100%25"),
            ("été/日本.txt", "été/日本.txt"),
            ("x" * 200, "x" * 200),
            (".staging/x", ".staging/x"),
        ],
    )
    def test_odd_paths_have_readable_places(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path, path: str, place: str
    ) -> None:
        storage.upload("photos", path, b"" if path.endswith("/") else b"bytes", service)

        assert list(files_below(data_dir / "storage")) == [f"{bucket.id}/{place}"]

    @pytest.mark.parametrize(
        "paths",
        [
            ["a", "a/b", "a/b/c"],
            ["a/b/c", "a/b", "a"],
            ["a/", "a", "a//", "a///", "a//b"],
            ["caf\u00e9", "cafe\u0301"],
            ["Photo.jpg", "photo.jpg", "PHOTO.JPG"],
            ["%conflict/x", "%conflict", "%25conflict", "%2F", "%"],
            ["n" * 255, "n" * 256, "n" * 1024],
            ["/".join("d" * 512), "/".join("d" * 511)],
            [".lock", ".staging", ".lost+found/x", "..."],
        ],
        ids=range(9),
    )
    def test_paths_that_stand_in_each_others_way_are_all_kept(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, paths: list[str]
    ) -> None:
        contents = {path: b"" if path.endswith("/") else path.encode() for path in paths}
        for path, data in contents.items():
            storage.upload("photos", path, data, service)

        assert {info.path for info in storage.walk("photos", "", service)} == set(paths)
        for path, data in contents.items():
            assert content(storage, path, service) == data
        assert is_clean(storage, service)

        for path in paths:
            storage.delete("photos", path, service)
        assert is_clean(storage, service)

    def test_the_place_of_a_moved_object_follows_its_path(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path
    ) -> None:
        storage.upload("photos", "old/deep/x", b"bytes", service)
        storage.move("photos", "old/deep/x", "new/y", service)

        assert files_below(data_dir / "storage" / bucket.id) == {"new/y": b"bytes"}
        assert [path.name for path in (data_dir / "storage" / bucket.id).iterdir()] == ["new"]

    def test_an_object_in_the_way_of_another_gets_its_own_place_once_it_is_free(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path
    ) -> None:
        storage.upload("photos", "a", b"file", service)
        storage.upload("photos", "a/b", b"below a file", service)
        storage.delete("photos", "a", service)
        storage.move("photos", "a/b", "c/b", service)
        storage.move("photos", "c/b", "a/b", service)

        assert files_below(data_dir / "storage" / bucket.id) == {"a/b": b"below a file"}

    def test_folders_that_become_empty_go_but_not_the_buckets(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path
    ) -> None:
        storage.upload("photos", "a/b/c/d", b"bytes", service)
        storage.delete("photos", "a/b/c/d", service)

        assert list((data_dir / "storage" / bucket.id).iterdir()) == []

        storage.delete_bucket("photos", service)
        assert not (data_dir / "storage" / bucket.id).exists()


class TestObstacles:
    def test_a_write_whose_way_is_barred_says_so(self, local_backend: LocalBackend) -> None:
        local_backend.write(f"{BUCKET}/a", b"file")

        with pytest.raises(IoError, match="stands in the way"):
            local_backend.write(f"{BUCKET}/a/b", b"below")

        assert local_backend.read(f"{BUCKET}/a") == b"file"

    def test_what_cannot_be_put_aside_stays(self, local_backend: LocalBackend, root: Path) -> None:
        local_backend.write(KEY, b"bytes")
        (root / ".lost+found").write_bytes(b"a file where a folder should be")

        with pytest.raises(IoError, match="stands in the way"):
            local_backend.set_aside(KEY, "now")

        assert local_backend.read(KEY) == b"bytes"

    def test_a_pipe_or_a_folder_among_the_files_is_no_content_and_hangs_nobody(
        self, local_backend: LocalBackend, root: Path
    ) -> None:
        (root / BUCKET / "folder").mkdir(parents=True)
        os.mkfifo(root / BUCKET / "pipe")

        assert local_backend.open(f"{BUCKET}/pipe") is None
        assert not local_backend.exists(f"{BUCKET}/folder")
        assert list(local_backend.list()) == []
        with pytest.raises(BytesMissing):
            local_backend.read(f"{BUCKET}/pipe")

    @pytest.mark.parametrize("removals", [1, 3])
    def test_a_folder_that_another_program_removes_in_mid_publication_is_made_again(
        self, local_backend: LocalBackend, root: Path, monkeypatch: pytest.MonkeyPatch, removals: int
    ) -> None:
        local_backend.stage_bytes("v1", b"bytes")
        rename, left = folders.PosixFolder.rename, [removals]

        def remove_first(*arguments: object, **options: bool) -> None:
            if left[0]:
                left[0] -= 1
                shutil.rmtree(root / BUCKET)
            rename(*arguments, **options)

        monkeypatch.setattr(folders.PosixFolder, "rename", remove_first)
        with local_backend.changes() as changes:
            assert changes.publish(local_backend.staging, "v1", KEY, replace=False) is Outcome.DONE
            changes.sync()

        assert local_backend.read(KEY) == b"bytes"

    def test_a_folder_that_goes_on_disappearing_fails_the_publication_and_keeps_the_bytes(
        self, local_backend: LocalBackend, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local_backend.stage_bytes("v1", b"bytes")
        rename = folders.PosixFolder.rename

        def remove_first(*arguments: object, **options: bool) -> None:
            shutil.rmtree(root / BUCKET)
            rename(*arguments, **options)

        monkeypatch.setattr(folders.PosixFolder, "rename", remove_first)
        with pytest.raises(IoError), local_backend.changes() as changes:
            changes.publish(local_backend.staging, "v1", KEY, replace=False)

        staged = local_backend.open_staged(local_backend.staging, "v1")
        assert staged is not None
        staged.close()

    def test_few_folders_are_held_open_however_deep_a_path_is(self, local_backend: LocalBackend, root: Path) -> None:
        opened = open_root(root)
        cache = FolderCache(opened, capacity=10)

        folder = cache.folder("/".join("d" * 100), create=True)

        assert folder.names() == []
        assert len(cache._open) <= 10
        cache.sync()
        cache.close()
        opened.close()

    def test_tidying_goes_on_where_another_process_stopped(self, local_backend: LocalBackend, root: Path) -> None:
        (root / BUCKET / "a" / "b").mkdir(parents=True)  # a/b/c went, then the process died

        local_backend.delete(f"{BUCKET}/a/b/c/x")

        assert list((root / BUCKET).iterdir()) == []

    def test_a_publication_that_is_repeated_for_a_vanished_file_leaves_no_folder(
        self, local_backend: LocalBackend, root: Path
    ) -> None:
        for _ in range(2):
            with local_backend.changes() as changes:
                assert changes.publish(local_backend.staging, "gone", KEY, replace=False) is Outcome.GONE
                changes.sync()

        assert not [path for path in root.glob("*/**") if path.is_dir() and "users" in path.parts]


class TestClones:
    """Where the file system lets files share their content."""

    @pytest.fixture(autouse=True)
    def sharing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def clone(source_fd: int, target_fd: int) -> bool:
            os.pwrite(target_fd, os.pread(source_fd, 100_000_000, 0), 0)
            return True

        monkeypatch.setattr("engine.backends.ingest.clone", clone)

    @pytest.mark.parametrize(("asked", "got"), [(4, b"0123"), (10, b"0123456789"), (20, b"0123456789")])
    def test_no_more_is_taken_than_was_asked_for(
        self, local_backend: LocalBackend, tmp_path: Path, asked: int, got: bytes
    ) -> None:
        (tmp_path / "source").write_bytes(b"0123456789")
        heard: list[int] = []
        with (tmp_path / "source").open("rb", buffering=0) as file:
            staged = local_backend.ingest("v1", file, asked, heard.append)

        assert staged.size_bytes == len(got) == heard[-1]
        assert staged.checksum == hashlib.sha256(got).hexdigest()
        reader = local_backend.open_staged(local_backend.staging, "v1")
        assert reader is not None
        assert reader.read_at(0, 100) == got
        reader.close()


class TestUnreachable:
    @pytest.fixture
    def gone(self, local_backend: LocalBackend, root: Path) -> LocalBackend:
        """Store something, then let the storage folder disappear, as when a disk is unplugged."""
        local_backend.write(KEY, b"bytes")
        local_backend.stage_bytes("v1", b"staged")
        root.rename(root.with_name("elsewhere"))
        shutil.rmtree(root.with_name("elsewhere"))
        return local_backend

    @pytest.mark.parametrize(
        "use",
        [
            lambda backend: backend.read(KEY),
            lambda backend: backend.open(KEY),
            lambda backend: backend.exists(KEY),
            lambda backend: backend.write(KEY, b"new"),
            lambda backend: backend.stage("v2"),
            lambda backend: backend.stage_bytes("v2", b"new"),
            lambda backend: backend.flush(["v1"]),
            lambda backend: backend.open_staged(backend.staging, "v1"),
            lambda backend: backend.delete(KEY),
            lambda backend: backend.set_aside(KEY, "now"),
            lambda backend: backend.sweep(lambda _: True),
        ],
        ids=range(11),
    )
    def test_a_storage_folder_that_is_gone_is_told_from_missing_bytes(
        self, gone: LocalBackend, use: Callable[[LocalBackend], object], root: Path
    ) -> None:
        with pytest.raises(BackendUnreachable) as caught:
            use(gone)

        assert str(root) in str(caught.value)
        assert caught.value.retryable

    def test_work_on_files_that_cannot_be_found_is_not_taken_for_done(self, gone: LocalBackend) -> None:
        def publish() -> None:
            with gone.changes() as changes:
                assert changes.publish(gone.staging, "v1", KEY, replace=False) is Outcome.GONE
                changes.sync()

        with pytest.raises(BackendUnreachable):
            publish()

    def test_an_upload_into_a_missing_storage_folder_keeps_nothing(
        self, workspace: Workspace, bucket: Bucket, service: RlsContext
    ) -> None:
        storage = workspace.storage
        shutil.rmtree(workspace.settings.storage_dir)

        with pytest.raises(BackendUnreachable):
            storage.upload("photos", "a", b"bytes", service)

        assert not storage.exists("photos", "a", service)

    def test_a_folder_that_cannot_be_made_is_refused_at_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")

        with pytest.raises(IoError):
            LocalBackend(tmp_path / "file" / "storage")

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
    def test_a_folder_that_may_not_be_written_is_refused_at_the_start(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(PermissionDenied) as caught:
                LocalBackend(tmp_path / "storage")
        finally:
            tmp_path.chmod(0o700)

        assert caught.value.hint

    def test_a_backend_that_cannot_be_opened_leaves_no_lease(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_: Path) -> object:
            raise PermissionError(13, "Permission denied", str(root))

        with monkeypatch.context() as patched:
            patched.setattr(local, "open_root", refuse)
            with pytest.raises(PermissionDenied):
                LocalBackend(root)

        assert list((root / ".staging").iterdir()) == []


class TestAdopting:
    def test_a_strangers_file_and_every_name_above_it_become_durable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend = LocalBackend(tmp_path)
        file = tmp_path / KEY
        file.parent.mkdir(parents=True)
        file.write_bytes(b"strange")
        synced: set[int] = set()
        real = os.fsync
        monkeypatch.setattr(os, "fsync", lambda fd: (synced.add(os.fstat(fd).st_ino), real(fd))[1])

        with backend.changes() as changes:
            assert changes.adopt(KEY) is Outcome.DONE
            changes.sync()

        above = [file.parent, file.parent.parent, tmp_path / BUCKET, tmp_path]
        assert synced >= {place.stat().st_ino for place in (file, *above)}
        backend.close()

    def test_nothing_is_adopted_through_a_link(self, tmp_path: Path) -> None:
        backend = LocalBackend(tmp_path / "storage")
        (tmp_path / "elsewhere").write_bytes(b"strange")
        link = tmp_path / "storage" / KEY
        link.parent.mkdir(parents=True)
        link.symlink_to(tmp_path / "elsewhere")

        with backend.changes() as changes:
            assert changes.adopt(KEY) is Outcome.GONE
        backend.close()
