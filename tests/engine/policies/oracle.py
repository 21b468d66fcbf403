"""PostgreSQL as the oracle: a database like a Supabase project's with the tests' rows, and what it says to policies."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.policies.postgres import Postgres, quoted
from tests.engine.policies.rows import BucketRow, ObjectRow, metadata

DENIED = "42501"
"""What PostgreSQL says to a row that no policy lets be written."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        label: What reports call them.
        role: Database role; also the claim of that name.
        claims: The other claims.
        operation: What they do.
    """

    label: str
    role: str
    claims: Mapping[str, Any]
    operation: str

    def for_postgres(self) -> dict[str, Any]:
        """Return what `asked.answers` takes."""
        return {"role": self.role, "claims": json.dumps(dict(self.claims)), "operation": self.operation}


@dataclass(frozen=True, slots=True)
class Case:
    """Policies, and what is asked under them.

    Attributes:
        policies: CREATE POLICY statements.
        questions: As `ask.sql` describes them.
    """

    policies: Sequence[str]
    questions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What PostgreSQL says to a case.

    Attributes:
        refused: Its SQLSTATE and message, where it takes a policy for none.
        answers: Those of each caller.
    """

    refused: tuple[str, str] | None
    answers: Sequence[Sequence[Any]] = ()


class Oracle:
    """Asks PostgreSQL.

    Attributes:
        callers: Who asks each question.
    """

    def __init__(self, postgres: Postgres, callers: Sequence[Caller]) -> None:
        self._postgres = postgres
        self.callers = callers

    def prepare(self, objects: Iterable[ObjectRow], buckets: Iterable[BucketRow]) -> None:
        """Make the schema, the functions that ask, and the rows."""
        here = Path(__file__).parent
        script = [(here / name).read_text("utf-8") for name in ("supabase.sql", "ask.sql")]
        objects, buckets = list(objects), list(buckets)
        for schema, is_new in (("storage", False), ("asked", True)):
            script.append(_inserted(f"{schema}.objects", [_object(row, is_new=is_new) for row in objects]))
            script.append(_inserted(f"{schema}.buckets", [_bucket(row) for row in buckets]))
        script.append("insert into asked.numbers select 'objects', n from storage.objects;")
        script.append("insert into asked.numbers select 'buckets', n from storage.buckets;")
        script.append("analyze;")
        self._postgres.run("\n".join(script))

    def ask(self, cases: Sequence[Case]) -> tuple[int, list[Outcome]]:
        """Try cases, all in one transaction that is taken back.

        Args:
            cases: Any number; some hundred are quick.

        Returns:
            The moment that `now()` was, microseconds since 1970, and the outcome of each case.
        """
        callers = [caller.for_postgres() for caller in self.callers]
        documents = [
            {"policies": list(case.policies), "questions": list(case.questions), "callers": callers} for case in cases
        ]
        calls = [f"select asked.case_of({quoted(json.dumps(document))});" for document in documents]
        moment = "select (extract(epoch from now()) * 1000000)::bigint;"
        lines = self._postgres.run("\n".join(["begin;", moment, *calls, "rollback;"]))
        return int(lines[0]), [_outcome(json.loads(line)) for line in lines[1:]]


def _outcome(document: dict[str, Any]) -> Outcome:
    if "refused" in document:
        return Outcome((document["refused"], document["message"]))
    return Outcome(None, document["answers"])


def owner_of(owner_id: str | None) -> str | None:
    """Return what `owner` is of an `owner_id`: the same where it is a UUID in its usual form, else None."""
    try:
        return owner_id if owner_id is not None and owner_id == str(uuid.UUID(owner_id)) else None
    except ValueError:
        return None


def _object(row: ObjectRow, *, is_new: bool) -> dict[str, Any]:
    return {
        "n": row.n,
        "id": row.id,
        "bucket_id": row.bucket,
        "name": row.name,
        "owner": owner_of(row.owner_id),
        "owner_id": row.owner_id,
        "size": row.size_bytes,
        "metadata": json.dumps(metadata(row, is_new=is_new)),
        "user_metadata": row.user_metadata,
        "version": row.version,
        "created_at": row.created_us,
        "updated_at": row.updated_us,
        "last_accessed_at": row.updated_us,
    }


def _bucket(row: BucketRow) -> dict[str, Any]:
    return {
        "n": row.n,
        "id": row.name,
        "name": row.name,
        "owner": owner_of(row.owner_id),
        "owner_id": row.owner_id,
        "public": row.public,
        "file_size_limit": row.file_size_limit,
        "allowed_mime_types": list(row.allowed_mime_types) or None,
        "created_at": row.created_us,
        "updated_at": row.updated_us,
    }


_KINDS = {
    "n": "integer",
    "size": "bigint",
    "file_size_limit": "bigint",
    "public": "boolean",
    "owner": "uuid",
    "metadata": "jsonb",
    "user_metadata": "jsonb",
}


def _inserted(table: str, rows: list[dict[str, Any]]) -> str:
    """Return the statement that adds rows; documents travel as text, so that PostgreSQL alone reads them."""
    values = ", ".join(_value(table, name) for name in rows[0])
    return (
        f"insert into {table} ({', '.join(rows[0])}) select {values} "
        f"from jsonb_array_elements({quoted(json.dumps(rows))}::jsonb) as item;"
    )


def _value(table: str, name: str) -> str:
    """Return the expression that takes a column's value out of `item`."""
    field = f"(item ->> '{name}')"
    if name.endswith("_at"):
        return f"timestamptz 'epoch' + {field}::bigint * interval '1 microsecond'"
    if name == "allowed_mime_types":
        return f"(select array_agg(value) from jsonb_array_elements_text(nullif(item -> '{name}', 'null')) as value)"
    if name == "id" and table.endswith("objects"):
        return f"{field}::uuid"
    return f"{field}::{_KINDS.get(name, 'text')}"
