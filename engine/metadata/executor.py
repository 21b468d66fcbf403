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

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Delete,
    Engine,
    Executable,
    Row,
    Select,
    Table,
    Update,
    and_,
    insert,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import PoolProxiedConnection

from engine import limits
from engine.errors import CommitInDoubt, DatabaseFault
from engine.metadata.database import WRITE_OPTION
from engine.metadata.faults import may_return, translated
from engine.metadata.protected import protected_tables, tables_read
from engine.metadata.tables import storage_buckets
from engine.permissions.clauses import CallerRules, Place
from engine.permissions.columns import columns_of
from engine.permissions.rows import Facts, PolicyTable, RowColumns
from engine.permissions.rules import Command, PermissionChecker, Rule
from engine.times import now_us
from engine.types import Bucket, RlsContext

Statement = Executable
AnyRow = Row[*tuple[Any, ...]]
Rows = Sequence[AnyRow]
Result = CursorResult[*tuple[Any, ...]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_Filtered = TypeVar("_Filtered", Select[Any], Update, Delete)


class _State:
    """The rules as one transaction sees them, and its moment: read when the first caller is held to them."""

    def __init__(self, connection: Connection, permissions: PermissionChecker) -> None:
        self._connection = connection
        self._permissions = permissions

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules."""
        return self._permissions.rules_in(self._connection)

    @cached_property
    def moment_us(self) -> int:
        """What `now()` is for all of them."""
        return now_us()


class Transaction:
    """Statements of one caller that commit or fail together."""

    def __init__(
        self, connection: Connection, state: _State, context: RlsContext, bucket: Bucket | None = None
    ) -> None:
        self._connection = connection
        self._state = state
        self._bucket = bucket
        self._predicates: dict[tuple[Table, Command], ColumnElement[bool]] = {}
        self.context = context

    def execute(self, statement: Statement, parameters: Parameters | None = None) -> Result:
        """Run one statement under the caller's row rules.

        Args:
            statement: SQLAlchemy Core.
            parameters: One mapping, or many for a bulk statement.
        """
        guarded = self._guarded(statement)
        if parameters is None:
            return self._connection.execute(guarded)
        return self._connection.execute(guarded, parameters)

    def tuples(self, statement: Statement, parameters: Parameters | None = None) -> Sequence[tuple[Any, ...]]:
        """Run a query and return its rows as the driver gives them (JSON as text): a third cheaper for a large page.

        Args:
            statement: SQLAlchemy Core.
            parameters: One mapping.
        """
        with self.execute(statement, parameters) as result:
            return result.cursor.fetchall()

    def insert_rows(self, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert many rows at a third of the cost of a statement with as many parameter sets.

        The caller has checked that they may be inserted; values are as the driver takes them (JSON as text).

        Args:
            table: Where to.
            columns: Names, in the order of the values.
            rows: One tuple a row.
        """
        dialect = self._connection.dialect
        self._run_many(insert(table).compile(dialect=dialect, column_keys=list(columns)), columns, rows)

    def update_rows(self, statement: Update, parameters: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Run an UPDATE many times under the caller's row rules, likewise cheaper.

        Args:
            statement: With a `bindparam` for each of `parameters`.
            parameters: Their names, in the order of the values.
            rows: The values of one run each, as the driver takes them (JSON as text).
        """
        guarded = cast("Update", self._guarded(statement))
        self._run_many(guarded.compile(dialect=self._connection.dialect), parameters, rows)

    def _run_many(self, compiled: Any, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:  # noqa: ANN401 - a compiled statement
        """Hand rows to the driver as they are; what else the statement binds, such as a rule's user, is the same."""
        dialect = self._connection.dialect
        fixed = {name: value for name, value in compiled.construct_params(_check=False).items() if name not in names}
        order = list(compiled.positiontup or ()) if dialect.positional else []
        if not dialect.positional:
            values: Any = [fixed | dict(zip(names, row, strict=True)) for row in rows]
        elif order == list(names):
            values = list(rows)
        else:
            extended, tail = [*names, *fixed], tuple(fixed.values())
            places = [extended.index(name) for name in order]
            values = [tuple(whole[place] for place in places) for row in rows for whole in [row + tail]]
        self._connection.exec_driver_sql(str(compiled), values)

    def last_journal_id(self) -> int | None:
        """Return the highest id that `storage_journal` ever gave out (0: none yet), or None where it is not kept."""
        if self._connection.dialect.name != "sqlite":
            return None
        statement = "SELECT seq FROM sqlite_sequence WHERE name = 'storage_journal'"
        return int(self._connection.exec_driver_sql(statement).scalar() or 0)

    def as_caller(self, context: RlsContext) -> Transaction:
        """Return the same transaction for another caller, such as the engine itself."""
        return Transaction(self._connection, self._state, context, self._bucket)

    def within(self, bucket: Bucket) -> Transaction:
        """Return the same transaction for statements over the objects of one bucket, and no other's."""
        return Transaction(self._connection, self._state, self.context, bucket)

    def rule(self, table: Table, command: Command = Command.SELECT) -> ColumnElement[bool] | None:
        """Return the caller's predicate over `table`, for the inner part of a statement; None for no condition.

        Args:
            table: A protected table.
            command: What is done with the rows; all but SELECT reach only those that the caller sees as well.
        """
        if self.context.can_bypass_rls:
            return None
        known = self._predicates.get((table, command))
        if known is None:
            known = self._predicates[table, command] = self._predicate(table, command)
        return known

    def check(self, command: Command, columns: RowColumns, *, seen: bool) -> ColumnElement[bool] | None:
        """Return the caller's predicate over rows that are about to be written; None for no condition.

        Args:
            command: INSERT or UPDATE.
            columns: The rows as they will be, objects in the bucket that `within` named.
            seen: Whether the caller must see them afterwards.
        """
        if self.context.can_bypass_rls:
            return None
        return self._rules.new(command, columns, seen=seen)

    def may_insert(self, table: PolicyTable = PolicyTable.OBJECTS) -> bool:
        """Return whether the caller could add any row at all: an object to the bucket that `within` named, a bucket."""
        return self.context.can_bypass_rls or self._rules.may_ever(Command.INSERT, table)

    def needs_content(self, *, seen: bool) -> bool:
        """Return whether it depends on an object's content if the caller may add it to the bucket of `within`.

        Args:
            seen: Whether they must see it afterwards.
        """
        return not self.context.can_bypass_rls and self._rules.speak_of_content(seen=seen)

    @cached_property
    def _rules(self) -> CallerRules:
        """The caller's rules."""
        place = None if self._bucket is None else Place(self._bucket.id, self._bucket.name)
        return CallerRules(self._state.rules, Facts(self.context, self._state.moment_us), place)

    def _predicate(self, table: Table, command: Command) -> ColumnElement[bool]:
        """Return the caller's predicate over a protected table."""
        if table is storage_buckets:
            return self._rules.existing(command, columns_of(table, None))
        if self._bucket is None:
            return self._rules.existing(command, columns_of(table, None), table.c.bucket_id)
        condition = self._rules.existing(command, columns_of(table, self._bucket.name))
        return and_(table.c.bucket_id == self._bucket.id, condition)

    def _guarded(self, statement: Statement) -> Statement:
        """Return `statement` with the row rules of every protected table that it names at its top."""
        if self.context.can_bypass_rls:
            return statement
        if isinstance(statement, Select):
            return self._restricted(statement, Command.SELECT, tables_read(statement))
        if isinstance(statement, Update):
            return self._restricted(statement, Command.UPDATE, protected_tables(statement.table))
        if isinstance(statement, Delete):
            return self._restricted(statement, Command.DELETE, protected_tables(statement.table))
        return statement

    def _restricted(self, statement: _Filtered, command: Command, tables: Sequence[Table]) -> _Filtered:
        """Return `statement` with one WHERE clause more for each protected table."""
        for table in tables:
            predicate = self.rule(table, command)
            if predicate is not None:
                statement = statement.where(predicate)
        return statement


class Executor:
    """Opens transactions over one database."""

    def __init__(self, engine: Engine, permissions: PermissionChecker) -> None:
        self._engine = engine
        self._permissions = permissions
        self._write_lock = threading.Lock()
        self._watch_lock = threading.Lock()
        self._watch: PoolProxiedConnection | None = None
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
            DatabaseFault: The database failed, or the executor is closed.
        """
        with translated(self._where), self._opened() as connection, connection.begin():
            yield Transaction(connection, _State(connection, self._permissions), context)

    @contextmanager
    def transaction(self, context: RlsContext, patience_s: float | None = None) -> Iterator[Transaction]:
        """Open a writing transaction, alone among all threads and processes; commits at the end of the block.

        An exception inside the block rolls everything back.

        Args:
            context: Who asks.
            patience_s: How long to wait for other processes; `limits.BUSY_TIMEOUT_S` by default.

        Raises:
            DatabaseLocked: Another process did not let go in time.
            DatabaseFault: The database failed, or the executor is closed: then the staged bytes of a late commit may
                be gone already.
            CommitInDoubt: The commit failed, and may be found done by the next start.
        """
        with self._write_lock, translated(self._where), self._opened() as plain:
            connection = plain.execution_options(**{WRITE_OPTION: True})
            try:
                with _waiting(connection, patience_s), connection.begin():
                    yield Transaction(connection, _State(connection, self._permissions), context)
            except OperationalError as error:
                if may_return(error):
                    self._overwrite_failed_commit(connection, error)
                raise

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

        Asked before every object that the server sends, so it goes straight to the driver: 5 µs instead of 70.

        Source: SQLite's PRAGMA data_version, which compares only on one and the same connection.
        """
        with self._watch_lock, translated(self._where):
            self._check_open()
            if self._watch is None:
                self._watch = self._engine.raw_connection()
            cursor = self._watch.cursor()
            cursor.execute("PRAGMA data_version")
            (version,) = cursor.fetchone() or (0,)
            return int(version)

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
