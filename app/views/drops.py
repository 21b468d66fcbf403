"""What a drop or the clipboard carries, as local files; shared by table, tree and empty states."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QMimeData

from app.location import Location

CARGO_TYPE: Final = "application/x-holdall-cargo"
"""Marks data that stands for things of a window of ours: its files are made only when another program asks for them."""

MADE_TYPE: Final = "application/x-holdall-made"
"""Marks files that a window of ours has made of its things, where nothing in it stands for these any more."""

PLACE_TYPE: Final = "application/x-holdall-place"
"""Marks a drag of a node of the tree, or of a favourite: it is pinned or put in order, and goes nowhere else."""


def place_data(place: Location) -> QMimeData:
    """Return what a drag of a place carries."""
    data = QMimeData()
    data.setData(PLACE_TYPE, QByteArray(place.text.encode()))
    return data


def carried_place(data: QMimeData) -> Location | None:
    """Return the place that a drag is about, if it is about one."""
    return Location.parse(bytes(data.data(PLACE_TYPE).data()).decode()) if data.hasFormat(PLACE_TYPE) else None


def local_paths(data: QMimeData) -> list[Path]:
    """Return the local files and folders in drag or clipboard data, in their order, without looking at the disk.

    Args:
        data: What was dropped or copied.
    """
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def carries_files(data: QMimeData | None) -> bool:
    """Return whether there is at least one local file in the data; an empty clipboard has none."""
    return data is not None and data.hasUrls() and any(url.isLocalFile() for url in data.urls())
