"""Times as the tables keep them (integer microseconds since 1970, UTC) and as callers see them (aware datetimes)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def now_us() -> int:
    """Return the present moment."""
    return time.time_ns() // 1000


def to_datetime(moment_us: int) -> datetime:
    """Return an aware datetime in UTC; moments beyond what datetimes hold become the nearest they do."""
    try:
        return _EPOCH + timedelta(0, 0, moment_us)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if moment_us > 0 else datetime.min.replace(tzinfo=UTC)


def from_datetime(moment: datetime) -> int:
    """Return microseconds since 1970 for an aware datetime (a naive one counts as local time)."""
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND
