"""Counts of what happened since the workspace was opened, for metrics."""

from __future__ import annotations

import threading


class Counter:
    """A number that only grows. Thread-safe.

    Args:
        name: What metrics call it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._value = 0

    @property
    def value(self) -> int:
        """Return the sum so far."""
        return self._value

    def add(self, count: int = 1) -> None:
        """Add to it.

        Args:
            count: Zero or more.
        """
        with self._lock:
            self._value += count
