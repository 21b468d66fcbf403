"""A storage in memory that can be told to fail, to block and to be slow to notice; and a clock that stands still."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine.cancel import CancelToken
from engine.errors import ObjectAlreadyExists, ObjectNotFound, SourceUnreadable, StorageError, TargetExists
from engine.times import from_datetime
from engine.transfers import ConflictQuestion, JobSnapshot
from engine.types import (
    BatchReport,
    Folder,
    ItemFailure,
    ListPage,
    ListRequest,
    Progress,
    ProgressCallback,
    RlsContext,
    StorageObject,
    TreeSize,
    UploadItem,
    UploadOptions,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds


class Recorder:
    """A listener that keeps what it is told and lets a test wait for it."""

    def __init__(self) -> None:
        self.jobs: list[JobSnapshot] = []
        self.removed: list[int] = []
        self.questions: list[ConflictQuestion] = []
        self._changed = threading.Condition()

    def job_changed(self, job: JobSnapshot) -> None:
        with self._changed:
            self.jobs.append(job)
            self._changed.notify_all()

    def job_removed(self, job_id: int) -> None:
        self.removed.append(job_id)

    def question_asked(self, question: ConflictQuestion) -> None:
        with self._changed:
            self.questions.append(question)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, 20), (self.jobs[-3:], self.questions)

    def question(self, number: int) -> ConflictQuestion:
        self.wait_for(lambda: len(self.questions) > number)
        return self.questions[number]

    def states(self, job_id: int) -> list[str]:
        """Return the states a job went through, each once in a row."""
        states: list[str] = []
        for job in self.jobs:
            if job.id == job_id and states[-1:] != [job.state]:
                states.append(job.state)
        return states


class FakeStorage:
    """The calls of `TransferStorage` over a dict, as the engine documents them."""

    def __init__(self) -> None:
        self.objects: dict[str, StorageObject] = {}
        self.content: dict[str, bytes] = {}
        self.faults: dict[str, Exception] = {}
        self.call_fault: Exception | None = None
        self.gates: dict[str, threading.Event] = {}
        self.arrived: dict[str, threading.Event] = {}
        self.asked: list[str] = []
        self.moved: list[str] = []
        self.hidden: set[str] = set()

    def put(self, path: str, content: bytes = b"old", modified_at: datetime | None = LONG_AGO) -> None:
        self.content[path] = content
        self.objects[path] = StorageObject(
            id=path,
            bucket_id="b",
            bucket="photos",
            path=path,
            size_bytes=len(content),
            mime_type="application/octet-stream",
            checksum=hashlib.sha256(content).hexdigest(),
            owner_id=None,
            cache_control="no-cache",
            user_metadata={},
            version="v",
            created_us=from_datetime(LONG_AGO),
            updated_us=from_datetime(LONG_AGO),
            modified_us=None if modified_at is None else from_datetime(modified_at),
        )

    def hold(self, path: str) -> threading.Event:
        """Make the move of one path wait until the returned event is set; `arrived[path]` says that it waits."""
        self.gates[path] = threading.Event()
        self.arrived[path] = threading.Event()
        return self.gates[path]

    def upload(
        self,
        bucket: str,
        path: str,
        source: Path,
        context: RlsContext,
        options: UploadOptions | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        self._pass(path, cancel or CancelToken())
        self._store(UploadItem(source, path), options or UploadOptions())
        if progress:
            progress(Progress(self.objects[path].size_bytes, None, finalising=True))
        return self.objects[path]

    def upload_many(
        self,
        bucket: str,
        items: Iterable[UploadItem],
        context: RlsContext,
        options: UploadOptions | None = None,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        done = size_bytes = 0
        failures = []
        for item in items:
            try:
                self._pass(item.path, cancel or CancelToken())
                self._store(item, options or UploadOptions())
            except (ObjectAlreadyExists, SourceUnreadable) as error:
                failures.append(ItemFailure(item.path, str(item.source), error))
                continue
            except StorageError as error:
                if error is not self.faults.get(item.path):
                    raise
                failures.append(ItemFailure(item.path, str(item.source), error))
                continue
            done += 1
            size_bytes += self.objects[item.path].size_bytes
            if progress:
                progress(Progress(size_bytes, None, done, None, item.path))
        return BatchReport(done, size_bytes, tuple(failures))

    def create_folder(self, bucket: str, prefix: str, context: RlsContext) -> None:
        if prefix in self.faults:
            raise self.faults[prefix]
        self.put(prefix, b"")

    def info(self, bucket: str, path: str, context: RlsContext) -> StorageObject:
        self.asked.append(path)
        if path not in self.objects:
            raise ObjectNotFound("Not found", path=path)
        return self.objects[path]

    def exists(self, bucket: str, path: str, context: RlsContext) -> bool:
        return path in self.objects

    def list(self, bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        self.asked.append(request.prefix)
        seen = [path for path in self.objects if path.startswith(request.prefix) and path not in self.hidden]
        rest = [path[len(request.prefix) :] for path in seen]
        folders = {Folder(request.prefix + part.split("/")[0] + "/") for part in rest if "/" in part}
        names = sorted(path for path in self._in(request.prefix) if path > (request.cursor or ""))
        page = names[: request.limit]
        cursor = page[-1] if len(names) > len(page) else None
        shown = () if request.cursor else tuple(folders)
        return ListPage(shown, tuple(self.objects[path] for path in page), cursor)

    def tree_size(self, bucket: str, prefix: str, context: RlsContext) -> TreeSize:
        sizes = [stored.size_bytes for path, stored in self.objects.items() if path.startswith(prefix)]
        return TreeSize(len(sizes), sum(sizes))

    def download(
        self,
        bucket: str,
        path: str,
        target: Path,
        context: RlsContext,
        *,
        replace: bool = False,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> StorageObject:
        self._pass(path, cancel or CancelToken())
        self._write(path, target, replace)
        return self.objects[path]

    def download_tree(
        self,
        bucket: str,
        paths: Sequence[str],
        target_dir: Path,
        context: RlsContext,
        *,
        replace: bool = False,
        progress: ProgressCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> BatchReport:
        done = size_bytes = 0
        failures = []
        for path in sorted({found for wanted in paths for found in self._below(wanted)}):
            top = next(wanted for wanted in paths if path.startswith(wanted))
            target = target_dir / path[top.rstrip("/").rfind("/") + 1 :]
            try:
                self._pass(path, cancel or CancelToken())
                self._write(path, target, replace)
            except (TargetExists, SourceUnreadable, ObjectNotFound) as error:
                failures.append(ItemFailure(path, str(target), error))
                continue
            done += 1
            size_bytes += self.objects[path].size_bytes
            if progress:
                progress(Progress(size_bytes, None, done, None, path))
        return BatchReport(done, size_bytes, tuple(failures))

    def _in(self, prefix: str) -> list[str]:
        rest = {path: path[len(prefix) :] for path in self.objects if path.startswith(prefix)}
        return [path for path, name in rest.items() if name and "/" not in name and path not in self.hidden]

    def _below(self, wanted: str) -> list[str]:
        if wanted and not wanted.endswith("/"):
            return [wanted]
        return [path for path in self.objects if path.startswith(wanted)]

    def _pass(self, path: str, cancel: CancelToken) -> None:
        if self.call_fault:
            raise self.call_fault
        if path in self.gates:
            self.arrived[path].set()
            assert self.gates[path].wait(20)
        cancel.raise_if_cancelled()
        if path in self.faults:
            raise self.faults[path]

    def _store(self, item: UploadItem, options: UploadOptions) -> None:
        if item.path in self.objects and not options.replace:
            raise ObjectAlreadyExists("The resource already exists", path=item.path)
        try:
            content, status = item.source.read_bytes(), item.source.stat()
        except OSError as error:
            raise SourceUnreadable("The file is gone", path=str(item.source)) from error
        self.put(item.path, content, datetime.fromtimestamp(status.st_mtime, UTC))
        self.moved.append(item.path)

    def _write(self, path: str, target: Path, replace: bool) -> None:
        if target.exists() and not replace:
            raise TargetExists("A file of that name exists", path=str(target))
        if path not in self.objects:
            raise SourceUnreadable("Gone", path=path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.content[path])
        modified_at = self.objects[path].modified_at
        if modified_at:
            os.utime(target, (modified_at.timestamp(), modified_at.timestamp()))
        self.moved.append(path)
