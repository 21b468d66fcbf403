"""Numbers that only grow, since the workspace was opened. Thread-safe, and below a microsecond a call.

They are not those of the metrics library, which are several times slower and take 70 ms to import; it writes them
down when somebody asks (`exposition`).
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LATENCY_BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the classes of a histogram; the last class, of everything longer, has none."""


class Status(StrEnum):
    """How an upload or a download ended."""

    SUCCESS = "success"
    REJECTED = "rejected"
    """The request was at fault: not allowed, too large, no such bucket, a name that is taken."""
    CANCELLED = "cancelled"
    """Whoever asked for it gave up."""
    ERROR = "error"
    """The store was at fault: disk, database, a bug."""


class Counter:
    """One number.

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


@dataclass(frozen=True, slots=True)
class TransferCounts:
    """Transfers in one direction so far.

    Attributes:
        total: How many, by bucket and status.
        size_bytes: Bytes of those that succeeded, by bucket.
    """

    total: dict[tuple[str, Status], int]
    size_bytes: dict[str, int]


class Transfers:
    """Counts transfers in one direction, by bucket."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total: dict[tuple[str, Status], int] = {}
        self._size_bytes: dict[str, int] = {}

    def add(self, bucket: str, status: Status, count: int = 1, size_bytes: int = 0) -> None:
        """Count transfers that ended.

        Args:
            bucket: Its label.
            status: How.
            count: How many.
            size_bytes: What they weigh together.
        """
        key = (bucket, status)
        with self._lock:
            self._total[key] = self._total.get(key, 0) + count
            if size_bytes:
                self._size_bytes[bucket] = self._size_bytes.get(bucket, 0) + size_bytes

    def forget(self, buckets: Collection[str]) -> None:
        """Drop what was counted for buckets that are gone.

        Args:
            buckets: Their labels.
        """
        with self._lock:
            self._total = {key: count for key, count in self._total.items() if key[0] not in buckets}
            self._size_bytes = {bucket: size for bucket, size in self._size_bytes.items() if bucket not in buckets}

    def counts(self) -> TransferCounts:
        """Return what was counted so far."""
        with self._lock:
            return TransferCounts(dict(self._total), dict(self._size_bytes))


@dataclass(frozen=True, slots=True)
class LatencyCounts:
    """How long something took so far.

    Attributes:
        classes: How many times in each class of `LATENCY_BOUNDS_S`, and beyond; not cumulative.
        sum_s: All of them together.
    """

    classes: tuple[int, ...]
    sum_s: float


class Latency:
    """A histogram of seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._classes = [0] * (len(LATENCY_BOUNDS_S) + 1)
        self._sum_s = 0.0

    def observe(self, duration_s: float) -> None:
        """Count one more.

        Args:
            duration_s: How long it took.
        """
        place = bisect_left(LATENCY_BOUNDS_S, duration_s)
        with self._lock:
            self._classes[place] += 1
            self._sum_s += duration_s

    def counts(self) -> LatencyCounts:
        """Return what was counted so far."""
        with self._lock:
            return LatencyCounts(tuple(self._classes), self._sum_s)
