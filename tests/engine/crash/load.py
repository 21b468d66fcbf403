"""A mixed load on a data folder, written down step by step, in a process that can be told where to die.

Run as a script it is a nursery: it has everything imported, and forks a child for each line that it reads,

    {"start": {"data_dir": …, "log": …, "seed": …, "steps": …, "kill": {"call": …, "when": …, "count": …}, …}}

answering with the child's process id; `{"wait": pid}` is answered with how the child ended.

The log has a line for what each worker finds at its start, one before each operation, saying what it is about to
change, and one after it returned. It is written by single appends, which outlive the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.backends import folders, local, local_changes
from engine.config import load_settings
from engine.errors import RequestFault
from engine.files import journal, settle
from engine.metadata import executor
from engine.secrets import FixedSecrets
from engine.storage import FileStorage
from engine.types import RlsContext, UploadItem, UploadOptions
from engine.workspace import open_workspace

BUCKET = "crash"
SERVICE = RlsContext.service()
REPLACE = UploadOptions(replace=True, mime_type="text/plain")
NAMES = ("a", "b", "d", "d/x", "d/y", "d/e/z", "e//m", "e/", "%", "Été")
Change = dict[str, str | None]
"""Paths and the checksums that they are to have, None for none. All of it happens, or nothing."""

CALLS: dict[str, tuple[type, str]] = {
    "stage": (local.LocalBackend, "stage_many"),
    "ingest": (local.LocalBackend, "ingest"),
    "flush": (local.LocalBackend, "flush"),
    "sweep": (local.LocalBackend, "sweep"),
    "settle": (settle.Settler, "settle"),
    "roll forward": (settle.Settler, "roll_forward"),
    "finish": (settle.Settler, "_finish"),
    "commit": (executor.Executor, "transaction"),
    "journal": (journal.Journal, "add"),
    "journal removal": (journal.Journal, "remove"),
    "publish": (local_changes.LocalChanges, "publish"),
    "relocate": (local_changes.LocalChanges, "relocate"),
    "remove": (local_changes.LocalChanges, "remove"),
    "sync": (local_changes.LocalChanges, "sync"),
    "rename": (folders.PosixFolder, "rename"),
    "unlink": (folders.PosixFolder, "unlink"),
    "mkdir": (folders.PosixFolder, "child"),
    "prune": (folders.FolderCache, "prune"),
}
"""Where a process can be told to die."""


def checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit  # never reached


def die_at(call: str, when: str, count: int) -> None:
    """Let this process die before or after the `count`-th call of a method, whoever makes it."""
    owner, name = CALLS[call]
    real = getattr(owner, name)
    left = [count]

    def is_due() -> bool:
        left[0] -= 1
        return left[0] == 0

    def dying(*arguments: Any, **options: Any) -> Any:
        due = is_due()
        if due and when == "before":
            die()
        result = real(*arguments, **options)
        if due:
            die()
        return result

    @contextlib.contextmanager
    def dying_transaction(*arguments: Any, **options: Any) -> Iterator[Any]:
        """Die before or after the end of the transaction, which is the commit."""
        due = is_due()
        with real(*arguments, **options) as tx:
            yield tx
            if due and when == "before":
                die()
        if due:
            die()

    setattr(owner, name, dying_transaction if call == "commit" else dying)


class Log:
    """Appends lines that outlive the process."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, worker: str, kind: str, value: object) -> None:
        os.write(self._fd, json.dumps([worker, kind, value]).encode() + b"\n")

    def close(self) -> None:
        os.close(self._fd)


def found(storage: FileStorage, prefix: str) -> dict[str, str]:
    """Return what is stored below a prefix, by path."""
    return {info.path: info.checksum for info in storage.walk(BUCKET, prefix, SERVICE)}


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
        self._mine = found(storage, self._prefix)
        log.write(name, "found", self._mine)

    def run(self, steps: int) -> None:
        """Do some operations."""
        operations = (
            [self.upload] * 4
            + [self.upload_large, self.upload_batch, self.delete, self.delete, self.delete_folder]
            + [self.move, self.move, self.move_folder, self.move_folder, self.copy]
        )
        for _ in range(steps):
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

    def upload_batch(self) -> None:
        sources = [self._file(f"{number}", 500) for number in range(self._random.choice([3, 20]))]
        items = [UploadItem(source, f"{self._prefix}d/batch/{source.name}") for source in sources]
        with self._doing([{item.path: checksum(item.source.read_bytes())} for item in items]):
            report = self._storage.upload_many(BUCKET, items, SERVICE, REPLACE)
            assert not report.failures, report

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
        return self._random.choice(sorted(self._mine)) if self._mine else None

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


def run(plan: dict[str, Any]) -> None:
    """Do what a plan says, in this process."""
    logging.disable()
    if plan.get("kill"):
        die_at(**plan["kill"])
    data_dir, log, steps = Path(plan["data_dir"]), Log(Path(plan["log"])), plan["steps"]
    failures: list[BaseException] = []
    with open_workspace(load_settings(data_dir, environ={}), FixedSecrets()) as workspace:
        storage, seed = workspace.storage, plan["seed"]
        workers = [Worker(storage, log, name, seed, Path(plan["scratch"])) for name in plan["workers"]]
        rivals = [Rival(storage, seed + number) for number in range(plan.get("rivals", 0))]

        def work(one: Worker | Rival) -> None:
            try:
                one.run(steps)
            except BaseException as error:  # noqa: BLE001 - handed to the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(one,)) for one in [*workers, *rivals]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    log.close()
    if failures:
        raise failures[0]


def fork(plan: dict[str, Any]) -> int:
    """Start a child with a plan and return its process id."""
    pid = os.fork()
    if pid:
        return pid
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        run(plan)
    except BaseException:  # noqa: BLE001 - shown, and told by the exit status
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Fork children as told."""
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            answer = fork(order["start"])
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
