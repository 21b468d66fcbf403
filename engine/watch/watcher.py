"""`Watcher`: one thread that follows what other programs do in the storage folder, for as long as a workspace wants it.

What is not heard is not lost: what happened while nobody watched, or in folders that cannot be watched, is found by the
cleanup (files without rows, rows without files) and by the scrub (files that hold something else). When hints are lost
because there were too many, everything is looked at by names, lengths and times, a part at a time.

Several processes may watch one folder: whoever comes first settles a change, and for the others it is none then.

Threads: all methods from any thread.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.cancel import CancelToken
from engine.config import OutsideChanges
from engine.errors import BackendUnreachable, Cancelled, StorageError
from engine.events import OutsideKind
from engine.jobs.remembered import Remembered
from engine.watch.feeds import Feed, open_feed
from engine.watch.ground import Ground
from engine.watch.guard import Guard
from engine.watch.hints import Due, Hints, Settling
from engine.watch.looks import Looks
from engine.watch.settling import Settlement

_logger = logging.getLogger(__name__)
_SETTING: Final = "outside_changes"
_NO_MORE_WATCHES: Final = (
    "No more folders can be watched. What other programs change in the rest is found by the hourly cleanup. "
    "On Linux, a larger fs.inotify.max_user_watches helps."
)
_PAUSE_S: Final = 5.0
"""After the database failed."""

DEFAULT_WAY: Final = OutsideChanges.REPORT
"""Nothing that is known of an object is given up for what some program did until a person says so."""


class Watcher:
    """Watches.

    Args:
        ground: The workspace's parts.
        root: The storage folder, or None where bytes are in none: then there is nothing to watch.
        way: What becomes of changes, or None for what the workspace remembers.
        settling: How long it has to be quiet about a file.
        feed: Opens what tells of changes.

    Attributes:
        ready: Set while changes are heard of.
    """

    def __init__(
        self,
        ground: Ground,
        root: Path | None,
        way: OutsideChanges | None = None,
        settling: Settling | None = None,
        feed: Callable[[Path, Hints, Callable[[str], None]], Feed] = open_feed,
    ) -> None:
        self._ground = ground
        self._root = root
        self._chosen = way
        self._open_feed = feed
        self._hints = Hints(settling)
        self._looks = Looks(ground.executor, ground.backend, ground.files, ground.quarantine)
        self._cancel = CancelToken()
        self._settlement = Settlement(ground, Guard(ground.executor), self._check, self._hints.add)
        self._remembered = Remembered(ground.executor, _SETTING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wanted = False
        self._ended = threading.Event()
        self.ready = threading.Event()

    @property
    def way(self) -> OutsideChanges:
        """Return what becomes of changes: as set for this run, else as the workspace remembers."""
        if self._chosen is not None:
            return self._chosen
        with contextlib.suppress(ValueError):
            return OutsideChanges(self._remembered.get() or DEFAULT_WAY)
        return DEFAULT_WAY  # A later program's word.

    def choose(self, way: OutsideChanges) -> None:
        """Let something else become of changes from now on, and remember it for the workspace.

        Raises:
            DatabaseFault: It could not be remembered; nothing is changed.
        """
        # Who sees it and waits for `ready` then waits for those who watch in this way: the old ones have ended before.
        self._stop()
        try:
            self._remembered.put(way.value)
            self._chosen = way
        finally:
            if self._wanted:
                self._start()

    def start(self) -> None:
        """Watch from now on, unless the way is not to."""
        self._wanted = True
        self._start()

    def close(self) -> None:
        """Stop, and wait until it has; safe to call again."""
        self._wanted = False
        self._stop()

    def _start(self) -> None:
        try:
            way = self.way
        except StorageError:
            _logger.warning("nothing is watched, because it is not known what should become of it", exc_info=True)
            return
        with self._lock:
            if self._root is None or way is OutsideChanges.OFF or self._thread is not None:
                return
            self._settlement.way = way
            self._cancel = CancelToken()
            self._ended.clear()
            self._thread = threading.Thread(target=self._work, args=(self._root,), name="holdall-watch", daemon=True)
            self._thread.start()

    def _stop(self) -> None:
        with self._lock:
            self._cancel.cancel()
            self._ended.set()
            self._hints.wake()
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.join()
            self.ready.clear()

    def _work(self, root: Path) -> None:
        """Watch until the end."""
        try:
            feed = self._open_feed(root, self._hints, self._say_limited)
        except OSError:
            _logger.warning("changes by other programs are found by the hourly cleanup alone", exc_info=True)
            return
        self.ready.set()
        try:
            while not self._cancel.cancelled:
                self._hints.wait(is_waiting=self._settlement.is_waiting)
                if not self._cancel.cancelled:
                    self._look(feed)
        finally:
            feed.close()

    def _look(self, feed: Feed) -> None:
        """Look at what is due; what fails now is looked at by the cleanup later."""
        due = self._hints.take()
        try:
            if due.lost:
                _logger.info("changes were lost, everything is looked at")
                feed.renew()
                self._settlement.settle(self._looks.all_suspects())
            else:
                self._settlement.settle(self._looks.suspects(due.keys))
        except Cancelled:
            pass
        except BackendUnreachable:
            self._settlement.forget_gone()
            _logger.warning("the storage folder is gone, which is no change of what is in it", exc_info=True)
        except StorageError:
            _logger.warning("changes by other programs cannot be followed yet", exc_info=True)
            self._repeat(due)
            self._ended.wait(_PAUSE_S)

    def _repeat(self, due: Due) -> None:
        """Have everything looked at again."""
        if due.lost:
            self._hints.lose()
        for key, doubt in due.keys.items():
            self._hints.add(key, doubt)

    def _check(self, _count: int) -> None:
        """Stop reading when it is time to close."""
        self._cancel.raise_if_cancelled()

    def _say_limited(self, prefix: str) -> None:
        """Tell once that not all folders can be watched."""
        _logger.warning("%s (%s)", _NO_MORE_WATCHES, prefix)
        bucket_id, _, path = prefix.partition("/")
        self._ground.announcer.outside(
            bucket_id, "", [path], OutsideKind.UNSEEN, taken_in=False, reason=_NO_MORE_WATCHES
        )
