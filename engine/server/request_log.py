"""Who asked for what: a bounded memory for the window, one line a request for the log.

Only the path is kept, percent-encoded as it came; queries may hold the secret of a link and never get here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.observability.log_book import LogBook
from engine.observability.log_lines import Line, LogLevel
from engine.observability.observer import SERVICE
from engine.server import bounds
from engine.server.exchange import Exchange


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
        log: Gets a line for each request.
        listener: Called in the loop's thread after each request; must return at once.
    """

    def __init__(self, log: LogBook, listener: RequestListener | None = None) -> None:
        self._log = log
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
        time_s, duration_s = time.time(), time.perf_counter() - exchange.started_s
        noted = (
            time_s,
            exchange.client,
            exchange.method,
            exchange.raw_path,
            exchange.status,
            exchange.sent_bytes,
            duration_s,
            exchange.user_id,
            exchange.request_id,
        )
        self._recent.append(noted)
        if self._listener is not None:
            self._listener(_record(noted))
        if self._log.level <= LogLevel.INFO:
            self._log.add(_line(exchange, time_s, duration_s))


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


def _line(exchange: Exchange, time_s: float, duration_s: float) -> Line:
    """Return a request's line: a download's where it was one, else that of a request."""
    target = exchange.downloaded
    return Line(
        time_s=time_s,
        level=LogLevel.INFO,
        service=SERVICE if target else "http",
        operation="download" if target else "request",
        bucket=target.bucket if target else "",
        path=target.path if target else exchange.raw_path.decode("latin-1"),
        size_bytes=exchange.sent_bytes,
        user_id=exchange.user_id,
        duration_s=duration_s,
        request_id=exchange.request_id,
        more={"method": exchange.method, "status": exchange.status, "client": exchange.client},
    )
