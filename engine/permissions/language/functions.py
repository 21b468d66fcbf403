"""The functions that a policy's SQL calls where SQLite has none, or where an input is rare: registered on connections.

All are strict unless said otherwise: with NULL among the arguments they give NULL. What PostgreSQL raises is raised,
and ends the statement. None is declared deterministic where it can raise: SQLite would compute it before it is needed.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from engine.permissions.language import json_values, kernels
from engine.permissions.language.kinds import MAX_INT4, MAX_INT8

if TYPE_CHECKING:
    import sqlite3

PREFIX: Final = "policy_"
"""How their names begin."""

COMPARERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""What the comparison operators do to values that are not NULL."""


def order_key(value: str | int) -> bytes | int:
    """Return what values are compared by: texts byte by byte."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def quantified(comparison: str, every: bool, left: Any, elements: list[Any]) -> bool | None:  # noqa: ANN401 - SQL's
    """Return `left op ANY (elements)`, or ALL, with three truth values; elements and left may be None."""
    unknown = False
    for each in elements:
        if left is None or each is None:
            unknown = True
        elif COMPARERS[comparison](order_key(left), order_key(each)) is not every:
            return not every
    return None if unknown else every


def fail(message: str) -> None:
    """Raise what PostgreSQL would.

    Raises:
        ValueError: Always.
    """
    raise ValueError(message)


def arithmetic(sign: str, left: int, right: int, top: int) -> int:
    """Return the result of integer arithmetic.

    Args:
        sign: `+`, `-`, `*`, `/` or `%`.
        left: Before it.
        right: Behind it.
        top: The largest integer of the result's type.

    Raises:
        ValueError: It is too large, or a division by zero.
    """
    if sign in "/%" and right == 0:
        raise ValueError("division by zero")
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1) if sign in "/%" else 0
    result = {
        "+": left + right,
        "-": left - right,
        "*": left * right,
        "/": quotient,
        "%": left - quotient * right,
    }[sign]
    return in_range(result, top)


def in_range(value: int, top: int) -> int:
    """Return an integer that its type holds.

    Raises:
        ValueError: It does not.
    """
    if not -top - 1 <= value <= top:
        raise ValueError("integer out of range" if top == MAX_INT4 else "bigint out of range")
    return value


def json_get(document: str, key: str | int, as_text: bool | int) -> str | None:
    """Return what a key leads to: as text, or as a document."""
    return _json_result(json_values.member(json_values.parsed(document), key), as_text)


def json_path(document: str, path: str, as_text: bool | int) -> str | None:
    """Return what a path (an array of keys) leads to: as text, or as a document."""
    steps = json.loads(path)
    if None in steps:
        return None
    return _json_result(json_values.at_path(json_values.parsed(document), steps), as_text)


def _json_result(found: Any, as_text: bool | int) -> str | None:  # noqa: ANN401 - any JSON value
    """Return a value that was found, or None for nothing."""
    if as_text:
        return json_values.as_text(found)
    return None if found is json_values.MISSING else json_values.written(found)


def json_has(document: str, key: str) -> bool:
    """Return whether a document has a key."""
    return json_values.has(json_values.parsed(document), key)


def json_integer(document: str, top: int) -> int:
    """Return a document as an integer."""
    name = "integer" if top == MAX_INT4 else "bigint"
    return json_values.number_of(json_values.parsed(document), top, name)


def json_boolean(document: str) -> bool:
    """Return a document as a truth value."""
    return json_values.truth_of(json_values.parsed(document))


def array_text(values: list[Any]) -> str:
    """Return an array as the database keeps it here: JSON without blanks."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def folders(path: str) -> str | None:
    """Return the folders of a path as an array."""
    found = kernels.foldername(path)
    return None if found is None else array_text(found)


def element(array: str, index: int) -> str | int | None:
    """Return an element of an array, from 1; None beyond its ends."""
    values: list[str | int | None] = json.loads(array)
    return values[index - 1] if 1 <= index <= len(values) else None


def bare_operation(name: str) -> str:
    """Return an operation without the `storage.` that may stand before it."""
    return name.removeprefix("storage.")


def allows_only(expected: str | None, present: str | None) -> bool:
    """Return what `storage.allow_only_operation` says; both may be None."""
    wanted = bare_operation(expected or "")
    return bool(wanted) and present is not None and bare_operation(present) == wanted


def allows_any(expected: list[str | None] | None, present: str | None) -> bool:
    """Return what `storage.allow_any_operation` says; all may be None."""
    if present is None:
        return False
    return any(bare_operation(each) == bare_operation(present) for each in expected or () if each)


def _any_operation(expected: str | None, present: str | None) -> bool:
    """Return what `storage.allow_any_operation` says, of an array as the database keeps it."""
    return allows_any(None if expected is None else json.loads(expected), present)


def _quantified(comparison: str, every: int, left: str | int | None, array: str | None) -> bool | None:
    """Return `left op ANY (array)` of an array as the database keeps it."""
    return None if array is None else quantified(comparison, bool(every), left, json.loads(array))


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives None as soon as an argument is None."""

    @wraps(function)
    def strict(*arguments: Any) -> Any:  # noqa: ANN401 - SQL's values
        return None if None in arguments else function(*arguments)

    return strict


_STRICT: Final[dict[str, tuple[Callable[..., Any], int]]] = {
    "lower": (kernels.lower, 1),
    "upper": (kernels.upper, 1),
    "substring": (kernels.substring, -1),
    "split_part": (kernels.split_part, 3),
    "starts_with": (kernels.starts_with, 2),
    "left": (kernels.left, 2),
    "right": (kernels.right, 2),
    "like": (kernels.like, 3),
    "ilike": (kernels.ilike, 3),
    "folders": (folders, 1),
    "filename": (kernels.filename, 1),
    "extension": (kernels.extension, 1),
    "element": (element, 2),
    "int4": (kernels.text_to_int4, 1),
    "int8": (kernels.text_to_int8, 1),
    "boolean": (kernels.text_to_boolean, 1),
    "uuid": (kernels.text_to_uuid, 1),
    "in_range": (in_range, 2),
    "arithmetic": (arithmetic, 4),
    "json_get": (json_get, 3),
    "json_path": (json_path, 3),
    "json_has": (json_has, 2),
    "json_text": (json_values.text_to_json, 1),
    "json_integer": (json_integer, 2),
    "json_boolean": (json_boolean, 1),
    "fail": (fail, 1),
}
_LENIENT: Final[dict[str, tuple[Callable[..., Any], int]]] = {
    "any_operation": (_any_operation, 2),
    "only_operation": (allows_only, 2),
    "quantified": (_quantified, 4),
}
_INSTALLED: Final = (
    *((f"{PREFIX}{name}", _strict(function), count) for name, (function, count) in _STRICT.items()),
    *((f"{PREFIX}{name}", function, count) for name, (function, count) in _LENIENT.items()),
)
"""Names, functions and counts of their arguments: made once for all connections."""

TOPS: Final = {"int4": MAX_INT4, "int8": MAX_INT8}


def install_functions(connection: sqlite3.Connection) -> None:
    """Register the functions on a connection; every one that runs a policy's SQL needs them."""
    for name, function, count in _INSTALLED:
        connection.create_function(name, count, function)
