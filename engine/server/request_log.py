"""Who asked for what: a bounded memory for the window, one JSON line a request for the log.

Only the path is kept, percent-encoded as it came; queries may hold the secret of a link and never get here.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from engine.server import bounds
from engine.server.exchange import Exchange

ACCESS_LOGGER: Final = "holdall.access"
"""Name of the logger that gets one JSON line for each request, at INFO."""

_access = logging.getLogger(ACCESS_LOGGER)


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One finished request.

    Attributes:
        time: When it ended.
        client: The address that it came from.
        method: In capitals.
        path: Percent-encoded, without the query.
        status: Of the answer; 0 when the client left before there was one.
        size_bytes: Body bytes sent.
        duration_s: From the request's head to the end of the answer.
        user_id: Who asked, if known.
        request_id: As told to the client.
    """

    time: datetime
    client: str
    method: str
    path: str
    status: int
    size_bytes: int
    duration_s: float
    user_id: str | None
    request_id: str


_Noted = tuple[float, str, str, bytes, int, int, float, str | None, str]
"""A request as it is remembered; a record is made of it when somebody looks."""

RequestListener = Callable[[RequestRecord], None]


class RequestLog:
    """Remembers the last requests and tells a listener. Written by the loop's thread, read by any.

    Args:
        listener: Called in the loop's thread after each request; must return at once.
    """

    def __init__(self, listener: RequestListener | None = None) -> None:
        self._recent: deque[_Noted] = deque(maxlen=bounds.RECENT_REQUESTS_MAX)
        self._listener = listener

    def recent(self) -> tuple[RequestRecord, ...]:
        """Return the last requests, oldest first."""
        return tuple(_record(noted) for noted in self._recent.copy())

    def add(self, exchange: Exchange) -> None:
        """Note a finished exchange.

        Args:
            exchange: After its answer.
        """
        noted = (
            time.time(),
            exchange.client,
            exchange.method,
            exchange.raw_path,
            exchange.status,
            exchange.sent_bytes,
            time.perf_counter() - exchange.started_s,
            exchange.user_id,
            exchange.request_id,
        )
        self._recent.append(noted)
        logs = _access.isEnabledFor(logging.INFO)
        if self._listener is None and not logs:
            return
        record = _record(noted)
        if self._listener is not None:
            self._listener(record)
        if logs:
            _access.info("%s", _line(record))


def _record(noted: _Noted) -> RequestRecord:
    time_s, client, method, raw_path, status, size_bytes, duration_s, user_id, request_id = noted
    return RequestRecord(
        time=datetime.fromtimestamp(time_s, UTC),
        client=client,
        method=method,
        path=raw_path.decode("latin-1"),
        status=status,
        size_bytes=size_bytes,
        duration_s=duration_s,
        user_id=user_id,
        request_id=request_id,
    )


def _line(record: RequestRecord) -> str:
    return json.dumps(
        {
            "time": record.time.isoformat(timespec="milliseconds"),
            "level": "INFO",
            "service": "http",
            "client": record.client,
            "method": record.method,
            "path": record.path,
            "status": record.status,
            "size": record.size_bytes,
            "user_id": record.user_id,
            "duration_ms": round(record.duration_s * 1000, 1),
            "request_id": record.request_id,
        }
    )
