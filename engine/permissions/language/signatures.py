"""What a policy may name: the columns of both tables, and the functions with their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.permissions.language.kinds import Kind
from engine.permissions.rows import PolicyTable

COLUMNS: Final = {
    PolicyTable.OBJECTS: {
        "id": Kind.UUID,
        "bucket_id": Kind.TEXT,
        "name": Kind.TEXT,
        "owner": Kind.UUID,
        "owner_id": Kind.TEXT,
        "size": Kind.INT8,
        "metadata": Kind.JSON,
        "user_metadata": Kind.JSON,
        "version": Kind.TEXT,
        "created_at": Kind.TIME,
        "updated_at": Kind.TIME,
        "last_accessed_at": Kind.TIME,
        "path_tokens": Kind.TEXTS,
    },
    PolicyTable.BUCKETS: {
        "id": Kind.TEXT,
        "name": Kind.TEXT,
        "owner": Kind.UUID,
        "owner_id": Kind.TEXT,
        "public": Kind.BOOLEAN,
        "file_size_limit": Kind.INT8,
        "allowed_mime_types": Kind.TEXTS,
        "created_at": Kind.TIME,
        "updated_at": Kind.TIME,
    },
}
"""The columns of each table with their types."""

FACTS: Final = {
    "auth.uid": Kind.UUID,
    "auth.role": Kind.TEXT,
    "auth.jwt": Kind.JSON,
    "auth.email": Kind.TEXT,
    "storage.operation": Kind.TEXT,
    "now": Kind.TIME,
}
"""Functions without arguments that are the same for every row."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A function.

    Attributes:
        result: Its type.
        arguments: Their types; None stands for any array.
        optional: How many of the last ones may be left out.
    """

    result: Kind
    arguments: tuple[Kind | None, ...]
    optional: int = 0


_TEXT = Kind.TEXT
_INT = Kind.INT4

FUNCTIONS: Final = {
    "lower": Signature(_TEXT, (_TEXT,)),
    "upper": Signature(_TEXT, (_TEXT,)),
    "length": Signature(_INT, (_TEXT,)),
    "substring": Signature(_TEXT, (_TEXT, _INT, _INT), 1),
    "split_part": Signature(_TEXT, (_TEXT, _TEXT, _INT)),
    "starts_with": Signature(Kind.BOOLEAN, (_TEXT, _TEXT)),
    "strpos": Signature(_INT, (_TEXT, _TEXT)),
    "left": Signature(_TEXT, (_TEXT, _INT)),
    "right": Signature(_TEXT, (_TEXT, _INT)),
    "array_length": Signature(_INT, (None, _INT)),
    "cardinality": Signature(_INT, (None,)),
    "storage.foldername": Signature(Kind.TEXTS, (_TEXT,)),
    "storage.filename": Signature(_TEXT, (_TEXT,)),
    "storage.extension": Signature(_TEXT, (_TEXT,)),
    "storage.allow_only_operation": Signature(Kind.BOOLEAN, (_TEXT,)),
    "storage.allow_any_operation": Signature(Kind.BOOLEAN, (Kind.TEXTS,)),
}
"""Functions with arguments of fixed types. `coalesce` and `nullif` have rules of their own."""

ALIASES: Final = {
    "substr": "substring",
    "char_length": "length",
    "character_length": "length",
    "pg_catalog.now": "now",
}
"""Other names of the same functions."""
