"""The bridge: the queue's news as signals in the main thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bridge.acting import Acting
from app.bridge.tasks import Tasks
from app.bridge.transfers import TransferBridge
from engine.transfers import ConflictAction, Decision, JobState, QueueSummary, TransferQueue
from engine.types import RlsContext
from tests.app.transfers.kit import NOTES, StubQueue, job
from tests.engine.transfers.fakes import FakeStorage


@pytest.fixture
def storage() -> FakeStorage:
    return FakeStorage()


@pytest.fixture
def live(storage: FakeStorage, errors: list[Exception]) -> Iterator[TransferBridge]:
    """Return a bridge over a queue that runs."""
    tasks = Tasks(errors.append)
    bridge = TransferBridge(TransferQueue(storage, RlsContext.service()), Acting(RlsContext.service()), tasks)
    yield bridge
    bridge.stop()
    bridge.close()
    tasks.close()


def test_an_upload_is_told_from_its_beginning_to_its_end(
    live: TransferBridge, storage: FakeStorage, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    told, threads = [], set()
    live.job_changed.connect(lambda snapshot: (told.append(snapshot), threads.add(threading.current_thread())))
    with qtbot.waitSignal(live.job_ended, timeout=10_000) as ended:
        number = live.upload("photos", "2024/", [tmp_path / "a.txt"])
    assert ended.args[0].id == number
    assert ended.args[0].state is JobState.DONE
    assert told[0].state is JobState.QUEUED
    assert threads == {threading.main_thread()}
    assert storage.content == {"2024/a.txt": b"hello"}
    assert not live.active


def test_a_download_asks_before_it_replaces_unless_told(
    live: TransferBridge, storage: FakeStorage, qtbot: QtBot, tmp_path: Path
) -> None:
    storage.put("a", b"new")
    (tmp_path / "a").write_bytes(b"mine")
    with qtbot.waitSignal(live.conflict_asked, timeout=10_000) as asked:
        live.download("photos", ["a"], tmp_path)
    assert (tmp_path / "a").read_bytes() == b"mine"
    with qtbot.waitSignal(live.job_ended, timeout=10_000):
        live.answer(asked.args[0].id, Decision(ConflictAction.SKIP))
    with qtbot.waitSignal(live.job_ended, timeout=10_000):
        live.download("photos", ["a"], tmp_path, replace=True)
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_removed_job_is_told_and_forgotten(live: TransferBridge, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with qtbot.waitSignal(live.job_ended, timeout=10_000):
        number = live.upload("photos", "", [tmp_path / "a"])
    with qtbot.waitSignal(live.job_removed, timeout=10_000) as removed:
        live.clear_finished()
    assert removed.args == [number]
    assert live.snapshots() == ()
    assert live.summary == QueueSummary()


def test_closing_stops_what_runs_and_tells_nothing_more(
    live: TransferBridge, storage: FakeStorage, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(b"")
    gate = storage.hold("a")
    live.upload("photos", "", [tmp_path / "a"])
    assert storage.arrived["a"].wait(10)
    qtbot.waitUntil(lambda: live.active)
    told = []
    live.job_changed.connect(told.append)
    threading.Timer(0.05, gate.set).start()
    live.close()
    assert storage.objects == {}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("transfer-")]
    assert told == []


def test_the_pulse_lets_a_speed_fall_when_nothing_is_told(
    bridge: TransferBridge, stub: StubQueue, qtbot: QtBot
) -> None:
    stub.tell(job(1, JobState.RUNNING, speed_bytes_per_s=5.0))
    qtbot.waitUntil(lambda: len(bridge.snapshots()) == 1)
    stub.jobs[1] = job(1, JobState.RUNNING, speed_bytes_per_s=None)
    stub.now = QueueSummary(running=1)
    with qtbot.waitSignal(bridge.summary_changed, timeout=5_000):
        qtbot.waitUntil(lambda: bridge.snapshots()[0].speed_bytes_per_s is None)
    assert bridge.summary.running == 1


def test_a_list_is_saved_and_a_failure_to_save_is_told(
    bridge: TransferBridge, qtbot: QtBot, tmp_path: Path, errors: list[Exception]
) -> None:
    bridge.save_notes(NOTES[:2], tmp_path / "list.txt")
    qtbot.waitUntil((tmp_path / "list.txt").exists)
    bridge.save_notes(NOTES, tmp_path / "missing" / "list.txt")
    qtbot.waitUntil(lambda: len(errors) == 1)
    assert (tmp_path / "list.txt").read_text().splitlines() == [
        "2024/a.exe\tThis bucket does not take programs. Ask its owner.",
        "2024/b.exe\tAccess was denied",
    ]
    assert "missing" in str(errors[0])
