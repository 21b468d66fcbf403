"""What buckets are called in metrics: the first so many by their names, all others by one name together.

Each label costs whoever keeps the metrics memory for ever, so there is a bound; and only buckets that exist get one,
whatever names strangers ask for. A bucket that is deleted or renamed gives its label back.

Threads: any.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from engine import limits
from engine.errors import StorageError

OTHER: Final = "/other"
"""The label of all buckets that have none of their own; no bucket can be called so."""

_RELOAD_S: Final = 1.0
"""How often at most it is looked for a bucket that is not known, which another process may just have made."""


class BucketLabels:
    """Finds labels.

    Args:
        load: Reads id and name of the oldest buckets, up to a number.
        gone: Told of labels that are given back.
        labels_max: How many buckets have a label of their own.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        load: Callable[[int], Sequence[tuple[str, str]]],
        gone: Callable[[Collection[str]], None],
        labels_max: int = limits.METRIC_BUCKETS_MAX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._gone = gone
        self._labels_max = labels_max
        self._clock = clock
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._known: Mapping[str, str] = {}
        self._names: frozenset[str] = frozenset()
        self._wanted = 1
        self._have = 0
        self._loaded_s = 0.0

    def label(self, bucket: str, *, exists: bool = False) -> str:
        """Return the label of a bucket.

        Args:
            bucket: Name or id, as somebody called it.
            exists: Whether it surely does.
        """
        self._catch_up()
        found = self._known.get(bucket)
        if found is not None:
            return found
        if exists and len(self._names) < self._labels_max and self._clock() - self._loaded_s >= _RELOAD_S:
            self.outdated()
            self._catch_up()
        return self._known.get(bucket, OTHER)

    def names(self) -> frozenset[str]:
        """Return the buckets that have a label of their own."""
        self._catch_up()
        return self._names

    def outdated(self) -> None:
        """Let it be known that buckets have changed; they are read again when the next label is asked for."""
        with self._counting:
            self._wanted += 1

    def _catch_up(self) -> None:
        """Read the buckets again if they have changed; who comes while that is done waits for it."""
        if self._have == self._wanted:
            return
        with self._lock:
            wanted = self._wanted
            if self._have == wanted:
                return
            self._loaded_s = self._clock()
            try:
                buckets = self._load(self._labels_max)
            except StorageError:
                return  # what is known will do until the database answers
            names = frozenset(name for _, name in buckets)
            left, self._names = self._names - names, names
            # The name counts where one bucket's name is another's id.
            self._known = dict(buckets) | dict(zip(names, names, strict=True))
            self._have = wanted
        if left:
            self._gone(left)
