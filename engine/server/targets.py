"""The target of a request: percent-decoded once, strictly, here and nowhere else.

Authorisation, storage and logs all see the strings made here. A `%2F` is a slash of the object path, as in Supabase;
route words and the bucket are cut off before decoding, so no encoding turns an object path into another route.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from engine.errors import InvalidKey, InvalidRequest

BASE_PATH: Final = "/storage/v1"
"""Where the API lives."""

_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_QUERY_FIELDS_MAX: Final = 64


def decode(raw: bytes) -> str:
    """Decode one part of a request's path.

    Args:
        raw: Percent-encoded bytes as they came.

    Returns:
        The text that was meant.

    Raises:
        InvalidKey: A broken escape, or not UTF-8.
    """
    if b"%" not in raw:
        return _text(raw, raw)
    if _BROKEN_ESCAPE.search(raw):
        raise InvalidKey(f"Invalid key: {raw.decode('latin-1')}", hint="The address contains a broken % escape.")
    return _text(unquote_to_bytes(raw), raw)


def parse_query(raw: bytes) -> Mapping[str, str]:
    """Read a query; the first of several values of a name counts.

    Args:
        raw: What follows the `?`, percent-encoded.

    Returns:
        Values by name; empty values are kept.

    Raises:
        InvalidRequest: It has more than 64 fields.
    """
    if raw.count(b"&") >= _QUERY_FIELDS_MAX:
        raise InvalidRequest(f"querystring must NOT have more than {_QUERY_FIELDS_MAX} properties")
    text = raw.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(reversed(parse_qsl(text, keep_blank_values=True)))
    pairs = (field.partition("=") for field in reversed(text.split("&")) if field)
    return {name: value for name, _, value in pairs}


def _text(data: bytes, raw: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        shown = raw.decode("latin-1")
        raise InvalidKey(f"Invalid key: {shown}", hint="The address is not valid UTF-8.") from error
