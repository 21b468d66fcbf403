"""Folders as handles: every step into a folder is one name that must be a real folder, never a link.

On POSIX a handle is an open directory and names are resolved against it, so that a link put in the way by
another program is refused, even in the moment between a check and its use. Elsewhere handles are paths whose
every component is looked at first.

Threads: a handle may be used from any thread; who opened it closes it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol, cast

from engine.backends.system_calls import rename_exclusively

POSIX: Final = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_CLOEXEC: Final = getattr(os, "O_CLOEXEC", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY: Final = getattr(os, "O_DIRECTORY", 0)
_LINK_TAGS: Final = frozenset({0xA0000003, 0xA000000C})
"""What Windows tells junctions and symbolic links by (IO_REPARSE_TAG_MOUNT_POINT and IO_REPARSE_TAG_SYMLINK)."""

_NO_FOLDER_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What network file systems answer that cannot sync a folder."""


class Folder(Protocol):
    """An open folder."""

    def child(self, name: str, *, create: bool = False) -> Folder:
        """Open a folder in this one; NotADirectoryError or a link's OSError where it is none."""

    def open(self, name: str, flags: int, mode: int = 0o644) -> int:
        """Open a file in this folder, never through a link, and return its descriptor."""

    def stat(self, name: str) -> os.stat_result | None:
        """Return what stands under the name, links not followed, or None."""

    def rename(self, name: str, target: Folder, target_name: str, *, replace: bool) -> None:
        """Move a file; over a file under the new name if `replace`, else FileExistsError."""

    def link(self, name: str, target: Folder, target_name: str) -> None:
        """Give a file a second name; an OSError where the file system knows only one."""

    def unlink(self, name: str) -> None:
        """Remove a file."""

    def rmdir(self, name: str) -> None:
        """Remove an empty folder."""

    def names(self) -> list[tuple[str, bool]]:
        """Return the names in this folder and whether each is a folder."""

    def sync(self) -> None:
        """Make the names in this folder durable."""

    def close(self) -> None:
        """Release the handle; safe to call again."""


class PosixFolder:
    """A folder held open by its descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def child(self, name: str, *, create: bool = False) -> PosixFolder:
        """Open a folder in this one."""
        flags = os.O_RDONLY | _DIRECTORY | _NOFOLLOW | _CLOEXEC
        try:
            return PosixFolder(os.open(name, flags, dir_fd=self._fd))
        except FileNotFoundError:
            if not create:
                raise
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=self._fd)
        return PosixFolder(os.open(name, flags, dir_fd=self._fd))

    def open(self, name: str, flags: int, mode: int = 0o644) -> int:
        """Open a file in this folder."""
        return os.open(name, flags | _NOFOLLOW | _CLOEXEC, mode, dir_fd=self._fd)

    def stat(self, name: str) -> os.stat_result | None:
        """Return what stands under the name."""
        try:
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def rename(self, name: str, target: Folder, target_name: str, *, replace: bool) -> None:
        """Move a file."""
        target_fd = cast("PosixFolder", target)._fd
        if replace:
            os.rename(name, target_name, src_dir_fd=self._fd, dst_dir_fd=target_fd)
        elif not rename_exclusively(self._fd, name, target_fd, target_name):
            _check_free(self, name, target, target_name)
            os.rename(name, target_name, src_dir_fd=self._fd, dst_dir_fd=target_fd)

    def link(self, name: str, target: Folder, target_name: str) -> None:
        """Give a file a second name."""
        target_fd = cast("PosixFolder", target)._fd
        os.link(name, target_name, src_dir_fd=self._fd, dst_dir_fd=target_fd, follow_symlinks=False)

    def unlink(self, name: str) -> None:
        """Remove a file."""
        os.unlink(name, dir_fd=self._fd)

    def rmdir(self, name: str) -> None:
        """Remove an empty folder."""
        os.rmdir(name, dir_fd=self._fd)

    def names(self) -> list[tuple[str, bool]]:
        """Return the names in this folder."""
        # Read through a handle of its own: two threads that read one share its position and see a part each.
        fd = os.open(".", os.O_RDONLY | _DIRECTORY | _CLOEXEC, dir_fd=self._fd)
        try:
            with os.scandir(fd) as entries:
                return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        finally:
            os.close(fd)

    def sync(self) -> None:
        """Make the names durable, where the file system takes such a call."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise

    def close(self) -> None:
        """Close the descriptor."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class PathFolder:
    """A folder named by its path, for systems whose calls take no directory handles."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def child(self, name: str, *, create: bool = False) -> PathFolder:
        """Open a folder in this one."""
        path = self._path / name
        if create:
            path.mkdir(exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINK_TAGS:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        return PathFolder(path)

    def open(self, name: str, flags: int, mode: int = 0o644) -> int:
        """Open a file in this folder."""
        path = self._path / name
        if path.is_symlink():
            raise NotADirectoryError(20, "A link stands in the way", str(path))
        return os.open(path, flags | _BINARY, mode)

    def stat(self, name: str) -> os.stat_result | None:
        """Return what stands under the name."""
        try:
            return (self._path / name).lstat()
        except FileNotFoundError:
            return None

    def rename(self, name: str, target: Folder, target_name: str, *, replace: bool) -> None:
        """Move a file."""
        if not replace:
            _check_free(self, name, target, target_name)
        (self._path / name).replace(cast("PathFolder", target)._path / target_name)

    def link(self, name: str, target: Folder, target_name: str) -> None:
        """Give a file a second name."""
        os.link(self._path / name, cast("PathFolder", target)._path / target_name)

    def unlink(self, name: str) -> None:
        """Remove a file."""
        (self._path / name).unlink()

    def rmdir(self, name: str) -> None:
        """Remove an empty folder."""
        (self._path / name).rmdir()

    def names(self) -> list[tuple[str, bool]]:
        """Return the names in this folder."""
        with os.scandir(self._path) as entries:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]

    def sync(self) -> None:
        """Do nothing: such systems journal names by themselves and offer no call."""

    def close(self) -> None:
        """Release nothing."""


