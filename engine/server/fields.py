"""Values out of JSON bodies and queries, coerced and checked as Supabase's server does it.

Its clients send numbers as text (`"expiresIn": "60"`); messages are those of its validator, which people search for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from engine import limits
from engine.errors import InvalidRequest

_INTEGER: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_SIZE: Final = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([kmgtp]?)b?", re.ASCII | re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_FLAGS: Final = {"true": True, "false": False}


class Fields:
    """One JSON object or query.

    Args:
        where: What it is, for messages: `body`, `querystring`.
        values: By name.
    """

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        self._where = where
        self._values = values

    def __contains__(self, name: str) -> bool:
        """Return whether the field was sent, even as null."""
        return name in self._values

    def required_text(self, name: str) -> str:
        """Return a field that must be there and be text.

        Args:
            name: Of the field.

        Raises:
            InvalidRequest: Missing, or not text.
        """
        if self._values.get(name) is None:
            raise InvalidRequest(f"{self._where} must have required property '{name}'")
        return self.text(name, "")

    def text(self, name: str, default: str) -> str:
        """Return a text field.

        Args:
            name: Of the field.
            default: When it is missing or null.

        Raises:
            InvalidRequest: Not text.
        """
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(name, "must be string")
        return value

    def texts(self, name: str, *, max_items: int) -> tuple[str, ...]:
        """Return a list of texts that must be there.

        Args:
            name: Of the field.
            max_items: Longest list that is taken.

        Raises:
            InvalidRequest: Missing, no list of texts, empty, or too long.
        """
        if name not in self._values:
            raise InvalidRequest(f"{self._where} must have required property '{name}'")
        values = self._values[name]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.wrong(name, "must be array of strings")
        if not 1 <= len(values) <= max_items:
            raise self.wrong(name, f"must have 1 to {max_items} items")
        return tuple(values)

    def optional_texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty when it is missing, null or empty.

        Args:
            name: Of the field.

        Raises:
            InvalidRequest: No list of texts.
        """
        return self.texts(name, max_items=1000) if self._values.get(name) else ()

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        """Return a whole number.

        Args:
            name: Of the field.
            default: When it is missing or null.
            minimum: Smallest that is taken.
            maximum: Larger ones are refused.

        Raises:
            InvalidRequest: No whole number, or out of range.
        """
        value = self._values.get(name)
        if value is None:
            return default
        number = int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int):
            raise self.wrong(name, "must be integer")
        if number < minimum:
            raise self.wrong(name, f"must be >= {minimum}")
        if number > maximum:
            raise self.wrong(name, f"must be <= {maximum}")
        return number

    def kept(self, name: str) -> int | None:
        """Return how many versions or days are kept, 1 or more, or None when it is missing or null.

        Args:
            name: Of the field.

        Raises:
            InvalidRequest: No whole number, or out of range.
        """
        if self._values.get(name) is None:
            return None
        return self.integer(name, 1, minimum=1, maximum=limits.RETENTION_MAX)

    def names(self) -> frozenset[str]:
        """Return the names of all fields that were sent."""
        return frozenset(self._values)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a truth value.

        Args:
            name: Of the field.
            default: When it is missing or null.

        Raises:
            InvalidRequest: No truth value.
        """
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            value = _FLAGS.get(value.lower(), value)
        if not isinstance(value, bool):
            raise self.wrong(name, "must be boolean")
        return value

    def size_bytes(self, name: str) -> int | None:
        """Return a size: a number of bytes, or text with a decimal unit such as `20MB`.

        Args:
            name: Of the field.

        Returns:
            Bytes, or None when it is missing, null or empty.

        Raises:
            InvalidRequest: No size.
        """
        value = self._values.get(name)
        if value is None or value == "":
            return None
        match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
        if match:
            return int(float(match[1]) * 1000 ** _POWERS[match[2].lower()])
        return self.integer(name, 0, minimum=0, maximum=2**63 - 1)

    def nested(self, name: str) -> Fields:
        """Return the object in a field; an empty one when it is missing or null.

        Args:
            name: Of the field.

        Raises:
            InvalidRequest: No object.
        """
        value = self._values.get(name)
        if value is None:
            return Fields(f"{self._where}/{name}", {})
        if not isinstance(value, dict):
            raise self.wrong(name, "must be object")
        return Fields(f"{self._where}/{name}", value)

    def wrong(self, name: str, rule: str) -> InvalidRequest:
        """Return the error for a field that breaks a rule of the caller's own.

        Args:
            name: Of the field.
            rule: Such as `must be equal to one of the allowed values`.
        """
        return InvalidRequest(f"{self._where}/{name} {rule}")
