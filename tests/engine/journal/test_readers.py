"""Readers that race overwrites, deletes and moves: what they are told of an object is true of the bytes they get.

`RACE_STEPS` sets how many changes each thread makes; `make model` lets them make more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.backends.memory import MemoryBackend
from engine.config import load_settings
from engine.errors import RequestFault
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext, UploadItem, UploadOptions
from engine.workspace import Workspace, open_workspace

REPLACE = UploadOptions(replace=True, mime_type="text/plain")
PATHS = ("x", "y", "f/x", "f/y", "f")
READERS = 3
STEPS = int(os.environ.get("RACE_STEPS", "20"))


@pytest.fixture(params=["local", "memory"])
def workspace(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Workspace]:
    """Open a new workspace over each backend."""
    backend = MemoryBackend() if request.param == "memory" else None
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets(bytes(32)), backend) as opened:
        yield opened


def content(chance: random.Random) -> bytes:
    return chance.randbytes(8) * chance.choice([1, 200, 5_000])


class Changer:
    """Makes one kind of change after the other to a few paths."""

    def __init__(self, storage: FileStorage, service: RlsContext, seed: int, folder: Path) -> None:
        self._storage = storage
        self._service = service
        self._random = random.Random(seed)
        self._folder = folder

    def overwrite(self) -> None:
        path = self._random.choice(PATHS)
        self._storage.upload("photos", path, content(self._random), self._service, REPLACE)

    def overwrite_many(self) -> None:
        items = []
        for number, path in enumerate(PATHS):
            source = self._folder / f"{threading.get_ident()}-{number}"
            source.write_bytes(content(self._random))
            items.append(UploadItem(source, path))
        self._storage.upload_many("photos", items, self._service, REPLACE)

    def delete_and_store_again(self) -> None:
        path = self._random.choice(PATHS)
        self._storage.delete("photos", path, self._service)
        self._storage.upload("photos", path, content(self._random), self._service)

    def move(self) -> None:
        source, target = self._random.sample(PATHS, 2)
        self._storage.move("photos", source, target, self._service)

    def move_folder(self) -> None:
        source, target = self._random.choice([("f/", "g/"), ("g/", "f/")])
        self._storage.move_folder("photos", source, target, self._service)

    def copy(self) -> None:
        source, target = self._random.sample(PATHS, 2)
        self._storage.copy("photos", source, target, self._service, replace=True)

    def run(self, kinds: list[str]) -> None:
        """Make changes; what another thread did first is no failure."""
        for _ in range(STEPS):
            change: Callable[[], None] = getattr(self, self._random.choice(kinds))
            with contextlib.suppress(RequestFault):
                change()


def read_until(done: threading.Event, storage: FileStorage, service: RlsContext, seed: int) -> int:
    """Read objects until told to stop, and return how many were read."""
    chance, count = random.Random(seed), 0
    while not done.is_set() or count == 0:
        with contextlib.suppress(RequestFault):
            with storage.open_object("photos", chance.choice([*PATHS, "g/x", "g/y"]), service) as reader:
                data = reader.read_at(0, 10_000_000)
                assert len(data) == reader.size == reader.info.size_bytes
                assert hashlib.sha256(data).hexdigest() == reader.info.checksum
            count += 1
    return count


@pytest.mark.parametrize(
    "kinds",
    [
        ["overwrite"],
        ["overwrite", "overwrite_many"],
        ["delete_and_store_again"],
        ["overwrite", "move", "move_folder"],
        ["overwrite", "overwrite_many", "delete_and_store_again", "move", "move_folder", "copy"],
    ],
    ids=lambda kinds: " ".join(kinds[:3]),
)
def test_a_readers_bytes_are_those_that_it_was_told_of(
    storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path, kinds: list[str]
) -> None:
    for number, path in enumerate(PATHS):
        storage.upload("photos", path, b"%d" % number, service)
    done = threading.Event()
    with ThreadPoolExecutor(READERS + 2) as pool:
        readers = [pool.submit(read_until, done, storage, service, seed) for seed in range(READERS)]
        changers: list[Future[None]] = [
            pool.submit(Changer(storage, service, seed, tmp_path).run, kinds) for seed in range(2)
        ]
        try:
            for changer in changers:
                changer.result()
        finally:
            done.set()
        assert all(reader.result() > 0 for reader in readers)

    assert storage.check(service).findings == ()


@pytest.mark.parametrize("repair", [False, True])
def test_a_check_beside_all_this_finds_and_repairs_nothing(
    storage: FileStorage, bucket: Bucket, service: RlsContext, tmp_path: Path, repair: bool
) -> None:
    kinds = ["overwrite", "overwrite_many", "delete_and_store_again", "move", "move", "move_folder", "move_folder"]
    for number in range(30):
        storage.upload("photos", f"f/{number}", b"%d" % number, service)
    with ThreadPoolExecutor(2) as pool:
        changers = [pool.submit(Changer(storage, service, seed, tmp_path).run, kinds) for seed in range(2)]
        found = []
        while not all(changer.done() for changer in changers):
            found.extend(storage.check(service, repair=repair).findings)
        for changer in changers:
            changer.result()

    assert found == []
    assert storage.check(service).findings == ()
    assert len(list(storage.walk("photos", "", service))) >= 30
