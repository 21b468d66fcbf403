"""Four calls of Linux that Python lacks. Each says when the system does not have it; the caller then does without."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from typing import Final, cast

if sys.platform == "linux":
    import fcntl

_SYNC_FILE_RANGE_WRITE: Final = 2
_RENAME_NOREPLACE: Final = 1
_FICLONE: Final = 0x40049409
_LACKING: Final = frozenset({errno.ENOSYS, errno.EINVAL})


def _load_libc() -> ctypes.CDLL | None:
    """Return the C library on Linux, for two calls that Python lacks."""
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(None, use_errno=True)
    except OSError:
        return None


_LIBC: Final = _load_libc()


def _load_renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """Return renameat2(2) with its signature declared, which makes calls cheap."""
    call = getattr(_LIBC, "renameat2", None)
    if call is None:
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    call.restype = ctypes.c_int
    return cast("Callable[[int, bytes, int, bytes, int], int]", call)


_RENAMEAT2: Final = _load_renameat2()


def start_writeback(fd: int, offset: int, count: int) -> None:
    """Ask the kernel to begin writing a range to disk; a hint, without promise (sync_file_range(2))."""
    if _LIBC is not None and hasattr(_LIBC, "sync_file_range"):
        _LIBC.sync_file_range(
            ctypes.c_int(fd), ctypes.c_int64(offset), ctypes.c_int64(count), ctypes.c_uint(_SYNC_FILE_RANGE_WRITE)
        )


def sync_file_system(fd: int) -> bool:
    """Make everything written to the file system of `fd` durable at once (syncfs(2)).

    Returns:
        Whether the system has the call; if not, the caller syncs file by file.

    Raises:
        OSError: Writing failed; what was written since the last success may be lost.
    """
    if _LIBC is None or not hasattr(_LIBC, "syncfs"):
        return False
    if _LIBC.syncfs(ctypes.c_int(fd)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return True


def rename_exclusively(source_fd: int, name: str, target_fd: int, target_name: str) -> bool:
    """Rename between open folders, never over anything, in one step (renameat2(2), RENAME_NOREPLACE).

    Returns:
        Whether the system and the file system have the call; if not, nothing happened.

    Raises:
        FileExistsError: Something has the new name.
        OSError: The system refused.
    """
    if _RENAMEAT2 is None:
        return False
    if _RENAMEAT2(source_fd, os.fsencode(name), target_fd, os.fsencode(target_name), _RENAME_NOREPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _LACKING:
        return False
    raise OSError(number, os.strerror(number), target_name)


def clone(source_fd: int, target_fd: int) -> bool:
    """Let an empty file share the content of another, without copying it (ioctl_ficlone(2)).

    Returns:
        Whether the system and the file system can; if not, nothing happened.
    """
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target_fd, _FICLONE, source_fd)
    except OSError:
        return False
    return True
