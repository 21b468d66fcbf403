"""Who asked for what: a bounded memory for the window, one line a request for the log.

Only the path is kept, percent-encoded as it came; queries may hold the secret of a link and never get here, nor does
the id of a resumable upload, by which anybody could go on with one of nobody in particular. A stream of events has
taken as long as it took to begin, and its line says how long it was open besides: who makes a histogram of durations is
told nothing wrong.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

from engine.observability.log_book import LogBook
from engine.observability.log_lines import Line, LogLevel
from engine.observability.observer import SERVICE
from engine.resumable_types import upload_name
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
        duration_s: From the request's head to the end of the answer, or to the beginning of a stream.
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


_UPLOADS: Final = b"upload/resumable/"
"""Behind which the id of an upload follows, perhaps after a word more."""

_Noted = tuple[float, str, str, str, int, int, float, str | None, str]
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
        time_s, now_s, since_s = time.time(), time.perf_counter(), exchange.streams_since_s
        duration_s = (now_s if since_s is None else since_s) - exchange.started_s
        path = _path_of(exchange.raw_path)
        noted = (
            time_s,
            exchange.client,
            exchange.method,
            path,
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
            self._log.add(_line(exchange, path, time_s, duration_s, None if since_s is None else now_s - since_s))


def _record(noted: _Noted) -> RequestRecord:
    time_s, client, method, path, status, size_bytes, duration_s, user_id, request_id = noted
    return RequestRecord(
        time=datetime.fromtimestamp(time_s, UTC),
        client=client,
        method=method,
        path=path,
        status=status,
        size_bytes=size_bytes,
        duration_s=duration_s,
        user_id=user_id,
        request_id=request_id,
    )


def _path_of(raw_path: bytes) -> str:
    """Return a path as it may be read by others."""
    path = raw_path.decode("latin-1")
    if _UPLOADS not in raw_path:
        return path
    before, words, upload_id = path.partition(_UPLOADS.decode())
    sign = "sign/" if upload_id.startswith("sign/") else ""
    upload_id = upload_id.removeprefix(sign)
    return f"{before}{words}{sign}{upload_name(unquote(upload_id))}" if upload_id else path


def _line(exchange: Exchange, path: str, time_s: float, duration_s: float, open_s: float | None) -> Line:
    """Return a request's line: a download's or a stream's where it was one, else that of a request."""
    target = exchange.downloaded
    more: dict[str, object] = {"method": exchange.method, "status": exchange.status, "client": exchange.client}
    if open_s is not None:
        more["open_s"] = round(open_s, 3)
    return Line(
        time_s=time_s,
        level=LogLevel.INFO,
        service=SERVICE if target else "http",
        operation="download" if target else "request" if open_s is None else "stream",
        bucket=target.bucket if target else "",
        path=target.path if target else path,
        size_bytes=exchange.sent_bytes,
        user_id=exchange.user_id,
        duration_s=duration_s,
        request_id=exchange.request_id,
        more=more,
    )
