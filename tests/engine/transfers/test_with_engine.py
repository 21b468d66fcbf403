"""Transfers over the engine itself: byte for byte, with its own refusals, durable and resumable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.storage import FileStorage
from engine.transfers import (
    ConflictAction,
    ConflictPolicy,
    Decision,
    DownloadJob,
    JobSnapshot,
    JobState,
    TransferQueue,
    UploadJob,
)
from engine.transfers import uploads as uploads_module
from engine.types import Bucket, RlsContext
from tests.engine.transfers.fakes import Recorder

WAIT_S = 30


@pytest.fixture
def real(storage: FileStorage, service: RlsContext, bucket: Bucket, data_dir: Path) -> Iterator[TransferQueue]:
    queue = TransferQueue(storage, service, keep_out=(data_dir,))
    yield queue
    queue.close()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a folder with all that is easily lost on the way."""
    root = tmp_path / "tree"
    for name, content in {
        "__init__.py": b"",
        ".hidden": b"h",
        "sub/deep/er/file.bin": os.urandom(300_000),
        "sub/Straße ☃.txt": "ü".encode(),
        "sub/a%20b.txt": b"percent",
        "Twin.txt": b"1",
        "twin.txt": b"2",
        "large.bin": os.urandom(3_000_000),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "empty" / "inner").mkdir(parents=True)
    os.utime(root / "large.bin", ns=(10**18 + 123_456_789, 10**18 + 123_456_789))
    return root


def run(queue: TransferQueue, request: UploadJob | DownloadJob) -> JobSnapshot:
    return ended(queue, queue.submit(request))


def ended(queue: TransferQueue, job_id: int) -> JobSnapshot:
    assert queue.wait_until_idle(WAIT_S)
    snapshot = queue.snapshot(job_id)
    assert snapshot
    return snapshot


