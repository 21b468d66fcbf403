"""Reading objects and downloading them to files and folders."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import limits
from engine.backends.base import StorageBackend
from engine.backends.memory import MemoryBackend
from engine.cancel import CancelToken
from engine.errors import (
    BucketNotFound,
    BytesMissing,
    Cancelled,
    ChecksumMismatch,
    DiskFull,
    InvalidKey,
    IoError,
    ObjectNotFound,
    TargetExists,
)
from engine.files import local_names, throttle, trees
from engine.files.local_names import LocalNames, local_name
from engine.storage import FileStorage
from engine.types import Bucket, Progress, RlsContext, StorageObject, UploadItem, UploadOptions

DATA = bytes(range(256)) * 5000
Damage = Callable[[StorageObject, bytes | None], None]


@pytest.fixture
def stored(storage: FileStorage, bucket: Bucket, service: RlsContext) -> StorageObject:
    """Store a little more than a megabyte as `a/b.bin`."""
    moment = datetime(2009, 2, 13, 23, 31, 30, 123456, UTC)
    return storage.upload("photos", "a/b.bin", DATA, service, UploadOptions(modified_at=moment))


@pytest.fixture
def damage(backend: StorageBackend, data_dir: Path) -> Damage:
    """Return a function that puts other bytes, or none, where an object's bytes are."""

    def put(stored: StorageObject, data: bytes | None) -> None:
        key = f"{stored.bucket_id}/{stored.path}"
        if isinstance(backend, MemoryBackend):
            if data is None:
                del backend._stored[key]
            else:
                backend._stored[key] = data
        elif data is None:
            (data_dir / "storage" / key).unlink()
        else:
            (data_dir / "storage" / key).write_bytes(data)

    return put


