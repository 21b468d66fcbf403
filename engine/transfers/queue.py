"""The transfer queue: jobs in order, a few at a time, each on a thread of its own while it runs.

A job that waits for a person's answer holds no lane, so an open question never keeps others from running. One
failed job never touches another. All methods are thread-safe, return at once (but `close` and `wait_until_idle`)
and may be called from a window's main thread.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from engine.errors import EngineBug, StorageError
from engine.os_errors import from_os_error
from engine.transfers.downloads import DownloadRun
from engine.transfers.job import Job, Work
from engine.transfers.listeners import Listeners
from engine.transfers.ports import TransferStorage
from engine.transfers.priority import step_back
from engine.transfers.scan import folder_id
from engine.transfers.summary import Summary
from engine.transfers.uploads import UploadRun
from engine.transfers.values import (
    Decision,
    ItemNote,
    JobRequest,
    JobSnapshot,
    JobState,
    QueueSummary,
    TransferListener,
    UploadJob,
)
from engine.types import RlsContext

DEFAULT_PARALLEL: Final = 4
"""Jobs that run at once: keeps a disk busy without making it seek."""

_LOG = logging.getLogger(__name__)


class TransferQueue:
    """Runs upload and download jobs against one storage; threads come and go with the jobs.

    Args:
        storage: Where objects live.
        context: Whoever the jobs are done for that name no caller.
        parallel: Jobs that run at once, 1 or more.
        keep_out: Folders that uploads skip and downloads refuse: the program's own data.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        storage: TransferStorage,
        context: RlsContext,
        *,
        parallel: int = DEFAULT_PARALLEL,
        keep_out: Sequence[Path] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = storage
        self._context = context
        self._parallel = parallel
        self._keep_out = frozenset(known for known in map(folder_id, keep_out) if known)
        self._clock = clock
        self._listeners = Listeners()
        self._job_ids = itertools.count(1)
        self._question_ids = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._threads: dict[int, threading.Thread] = {}
        self._batch: set[int] = set()
        self._summary = Summary(clock)
        self._closed = False
        self._changed = threading.Condition(threading.RLock())

    def subscribe(self, listener: TransferListener) -> Callable[[], None]:
        """Tell somebody about jobs and questions from now on.

        Args:
            listener: Called from worker threads.

        Returns:
            Call it to unsubscribe.
        """
        return self._listeners.add(listener)

    def submit(self, request: JobRequest) -> int:
        """Put a job at the end of the queue.

        Args:
            request: What to move.

        Returns:
            The job's number.

        Raises:
            EngineBug: The queue was closed.
        """
        with self._changed:
            if self._closed:
                raise EngineBug("The transfer queue is closed")
            next_question = self._question_ids.__next__
            job = Job(next(self._job_ids), request, self._clock, self._listeners, next_question)
            self._jobs[job.id] = job
            self._join_batch(job)
        job.tell()
        self._dispatch()
        return job.id

    def cancel(self, job_id: int) -> None:
        """Stop a job; what it has moved stays. Unknown and ended jobs are left alone."""
        job = self._jobs.get(job_id)
        if job:
            job.cancel()
            self._wake()

    def cancel_all(self) -> None:
        """Stop every job."""
        for job in self._all():
            self.cancel(job.id)

    def retry(self, job_id: int) -> None:
        """Do what failed or was not done of an ended job once more; others are left alone."""
        job = self._jobs.get(job_id)
        if job and job.retry():
            self._join_batch(job)
            self._dispatch()

    def retry_failed(self) -> None:
        """Retry every job that failed wholly or in part; cancelled ones stay cancelled."""
        for job in self._all():
            if job.state in (JobState.FAILED, JobState.DONE_WITH_FAILURES):
                self.retry(job.id)

    def remove(self, job_id: int) -> None:
        """Forget an ended job; others are left alone."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None or not job.state.ended:
                return
            del self._jobs[job_id]
            self._batch.discard(job_id)
        self._listeners.job_removed(job_id)

    def remove_finished(self) -> None:
        """Forget every job that ended without a failure, cancelled ones included."""
        for job in self._all():
            if job.state in (JobState.DONE, JobState.CANCELLED):
                self.remove(job.id)

    def answer(self, question_id: int, decision: Decision) -> bool:
        """Take a person's answer to a conflict.

        Args:
            question_id: The question.
            decision: The answer; SKIP is what closing a dialog means.

        Returns:
            False if the question has been withdrawn meanwhile.
        """
        taken = any(job.answer(question_id, decision) for job in self._all())
        self._dispatch()
        return taken

    def snapshot(self, job_id: int) -> JobSnapshot | None:
        """Return a job as it is now, or None if there is none of that number."""
        job = self._jobs.get(job_id)
        return job.snapshot() if job else None

    def snapshots(self) -> tuple[JobSnapshot, ...]:
        """Return all jobs in the order of submission."""
        return tuple(job.snapshot() for job in self._all())

    def notes(self, job_id: int) -> tuple[ItemNote, ...]:
        """Return what a job did not move, and why."""
        job = self._jobs.get(job_id)
        return job.notes() if job else ()

    def summary(self) -> QueueSummary:
        """Return all jobs since the queue was last at rest, as one."""
        with self._changed:
            return self._summary.of((job.snapshot(), job.figures(), job.id in self._batch) for job in self._all())

    def wait_until_idle(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing runs or could run; jobs that wait for an answer do not count.

        Args:
            timeout_s: Longest wait in seconds; None waits without end.

        Returns:
            Whether the queue is idle.
        """
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout_s)

    def close(self, *, cancel: bool = True) -> None:
        """Take no more jobs and join all threads. Calling it again changes nothing.

        Args:
            cancel: Stop what runs; else wait until all jobs have been done.
        """
        if not cancel:
            self.wait_until_idle()
        with self._changed:
            self._closed = True
            threads = tuple(self._threads.values())
        self.cancel_all()
        for thread in threads:
            thread.join()

    def _all(self) -> tuple[Job, ...]:
        with self._changed:
            return tuple(self._jobs.values())

    def _is_idle(self) -> bool:
        return not self._threads and not any(job.state is JobState.QUEUED for job in self._jobs.values())

    def _join_batch(self, job: Job) -> None:
        """Count a job into the run that the summary is about; a rested queue begins a new run."""
        with self._changed:
            if all(other.state.ended for other in self._jobs.values() if other is not job):
                self._batch.clear()
                self._summary.restart()
            self._batch.add(job.id)

    def _dispatch(self) -> None:
        """Start queued jobs while lanes are free."""
        with self._changed:
            for job in self._jobs.values():
                if len(self._threads) >= self._parallel or self._closed:
                    break
                if job.state is JobState.QUEUED and job.id not in self._threads:
                    self._start(job)
            self._changed.notify_all()

    def _start(self, job: Job) -> None:
        thread = threading.Thread(target=self._work_on, args=(job,), name=f"transfer-{job.id}", daemon=True)
        self._threads[job.id] = thread
        thread.start()

    def _work_on(self, job: Job) -> None:
        step_back()
        try:
            work = job.begin()
            if work:
                job.finish(self._run(job, work))
        finally:
            with self._changed:
                del self._threads[job.id]
            self._dispatch()

    def _run(self, job: Job, work: Work) -> StorageError | None:
        try:
            self._runner(job).run(work)
        except StorageError as error:
            return error
        except OSError as error:
            return from_os_error(error)
        except Exception as error:  # noqa: BLE001 - a bug in one job must end that job, not the queue
            _LOG.exception("transfer job failed unexpectedly")
            bug = EngineBug(f"Something unexpected went wrong: {error!r}")
            bug.__cause__ = error
            return bug
        return None

    def _runner(self, job: Job) -> UploadRun | DownloadRun:
        request = job.request
        caller = request.caller or self._context
        if isinstance(request, UploadJob):
            return UploadRun(job, request, self._storage, caller, self._keep_out)
        return DownloadRun(job, request, self._storage, caller, self._keep_out)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
