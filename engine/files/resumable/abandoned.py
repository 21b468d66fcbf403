"""Throws away resumable uploads whose time is over, and parts that no upload needs any more. Any thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine import limits
from engine.backends.base import StorageBackend
from engine.cancel import CancelToken
from engine.files.resumable.rows import known_ids, remove_expired
from engine.metadata.executor import Executor
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()


class AbandonedUploads:
    """Sweeps them. What somebody holds, in whichever process, is left alone.

    Args:
        executor: For rows.
        backend: For parts.
        now: The moment by which uploads are over, in microseconds since 1970, UTC.
    """

    def __init__(self, executor: Executor, backend: StorageBackend, now: Callable[[], int]) -> None:
        self._executor = executor
        self._backend = backend
        self._now = now

    def sweep(self, cancel: CancelToken | None = None) -> int:
        """Throw away what is over, and return how many unfinished contents that was.

        Raises:
            Cancelled: `cancel` was used; what is gone stays gone.
            EnvironmentFault: Disk or database failed.
        """
        token = cancel or CancelToken()
        self._remove_expired(token)
        # Parts first: an upload has its row before its part, so that one which just begins is known.
        parts = self._backend.list_parts()
        with self._executor.snapshot(_SYSTEM) as tx:
            known = known_ids(tx) if parts else set()
        removed = 0
        for part_id in parts:
            token.raise_if_cancelled()
            if part_id not in known:
                removed += self._backend.remove_part(part_id)
        return removed

    def _remove_expired(self, cancel: CancelToken) -> None:
        """Remove the rows of uploads whose time is over; their parts are nobody's then."""
        moment_us = self._now()
        removed = limits.RESUMABLE_SWEEP_ROWS
        while removed == limits.RESUMABLE_SWEEP_ROWS:
            cancel.raise_if_cancelled()
            with self._executor.transaction(_SYSTEM, quiet=True) as tx:
                removed = remove_expired(tx, moment_us, limits.RESUMABLE_SWEEP_ROWS)
