"""Rows as ranges: what is cheap to say of any number of them."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection


def row_count(selection: QItemSelection) -> int:
    """Return how many rows are in a selection."""
    return sum(part.height() for part in selection.toList())


def merged(spans: list[tuple[int, int]]) -> list[range]:
    """Return half-open spans in order, without overlaps: Qt may split a row's cells over several of them."""
    merged: list[range] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1].stop:
            merged[-1] = range(merged[-1].start, max(stop, merged[-1].stop))
        else:
            merged.append(range(start, stop))
    return merged
