"""The transfer queue as the window sees it: calls that return at once, news as signals in the main thread.

The queue's own threads never touch a widget: what they tell is carried over by queued signals, at most ten times a
second for each job. A slow pulse looks at what runs even when nothing is told, so that a speed falls to nothing when
the bytes stop, and sums everything up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.bridge.acting import Acting, Attempt, Deed, Identity, Refused
from app.bridge.tasks import Tasks
from engine.os_errors import from_os_error
from engine.transfers import (
    ConflictPolicy,
    ConflictQuestion,
    Decision,
    DownloadJob,
    ItemNote,
    JobKind,
    JobSnapshot,
    JobState,
    QueueSummary,
    TransferQueue,
    UploadJob,
    failures_text,
)

_PULSE_MS: Final = 400
"""Time between two summaries: as often as figures can be read."""


class TransferBridge(QObject):
    """See the module.

    Args:
        queue: Runs the jobs; closed by `close`.
        acting: In whose name; a job ends as whoever began it.
        tasks: For writing lists to files.
        parent: Qt's owner.

    Signals:
        job_changed: Carries a `JobSnapshot`, of a new job as well.
        job_ended: Carries the `JobSnapshot` of a job that has just come to an end.
        job_removed: Carries the number of a job that is gone from the list.
        summary_changed: Carries a `QueueSummary`.
        conflict_asked: Carries a `ConflictQuestion`; the answer goes to `answer`.
        reason_wanted: A person wants to know why something was refused; carries the `Refused`.
    """

    job_changed = Signal(object)
    job_ended = Signal(object)
    job_removed = Signal(int)
    summary_changed = Signal(object)
    conflict_asked = Signal(object)
    reason_wanted = Signal(object)
    _told = Signal(object)
    _removed = Signal(int)
    _asked = Signal(object)

    def __init__(self, queue: TransferQueue, acting: Acting, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._acting = acting
        self._tasks = tasks
        self._latest: dict[int, JobSnapshot] = {}
        self._identities: dict[int, Identity] = {}
        self._summary = QueueSummary()
        self._pulse = QTimer(self, interval=_PULSE_MS)
        self._pulse.timeout.connect(self._beat)
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._removed.connect(self._drop, Qt.ConnectionType.QueuedConnection)
        self._asked.connect(self.conflict_asked, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = queue.subscribe(_Listener(self._told.emit, self._removed.emit, self._asked.emit))

    def upload(self, bucket: str, prefix: str, sources: Sequence[Path]) -> int:
        """Put files and folders into a folder of a bucket; names that are taken are asked about.

        Args:
            bucket: Name of the bucket.
            prefix: Folder in it, `""` or with a trailing `/`.
            sources: Files and folders.

        Returns:
            The job's number.
        """
        return self._submit(UploadJob(bucket, prefix, tuple(sources), caller=self._acting.context))

    def download(self, bucket: str, paths: Sequence[str], target_dir: Path, *, replace: bool = False) -> int:
        """Write objects and folders into a folder of this computer.

        Args:
            bucket: Name of the bucket.
            paths: Objects, and folders with a trailing `/`; `""` is the whole bucket.
            target_dir: Made if missing.
            replace: Overwrite files that are there; else they are asked about.

        Returns:
            The job's number.
        """
        policy = ConflictPolicy.REPLACE if replace else ConflictPolicy.ASK
        return self._submit(DownloadJob(bucket, tuple(paths), target_dir, policy, caller=self._acting.context))

    def cancel(self, job_id: int) -> None:
        """Stop a job."""
        self._queue.cancel(job_id)

    def cancel_all(self) -> None:
        """Stop every job."""
        self._queue.cancel_all()

    def retry(self, job_id: int) -> None:
        """Do what failed or was not done of a job once more."""
        self._queue.retry(job_id)

    def retry_failed(self) -> None:
        """Retry every job that failed wholly or in part."""
        self._queue.retry_failed()

    def remove(self, job_id: int) -> None:
        """Take an ended job off the list."""
        self._queue.remove(job_id)

    def clear_finished(self) -> None:
        """Take every job off the list that ended without a failure."""
        self._queue.remove_finished()

    def answer(self, question_id: int, decision: Decision) -> None:
        """Answer a conflict; too late an answer changes nothing."""
        self._queue.answer(question_id, decision)

    def notes(self, job_id: int) -> tuple[ItemNote, ...]:
        """Return what a job did not move, and why."""
        return self._queue.notes(job_id)

    def refusal(self, job: JobSnapshot) -> Refused | None:
        """Return what policies did not let somebody do with the first item of a job that they held back, or None."""
        identity = self._identities.get(job.id)
        held = next((note for note in self.notes(job.id) if note.denied), None)
        if identity is None or held is None:
            return None
        deed = Deed.READ if job.kind is JobKind.DOWNLOAD else Deed.ADD
        return Refused(identity, Attempt(deed, job.bucket, held.path))

    def save_notes(self, notes: Sequence[ItemNote], target: Path) -> None:
        """Write a list of what was not moved to a text file that a person has chosen.

        Args:
            notes: The list.
            target: Replaced if it is there; the file dialog has asked.
        """
        self._tasks.read(lambda _: _write(target, failures_text(notes)), lambda _: None)

    def snapshots(self) -> tuple[JobSnapshot, ...]:
        """Return all jobs, the oldest first, as they were told last."""
        return tuple(self._latest[job_id] for job_id in sorted(self._latest))

    def snapshot(self, job_id: int) -> JobSnapshot | None:
        """Return a job as it was told last, or None."""
        return self._latest.get(job_id)

    @property
    def summary(self) -> QueueSummary:
        """All jobs as one, as it was told last."""
        return self._summary

    @property
    def active(self) -> bool:
        """Whether any job has not ended."""
        return any(not job.state.ended for job in self._latest.values())

    def stop(self) -> None:
        """Tell nothing more; at once. Idempotent."""
        self._unsubscribe()
        self._pulse.stop()

    def close(self) -> None:
        """Stop every job and wait for its thread: after `stop`, off the main thread. Idempotent."""
        self._queue.close()

    def _submit(self, job: UploadJob | DownloadJob) -> int:
        """Begin a job, and remember who is acted as in it."""
        number = self._queue.submit(job)
        if self._acting.identity is not None:
            self._identities[number] = self._acting.identity
        return number

    @Slot(object)
    def _take(self, job: JobSnapshot) -> None:
        before = self._latest.get(job.id)
        self._latest[job.id] = job
        self.job_changed.emit(job)
        if job.state.ended and (before is None or not before.state.ended):
            self.job_ended.emit(job)
        if before is None or before.state is not job.state:
            self._sum_up()
            self._keep_beating()

    @Slot(int)
    def _drop(self, job_id: int) -> None:
        self._identities.pop(job_id, None)
        if self._latest.pop(job_id, None) is not None:
            self.job_removed.emit(job_id)
            self._sum_up()

    @Slot()
    def _beat(self) -> None:
        for told in tuple(self._latest.values()):
            if told.state is JobState.RUNNING:
                now = self._queue.snapshot(told.id)
                if now is not None and now != told and now.state is told.state:
                    self._take(now)
        self._sum_up()
        self._keep_beating()

    def _keep_beating(self) -> None:
        if self.active != self._pulse.isActive():
            self._pulse.start() if self.active else self._pulse.stop()

    def _sum_up(self) -> None:
        summary = self._queue.summary()
        if summary != self._summary:
            self._summary = summary
            self.summary_changed.emit(summary)


class _Listener:
    """Carries what the queue tells into signals; lives in the queue's threads.

    Args:
        told: Takes a `JobSnapshot`.
        removed: Takes a job's number.
        asked: Takes a `ConflictQuestion`.
    """

    def __init__(
        self,
        told: Callable[[JobSnapshot], None],
        removed: Callable[[int], None],
        asked: Callable[[ConflictQuestion], None],
    ) -> None:
        self._told = told
        self._removed = removed
        self._asked = asked

    def job_changed(self, job: JobSnapshot) -> None:
        """Pass it on."""
        self._told(job)

    def job_removed(self, job_id: int) -> None:
        """Pass it on."""
        self._removed(job_id)

    def question_asked(self, question: ConflictQuestion) -> None:
        """Pass it on."""
        self._asked(question)


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise from_os_error(error, str(target)) from error
