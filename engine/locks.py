"""An advisory lock on a file that the operating system gives back when the process dies."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        """Take the lock on the first byte, or raise OSError at once."""
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(fd: int) -> None:
        """Take the lock on the whole file, or raise OSError at once."""
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


_HELD: Final = frozenset({errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK, errno.ENOENT})
"""Somebody has the lock, or removed the file while giving it back."""

_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


class FileLock:
    """One process's exclusive hold on a path. Two instances exclude each other inside one process, too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Try to take the lock without waiting.

        Returns:
            Whether it is held now. False, too, if the file was removed by its last holder in this moment: a lock on
            it would exclude nobody.

        Raises:
            OSError: The file cannot be opened, a link stands in its place, or its file system knows no locks.
        """
        if self._fd is not None:
            return True
        fd = _opened(self._path)
        try:
            _lock(fd)
            held = os.path.samestat(os.fstat(fd), self._path.lstat())
        except OSError as error:
            os.close(fd)
            if error.errno in _HELD:
                return False
            raise
        if not held:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def release(self) -> None:
        """Give the lock back; a no-op when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _opened(path: Path) -> int:
    """Open a lock's file, made if it is missing, and never what a link leads to: that would be made, too."""
    if not _NOFOLLOW and path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW | getattr(os, "O_CLOEXEC", 0), 0o600)
