"""Hints from watchdog's observer, where there is no inotify.

It watches the whole storage folder; what Holdall keeps for itself is left out here. Threads: watchdog's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from engine.watch.hints import Doubt, Hints

_HEARD: Final[list[type[FileSystemEvent]]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


class ObserverFeed(FileSystemEventHandler):
    """See the module.

    Args:
        root: The storage folder.
        hints: Told of keys.

    Raises:
        OSError: The folder cannot be watched.
    """

    def __init__(self, root: Path, hints: Hints) -> None:
        self._root = os.path.realpath(root)
        self._hints = hints
        self._observer = Observer()
        self._observer.schedule(self, self._root, recursive=True, event_filter=_HEARD)
        self._observer.start()

    def renew(self) -> None:
        """Do nothing: the system watches the tree as a whole."""

    def close(self) -> None:
        """Stop the observer."""
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Watchdog's hook: take an event."""
        is_written = isinstance(event, FileModifiedEvent | FileClosedEvent)
        doubt = Doubt.WRITTEN if is_written else Doubt.MOVED
        for path in filter(None, (str(event.src_path), str(event.dest_path))):
            key = self._key(path)
            if key is not None:
                is_open = isinstance(event, FileModifiedEvent)
                self._hints.add(f"{key}/" if event.is_directory else key, doubt, is_open=is_open)

    def _key(self, path: str) -> str | None:
        """Return the key of a path, or None for what is no bucket's."""
        key = os.path.relpath(path, self._root).replace(os.sep, "/")
        return None if key.startswith(".") else key
