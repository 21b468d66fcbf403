"""Errors of the operating system, translated once: what each means for a person, and what they can do about it."""

from __future__ import annotations

import errno
from typing import Final

from engine.errors import DiskFull, FileTooLarge, IoError, PermissionDenied, StorageError, TooManyOpenFiles

DISK_HINT: Final = "Check the disk and its cable: it may be failing. What was stored before is unchanged."
"""For a disk that reports an error."""

READ_ONLY_HINT: Final = "Make the disk writable again. Systems make a failing disk read-only, so check it first."
"""For a file system that takes no changes."""

_BY_ERRNO: dict[int, tuple[type[IoError], str, str | None]] = {
    errno.ENOSPC: (DiskFull, "The disk is full", None),
    errno.EDQUOT: (DiskFull, "The disk quota is used up", None),
    errno.EACCES: (PermissionDenied, "Access was denied", None),
    errno.EPERM: (PermissionDenied, "The operation is not permitted", None),
    errno.EROFS: (PermissionDenied, "The file system is read-only", READ_ONLY_HINT),
    errno.EFBIG: (FileTooLarge, "The file is too large for this file system", None),
    errno.EMFILE: (TooManyOpenFiles, "Too many files are open", None),
    errno.ENFILE: (TooManyOpenFiles, "Too many files are open", None),
    errno.EIO: (IoError, "The disk failed to read or write", DISK_HINT),
}


def from_os_error(error: OSError, path: str | None = None) -> StorageError:
    """Translate an operating system error into the tree.

    Args:
        error: What the system raised.
        path: The object, file or folder it happened to; the error's own file name by default.

    Returns:
        The error to raise, `from error`.
    """
    kind, message, hint = _BY_ERRNO.get(error.errno or 0, (IoError, error.strerror or str(error), None))
    return kind(message, path=path or error.filename, hint=hint)
