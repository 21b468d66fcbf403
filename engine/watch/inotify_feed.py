"""Hints from inotify, through watchdog's reader of it.

watchdog's own observer watches whole trees: here it would hear of every staged file three times over and hand each
event through three threads, and it tells nobody when events were lost or a folder cannot be watched. So the folders are
chosen here, one watch each: those of buckets, not what Holdall keeps for itself. A file that Holdall renames into place
then makes one event, and whatever is written under a key was written by somebody else.

Threads: events come in watchdog's; the methods are called in any other.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from pathlib import Path
from typing import Final

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyEvent, InotifyFD, Mask, WatchDescriptor

from engine.ids import is_id
from engine.watch.feeds import Limited
from engine.watch.hints import Doubt, Hints

_logger = logging.getLogger(__name__)
_I: Final = InotifyConstants
_NAMES: Final = _I.IN_CREATE | _I.IN_MOVED_FROM | _I.IN_MOVED_TO | _I.IN_DELETE | _I.IN_ONLYDIR | _I.IN_DONT_FOLLOW
_ROOT_MASK: Final = Mask(_NAMES)
_FOLDER_MASK: Final = Mask(_NAMES | _I.IN_MODIFY | _I.IN_CLOSE_WRITE)


class _WatchedFolder:
    """One folder, by the name under which it was found: what watchdog calls back.

    Attributes:
        prefix: Of the keys in it, `""` or ending with `/`.
        descriptor: The watch, once there is one.
    """

    __slots__ = ("_feed", "descriptor", "prefix")

    def __init__(self, feed: InotifyFeed, prefix: str) -> None:
        self._feed = feed
        self.prefix = prefix
        self.descriptor: WatchDescriptor | None = None

    @property
    def ident(self) -> CallbackId:
        """Return what tells this callback from others of the same watch."""
        return CallbackId(id(self))

    def on_event(self, event: InotifyEvent) -> None:
        """Watchdog's hook."""
        self._feed.heard(self, event)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """Watchdog's hook: the folder is gone."""
        self._feed.forget(self)

    def on_queue_overflow(self) -> None:
        """Watchdog's hook: the system had more to tell than it keeps."""
        self._feed.overflowed()


class InotifyFeed:
    """See the module.

    Args:
        root: The storage folder.
        hints: Told of keys.
        limited: Told of a folder that cannot be watched.

    Raises:
        OSError: There is no inotify to be had, or the storage folder cannot be watched.
    """

    def __init__(self, root: Path, hints: Hints, limited: Limited) -> None:
        self._root = root
        self._hints = hints
        self._limited = limited
        self._is_limited = False
        self._lock = threading.Lock()
        self._folders: dict[str, _WatchedFolder] = {}
        self._reader = InotifyFD()
        self._reader.name = "holdall-watch-feed"
        self._reader.start()
        try:
            self._watch("")
        except OSError:
            self.close()
            raise
        self.renew()

    def renew(self) -> None:
        """Watch the folders of all buckets, and what is in them."""
        for name in _folders_in(self._root):
            if is_id(name):
                self._watch_below(f"{name}/", tell=False)

    def close(self) -> None:
        """Stop the reader."""
        if self._reader.is_alive():
            self._reader.stop()
            self._reader.join()

    def heard(self, folder: _WatchedFolder, event: InotifyEvent) -> None:
        """Take an event."""
        name = os.fsdecode(event.name)
        if not name:
            return
        if event.is_directory:
            self._heard_of_folder(f"{folder.prefix}{name}/", event)
        elif folder.prefix:
            is_written = event.is_modify or event.is_close_write
            doubt = Doubt.WRITTEN if is_written else Doubt.MOVED
            self._hints.add(folder.prefix + name, doubt, is_open=event.is_modify)

    def overflowed(self) -> None:
        """Take note that events were lost."""
        self._hints.lose()

    def forget(self, folder: _WatchedFolder) -> None:
        """Forget a folder that is not watched any more."""
        with self._lock:
            if self._folders.get(folder.prefix) is folder:
                del self._folders[folder.prefix]

    def _heard_of_folder(self, prefix: str, event: InotifyEvent) -> None:
        """Follow a folder that came, and let go of one that left."""
        if prefix.count("/") == 1 and not is_id(prefix[:-1]):
            return
        if event.is_moved_from:
            self._leave(prefix)
            self._hints.add(prefix, Doubt.MOVED)
        elif event.is_create or event.is_moved_to:
            self._watch_below(prefix, tell=True)

    def _watch_below(self, prefix: str, *, tell: bool) -> None:
        """Watch a folder and all below it, each before it is read, so that nothing comes in between.

        Args:
            prefix: Of the folder.
            tell: Whether the files in it are news.
        """
        waiting = [prefix]
        while waiting:
            prefix = waiting.pop()
            try:
                self._watch(prefix)
                waiting += self._read(prefix, tell=tell)
            except OSError as error:
                self._failed(prefix, error)

    def _watch(self, prefix: str) -> None:
        """Watch one folder, unless it is."""
        folder = _WatchedFolder(self, prefix)
        with self._lock:
            if self._folders.setdefault(prefix, folder) is not folder:
                return
        mask = _FOLDER_MASK if prefix else _ROOT_MASK
        try:
            path = os.fsencode(self._root / prefix)
            folder.descriptor = self._reader.add_callback(path, mask, folder, folder.ident)
        except OSError:
            self.forget(folder)
            raise

    def _read(self, prefix: str, *, tell: bool) -> list[str]:
        """Return the folders in one, and tell of its files."""
        folders = []
        with os.scandir(self._root / prefix) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{prefix}{entry.name}/")
                elif tell:
                    self._hints.add(prefix + entry.name, Doubt.MOVED)
        return folders

    def _leave(self, prefix: str) -> None:
        """Stop watching a folder and all below it."""
        with self._lock:
            left = [folder for name, folder in self._folders.items() if name.startswith(prefix)]
            for folder in left:
                del self._folders[folder.prefix]
        watches = [(folder.descriptor, folder.ident) for folder in left if folder.descriptor is not None]
        self._reader.remove_callbacks(watches)

    def _failed(self, prefix: str, error: OSError) -> None:
        """Go on without a folder; say so once where the system has no more watches to give."""
        if error.errno == errno.ENOSPC and not self._is_limited:
            self._is_limited = True
            self._limited(prefix)
        _logger.debug("%s is not watched", prefix, exc_info=True)


def _folders_in(path: Path) -> list[str]:
    """Return the folders in one; none where it cannot be read."""
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
