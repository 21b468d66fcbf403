"""What any text must come to: a policy or a reason, quickly, and no SQL but the compiler's own.

The SQL that a policy is compiled to is read twice: as text, which may hold only words that the compiler knows, and by
SQLite's authorizer, which is told what a statement would do before it does it.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool

from engine.context import RlsContext
from engine.errors import InvalidPolicy
from engine.metadata.tables import metadata, storage_buckets, storage_objects
from engine.permissions.language import (
    CreatePolicy,
    Expression,
    describe,
    highlight,
    install_functions,
    parse,
    parts,
    predicate,
    simplified,
    split_bucket,
    statements,
    to_sql,
)
from engine.permissions.rows import Facts, PolicyTable
from tests.engine.policies.ours import from_table, stored_columns

CPU_S_MAX = 1.0
"""How long one call may take: time of the processor, since others may want it too."""

LINEAR_CHARS = 20_000
"""A text may take that long again for each so many characters: colours are given to texts that no policy could be."""

_WORDS = """
and as between bigint binary blob boolean case cast concat else end escape exists false from glob in is join like not
null on or select text then true value varchar when where
"""
_FUNCTIONS = """
abs char coalesce concat hex iif instr json json_array json_array_length json_each json_extract json_object json_quote
json_remove json_type length lower ltrim max min nullif printf replace rtrim strftime substr trim typeof unixepoch upper
"""
_NAMES = """
anon_1 anon_2 bucket_id buckets candidates id key storage_buckets storage_objects
"""
_TABLES = frozenset({"storage_objects", "storage_buckets", "json_each", ""})
_ALLOWED_WORDS = frozenset(f"{_WORDS} {_FUNCTIONS} {_NAMES}".split()) | {
    column.name for table in (storage_objects, storage_buckets) for column in table.c
}
_SQL_TOKEN = re.compile(r"\s+|[A-Za-z_][A-Za-z0-9_]*|\?|[().,]|->>|->|\|\||<>|!=|<=|>=|[<>=+\-*/%]|\b[01]\b")
_ALLOWED_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION})


class Survivor:
    """Gives texts to the language and looks at what comes of them.

    Attributes:
        counts: How many texts came to what.
        slowest: The longest time of a call, in seconds of the processor, and what it was given.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.slowest = (0.0, "")
        self._allowed_s = CPU_S_MAX
        self._seen: list[tuple[int, str | None, str | None]] = []
        self._engine = sa.create_engine("sqlite://", poolclass=StaticPool)
        sa.event.listen(self._engine, "connect", self._connected)
        metadata.create_all(self._engine, [storage_buckets, storage_objects])
        caller = RlsContext(user_id="7c9e6679-7425-40de-944b-e07fc1f90ae7", role="authenticated")
        self._facts = Facts(caller, 0)

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    def survive(self, text: str) -> None:
        """Look at what a text comes to.

        Raises:
            AssertionError: It crashed the language, took too long, or came to other SQL than the compiler's.
        """
        self.counts["texts"] += 1
        self._allowed_s = CPU_S_MAX * (1 + len(text) / LINEAR_CHARS)
        try:
            self._survive(text)
        except Exception as error:
            error.add_note(f"given {text[:2000]!r}")
            raise

    def _survive(self, text: str) -> None:
        tokens = self._timed(highlight, text)
        assert _stand_in_order(tokens, len(text)), f"colours beside the text: {text!r}"
        read = self._timed_or_reason(statements, text)
        for statement in read or ():
            self.counts["statements"] += 1
            if isinstance(statement, CreatePolicy):
                self._policy(statement)
        for table in PolicyTable:
            expression = self._timed_or_reason(parse, text, table)
            if expression is not None:
                self.counts["expressions"] += 1
                self._expression(expression)

    def _timed(self, call: Callable[..., Any], *arguments: Any) -> Any:
        began = time.process_time()
        try:
            result = call(*arguments)
        finally:
            took = time.process_time() - began
            self.slowest = max(self.slowest, (took, f"{call.__name__}({arguments[0]!r})"[:200]))
        assert took < self._allowed_s, f"{took:.1f} s for {self.slowest[1]}"
        return result

    def _timed_or_reason(self, call: Callable[..., Any], text: str, *more: Any) -> Any:
        """Return what a call says, or None where it refuses; then the reason has a place in the text."""
        try:
            return self._timed(call, text, *more)
        except InvalidPolicy as error:
            refusal = error
        self.counts["refusals"] += 1
        start, end = refusal.start, refusal.start + refusal.length
        assert str(refusal), f"no reason: {text!r}"
        assert 0 <= start <= end <= len(text), f"a place beside the text: {text!r}"
        assert refusal.line == text.count("\n", 0, start) + 1
        assert refusal.column == start - text.rfind("\n", 0, start)
        return None

    def _policy(self, statement: CreatePolicy) -> None:
        """Look at a policy: what is written of it is read as the same, and it has a sentence."""
        written = self._timed(to_sql, statement.spec, None)
        (again,) = self._timed(statements, written)
        assert isinstance(again, CreatePolicy)
        assert self._timed(to_sql, again.spec, None) == written
        assert self._timed(describe, statement.spec, None)

    def _expression(self, expression: Expression) -> None:
        """Look at an expression: it is written as it is read, has its parts, and compiles to the compiler's own SQL."""
        again = self._timed(parse, expression.sql, expression.table)
        assert again.sql == expression.sql, f"read otherwise than written: {expression.text!r}"
        for part in self._timed(parts, expression):
            assert expression.text[part.start : part.start + part.length] == part.text
        self._compiled(expression)
        if expression.table is PolicyTable.OBJECTS:
            split = split_bucket(expression)
            rest = split[1] if split else expression
            known = self._timed(simplified, rest, self._facts, "cats") if rest else None
            if isinstance(known, Expression):
                self._compiled(known)

    def _compiled(self, expression: Expression) -> None:
        condition = self._timed(predicate, expression, stored_columns(expression.table), self._facts)
        query = from_table(expression.table).where(condition)
        sql = str(self._timed(query.compile, None, sqlite.dialect()))
        assert _is_the_compilers_own(sql), f"{expression.text!r} became {sql}"
        self._prepare(query, expression)

    def _prepare(self, query: sa.Select[Any], expression: Expression) -> None:
        """Have SQLite read a statement without running it, and look at what it would do."""
        self._seen.clear()
        with self._engine.connect() as connection:
            compiled = query.compile(dialect=sqlite.dialect())
            parameters = tuple(compiled.params[name] for name in compiled.positiontup or ())
            connection.exec_driver_sql(f"EXPLAIN {compiled}", parameters).close()
        for action, first, second in self._seen:
            assert action in _ALLOWED_ACTIONS, f"{expression.text!r} does {action} with {first}"
            if action == sqlite3.SQLITE_READ:
                assert first in _TABLES, f"{expression.text!r} reads {first}"
            if action == sqlite3.SQLITE_FUNCTION:
                assert _is_known_function(str(second)), f"{expression.text!r} calls {second}"
        self.counts["statements of SQL"] += 1

    def _connected(self, connection: sqlite3.Connection, _: object) -> None:
        install_functions(connection)
        connection.execute("select * from json_each('[]')").close()  # Makes the table, which is a change of the schema.

        def authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
            self._seen.append((action, first, second))
            return sqlite3.SQLITE_OK

        connection.set_authorizer(authorize)


def _stand_in_order(tokens: Any, length: int) -> bool:
    """Return whether tokens follow each other within a text."""
    ends = [0, *(token.start + token.length for token in tokens)]
    starts = [*(token.start for token in tokens), length]
    return all(end <= start for end, start in zip(ends, starts, strict=True)) and all(t.length > 0 for t in tokens)


def _is_known_function(name: str) -> bool:
    return name.startswith("policy_") or name.lower() in _FUNCTIONS.split() or name in ("->", "->>", "glob", "like")


def _is_the_compilers_own(sql: str) -> bool:
    """Return whether a statement is made of nothing but what the compiler writes: no literal is among it."""
    at = 0
    while at < len(sql):
        match = _SQL_TOKEN.match(sql, at)
        if match is None:
            return False
        word = match.group()
        if (word[0].isalpha() or word[0] == "_") and not (word.lower() in _ALLOWED_WORDS or word.startswith("policy_")):
            return False
        at = match.end()
    return True
