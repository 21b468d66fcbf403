"""What a drop or the clipboard carries, as local files; shared by table, tree and empty states."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData

CARGO_TYPE: Final = "application/x-holdall-cargo"
"""Marks data that stands for things of a window of ours: its files are made only when another program asks for them."""


def local_paths(data: QMimeData) -> list[Path]:
    """Return the local files and folders in drag or clipboard data, in their order, without looking at the disk.

    Args:
        data: What was dropped or copied.
    """
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def carries_files(data: QMimeData | None) -> bool:
    """Return whether there is at least one local file in the data; an empty clipboard has none."""
    return data is not None and data.hasUrls() and any(url.isLocalFile() for url in data.urls())
