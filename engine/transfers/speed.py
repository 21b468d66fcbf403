"""How fast work goes and how long it will still take."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

SPEED_WINDOW_S: Final = 4.0
"""Seconds a speed is smoothed over: long enough to ride over one commit, short enough to follow a change."""

SAMPLE_INTERVAL_S: Final = 0.1
"""Seconds between two remembered samples; bounds the memory of a meter."""

TRUSTED_AFTER_S: Final = 8.0
"""Seconds of work before an estimate is shown: earlier ones jump about and only annoy."""


class SpeedMeter:
    """Rate of a growing count over the last few seconds. Not thread-safe; its owner locks.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()
        self._started_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first sample, 0.0 before it."""
        return 0.0 if self._started_s is None else self._clock() - self._started_s

    def add(self, count: int) -> None:
        """Remember that the count has reached `count`.

        Args:
            count: Never less than before.
        """
        now = self._clock()
        if self._started_s is None:
            self._started_s = now
        if len(self._samples) > 1 and now - self._samples[-2][0] < SAMPLE_INTERVAL_S:
            self._samples.pop()
        self._samples.append((now, count))
        self._forget_before(now - SPEED_WINDOW_S)

    def rate(self) -> float:
        """Return the count's growth per second within the window, up to this moment."""
        now = self._clock()
        self._forget_before(now - SPEED_WINDOW_S)
        if not self._samples:
            return 0.0
        since, base = self._samples[0]
        return (self._samples[-1][1] - base) / (now - since) if now > since else 0.0

    def time_left(self, left: int) -> float | None:
        """Estimate how long the rest takes.

        Args:
            left: What the count still has to grow by.

        Returns:
            Seconds, or None as long as nothing trustworthy can be said.
        """
        rate = self.rate()
        if rate <= 0 or self.elapsed_s < TRUSTED_AFTER_S:
            return None
        return left / rate

    def _forget_before(self, moment_s: float) -> None:
        """Keep one sample from before the window as the base of the rate."""
        while len(self._samples) > 1 and self._samples[1][0] <= moment_s:
            self._samples.popleft()
