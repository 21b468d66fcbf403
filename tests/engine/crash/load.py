"""A mixed load on a data folder, written down step by step.

The log has a line for what each worker finds at its start, one before each operation, saying what it is about to
change, and one after it returned. Each is on the disk before the worker goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.cancel import CancelToken
from engine.errors import BucketNotFound, Cancelled, RequestFault
from engine.move_types import Move
from engine.storage import FileStorage
from engine.types import LabelChanges, RlsContext, UploadItem, UploadOptions

BUCKET = "crash"
SERVICE = RlsContext.service()
REPLACE = UploadOptions(replace=True, mime_type="text/plain")
NAMES = ("a", "b", "d", "d/x", "d/y", "d/e/z", "e//m", "e/", "%", "Été")
Change = dict[str, str | None]
"""Paths and the checksums that they are to have, None for none. All of it happens, or nothing.

`BUCKET:PATH` is an object of another bucket, and `BUCKET:` that bucket.
"""


def checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Log:
    """Appends lines that outlive the process."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, worker: str, kind: str, value: object) -> None:
        os.write(self._fd, json.dumps([worker, kind, value]).encode() + b"\n")
        os.fsync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


def own_bucket(worker: str) -> str:
    """Return the name of the bucket that a worker makes and deletes."""
    return f"own-{worker}"


def found(storage: FileStorage, worker: str) -> dict[str, str]:
    """Return what is stored of a worker's, by path."""
    seen = {info.path: info.checksum for info in storage.walk(BUCKET, f"{worker}/", SERVICE)}
    own = own_bucket(worker)
    with contextlib.suppress(BucketNotFound):
        seen[f"{storage.get_bucket(own, SERVICE).name}:"] = "bucket"
        seen |= {f"{own}:{info.path}": info.checksum for info in storage.walk(own, "", SERVICE)}
    return seen


