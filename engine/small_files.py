"""Small private files of the data folder, replaced whole: a reader sees the old content or the new, never a part."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from pathlib import Path
from typing import Final

_PRIVATE: Final = 0o600
_NO_DIR_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What network file systems answer that cannot sync a folder."""


def make_private_dir(path: Path) -> None:
    """Create a folder, and those above it, for its owner alone; one that exists stays as it is.

    Args:
        path: The folder.

    Raises:
        OSError: It cannot be created, or a file is in its place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, durably and in one step.

    Args:
        path: The file; its folder exists.
        content: All of it.

    Raises:
        OSError: It cannot be written; the old content is still there.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_new(draft, content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_dir(path.parent)


def _write_new(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _PRIVATE)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_dir(path: Path) -> None:
    """Make the names in a folder durable, as far as the system knows how.

    Args:
        path: The folder.

    Raises:
        OSError: The system refused.
    """
    if sys.platform == "win32":
        return  # Folders cannot be opened there; the rename is as durable as it gets.
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_DIR_SYNC:
            raise
    finally:
        os.close(fd)
