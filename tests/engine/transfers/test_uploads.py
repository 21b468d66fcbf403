"""Upload jobs: what arrives, what is reported, what a cancel and a retry leave."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from engine.errors import BucketNotFound, DiskFull, SourceChanged, Unauthorized, UnsupportedMediaType
from engine.transfers import ConflictPolicy, JobState, NoteKind, TransferQueue, UploadJob, failures_text
from engine.transfers import uploads as uploads_module
from engine.transfers.scan import Item
from tests.engine.transfers.fakes import Clock, FakeStorage, Recorder

WAIT_S = 20


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def upload(queue: TransferQueue, *sources: Path, prefix: str = "", policy: ConflictPolicy = ConflictPolicy.ASK) -> int:
    return queue.submit(UploadJob("photos", prefix, sources, policy))


def finish(queue: TransferQueue) -> None:
    assert queue.wait_until_idle(WAIT_S)


def state(queue: TransferQueue, job_id: int) -> JobState:
    snapshot = queue.snapshot(job_id)
    assert snapshot
    return snapshot.state


def test_a_folder_arrives_whole_and_the_job_says_so(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path / "trip", "a.jpg", "day/__init__.py", "day/.hidden")
    (tmp_path / "trip" / "later").mkdir()
    job = upload(queue, tmp_path / "trip", prefix="2024/")
    finish(queue)
    assert sorted(fake.objects) == [
        "2024/trip/a.jpg",
        "2024/trip/day/.hidden",
        "2024/trip/day/__init__.py",
        "2024/trip/later/",
    ]
    assert fake.content["2024/trip/day/.hidden"] == b"day/.hidden"
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.done_files, snapshot.total_files) == (JobState.DONE, 3, 3)
    assert snapshot.done_bytes == snapshot.total_bytes == sum(map(len, ["a.jpg", "day/__init__.py", "day/.hidden"]))
    assert (snapshot.fraction, snapshot.names, snapshot.item_count) == (1.0, ("trip",), 1)
    assert recorder.states(job)[0] == "queued"
    assert recorder.states(job)[-1] == "done"


def test_a_large_file_gets_a_call_of_its_own_and_is_seen_finalising(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "LARGE_FILE_BYTES", 4)
    make(tmp_path / "t", "big file", "abc")
    job = upload(queue, tmp_path / "t")
    finish(queue)
    assert sorted(fake.objects) == ["t/abc", "t/big file"]
    assert "finalising" in recorder.states(job)
    assert state(queue, job) is JobState.DONE


def test_files_that_fail_are_listed_and_the_others_arrive(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path
) -> None:
    make(tmp_path / "t", "a.exe", "b", "c")
    fake.faults["t/a.exe"] = UnsupportedMediaType("This bucket does not take programs", hint="Ask its owner.")
    job = upload(queue, tmp_path / "t")
    finish(queue)
    assert state(queue, job) is JobState.DONE_WITH_FAILURES
    [note] = queue.notes(job)
    assert (note.path, note.local_path, note.kind) == ("t/a.exe", str(tmp_path / "t/a.exe"), NoteKind.FAILED)
    assert failures_text([note]) == "t/a.exe\tThis bucket does not take programs. Ask its owner.\n"
    assert sorted(fake.objects) == ["t/b", "t/c"]


def test_retry_does_only_what_failed(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    make(tmp_path / "t", "a", "b", "c")
    fake.faults["t/b"] = SourceChanged("The file changed while it was read")
    job = upload(queue, tmp_path / "t", policy=ConflictPolicy.REPLACE)
    finish(queue)
    fake.faults.clear()
    fake.moved.clear()
    queue.retry(job)
    finish(queue)
    assert fake.moved == ["t/b"]
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.done_files, snapshot.total_files) == (JobState.DONE, 3, 3)
    assert queue.notes(job) == ()


def test_retry_of_an_unreadable_folder_looks_into_it_again(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path
) -> None:
    make(tmp_path / "t", "a")
    job = upload(queue, tmp_path / "t", tmp_path / "late")
    finish(queue)
    assert state(queue, job) is JobState.DONE_WITH_FAILURES
    make(tmp_path / "late", "x/y")
    queue.retry(job)
    finish(queue)
    assert sorted(fake.objects) == ["late/x/y", "t/a"]


def test_a_job_in_which_everything_fails_has_failed(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    job = upload(queue, tmp_path / "gone")
    finish(queue)
    assert state(queue, job) is JobState.FAILED


def test_an_error_of_the_whole_job_is_kept_and_touches_no_other(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path
) -> None:
    make(tmp_path, "a", "b")
    fake.call_fault = BucketNotFound("Bucket not found")
    failing = upload(queue, tmp_path / "a")
    finish(queue)
    fake.call_fault = None
    good = upload(queue, tmp_path / "b")
    finish(queue)
    snapshot = queue.snapshot(failing)
    assert snapshot
    assert snapshot.state is JobState.FAILED
    assert str(snapshot.error) == "Bucket not found"
    assert state(queue, good) is JobState.DONE
    queue.retry_failed()
    finish(queue)
    assert state(queue, failing) is JobState.DONE
    assert sorted(fake.objects) == ["a", "b"]


def test_a_full_disk_ends_the_job_instead_of_failing_every_file_in_turn(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_module, "LARGE_FILE_BYTES", 1)
    make(tmp_path, "a", "b")
    fake.faults["a"] = DiskFull("The disk is full")
    job = upload(queue, tmp_path / "a", tmp_path / "b")
    finish(queue)
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.failed) == (JobState.FAILED, 0)
    assert isinstance(snapshot.error, DiskFull)
    fake.faults.clear()
    queue.retry(job)
    finish(queue)
    assert fake.moved == ["a", "b"]


def test_a_bug_ends_its_job_and_not_the_queue(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path, "a", "b")
    fake.call_fault = ZeroDivisionError("oops")
    job = upload(queue, tmp_path / "a")
    finish(queue)
    snapshot = queue.snapshot(job)
    assert snapshot
    assert snapshot.error
    assert snapshot.error.code == "InternalError"
    assert "ZeroDivisionError" in caplog.text


def test_cancelling_is_never_counted_as_done(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path / "t", "a", "b", "c")
    gate = fake.hold("t/b")
    job = upload(queue, tmp_path / "t")
    assert fake.arrived["t/b"].wait(WAIT_S)
    queue.cancel(job)
    assert state(queue, job) is JobState.CANCELLING
    gate.set()
    finish(queue)
    assert recorder.states(job)[-2:] == ["cancelling", "cancelled"]
    assert sorted(fake.objects) == ["t/a"]
    queue.cancel(job)
    assert state(queue, job) is JobState.CANCELLED


def test_retry_after_a_cancel_takes_up_where_it_stopped(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path / "t", "a", "b", "c")
    gate = fake.hold("t/b")
    job = upload(queue, tmp_path / "t")
    assert fake.arrived["t/b"].wait(WAIT_S)
    queue.cancel(job)
    gate.set()
    finish(queue)
    queue.retry(job)
    finish(queue)
    assert fake.moved == ["t/a", "t/b", "t/c"]
    assert recorder.questions == []
    snapshot = queue.snapshot(job)
    assert snapshot
    assert (snapshot.state, snapshot.done_files, snapshot.total_files) == (JobState.DONE, 3, 3)


def test_what_was_changed_at_the_target_between_cancel_and_retry_is_asked_about(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path / "t", "a", "b")
    gate = fake.hold("t/b")
    job = upload(queue, tmp_path / "t")
    assert fake.arrived["t/b"].wait(WAIT_S)
    queue.cancel(job)
    gate.set()
    finish(queue)
    fake.put("t/a", b"somebody else's")
    queue.retry(job)
    finish(queue)
    assert recorder.question(0).name == "a"
    assert fake.content["t/a"] == b"somebody else's"


def test_a_queued_job_is_cancelled_at_once_and_never_runs(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path
) -> None:
    make(tmp_path, "a", "b", "c")
    gates = [fake.hold(name) for name in "ab"]
    running = [upload(queue, tmp_path / name) for name in "ab"]
    third = upload(queue, tmp_path / "c")
    for name in "ab":
        assert fake.arrived[name].wait(WAIT_S)
    assert state(queue, third) is JobState.QUEUED
    queue.cancel(third)
    assert state(queue, third) is JobState.CANCELLED
    for gate in gates:
        gate.set()
    finish(queue)
    assert sorted(fake.objects) == ["a", "b"]
    assert {state(queue, job) for job in running} == {JobState.DONE}


def test_no_more_jobs_run_at_once_than_there_are_lanes(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    names = [f"f{n}" for n in range(6)]
    make(tmp_path, *names)
    gates = {name: fake.hold(name) for name in names}
    jobs = [upload(queue, tmp_path / name) for name in names]
    for at, name in enumerate(names):
        assert fake.arrived[name].wait(WAIT_S)
        assert sum(state(queue, job).moving for job in jobs) <= 2
        assert all(state(queue, job) is JobState.QUEUED for job in jobs[at + 2 :])
        gates[name].set()
    finish(queue)
    assert sorted(fake.moved) == names


def test_totals_grow_while_the_first_files_are_moved_already(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "t", "a/1", "b/2")
    second_folder = threading.Event()
    scandir = os.scandir

    def slow(path: Path) -> object:
        if Path(path).name == "b":
            assert second_folder.wait(WAIT_S)
        return scandir(path)

    monkeypatch.setattr("engine.transfers.scan.os.scandir", slow)
    gate = fake.hold("t/a/1")
    job = upload(queue, tmp_path / "t")
    assert fake.arrived["t/a/1"].wait(WAIT_S)
    early = queue.snapshot(job)
    assert early
    assert (early.counting, early.total_files) == (True, 1)
    gate.set()
    second_folder.set()
    finish(queue)
    late = queue.snapshot(job)
    assert late
    assert (late.counting, late.total_files, late.done_files) == (False, 2, 2)


def test_updates_of_one_state_come_at_most_ten_times_a_second(
    queue: TransferQueue, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path / "t", *(f"{n:03}" for n in range(300)))
    job = upload(queue, tmp_path / "t")
    finish(queue)
    assert len([told for told in recorder.jobs if told.id == job]) <= 4  # the clock stands still: state changes alone


def test_a_running_job_tells_speed_and_time_left(
    queue: TransferQueue, fake: FakeStorage, clock: Clock, recorder: Recorder, tmp_path: Path
) -> None:
    names = [f"{n:02}" for n in range(20)]
    make(tmp_path / "t", *names)
    gates = {name: fake.hold(f"t/{name}") for name in names}
    job = upload(queue, tmp_path / "t")
    for name in names[:12]:
        assert fake.arrived[f"t/{name}"].wait(WAIT_S)
        queue.summary()
        clock.advance(1.0)
        gates[name].set()
    assert fake.arrived["t/12"].wait(WAIT_S)
    snapshot, summary = queue.snapshot(job), queue.summary()
    assert snapshot
    assert snapshot.speed_bytes_per_s == pytest.approx(2.0, rel=0.3)
    assert snapshot.time_left_s == pytest.approx(8.0, rel=0.3)
    assert 0.5 < snapshot.fraction < 0.7
    assert (summary.running, summary.fraction) == (1, snapshot.fraction)
    assert summary.time_left_s == pytest.approx(snapshot.time_left_s, rel=0.05)
    for gate in gates.values():
        gate.set()
    finish(queue)


def test_closing_cancels_and_joins_everything(fake: FakeStorage, tmp_path: Path) -> None:
    make(tmp_path / "t", *(f"{n:03}" for n in range(50)))
    queue = TransferQueue(fake, None)  # type: ignore[arg-type]
    gate = fake.hold("t/001")
    upload(queue, tmp_path / "t")
    assert fake.arrived["t/001"].wait(WAIT_S)
    threading.Timer(0.05, gate.set).start()
    queue.close()
    assert [snapshot.state for snapshot in queue.snapshots()] == [JobState.CANCELLED]
    assert queue.summary().cancelled == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("transfer-")]
    assert sorted(fake.objects) == ["t/000"]


def test_closing_patiently_finishes_first(fake: FakeStorage, tmp_path: Path) -> None:
    make(tmp_path / "t", "a", "b")
    queue = TransferQueue(fake, None)  # type: ignore[arg-type]
    upload(queue, tmp_path / "t")
    queue.close(cancel=False)
    assert sorted(fake.objects) == ["t/a", "t/b"]


def test_finished_jobs_are_removed_and_failed_ones_stay(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path, "a", "b")
    good = upload(queue, tmp_path / "a")
    bad = upload(queue, tmp_path / "gone")
    gate = fake.hold("b")
    running = upload(queue, tmp_path / "b")
    assert fake.arrived["b"].wait(WAIT_S)
    recorder.wait_for(lambda: state(queue, bad).ended and state(queue, good).ended)
    queue.remove_finished()
    queue.remove(running)
    assert [job.id for job in queue.snapshots()] == [bad, running]
    assert recorder.removed == [good]
    gate.set()
    finish(queue)


def test_the_summary_is_about_the_present_run_alone(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    make(tmp_path, "first", "second file", "third")
    upload(queue, tmp_path / "first")
    finish(queue)
    gate = fake.hold("third")
    upload(queue, tmp_path / "second file", tmp_path / "third")
    assert fake.arrived["third"].wait(WAIT_S)
    summary = queue.summary()
    assert (summary.active, summary.ended) == (1, 1)
    assert summary.total_bytes == len("second filethird")
    gate.set()
    finish(queue)
    assert queue.summary().fraction == 1.0


def test_many_short_jobs_together_have_a_time_left_although_none_of_them_lives_long(
    queue: TransferQueue, fake: FakeStorage, clock: Clock, tmp_path: Path
) -> None:
    names = [f"{n:02}" for n in range(20)]
    make(tmp_path, *names)
    gates = {name: fake.hold(name) for name in names}
    jobs = [upload(queue, tmp_path / name) for name in names[:12]]
    for name, job in zip(names[:10], jobs, strict=False):
        assert fake.arrived[name].wait(WAIT_S)
        assert queue.summary().time_left_s is None
        clock.advance(1.0)
        gates[name].set()
        while not state(queue, job).ended:
            time.sleep(0.001)
    for name in names[10:12]:
        assert fake.arrived[name].wait(WAIT_S)
    while any(queue.snapshot(job).counting for job in jobs[10:]):
        time.sleep(0.001)
    assert queue.summary().time_left_s == pytest.approx(2.0, rel=0.4)
    queue.submit(UploadJob("photos", "", (tmp_path / names[12],)))
    assert queue.summary().time_left_s is None
    for gate in gates.values():
        gate.set()
    finish(queue)


def test_what_policies_refuse_is_told_in_words_for_people() -> None:
    refusal = Unauthorized("new row violates row-level security policy")
    note = uploads_module.failed(Item("a.txt", Path("/a.txt"), 1, None), refusal)
    assert note.reason == "Policies do not allow this."
