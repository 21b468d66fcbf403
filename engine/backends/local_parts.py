"""Parts of the local backend: files that grow over hours or days, beside the leases of processes.

    <root>/.parts/<part id>          the bytes
    <root>/.parts/<part id>.lock     held by whoever adds to them; goes with the hold

The lock is a file of its own, because systems that lock bytes would keep their own holder from writing them. A part is
staged as a second name of the same file. Where a process died and left such a name, the bytes may be an object's by
now: the part then goes on in a copy of its own.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from engine import limits
from engine.backends.folders import Folder
from engine.backends.ingest import copy_and_hash, write_all
from engine.backends.system_calls import start_writeback
from engine.failpoints import Failpoint, Failpoints
from engine.locks import FileLock
from engine.os_errors import from_os_error

PARTS_FOLDER: Final = ".parts"
"""Folder of all parts, below the root."""

_LOCK: Final = ".lock"
_COPY: Final = ".copy"
_ATTEMPTS: Final = 3
"""Tries at a lock whose file its last holder removes at this moment."""

_WRITEBACK_BYTES: Final = 8 * limits.MIB
_ONE_NAME_ONLY: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EINVAL})
"""What file systems answer where a file cannot have a second name."""

Copier = Callable[[str, int, int], object]
"""Stages the first bytes of an open file: id, descriptor at its start, how many."""


class _Hold:
    """The lock of one part."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path)

    def acquire(self) -> bool:
        return any(self._lock.acquire() for _ in range(_ATTEMPTS))

    def release(self) -> None:
        """Remove the lock's file while it is held, or right after where the system keeps open files."""
        if sys.platform == "win32":
            self._lock.release()
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._lock.release()


