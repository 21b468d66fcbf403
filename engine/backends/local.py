"""`LocalBackend`: plain, readable files below one folder.

    <root>/<bucket id>/users/123/avatar.jpg     an object's bytes
    <root>/.staging/<lease>/<version>           bytes on their way in; one lease a running process
    <root>/.parts/<id>                          bytes that come over days
    <root>/.lost+found/<label>/…                bytes that a repair put aside

Staging lies on the same file system as the buckets, so that publishing is a rename. Every folder below the root
is entered by handle and never through a link (`folders`).

Source: specification, "Local Filesystem" and "Path Mapping".
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, cast

from engine.backends.base import BackendReader, Monitor, Outcome, Staged, StoredEntry
from engine.backends.folders import Folder, FolderCache, open_root, walk_files
from engine.backends.ingest import copy_and_hash, write_all
from engine.backends.leases import LOCK_NAME, Lease, sweep
from engine.backends.local_changes import LocalChanges
from engine.backends.local_parts import LocalPart, LocalParts
from engine.backends.local_reader import LocalReader
from engine.backends.local_writer import LocalWriter
from engine.backends.names import NameMapper
from engine.backends.storage_folder import STAGING_FOLDER
from engine.backends.system_calls import sync_file_system
from engine.errors import BackendUnreachable, BytesMissing, IoError, StorageError
from engine.failpoints import NO_FAILPOINTS, Failpoint, Failpoints
from engine.ids import new_id
from engine.os_errors import from_os_error

_ASIDE_FOLDER: Final = ".lost+found"
_SYNC_EACH_UP_TO: Final = 8
"""Staged files that are synced one by one; above, one call for the whole file system is cheaper."""

_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
"""Without waiting: a pipe that another program put among the files must not hang a reader."""

_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENAMETOOLONG})


class LocalBackend:
    """Stores under a folder of this computer.

    Args:
        root: Where; made if it is missing.
        mapper: How object paths become file names.
        failpoints: Told of every step.

    Raises:
        PermissionDenied: The folder cannot be made or written.
    """

    def __init__(self, root: Path, mapper: NameMapper | None = None, failpoints: Failpoints = NO_FAILPOINTS) -> None:
        self._path = root
        self._failpoints = failpoints
        self._mapper = mapper or NameMapper()
        with contextlib.ExitStack() as undo:
            try:
                self._lease = Lease(root / STAGING_FOLDER)
                undo.callback(self._lease.release)
                self._root = open_root(root)
                undo.callback(self._root.close)
                self._staging = self._open_staging(self._lease.name)
            except OSError as error:
                raise from_os_error(error, str(root)) from error
            undo.pop_all()
        self._parts = LocalParts(root, self._root, self._staging, self._copied, failpoints)
        self._ignores_case = self._staging.stat(LOCK_NAME.upper()) is not None

    @property
    def name(self) -> str:
        """Return the kind of backend."""
        return "local"

    @property
    def staging(self) -> str:
        """Return this process's lease."""
        return self._lease.name

    def natural_path(self, path: str) -> str:
        """Return the physical path an object's path maps to."""
        return self._mapper.natural(path)

    def spare_path(self, path: str, version: str) -> str:
        """Return a physical path that nothing else maps to."""
        return self._mapper.spare(path, version)

    def stage(self, staged_id: str) -> LocalWriter:
        """Begin to stage a stream."""
        self._check_reachable()
        with self._translated():
            return LocalWriter(self._staging, staged_id, self._failpoints)

    def stage_bytes(self, staged_id: str, data: bytes) -> Staged:
        """Stage a small content at once; durable after `flush` only."""
        return self.stage_many([(staged_id, data)])[0]

    def stage_many(self, contents: Sequence[tuple[str, bytes]]) -> list[Staged]:
        """Stage small contents at once; durable after `flush` only."""
        staged = [Staged(staged_id, len(data), sha256(data).hexdigest()) for staged_id, data in contents]
        created: list[str] = []
        self._check_reachable()
        try:
            for staged_id, data in contents:
                fd = self._create(staged_id)
                created.append(staged_id)
                try:
                    write_all(fd, data)
                    self._failpoints.reach(Failpoint.STAGE_WRITTEN)
                finally:
                    os.close(fd)
        except BaseException as error:
            for staged_id in created:
                self._staging.unlink(staged_id)
            if isinstance(error, OSError):
                raise self._fault(error) from error
            raise
        return staged

    def ingest(self, staged_id: str, source: BinaryIO, size_bytes: int, monitor: Monitor) -> Staged:
        """Stage the first `size_bytes` of an open file as fast as the machine can; durable after `flush` only."""
        return self._ingest(staged_id, source.fileno(), size_bytes, monitor)

    def copy(self, reader: BackendReader, staged_id: str, monitor: Monitor) -> Staged:
        """Stage what a fresh reader of this backend reads; durable after `flush` only."""
        return self._ingest(staged_id, cast("LocalReader", reader).fileno(), reader.size_bytes, monitor)

    def flush(self, staged_ids: Sequence[str]) -> None:
        """Make these staged bytes and their names durable."""
        self._failpoints.reach(Failpoint.STAGE_FLUSH)
        with self._translated():
            if len(staged_ids) <= _SYNC_EACH_UP_TO or not self._sync_all():
                for staged_id in staged_ids:
                    self._sync_one(staged_id)
                self._staging.sync()
        self._failpoints.reach(Failpoint.STAGE_FLUSHED)

    def discard(self, staged_id: str) -> None:
        """Throw away what this process staged under the id."""
        with self._translated():
            if self._staging.stat(staged_id) is not None:
                self._failpoints.reach(Failpoint.STAGE_DISCARD)
                self._staging.unlink(staged_id)

    def hold_part(self, part_id: str) -> LocalPart | None:
        """Hold a part unless somebody else does."""
        self._check_reachable()
        return self._parts.hold(part_id)

    def remove_part(self, part_id: str) -> bool:
        """Throw a part away unless somebody holds it."""
        return self._parts.remove(part_id)

    def list_parts(self) -> Sequence[str]:
        """Return the ids of all parts."""
        return self._parts.ids()

    @contextlib.contextmanager
    def changes(self) -> Iterator[LocalChanges]:
        """Open a block of changes."""
        sources, targets = FolderCache(self._root), FolderCache(self._root, exact=self._ignores_case)
        changes = LocalChanges(
            sources, targets, STAGING_FOLDER, self._sync_all, self._check_reachable, self._failpoints
        )
        with self._translated():
            try:
                yield changes
            finally:
                changes.close()

    def open(self, key: str) -> LocalReader | None:
        """Return a reader of the key's bytes."""
        folder_path, _, name = key.rpartition("/")
        return self._open_below(folder_path, name)

    def open_staged(self, staging: str, staged_id: str) -> LocalReader | None:
        """Return a reader of staged bytes."""
        return self._open_below(f"{STAGING_FOLDER}/{staging}", staged_id)

    def write(self, key: str, data: bytes) -> None:
        """Replace the key's content, durably."""
        staged_id = new_id()
        try:
            self.stage_bytes(staged_id, data)
            self.flush([staged_id])
            with self.changes() as changes:
                if changes.publish(self._lease.name, staged_id, key, replace=True) is not Outcome.DONE:
                    raise IoError("Something stands in the way of the stored file", path=key)
                changes.sync()
        finally:
            self.discard(staged_id)

    def read(self, key: str) -> bytes:
        """Return the key's content."""
        reader = self._existing(key)
        try:
            return reader.read_at(0, reader.size_bytes)
        finally:
            reader.close()

    def delete(self, key: str) -> None:
        """Remove the key."""
        with self.changes() as changes:
            changes.remove(key)
            changes.sync()

    def exists(self, key: str) -> bool:
        """Return whether the key has content."""
        reader = self.open(key)
        if reader is not None:
            reader.close()
        return reader is not None

    def size(self, key: str) -> int:
        """Return the content's length."""
        reader = self._existing(key)
        reader.close()
        return reader.size_bytes

    def list(self, bucket_id: str = "") -> Iterator[StoredEntry]:
        """Yield every key, in the order of the folders."""
        for bucket in [bucket_id] if bucket_id else self.list_buckets():
            yield from self._list_bucket(bucket)

    def list_buckets(self) -> Sequence[str]:
        """Return the ids of the buckets that have a folder."""
        with self._translated():
            return sorted(name for name, is_folder in self._root.names() if is_folder and not name.startswith("."))

    def remove_bucket(self, bucket_id: str) -> None:
        """Remove a bucket's folder if nothing is left in it."""
        try:
            self._root.rmdir(bucket_id)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST}:
                raise from_os_error(error, bucket_id) from error

    def sweep(self, before: Callable[[str], bool]) -> int:
        """Throw away what dead processes staged, after `before` finished what they had committed."""

        def finish(lease: str) -> bool:
            self._failpoints.reach(Failpoint.SWEEP_LEASE)
            return before(lease)

        self._failpoints.reach(Failpoint.SWEEP)
        with self._translated():
            removed = sweep(self._path / STAGING_FOLDER, self._lease.name, finish)
        self._failpoints.reach(Failpoint.SWEPT)
        return removed

    def set_aside(self, key: str, label: str) -> str:
        """Move a key's bytes to `.lost+found`."""
        target = f"{_ASIDE_FOLDER}/{label}/{key}"
        with self.changes() as changes:
            outcome = changes.relocate(key, target)
            changes.sync()
        if outcome is Outcome.GONE:
            raise BytesMissing("The stored bytes are missing", path=key)
        if outcome is Outcome.TAKEN:
            raise IoError("Something stands in the way of what is put aside", path=str(self._path / target))
        return str(self._path / target)

    def list_aside(self) -> Iterator[StoredEntry]:
        """Yield what lies in `.lost+found`, what came there first in front."""
        return self._list_bucket(_ASIDE_FOLDER)

    def close(self) -> None:
        """Give the lease back; what is staged and committed stays for the next start."""
        self._staging.close()
        self._root.close()
        self._lease.release()

    def _open_staging(self, lease: str) -> Folder:
        """Open a lease's folder."""
        staging = self._root.child(STAGING_FOLDER)
        try:
            # What is staged is only as durable as the names of the folders that it lies in.
            staging.sync()
            self._root.sync()
            return staging.child(lease)
        finally:
            staging.close()

    def _create(self, staged_id: str) -> int:
        """Create a staged file and return its descriptor."""
        fd = self._staging.open(staged_id, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        self._failpoints.reach(Failpoint.STAGE_CREATED)
        return fd

    def _ingest(self, staged_id: str, source_fd: int, size_bytes: int, monitor: Monitor) -> Staged:
        """Stage from a descriptor."""
        self._check_reachable()
        with self._translated():
            fd = self._create(staged_id)
            try:
                copied_bytes, checksum = copy_and_hash(source_fd, fd, size_bytes, monitor)
                self._failpoints.reach(Failpoint.STAGE_WRITTEN)
            finally:
                os.close(fd)
        return Staged(staged_id, copied_bytes, checksum)

    def _copied(self, staged_id: str, source_fd: int, size_bytes: int) -> Staged:
        """Stage from a descriptor, without telling anybody how far it is."""
        return self._ingest(staged_id, source_fd, size_bytes, lambda _: None)

    def _sync_one(self, staged_id: str) -> None:
        """Make one staged file durable."""
        fd = self._staging.open(staged_id, os.O_RDWR)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def _sync_all(self) -> bool:
        """Make everything on the file system durable at once, where there is such a call."""
        fd = self._staging.open(LOCK_NAME, os.O_RDONLY)
        try:
            return sync_file_system(fd)
        finally:
            os.close(fd)

    def _open_below(self, folder_path: str, name: str) -> LocalReader | None:
        """Open a regular file for reading, entering its folders one by one."""
        cache = FolderCache(self._root)
        try:
            return _reader_of(cache.folder(folder_path).open(name, os.O_RDONLY | _NONBLOCK))
        except OSError as error:
            if error.errno in _ABSENT:
                self._check_reachable()
                return None
            raise from_os_error(error, f"{folder_path}/{name}") from error
        finally:
            cache.close()

    def _existing(self, key: str) -> LocalReader:
        """Open a key that must be there."""
        reader = self.open(key)
        if reader is None:
            raise BytesMissing("The stored bytes are missing", path=key)
        return reader

    def _check_reachable(self) -> None:
        """Tell a missing file from a missing disk, and take nothing into a folder that the next start will not find.

        Raises:
            BackendUnreachable: The storage folder is gone.
        """
        if not self._path.is_dir():
            raise BackendUnreachable("The storage folder is gone", path=str(self._path))

    def _list_bucket(self, bucket_id: str) -> Iterator[StoredEntry]:
        """Yield the keys of one bucket."""
        with self._translated():
            try:
                folder = self._root.child(bucket_id)
            except FileNotFoundError:
                return
            try:
                for key, size_bytes in walk_files(folder, f"{bucket_id}/"):
                    yield StoredEntry(key, size_bytes)
            finally:
                folder.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Run the body with the system's errors translated."""
        try:
            yield
        except OSError as error:
            raise self._fault(error) from error

    def _fault(self, error: OSError) -> StorageError:
        """Return the engine's error; a missing root is the backend's own fault."""
        if error.errno in _ABSENT and not self._path.is_dir():
            return BackendUnreachable("The storage folder is gone", path=str(self._path))
        return from_os_error(error)


def _reader_of(fd: int) -> LocalReader | None:
    """Return a reader of a regular file; close what is of another kind."""
    found = os.fstat(fd)
    if stat.S_ISREG(found.st_mode):
        return LocalReader(fd, found.st_size)
    os.close(fd)
    return None
