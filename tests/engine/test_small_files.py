"""Small private files: whole or not at all, and for their owner alone."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from engine import small_files
from engine.small_files import make_private_dir, replace_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows protects files by access lists, not by modes")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_content_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"

    replace_file(path, b"one")
    replace_file(path, b"two")

    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private_dir(tmp_path / "new" / "data")
        replace_file(tmp_path / "new" / "data" / "a.json", b"{}")
    finally:
        os.umask(before)

    assert mode_of(tmp_path / "new" / "data") == 0o700
    assert mode_of(tmp_path / "new" / "data" / "a.json") == 0o600


@posix
def test_a_folder_that_exists_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_private_dir(tmp_path)

    assert mode_of(tmp_path) == 0o755


def test_a_file_in_the_folders_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")

    with pytest.raises(FileExistsError):
        make_private_dir(tmp_path / "data")


def test_a_failed_write_leaves_the_old_content_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    replace_file(path, b"old")

    def fail(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(small_files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@posix
@pytest.mark.parametrize(("error_number", "fails"), [(22, False), (95, False), (5, True)])
def test_a_folder_that_cannot_be_synced_is_an_error_only_if_it_should_be(
    error_number: int, fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_sync = os.fsync

    def sync_files_only(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(error_number, os.strerror(error_number))
        real_sync(fd)

    monkeypatch.setattr(small_files.os, "fsync", sync_files_only)
    if fails:
        with pytest.raises(OSError, match=os.strerror(error_number)):
            replace_file(tmp_path / "a.json", b"new")
    else:
        replace_file(tmp_path / "a.json", b"new")
        assert (tmp_path / "a.json").read_bytes() == b"new"
