"""Asks SQLite, with our functions installed, what conditions come to for some awkward rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    select,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from engine.context import Operation, RlsContext
from engine.permissions.language import Expression, install_functions, parse, predicate
from engine.permissions.rows import BucketColumns, Facts, ObjectColumns, PolicyTable

USER = "0190a0a0-0000-7000-8000-000000000001"
OTHER = "abcdef00-0000-7000-8000-00000000000a"
CLAIMS = {
    "email": "a@b",
    "app_metadata": {"roles": ["admin"], "level": 3, "name": "Bob"},
    "aud": "x",
    "exp": 1_700_000_000,
}
FACTS = Facts(
    RlsContext(user_id=USER, role="authenticated", claims=CLAIMS).doing(Operation.OBJECT_GET), 1_700_000_000_000_000
)
NOBODY = Facts(RlsContext.anonymous(), 1_700_000_000_000_000)

_METADATA = MetaData()
_TEXTS = ("bucket_name", "path", "owner_id", "mime_type", "checksum", "cache_control", "version", "user_metadata")
_NUMBERS = ("size_bytes", "created_at", "updated_at")
OBJECTS = Table(
    "objects",
    _METADATA,
    Column("id", Text, primary_key=True),
    *(Column(name, Text) for name in _TEXTS),
    *(Column(name, BigInteger) for name in _NUMBERS),
)
BUCKETS = Table(
    "buckets",
    _METADATA,
    Column("name", Text, primary_key=True),
    Column("owner_id", Text),
    Column("public", Boolean),
    Column("file_size_limit", BigInteger),
    Column("allowed_mime_types", Text),
    Column("created_at", BigInteger),
    Column("updated_at", BigInteger),
)
COLUMNS = ObjectColumns(**{column.name: column for column in OBJECTS.c})
NEW_COLUMNS = ObjectColumns(**{column.name: column for column in OBJECTS.c}, is_new=True)
BUCKET_COLUMNS = BucketColumns(**{column.name: column for column in BUCKETS.c})


def _row(number: int, path: str, owner_id: str | None, size: int, user_metadata: Any, **others: str) -> dict[str, Any]:
    return {
        "id": f"0190a0a0-0000-7000-8000-00000000000{number}",
        "bucket_name": "x",
        "path": path,
        "owner_id": owner_id,
        "mime_type": "image/png",
        "checksum": "abc",
        "cache_control": "no-cache",
        "version": "v",
        "user_metadata": json.dumps(user_metadata),
        "size_bytes": size,
        "created_at": 10**15,
        "updated_at": 10**15 + 5_000,
    } | others


ROWS = (
    _row(1, "a/b/Cé.Jpg", USER, 10, {"a": {"b": "q"}, "n": 1.5, "t": True, "é": [1, "x"]}),
    _row(2, "x", None, 0, {}, mime_type="text/plain"),
    _row(
        3,
        "a//b/",
        "bob",
        2**33,
        {
            "a": [1, "a", None, {"z": 1, "yy": []}],
            "n": -12,
            "s": " 42 ",
            "f": False,
            "nul": None,
            "big": 123456789012345678901234567890,
        },
    ),
    _row(4, "ÄÖÜ/ß_%*[x]?.TAR.gz", OTHER, -5, {"a": 'b\n"q\\', "e": "é", "s": "yes", "x.y": "1"}),
    _row(5, "a%b/\\c\\/.hidden", "x", 7, {"a": {"a": {"a": 1e3}}, "s": "7", "d": 1.50}, version=""),
    _row(6, f"{USER}/pic.png", USER.upper(), 2**31, {"a": True}),
)
BUCKET_ROWS = (
    {"name": "open", "owner_id": USER, "public": True, "file_size_limit": None, "allowed_mime_types": "[]"},
    {"name": "shut", "owner_id": None, "public": False, "file_size_limit": 5, "allowed_mime_types": '["a/b", "c/d"]'},
)


def connect() -> Connection:
    """Return a connection to a database that holds the rows."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", lambda connection, _: install_functions(connection))
    _METADATA.create_all(engine)
    connection = engine.connect()
    connection.execute(OBJECTS.insert(), ROWS)
    connection.execute(BUCKETS.insert(), [each | {"created_at": 1, "updated_at": 2} for each in BUCKET_ROWS])
    return connection


class Asker:
    """Asks what conditions come to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def answer(self, expression: Expression, facts: Facts = FACTS) -> str:
        """Return `T`, `F`, `-` for NULL, or `E` where it fails, for each row."""
        opposite = parse(f"not ({expression.sql})", expression.table)
        conditions = [predicate(each, COLUMNS, facts) for each in (expression, opposite)]
        try:
            return self._told(conditions, range(len(ROWS)))
        except OperationalError:
            return "".join(self._alone(conditions, number) for number in range(len(ROWS)))

    def _alone(self, conditions: list[ColumnElement[bool]], number: int) -> str:
        try:
            return self._told(conditions, [number])
        except OperationalError:
            return "E"

    def _told(self, conditions: list[ColumnElement[bool]], numbers: Sequence[int]) -> str:
        ids = [ROWS[number]["id"] for number in numbers]
        yes, no = (
            set(self._connection.scalars(select(OBJECTS.c.id).where(condition, OBJECTS.c.id.in_(ids))))
            for condition in conditions
        )
        return "".join("T" if each in yes else "F" if each in no else "-" for each in ids)

    def answers(self, text: str, facts: Facts = FACTS) -> str:
        """Return the answers for all rows."""
        return self.answer(parse(text, PolicyTable.OBJECTS), facts)

    def new_rows(self, text: str) -> list[int]:
        """Return the numbers of the rows that a condition admits where they are about to be written."""
        condition = predicate(parse(text, PolicyTable.OBJECTS), NEW_COLUMNS, FACTS)
        found = set(self._connection.scalars(select(OBJECTS.c.id).where(condition)))
        return [number for number, row in enumerate(ROWS) if row["id"] in found]

    def buckets(self, text: str) -> list[str]:
        """Return the names of the buckets that a condition admits."""
        condition = predicate(parse(text, PolicyTable.BUCKETS), BUCKET_COLUMNS, FACTS)
        return list(self._connection.scalars(select(BUCKETS.c.name).where(condition).order_by(BUCKETS.c.name)))

    def value(self, expression: Expression, number: int) -> Any:
        """Return the value of a part of a condition for a row."""
        query = select(predicate(expression, COLUMNS, FACTS)).where(OBJECTS.c.id == ROWS[number]["id"])
        return self._connection.execute(query).scalar()
