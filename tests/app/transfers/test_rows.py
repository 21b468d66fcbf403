"""What a row says, and the model that holds the rows."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.bridge.transfers import TransferBridge
from app.models.transfer_rows import RowAction, row_of, summary_text, time_left_text
from app.models.transfers import TRANSFER_ROLE, TransfersModel
from engine.errors import DiskFull
from engine.transfers import JobSnapshot, JobState, QueueSummary
from tests.app.transfers.kit import MB, StubQueue, download, job


@pytest.mark.parametrize(
    ("snapshot", "title", "detail"),
    [
        (
            job(1, JobState.RUNNING, total_files=1, done_bytes=123 * MB, total_bytes=500 * MB, speed_bytes_per_s=84e6,
                time_left_s=5.2),
            "Upload “trip.mp4” to photos/2024",
            "123.0 MB of 500.0 MB · 84.0 MB/s · 5 s left",
        ),
        (
            download(1, JobState.RUNNING, item_count=3, done_files=1204, total_files=10_000, counting=True,
                     done_bytes=MB, total_bytes=3 * MB),
            "Download 3 items to Downloads",
            "1,204 of 10,000+ files · 1.0 MB of 3.0 MB",
        ),
        (
            job(1, JobState.RUNNING, total_files=9, done_files=2, questions=1, failed=3),
            "Upload “trip.mp4” to photos/2024",
            "2 of 9 files · 0 bytes of 0 bytes · 1 name taken: waiting for your answer · 3 failed",
        ),
        (job(1, JobState.QUEUED, prefix=""), "Upload “trip.mp4” to photos", "Waiting for its turn"),
        (
            job(1, JobState.FINALISING, done_bytes=MB),
            "Upload “trip.mp4” to photos/2024",
            "1.0 MB · finalising: making it safe on the disk",
        ),
        (
            job(1, JobState.WAITING, questions=2, done_files=5, done_bytes=MB),
            "Upload “trip.mp4” to photos/2024",
            "2 names taken: waiting for your answer · 5 files transferred · 1.0 MB",
        ),
        (
            job(1, JobState.DONE, done_files=1, done_bytes=MB, left_out=2),
            "Upload “trip.mp4” to photos/2024",
            "1 file transferred · 1.0 MB · 2 skipped",
        ),
        (job(1, JobState.DONE), "Upload “trip.mp4” to photos/2024", "Done"),
        (
            job(1, JobState.DONE_WITH_FAILURES, failed=7, done_files=300, done_bytes=MB),
            "Upload “trip.mp4” to photos/2024",
            "7 failed · 300 files transferred · 1.0 MB",
        ),
        (
            job(1, JobState.FAILED, error=DiskFull("The disk is full")),
            "Upload “trip.mp4” to photos/2024",
            "The disk is full. Free some space, then try again.",
        ),
        (
            job(1, JobState.FAILED, failed=1, reason="No such file."),
            "Upload “trip.mp4” to photos/2024",
            "1 failed · No such file.",
        ),
        (
            job(1, JobState.FAILED, failed=2, reason="No such file."),
            "Upload “trip.mp4” to photos/2024",
            "2 failed",
        ),
        (job(1, JobState.CANCELLED, done_files=3), "Upload “trip.mp4” to photos/2024", "Cancelled"),
        (job(1, JobState.CANCELLING), "Upload “trip.mp4” to photos/2024", "Cancelling…"),
    ],
)  # fmt: skip
def test_a_row_says_what_is_moved_and_how_it_stands(snapshot: JobSnapshot, title: str, detail: str) -> None:
    row = row_of(snapshot)
    assert (row.title, row.detail) == (title, detail)
    assert row.title in row.spoken


@pytest.mark.parametrize(
    ("snapshot", "actions"),
    [
        (job(1, JobState.RUNNING), {RowAction.CANCEL}),
        (job(1, JobState.WAITING), {RowAction.CANCEL}),
        (job(1, JobState.CANCELLING), set()),
        (job(1, JobState.DONE), {RowAction.SHOW, RowAction.REMOVE}),
        (job(1, JobState.CANCELLED), {RowAction.RETRY, RowAction.REMOVE}),
        (job(1, JobState.FAILED, failed=1), {RowAction.NOTES, RowAction.RETRY, RowAction.REMOVE}),
        (
            job(1, JobState.DONE_WITH_FAILURES, failed=1, done_files=1),
            {RowAction.NOTES, RowAction.RETRY, RowAction.SHOW, RowAction.REMOVE},
        ),
    ],
)
def test_a_row_offers_what_makes_sense(snapshot: JobSnapshot, actions: set[RowAction]) -> None:
    assert set(row_of(snapshot).actions) == actions


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.2, "1 s left"),
        (59.4, "59 s left"),
        (60, "1 min left"),
        (3540, "59 min left"),
        (3599, "60 min left"),
        (3900, "1 h 5 min left"),
        (7200, "2 h 0 min left"),
    ],
)
def test_time_left_is_rounded_to_what_matters(seconds: float | None, text: str) -> None:
    assert time_left_text(seconds) == text


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        (QueueSummary(), ""),
        (
            QueueSummary(running=2, queued=1, done_bytes=MB, total_bytes=4 * MB, speed_bytes_per_s=2e6, time_left_s=90),
            "3 transfers · 1.0 MB of 4.0 MB · 2.0 MB/s · 2 min left",
        ),
        (QueueSummary(waiting=1, ended=2), "1 transfer waiting for your answer"),
        (QueueSummary(ended=3, failed=2), "2 transfers failed"),
        (QueueSummary(ended=3, cancelled=2), "2 transfers cancelled"),
        (QueueSummary(ended=3), "All transfers are done"),
    ],
)
def test_all_transfers_are_one_line(summary: QueueSummary, text: str) -> None:
    assert summary_text(summary) == text


def test_a_target_whose_name_is_no_text_can_be_shown() -> None:
    row = row_of(download(1, JobState.QUEUED, target_dir=Path("/tmp/\udcff")))
    row.title.encode()


def test_the_model_keeps_qts_promises(
    bridge: TransferBridge, stub: StubQueue, qtbot: QtBot, qtmodeltester: ModelTester
) -> None:
    model = TransfersModel(bridge)
    qtmodeltester.check(model)
    chosen = random.Random(7)
    for step in range(300):
        number = chosen.randrange(1, 20)
        if chosen.random() < 0.3:
            bridge.job_removed.emit(number)
        else:
            bridge.job_changed.emit(job(number, chosen.choice(list(JobState)), done_files=step))
    qtmodeltester.check(model)
    shown = [model.row(model.index(row)).id for row in range(model.rowCount())]
    assert shown == sorted(shown, reverse=True)
    assert all(model.index_of(number).row() == row for row, number in enumerate(shown))


def test_a_change_touches_its_own_row_alone(bridge: TransferBridge, qtbot: QtBot) -> None:
    model = TransfersModel(bridge)
    for number in (1, 2, 3):
        bridge.job_changed.emit(job(number, JobState.RUNNING))
    changed = []
    model.dataChanged.connect(lambda first, last, *_: changed.append((first.row(), last.row())))
    bridge.job_changed.emit(job(2, JobState.DONE))
    assert changed == [(1, 1)]
    assert [model.index(row).data(TRANSFER_ROLE).id for row in range(3)] == [3, 2, 1]
    assert model.index(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Upload “trip.mp4” to photos/2024. Done"
    assert not model.index_of(9).isValid()
