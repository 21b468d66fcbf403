"""The progress bar of a terminal.

Drawn on standard error, only when that is a terminal, at most ten times a second, and wiped when the work ends, so
that nothing of it stays between the messages. Thread-safe: the engine may report from a helper thread.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TextIO

from engine.cli.formatting import count_text, duration_text, size_text
from engine.cli.totals import Totals, unknown
from engine.transfers.speed import SpeedMeter
from engine.types import Progress

REDRAW_S: Final = 0.1
"""Shortest time between two drawings: ten a second is all an eye follows."""

_BAR_CELLS: Final = 20
_FALLBACK_COLUMNS: Final = 80


class ProgressBar:
    """Draws the moments of one running call. Call it with each `Progress`, then `close` it."""

    def __init__(self, stream: TextIO, totals: Totals = unknown, clock: Callable[[], float] = time.monotonic) -> None:
        """Draw nothing yet.

        Args:
            stream: The terminal.
            totals: Asked for what the call does not know itself.
            clock: Seconds, monotonic.
        """
        self._stream = stream
        self._totals = totals
        self._clock = clock
        self._lock = threading.Lock()
        self._speed = SpeedMeter(clock)
        self._next_draw_s = clock()
        self._drawn_columns = 0
        self._cells = ("█", "░") if _can_encode(stream, "█░") else ("#", "-")

    def __call__(self, progress: Progress) -> None:
        """Draw this moment, unless the last drawing is too fresh.

        Args:
            progress: What the engine reports.
        """
        with self._lock:
            self._speed.add(progress.done_bytes)
            now_s = self._clock()
            if now_s >= self._next_draw_s:
                self._next_draw_s = now_s + REDRAW_S
                self._draw(progress_text(self._completed(progress), self._speed, self._cells))

    def close(self) -> None:
        """Wipe the bar."""
        with self._lock:
            if self._drawn_columns:
                self._stream.write(f"\r{' ' * self._drawn_columns}\r")
                self._stream.flush()
                self._drawn_columns = 0

    def _completed(self, progress: Progress) -> Progress:
        known = self._totals() if progress.total_bytes is None else None
        return replace(progress, total_bytes=known.size_bytes, total_files=known.objects) if known else progress

    def _draw(self, text: str) -> None:
        text = text[: _columns_of(self._stream) - 1]
        self._stream.write(f"\r{text.ljust(self._drawn_columns)}")
        self._stream.flush()
        self._drawn_columns = len(text)


def progress_text(progress: Progress, speed: SpeedMeter, cells: tuple[str, str]) -> str:
    """Return one moment as one line.

    Args:
        progress: What the engine reports.
        speed: Of its bytes.
        cells: A filled and an empty cell of the bar, one column each.

    Returns:
        Bar and percentage where a total is known, then files, bytes, speed, and the time left.
    """
    rate = round(speed.rate())
    parts = [_bar_text(_fraction_of(progress), cells), _files_text(progress), _bytes_text(progress)]
    parts.append(f"{size_text(rate)}/s" if rate and not progress.finalising else "")
    parts.append("finishing" if progress.finalising else _left_text(progress, speed))
    return "  ".join(part for part in parts if part)


def _fraction_of(progress: Progress) -> float | None:
    if progress.total_bytes:
        return min(progress.done_bytes / progress.total_bytes, 1.0)
    if progress.total_files:
        return min(progress.done_files / progress.total_files, 1.0)
    return None


def _bar_text(fraction: float | None, cells: tuple[str, str]) -> str:
    if fraction is None:
        return ""
    filled = int(fraction * _BAR_CELLS)
    return f"{cells[0] * filled}{cells[1] * (_BAR_CELLS - filled)} {int(fraction * 100):3} %"


def _files_text(progress: Progress) -> str:
    if progress.total_files == 1:
        return ""
    if progress.total_files is None:
        return count_text(progress.done_files, "file")
    return f"{progress.done_files:,} of {count_text(progress.total_files, 'file')}"


def _bytes_text(progress: Progress) -> str:
    if not progress.total_bytes and not progress.done_bytes:
        return ""
    done = size_text(progress.done_bytes)
    return done if progress.total_bytes is None else f"{done} of {size_text(progress.total_bytes)}"


def _left_text(progress: Progress, speed: SpeedMeter) -> str:
    if progress.total_bytes is None:
        return ""
    left_s = speed.time_left(max(progress.total_bytes - progress.done_bytes, 0))
    return "" if left_s is None else f"{duration_text(left_s)} left"


def _columns_of(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _FALLBACK_COLUMNS
    except OSError:
        return _FALLBACK_COLUMNS


def _can_encode(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
