"""Our side: the same rows in tables of ours, and what compiled policies select of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from engine.metadata.tables import metadata, storage_buckets, storage_objects
from engine.permissions.language import Expression, install_functions, predicate, simplified
from engine.permissions.rows import BucketColumns, Facts, ObjectColumns, PolicyTable, RowColumns
from tests.engine.policies.rows import CACHE_CONTROL, BucketRow, ObjectRow

Verdict = bool | str
"""Whether a row is let through, or what failed on it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller sees.

    Attributes:
        rows: Their numbers; None where the statement failed.
        error: What failed.
    """

    rows: frozenset[int] | None
    error: str = ""


class Ours:
    """Judges rows by compiled policies; lives in one thread.

    Attributes:
        bucket_names: Of all buckets.
    """

    def __init__(self, objects: Sequence[ObjectRow], buckets: Sequence[BucketRow]) -> None:
        self._engine = sa.create_engine("sqlite://", poolclass=StaticPool)
        sa.event.listen(self._engine, "connect", lambda connection, _: install_functions(connection))
        metadata.create_all(self._engine, [storage_buckets, storage_objects])
        self._connection = self._engine.connect()
        self._objects = {row.n: row for row in objects}
        self._buckets = {row.n: row for row in buckets}
        ids = {row.name: f"bucket-{row.n}" for row in buckets}
        self._insert(storage_buckets, [_bucket_values(row) for row in buckets])
        self._insert(storage_objects, [_object_values(row, ids[row.bucket]) for row in objects])
        self._new_columns = {table: _new_columns(table) for table in PolicyTable}
        self._numbers = {row.id: row.n for row in objects} | {f"bucket-{row.n}": row.n for row in buckets}
        self.bucket_names = tuple(row.name for row in buckets)

    def close(self) -> None:
        """Give the database back."""
        self._connection.close()
        self._engine.dispose()

    def numbers(self, table: PolicyTable) -> frozenset[int]:
        """Return the numbers of a table's rows."""
        return frozenset(self._buckets if table is PolicyTable.BUCKETS else self._objects)

    def numbers_in(self, bucket: str) -> frozenset[int]:
        """Return the numbers of a bucket's objects."""
        return frozenset(row.n for row in self._objects.values() if row.bucket == bucket)

    def seen(self, expression: Expression, facts: Facts, table: PolicyTable) -> Seen:
        """Return what a caller sees under a policy.

        Args:
            expression: Its condition.
            facts: Who asks, and when.
            table: What it is about.
        """
        condition = predicate(expression, stored_columns(table), facts)
        return self._selected(from_table(table).where(condition))

    def seen_in_bucket(self, expression: Expression, facts: Facts, bucket: str) -> Seen:
        """Return the same for the objects of one bucket, with all that is known beforehand worked out."""
        known = simplified(expression, facts, bucket)
        columns = stored_columns(PolicyTable.OBJECTS)
        if isinstance(known, Expression):
            condition: sa.ColumnElement[bool] = predicate(known, columns, facts)
        else:
            condition = sa.true() if known else sa.false()
        return self._selected(from_table(PolicyTable.OBJECTS).where(storage_buckets.c.name == bucket, condition))

    def may_write(
        self, expression: Expression, facts: Facts, table: PolicyTable, numbers: Iterable[int]
    ) -> dict[int, Verdict]:
        """Return for each of some rows whether a policy lets it be written; its columns are parameters then."""
        new = _new_object if table is PolicyTable.OBJECTS else _new_bucket
        rows = self._objects if table is PolicyTable.OBJECTS else self._buckets
        candidates = {n: new(rows[n]) for n in numbers}
        statement = sa.select(_candidate("n", sa.Integer)).where(predicate(expression, self._new_columns[table], facts))
        try:
            written = self._written(statement, list(candidates.values()))
        except DBAPIError:
            return {n: self._written_alone(statement, n, values) for n, values in candidates.items()}
        return {n: n in written for n in candidates}

    def _written(self, statement: sa.Select[tuple[int]], candidates: list[dict[str, object]]) -> set[int]:
        return set(self._connection.execute(statement, {"candidates": json.dumps(candidates)}).scalars())

    def _written_alone(self, statement: sa.Select[tuple[int]], n: int, values: dict[str, object]) -> Verdict:
        try:
            return n in self._written(statement, [values])
        except DBAPIError as error:
            return str(error.orig)

    def _insert(self, table: sa.Table, rows: list[dict[str, object]]) -> None:
        """Add rows past the types of the columns: documents are stored exactly as they are written."""
        names = list(rows[0])
        values = ", ".join(f":{name}" for name in names)
        self._connection.exec_driver_sql(f"insert into {table.name} ({', '.join(names)}) values ({values})", rows)

    def _selected(self, statement: sa.Select[tuple[str]]) -> Seen:
        try:
            return Seen(frozenset(self._numbers[id_] for (id_,) in self._connection.execute(statement)))
        except DBAPIError as error:
            return Seen(None, str(error.orig))