class TestReader:
    def test_read(self, storage: FileStorage, stored: StorageObject, service: RlsContext):
        with storage.open_object("photos", "a/b.bin", service) as reader:
            assert (reader.info, reader.size) == (stored, len(DATA))
            assert reader.read(10) == DATA[:10]
            assert reader.read(0) == b""
            assert reader.read(7) == DATA[10:17]
            assert reader.read() == DATA[17:]
            assert reader.read() == reader.read(5) == b""

    def test_a_read_of_more_than_there_is_gives_what_there_is(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext
    ):
        with storage.open_object("photos", "a/b.bin", service) as reader:
            assert reader.read(2**62) == DATA
            assert reader.read_at(len(DATA) - 3, 2**62) == DATA[-3:]

    def test_readinto(self, storage: FileStorage, stored: StorageObject, service: RlsContext):
        with storage.open_object("photos", "a/b.bin", service, verify=True) as reader:
            buffer = bytearray(300_000)
            got = bytearray()
            assert reader.readinto(bytearray()) == 0
            while count := reader.readinto(buffer):
                got += buffer[:count]
            assert got == DATA
            assert reader.readinto(memoryview(buffer)) == 0

    def test_read_at_stands_apart_from_reading(self, storage: FileStorage, stored: StorageObject, service: RlsContext):
        with storage.open_object("photos", "a/b.bin", service, verify=True) as reader:
            assert reader.read(5) == DATA[:5]
            assert reader.read_at(1000, 20) == DATA[1000:1020]
            assert reader.read_at(len(DATA), 20) == reader.read_at(len(DATA) + 5, 20) == b""
            assert reader.read_at(0, 0) == b""
            assert reader.read() == DATA[5:]

    def test_chunks(self, storage: FileStorage, stored: StorageObject, service: RlsContext):
        with storage.open_object("photos", "a/b.bin", service, verify=True) as reader:
            reader.read(3)
            parts = list(reader.chunks(100_000))
            assert b"".join(parts) == DATA[3:]
            assert {len(part) for part in parts[:-1]} == {100_000}

    def test_a_descriptor_holds_exactly_the_bytes(
        self, storage: FileStorage, backend: StorageBackend, stored: StorageObject, service: RlsContext
    ):
        with storage.open_object("photos", "a/b.bin", service) as reader:
            fd = reader.fileno()
            if isinstance(backend, MemoryBackend):
                assert fd is None
            else:
                assert fd is not None
                assert os.pread(fd, len(DATA) + 1, 0) == DATA

    def test_close_twice(self, storage: FileStorage, stored: StorageObject, service: RlsContext):
        reader = storage.open_object("photos", "a/b.bin", service)
        reader.close()
        reader.close()

    @pytest.mark.parametrize("change", ["overwrite", "delete", "move", "empty"])
    def test_a_reader_keeps_its_bytes(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, change: str
    ):
        with storage.open_object("photos", "a/b.bin", service, verify=True) as reader:
            assert reader.read(10) == DATA[:10]
            if change == "overwrite":
                storage.upload("photos", "a/b.bin", b"new", service, UploadOptions(replace=True))
            elif change == "delete":
                storage.delete("photos", "a/b.bin", service)
            elif change == "move":
                storage.move("photos", "a/b.bin", "c", service)
            else:
                storage.empty_bucket("photos", service)
                storage.delete_bucket("photos", service)
            assert reader.read() == DATA[10:]
            assert reader.info == stored

    @pytest.mark.parametrize(
        "wrong",
        [DATA[:-1] + b"\xfe", b"\x01" + DATA[1:], DATA[:-1], DATA + b"x", b""],
        ids=["last byte", "first byte", "truncated", "longer", "empty"],
    )
    def test_verify_notices_every_change(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, damage: Damage, wrong: bytes
    ):
        damage(stored, wrong)
        with storage.open_object("photos", "a/b.bin", service, verify=True) as reader:
            with pytest.raises(ChecksumMismatch) as caught:
                list(reader.chunks(100_000))
            assert caught.value.path == "photos/a/b.bin"
            with pytest.raises(ChecksumMismatch):
                reader.read()
        with storage.open_object("photos", "a/b.bin", service) as reader:
            assert reader.read() == wrong

    def test_a_file_cut_off_while_it_is_read_is_noticed(
        self, storage: FileStorage, backend: StorageBackend, stored: StorageObject, service: RlsContext, data_dir: Path
    ):
        if isinstance(backend, MemoryBackend):
            return
        with storage.open_object("photos", "a/b.bin", service, verify=True) as reader:
            reader.read(1000)
            os.truncate(data_dir / "storage" / stored.bucket_id / "a" / "b.bin", 2000)
            with pytest.raises(ChecksumMismatch):
                list(reader.chunks(1000))

    def test_missing_bytes(self, storage: FileStorage, stored: StorageObject, service: RlsContext, damage: Damage):
        damage(stored, None)
        with pytest.raises(BytesMissing):
            storage.open_object("photos", "a/b.bin", service)
        assert storage.info("photos", "a/b.bin", service) == stored
        storage.upload("photos", "a/b.bin", b"again", service, UploadOptions(replace=True))
        with storage.open_object("photos", "a/b.bin", service, verify=True) as reader:
            assert reader.read() == b"again"

    def test_what_is_not_there(self, storage: FileStorage, stored: StorageObject, service: RlsContext):
        for path in ("a", "a/", "a/b", "a/b.bin/", "A/B.BIN"):
            with pytest.raises(ObjectNotFound):
                storage.open_object("photos", path, service)
        with pytest.raises(BucketNotFound):
            storage.open_object("Photos", "a/b.bin", service)
        with pytest.raises(BucketNotFound):
            storage.open_object("\udc80", "a/b.bin", service)
        for path in ("", "/a", "../a", "a/%2e%2e/b", "\udc80"):
            with pytest.raises(InvalidKey):
                storage.open_object("photos", path, service)

    def test_an_empty_object(self, storage: FileStorage, bucket: Bucket, service: RlsContext):
        storage.upload("photos", "empty", b"", service)
        with storage.open_object("photos", "empty", service, verify=True) as reader:
            assert (reader.size, reader.read(), list(reader.chunks())) == (0, b"", [])


