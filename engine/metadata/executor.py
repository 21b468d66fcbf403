"""`Executor`: the only way to run a statement.

Every statement runs for somebody: `Executor.execute(statement, context)` adds the caller's row rules to each
SELECT, UPDATE and DELETE over the protected tables. Statements whose inner parts read protected tables (the
recursive folder listing) take the same predicate from `Transaction.rule`. Rules are those of the state that the
transaction sees. Use cases say which bucket they are about (`Transaction.within`): rules that are folded for one bucket
can be looked up in an index, and let no row of another one through.

Threads: any thread. Reads run in snapshots side by side. Writes take an in-process lock before the database's
own, so that threads queue fairly instead of polling; other processes wait for the database's lock.

Source: specification, "Integration with the Executor".
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    Connection,
    Engine,
    Select,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from engine import limits
from engine.acts import Acts
from engine.cancel import CancelToken
from engine.errors import CommitInDoubt, DatabaseFault
from engine.metadata.commits import CommitCounter, CommitWatch
from engine.metadata.database import WRITE_OPTION
from engine.metadata.faults import may_return, translated
from engine.metadata.patience import until_cancelled
from engine.metadata.prepared import PreparedQueries
from engine.metadata.transaction_state import State
from engine.metadata.transactions import AnyRow as AnyRow
from engine.metadata.transactions import Rows, Statement
from engine.metadata.transactions import Transaction as Transaction
from engine.permissions.made_clauses import MadeClauses
from engine.permissions.rules import PermissionChecker
from engine.types import RlsContext


class Executor:
    """Opens transactions over one database.

    Attributes:
        acts: Follows what callers do; writes it down in their transactions.
    """

    def __init__(self, engine: Engine, permissions: PermissionChecker) -> None:
        self._engine = engine
        self._permissions = permissions
        self._clauses = MadeClauses()
        self._prepared = PreparedQueries()
        self.acts = Acts()
        self._write_lock = threading.Lock()
        self._watch_lock = threading.Lock()
        self._watch: CommitWatch | None = None
        self._looks = itertools.count(1)
        self._looked = self._version = 0
        self._where = engine.url.database
        self._closed = False

    def execute(self, statement: Statement, context: RlsContext) -> Rows:
        """Run one statement for one caller in a transaction of its own.

        Args:
            statement: SQLAlchemy Core; SELECTs read a snapshot, all others take the write lock.
            context: Who asks.

        Returns:
            The rows, empty for a statement that returns none.

        Raises:
            DatabaseFault: The database failed; the cause is chained.
        """
        opener = self.snapshot if isinstance(statement, Select) else self.transaction
        with opener(context) as transaction:
            result = transaction.execute(statement)
            return result.all() if result.returns_rows else []

    @contextmanager
    def snapshot(self, context: RlsContext) -> Iterator[Transaction]:
        """Open a read-only transaction: everything inside sees one state of the database.

        Raises:
            Cancelled: The caller has cancelled.
            DatabaseFault: The database failed, or the executor is closed.
        """
        with (
            translated(self._where),
            self._opened() as connection,
            connection.begin(),
            until_cancelled(connection, context.cancel),
        ):
            yield Transaction(connection, self._state(connection, context.cancel), context)

    @contextmanager
    def transaction(
        self, context: RlsContext, patience_s: float | None = None, *, quiet: bool = False, lasting: bool = False
    ) -> Iterator[Transaction]:
        """Open a writing transaction, alone among all threads and processes; commits at the end of the block.

        An exception inside the block rolls everything back. A caller's act is written down with it, and what those who
        listen are to learn of it.

        Args:
            context: Who asks.
            patience_s: How long to wait for other processes; `limits.BUSY_TIMEOUT_S` by default.
            quiet: Whether it is nobody's change: nobody has to look up anything after it, and a power cut may take
                it back. For what is written down of those who only read.
            lasting: Whether a quiet one survives a power cut all the same.

        Raises:
            DatabaseLocked: Another process did not let go in time.
            DatabaseFault: The database failed, or the executor is closed: then the staged bytes of a late commit may
                be gone already.
            CommitInDoubt: The commit failed, and may be found done by the next start.
        """
        with self._write_lock, translated(self._where), self._opened() as plain:
            connection = plain.execution_options(**{WRITE_OPTION: True})
            try:
                with _waiting(connection, patience_s), _flushing(connection, lasting or not quiet), connection.begin():
                    counter = CommitCounter(connection, quiet=quiet)
                    tx = Transaction(connection, self._state(connection), context)
                    yield tx
                    self.acts.committing(tx)
                    tx.changes.write(tx)
                    counter.count()
            except OperationalError as error:
                if may_return(error):
                    self._overwrite_failed_commit(connection, error)
                raise
        self.acts.committed(tx)

    def _state(self, connection: Connection, cancel: CancelToken | None = None) -> State:
        return State(connection, self._permissions, self._clauses, self._prepared, cancel)

    def _overwrite_failed_commit(self, connection: Connection, cause: OperationalError) -> None:
        """Make sure that a commit which failed stays undone, also after a crash.

        Its frames, and the mark that it is complete, may stand in the log although the flush that followed failed: who
        next reads the log from the disk takes them for committed. Any other commit is written in their place.

        Source: SQLite, "WAL-mode File Format": each frame's checksum covers all frames before it.

        Raises:
            CommitInDoubt: The other commit failed as well.
        """
        try:
            with connection.begin():
                connection.exec_driver_sql("PRAGMA user_version = 0")
        except DBAPIError:
            message = "Reading or writing the database failed while a change was being stored"
            raise CommitInDoubt(message, path=self._where) from cause

    def data_version(self) -> int:
        """Return a number that differs after any change that was committed, by whichever process.

        Asked before every object that the server sends, so it goes straight to the driver: 5 µs instead of 70. What is
        read for one counts for all who asked before it was begun to be read: threads that wait need not look again.
        """
        asked = next(self._looks)
        with self._watch_lock, translated(self._where):
            self._check_open()
            if self._looked > asked:
                return self._version
            looked = next(self._looks)
            if self._watch is None:
                self._watch = CommitWatch(self._engine.raw_connection())
            self._version, self._looked = self._watch.version(), looked
            return self._version

    def close(self) -> None:
        """Close all connections, once the transaction that is running has ended; nothing runs afterwards."""
        with self._write_lock:
            self._closed = True
        with self._watch_lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self._engine.dispose()

    def _opened(self) -> Connection:
        """Return a connection."""
        self._check_open()
        return self._engine.connect()

    def _check_open(self) -> None:
        """Refuse to go on after the end."""
        if self._closed:
            raise DatabaseFault("The workspace was closed", path=self._where)


@contextmanager
def _flushing(connection: Connection, wanted: bool) -> Iterator[None]:
    """Let a connection commit without waiting for the disk, unless that is wanted. Before its transaction begins.

    Source: SQLite's PRAGMA synchronous: with a write-ahead log, NORMAL keeps the database sound, and what was committed
    against everything but a power cut.
    """
    if wanted:
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()


@contextmanager
def _waiting(connection: Connection, patience_s: float | None) -> Iterator[None]:
    """Let a connection wait for other processes for another time than usual. Before its transaction begins."""
    if patience_s is None:
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={round(patience_s * 1000)}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout={round(limits.BUSY_TIMEOUT_S * 1000)}")
        cursor.close()
