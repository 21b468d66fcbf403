"""`Transaction`: statements of one caller that commit or fail together, each under the caller's row rules.

Rules are those of the state that the transaction sees. Use cases say which bucket they are about (`within`): rules that
are folded for one bucket can be looked up in an index, and let no row of another one through. What the audit and those
who listen are to know of a change is noted here as well.

Threads: one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Delete,
    Dialect,
    Executable,
    Row,
    Select,
    Table,
    Update,
    and_,
    insert,
)

from engine.acts import paths_told
from engine.metadata.change_log import ChangeLog
from engine.metadata.commits import driver_of
from engine.metadata.patience import watch
from engine.metadata.protected import protected_tables, tables_read
from engine.metadata.tables import storage_buckets
from engine.metadata.transaction_state import State
from engine.permissions.clauses import CallerRules, Place
from engine.permissions.columns import columns_of
from engine.permissions.rows import Facts, PolicyTable, RowColumns
from engine.permissions.rules import Command, Rule
from engine.types import Bucket, RlsContext

Statement = Executable
AnyRow = Row[*tuple[Any, ...]]
Rows = Sequence[AnyRow]
Result = CursorResult[*tuple[Any, ...]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_INSERTS_REMEMBERED: Final = 16
"""Rows go into one table this way, and a process has few databases open."""

_Filtered = TypeVar("_Filtered", Select[Any], Update, Delete)


@dataclass(slots=True)
class Notes:
    """What is to be known of a transaction.

    Attributes:
        detail: To the audit, as JSON can hold it.
        nothing: Whether nothing was changed after all.
        changes: To those who listen.
    """

    detail: dict[str, Any] = field(default_factory=dict)
    nothing: bool = False
    changes: ChangeLog = field(default_factory=ChangeLog)


class Transaction:
    """Statements of one caller that commit or fail together."""

    def __init__(
        self,
        connection: Connection,
        state: State,
        context: RlsContext,
        bucket: Bucket | Place | None = None,
        notes: Notes | None = None,
    ) -> None:
        self._connection = connection
        self._state = state
        self._bucket = bucket
        self._predicates: dict[tuple[Table, Command], ColumnElement[bool]] = {}
        self._of_caller: CallerRules | None = None
        self.context = context
        self.notes = notes or Notes()

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

    def look_up(self, statement: Select[Any], parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the only row of a query that is made once and run often, as `tuples` does, at a fifth of the cost.

        Args:
            statement: The very same object each time.
            parameters: Texts and numbers, always of the same names.
        """
        tables = () if self.context.can_bypass_rls else tables_read(statement)
        rules = tuple(rule for table in tables if (rule := self.rule(table)) is not None)
        known = self._state.prepared.get(self._connection.dialect, statement, rules, parameters)
        if known is None:
            rows = self.tuples(statement, parameters)
        else:
            rows = driver_of(self._connection).execute(known.text, known.values(parameters)).fetchall()
        return rows[0] if rows else None

    def insert_rows(self, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert many rows at a third of the cost of a statement with as many parameter sets.

        The caller has checked that they may be inserted; values are as the driver takes them (JSON as text).

        Args:
            table: Where to.
            columns: Names, in the order of the values.
            rows: One tuple a row.
        """
        self._run_many(_insert(table, tuple(columns), self._connection.dialect), columns, rows)

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

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is SQLite, whose rows have numbers."""
        return self._connection.dialect.name == "sqlite"

    def last_journal_id(self) -> int | None:
        """Return the highest id that `storage_journal` ever gave out (0: none yet), or None where it is not kept."""
        if not self.on_sqlite:
            return None
        statement = "SELECT seq FROM sqlite_sequence WHERE name = 'storage_journal'"
        return int(self._connection.exec_driver_sql(statement).scalar() or 0)

    def as_caller(self, context: RlsContext) -> Transaction:
        """Return the same transaction for another caller, such as the engine itself."""
        return Transaction(self._connection, self._state, context, self._bucket, self.notes)

    def note(self, **detail: Any) -> None:
        """Say what the audit is to know of this change beside what the caller said."""
        self.notes.detail.update(detail)

    def note_objects(self, paths: Sequence[str], **detail: Any) -> None:
        """Say which objects this change is about; none: the audit is to know nothing of it.

        Args:
            paths: Of all of them.
            detail: As `note`.
        """
        self.notes.nothing = not paths
        if len(paths) != 1 or self.context.act is None or self.context.act.path != paths[0]:
            self.note(**paths_told(paths))
        self.note(**detail)

    @property
    def changes(self) -> ChangeLog:
        """What this transaction changes, for those who listen; whoever changes buckets or objects says so here."""
        return self.notes.changes

    @property
    def changed_nothing(self) -> bool:
        """Whether it was said that this change is none."""
        return self.notes.nothing

    def run_text(
        self, text: str, parameters: tuple[Any, ...] | list[tuple[Any, ...]] = ()
    ) -> Sequence[tuple[Any, ...]]:
        """Run a statement with the driver itself, at a tenth of the cost; over tables without row rules.

        Args:
            text: SQL, with `?` for each parameter.
            parameters: Their values, or a list of such for a bulk statement.

        Returns:
            The rows, as the driver gives them.
        """
        driver = driver_of(self._connection)
        if isinstance(parameters, list):
            driver.executemany(text, parameters)
            return ()
        return driver.execute(text, parameters).fetchall()

    def plan(self, statement: Select[Any]) -> str:
        """Return how SQLite would find the rows of a query, in its words; row rules are in it if the caller put them.

        Args:
            statement: With all values in it.
        """
        compiled = statement.compile(dialect=self._connection.dialect, compile_kwargs={"render_postcompile": True})
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        steps = driver_of(self._connection).execute(f"EXPLAIN QUERY PLAN {compiled}", values)
        return "\n".join(str(step[3]) for step in steps)

    @contextmanager
    def seen_through(self, others: Callable[[], bool] | None = None) -> Iterator[None]:
        """Run statements to their end although the caller may cancel: what they make is of use to others as well.

        Args:
            others: Whether any wait for it, where it is made for these alone; asked once the caller has cancelled.
        """
        if others is None:
            watch(self._connection, None)
        else:
            watch(self._connection, self._state.cancel, others)
        try:
            yield
        finally:
            watch(self._connection, self._state.cancel)

    def within(self, bucket: Bucket | Place) -> Transaction:
        """Return the same transaction for statements over the objects of one bucket, and no other's."""
        return Transaction(self._connection, self._state, self.context, bucket, self.notes)

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
            what = table, command, self._place
            known = self._predicates[table, command] = self._state.clauses.get(
                self.rules, self.context, what, lambda: self._predicate(table, command)
            )
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

    def sight(self, columns: RowColumns) -> ColumnElement[bool] | None:
        """Return the caller's predicate over rows as somebody describes them: would they see them? None for all.

        Args:
            columns: The rows, objects in the bucket that `within` named.
        """
        if self.context.can_bypass_rls:
            return None
        return self._rules.existing(Command.SELECT, columns)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Everybody's rules as this transaction sees them; the very same object as long as they are the same."""
        return self._state.rules

    @property
    def judges_contents(self) -> bool:
        """Whether anybody may see an object, or see it no more, because it gets another content."""
        return self._state.clauses.judge_contents(self.rules)

    def forget_rules(self) -> None:
        """Let go of what was made of the rules, which this transaction changes; it is made again where it is needed."""
        self._state.clauses.forget()

    def may_insert(self, table: PolicyTable = PolicyTable.OBJECTS) -> bool:
        """Return whether the caller could add any row at all: an object to the bucket that `within` named, a bucket."""
        return self.context.can_bypass_rls or self._rules.may_ever(Command.INSERT, table)

    def needs_content(self, *, seen: bool) -> bool:
        """Return whether it depends on an object's content if the caller may add it to the bucket of `within`.

        Args:
            seen: Whether they must see it afterwards.
        """
        return not self.context.can_bypass_rls and self._rules.speak_of_content(seen=seen)

    @property
    def _rules(self) -> CallerRules:
        """The caller's rules."""
        if self._of_caller is None:
            facts = Facts(self.context, self._state.moment_us)
            self._of_caller = CallerRules(self._state.rules, facts, self._place)
        return self._of_caller

    @property
    def _place(self) -> Place | None:
        """The bucket that `within` named."""
        return None if self._bucket is None else Place(self._bucket.id, self._bucket.name)

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


@lru_cache(_INSERTS_REMEMBERED)
def _insert(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Any:  # noqa: ANN401 - a compiled statement
    """Return an INSERT for the driver: to compile it anew was a tenth of what a small upload takes."""
    return insert(table).compile(dialect=dialect, column_keys=list(columns))
