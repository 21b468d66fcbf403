"""Staging leases: every running process stages in a folder of its own, which it holds locked.

A lock that can be taken is the proof that its process is dead, so that what it staged may be finished or thrown away
without ever touching a running upload, also one of another process.
"""

from __future__ import annotations

import contextlib
import sys
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
        self._released = False
        self.name, self._lock = self._claim()

    def release(self) -> None:
        """Give the lease back; what is committed but not published stays for the next start. Safe to call again."""
        if self._released:
            return
        self._released = True
        path = self._folder / self.name
        with contextlib.suppress(OSError):
            if [entry.name for entry in path.iterdir()] == [LOCK_NAME]:
                _take_down(path, self._lock)
        self._lock.release()

    def _claim(self) -> tuple[str, FileLock]:
        """Make and lock a folder; another process may sweep it in the moment before it is locked."""
        for attempt in range(_ATTEMPTS):
            path = self._folder / new_id()
            path.mkdir(parents=True)
            lock = FileLock(path / LOCK_NAME)
            with contextlib.suppress(FileNotFoundError):
                if lock.acquire():
                    return path.name, lock
            if attempt == _ATTEMPTS - 1:
                break
        raise FileNotFoundError(2, "The staging folder disappears", str(self._folder))


def is_in_use(folder: Path) -> bool:
    """Return whether a running process holds a lease. No process made what lies behind a link.

    Args:
        folder: The folder of all leases; need not exist.

    Raises:
        OSError: The folder cannot be read.
    """
    paths = folder.glob(f"*/{LOCK_NAME}")
    locks = [FileLock(path) for path in paths if not path.is_symlink() and not path.parent.is_symlink()]
    for lock in locks:
        with contextlib.suppress(FileNotFoundError):
            if not lock.acquire():
                return True
            lock.release()
    return False


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
        OSError: The folder cannot be read.
    """
    leases = [path for path in folder.iterdir() if path.name != own and path.is_dir() and not path.is_symlink()]
    return sum(_sweep_one(path, before) for path in leases)


def _sweep_one(path: Path, before: Callable[[str], bool]) -> int:
    """Empty and remove one lease if its process is dead."""
    lock = FileLock(path / LOCK_NAME)
    try:
        if not lock.acquire():
            return 0
    except OSError:
        return 0  # Gone meanwhile, or somebody else's.
    try:
        if not before(path.name):
            return 0
        removed = sum(_is_removed(entry) for entry in path.iterdir() if entry.name != LOCK_NAME)
        _take_down(path, lock)
    finally:
        lock.release()
    return removed


def _is_removed(entry: Path) -> bool:
    """Remove a staged file; what another program put there and made unremovable is left."""
    try:
        entry.unlink()
    except OSError:
        return False
    return True


def _take_down(path: Path, lock: FileLock) -> None:
    """Remove an empty lease while it is held, or right after where the system keeps open files.

    Whoever waits for the lock must find its file gone, never hold the lock of a lease that is being removed. A lease
    that its process is only just making has no lock yet: if it gets one in between, it stays.
    """
    if sys.platform == "win32":
        lock.release()
    with contextlib.suppress(OSError):
        (path / LOCK_NAME).unlink()
        path.rmdir()
