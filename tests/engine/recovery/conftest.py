"""A workspace with some of everything, closed, and ways to look at what is left of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.config import Settings, load_settings
from engine.secrets import FixedSecrets
from engine.types import RlsContext, UploadItem
from engine.workspace import Workspace, open_workspace
from tests.engine.crash.record import Nursery, nursery_opened
from tests.engine.recovery import dying

SERVICE = RlsContext.service("7b0c5a5e-8a3c-4b8e-9d3f-2f6b8f0d1c11")
CONTENTS = {
    "photos": {
        "2026/cat.jpg": b"\xff\xd8\xff\xe0" + b"meow" * 100,
        "a//b": b"two slashes",
        "100%.txt": b"percent",
        "100%25.txt": b"looks like an escape",
        "Größe/übersicht.txt": "ümlaut".encode(),
        "empty/": b"",
        "empty file": b"",
        "big.bin": bytes(range(256)) * 12_000,
    },
    "Akten": {f"{number:03}/letter {number}.txt": f"letter {number}".encode() for number in range(40)},
    "nothing": {},
}

BEGUN_S = 60
"""How long a process may take until its work has begun."""

KillAfter = Callable[..., bool]
"""Kills a process after some seconds of work; see `kill_after`."""


@contextmanager
def opened(settings: Settings) -> Iterator[Workspace]:
    """Open the workspace, as the next start does."""
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        yield workspace


def fill(workspace: Workspace) -> None:
    """Store some of everything."""
    storage = workspace.storage
    storage.create_bucket("photos", SERVICE, public=True, file_size_limit_bytes=50_000_000)
    storage.create_bucket("Akten", SERVICE, allowed_mime_types=["text/*"])
    storage.create_bucket("nothing", SERVICE)
    for bucket, contents in CONTENTS.items():
        for path, data in contents.items():
            if path.endswith("/"):
                storage.create_folder(bucket, path, SERVICE)
            else:
                storage.upload(bucket, path, data, SERVICE)


@pytest.fixture(scope="session")
def filled_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that holds some of everything: tests work on copies of it."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    with opened(load_settings(folder, environ={})) as workspace:
        fill(workspace)
    return folder


@pytest.fixture
def settings(data_dir: Path, filled_dir: Path) -> Settings:
    """Return the settings of a workspace that holds some of everything and is closed."""
    shutil.copytree(filled_dir, data_dir)
    return load_settings(data_dir, environ={})


def contents_of(workspace: Workspace) -> dict[str, dict[str, bytes]]:
    """Read every object of every bucket, each against its checksum."""
    found: dict[str, dict[str, bytes]] = {}
    for bucket in workspace.storage.list_buckets(SERVICE):
        found[bucket.name] = {}
        for info in workspace.storage.walk(bucket.name, "", SERVICE):
            with workspace.storage.open_object(bucket.name, info.path, SERVICE, verify=True) as reader:
                found[bucket.name][info.path] = reader.read()
    return found


def files_of(settings: Settings) -> dict[str, tuple[str, int, int]]:
    """Return every stored file with digest, time and inode: what a recovery must not touch."""
    return {
        str(path.relative_to(settings.storage_dir)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_ino,
        )
        for path in settings.storage_dir.rglob("*")
        if path.is_file() and not path.relative_to(settings.storage_dir).parts[0].startswith(".")
    }


def put_many(workspace: Workspace, folder: Path, count: int, prefix: str = "many/") -> None:
    """Store many small files."""
    folder.mkdir()
    items = []
    for number in range(count):
        path = folder / f"{number}.txt"
        path.write_text(f"file {number}")
        items.append(UploadItem(path, f"{prefix}{number}.txt"))
    assert workspace.storage.upload_many("Akten", items, SERVICE).done == count


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Start the nursery of processes that are killed while they restore, rebuild or back up."""
    with nursery_opened(Path(dying.__file__)) as opened:
        yield opened


@pytest.fixture
def kill_after(nursery: Nursery, tmp_path: Path) -> KillAfter:
    """Return a function that lets a process work on a data folder, kills it in the middle, and says whether it did.

    The seconds count from when the work has begun. With none the process waits there for its end, so that this one is
    killed in the middle for sure.
    """
    begun = tmp_path / "begun"

    def kill(seconds: float, work: str, data_dir: Path, **more: str) -> bool:
        begun.unlink(missing_ok=True)
        plan = {"work": work, "data_dir": str(data_dir), "begun": str(begun), "hold": seconds == 0}
        pid = nursery.start(plan | more)
        deadline = time.monotonic() + BEGUN_S
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        ended = nursery.wait(pid)
        assert begun.exists(), f"it did not begin, and ended with {ended}"
        return ended == -signal.SIGKILL

    return kill
