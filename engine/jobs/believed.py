"""`BelievedClock`: the present moment, for jobs that remove for good what is old.

A clock that is wrong once, by a year or by a month, would make everything old at once, and nothing brings back what is
removed then. So a clock that leapt is believed only when it has stood by it for some hours; until then the moment is
the last that was believed. A computer that was off for a season looks just the same, and catches up on that day or the
next.

Threads: any; processes that share a workspace share what is believed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from engine.jobs.remembered import Remembered
from engine.metadata.executor import Executor
from engine.times import now_us, to_datetime

_logger = logging.getLogger(__name__)
_HOUR_US: Final = 3600 * 1_000_000
_LEAP_US: Final = 3 * 24 * _HOUR_US
"""From one look to the next; a long weekend is none."""

_TRIAL_US: Final = 6 * _HOUR_US
"""For which a clock has to stand by its leap: longer than wrong clocks go unseen, or time servers unasked."""


class BelievedClock:
    """Says what time it is, with caution.

    Args:
        executor: For what is remembered.
        now: The present moment by the computer's clock, in microseconds since 1970, UTC.
        steady_s: Seconds that pass evenly, whatever that clock does.
    """

    def __init__(
        self,
        executor: Executor,
        now: Callable[[], int] = now_us,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._steady_s = steady_s
        self._remembered = Remembered(executor, "believed_clock")
        self._lock = threading.Lock()
        self._seen_leaping: tuple[int, float] | None = None

    def __call__(self) -> int:
        """Return the present moment, or the last that was believed while the clock is on trial."""
        with self._lock:
            now = self._now()
            believed, leapt_to = self._judged(now, *self._recall(now))
            self._remembered.put(f"{believed} {leapt_to or ''}".strip())
            return believed

    def _recall(self, now: int) -> tuple[int, int | None]:
        """Return the last moment that was believed, and where the clock leapt to if it is on trial."""
        text = self._remembered.get()
        if text is None:
            return now, None
        believed, _, leapt_to = text.partition(" ")
        return int(believed), int(leapt_to) if leapt_to else None

    def _judged(self, now: int, believed: int, leapt_to: int | None) -> tuple[int, int | None]:
        """Return the same two as they are after this look."""
        if leapt_to is not None and self._has_stood(now, leapt_to):
            believed, leapt_to = leapt_to, None
        if now - believed < _LEAP_US:
            return now, None
        if leapt_to is None or now < leapt_to:
            _logger.warning("the clock leapt to %s: nothing grows old before it has stood by that", to_datetime(now))
            self._seen_leaping = now, self._steady_s()
            return believed, now
        return believed, leapt_to

    def _has_stood(self, now: int, leapt_to: int) -> bool:
        """Return whether a clock on trial is past it: by itself, and by time that passed evenly if we saw it leap."""
        steady_us = _TRIAL_US
        if self._seen_leaping is not None and self._seen_leaping[0] == leapt_to:
            steady_us = int((self._steady_s() - self._seen_leaping[1]) * 1_000_000)
        return min(now - leapt_to, steady_us) >= _TRIAL_US