class TestToFile:
    def test_bytes_and_time_arrive(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path
    ):
        target = tmp_path / "got"
        assert storage.download("photos", "a/b.bin", target, service) == stored
        assert target.read_bytes() == DATA
        assert target.stat().st_mtime_ns == 1234567890_123456_000

    def test_without_a_time_of_its_own_it_gets_the_objects(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path
    ):
        stored = storage.upload("photos", "x", b"1", service)
        storage.download("photos", "x", tmp_path / "x", service)
        assert (tmp_path / "x").stat().st_mtime_ns // 1000 == round(stored.updated_at.timestamp() * 1_000_000)

    def test_a_time_that_no_file_can_have_is_no_reason_to_fail(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path
    ):
        far = datetime(9999, 12, 31, tzinfo=UTC)
        storage.upload("photos", "x", b"1", service, UploadOptions(modified_at=far))
        storage.download("photos", "x", tmp_path / "x", service)
        assert (tmp_path / "x").read_bytes() == b"1"

    @pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
    def test_what_is_there_stays_unasked(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path, kind: str
    ):
        target, other = tmp_path / "got", tmp_path / "other"
        if kind == "file":
            target.write_bytes(b"mine")
        elif kind == "folder":
            target.mkdir()
        else:
            if kind == "link":
                other.write_bytes(b"mine")
            target.symlink_to(other)
        with pytest.raises(TargetExists) as caught:
            storage.download("photos", "a/b.bin", target, service)
        assert caught.value.path == str(target)
        assert not target.is_file() or target.read_bytes() == b"mine"
        assert {path.name for path in tmp_path.iterdir()} <= {"got", "other", "data"}

    def test_a_file_that_appears_meanwhile_stays(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path
    ):
        target = tmp_path / "got"
        with pytest.raises(TargetExists):
            storage.download("photos", "a/b.bin", target, service, progress=lambda _: target.write_bytes(b"mine"))
        assert target.read_bytes() == b"mine"
        assert {path.name for path in tmp_path.iterdir()} == {"got", "data"}

    def test_replace(self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path):
        target = tmp_path / "got"
        target.write_bytes(b"old")
        storage.download("photos", "a/b.bin", target, service, replace=True)
        assert target.read_bytes() == DATA

    def test_replacing_a_link_leaves_what_it_leads_to(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path
    ):
        target, other = tmp_path / "got", tmp_path / "other"
        other.write_bytes(b"mine")
        target.symlink_to(other)
        storage.download("photos", "a/b.bin", target, service, replace=True)
        assert not target.is_symlink()
        assert target.read_bytes() == DATA
        assert other.read_bytes() == b"mine"

    def test_a_folder_is_never_replaced(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path
    ):
        (tmp_path / "got" / "inside").mkdir(parents=True)
        with pytest.raises(IoError):
            storage.download("photos", "a/b.bin", tmp_path / "got", service, replace=True)
        assert (tmp_path / "got" / "inside").is_dir()
        assert {path.name for path in tmp_path.iterdir()} == {"got", "data"}

    def test_a_missing_folder(self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path):
        with pytest.raises(IoError):
            storage.download("photos", "a/b.bin", tmp_path / "no" / "got", service)

    def test_a_missing_object_touches_nothing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path
    ):
        target = tmp_path / "got"
        target.write_bytes(b"mine")
        with pytest.raises(ObjectNotFound):
            storage.download("photos", "nothing", target, service, replace=True)
        assert target.read_bytes() == b"mine"

    def test_damaged_bytes_never_arrive(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path, damage: Damage
    ):
        target = tmp_path / "got"
        target.write_bytes(b"mine")
        damage(stored, DATA[:-1] + b"!")
        with pytest.raises(ChecksumMismatch):
            storage.download("photos", "a/b.bin", target, service, replace=True)
        assert target.read_bytes() == b"mine"
        assert {path.name for path in tmp_path.iterdir()} == {"got", "data"}
        storage.download("photos", "a/b.bin", target, service, replace=True, verify=False)
        assert target.read_bytes() == DATA[:-1] + b"!"

    @pytest.mark.parametrize("at_call", [0, 1, 2])
    def test_cancel_leaves_nothing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path, at_call: int
    ):
        storage.upload("photos", "large", bytes(20_000_000), service)
        token = CancelToken()
        seen: list[Progress] = []

        def note(progress: Progress) -> None:
            seen.append(progress)
            if len(seen) == at_call:
                token.cancel()

        if at_call == 0:
            token.cancel()
        with pytest.raises(Cancelled):
            storage.download("photos", "large", tmp_path / "got", service, progress=note, cancel=token)
        assert [path.name for path in tmp_path.iterdir()] == ["data"]

    def test_progress_only_grows(self, storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path):
        storage.upload("photos", "large", bytes(20_000_000), service)
        seen: list[Progress] = []
        storage.download("photos", "large", tmp_path / "got", service, progress=seen.append)
        done = [progress.done_bytes for progress in seen]
        assert done == sorted(done)
        assert (done[0], done[-1]) == (0, 20_000_000)
        assert {progress.total_bytes for progress in seen} == {20_000_000}
        assert {progress.current for progress in seen} == {"large"}

    def test_a_full_disk_leaves_nothing(
        self,
        storage: FileStorage,
        stored: StorageObject,
        service: RlsContext,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(trees, "_write", refuse)
        with pytest.raises(DiskFull) as caught:
            storage.download("photos", "a/b.bin", tmp_path / "got", service)
        assert caught.value.path == str(tmp_path / "got")
        assert [path.name for path in tmp_path.iterdir()] == ["data"]

    @pytest.mark.parametrize("name", ["ü" * 100, "a'b\"c.txt", "🎉" * 50, "-rf", " x ", "a\\b"])
    def test_odd_names_of_targets(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, tmp_path: Path, name: str
    ):
        storage.download("photos", "a/b.bin", tmp_path / name, service)
        assert (tmp_path / name).read_bytes() == DATA


def put(storage: FileStorage, service: RlsContext, *paths: str) -> None:
    for path in paths:
        storage.upload("photos", path, b"" if path.endswith("/") else path.encode(), service)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)) + ("/" if path.is_dir() else ""): b"" if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


