"""Reads times and intervals that are written in a policy: ISO forms, and units that are always equally long."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s?(Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_PART = re.compile(r"\s*([+-]?\d{1,9})\s+(week|day|hour|minute|min|second|sec)s?(?![a-z])", re.ASCII | re.IGNORECASE)
_UNITS = {
    "week": 7 * 86_400,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
    "min": 60,
    "second": 1,
    "sec": 1,
}
_WRITTEN_UNITS = ("day", "hour", "minute", "second")
_MAX_SECONDS = 400_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(text: str) -> int:
    """Return the moment that a text stands for, in microseconds since 1970; without a zone it is UTC.

    Raises:
        ValueError: It is none, or written in another form.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError("times are written as '2026-01-31 12:00:00+00'")
    day, time, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{_zone(zone)}")
        return (moment - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"there is no such time: {text}") from error


def _zone(zone: str | None) -> str:
    """Return the offset from UTC in the form that Python reads."""
    if zone is None or zone in "zZ":
        return "+00:00"
    hours, minutes = zone[:3], zone[3:].lstrip(":") or "00"
    return f"{hours}:{minutes}"


def written(moment_us: int) -> str:
    """Return a moment in the form that `microseconds` reads."""
    moment = _EPOCH + timedelta(microseconds=moment_us)
    return f"{moment.replace(tzinfo=None).isoformat(sep=' ')}+00"


def interval(text: str) -> int:
    """Return the length of an interval such as `7 days`, in microseconds.

    Raises:
        ValueError: It is none, or has units that are not always equally long.
    """
    at, seconds = 0, 0
    body = text.strip()
    while at < len(body):
        match = _PART.match(body, at)
        if match is None:
            break
        seconds += int(match.group(1)) * _UNITS[match.group(2).lower()]
        at = match.end()
    if not body or at < len(body) or abs(seconds) > _MAX_SECONDS:
        raise ValueError("intervals are written as '7 days' or '1 hour 30 minutes'; months and years are not supported")
    return seconds * 1_000_000


def interval_written(length_us: int) -> str:
    """Return an interval in the form that `interval` reads, in the largest unit that fits."""
    seconds = length_us // 1_000_000
    unit = next(name for name in _WRITTEN_UNITS if seconds % _UNITS[name] == 0)
    count = seconds // _UNITS[unit]
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
