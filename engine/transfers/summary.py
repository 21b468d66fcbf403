"""Many jobs as one line: what a status bar says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from engine.transfers.speed import SpeedMeter
from engine.transfers.tally import Figures
from engine.transfers.values import JobSnapshot, JobState, QueueSummary

Entry = tuple[JobSnapshot, Figures, bool]
"""A job, its numbers, and whether it belongs to the present run of the queue."""

_GIVEN_UP: Final = (JobState.CANCELLING, JobState.CANCELLED)


class Summary:
    """Sums jobs up and estimates how long all of them take. Not thread-safe: the queue locks.

    The estimate has a meter of its own, because in a queue of many short jobs no single one lives long enough to
    be trusted.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Begin a new run of the queue."""
        self._meter = SpeedMeter(self._clock)
        self._done_work = 0

    def of(self, entries: Iterable[Entry]) -> QueueSummary:
        """Sum jobs up.

        Args:
            entries: All jobs.

        Returns:
            Counts over all jobs; bytes and progress over the present run without what was given up.
        """
        jobs = tuple(entries)
        states = [job.state for job, _, _ in jobs]
        run = [(job, figures) for job, figures, current in jobs if current and job.state not in _GIVEN_UP]
        done_work = sum(figures.done_work for _, figures in run)
        total_work = sum(figures.total_work for _, figures in run)
        return QueueSummary(
            running=sum(state.moving for state in states),
            queued=states.count(JobState.QUEUED),
            waiting=states.count(JobState.WAITING),
            ended=sum(state.ended for state in states),
            failed=states.count(JobState.FAILED) + states.count(JobState.DONE_WITH_FAILURES),
            cancelled=states.count(JobState.CANCELLED),
            done_bytes=sum(figures.done_bytes for _, figures in run),
            total_bytes=sum(figures.total_bytes for _, figures in run),
            fraction=min(1.0, done_work / total_work) if total_work else 0.0,
            speed_bytes_per_s=sum(job.speed_bytes_per_s or 0.0 for job, _ in run) or None,
            time_left_s=self._time_left_s(run, done_work),
        )

    def _time_left_s(self, run: list[tuple[JobSnapshot, Figures]], done_work: int) -> float | None:
        """Return how long the known work takes; unknown while some of it is not known yet."""
        self._done_work = max(self._done_work, done_work)
        self._meter.add(self._done_work)
        moving = [(job, figures) for job, figures in run if job.state in (JobState.RUNNING, JobState.QUEUED)]
        if not moving or any(job.counting or not figures.total_work for job, figures in moving):
            return None
        return self._meter.time_left(sum(figures.total_work - figures.done_work for _, figures in moving))
