"""The types that an expression may have, by the names that PostgreSQL gives them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The type of an expression. `UNKNOWN` is a quoted literal, or NULL, that nothing has given a type yet."""

    UNKNOWN = "unknown"
    TEXT = "text"
    INT4 = "integer"
    INT8 = "bigint"
    BOOLEAN = "boolean"
    UUID = "uuid"
    TIME = "timestamp with time zone"
    INTERVAL = "interval"
    JSON = "jsonb"
    TEXTS = "text[]"
    INT4S = "integer[]"
    INT8S = "bigint[]"
    UUIDS = "uuid[]"


INTEGERS: Final = frozenset({Kind.INT4, Kind.INT8})

ELEMENTS: Final = {
    Kind.TEXTS: Kind.TEXT,
    Kind.INT4S: Kind.INT4,
    Kind.INT8S: Kind.INT8,
    Kind.UUIDS: Kind.UUID,
}
"""What the arrays hold."""

ARRAYS: Final = {element: array for array, element in ELEMENTS.items()}
"""The array of each type that has one."""

ORDERED: Final = frozenset(
    {Kind.TEXT, Kind.INT4, Kind.INT8, Kind.BOOLEAN, Kind.UUID, Kind.TIME, Kind.INTERVAL},
)
"""Types whose values can be compared with each other here."""

NAMES: Final = {
    "text": Kind.TEXT,
    "varchar": Kind.TEXT,
    "int": Kind.INT4,
    "int4": Kind.INT4,
    "integer": Kind.INT4,
    "int8": Kind.INT8,
    "bigint": Kind.INT8,
    "bool": Kind.BOOLEAN,
    "boolean": Kind.BOOLEAN,
    "uuid": Kind.UUID,
    "timestamptz": Kind.TIME,
    "interval": Kind.INTERVAL,
    "jsonb": Kind.JSON,
}
"""How types are written, in one word."""

SHORT: Final = {Kind.INT4: "int", Kind.INT8: "int8", Kind.TIME: "timestamptz"} | {
    Kind.INT4S: "int[]",
    Kind.INT8S: "int8[]",
}
"""How the printer writes those whose full name is long."""

MAX_INT4: Final = 2**31 - 1
MAX_INT8: Final = 2**63 - 1


def written(kind: Kind) -> str:
    """Return the name that a cast to this type is written with."""
    return SHORT.get(kind, kind.value)


def fits(value: int, kind: Kind) -> bool:
    """Return whether an integer lies within the range of `INT4` or `INT8`."""
    top = MAX_INT4 if kind is Kind.INT4 else MAX_INT8
    return -top - 1 <= value <= top
