"""Staging leases: every running process stages in a folder of its own, which it holds locked.

A lock that can be taken is the proof that its process is dead, so that what it staged may be finished or thrown away
without ever touching a running upload, also one of another process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.ids import new_id
from engine.locks import FileLock

LOCK_NAME: Final = ".lock"
_ATTEMPTS: Final = 5


class Lease:
    """This process's staging folder below `folder`.

    Args:
        folder: The folder of all leases; made if it is missing.

    Raises:
        OSError: The folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name, self._lock = self._claim()

    def release(self) -> None:
        """Give the lease back; what is committed but not published stays for the next start."""
        path = self._folder / self.name
        self._lock.release()
        with contextlib.suppress(OSError):
            if [entry.name for entry in path.iterdir()] == [LOCK_NAME]:
                (path / LOCK_NAME).unlink()
                path.rmdir()

    def _claim(self) -> tuple[str, FileLock]:
        """Make and lock a folder; another process may sweep it in the moment before it is locked."""
        for attempt in range(_ATTEMPTS):
            path = self._folder / new_id()
            path.mkdir(parents=True)
            lock = FileLock(path / LOCK_NAME)
            with contextlib.suppress(FileNotFoundError):
                if lock.acquire() and (path / LOCK_NAME).exists():
                    return path.name, lock
                lock.release()
            if attempt == _ATTEMPTS - 1:
                break
        raise FileNotFoundError(2, "The staging folder disappears", str(self._folder))


def sweep(folder: Path, own: str, before: Callable[[str], bool]) -> int:
    """Empty and remove the leases of dead processes.

    Args:
        folder: The folder of all leases.
        own: This process's lease.
        before: Called with each dead lease's name while it is held; finishes what its process had committed, and
            answers whether all of it is finished. If not, the lease is kept.

    Returns:
        How many staged files were thrown away.

    Raises:
        OSError: The system refused.
    """
    leases = [path for path in folder.iterdir() if path.name != own and path.is_dir() and not path.is_symlink()]
    return sum(_sweep_one(path, before) for path in leases)


def _sweep_one(path: Path, before: Callable[[str], bool]) -> int:
    """Empty and remove one lease if its process is dead."""
    lock = FileLock(path / LOCK_NAME)
    try:
        if not lock.acquire():
            return 0
    except FileNotFoundError:
        return 0
    try:
        if not before(path.name):
            return 0
        staged = [entry for entry in path.iterdir() if entry.name != LOCK_NAME]
        for entry in [*staged, path / LOCK_NAME]:
            entry.unlink(missing_ok=True)
    finally:
        lock.release()
    # Its name may have become another process's new lease in this very moment.
    with contextlib.suppress(OSError):
        path.rmdir()
    return len(staged)
