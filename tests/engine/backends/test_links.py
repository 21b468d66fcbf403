"""Symbolic links that another program put into the storage folder are never followed, whatever is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends import local
from engine.backends.base import Outcome
from engine.backends.folders import PathFolder
from engine.backends.local import LocalBackend
from engine.errors import BytesMissing, IoError
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext

BUCKET = "0b5e7a3c-0000-4000-8000-00000000000b"

pytestmark = pytest.mark.skipif(not hasattr(os, "symlink"), reason="links need a right of their own here")


@pytest.fixture(params=["by handle", "by path"])
def backend(request: pytest.FixtureRequest, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBackend]:
    """Open a local backend in both of its ways to enter folders."""
    if request.param == "by path":
        monkeypatch.setattr(local, "open_root", PathFolder)
    opened = LocalBackend(root)
    yield opened
    opened.close()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder with a file that is none of the backend's business."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_bytes(b"secret")
    return folder


@pytest.fixture
def linked(root: Path, outside: Path, backend: LocalBackend) -> Path:
    """Plant links in a bucket: to a file, to a folder, to nothing, and to the folder above."""
    bucket = root / BUCKET
    bucket.mkdir()
    (bucket / "file").symlink_to(outside / "secret")
    (bucket / "folder").symlink_to(outside, target_is_directory=True)
    (bucket / "dangling").symlink_to(outside / "nothing")
    (bucket / "up").symlink_to("..", target_is_directory=True)
    return bucket


LINKED_KEYS = [f"{BUCKET}/{name}" for name in ("file", "folder/secret", "dangling", "up", "folder/new", "dangling/new")]


def untouched(outside: Path) -> bool:
    return [path.name for path in outside.iterdir()] == ["secret"] and (outside / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("key", LINKED_KEYS)
def test_nothing_is_read_through_a_link(backend: LocalBackend, linked: Path, key: str) -> None:
    assert backend.open(key) is None
    assert not backend.exists(key)
    with pytest.raises(BytesMissing):
        backend.read(key)


@pytest.mark.parametrize("key", LINKED_KEYS)
@pytest.mark.parametrize("replace", [False, True])
def test_nothing_is_written_through_a_link(
    backend: LocalBackend, linked: Path, outside: Path, key: str, replace: bool
) -> None:
    backend.stage_bytes("v1", b"bytes")
    with backend.changes() as changes:
        outcome = changes.publish(backend.staging, "v1", key, replace=replace)
        changes.sync()

    assert untouched(outside)
    if outcome is Outcome.DONE:  # the link itself gave way
        assert replace
        assert backend.read(key) == b"bytes"
        assert not (linked / key.removeprefix(f"{BUCKET}/")).is_symlink()


@pytest.mark.parametrize("key", LINKED_KEYS)
def test_no_content_is_moved_through_a_link(backend: LocalBackend, linked: Path, outside: Path, key: str) -> None:
    backend.write(f"{BUCKET}/own", b"bytes")
    with backend.changes() as changes:
        assert changes.relocate(f"{BUCKET}/own", key) is Outcome.TAKEN
        assert changes.relocate(key, f"{BUCKET}/elsewhere") is Outcome.GONE
        changes.sync()

    assert untouched(outside)
    assert backend.read(f"{BUCKET}/own") == b"bytes"


@pytest.mark.parametrize("key", LINKED_KEYS)
def test_nothing_is_removed_through_a_link_nor_the_link(
    backend: LocalBackend, linked: Path, outside: Path, key: str
) -> None:
    links = sorted(path.name for path in linked.iterdir())

    backend.delete(key)

    assert untouched(outside)
    assert sorted(path.name for path in linked.iterdir()) == links


def test_a_listing_goes_through_no_link_and_names_none(backend: LocalBackend, linked: Path) -> None:
    backend.write(f"{BUCKET}/own/x", b"bytes")

    assert [entry.key for entry in backend.list()] == [f"{BUCKET}/own/x"]


def test_a_link_in_place_of_a_bucket_is_no_bucket(backend: LocalBackend, root: Path, outside: Path) -> None:
    (root / BUCKET).symlink_to(outside, target_is_directory=True)

    assert backend.list_buckets() == []
    assert list(backend.list()) == []
    assert not backend.exists(f"{BUCKET}/secret")
    with pytest.raises(IoError):
        backend.write(f"{BUCKET}/new", b"bytes")
    assert untouched(outside)


def test_a_link_among_staged_files_is_neither_read_nor_followed_when_swept(
    backend: LocalBackend, root: Path, outside: Path
) -> None:
    (root / ".staging" / backend.staging / "v1").symlink_to(outside / "secret")
    dead = root / ".staging" / "dead"
    dead.mkdir()
    (dead / "v2").symlink_to(outside / "secret")
    (root / ".staging" / "linked").symlink_to(outside, target_is_directory=True)

    assert backend.open_staged(backend.staging, "v1") is None
    assert backend.open_staged("linked", "secret") is None
    assert backend.sweep(lambda _: True) == 1

    assert untouched(outside)
    assert not dead.exists()


def test_a_planted_link_diverts_no_upload(
    storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path, outside: Path
) -> None:
    folder = data_dir / "storage" / bucket.id
    folder.mkdir()
    (folder / "in").symlink_to(outside, target_is_directory=True)
    (folder / "secret").symlink_to(outside / "secret")

    for path in ("in/new", "in/secret", "secret"):
        storage.upload("photos", path, path.encode(), service)

    assert untouched(outside)
    for path in ("in/new", "in/secret", "secret"):
        with storage.open_object("photos", path, service, verify=True) as reader:
            assert reader.read() == path.encode()
    assert storage.check(service).clean


def test_a_link_in_place_of_stored_bytes_is_reported_as_missing_bytes(
    storage: FileStorage, bucket: Bucket, service: RlsContext, data_dir: Path, outside: Path
) -> None:
    storage.upload("photos", "a/secret", b"secret", service)
    place = data_dir / "storage" / bucket.id / "a" / "secret"
    place.unlink()
    place.symlink_to(outside / "secret")

    with pytest.raises(BytesMissing):
        storage.open_object("photos", "a/secret", service)
    storage.delete("photos", "a/secret", service)
    assert untouched(outside)
