"""One job of the queue: its state, its numbers, its conflicts, and who is told about them.

Thread-safe: a run, its scanner, the person's cancel and the queue all call in. One lock guards the state; a
second one is held while listeners are told, so that nobody sees an older state after a newer one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.cancel import CancelToken
from engine.errors import Cancelled, StorageError
from engine.transfers.conflicts import Clash, ConflictDesk
from engine.transfers.scan import roots_of
from engine.transfers.tally import Figures, Tally
from engine.transfers.values import (
    ConflictPolicy,
    ConflictQuestion,
    Decision,
    ItemNote,
    JobKind,
    JobRequest,
    JobSnapshot,
    JobState,
    TransferListener,
    UploadJob,
    printable,
)
from engine.types import BatchReport, Progress

TELL_INTERVAL_S: Final = 0.1
"""Seconds between two updates about a job whose state stays the same."""

_TITLE_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Work:
    """What the next run of a job does besides carrying out decisions.

    Attributes:
        whole: Everything that was asked for.
        again: Items that failed before.
        resuming: What is at the target already, unchanged, counts as done.
    """

    whole: bool = False
    again: tuple[ItemNote, ...] = ()
    resuming: bool = False


class Job:
    """A request on its way.

    Args:
        job_id: Number of the job.
        request: What was asked for.
        clock: Seconds, monotonic.
        listener: Told of every change.
        next_question: Gives each question its number.

    Attributes:
        id: Number of the job.
        request: What was asked for.
        kind: Its direction.
    """

    def __init__(
        self,
        job_id: int,
        request: JobRequest,
        clock: Callable[[], float],
        listener: TransferListener,
        next_question: Callable[[], int],
    ) -> None:
        self.id = job_id
        self.request = request
        self.kind = JobKind.UPLOAD if isinstance(request, UploadJob) else JobKind.DOWNLOAD
        self._clock = clock
        self._listener = listener
        self._next_question = next_question
        self._lock = threading.RLock()
        self._telling = threading.RLock()
        self._told_s: float | None = None
        self._state = JobState.QUEUED
        self._error: StorageError | None = None
        self._token = CancelToken()
        self._work = Work(whole=True)
        self._tally = Tally(clock)
        self._desk = ConflictDesk(request.policy)
        self._title = _names_of(request)

    # What the queue and the person do

    @property
    def state(self) -> JobState:
        """Where the job stands."""
        return self._state

    @property
    def token(self) -> CancelToken:
        """Cancels the present run."""
        return self._token

    @property
    def policy(self) -> ConflictPolicy:
        """What happens to names met from now on."""
        return self._desk.policy

    def notes(self) -> tuple[ItemNote, ...]:
        """Return what was not moved, and why."""
        with self._lock:
            return self._tally.notes

    def begin(self) -> Work | None:
        """Start a run.

        Returns:
            What it does; taken over, so that the next run does not do it again. None if the job was cancelled.
        """
        with self._lock:
            if self._state is not JobState.QUEUED:
                return None
            work, self._work = self._work, Work(resuming=self._work.resuming)
            self._state = JobState.RUNNING
            self._token = CancelToken()
            self._tally.start()
        self.tell()
        return work

    def finish(self, error: StorageError | None) -> None:
        """End a run.

        Args:
            error: What stopped it, or None if it did all it could.
        """
        with self._lock:
            self._tally.drop_live()
            self._tally.count(counting=False)
            self._state = self._outcome(error)
            if self._state.ended:
                self._desk.clear()
        self.tell()

    def cancel(self) -> None:
        """Stop as soon as possible; what has ended stays as it is."""
        with self._lock:
            if self._state.ended:
                return
            self._token.cancel()
            self._desk.clear()
            self._state = JobState.CANCELLING if self._state.moving else JobState.CANCELLED
        self.tell()

    def retry(self) -> bool:
        """Queue what failed or was not done once more.

        Returns:
            Whether there is anything to do.
        """
        with self._lock:
            if not self._state.retryable:
                return False
            self._work = self._work_left()
            self._error = None
            self._state = JobState.QUEUED
        self.tell()
        return True

    def answer(self, question_id: int, decision: Decision) -> bool:
        """Take a person's answer.

        Args:
            question_id: The question it is about.
            decision: The answer.

        Returns:
            False if that question is not open here (any more).
        """
        with self._lock:
            if self._desk.open_id != question_id:
                return False
            self._desk.answer(decision)
            if self._state is JobState.WAITING:
                self._state = JobState.QUEUED
        self._ask()
        self.tell()
        return True

    def figures(self) -> Figures:
        """Return the job's numbers."""
        with self._lock:
            return self._tally.figures()

    def snapshot(self) -> JobSnapshot:
        """Return the job as it is now."""
        with self._lock:
            figures, state = self._tally.figures(), self._state
            running = state is JobState.RUNNING
            upload = self.request if isinstance(self.request, UploadJob) else None
            return JobSnapshot(
                id=self.id,
                kind=self.kind,
                bucket=self.request.bucket,
                prefix=upload.prefix if upload else "",
                target_dir=None if isinstance(self.request, UploadJob) else self.request.target_dir,
                names=self._title,
                item_count=_count_of(self.request),
                state=JobState.FINALISING if running and figures.finalising else state,
                done_files=figures.done_files,
                total_files=figures.total_files,
                done_bytes=figures.done_bytes,
                total_bytes=figures.total_bytes,
                counting=figures.counting,
                fraction=figures.fraction,
                speed_bytes_per_s=figures.speed_bytes_per_s if running else None,
                time_left_s=figures.time_left_s if running else None,
                current=figures.current,
                failed=figures.failed,
                reason=self._tally.first_failure,
                left_out=figures.left_out,
                questions=self._desk.questions,
                error=self._error,
            )

    # What a run reports

    def found(self, files: int, size_bytes: int) -> None:
        """Count items that will be moved."""
        with self._lock:
            self._tally.found(files, size_bytes)
        self.tell(throttled=True)

    def counting(self, *, on: bool) -> None:
        """Say whether items are still being found."""
        with self._lock:
            self._tally.count(counting=on)

    def live(self, progress: Progress) -> None:
        """Take a running call's progress."""
        with self._lock:
            was_finalising = self._tally.figures().finalising
            self._tally.live(progress)
            changed = was_finalising != self._tally.figures().finalising
        self.tell(throttled=not changed)

    def settle(self, report: BatchReport) -> None:
        """Count what a call that has ended did."""
        with self._lock:
            self._tally.settle(report.done, report.size_bytes)
        self.tell(throttled=True)

    def already_there(self, size_bytes: int) -> None:
        """Count an item that an earlier run has moved."""
        with self._lock:
            self._tally.already_there(1, size_bytes)

    def note(self, note: ItemNote, *, found_bytes: int | None = None) -> None:
        """Remember an item that is not moved.

        Args:
            note: Why.
            found_bytes: Its bytes if it was counted as found, else None.
        """
        with self._lock:
            self._tally.note(note, found_bytes or 0, 0 if found_bytes is None else 1)
        self.tell(throttled=True)

    def clash(self, clash: Clash) -> None:
        """Take a name that is taken; asks unless it is decided already."""
        with self._lock:
            if self._token.cancelled:
                return
            self._desk.meet(clash)
        self._ask()

    def take_decided(self) -> list[tuple[Clash, Decision]]:
        """Return the conflicts that were decided since the last call."""
        with self._lock:
            return self._desk.take()

    def remember(self, path: str, decision: Decision) -> None:
        """Keep what became of a path, for a retry."""
        with self._lock:
            self._desk.remember(path, decision)

    def tell(self, *, throttled: bool = False) -> None:
        """Tell the listener how the job is.

        Args:
            throttled: Keep quiet if it was told a moment ago.
        """
        with self._telling:
            now = self._clock()
            if throttled and self._told_s is not None and now - self._told_s < TELL_INTERVAL_S:
                return
            self._told_s = now
            self._listener.job_changed(self.snapshot())

    def _ask(self) -> None:
        with self._telling:
            with self._lock:
                question = self._open_question()
            if question:
                self._listener.question_asked(question)

    def _open_question(self) -> ConflictQuestion | None:
        if self._desk.open_id is not None or not self._desk.questions:
            return None
        return self._desk.open(self._next_question(), self.id, self.kind)

    def _outcome(self, error: StorageError | None) -> JobState:
        unfinished = self._desk.decided or self._desk.questions
        if isinstance(error, Cancelled) or (unfinished and self._token.cancelled):
            return JobState.CANCELLED
        if error:
            self._error = error
            return JobState.FAILED
        if unfinished:
            return JobState.QUEUED if self._desk.decided else JobState.WAITING
        figures = self._tally.figures()
        if not figures.failed:
            return JobState.DONE
        return JobState.DONE_WITH_FAILURES if figures.done_files else JobState.FAILED

    def _work_left(self) -> Work:
        if self._state is JobState.CANCELLED or self._error:
            self._tally.forget_all()
            return Work(whole=True, resuming=True)
        return Work(again=self._tally.forget_failed(), resuming=True)


def _names_of(request: JobRequest) -> tuple[str, ...]:
    if isinstance(request, UploadJob):
        roots = roots_of(request.sources[:_TITLE_NAMES], "")
        return tuple(printable(root.path) for root in roots)
    return tuple(path.rstrip("/").rpartition("/")[2] or request.bucket for path in request.paths[:_TITLE_NAMES])


def _count_of(request: JobRequest) -> int:
    return len(request.sources) if isinstance(request, UploadJob) else len(request.paths)
