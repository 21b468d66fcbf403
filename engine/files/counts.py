"""How much is in the folders that were counted last: an order or a look that changes nothing need not count again.

Only for callers whom no row rule holds back. A count is that of one state of the database, and of no other.

Threads: any.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Final

from engine.metadata.executor import Executor, Transaction
from engine.types import FolderCount

_KEPT: Final = 16


class Counts:
    """See the module.

    Args:
        executor: For the database's version.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._lock = Lock()
        self._known: OrderedDict[tuple[object, object], tuple[int, FolderCount]] = OrderedDict()

    def of(
        self, tx: Transaction, version: int, folder: Mapping[str, object], count: Callable[[], FolderCount]
    ) -> FolderCount:
        """Return how much is in a folder.

        Args:
            tx: Of the caller; has read already.
            version: The database's, from before it began.
            folder: `bucket` and `prefix`.
            count: Finds it out.
        """
        if not tx.context.can_bypass_rls:
            return count()
        key = folder["bucket"], folder["prefix"]
        with self._lock:
            known_for, known = self._known.get(key, (None, FolderCount(0, 0)))
        if known_for == version == self._executor.data_version():
            return known
        found = count()
        with self._lock:
            self._known[key] = version, found
            self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found
