"""The folder of a local backend, as it is found: whether one was at work there, and whether it holds anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

STAGING_FOLDER: Final = ".staging"
"""Folder of all leases, below the root."""


def is_storage_folder(root: Path) -> bool:
    """Return whether a local backend was at work in a folder before: it leaves its staging folder there for good."""
    return (root / STAGING_FOLDER).is_dir()


def holds_buckets(root: Path) -> bool:
    """Return whether a storage folder has bytes of objects: folders of buckets with something in them.

    What cannot be looked into is none of ours, such as the `lost+found` of a disk; whether the storage folder itself
    can be used, the backend says.
    """
    return any(not name.startswith(".") and _names_in(root / name) for name in _names_in(root))


def _names_in(folder: Path) -> list[str]:
    """Return what a folder holds; nothing where it is no folder, or a closed one."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return []