class TestTree:
    @pytest.fixture
    def target(self, tmp_path: Path) -> Path:
        return tmp_path / "target"

    def test_structure(self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path):
        put(storage, service, "top", "a/__init__.py", "a/b/c/deep.txt", "a/b/.hidden", "a/empty/", "z/other")
        report = storage.download_tree("photos", ["a/", "top"], target, service)
        assert (report.done, report.size_bytes, report.failures) == (4, 41, ())
        assert files_below(target) == {
            "top": b"top",
            "a/": b"",
            "a/__init__.py": b"a/__init__.py",
            "a/empty/": b"",
            "a/b/": b"",
            "a/b/.hidden": b"a/b/.hidden",
            "a/b/c/": b"",
            "a/b/c/deep.txt": b"a/b/c/deep.txt",
        }

    def test_everything(self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path):
        put(storage, service, "top", "a/b", "empty/")
        assert storage.download_tree("photos", [""], target, service).done == 2
        assert files_below(target) == {"top": b"top", "a/": b"", "a/b": b"a/b", "empty/": b""}

    def test_a_deep_folder_arrives_under_its_own_name(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        put(storage, service, "a/b/c/d.txt", "a/b/x")
        storage.download_tree("photos", ["a/b/c/", "a/b/x"], target, service)
        assert files_below(target) == {"c/": b"", "c/d.txt": b"a/b/c/d.txt", "x": b"a/b/x"}

    def test_an_empty_bucket_makes_the_folder(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        report = storage.download_tree("photos", [""], target / "deep", service)
        assert (report.done, report.failures) == (0, ())
        assert (target / "deep").is_dir()

    def test_times_arrive(self, storage: FileStorage, stored: StorageObject, service: RlsContext, target: Path):
        storage.download_tree("photos", [""], target, service)
        assert (target / "a" / "b.bin").stat().st_mtime_ns == 1234567890_123456_000

    def test_names_that_a_file_system_holds_arrive_as_they_are(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        names = [
            "it's",
            'say "hi"',
            "a%2Fb",
            "100%",
            "*?<>|",
            "Größe",
            "日本",
            "🎉",
            " x ",
            "a\\b",
            "-",
            "~",
            "con",
            "x.",
        ]
        put(storage, service, *(f"odd/{name}" for name in names))
        assert storage.download_tree("photos", ["odd/"], target, service).failures == ()
        assert {path.name for path in (target / "odd").iterdir()} == set(names)

    def test_twins_arrive_under_their_own_names_where_the_file_system_can(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        twins = ["xt_MARK.h", "xt_mark.h", "e\u0301", "\u00e9", "Dir/x", "dir/x", "dir/X", "file", "File/inside"]
        put(storage, service, *twins)
        assert storage.download_tree("photos", [""], target, service).done == len(twins)
        files = {name: data for name, data in files_below(target).items() if not name.endswith("/")}
        assert files == {name: name.encode() for name in twins}

    def test_twins_both_arrive_where_the_file_system_takes_them_for_one(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        target: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        """A file system that folds case is played by answering for the twin's name with the twin."""

        def twin_of(path: Path) -> Path | None:
            found = path.parent.iterdir() if path.parent.is_dir() else iter(())
            return next((twin for twin in found if twin.name.casefold() == path.name.casefold()), None)

        real_lstat = Path.lstat
        monkeypatch.setattr(local_names.os.path, "lexists", lambda path: twin_of(Path(path)) is not None)
        monkeypatch.setattr(Path, "lstat", lambda path: real_lstat(twin_of(path) or path))
        put(storage, service, "README", "readme", "ReadMe")
        report = storage.download_tree("photos", [""], target, service)
        monkeypatch.undo()
        assert (report.done, report.failures) == (3, ())
        assert sorted(files_below(target).values()) == [b"README", b"ReadMe", b"readme"]
        assert len({name.casefold() for name in files_below(target)}) == 3

    def test_a_file_where_a_folder_should_be(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        put(storage, service, "a", "a/b", "a/b/c", "x/", "x")
        report = storage.download_tree("photos", [""], target, service)
        assert (report.done, report.failures) == (4, ())
        assert sorted(data for name, data in files_below(target).items() if not name.endswith("/")) == [
            b"a",
            b"a/b",
            b"a/b/c",
            b"x",
        ]
        again = storage.download_tree("photos", ["x/", "x"], target / "again", service)
        assert (again.done, again.failures) == (1, ())

    def test_names_that_no_file_system_holds_are_adapted(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        long = "ü" * 150
        paths = ["a//b", "a///c", "_/x", f"{long}.txt", f"{long[:-1]}ö.txt", f"{long}/in/it", "d/" * 200 + "deep"]
        put(storage, service, *paths)
        report = storage.download_tree("photos", [""], target, service)
        assert (report.done, report.failures) == (len(paths), ())
        assert sorted(files_below(target).values())[-len(paths) :] == sorted(path.encode() for path in paths)
        assert sum(path.suffix == ".txt" for path in target.iterdir()) == 2

    def test_nothing_ever_leaves_the_target(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path, tmp_path: Path
    ):
        paths = ["a//etc/passwd", "a/ ../x", "...", "a/..b/c", "~/x", "C:\\x", "\\\\host\\share", "a/.. /y", "%x"]
        put(storage, service, *paths)
        for wanted in ([""], ["a/"], ["a//"], ["a//etc/"]):
            folder = target / str(len(list(tmp_path.iterdir())))
            assert storage.download_tree("photos", wanted, folder, service).failures == ()
        assert {path.name for path in tmp_path.iterdir()} == {"data", "target"}

    def test_a_file_system_without_links(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        target: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def refuse(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        put(storage, service, "a", "b")
        monkeypatch.setattr(os, "link", refuse)
        assert storage.download_tree("photos", [""], target, service).done == 2
        assert files_below(target) == {"a": b"a", "b": b"b"}
        with pytest.raises(TargetExists):
            storage.download("photos", "a", target / "b", service, progress=lambda _: (target / "b").touch())
        taken = target / "appears meanwhile"
        with pytest.raises(TargetExists):
            storage.download("photos", "a", taken, service, progress=lambda _: taken.write_bytes(b"mine"))
        assert taken.read_bytes() == b"mine"
        assert len(list(target.iterdir())) == 3

    def test_a_target_named_from_where_one_stands(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        put(storage, service, "a/b", "c")
        (tmp_path / "here" / "deep").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "here" / "deep")
        assert storage.download_tree("photos", [""], Path(), service).done == 2
        assert storage.download_tree("photos", [""], Path(".."), service).done == 2
        storage.download("photos", "c", Path("single"), service)
        assert set(files_below(tmp_path / "here")) == {
            "a/", "a/b", "c", "deep/", "deep/a/", "deep/a/b", "deep/c", "deep/single"
        }  # fmt: skip

    def test_a_link_in_the_target_is_not_followed(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path, tmp_path: Path
    ):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        target.mkdir()
        (target / "a").symlink_to(elsewhere)
        put(storage, service, "a/b")
        report = storage.download_tree("photos", ["a/"], target, service)
        assert report.done == 1
        assert list(elsewhere.iterdir()) == []
        assert (target / "a (2)" / "b").read_bytes() == b"a/b"

    def test_existing_files_are_never_overwritten_unasked(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        put(storage, service, "a/1", "a/2", "a/3")
        (target / "a").mkdir(parents=True)
        (target / "a" / "2").write_bytes(b"mine")
        report = storage.download_tree("photos", ["a/"], target, service)
        assert report.done == 2
        (failure,) = report.failures
        assert (failure.path, failure.source) == ("a/2", str(target / "a" / "2"))
        assert isinstance(failure.error, TargetExists)
        assert (target / "a" / "2").read_bytes() == b"mine"
        again = storage.download_tree("photos", ["a/"], target, service, replace=True)
        assert (again.done, again.failures) == (3, ())
        assert (target / "a" / "2").read_bytes() == b"a/2"

    def test_a_second_download_reports_every_file(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        put(storage, service, "a/1", "b", "c/")
        storage.download_tree("photos", [""], target, service)
        report = storage.download_tree("photos", [""], target, service)
        assert report.done == 0
        assert {failure.path for failure in report.failures} == {"a/1", "b"}

    def test_the_same_object_wanted_twice_arrives_twice(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, target: Path
    ):
        put(storage, service, "a/x.txt", "b/x.txt")
        assert storage.download_tree("photos", ["a/x.txt", "b/x.txt", "a/x.txt"], target, service).done == 3
        assert files_below(target) == {"x.txt": b"a/x.txt", "x (2).txt": b"b/x.txt", "x (3).txt": b"a/x.txt"}

    def test_what_cannot_be_had_is_reported_and_the_rest_arrives(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, target: Path, damage: Damage
    ):
        put(storage, service, "a/a", "a/z", "gone")
        damage(stored, b"damaged")
        damage(storage.info("photos", "gone", service), None)
        wanted = ["a/", "gone", "missing", "no folder/", "/bad", "../"]
        report = storage.download_tree("photos", wanted, target, service)
        assert report.done == 2
        assert [(failure.path, type(failure.error)) for failure in report.failures] == [
            ("a/b.bin", ChecksumMismatch),
            ("gone", BytesMissing),
            ("missing", ObjectNotFound),
            ("no folder/", ObjectNotFound),
            ("/bad", InvalidKey),
            ("../", InvalidKey),
        ]
        assert files_below(target) == {"a/": b"", "a/a": b"a/a", "a/z": b"a/z"}

    def test_a_missing_bucket(self, storage: FileStorage, service: RlsContext, target: Path):
        for wanted in ("", "a", "a/"):
            with pytest.raises(BucketNotFound):
                storage.download_tree("missing", [wanted], target, service)

    def test_a_target_that_is_a_file(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, target: Path
    ):
        target.write_bytes(b"mine")
        with pytest.raises(IoError):
            storage.download_tree("photos", [""], target, service)
        assert target.read_bytes() == b"mine"

    def test_cancel_keeps_complete_files_alone(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        target: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        for number in range(4):
            storage.upload("photos", f"{number}", bytes(3_000_000), service)
        token = CancelToken()

        def stop(progress: Progress) -> None:
            if progress.done_files == 2:
                token.cancel()

        monkeypatch.setattr(throttle, "_INTERVAL_S", 0.0)
        with pytest.raises(Cancelled):
            storage.download_tree("photos", [""], target, service, progress=stop, cancel=token)
        arrived = files_below(target)
        assert {"0", "1"} <= set(arrived) < {"0", "1", "2", "3"}
        assert {len(data) for data in arrived.values()} == {3_000_000}

    def test_a_full_disk_stops_it(
        self,
        storage: FileStorage,
        bucket: Bucket,
        service: RlsContext,
        target: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        put(storage, service, "a", "b")
        monkeypatch.setattr(trees, "_write", refuse)
        with pytest.raises(DiskFull):
            storage.download_tree("photos", [""], target, service)
        assert list(target.iterdir()) == []

    def test_progress_ends_with_everything(
        self, storage: FileStorage, stored: StorageObject, service: RlsContext, target: Path
    ):
        put(storage, service, "a/c", "mark/")
        seen: list[Progress] = []
        report = storage.download_tree("photos", [""], target, service, progress=seen.append)
        last = seen[-1]
        assert (last.done_files, last.total_files) == (report.done, 2)
        assert (last.done_bytes, last.total_bytes) == (report.size_bytes, len(DATA) + 3)

    def test_only_what_the_caller_may_see(
        self, storage: FileStorage, bucket: Bucket, alice: RlsContext, bob: RlsContext, target: Path
    ):
        storage.upload("photos", "f/alice", b"a", alice)
        storage.upload("photos", "f/bob", b"b", bob)
        report = storage.download_tree("photos", ["f/", "f/alice"], target, bob)
        assert report.done == 1
        assert [failure.path for failure in report.failures] == ["f/alice"]
        assert files_below(target) == {"f/": b"", "f/bob": b"b"}


def test_many_files_round_trip(storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path):
    source = tmp_path / "source"
    expected = {}
    for number in range(300):
        path = source / f"dir {number % 7}" / f"sub{number % 3}" / f"file {number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.sha256(str(number).encode()).digest() * (number % 50))
        expected[str(path.relative_to(source))] = path.read_bytes()
    items = (UploadItem(path, f"tree/{path.relative_to(source)}") for path in source.rglob("*") if path.is_file())
    assert storage.upload_many("photos", items, service).done == 300
    assert storage.download_tree("photos", ["tree/"], tmp_path / "target", service).done == 300
    got = {name: data for name, data in files_below(tmp_path / "target" / "tree").items() if not name.endswith("/")}
    assert got == expected


segments = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), max_size=70)


@given(st.lists(st.lists(segments, min_size=1, max_size=4).map("/".join), max_size=12))
def test_places_lie_in_the_target_and_are_nobody_elses(paths: list[str]):
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        target.mkdir()
        names = LocalNames(target, replace=True)
        places = []
        for path in paths:
            place = names.folder(path) if path.endswith("/") else names.file(path)
            if not path.endswith("/"):
                assert not place.exists()
                place.write_bytes(path.encode())
                places.append((place, path))
            assert target in place.resolve().parents
        assert len({place for place, _ in places}) == len(places)
        for place, path in places:
            assert place.read_bytes() == path.encode()
        assert [entry.name for entry in Path(folder).iterdir()] == ["target"]


@given(segments)
def test_names_for_windows(segment: str):
    name = local_name(segment, portable=True)
    assert 0 < len(name.encode()) <= limits.SEGMENT_MAX_BYTES
    assert not set(name) & set('<>:"/\\|?*' + "".join(map(chr, range(32))))
    assert name[-1] not in ". "
    assert name.partition(".")[0].rstrip().casefold() not in {"con", "prn", "aux", "nul", "com1", "lpt9", "conin$"}


@pytest.mark.parametrize("reserved", ["con", "NUL", "com1.txt", "lpt9.tar.gz", "aux .x", "conin$"])
def test_reserved_names_of_windows_are_adapted(reserved: str):
    assert local_name(reserved, portable=True) == f"_{reserved}"
    assert local_name(reserved, portable=False) == reserved
