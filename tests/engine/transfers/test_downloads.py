"""Download jobs: never over what is there, never into the program's own data."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import ObjectNotFound, PermissionDenied, SourceUnreadable
from engine.transfers import (
    ConflictAction,
    ConflictPolicy,
    Decision,
    DownloadJob,
    JobState,
    TransferQueue,
)
from engine.types import RlsContext
from tests.engine.transfers.fakes import LONG_AGO, FakeStorage, Recorder

WAIT_S = 20


def download(queue: TransferQueue, target: Path, *paths: str, policy: ConflictPolicy = ConflictPolicy.ASK) -> int:
    job = queue.submit(DownloadJob("photos", paths, target, policy))
    assert queue.wait_until_idle(WAIT_S)
    return job


def answer(queue: TransferQueue, question_id: int, action: ConflictAction, **more: object) -> None:
    assert queue.answer(question_id, Decision(action, **more))  # type: ignore[arg-type]
    assert queue.wait_until_idle(WAIT_S)


def state(queue: TransferQueue, job_id: int) -> JobState:
    snapshot = queue.snapshot(job_id)
    assert snapshot
    return snapshot.state


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_objects_and_folders_come_down_and_the_totals_were_known(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path
) -> None:
    for path in ("trip/a", "trip/day/b", "c"):
        fake.put(path, path.encode())
    job = download(queue, tmp_path / "new" / "place", "trip/", "c")
    assert files(tmp_path / "new/place") == {"trip/a": b"trip/a", "trip/day/b": b"trip/day/b", "c": b"c"}
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.done_files, snapshot.total_files, snapshot.fraction) == (JobState.DONE, 3, 3, 1.0)
    assert (snapshot.names, snapshot.target_dir) == (("trip", "c"), tmp_path / "new" / "place")


def test_a_file_that_is_there_is_asked_about_and_the_others_come(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    for path in ("t/a", "t/b"):
        fake.put(path, path.encode())
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a").write_bytes(b"mine")
    job = download(queue, tmp_path, "t/")
    assert files(tmp_path) == {"t/a": b"mine", "t/b": b"t/b"}
    question = recorder.question(0)
    assert (question.name, question.arriving.where, question.existing.where) == ("a", "photos/t/a", f"{tmp_path}/t/a")
    assert (question.arriving.size_bytes, question.arriving.modified_at, question.existing.size_bytes) == (
        3,
        LONG_AGO,
        4,
    )
    answer(queue, question.id, ConflictAction.REPLACE)
    assert files(tmp_path) == {"t/a": b"t/a", "t/b": b"t/b"}
    assert state(queue, job) is JobState.DONE


def test_keeping_both_and_renaming_write_beside(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        fake.put(name, b"new")
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "a (2).txt").write_bytes(b"mine too")
    job = download(queue, tmp_path, "a.txt", "b.txt")
    answer(queue, recorder.question(0).id, ConflictAction.KEEP_BOTH)
    answer(queue, recorder.question(1).id, ConflictAction.RENAME, new_name="other.txt")
    assert files(tmp_path) == {
        "a.txt": b"mine",
        "a (2).txt": b"mine too",
        "a (3).txt": b"new",
        "b.txt": b"mine",
        "other.txt": b"new",
    }
    assert state(queue, job) is JobState.DONE


def test_replacing_everything_was_asked_for(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    fake.put("a", b"new")
    (tmp_path / "a").write_bytes(b"mine")
    download(queue, tmp_path, "a", policy=ConflictPolicy.REPLACE)
    assert files(tmp_path) == {"a": b"new"}


def test_skipping_leaves_files_alone_and_says_so(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    fake.put("a", b"new")
    (tmp_path / "a").write_bytes(b"mine")
    job = download(queue, tmp_path, "a", policy=ConflictPolicy.SKIP)
    assert files(tmp_path) == {"a": b"mine"}
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.left_out, snapshot.failed) == (JobState.DONE, 1, 0)


def test_an_older_object_does_not_replace_a_newer_file(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    fake.put("a", b"old")
    fake.put("b", b"old")
    for name in "ab":
        (tmp_path / name).write_bytes(b"mine")
    os.utime(tmp_path / "b", (1.0, 1.0))
    download(queue, tmp_path, "a", "b", policy=ConflictPolicy.REPLACE_IF_NEWER)
    assert files(tmp_path) == {"a": b"mine", "b": b"old"}


def test_retry_brings_only_what_failed(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    for path in ("t/a", "t/sub/b", "t/c"):
        fake.put(path, path.encode())
    fake.faults["t/sub/b"] = SourceUnreadable("The disk does not answer")
    job = download(queue, tmp_path, "t/")
    assert state(queue, job) is JobState.DONE_WITH_FAILURES
    fake.faults.clear()
    fake.moved.clear()
    queue.retry(job)
    assert queue.wait_until_idle(WAIT_S)
    assert fake.moved == ["t/sub/b"]
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.done_files, snapshot.total_files) == (JobState.DONE, 3, 3)
    assert files(tmp_path)["t/sub/b"] == b"t/sub/b"


def test_retry_after_a_cancel_recognises_what_has_arrived(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    for path in ("t/a", "t/b", "t/c"):
        fake.put(path, path.encode())
    gate = fake.hold("t/b")
    job = queue.submit(DownloadJob("photos", ("t/",), tmp_path))
    assert fake.arrived["t/b"].wait(WAIT_S)
    queue.cancel(job)
    gate.set()
    assert queue.wait_until_idle(WAIT_S)
    assert state(queue, job) is JobState.CANCELLED
    queue.retry(job)
    assert queue.wait_until_idle(WAIT_S)
    assert recorder.questions == []
    assert fake.moved == ["t/a", "t/b", "t/c"]
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.done_files) == (JobState.DONE, 3)


def test_the_programs_own_folder_is_refused_as_a_target(fake: FakeStorage, tmp_path: Path) -> None:
    fake.put("a")
    (tmp_path / "data" / "storage").mkdir(parents=True)
    queue = TransferQueue(fake, RlsContext.service(), keep_out=(tmp_path / "data",))
    job = queue.submit(DownloadJob("photos", ("a",), tmp_path / "data" / "storage" / "deeper"))
    assert queue.wait_until_idle(WAIT_S)
    snapshot = queue.snapshot(job)
    queue.close()
    assert snapshot
    assert snapshot.state is JobState.FAILED
    assert isinstance(snapshot.error, PermissionDenied)
    assert not files(tmp_path)


def test_a_target_that_cannot_be_made_fails_the_job_with_its_path(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path
) -> None:
    fake.put("a")
    (tmp_path / "file").write_bytes(b"")
    job = download(queue, tmp_path / "file" / "below", "a")
    snapshot = queue.snapshot(job)
    assert snapshot
    assert snapshot.state is JobState.FAILED
    assert str(tmp_path / "file") in str(snapshot.error)


def test_an_object_that_vanished_is_listed(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    fake.put("b", b"b")
    fake.faults["a"] = SourceUnreadable("Gone")
    job = download(queue, tmp_path, "a", "b")
    assert [note.path for note in queue.notes(job)] == ["a"]
    fake.faults["a"] = ObjectNotFound("Object not found")
    queue.retry(job)
    assert queue.wait_until_idle(WAIT_S)
    assert [note.reason for note in queue.notes(job)] == ["Object not found"]
    assert state(queue, job) is JobState.DONE_WITH_FAILURES