class Worker:
    """Does one operation after the other below a prefix of its own, and writes down what it does."""

    def __init__(self, storage: FileStorage, log: Log, name: str, seed: int, scratch: Path) -> None:
        self._storage = storage
        self._log = log
        self._name = name
        self._prefix = f"{name}/"
        self._random = random.Random(f"{name} {seed}")
        self._scratch = scratch
        self._count = 0
        self._seed = seed
        self._mine = found(storage, name)
        log.write(name, "found", self._mine)

    def run(self, steps: int) -> None:
        """Do some operations: some of each kind first, then any."""
        operations = (
            [self.upload] * 4
            + [self.upload_large, self.upload_stream, self.upload_batch, self.upload_cancelled, self.upload_in_parts]
            + [self.delete, self.delete, self.delete_folder, self.move, self.move, self.move_folder, self.move_folder]
            + [self.copy, self.bucket, self.swap, self.swap, self.give_way, self.relabel]
        )
        for operation in self._random.sample(operations, len(operations)):
            operation()
        for _ in range(steps - len(operations)):
            self._random.choice(operations)()

    def upload(self) -> None:
        path, data = self._path(), self._content(self._random.choice([0, 10, 3_000, 9_000]))
        if path.endswith("/"):
            data = b""
        with self._doing([{path: checksum(data)}]):
            self._storage.upload(BUCKET, path, data, SERVICE, REPLACE)

    def upload_large(self) -> None:
        path, source = self._prefix + "large", self._file("large", 1_200_000)
        with self._doing([{path: checksum(source.read_bytes())}]):
            self._storage.upload(BUCKET, path, source, SERVICE, REPLACE)

    def upload_stream(self) -> None:
        path, data = self._prefix + "stream", self._content(200_000)
        with self._doing([{path: checksum(data)}]):
            self._storage.upload(BUCKET, path, io.BytesIO(data), SERVICE, REPLACE)

    def upload_in_parts(self) -> None:
        """Upload in three sessions, as over a connection that breaks."""
        path, data = self._prefix + "parts", self._content(90_000)
        resumable = self._storage.resumable
        with self._doing([{path: checksum(data)}]):
            upload = resumable.begin(BUCKET, path, SERVICE, REPLACE, size_bytes=len(data))
            for start in range(0, len(data), 30_000):
                with resumable.resume(upload.id, start, SERVICE) as session:
                    session.write(data[start : start + 30_000])
                    if session.is_complete:
                        session.commit()

    def upload_cancelled(self) -> None:
        """Upload some files, and think better of it once all are staged."""
        cancel = CancelToken()
        with self._doing([]), contextlib.suppress(Cancelled):
            self._storage.upload_many(BUCKET, self._items(3), SERVICE, REPLACE, lambda _: cancel.cancel(), cancel)

    def upload_batch(self) -> None:
        items = self._items(self._random.choice([3, 20]))
        with self._doing([{item.path: checksum(item.source.read_bytes())} for item in items]):
            report = self._storage.upload_many(BUCKET, items, SERVICE, REPLACE)
            assert not report.failures, report

    def bucket(self) -> None:
        """Make a bucket, fill it, empty it and delete it, from wherever somebody who died left it."""
        name = own_bucket(self._name)
        if f"{name}:" not in self._mine:
            with self._doing([{f"{name}:": "bucket"}]):
                self._storage.create_bucket(name, SERVICE)
        data = self._content(100)
        with self._doing([{f"{name}:deep/er": checksum(data)}]):
            self._storage.upload(name, "deep/er", data, SERVICE, REPLACE)
        with self._doing([{path: None} for path in self._mine if path.startswith(f"{name}:") and path != f"{name}:"]):
            self._storage.empty_bucket(name, SERVICE)
        with self._doing([{f"{name}:": None}]):
            self._storage.delete_bucket(name, SERVICE)

    def delete(self) -> None:
        if path := self._existing():
            with self._doing([{path: None}]):
                self._storage.delete(BUCKET, path, SERVICE)

    def delete_folder(self) -> None:
        prefix = self._prefix + self._random.choice(["d/batch/", "moved/", "d/e/"])
        with self._doing([{path: None} for path in self._mine if path.startswith(prefix)]):
            self._storage.delete_many(BUCKET, [prefix], SERVICE)

    def move(self) -> None:
        source, target = self._existing(), self._path()
        if source and target not in self._mine and not target.endswith("/") and not source.endswith("/"):
            with self._doing([{source: None, target: self._mine[source]}]):
                self._storage.move(BUCKET, source, target, SERVICE)

    def move_folder(self) -> None:
        source, target = self._random.choice([("d/", "moved/"), ("moved/", "d/"), ("e/", "moved/e/")])
        source, target = self._prefix + source, self._prefix + target
        moved = {path: target + path[len(source) :] for path in self._mine if path.startswith(source)}
        if moved and not any(path in self._mine for path in moved.values()):
            change: Change = dict.fromkeys(moved)
            change.update({target_path: self._mine[path] for path, target_path in moved.items()})
            with self._doing([change]):
                self._storage.move_folder(BUCKET, source, target, SERVICE)

    def swap(self) -> None:
        """Let some objects take each other's names, round in a circle, in one transaction."""
        paths = sorted(path for path in self._mine if path.startswith(self._prefix) and not path.endswith("/"))
        if len(paths) < 2:
            return
        paths = self._random.sample(paths, min(len(paths), self._random.choice([2, 3])))
        moves = [Move(source, target) for source, target in zip(paths, [*paths[1:], paths[0]], strict=True)]
        with self._doing([{move.target: self._mine[move.source] for move in moves}]):
            self._storage.move_many(BUCKET, moves, SERVICE)

    def give_way(self) -> None:
        """Move an object over another one, which goes."""
        source, target = self._existing(), self._existing()
        if source and target and source != target and not source.endswith("/") and not target.endswith("/"):
            with self._doing([{source: None, target: self._mine[source]}]):
                self._storage.move_many(BUCKET, [Move(source, target)], SERVICE, replace=[target])

    def relabel(self) -> None:
        """Change what is said about an object: its bytes stay."""
        path = self._existing()
        if path and not path.endswith("/"):
            with self._doing([]):
                self._storage.change_labels(BUCKET, [path], LabelChanges(cache_control="max-age=60"), SERVICE)

    def copy(self) -> None:
        source, target = self._existing(), self._path()
        if source and target not in self._mine and not target.endswith("/") and not source.endswith("/"):
            with self._doing([{target: self._mine[source]}]):
                self._storage.copy(BUCKET, source, target, SERVICE)

    @contextlib.contextmanager
    def _doing(self, changes: list[Change]) -> Iterator[None]:
        """Write down what is about to be changed, and then that it was."""
        self._log.write(self._name, "begin", changes)
        yield
        for change in changes:
            for path, value in change.items():
                if value is None:
                    self._mine.pop(path, None)
                else:
                    self._mine[path] = value
        self._log.write(self._name, "done", None)

    def _path(self) -> str:
        return self._prefix + self._random.choice(NAMES)

    def _existing(self) -> str | None:
        paths = sorted(path for path in self._mine if path.startswith(self._prefix))
        return self._random.choice(paths) if paths else None

    def _items(self, count: int) -> list[UploadItem]:
        sources = [self._file(f"{number}", 500) for number in range(count)]
        return [UploadItem(source, f"{self._prefix}d/batch/{source.name}") for source in sources]

    def _content(self, size_bytes: int) -> bytes:
        self._count += 1
        line = f"{self._name} {self._seed} {self._count}\n".encode()
        return (line * (size_bytes // len(line) + 1))[:size_bytes]

    def _file(self, name: str, size_bytes: int) -> Path:
        path = self._scratch / f"{self._name}-{name}"
        path.write_bytes(self._content(size_bytes))
        return path


class Rival:
    """Fights with others over a few paths; what others did to them first is no failure."""

    def __init__(self, storage: FileStorage, seed: int) -> None:
        self._storage = storage
        self._random = random.Random(seed)
        self._seed = seed

    def run(self, steps: int) -> None:
        """Do some operations."""
        for step in range(steps):
            source, target = self._random.sample(["s/a", "s/b", "s/c/d", "s/c", "s/c/e"], 2)
            data = f"{self._seed} {step} ".encode() * self._random.choice([1, 800])
            operations: list[Callable[[], object]] = [
                lambda path=source, data=data: self._storage.upload(BUCKET, path, data, SERVICE, REPLACE),
                lambda path=source, data=data: self._storage.upload(BUCKET, path, data, SERVICE),
                lambda path=source: self._storage.delete(BUCKET, path, SERVICE),
                lambda path=source, target=target: self._storage.move(BUCKET, path, target, SERVICE),
                lambda: self._storage.move_folder(BUCKET, "s/c/", "s/f/", SERVICE),
                lambda: self._storage.move_folder(BUCKET, "s/f/", "s/c/", SERVICE),
                lambda: self._storage.delete_many(BUCKET, ["s/f/", "s/a"], SERVICE),
            ]
            with contextlib.suppress(RequestFault):
                self._random.choice(operations)()