def from_table(table: PolicyTable) -> sa.Select[tuple[str]]:
    """Return what selects the ids of a table's rows; objects come with their buckets."""
    if table is PolicyTable.BUCKETS:
        return sa.select(storage_buckets.c.id)
    joined = storage_objects.join(storage_buckets, storage_buckets.c.id == storage_objects.c.bucket_id)
    return sa.select(storage_objects.c.id).select_from(joined)


def stored_columns(table: PolicyTable) -> RowColumns:
    """Return the columns of the rows that a table has."""
    if table is PolicyTable.BUCKETS:
        names = storage_buckets.c
        return BucketColumns(
            names.name,
            names.owner_id,
            names.public,
            names.file_size_limit,
            sa.type_coerce(names.allowed_mime_types, sa.Text),
            names.created_at,
            names.updated_at,
        )
    names = storage_objects.c
    return ObjectColumns(
        id=names.id,
        bucket_name=storage_buckets.c.name,
        path=names.parent + names.leaf,
        owner_id=names.owner_id,
        size_bytes=names.size_bytes,
        mime_type=names.mime_type,
        checksum=names.checksum,
        cache_control=names.cache_control,
        version=names.version,
        user_metadata=sa.type_coerce(names.user_metadata, sa.Text),
        created_at=names.created_at,
        updated_at=names.updated_at,
    )


_CANDIDATES = sa.func.json_each(sa.bindparam("candidates", type_=sa.Text)).table_valued("value", name="candidates")
"""Rows that are about to be written are no table's: one JSON array, whose values have no affinity."""


def _candidate(name: str, kind: type[sa.types.TypeEngine[Any]]) -> sa.ColumnElement[Any]:
    return sa.func.json_extract(_CANDIDATES.c.value, f"$.{name}", type_=kind)


def _new_columns(table: PolicyTable) -> RowColumns:
    text, number = (lambda name: _candidate(name, sa.Text)), (lambda name: _candidate(name, sa.BigInteger))
    if table is PolicyTable.BUCKETS:
        return BucketColumns(
            name=text("name"),
            owner_id=text("owner_id"),
            public=_candidate("public", sa.Boolean),
            file_size_limit=number("file_size_limit"),
            allowed_mime_types=text("allowed_mime_types"),
            created_at=number("created_at"),
            updated_at=number("updated_at"),
        )
    return ObjectColumns(
        id=text("id"),
        bucket_name=text("bucket"),
        path=text("path"),
        owner_id=text("owner_id"),
        size_bytes=number("size_bytes"),
        mime_type=text("mime_type"),
        checksum=text("checksum"),
        cache_control=text("cache_control"),
        version=text("version"),
        user_metadata=text("user_metadata"),
        created_at=number("created_at"),
        updated_at=number("updated_at"),
        is_new=True,
    )


def _new_object(row: ObjectRow) -> dict[str, object]:
    return {**_object_values(row, ""), "n": row.n, "bucket": row.bucket, "path": row.name}


def _new_bucket(row: BucketRow) -> dict[str, object]:
    return {**_bucket_values(row), "n": row.n}


def _bucket_values(row: BucketRow) -> dict[str, object]:
    return {
        "id": f"bucket-{row.n}",
        "name": row.name,
        "owner_id": row.owner_id,
        "public": row.public,
        "file_size_limit": row.file_size_limit,
        "allowed_mime_types": json.dumps(row.allowed_mime_types),
        "created_at": row.created_us,
        "updated_at": row.updated_us,
    }


def _object_values(row: ObjectRow, bucket_id: str) -> dict[str, object]:
    parent, slash, leaf = row.name.rpartition("/")
    return {
        "id": row.id,
        "bucket_id": bucket_id,
        "parent": parent + slash,
        "leaf": leaf,
        "owner_id": row.owner_id,
        "size_bytes": row.size_bytes,
        "mime_type": row.mime_type,
        "checksum": row.checksum,
        "cache_control": CACHE_CONTROL,
        "user_metadata": row.user_metadata,
        "version": row.version,
        "physical_path": f"p{row.n}",
        "created_at": row.created_us,
        "updated_at": row.updated_us,
    }
