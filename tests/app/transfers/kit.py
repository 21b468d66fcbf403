"""Jobs as the queue would tell them, and a queue that does nothing but remember what it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.transfers import (
    Decision,
    ItemNote,
    JobKind,
    JobSnapshot,
    JobState,
    NoteKind,
    QueueSummary,
    TransferListener,
)

MB = 1_000_000


def job(number: int, state: JobState, **values: object) -> JobSnapshot:
    """Return an upload of one file to photos/2024 unless told otherwise."""
    known: dict[str, object] = {
        "id": number,
        "kind": JobKind.UPLOAD,
        "bucket": "photos",
        "prefix": "2024/",
        "target_dir": None,
        "names": ("trip.mp4",),
        "item_count": 1,
        "state": state,
    }
    return JobSnapshot(**(known | values))  # type: ignore[arg-type]


def download(number: int, state: JobState, **values: object) -> JobSnapshot:
    """Return a download to a folder called Downloads."""
    place = {"kind": JobKind.DOWNLOAD, "prefix": "", "target_dir": Path("/home/ada/Downloads")}
    return job(number, state, **(place | values))


NOTES = (
    ItemNote(NoteKind.FAILED, "2024/a.exe", "/home/ada/a.exe", "This bucket does not take programs", "Ask its owner."),
    ItemNote(NoteKind.FAILED, "2024/b.exe", "/home/ada/b.exe", "Access was denied"),
    ItemNote(NoteKind.LEFT_OUT, "2024/pipe", "/home/ada/pipe", "Not a regular file."),
)


class StubQueue:
    """Takes every call of `TransferQueue` and runs nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.now = QueueSummary()
        self.listeners: list[TransferListener] = []
        self.jobs: dict[int, JobSnapshot] = {}

    def subscribe(self, listener: TransferListener) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, snapshot: JobSnapshot) -> None:
        self.jobs[snapshot.id] = snapshot
        for listener in self.listeners:
            listener.job_changed(snapshot)

    def summary(self) -> QueueSummary:
        return self.now

    def snapshot(self, job_id: int) -> JobSnapshot | None:
        return self.jobs.get(job_id)

    def notes(self, job_id: int) -> tuple[ItemNote, ...]:
        return NOTES

    def answer(self, question_id: int, decision: Decision) -> bool:
        self.calls.append(("answer", question_id, decision))
        return True

    def cancel(self, job_id: int) -> None:
        self.calls.append(("cancel", job_id))

    def cancel_all(self) -> None:
        self.calls.append(("cancel_all",))

    def retry(self, job_id: int) -> None:
        self.calls.append(("retry", job_id))

    def retry_failed(self) -> None:
        self.calls.append(("retry_failed",))

    def remove(self, job_id: int) -> None:
        self.calls.append(("remove", job_id))

    def remove_finished(self) -> None:
        self.calls.append(("remove_finished",))

    def close(self) -> None:
        self.calls.append(("close",))
