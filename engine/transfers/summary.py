"""Many jobs as one line: what a status bar says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.transfers.tally import Figures
from engine.transfers.values import JobSnapshot, JobState, QueueSummary

Entry = tuple[JobSnapshot, Figures, bool]

_GIVEN_UP: Final = (JobState.CANCELLING, JobState.CANCELLED)


def summary_of(entries: Iterable[Entry]) -> QueueSummary:
    """Sum jobs up.

    Args:
        entries: Each job, its numbers, and whether it belongs to the present run.

    Returns:
        Counts over all jobs; bytes and progress over the present run without what was cancelled.
    """
    jobs = tuple(entries)
    states = [job.state for job, _, _ in jobs]
    batch = [(job, figures) for job, figures, current in jobs if current and job.state not in _GIVEN_UP]
    done_work = sum(figures.done_work for _, figures in batch)
    total_work = sum(figures.total_work for _, figures in batch)
    return QueueSummary(
        running=sum(state.moving for state in states),
        queued=states.count(JobState.QUEUED),
        waiting=states.count(JobState.WAITING),
        ended=sum(state.ended for state in states),
        failed=states.count(JobState.FAILED) + states.count(JobState.DONE_WITH_FAILURES),
        done_bytes=sum(figures.done_bytes for _, figures in batch),
        total_bytes=sum(figures.total_bytes for _, figures in batch),
        fraction=min(1.0, done_work / total_work) if total_work else 0.0,
        speed_bytes_per_s=sum(job.speed_bytes_per_s or 0.0 for job, _ in batch) or None,
        time_left_s=_time_left_s(batch),
    )


def _time_left_s(batch: Iterable[tuple[JobSnapshot, Figures]]) -> float | None:
    """Return what all need together at their present pace; unknown while one of the running is unknown."""
    pace = left = 0.0
    for job, figures in batch:
        work = figures.total_work - figures.done_work
        if job.state is JobState.RUNNING:
            if not job.time_left_s:
                return None
            pace += work / job.time_left_s
        if job.state in (JobState.RUNNING, JobState.QUEUED):
            left += work
    return left / pace if pace else None
