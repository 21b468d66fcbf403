"""Files of the storage folder as other programs leave them: what stands under a key, and its content if it is still."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from engine import limits
from engine.backends.base import BackendReader, StorageBackend
from engine.errors import IoError


class Signature(NamedTuple):
    """What tells one state of a file from another without reading it; times in nanoseconds."""

    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Signature:
        """Return the signature of what the system tells."""
        return cls(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds.

    Attributes:
        signature: The file in the state in which it was read.
        checksum: SHA-256, 64 hexadecimal digits.
        head: The first bytes, from which its type is told.
    """

    signature: Signature
    checksum: str
    head: bytes

    @property
    def size_bytes(self) -> int:
        """Return the length."""
        return self.signature.size_bytes

    @property
    def modified_us(self) -> int:
        """Return when it was last written, in microseconds since 1970."""
        return self.signature.modified_ns // 1000


class StoredFiles:
    """Looks at files.

    Args:
        backend: Opens them, never through a link.
        root: The storage folder.
    """

    def __init__(self, backend: StorageBackend, root: Path) -> None:
        self._backend = backend
        self._root = root
        self._root_path = str(root)  # asked for every file that Holdall itself stores: paths as objects cost twice that

    def glances(self, keys: Iterable[str]) -> dict[str, os.stat_result | None]:
        """Return what the system tells of regular files, by key; None where there is none but through a link."""
        folders: dict[str, bool] = {"": True}
        return {key: self._glance(key, folders) for key in keys}

    def _glance(self, key: str, folders: dict[str, bool]) -> os.stat_result | None:
        """Look at one key; `folders` says which folders are none but through a link, as far as that is known."""
        try:
            if not self._is_plain(key.rpartition("/")[0], folders):
                return None
            found = os.lstat(f"{self._root_path}/{key}")
        except (OSError, ValueError):
            return None
        return found if stat.S_ISREG(found.st_mode) else None

    def _is_plain(self, folder: str, folders: dict[str, bool]) -> bool:
        """Return whether a folder is one, and all above it are."""
        known = folders.get(folder)
        if known is None:
            above = self._is_plain(folder.rpartition("/")[0], folders)
            known = folders[folder] = above and stat.S_ISDIR((self._root / folder).lstat().st_mode)
        return known

    def signature(self, key: str) -> Signature | None:
        """Return the state of the file that a reader would open, or None where there is none.

        Raises:
            IoError: It cannot be opened.
            BackendUnreachable: The storage folder is gone.
        """
        reader = self._backend.open(key)
        if reader is None:
            return None
        with contextlib.closing(reader):
            return _signature_of(reader)

    def read(self, key: str, monitor: Callable[[int], None]) -> Content | None:
        """Read a file.

        Args:
            key: Which.
            monitor: Told the bytes of every step; raises to stop.

        Returns:
            Its content, or None where it changed meanwhile or is none.

        Raises:
            IoError: It cannot be read.
            BackendUnreachable: The storage folder is gone.
        """
        reader = self._backend.open(key)
        if reader is None:
            return None
        with contextlib.closing(reader):
            before = _signature_of(reader)
            checksum, head = _content_of(reader, monitor)
            return Content(before, checksum, head) if _signature_of(reader) == before else None

    def make_durable(self, key: str) -> None:
        """Have a file and its name survive a power cut, as those that Holdall writes do.

        Raises:
            IoError: The system refused.
        """
        with self._backend.changes() as changes:
            changes.adopt(key)
            changes.sync()

    def is_gone(self, key: str) -> bool:
        """Return whether a file was deleted, as far as can be told: not one that something else stands in the way of.

        A folder that became a link was moved to another disk by a person; a bucket without its folder is no empty one.
        """
        folders = key.split("/")[:-1]
        places = [self._root.joinpath(*folders[:count]) for count in range(1, len(folders) + 1)]
        if not places[0].is_dir() or any(place.is_symlink() for place in places):
            return False
        return not os.path.lexists(self._root / key)


def _signature_of(reader: BackendReader) -> Signature:
    fd = reader.fileno()
    if fd is None:
        raise IoError("Such bytes cannot be told apart")
    return Signature.of(os.fstat(fd))


def _content_of(reader: BackendReader, monitor: Callable[[int], None]) -> tuple[str, bytes]:
    """Return the SHA-256 and the first bytes of what a reader holds."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(min(limits.HASH_CHUNK_BYTES, max(reader.size_bytes, limits.SNIFF_BYTES))))
    head, offset = b"", 0
    while count := reader.readinto_at(offset, buffer):
        head = head or bytes(buffer[: min(count, limits.SNIFF_BYTES)])
        sha256.update(buffer[:count])
        offset += count
        monitor(count)
    return sha256.hexdigest(), head
