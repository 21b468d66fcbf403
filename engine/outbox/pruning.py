"""Forgets what was changed long ago, and how a database begins that knows nothing of what was changed before.

The first row never has events: its number is the last that is not kept. Who knows that one has missed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine import limits
from engine.cancel import CancelToken
from engine.metadata.executor import Executor
from engine.times import now_us
from engine.types import RlsContext

_SYSTEM: Final = RlsContext.service()
_LAST_OLD: Final = (
    "SELECT max(id) FROM storage_events WHERE id <"
    " coalesce((SELECT id FROM storage_events WHERE at >= ? ORDER BY id LIMIT 1), 9223372036854775807)"
)
_LAST_TOO_MUCH: Final = (
    "SELECT max(id) FROM (SELECT id, sum(length(body)) OVER (ORDER BY id DESC) AS kept FROM storage_events)"
    " WHERE kept > ?"
)
_ANY: Final = "SELECT 1 FROM storage_events WHERE id <= ? AND count > 0 LIMIT 1"
_EMPTY: Final = "UPDATE storage_events SET count = 0, body = CAST('[]' AS BLOB) WHERE id = ?"
_STEP: Final = "SELECT max(id) FROM (SELECT id FROM storage_events WHERE id <= ? ORDER BY id LIMIT ?)"
_DELETE: Final = "DELETE FROM storage_events WHERE id < ?"
_BEGIN: Final = (
    "INSERT INTO storage_events (id, count, at, body)"
    " SELECT max(coalesce(max(id), 0) + 1, ?), 0, ?, CAST('[]' AS BLOB) FROM storage_events"
)


class Pruning:
    """Removes the oldest rows of the outbox.

    Args:
        executor: For rows.
        now: The moment by which they are old, in microseconds since 1970.
        kept_bytes: What all rows together may have.
    """

    def __init__(
        self, executor: Executor, now: Callable[[], int] = now_us, kept_bytes: int = limits.EVENTS_KEPT_BYTES
    ) -> None:
        self._executor = executor
        self._now = now
        self._kept_bytes = kept_bytes

    def run(self, cancel: CancelToken | None = None) -> None:
        """Remove what is too old or too much, some rows a transaction.

        Raises:
            Cancelled: `cancel` was used; what is removed stays removed.
            StorageError: Disk or database failed.
        """
        token = cancel or CancelToken()
        last = self._last_to_go()
        while self._is_any_up_to(last):
            token.raise_if_cancelled()
            with self._executor.transaction(_SYSTEM, quiet=True) as tx:
                # Only what becomes the first row is emptied: who knows less than it is told so at any time.
                step = tx.run_text(_STEP, (last, limits.EVENTS_BATCH))[0][0]
                tx.run_text(_EMPTY, (step,))
                tx.run_text(_DELETE, (step,))

    def _last_to_go(self) -> int:
        """Return the number of the last row that is to go, 0 for none; what is old behind a young one stays."""
        with self._executor.snapshot(_SYSTEM) as tx:
            old = tx.run_text(_LAST_OLD, (self._now() - limits.EVENTS_KEPT_S * 1_000_000,))[0][0]
            too_much = tx.run_text(_LAST_TOO_MUCH, (self._kept_bytes,))[0][0]
        return max(old or 0, too_much or 0)

    def _is_any_up_to(self, last: int) -> bool:
        with self._executor.snapshot(_SYSTEM) as tx:
            return bool(tx.run_text(_ANY, (last,)))


def begin_anew(executor: Executor) -> None:
    """Let what was changed until now be unknown: whoever listens reads everything anew.

    Args:
        executor: Of a database that is about to take another one's place.
    """
    with executor.transaction(_SYSTEM) as tx:
        moment_us = now_us()
        tx.run_text(_BEGIN, (moment_us, moment_us))
        tx.run_text("DELETE FROM storage_events WHERE id < (SELECT max(id) FROM storage_events)")
