"""What tells of changes: the seam between the system's ways to watch folders and the hints that come of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from engine.watch.hints import Hints

Limited = Callable[[str], None]
"""Told the first folder that the system does not let us watch, once, in any thread."""


class Feed(Protocol):
    """Gives hints from the time it is made until it is closed."""

    def renew(self) -> None:
        """Watch what is not watched by now; after something was not heard."""

    def close(self) -> None:
        """Stop, and wait until it has; safe to call again."""


def open_feed(root: Path, hints: Hints, limited: Limited) -> Feed:
    """Begin to watch the folders of buckets.

    Args:
        root: The storage folder.
        hints: Where to tell of keys below it.
        limited: See there.

    Raises:
        OSError: The folder cannot be watched.
    """
    if sys.platform == "linux":
        from engine.watch.inotify_feed import InotifyFeed

        return InotifyFeed(root, hints, limited)
    from engine.watch.observer_feed import ObserverFeed

    return ObserverFeed(root, hints)
