"""One line of the log: JSON with the specification's fields.

A line is handed over as it is known, which costs next to nothing, and written out as text by the thread of the log.
Whatever somebody called a bucket or a path, it stays one line of ASCII.

Source: specification, "Observability", "Logs"; RFC 8259.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from engine import limits
from engine.observability.redaction import redacted

_quoted: Final = json.encoder.encode_basestring_ascii


class LogLevel(IntEnum):
    """How much a line matters, or how much is written."""

    DEBUG = 10
    """Also what only looked: listings, information."""
    INFO = 20
    """What changed something, what was read, and each request."""
    WARNING = 30
    """What was refused."""
    ERROR = 40
    """What failed though it should not have."""
    OFF = 100


_NAMES: Final = {level: level.name for level in LogLevel}


class Line(NamedTuple):
    """What a line says.

    Attributes:
        time_s: When it ended, in seconds since the epoch.
        level: How much it matters.
        service: Who speaks.
        operation: What was done.
        bucket: Where, as the caller called it; `""` for nowhere.
        path: To what; `""` for nothing in particular.
        size_bytes: Of what was stored or read; None where that makes no sense.
        user_id: Who did it, if known.
        duration_s: How long it took; None where that makes no sense.
        request_id: Of the request that it was part of.
        more: What only some lines say, as JSON can hold it, under names that need no escapes.
    """

    time_s: float
    level: LogLevel
    service: str
    operation: str
    bucket: str = ""
    path: str = ""
    size_bytes: int | None = None
    user_id: str | None = None
    duration_s: float | None = None
    request_id: str | None = None
    more: Mapping[str, object] | None = None

    def text(self) -> str:
        """Return the line as JSON, with its end."""
        time_s, level, service, operation, bucket, path, size_bytes, user_id, duration_s, request_id, more = self
        second = int(time_s)
        size = "null" if size_bytes is None else size_bytes
        duration_ms = "null" if duration_s is None else f"{duration_s * 1000:.3f}"
        return (
            f'{{"time":"{_second(second)}.{int((time_s - second) * 1000):03d}Z","level":"{_NAMES[level]}",'
            f'"service":"{service}","operation":"{operation}","bucket":{_text(bucket)},"path":{_text(path)},'
            f'"size":{size},"user_id":{_text(user_id)},"duration_ms":{duration_ms},'
            f'"request_id":{_quoted(request_id) if request_id else "null"}{_more(more) if more else ""}}}\n'
        )


@lru_cache(maxsize=8)
def _second(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=512)
def _text(value: str | None) -> str:
    return _quoted(redacted(value[: limits.LOG_TEXT_MAX])) if value else "null"


def _more(more: Mapping[str, object]) -> str:
    """Return further members of the object."""
    return "".join(
        f',"{name}":{value if type(value) is int else _text(value) if isinstance(value, str) else json.dumps(value)}'
        for name, value in more.items()
    )