def content(folder: Path) -> dict[str, bytes | None]:
    """Return every file with its bytes and every folder with None, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_a_tree_goes_up_and_comes_down_byte_for_byte(
    real: TransferQueue, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "LARGE_FILE_BYTES", 1_000_000)
    up = run(real, UploadJob("photos", "in/", (tree,)))
    assert (up.state, up.done_files, up.total_files, up.failed, up.fraction) == (JobState.DONE, 8, 8, 0, 1.0)
    assert up.done_bytes == up.total_bytes
    down = run(real, DownloadJob("photos", ("in/tree/",), tmp_path / "back"))
    assert (down.state, down.done_files, down.failed) == (JobState.DONE, 8, 0)
    assert content(tmp_path / "back" / "tree") == content(tree)
    times = [(folder / "large.bin").stat().st_mtime_ns // 1000 for folder in (tree, tmp_path / "back" / "tree")]
    assert times[0] == times[1]


def test_nothing_is_done_twice_when_everything_is_tried_again(
    real: TransferQueue, tree: Path, storage: FileStorage, service: RlsContext
) -> None:
    job = real.submit(UploadJob("photos", "", (tree, tree / "gone")))
    assert ended(real, job).state is JobState.DONE_WITH_FAILURES
    versions = {stored.path: stored.version for stored in storage.walk("photos", "", service)}
    real.retry(job)
    assert ended(real, job).failed == 1
    assert {stored.path: stored.version for stored in storage.walk("photos", "", service)} == versions


def test_an_upload_over_an_older_one_asks_and_keeps_both(
    real: TransferQueue, tree: Path, storage: FileStorage, service: RlsContext
) -> None:
    recorder = Recorder()
    real.subscribe(recorder)
    storage.upload("photos", "tree/sub/deep/er/file.bin", b"old", service)
    job = real.submit(UploadJob("photos", "", (tree,)))
    assert ended(real, job).state is JobState.WAITING
    question = recorder.question(0)
    assert question.existing.size_bytes == 3
    assert question.arriving.modified_at
    assert abs((question.arriving.modified_at - datetime.now(UTC)).total_seconds()) < 3600
    real.answer(question.id, Decision(ConflictAction.KEEP_BOTH))
    assert ended(real, job).state is JobState.DONE
    with storage.open_object("photos", "tree/sub/deep/er/file.bin", service) as reader:
        assert reader.read() == b"old"
    assert storage.info("photos", "tree/sub/deep/er/file (2).bin", service).size_bytes == 300_000


def test_a_download_never_overwrites_unasked(real: TransferQueue, tree: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    real.subscribe(recorder)
    run(real, UploadJob("photos", "", (tree,)))
    mine = tmp_path / "out" / "tree" / ".hidden"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    job = real.submit(DownloadJob("photos", ("tree/",), tmp_path / "out"))
    assert ended(real, job).state is JobState.WAITING
    assert mine.read_bytes() == b"mine"
    assert (tmp_path / "out/tree/large.bin").stat().st_size == 3_000_000
    real.answer(recorder.question(0).id, Decision(ConflictAction.REPLACE))
    assert ended(real, job).state is JobState.DONE
    assert content(tmp_path / "out" / "tree") == content(tree)


def test_what_the_bucket_refuses_is_listed_and_the_rest_arrives(
    real: TransferQueue, tree: Path, storage: FileStorage, service: RlsContext
) -> None:
    storage.create_bucket("small", service, file_size_limit_bytes=1000)
    job = real.submit(UploadJob("small", "", (tree,)))
    assert ended(real, job).state is JobState.DONE_WITH_FAILURES
    assert sorted(note.path for note in real.notes(job)) == ["tree/large.bin", "tree/sub/deep/er/file.bin"]
    assert storage.exists("small", "tree/twin.txt", service)


def test_names_that_are_no_text_fail_alone(real: TransferQueue, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / os.fsdecode(b"bad\xff")).write_bytes(b"")
    (tmp_path / "t" / "good").write_bytes(b"")
    job = real.submit(UploadJob("photos", "", (tmp_path / "t",)))
    snapshot = ended(real, job)
    assert (snapshot.state, snapshot.done_files, snapshot.failed) == (JobState.DONE_WITH_FAILURES, 1, 1)


def test_a_bucket_that_is_gone_fails_the_job(real: TransferQueue, tree: Path, tmp_path: Path) -> None:
    for request in (UploadJob("nowhere", "", (tree,)), DownloadJob("nowhere", ("a/",), tmp_path / "out")):
        snapshot = run(real, request)
        assert snapshot.state is JobState.FAILED
        assert snapshot.error


def test_replacing_everything_leaves_no_question(
    real: TransferQueue, tree: Path, storage: FileStorage, service: RlsContext
) -> None:
    recorder = Recorder()
    real.subscribe(recorder)
    storage.upload("photos", "tree/twin.txt", b"old", service)
    assert run(real, UploadJob("photos", "", (tree,), ConflictPolicy.REPLACE)).state is JobState.DONE
    assert recorder.questions == []
    assert storage.info("photos", "tree/twin.txt", service).size_bytes == 1


def test_cancelling_a_large_upload_leaves_nothing_and_a_retry_completes_it(
    real: TransferQueue, tmp_path: Path, storage: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "LARGE_FILE_BYTES", 1_000_000)
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(64 * 1024 * 1024)

    class Canceller(Recorder):
        def job_changed(self, job: JobSnapshot) -> None:
            super().job_changed(job)
            if job.done_bytes and not any(told.state is JobState.CANCELLING for told in self.jobs):
                real.cancel(job.id)

    canceller = Canceller()
    unsubscribe = real.subscribe(canceller)
    job = real.submit(UploadJob("photos", "", (big,)))
    snapshot = ended(real, job)
    unsubscribe()
    assert (snapshot.state, snapshot.done_files, snapshot.done_bytes) == (JobState.CANCELLED, 0, 0)
    assert not storage.exists("photos", "big.bin", service)
    real.retry(job)
    assert ended(real, job).state is JobState.DONE
    assert storage.info("photos", "big.bin", service).size_bytes == 64 * 1024 * 1024
