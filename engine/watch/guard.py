"""Keeps lost disks from being taken for deleted files: so many objects may go in a time, and no more. One thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from sqlalchemy import func, select

from engine import limits
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_objects
from engine.types import RlsContext

_WINDOW_S: Final = 3600.0
"""As long as lies between two cleanups, whose bounds these are."""


class Guard:
    """Counts.

    Args:
        executor: Knows how many objects there are.
        clock: Seconds, monotonic.
    """

    def __init__(self, executor: Executor, clock: Callable[[], float] = time.monotonic) -> None:
        self._executor = executor
        self._clock = clock
        self._gone: deque[tuple[float, int]] = deque()

    def allows(self, count: int) -> bool:
        """Return whether as many more objects may go unasked; if so, they count from now on."""
        now_s = self._clock()
        while self._gone and self._gone[0][0] < now_s - _WINDOW_S:
            self._gone.popleft()
        total = count + sum(gone for _, gone in self._gone)
        if total > limits.CLEANUP_REMOVALS_MIN and total > self._share():
            return False
        self._gone.append((now_s, count))
        return True

    def _share(self) -> int:
        """Return how many are the share of all that is allowed."""
        rows = self._executor.execute(select(func.count()).select_from(storage_objects), RlsContext.service())[0][0]
        return int(rows * limits.CLEANUP_REMOVALS_SHARE)
