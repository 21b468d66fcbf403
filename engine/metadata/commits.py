"""Commits are counted, so that others can tell a change from what is only written down of those who read.

SQLite says that something was committed, not what. Each transaction that changes rows raises one of two counters, in
itself: that of changes, or that of quiet commits, after which nobody has to look up anything. A commit that raises
neither is another program's, and counts as a change.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection
from sqlalchemy.pool import PoolProxiedConnection

_CHANGES: Final = "changes"
_QUIET: Final = "quiet"
_COUNT: Final = "UPDATE storage_commits SET count = count + 1 WHERE kind = ?"
_COUNTS: Final = "SELECT kind, count FROM storage_commits"


class CommitCounter:
    """Counts the commit of one transaction.

    Args:
        connection: In its transaction.
        quiet: Whether it is nobody's change.
    """

    def __init__(self, connection: Connection, *, quiet: bool) -> None:
        self._connection = connection
        self._kind = _QUIET if quiet else _CHANGES
        self._before = self._rows_changed()

    def count(self) -> None:
        """Count it, if it changed anything. To be called at its end."""
        if self._rows_changed() != self._before:
            self._connection.exec_driver_sql(_COUNT, (self._kind,))

    def _rows_changed(self) -> int:
        """Return how many rows this connection ever changed, by the driver's count."""
        return int(getattr(self._connection.connection.driver_connection, "total_changes", 0))


class CommitWatch:
    """Tells by one connection of its own whether something was changed. One thread at a time.

    Args:
        connection: For nothing else.

    Source: SQLite's PRAGMA data_version, which compares only on one and the same connection.
    """

    def __init__(self, connection: PoolProxiedConnection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._seen: tuple[int, dict[str, int]] | None = None
        self._version = 0

    def version(self) -> int:
        """Return a number that is another one after each change, by whichever process."""
        self._cursor.execute("PRAGMA data_version")
        (now,) = self._cursor.fetchone() or (0,)
        if self._seen is None or self._seen[0] != now:
            self._look()
        return self._version

    def close(self) -> None:
        """Give the connection back."""
        self._cursor.close()
        self._connection.close()

    def _look(self) -> None:
        """See what kind of commits there were since the last look, in one state of the database."""
        self._cursor.execute("BEGIN")
        try:
            self._cursor.execute(_COUNTS)
            counts = dict(self._cursor.fetchall())
            self._cursor.execute("PRAGMA data_version")
            (now,) = self._cursor.fetchone() or (0,)
        finally:
            self._cursor.execute("COMMIT")
        before = self._seen[1] if self._seen is not None else {}
        is_quiet = counts.get(_CHANGES) == before.get(_CHANGES) and counts.get(_QUIET) != before.get(_QUIET)
        self._seen = now, counts
        if not is_quiet:
            self._version += 1
