"""The backends that the contract suite holds to the protocol."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends import folders, local
from engine.backends.base import StorageBackend
from engine.backends.folders import PathFolder
from engine.backends.local import LocalBackend
from engine.backends.memory import MemoryBackend
from engine.backends.names import NameMapper


@pytest.fixture
def data_dir(begun_dir: Path) -> Path:
    """Return a data folder with an empty database."""
    return begun_dir


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the storage folder of the local backends."""
    return tmp_path / "storage"


@pytest.fixture
def by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let folders be paths, as on systems whose calls take no folder handles."""
    monkeypatch.setattr(local, "open_root", PathFolder)


@pytest.fixture
def without_exclusive_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the call that renames without replacing, as on most systems but Linux."""
    monkeypatch.setattr(folders, "rename_exclusively", lambda *_: False)


@pytest.fixture
def without_sync_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the call that makes a whole file system durable."""
    monkeypatch.setattr(local, "sync_file_system", lambda _: False)


@pytest.fixture
def without_positioned_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the calls that read at an offset, and into several buffers, which Windows lacks."""
    for name in ("pread", "preadv", "readv"):
        monkeypatch.delattr(os, name, raising=False)


BACKENDS = {
    "memory": (),
    "local": (),
    "local by path": ("by_path", "without_sync_of_all", "without_positioned_reads"),
    "local with portable names": (),
    "local with plain calls": ("without_exclusive_rename", "without_sync_of_all"),
}
"""Each backend, and what is taken away from it."""


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, root: Path) -> Iterator[StorageBackend]:
    """Open each backend, new and empty."""
    for lacking in BACKENDS[request.param]:
        request.getfixturevalue(lacking)
    mapper = NameMapper(portable=request.param.endswith("portable names"))
    opened = MemoryBackend() if request.param == "memory" else LocalBackend(root, mapper)
    yield opened
    opened.close()


@pytest.fixture
def local_backend(root: Path) -> Iterator[LocalBackend]:
    """Open a local backend, new and empty."""
    opened = LocalBackend(root)
    yield opened
    opened.close()
