"""Byte ranges (RFC 9110 section 14). Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from engine.server.errors import RangeNotSatisfiable

_SINGLE: Final = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)
_DIGITS_MAX: Final = 19
"""Digits of a 64-bit offset; longer numbers lie outside any object and are never converted."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A piece of an object.

    Attributes:
        start: Offset of the first byte.
        length: Bytes, at least 1.
    """

    start: int
    length: int

    def content_range(self, size_bytes: int) -> str:
        """Return the Content-Range field for an object of `size_bytes`."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size_bytes}"


def parse_range(field: str, size_bytes: int) -> ByteRange | None:
    """Read a Range field.

    Several ranges, other units and malformed fields are answered with the whole object, as the RFC allows; so no
    number of ranges costs anything.

    Args:
        field: The field's value.
        size_bytes: Length of the object.

    Returns:
        The one range asked for, cut to the object, or None for the whole object.

    Raises:
        RangeNotSatisfiable: The range lies outside the object.

    Source: RFC 9110 sections 14.1.2 and 14.2.
    """
    match = _SINGLE.fullmatch(field)
    if match is None:
        return None
    first, last = match.groups()
    if first:
        return _from_offsets(first, last, size_bytes)
    return _from_suffix(last, size_bytes) if last else None


def _from_offsets(first: str, last: str, size_bytes: int) -> ByteRange | None:
    start = _number(first)
    end = _number(last) if last else size_bytes - 1
    if last and end < start:
        return None
    if start >= size_bytes:
        raise RangeNotSatisfiable(size_bytes)
    return ByteRange(start, min(end, size_bytes - 1) - start + 1)


def _from_suffix(last: str, size_bytes: int) -> ByteRange | None:
    length = min(_number(last), size_bytes)
    if length:
        return ByteRange(size_bytes - length, length)
    if size_bytes:
        raise RangeNotSatisfiable(size_bytes)
    return None


def _number(digits: str) -> int:
    return int(digits[-_DIGITS_MAX:]) if len(digits.lstrip("0")) <= _DIGITS_MAX else 10**_DIGITS_MAX
