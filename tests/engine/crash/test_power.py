"""The power is cut: whatever the disk had not been told to keep is gone, and nothing acknowledged is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from engine.backends import folders, local_writer
from engine.backends.folders import FolderCache, PosixFolder
from engine.backends.local import LocalBackend
from engine.backends.local_parts import LocalPart
from tests.engine.crash.power import PowerTally, cut_power

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not (folders.POSIX and Path("/proc/self/fd").exists()), reason="files are told by /proc"),
]


def cut_often(folder: Path, database: bytes, seed: int, cuts: int) -> PowerTally:
    """Cut the power and return what was done."""
    return list(cut_power(folder, database, seed, cuts))[-1]


@pytest.mark.parametrize("seed", range(2))
def test_nothing_acknowledged_is_lost_with_the_power(tmp_path: Path, database: bytes, seed: int) -> None:
    tally = cut_often(tmp_path, database, seed, 20)

    assert tally.cuts >= 20
    assert tally.objects > 20


def without_flush() -> object:
    return mock.patch.object(LocalBackend, "flush", return_value=None)


def without_flush_of_streams() -> object:
    class NoSync:
        def __getattr__(self, name: str) -> object:
            return (lambda _: None) if name == "fsync" else getattr(os, name)

    return mock.patch.object(local_writer, "os", NoSync())


def without_flush_of_many() -> object:
    return mock.patch.object(LocalBackend, "_sync_all", return_value=True)


def without_flush_of_parts() -> object:
    return mock.patch.object(LocalPart, "flush", return_value=None)


def without_flush_of_the_bytes_of_parts() -> object:
    def named_only(part: LocalPart) -> None:
        part._folder.sync()
        part._named = True

    return mock.patch.object(LocalPart, "flush", named_only)


def without_sync_of_folders() -> object:
    return mock.patch.object(PosixFolder, "sync", return_value=None)


def without_sync_of_changed_folders() -> object:
    return mock.patch.object(FolderCache, "sync", FolderCache.forget_dirty)


BROKEN: list[tuple[Callable[[], object], int]] = [
    (without_flush, 1),
    (without_flush_of_streams, 1),
    (without_flush_of_many, 5),
    (without_flush_of_parts, 5),
    (without_flush_of_the_bytes_of_parts, 5),
    (without_sync_of_folders, 1),
    (without_sync_of_changed_folders, 1),
]
"""With a seed that does not need long to find each."""


@pytest.mark.parametrize(("broken", "seed"), BROKEN)
def test_an_engine_that_forgets_to_flush_is_caught(
    tmp_path: Path, database: bytes, broken: Callable[[], mock.mock._patch[object]], seed: int
) -> None:
    with broken(), pytest.raises(AssertionError):
        cut_often(tmp_path, database, seed, 400)
