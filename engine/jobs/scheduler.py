"""`Scheduler`: one thread that runs named jobs now and then, for as long as a workspace is open.

Jobs run one after the other. A run that fails is logged and the job comes again at its next turn: nothing ends the
thread but `close`, which cancels the run that is going on and waits for it. Whether work is really due, such as a
daily backup that another process may have made, is for the job to find out.

Threads: all methods from any thread; jobs run in the scheduler's own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.cancel import CancelToken
from engine.errors import Cancelled

_logger = logging.getLogger(__name__)
_FIRST_AFTER_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """Work that comes again and again.

    Attributes:
        name: Unique among the jobs of a scheduler.
        interval_s: From the end of one run to the beginning of the next.
        run: Does it once; looks at the token often and stops with `Cancelled`.
        first_after_s: From the start to the first run: commands that end at once are not kept up.
    """

    name: str
    interval_s: float
    run: Callable[[CancelToken], object]
    first_after_s: float = _FIRST_AFTER_S


class Scheduler:
    """Runs jobs.

    Args:
        jobs: What is to be done.
        clock: Seconds, monotonic.
    """

    def __init__(self, jobs: Sequence[Job], clock: Callable[[], float] = time.monotonic) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._changed = threading.Condition()
        self._due_s: dict[str, float] = {}
        self._cancel = CancelToken()
        self._thread: threading.Thread | None = None

    def plan(self) -> None:
        """Begin to count the time, for who calls `run_due` himself."""
        with self._changed:
            self._due_s |= {job.name: self._clock() + job.first_after_s for job in self._jobs.values()}

    def start(self) -> None:
        """Begin to count the time, in a thread that never keeps the program alive. To be called once."""
        self.plan()
        with self._changed:
            self._thread = threading.Thread(target=self._work, name="holdall-jobs", daemon=True)
            self._thread.start()

    def run_now(self, name: str) -> None:
        """Let a job run as soon as the thread is free, and again an interval later. Returns at once.

        Raises:
            KeyError: There is no such job.
        """
        with self._changed:
            self._due_s[self._jobs[name].name] = self._clock()
            self._changed.notify_all()

    def run_due(self) -> float | None:
        """Run every job whose time has come, in the calling thread.

        Returns:
            Seconds until the next one, at least 0, or None where there is nothing to wait for.
        """
        for job in self._jobs.values():
            if not self._cancel.cancelled and self._is_due(job):
                self._run(job)
        with self._changed:
            return self._pause_s()

    def close(self) -> None:
        """Cancel the run that is going on, if any, and wait for it; safe to call again."""
        with self._changed:
            self._cancel.cancel()
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        """Run jobs until the end."""
        while not self._cancel.cancelled:
            self.run_due()
            with self._changed:
                if not self._cancel.cancelled:
                    # asked again under the lock: `run_now` may have come in between
                    self._changed.wait(self._pause_s())

    def _pause_s(self) -> float | None:
        """Return how long there is nothing to do. Needs the lock."""
        return max(min(self._due_s.values()) - self._clock(), 0.0) if self._due_s else None

    def _is_due(self, job: Job) -> bool:
        """Take a job's turn if its time has come; until it has run there is no other."""
        with self._changed:
            due_s = self._due_s.get(job.name)
            if due_s is None or due_s > self._clock():
                return False
            del self._due_s[job.name]
            return True

    def _run(self, job: Job) -> None:
        """Run a job once; whatever it raises, it gets another turn."""
        try:
            job.run(self._cancel)
        except Cancelled:
            pass
        except Exception:
            _logger.warning("the job %r failed", job.name, exc_info=True)
        finally:
            with self._changed:
                self._due_s.setdefault(job.name, self._clock() + job.interval_s)
