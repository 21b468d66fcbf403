"""Names that are taken: nothing is overwritten unasked, nothing else waits for the answer."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.transfers import (
    ConflictAction,
    ConflictPolicy,
    Decision,
    JobState,
    NoteKind,
    TransferQueue,
    UploadJob,
)
from engine.transfers.targets import TakenNames
from engine.types import RlsContext
from tests.engine.transfers.fakes import LONG_AGO, FakeStorage, Recorder

WAIT_S = 20


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"new " + name.encode())
    return root


def upload(queue: TransferQueue, *sources: Path, policy: ConflictPolicy = ConflictPolicy.ASK) -> int:
    job = queue.submit(UploadJob("photos", "", sources, policy))
    assert queue.wait_until_idle(WAIT_S)
    return job


def answer(queue: TransferQueue, question_id: int, action: ConflictAction, **more: object) -> None:
    assert queue.answer(question_id, Decision(action, **more))  # type: ignore[arg-type]
    assert queue.wait_until_idle(WAIT_S)


def state(queue: TransferQueue, job_id: int) -> JobState:
    snapshot = queue.snapshot(job_id)
    assert snapshot
    return snapshot.state


def test_the_rest_of_the_job_and_of_the_queue_goes_on_while_a_question_is_open(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    fake.put("t/deep/b", b"old")
    waiting = upload(queue, make(tmp_path / "t", "a", "deep/b", "deep/c"))
    others = [upload(queue, make(tmp_path, f"other{n}") / f"other{n}") for n in range(3)]
    assert state(queue, waiting) is JobState.WAITING
    assert {state(queue, job) for job in others} == {JobState.DONE}
    assert sorted(fake.moved) == ["other0", "other1", "other2", "t/a", "t/deep/c"]
    assert fake.content["t/deep/b"] == b"old"
    assert queue.summary().waiting == 1


def test_the_question_shows_both_sides(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    fake.put("report.pdf", b"older")
    file = make(tmp_path, "report.pdf") / "report.pdf"
    os.utime(file, (1_700_000_000, 1_700_000_000))
    upload(queue, file)
    question = recorder.question(0)
    assert (question.name, question.suggested_name, question.left) == ("report.pdf", "report (2).pdf", 0)
    assert (question.existing.where, question.existing.size_bytes) == ("photos/report.pdf", 5)
    assert question.existing.modified_at == LONG_AGO
    assert (question.arriving.where, question.arriving.size_bytes) == (str(file), len(b"new report.pdf"))
    assert question.arriving.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize(
    ("action", "more", "expected"),
    [
        (ConflictAction.REPLACE, {}, {"a": b"new a"}),
        (ConflictAction.REPLACE_IF_NEWER, {}, {"a": b"new a"}),
        (ConflictAction.KEEP_BOTH, {}, {"a": b"old", "a (2)": b"new a"}),
        (ConflictAction.RENAME, {"new_name": "z"}, {"a": b"old", "z": b"new a"}),
        (ConflictAction.SKIP, {}, {"a": b"old"}),
    ],
)
def test_each_answer_does_what_it_says(
    queue: TransferQueue,
    fake: FakeStorage,
    recorder: Recorder,
    tmp_path: Path,
    action: ConflictAction,
    more: dict[str, object],
    expected: dict[str, bytes],
) -> None:
    fake.put("a", b"old")
    job = upload(queue, make(tmp_path, "a") / "a")
    answer(queue, recorder.question(0).id, action, **more)
    assert fake.content == expected
    assert state(queue, job) is JobState.DONE
    snapshot = queue.snapshot(job)
    assert snapshot
    assert snapshot.fraction == (0.0 if action is ConflictAction.SKIP else 1.0)
    assert snapshot.left_out == (action is ConflictAction.SKIP)


def test_only_what_is_newer_replaces(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path, "a", "b")
    fake.put("a", b"old", datetime(2090, 1, 1, tzinfo=UTC))
    fake.put("b", b"old")
    job = upload(queue, tmp_path / "a", tmp_path / "b", policy=ConflictPolicy.REPLACE_IF_NEWER)
    assert fake.content == {"a": b"old", "b": b"new b"}
    assert [(note.path, note.kind) for note in queue.notes(job)] == [("a", NoteKind.LEFT_OUT)]
    assert recorder.questions == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (ConflictPolicy.REPLACE, {"a": b"new a"}),
        (ConflictPolicy.SKIP, {"a": b"old"}),
        (ConflictPolicy.KEEP_BOTH, {"a": b"old", "a (2)": b"new a"}),
    ],
)
def test_a_policy_is_carried_out_without_a_question(
    queue: TransferQueue,
    fake: FakeStorage,
    recorder: Recorder,
    tmp_path: Path,
    policy: ConflictPolicy,
    expected: dict[str, bytes],
) -> None:
    fake.put("a", b"old")
    job = upload(queue, make(tmp_path, "a") / "a", policy=policy)
    assert fake.content == expected
    assert recorder.questions == []
    assert state(queue, job) is JobState.DONE


def test_questions_come_one_at_a_time_and_say_how_many_are_left(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    for name in "abc":
        fake.put(f"t/{name}", b"old")
    job = upload(queue, make(tmp_path / "t", "a", "b", "c"))
    assert len(recorder.questions) == 1
    answer(queue, recorder.question(0).id, ConflictAction.SKIP)
    assert (recorder.question(1).name, recorder.question(1).left) == ("b", 1)
    assert state(queue, job) is JobState.WAITING
    answer(queue, recorder.question(1).id, ConflictAction.REPLACE)
    assert (recorder.question(2).name, recorder.question(2).left) == ("c", 0)
    answer(queue, recorder.question(2).id, ConflictAction.SKIP)
    assert state(queue, job) is JobState.DONE
    assert fake.moved == ["t/b"]


def test_an_answer_for_all_covers_what_is_found_later(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    for name in ("a", "b", "c", "z"):
        fake.put(f"t/{name}", b"old")
    make(tmp_path / "t", "a", "b", "c", "new")
    gate = fake.hold("t/new")
    fake.hidden.add("t/z")
    make(tmp_path / "t", "z")
    job = queue.submit(UploadJob("photos", "", (tmp_path / "t",)))
    assert fake.arrived["t/new"].wait(WAIT_S)
    recorder.question(0)
    queue.answer(recorder.questions[0].id, Decision(ConflictAction.REPLACE, apply_to_all=True))
    gate.set()
    assert queue.wait_until_idle(WAIT_S)
    assert len(recorder.questions) == 1
    assert {fake.content[f"t/{name}"] for name in "abcz"} == {b"new a", b"new b", b"new c", b"new z"}
    assert state(queue, job) is JobState.DONE


def test_a_name_taken_behind_our_back_is_asked_about_as_well(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    fake.put("a", b"old")
    fake.hidden.add("a")  # neither counted nor listed: it came after the look
    job = upload(queue, make(tmp_path, "a") / "a")
    assert recorder.question(0).existing.size_bytes == 3
    answer(queue, recorder.question(0).id, ConflictAction.KEEP_BOTH)
    assert fake.content == {"a": b"old", "a (2)": b"new a"}
    assert state(queue, job) is JobState.DONE


def test_keeping_both_passes_over_numbers_that_are_taken(
    queue: TransferQueue, fake: FakeStorage, tmp_path: Path
) -> None:
    for name in ("a.txt", "a (2).txt"):
        fake.put(name, b"old")
    make(tmp_path, "a.txt", "sub/a.txt")
    upload(queue, tmp_path / "a.txt", policy=ConflictPolicy.KEEP_BOTH)
    assert fake.content["a (3).txt"] == b"new a.txt"


def test_a_name_given_by_a_person_that_is_taken_is_asked_about_again(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        fake.put(name, b"old")
    upload(queue, make(tmp_path, "a") / "a")
    answer(queue, recorder.question(0).id, ConflictAction.RENAME, new_name="b")
    assert recorder.question(1).name == "b"
    answer(queue, recorder.question(1).id, ConflictAction.RENAME, new_name="c")
    assert fake.content == {"a": b"old", "b": b"old", "c": b"new a"}


def test_cancelling_withdraws_the_questions(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    fake.put("a", b"old")
    job = upload(queue, make(tmp_path, "a") / "a")
    question = recorder.question(0)
    queue.cancel(job)
    assert state(queue, job) is JobState.CANCELLED
    assert queue.answer(question.id, Decision(ConflictAction.REPLACE)) is False
    assert fake.content == {"a": b"old"}
    snapshot = queue.snapshot(job)
    assert snapshot
    assert snapshot.questions == 0


def test_a_retry_remembers_the_answers(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    make(tmp_path / "t", "a", "b", "c")
    fake.put("t/a", b"old")
    fake.put("t/b", b"old")
    gate = fake.hold("t/c")
    job = queue.submit(UploadJob("photos", "", (tmp_path / "t",)))
    assert fake.arrived["t/c"].wait(WAIT_S)
    queue.answer(recorder.question(0).id, Decision(ConflictAction.KEEP_BOTH))
    queue.answer(recorder.question(1).id, Decision(ConflictAction.SKIP))
    queue.cancel(job)
    gate.set()
    assert queue.wait_until_idle(WAIT_S)
    queue.retry(job)
    assert queue.wait_until_idle(WAIT_S)
    assert len(recorder.questions) == 2
    assert fake.content == {"t/a": b"old", "t/a (2)": b"new a", "t/b": b"old", "t/c": b"new c"}
    assert state(queue, job) is JobState.DONE


def test_a_new_tree_costs_one_question_to_the_database(queue: TransferQueue, fake: FakeStorage, tmp_path: Path) -> None:
    fake.put("unrelated/x")
    upload(queue, make(tmp_path / "t", "a/1", "a/deep/2", "b/3"))
    assert fake.asked == ["", "t/"]


def test_few_files_into_a_crowded_folder_are_looked_up_one_by_one(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path
) -> None:
    for n in range(100):
        fake.put(f"{n:03}")
    make(tmp_path, "007", "new")
    upload(queue, tmp_path / "007", tmp_path / "new")
    assert fake.asked == ["", "007", "new"]
    assert [question.name for question in recorder.questions] == ["007"]


def test_many_files_into_a_folder_of_many_pages_are_compared_by_listing(
    queue: TransferQueue, fake: FakeStorage, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.limits.LIST_PAGE_MAX", 10)
    for n in range(35):
        fake.put(f"{n:03}")
    names = [f"{n:03}" for n in range(30, 40)]
    make(tmp_path, *names)
    upload(queue, *(tmp_path / name for name in names), policy=ConflictPolicy.SKIP)
    assert fake.moved == ["035", "036", "037", "038", "039"]
    assert fake.asked == ["", "", "", ""]


def test_a_crowded_folder_is_not_read_to_its_end_for_few_files(
    fake: FakeStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.limits.LIST_PAGE_MAX", 10)
    for n in range(100):
        fake.put(f"{n:03}")
    assert list(TakenNames(fake, "photos", RlsContext.service()).among("", ["099", "new"])) == ["099"]
    assert fake.asked == ["", "", "", "", "", "099", "new"], "more than forty entries"
