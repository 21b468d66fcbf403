"""Keeps work to a number of bytes a second. One thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from engine.cancel import CancelToken

_NAP_S: Final = 0.1
"""Longest sleep between two looks at the token."""


class Pace:
    """Sleeps as long as work is ahead of its time.

    Args:
        bytes_per_s: At most so many; 0 for no bound.
        clock: Seconds, monotonic.
        sleep: Waits.
    """

    def __init__(
        self,
        bytes_per_s: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._sleep = sleep
        self._free_at_s = clock()

    def spend(self, size_bytes: int, cancel: CancelToken) -> None:
        """Take note of bytes that were read, and wait until as many more may be. What was not used is not saved up.

        Raises:
            Cancelled: `cancel` was used.
        """
        cancel.raise_if_cancelled()
        if self._bytes_per_s == 0:
            return
        self._free_at_s = max(self._free_at_s, self._clock()) + size_bytes / self._bytes_per_s
        while (left_s := self._free_at_s - self._clock()) > 0:
            self._sleep(min(left_s, _NAP_S))
            cancel.raise_if_cancelled()