class LocalPart:
    """One part, held. One thread at a time.

    Args:
        folder: Of all parts; closed with the hold.
        part_id: Its name there.
        hold: Given back at the end.
        fd: The open file, at its end.
        size_bytes: Its length.
        parts: Where it is staged to.
    """

    def __init__(self, folder: Folder, part_id: str, hold: _Hold, fd: int, size_bytes: int, parts: LocalParts) -> None:
        self._folder = folder
        self._part_id = part_id
        self._hold: _Hold | None = hold
        self._fd = fd
        self._size_bytes = self._written_back = size_bytes
        self._named = size_bytes > 0
        self._parts = parts

    @property
    def size_bytes(self) -> int:
        """Return the length."""
        return self._size_bytes

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises:
            IoError: The system refused; `cut` makes the part whole again.
        """
        with _translated():
            write_all(self._fd, data)
        self._size_bytes += len(data)
        self._parts.failpoints.reach(Failpoint.PART_WRITTEN)
        if self._size_bytes - self._written_back >= _WRITEBACK_BYTES:
            start_writeback(self._fd, self._written_back, self._size_bytes - self._written_back)
            self._written_back = self._size_bytes

    def cut(self, size_bytes: int) -> None:
        """Forget what was written beyond the first `size_bytes`.

        Raises:
            IoError: The system refused.
        """
        with _translated():
            os.ftruncate(self._fd, size_bytes)
            os.lseek(self._fd, size_bytes, os.SEEK_SET)
        self._size_bytes = size_bytes
        self._written_back = min(self._written_back, size_bytes)
        # Of a part of which nothing was ever flushed, the name may not be durable either.
        self._named = self._named and size_bytes > 0

    def flush(self) -> None:
        """Make everything written, and the part's name, durable.

        Raises:
            IoError: The system refused; nothing is promised about the bytes.
        """
        with _translated():
            os.fsync(self._fd)
            if not self._named:
                self._folder.sync()
        self._named = True
        self._parts.failpoints.reach(Failpoint.PART_FLUSHED)

    def stage(self, staged_id: str) -> None:
        """Stage the bytes as a second name of the file or, where there can be none, as a copy.

        Raises:
            IoError: The system refused.
        """
        with _translated():
            try:
                self._folder.link(self._part_id, self._parts.staging, staged_id)
            except OSError as error:
                if error.errno not in _ONE_NAME_ONLY:
                    raise
                os.lseek(self._fd, 0, os.SEEK_SET)
                self._parts.copy(staged_id, self._fd, self._size_bytes)
                os.lseek(self._fd, self._size_bytes, os.SEEK_SET)
        self._parts.failpoints.reach(Failpoint.PART_STAGED)

    def remove(self) -> None:
        """Throw the part away and end the hold.

        Raises:
            IoError: The system refused.
        """
        self._close_file()
        try:
            with _translated():
                self._parts.unlink(self._folder, self._part_id)
        finally:
            self.close()

    def close(self) -> None:
        """End the hold; safe to call again."""
        self._close_file()
        if self._hold is not None:
            self._hold.release()
            self._hold = None
            self._folder.close()

    def _close_file(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class LocalParts:
    """All parts below a storage folder. Any thread.

    Args:
        path: The storage folder.
        root: The same, open.
        staging: Where this process stages.
        copy: Stages the bytes of an open file.
        failpoints: Told of every step.

    Attributes:
        staging: As given.
        copy: As given.
        failpoints: As given.
    """

    def __init__(self, path: Path, root: Folder, staging: Folder, copy: Copier, failpoints: Failpoints) -> None:
        self._path = path / PARTS_FOLDER
        self._root = root
        self.staging = staging
        self.copy = copy
        self.failpoints = failpoints

    def hold(self, part_id: str) -> LocalPart | None:
        """Hold a part, made if it is not there, or return None while somebody else does.

        Raises:
            IoError: The system refused.
        """
        with _translated(), contextlib.ExitStack() as undo:
            folder = self._open()
            undo.callback(folder.close)
            hold = _Hold(self._path / f"{part_id}{_LOCK}")
            if not hold.acquire():
                return None
            undo.callback(hold.release)
            fd, size_bytes = _opened(folder, part_id)
            undo.pop_all()
        return LocalPart(folder, part_id, hold, fd, size_bytes, self)

    def remove(self, part_id: str) -> bool:
        """Throw a part away, and return False while somebody holds it.

        Raises:
            IoError: The system refused.
        """
        with _translated(), contextlib.closing(self._open()) as folder:
            hold = _Hold(self._path / f"{part_id}{_LOCK}")
            if not hold.acquire():
                return False
            try:
                self.unlink(folder, part_id)
            finally:
                hold.release()
        return True

    def ids(self) -> Sequence[str]:
        """Return the ids of all parts, and of what is left of any.

        Raises:
            IoError: The system refused.
        """
        with _translated():
            if self._root.stat(PARTS_FOLDER) is None:
                return ()
            with contextlib.closing(self._open()) as folder:
                names = [name for name, is_folder in folder.names() if not is_folder]
        return sorted({name.removesuffix(_LOCK).removesuffix(_COPY) for name in names})

    def unlink(self, folder: Folder, part_id: str) -> None:
        """Remove a held part's file, if there is one; whoever staged it has the bytes under another name.

        Args:
            folder: Of all parts.
            part_id: Which.

        Raises:
            OSError: The system refused.
        """
        self.failpoints.reach(Failpoint.PART_REMOVE)
        for name in (part_id, f"{part_id}{_COPY}"):
            with contextlib.suppress(FileNotFoundError):
                folder.unlink(name)

    def _open(self) -> Folder:
        """Open the folder of all parts, durable before anything in it is."""
        is_new = self._root.stat(PARTS_FOLDER) is None
        folder = self._root.child(PARTS_FOLDER, create=True)
        if is_new:
            self._root.sync()
        return folder


def _opened(folder: Folder, part_id: str) -> tuple[int, int]:
    """Open a part's file at its end and return its descriptor and its length.

    Raises:
        OSError: The system refused, or something else stands there.
    """
    fd = folder.open(part_id, os.O_RDWR | os.O_CREAT)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "Something else stands in a part's place", part_id)  # noqa: TRY301
        if found.st_nlink > 1:
            fd = _own_copy(folder, part_id, fd, found.st_size)
        os.lseek(fd, found.st_size, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    return fd, found.st_size


def _own_copy(folder: Folder, part_id: str, fd: int, size_bytes: int) -> int:
    """Put a copy in a part's place, durably, and return its descriptor instead of `fd`."""
    name = f"{part_id}{_COPY}"
    copy = folder.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        copy_and_hash(fd, copy, size_bytes, lambda _: None)
        os.fsync(copy)
        folder.rename(name, folder, part_id, replace=True)
        folder.sync()
    except BaseException:
        os.close(copy)
        raise
    os.close(fd)
    return copy


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Run the body with the system's errors translated."""
    try:
        yield
    except OSError as error:
        error.filename = None  # whoever reads a part's name can go on with it, and errors are logged
        raise from_os_error(error) from error
