"""What the tests of outside changes share: a workspace that is watched, hands of another program, and what is told."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.config import OutsideChanges
from engine.events import OutsideChange, StorageEvent
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.watch.hints import Settling
from engine.watch.watcher import Watcher
from engine.workspace import Workspace

PATIENCE_S = 20.0
QUICK = Settling(0.15, 0.5)
QUIET_S = 1.6
"""Longer than a change takes from its event to its end, with those settings."""


class Told:
    """What was told of outside changes."""

    def __init__(self, storage: FileStorage) -> None:
        self._changed = threading.Condition()
        self.changes: list[OutsideChange] = []
        self.events: list[StorageEvent] = []
        self.unsubscribe = storage.events.subscribe(self._take)

    def _take(self, event: StorageEvent) -> None:
        with self._changed:
            if isinstance(event, OutsideChange):
                self.changes.append(event)
            else:
                self.events.append(event)
            self._changed.notify_all()

    def wait(self, count: int = 1) -> list[tuple[str, str, bool]]:
        """Wait until as many changes are told of, and return what, of which path, and whether it was taken in."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.changes) >= count, PATIENCE_S), self.changes
            return [(one.what.value, one.path, one.taken_in) for one in self.changes]

    def nothing(self) -> None:
        """Wait long enough for anything to be told, and make sure that nothing was."""
        time.sleep(QUIET_S)
        assert self.changes == []


@pytest.fixture
def told(storage: FileStorage) -> Iterator[Told]:
    """Return what is told."""
    found = Told(storage)
    yield found
    found.unsubscribe()


@pytest.fixture
def watch(workspace: Workspace) -> Iterator[Callable[[OutsideChanges], Watcher]]:
    """Return what begins to watch the workspace in a way, quickly."""
    made: list[Watcher] = []

    def begin(way: OutsideChanges) -> Watcher:
        watcher = Watcher(workspace.watcher._ground, workspace.settings.storage_dir, way, QUICK)
        made.append(watcher)
        watcher.start()
        assert watcher.ready.wait(PATIENCE_S)
        return watcher

    yield begin
    for watcher in made:
        watcher.close()


@pytest.fixture
def taking_in(watch: Callable[[OutsideChanges], Watcher], bucket: Bucket) -> Watcher:
    """Return a watcher that takes in."""
    return watch(OutsideChanges.TAKE_IN)


@pytest.fixture
def reporting(watch: Callable[[OutsideChanges], Watcher], bucket: Bucket) -> Watcher:
    """Return a watcher that reports."""
    return watch(OutsideChanges.REPORT)


@pytest.fixture
def folder(workspace: Workspace, bucket: Bucket) -> Path:
    """Return the bucket's folder."""
    place = workspace.settings.storage_dir / bucket.id
    place.mkdir(exist_ok=True)
    return place


@pytest.fixture
def outside(folder: Path) -> Callable[..., None]:
    """Return what lets another program run in the bucket's folder."""

    def run(code: str) -> None:
        program = f"import os, pathlib, shutil, time\n{code}"
        subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, timeout=PATIENCE_S)

    return run


def content_of(storage: FileStorage, path: str, context: RlsContext) -> bytes:
    """Return what an object holds, held against its checksum."""
    with storage.open_object("photos", path, context, verify=True) as reader:
        return reader.read()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