def _check_free(source: Folder, name: str, target: Folder, target_name: str) -> None:
    """Refuse to rename over something.

    Raises:
        FileNotFoundError: There is nothing to rename; what has the new name may be just that.
        FileExistsError: Something else has the new name.
    """
    if target.stat(target_name) is None:
        return
    number = errno.ENOENT if source.stat(name) is None else errno.EEXIST
    raise OSError(number, os.strerror(number), target_name)


def open_root(path: Path) -> Folder:
    """Open the folder at `path`, the one place where a link may be followed."""
    if POSIX:
        return PosixFolder(os.open(path, os.O_RDONLY | _DIRECTORY | _CLOEXEC))
    return PathFolder(path)


class FolderCache:
    """Opens folders below a root and keeps the last ones open, for work on many files. One thread at a time.

    Args:
        root: Stays open.
        capacity: How many folders are held open at most.
        exact: Whether files may only come to folders whose names are spelled as asked for. To be set where the file
            system ignores case: a file in `Photos` must not be looked for in `photos` by those who list the folder.
    """

    def __init__(self, root: Folder, capacity: int = 256, *, exact: bool = False) -> None:
        self._root = root
        self._capacity = capacity
        self._exact = exact
        self._open: dict[str, Folder] = {}
        self._dirty: set[str] = set()

    def folder(self, path: str, *, create: bool = False) -> Folder:
        """Open the folder at `path`, relative to the root, `/` between names, `""` for the root itself.

        Raises:
            OSError: A component is missing (unless `create`), a file, or a link.
        """
        if not path:
            return self._root
        found = self._open.get(path)
        if found is None:
            parent_path, _, name = path.rpartition("/")
            parent = self.folder(parent_path, create=create)
            if create:
                self._prepare(parent, parent_path, name)
            found = self._keep(path, parent.child(name, create=create))
        return found

    def mark_dirty(self, path: str) -> None:
        """Remember that names in the folder at `path` changed."""
        self._dirty.add(path)

    def mark_line_dirty(self, path: str) -> None:
        """Remember that names in the folder at `path` and in all above it may have changed."""
        self._dirty.add(path)
        while path:
            path = path.rpartition("/")[0]
            self._dirty.add(path)

    def sync(self) -> None:
        """Make the names in all changed folders durable, those above first: nothing lasts in a folder that does not."""
        for path in sorted(self._dirty, key=len):
            try:
                folder = self.folder(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            folder.sync()
        self._dirty.clear()

    @property
    def dirty(self) -> int:
        """Return how many folders changed."""
        return len(self._dirty)

    def forget_dirty(self) -> None:
        """Forget the changed folders: they were made durable in another way."""
        self._dirty.clear()

    def prune(self, path: str) -> list[str]:
        """Remove the folder at `path` and its parents, as far as they are empty; the first level stays.

        Returns:
            The folders that are gone.
        """
        gone: list[str] = []
        while "/" in path:
            self.forget(path)
            parent_path, _, name = path.rpartition("/")
            try:
                self.folder(parent_path).rmdir(name)
            except FileNotFoundError:
                path = parent_path
                continue
            except OSError:
                break
            self._dirty.discard(path)
            self._dirty.add(parent_path)
            gone.append(path)
            path = parent_path
        return gone

    def close(self) -> None:
        """Close every folder but the root."""
        for folder in self._open.values():
            folder.close()
        self._open.clear()

    def _keep(self, path: str, folder: Folder) -> Folder:
        """Remember an open folder; when there are too many, close all others, also those above it: paths are deep."""
        if len(self._open) >= self._capacity:
            self.close()
        self._open[path] = folder
        return folder

    def _prepare(self, parent: Folder, parent_path: str, name: str) -> None:
        """Note that a folder is going to be made; refuse one that is there under another spelling.

        Raises:
            NotADirectoryError: It is there, but its name is not this one, letter for letter.
        """
        if parent.stat(name) is None:
            self._dirty.add(parent_path)
        elif self._exact and (name, True) not in parent.names():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)

    def forget(self, path: str) -> None:
        """Close one folder, if it is open."""
        folder = self._open.pop(path, None)
        if folder is not None:
            folder.close()


def walk_files(folder: Folder, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield the path and size of every regular file below an open folder; links and other kinds are left out.

    Args:
        folder: Where to begin; stays open.
        prefix: Put before every path, `""` or ending with `/`.
    """
    for name, is_folder in sorted(folder.names()):
        if is_folder:
            try:
                below = folder.child(name)
            except (FileNotFoundError, NotADirectoryError):
                continue  # Removed, or replaced by another program, since the names were read.
            try:
                yield from walk_files(below, f"{prefix}{name}/")
            finally:
                below.close()
            continue
        found = folder.stat(name)
        if found is not None and stat.S_ISREG(found.st_mode):
            yield f"{prefix}{name}", found.st_size
