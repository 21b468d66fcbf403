"""A bounded channel between the thread that finds files and the call that moves them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """Hands items over in slices; either side may close it. Thread-safe.

    Closing ends both sides at once: `put` refuses, and `items` stops after what was handed over before.

    Args:
        limit: Items that may lie in the channel before `put` waits.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._slices: deque[Sequence[T]] = deque()
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, items: Sequence[T]) -> bool:
        """Hand items over, waiting for room.

        Args:
            items: A slice; one larger than the limit is taken when the channel is empty.

        Returns:
            False if the channel is closed; nothing was taken then.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._waiting or self._has_room(items))
            if self._closed:
                return False
            self._slices.append(items)
            self._waiting += len(items)
            self._changed.notify_all()
            return True

    def items(self) -> Iterator[T]:
        """Yield what is put, in order, until the channel is closed and empty."""
        while (taken := self._take()) is not None:
            yield from taken

    def close(self) -> None:
        """End the channel; more than once is fine."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self, items: Sequence[T]) -> bool:
        return self._waiting + len(items) <= self._limit

    def _take(self) -> Sequence[T] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._slices)
            if not self._slices:
                return None
            taken = self._slices.popleft()
            self._waiting -= len(taken)
            self._changed.notify_all()
            return taken
