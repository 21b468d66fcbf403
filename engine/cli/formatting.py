"""How sizes, times, counts and names look in a terminal. Pure functions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def size_text(size_bytes: int) -> str:
    """Return a size for people, in decimal units and at most three digits before the point.

    Args:
        size_bytes: Zero or more.

    Returns:
        Such as `0 B`, `1.5 kB`, `120 MB`; up to `999.5 PB` never longer than eight characters.
    """
    if size_bytes < 1000:
        return f"{size_bytes} B"
    value = float(size_bytes)
    unit = 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    return f"{value:.1f} {_UNITS[unit]}" if value < 99.95 else f"{value:.0f} {_UNITS[unit]}"


def count_text(count: int, noun: str) -> str:
    """Return a count with its noun in the right number.

    Args:
        count: Zero or more.
        noun: Singular, regular in its plural.

    Returns:
        Such as `1 file` or `2,400 files`.
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def local_time_text(moment: datetime) -> str:
    """Return a time of this computer's zone, to the minute.

    Args:
        moment: Aware.
    """
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def problem_text(problem: str | None) -> str:
    """Return what stands behind an object whose bytes are not what they should be, or nothing.

    Args:
        problem: `StorageObject.problem`.
    """
    return "" if problem is None else f"  (bytes {problem})"


def utc_time_text(moment: datetime) -> str:
    """Return a time for programs: RFC 3339, UTC, milliseconds.

    Args:
        moment: Aware.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration_text(duration_s: float) -> str:
    """Return a span of time as a clock shows it.

    Args:
        duration_s: Zero or more.

    Returns:
        `M:SS`, or `H:MM:SS` from one hour on.
    """
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def terminal_safe(text: str) -> str:
    """Return text that cannot steer a terminal: control, direction and undecodable characters become escapes.

    Args:
        text: Anything, also names from a hostile disk.
    """
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)
