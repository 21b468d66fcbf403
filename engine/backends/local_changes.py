"""Renames and removals of the local backend, made under the caller's lock with folders kept open between them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import Final

from engine.backends.base import Outcome
from engine.backends.folders import Folder, FolderCache
from engine.failpoints import Failpoint, Failpoints

_OBSTRUCTED: Final = frozenset({errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.EMLINK})
_SYNC_EACH_UP_TO: Final = 16
"""Changed folders that are synced one by one; above, one call for the whole file system is cheaper."""

_ATTEMPTS: Final = 5
"""Tries at a folder that another program removes while a file is on its way into it."""


class LocalChanges:
    """One block of changes. One thread.

    Args:
        sources: Folders that files leave.
        targets: Folders that files come to.
        staging_folder: Name of the folder of all leases.
        sync_all: Makes the whole file system durable, or answers False where there is no such call.
        check_reachable: Raises where the storage folder is gone, and with it what was looked for.
        failpoints: Told of every step.
    """

    def __init__(
        self,
        sources: FolderCache,
        targets: FolderCache,
        staging_folder: str,
        sync_all: Callable[[], bool],
        check_reachable: Callable[[], None],
        failpoints: Failpoints,
    ) -> None:
        self._sources = sources
        self._targets = targets
        self._staging_folder = staging_folder
        self._sync_all = sync_all
        self._left: set[str] = set()
        self._check_reachable = check_reachable
        self._failpoints = failpoints

    def publish(self, staging: str, staged_id: str, key: str, *, replace: bool) -> Outcome:
        """Give a staged file its key.

        Raises:
            OSError: The system refused for another reason than the three outcomes.
        """
        try:
            source = self._sources.folder(f"{self._staging_folder}/{staging}")
        except FileNotFoundError:
            return Outcome.GONE
        self._failpoints.reach(Failpoint.PUBLISH)
        outcome = self._move(source, staged_id, key, replace=replace)
        self._failpoints.reach(Failpoint.PUBLISHED)
        return outcome

    def relocate(self, key: str, target_key: str) -> Outcome:
        """Give a file another key, never over another file.

        Raises:
            OSError: The system refused for another reason than the three outcomes.
        """
        folder_path, _, name = key.rpartition("/")
        source = self._source(folder_path, name)
        if source is None:
            self._found_gone(folder_path)
            self._targets.mark_line_dirty(target_key.rpartition("/")[0])
            return Outcome.GONE
        self._failpoints.reach(Failpoint.RELOCATE)
        outcome = self._move(source, name, target_key, replace=False)
        self._failpoints.reach(Failpoint.RELOCATED)
        if outcome is Outcome.DONE:
            self._sources.mark_dirty(folder_path)
            self._left.add(folder_path)
        return outcome

    def remove(self, key: str) -> Outcome:
        """Remove a file and the folders that it leaves empty.

        Raises:
            OSError: The system refused.
        """
        folder_path, _, name = key.rpartition("/")
        source = self._source(folder_path, name)
        if source is None:
            self._found_gone(folder_path)
            return Outcome.GONE
        self._failpoints.reach(Failpoint.REMOVE)
        source.unlink(name)
        self._failpoints.reach(Failpoint.REMOVED)
        self._sources.mark_dirty(folder_path)
        self._left.add(folder_path)
        return Outcome.DONE

    def adopt(self, key: str) -> Outcome:
        """Make a file durable that another program wrote.

        Raises:
            OSError: The system refused.
        """
        folder_path, _, name = key.rpartition("/")
        source = self._source(folder_path, name)
        if source is None:
            return Outcome.GONE
        # Windows flushes only what is open for writing; elsewhere a file may be readable and nothing more.
        fd = source.open(name, (os.O_RDWR if os.name == "nt" else os.O_RDONLY) | getattr(os, "O_NONBLOCK", 0))
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        self._targets.mark_line_dirty(folder_path)
        return Outcome.DONE

    def sync(self) -> None:
        """Make every change of this block durable, and those that were found done before; remove emptied folders.

        Still under the caller's lock for blocks that remove or relocate: nobody comes to a folder that goes. Where
        files came to is durable before a folder that they left goes, so that no order of writing loses both.

        Raises:
            OSError: The system refused.
            BackendUnreachable: The storage folder is gone; what was found gone may be there when it is back.
        """
        self._check_reachable()
        self._failpoints.reach(Failpoint.FOLDER_SYNC)
        self._make_durable(self._targets)
        self._prune()
        self._make_durable(self._sources)
        self._failpoints.reach(Failpoint.FOLDER_SYNCED)

    def close(self) -> None:
        """Close the folders."""
        self._sources.close()
        self._targets.close()

    def _make_durable(self, changed: FolderCache) -> None:
        """Make the names in changed folders durable, with one call where there are many and there is such a call."""
        if changed.dirty > _SYNC_EACH_UP_TO and self._sync_all():
            changed.forget_dirty()
        else:
            changed.sync()

    def _prune(self) -> None:
        """Remove the folders that files left empty, the deepest first, and let go of them on both sides."""
        if self._left:
            self._failpoints.reach(Failpoint.PRUNE)
        for folder_path in sorted(self._left, key=len, reverse=True):
            for path in self._sources.prune(folder_path):
                self._targets.forget(path)
        self._left.clear()

    def _undo(self, folder_path: str) -> None:
        """Remove folders that were made for a file that did not come."""
        for path in self._targets.prune(folder_path):
            self._sources.forget(path)

    def _found_gone(self, folder_path: str) -> None:
        """Finish what somebody who died may have left: a change that is not durable yet, and empty folders."""
        self._sources.mark_line_dirty(folder_path)
        self._left.add(folder_path)

    def _source(self, folder_path: str, name: str) -> Folder | None:
        """Open the folder that holds a regular file of that name, or return None."""
        try:
            folder = self._sources.folder(folder_path)
        except OSError as error:
            if error.errno in _OBSTRUCTED or error.errno == errno.ENOENT:
                return None
            raise
        found = folder.stat(name)
        return folder if found is not None and stat.S_ISREG(found.st_mode) else None

    def _move(self, source: Folder, name: str, key: str, *, replace: bool) -> Outcome:
        """Rename into the key's place, unless something else stands there."""
        folder_path, _, target_name = key.rpartition("/")
        for _ in range(_ATTEMPTS):
            try:
                target = self._targets.folder(folder_path, create=True)
                source.rename(name, target, target_name, replace=replace)
            except FileNotFoundError:
                if source.stat(name) is None:
                    # What somebody else renamed a moment ago may not be durable yet, and GONE vouches for it.
                    self._targets.mark_line_dirty(folder_path)
                    self._undo(folder_path)
                    return Outcome.GONE
                self._targets.close()
                continue
            except OSError as error:
                if error.errno in _OBSTRUCTED:
                    return Outcome.TAKEN
                raise
            self._targets.mark_dirty(folder_path)
            return Outcome.DONE
        raise OSError(errno.EBUSY, "The folder is being removed by another program", key)
