"""JSON as PostgreSQL's `jsonb` sees it: what a key leads to, and how values are written.

A document is text, as the database keeps it. Numbers keep their digits.

Source: PostgreSQL, "JSON Functions and Operators"; jsonb.c, jsonfuncs.c.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.permissions.language.kinds import MAX_INT4, MAX_INT8

MISSING: Final = object()
"""Where a key leads nowhere; JSON's null is None."""

_PATH_INDEX = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)", re.ASCII)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f]')
_TOO_DEEP = "the JSON is nested too deeply"
_MOST_DIGITS = 131_072


def _number(digits: str) -> Decimal:
    """Return a number with all its digits.

    Raises:
        ValueError: PostgreSQL's `numeric` cannot hold it.
    """
    try:
        number = Decimal(digits)
    except InvalidOperation as error:
        raise ValueError("value overflows numeric format") from error
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError("value overflows numeric format")
    return number


def _no_constant(name: str) -> Any:  # noqa: ANN401 - never returns
    """Refuse what Python takes for JSON beside JSON."""
    raise ValueError(f'invalid input syntax for type json: "{name}"')


def parsed(document: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a document.

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return json.loads(document, parse_float=_number, parse_int=_number, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def text_to_json(text: str) -> str:
    """Return a JSON text in the form of `jsonb`.

    Raises:
        ValueError: It is no JSON that `jsonb` holds.
    """
    try:
        written_form = written(parsed(text))
    except ValueError as error:
        raise ValueError(f"invalid input syntax for type json: {error}") from error
    if any(each == "\x00" or "\ud800" <= each <= "\udfff" for each in written_form) or "\\u0000" in written_form:
        raise ValueError("unsupported Unicode escape sequence")
    return written_form


def written(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a value as `jsonb` is written: a blank after `,` and `:`, shorter keys first.

    Raises:
        ValueError: It is nested too deeply.
    """
    try:
        return _written(value)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def _written(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a value as it is written."""
    if isinstance(value, dict):
        keys = sorted(value, key=_key_order)
        return "{" + ", ".join(f"{_quoted(key)}: {_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _quoted(value) if isinstance(value, str) else _scalar(value)


def _key_order(key: str) -> tuple[int, bytes]:
    """Return what keys are sorted by."""
    encoded = key.encode("utf-8", "surrogatepass")
    return len(encoded), encoded


def _quoted(text: str) -> str:
    """Return a string in quotes."""
    return '"' + _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}"), text) + '"'


def _scalar(value: Decimal | bool | int | None) -> str:
    """Return a number, truth value or null as written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    digits = f"{Decimal(value):f}"
    return digits[1:] if digits.startswith("-") and not Decimal(value) else digits


def as_text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value, or MISSING
    """Return a value as `->>` gives it: strings without quotes, None for null and for nothing."""
    if value is None or value is MISSING:
        return None
    return value if isinstance(value, str) else written(value)


def member(value: Any, key: str | int) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a key of an object, or an index of an array, leads to, or `MISSING`."""
    if isinstance(key, str):
        return value.get(key, MISSING) if isinstance(value, dict) else MISSING
    if isinstance(value, dict):
        return MISSING
    return _element(value if isinstance(value, list) else [value], key)


def _element(values: list[Any], index: int) -> Any:  # noqa: ANN401 - any JSON value
    """Return an element of a list, from its end with a negative index, or `MISSING`."""
    place = index if index >= 0 else len(values) + index
    return values[place] if 0 <= place < len(values) else MISSING


def at_path(value: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a path of keys and indexes leads to, or `MISSING`."""
    for step in path:
        if isinstance(value, list):
            match = _PATH_INDEX.fullmatch(step)
            index = int(match[1]) if match and len(match[1]) <= len(str(MAX_INT8)) else None
            if index is None or not -MAX_INT4 - 1 <= index <= MAX_INT4:
                return MISSING
            value = _element(value, index)
        else:
            value = member(value, step)
    return value


def has(value: Any, key: str) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether an object has a key, an array that string, or a value is that string."""
    if isinstance(value, (dict, list)):
        return key in value
    return bool(value == key)


def number_of(value: Any, top: int, name: str) -> int:  # noqa: ANN401 - any JSON value
    """Return a number as an integer, rounded half away from zero.

    Raises:
        ValueError: It is no number, or too large.
    """
    if not isinstance(value, Decimal):
        raise ValueError(f"cannot cast jsonb {_name_of(value)} to type {name}")  # noqa: TRY004 - as the casts of texts
    whole = int(Decimal(value).to_integral_value("ROUND_HALF_UP"))
    if not -top - 1 <= whole <= top:
        raise ValueError(f"{name} out of range")
    return whole


def truth_of(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return a truth value.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool):
        return value
    raise ValueError(f"cannot cast jsonb {_name_of(value)} to type boolean")


def _name_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return what PostgreSQL calls the type of a value."""
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "numeric")
