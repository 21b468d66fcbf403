"""Finding out how much a long call has to do, so that its bar can say how far it is.

Counting runs beside the call, in a thread of its own, and only where a bar is shown: nothing waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.errors import StorageError
from engine.types import TreeSize

Totals = Callable[[], TreeSize | None]
"""How much a call has to do in all, or None as long as that is not known."""

Stopped = Callable[[], bool]
Count = Callable[[Stopped], TreeSize]
"""Counts; is asked to end early when what it gets returns True."""


def unknown() -> None:
    """Promise no totals."""


@contextmanager
def counted(count: Count) -> Iterator[Totals]:
    """Count in the background while the body runs.

    Args:
        count: Does the counting; failing is the same as not knowing.

    Yields:
        Gives the totals once they are known.
    """
    found: list[TreeSize] = []
    stop = threading.Event()

    def work() -> None:
        try:
            found.append(count(stop.is_set))
        except StorageError:
            return

    thread = threading.Thread(target=work, name="totals")
    thread.start()
    try:
        yield lambda: found[0] if found else None
    finally:
        stop.set()
        thread.join()


def sum_of(parts: Iterator[TreeSize], stopped: Stopped) -> TreeSize:
    """Add up sizes.

    Args:
        parts: What to add.
        stopped: Asked between two parts.

    Returns:
        The sum, of the parts so far if it was stopped.
    """
    objects = size_bytes = 0
    for part in parts:
        objects += part.objects
        size_bytes += part.size_bytes
        if stopped():
            break
    return TreeSize(objects, size_bytes)
