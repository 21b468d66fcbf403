"""Conditional requests (RFC 9110 section 13): what a client's own copy spares us. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?"[^"]*"')


class Verdict(Enum):
    """What the conditions of a request say about the answer."""

    SEND = auto()
    NOT_MODIFIED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one content of an object from another.

    Attributes:
        etag: Strong entity tag, quotes included.
        modified_s: Last modification, whole seconds since the epoch.
    """

    etag: str
    modified_s: int


def evaluate(headers: Mapping[bytes, bytes], validators: Validators) -> Verdict:
    """Weigh the preconditions of a GET or HEAD in the RFC's order.

    Args:
        headers: The request's fields, names in lower case.
        validators: Of the object as it is now.

    Returns:
        Whether to send it, to answer 304, or to answer 412.

    Source: RFC 9110 section 13.2.2.
    """
    if not headers.keys() & _FIELDS:
        return Verdict.SEND
    if _lost_update(headers, validators):
        return Verdict.FAILED
    return Verdict.NOT_MODIFIED if _still_fresh(headers, validators) else Verdict.SEND


def range_applies(headers: Mapping[bytes, bytes], validators: Validators) -> bool:
    """Return whether a Range field counts: If-Range is missing or names the object as it is now.

    Args:
        headers: The request's fields, names in lower case.
        validators: Of the object as it is now.

    Source: RFC 9110 section 13.1.5 (strong comparison; a date must be equal, not merely later).
    """
    field = headers.get(b"if-range")
    if field is None:
        return True
    text = field.decode("latin-1").strip()
    if text.endswith('"'):
        return text == validators.etag
    return _seconds(text) == validators.modified_s


_FIELDS: Final = frozenset((b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"))


def _lost_update(headers: Mapping[bytes, bytes], validators: Validators) -> bool:
    match = headers.get(b"if-match")
    if match is not None:
        text = match.decode("latin-1").strip()
        return text != "*" and validators.etag not in _TAG.findall(text)
    since = _seconds_of(headers, b"if-unmodified-since")
    return since is not None and validators.modified_s > since


def _still_fresh(headers: Mapping[bytes, bytes], validators: Validators) -> bool:
    none_match = headers.get(b"if-none-match")
    if none_match is not None:
        text = none_match.decode("latin-1").strip()
        return text == "*" or validators.etag in (tag.removeprefix("W/") for tag in _TAG.findall(text))
    since = _seconds_of(headers, b"if-modified-since")
    return since is not None and validators.modified_s <= since


def _seconds_of(headers: Mapping[bytes, bytes], name: bytes) -> int | None:
    field = headers.get(name)
    return None if field is None else _seconds(field.decode("latin-1"))


def _seconds(http_date: str) -> int | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    return int(_in_utc(moment).timestamp())


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
