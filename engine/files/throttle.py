"""Counts the progress of a bulk call and reports it at a bearable rate."""

from __future__ import annotations

import threading
import time
from typing import Final

from engine.cancel import CancelToken
from engine.types import Progress, ProgressCallback

_INTERVAL_S: Final = 0.05


class ProgressMeter:
    """Adds up bytes and files of a call's threads; reports at most about 20 times a second. Thread-safe.

    Args:
        callback: Told of the progress, or None.
        cancel: Looked at with every step.
    """

    def __init__(self, callback: ProgressCallback | None, cancel: CancelToken | None) -> None:
        self._callback = callback
        self._cancel = cancel or CancelToken()
        self._lock = threading.Lock()
        self._due_s = 0.0
        self._done_bytes = 0
        self._total_bytes = 0
        self._done_files = 0
        self._total_files = 0
        self._counting = True
        self._current = ""

    def expect(self, size_bytes: int, files: int = 1) -> None:
        """Add items to the totals."""
        with self._lock:
            self._total_bytes += size_bytes
            self._total_files += files

    def all_expected(self) -> None:
        """Say that the totals grow no more."""
        self._counting = False

    def moved(self, size_bytes: int, current: str) -> None:
        """Add bytes of an item that is being worked on.

        Raises:
            Cancelled: The caller cancelled.
        """
        self._cancel.raise_if_cancelled()
        with self._lock:
            self._done_bytes += size_bytes
            self._current = current
        self._report()

    def staged(self, size_bytes: int, current: str, files: int = 1) -> None:
        """Count small files that were found and moved in one step, without a report of their own."""
        with self._lock:
            self._total_bytes += size_bytes
            self._done_bytes += size_bytes
            self._total_files += files
            self._current = current

    def finished(self, count: int = 1) -> None:
        """Count items as done."""
        with self._lock:
            self._done_files += count

    def dropped(self, moved_bytes: int, size_bytes: int) -> None:
        """Take an item that failed out of the counts."""
        with self._lock:
            self._done_bytes -= moved_bytes
            self._total_bytes -= size_bytes
            self._total_files -= 1

    def check(self) -> None:
        """Stop here if the caller cancelled.

        Raises:
            Cancelled: It did.
        """
        self._cancel.raise_if_cancelled()

    def report(self) -> None:
        """Report if it is time."""
        self._report()

    def report_now(self, *, finalising: bool = False) -> None:
        """Report at once, such as at the end."""
        self._due_s = 0.0
        self._report(finalising=finalising)

    def _report(self, *, finalising: bool = False) -> None:
        """Call back if it is time."""
        if self._callback is None:
            return
        now_s = time.monotonic()
        with self._lock:
            if now_s < self._due_s:
                return
            self._due_s = now_s + _INTERVAL_S
            progress = Progress(
                done_bytes=self._done_bytes,
                total_bytes=None if self._counting else self._total_bytes,
                done_files=self._done_files,
                total_files=None if self._counting else self._total_files,
                current=self._current,
                finalising=finalising,
            )
        self._callback(progress)
