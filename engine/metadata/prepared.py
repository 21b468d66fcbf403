"""Queries that are asked again and again, ready for the driver: by way of SQLAlchemy they cost five times as much.

What is prepared is one query with one caller's rules in it. Rules that are made anew for each transaction, as those
that ask for the time, are never the same object twice: so a query is prepared when it comes a second time.

Threads: any.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler

_QUERIES_MAX: Final = 1024
_TEXT_MAX_CHARS: Final = 4 * 1024 * 1024
"""What all that is prepared may have together: a text is as long as the policies that are in it."""

Rules = tuple[ColumnElement[bool], ...]
_Key = tuple[int, ...]
_Parts = tuple[weakref.ref[Any], ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One query.

    Attributes:
        text: SQL, with `?` for each parameter.
        names: What each parameter is called.
        fixed: The values of those that are the same each time.
    """

    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]

    def values(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the values of one run, in order.

        Args:
            parameters: Those that are others each time, as the driver takes them.
        """
        known = {**self.fixed, **parameters}
        return tuple(known[name] for name in self.names)


class PreparedQueries:
    """Prepares queries, or finds them prepared.

    What they are made of is known by what object it is, as long as it is there; it is not kept for that.

    Args:
        text_max_chars: What all texts may have together; one may have an eighth of it.
    """

    def __init__(self, text_max_chars: int = _TEXT_MAX_CHARS) -> None:
        self._text_max_chars = text_max_chars
        self._lock = threading.Lock()
        self._chars = 0
        self._seen: dict[_Key, _Parts] = {}
        self._made: dict[_Key, tuple[Prepared | None, _Parts]] = {}

    def get(
        self, dialect: Dialect, statement: Select[Any], rules: Rules, parameters: Mapping[str, Any]
    ) -> Prepared | None:
        """Return a query for the driver, or None where it is to go the usual way.

        Args:
            dialect: Of the database.
            statement: The query, the very same object each time, with a `bindparam` for each of `parameters`.
            rules: What it is to be narrowed by.
            parameters: Those of this run.
        """
        parts = (statement, *rules)
        key = tuple(map(id, parts))
        found = self._made.get(key)
        if found is not None and _are(found[1], parts):
            return found[0]
        if not self._is_seen_again(key, parts):
            return None
        made = _prepared(statement.where(*rules), dialect, parameters)
        if made is not None and len(made.text) > self._text_max_chars // 8:
            made = None
        self._keep(key, made, parts)
        return made

    def _is_seen_again(self, key: _Key, parts: tuple[object, ...]) -> bool:
        with self._lock:
            known = self._seen.pop(key, None)
            if known is not None and _are(known, parts):
                return True
            if len(self._seen) >= _QUERIES_MAX:
                self._seen = {}
            self._seen[key] = tuple(map(weakref.ref, parts))
            return False

    def _keep(self, key: _Key, made: Prepared | None, parts: tuple[object, ...]) -> None:
        chars = 0 if made is None else len(made.text)
        with self._lock:
            if self._chars + chars > self._text_max_chars or len(self._made) >= _QUERIES_MAX:
                self._made, self._chars = {}, 0
            self._made[key] = made, tuple(map(weakref.ref, parts))
            self._chars += chars


def _are(known: _Parts, parts: tuple[object, ...]) -> bool:
    """Return whether what was known is still there: another object may have got its identity."""
    return all(one() is part for one, part in zip(known, parts, strict=True))


def _prepared(statement: Select[Any], dialect: Dialect, parameters: Mapping[str, Any]) -> Prepared | None:
    """Return a query for the driver; None where it has to be written anew for its values."""
    compiled: SQLCompiler = statement.compile(dialect=dialect)
    if compiled.post_compile_params:
        return None
    names, values = tuple(compiled.positiontup or ()), compiled.params
    fixed = {name: _as_driver_takes(compiled, name, values[name]) for name in names if name not in parameters}
    return Prepared(str(compiled), names, fixed)


def _as_driver_takes(compiled: SQLCompiler, name: str, value: object) -> object:
    """Return a value as SQLAlchemy would hand it to the driver."""
    process = compiled.binds[name].type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect)
    return value if process is None else process(value)
