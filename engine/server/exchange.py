"""One request and its answer, over ASGI. Lives in the loop's thread alone.

An answer given before the whole body has come closes the connection, but reads on for a moment: closing at once
would reset the connection and take the answer away from a client that is still sending.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from engine.errors import InvalidRequest
from engine.server import bounds
from engine.server.connection import WIRE, Wire
from engine.server.errors import BodyTooLarge
from engine.server.targets import parse_query

if TYPE_CHECKING:
    from engine.server.routing import Target

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

NOSNIFF: Final[Header] = (b"x-content-type-options", b"nosniff")
_JSON: Final[Header] = (b"content-type", b"application/json; charset=utf-8")
_CLOSE: Final[Header] = (b"connection", b"close")
_SMALL_BODY_BYTES: Final = 64 * 1024


class ClientGone(Exception):
    """The client closed the connection before the exchange was over."""


class Exchange:
    """A request with what is needed to answer it.

    Args:
        scope: ASGI scope of the request.
        send: ASGI send.
        request_id: Told to the client with every answer, and logged.

    Attributes:
        method: In capitals.
        headers: Fields by lower-case name; the last of several counts.
        user_id: Who asks, once known; for the log.
        status: Of the answer, 0 before it began.
        sent_bytes: Body bytes handed to the connection so far.
        downloaded: The object whose bytes are the answer, if any; for the log.
        streams_since_s: When the answer became a stream, which lasts until a side leaves; on the clock of `started_s`.
    """

    __slots__ = (
        "_body_done", "_query", "_received_any", "_send", "downloaded", "headers", "method", "request_id", "scope",
        "sent_bytes", "started_s", "status", "streams_since_s", "user_id",
    )  # fmt: skip

    def __init__(self, scope: MutableMapping[str, Any], send: Send, request_id: str) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.request_id = request_id
        self.user_id: str | None = None
        self.status = 0
        self.sent_bytes = 0
        self.downloaded: Target | None = None
        self.started_s = time.perf_counter()
        self.streams_since_s: float | None = None
        self._send = send
        self._query: Mapping[str, str] | None = None
        self._received_any = False
        self._body_done = b"content-length" not in self.headers and b"transfer-encoding" not in self.headers

    @property
    def raw_path(self) -> bytes:
        """Return the path of the request target, percent-encoded as it came."""
        path: bytes = self.scope["raw_path"]
        return path

    @property
    def wire(self) -> Wire:
        """Return the direct way to the connection."""
        wire: Wire = self.scope["extensions"][WIRE]["wire"]
        return wire

    @property
    def client(self) -> str:
        """Return the client's address, never one that it claims in a header."""
        peer = self.scope.get("client")
        return str(peer[0]) if peer else ""

    @property
    def query(self) -> Mapping[str, str]:
        """Return the query, decoded.

        Raises:
            InvalidRequest: It has too many fields.
        """
        if self._query is None:
            self._query = parse_query(self.scope["query_string"])
        return self._query

    @property
    def content_length(self) -> int | None:
        """Return the announced length of the body in bytes, or None when it comes in chunks or there is none."""
        field = self.headers.get(b"content-length")
        return int(field) if field is not None and b"transfer-encoding" not in self.headers else None

    def header(self, name: bytes) -> str | None:
        """Return a field of the request.

        Args:
            name: In lower case.
        """
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def check_coding(self) -> None:
        """Refuse a body that is more than cut into chunks: nobody here would undo it, it would be stored as it came.

        Raises:
            InvalidRequest: It is.

        Source: RFC 9112 section 6.1.
        """
        if b"transfer-encoding" in self.headers:
            codings = [value.strip().lower() for name, value in self.scope["headers"] if name == b"transfer-encoding"]
            if codings != [b"chunked"]:
                raise InvalidRequest("Of transfer codings only chunked is spoken here")

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body piece by piece as it comes; asks for it first if the client waits to be asked.

        Raises:
            ClientGone: The client left before the end.
        """
        while not self._body_done:
            pieces, more = await self.wire.receive()
            if more and not pieces:
                raise ClientGone
            self._received_any = True
            self._body_done = not more
            for piece in pieces:
                yield piece

    async def json_body(self) -> dict[str, Any]:
        """Read the body as a JSON object.

        Returns:
            The object; empty for an empty body.

        Raises:
            BodyTooLarge: It is larger than `bounds.JSON_BODY_MAX_BYTES`.
            InvalidRequest: It is not a JSON object.
            ClientGone: The client left before the end.
        """
        data = bytearray()
        async for piece in self.body():
            data += piece
            if len(data) > bounds.JSON_BODY_MAX_BYTES:
                raise BodyTooLarge("Request body is too large")
        return parse_json_object(data, "body") if data else {}

    async def start(self, status: int, headers: Iterable[Header]) -> None:
        """Begin the answer.

        Args:
            status: HTTP status.
            headers: Fields, names in lower case.
        """
        self.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": [_date(), *headers]})

    async def begin(self, status: int, headers: list[Header], length: int) -> None:
        """Begin an answer whose body follows in pieces.

        Args:
            status: HTTP status.
            headers: Fields, names in lower case; Content-Length is added.
            length: Bytes of the body.
        """
        fields = [*headers, (b"content-length", b"%d" % length)]
        if self.wire.begin(status, [_date(), *fields], length):
            self.status = status
            return
        await self.start(status, fields)

    async def send(self, data: bytes | bytearray | memoryview, *, more: bool = False) -> None:
        """Send a piece of the answer's body; returns once there is room for more.

        Args:
            data: Not changed afterwards by anybody.
            more: Whether further pieces follow.
        """
        self.sent_bytes += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def answer(self, status: int, headers: list[Header], body: bytes | bytearray = b"") -> None:
        """Give a whole answer.

        Args:
            status: HTTP status.
            headers: Fields, names in lower case; Content-Length is added.
            body: Everything.

        Raises:
            ClientGone: The client left before its body was read.
        """
        if status not in (204, 304):
            headers = [*headers, (b"content-length", b"%d" % len(body))]
        if not self._body_done and self._body_is_small():
            await self._discard_body()
        if self._body_done:
            await self._answer_whole(status, headers, body)
            return
        await self.start(status, [*headers, _CLOSE])
        await self.send(body, more=True)
        await self._linger()
        await self.send(b"")

    async def answer_json(self, status: int, payload: object, headers: Iterable[Header] = ()) -> None:
        """Answer with JSON.

        Args:
            status: HTTP status.
            payload: What `json` can write.
            headers: Further fields.
        """
        await self.answer(status, [_JSON, NOSNIFF, *headers], written_json(payload))

    async def _answer_whole(self, status: int, headers: list[Header], body: bytes | bytearray) -> None:
        if self.wire.answer(status, [_date(), *headers], body):
            self.status = status
            self.sent_bytes += len(body)
            return
        await self.start(status, headers)
        await self.send(body)

    def _body_is_small(self) -> bool:
        length = self.content_length
        waits = b"expect" in self.headers and not self._received_any
        return length is not None and length <= _SMALL_BODY_BYTES and not waits

    async def _discard_body(self) -> None:
        async for _ in self.body():
            pass

    async def _linger(self) -> None:
        if b"expect" in self.headers and not self._received_any:
            return
        discarded_bytes = 0
        try:
            async with asyncio.timeout(bounds.LINGER_TIMEOUT_S):
                async for piece in self.body():
                    discarded_bytes += len(piece)
                    if discarded_bytes > bounds.LINGER_MAX_BYTES:
                        return
        except (TimeoutError, ClientGone):
            return


def _date() -> Header:
    return b"date", http_date(int(time.time()))


@lru_cache(maxsize=1024)
def http_date(seconds: int) -> bytes:
    """Return a moment as HTTP writes it.

    Args:
        seconds: Since the epoch.

    Source: RFC 9110 section 5.6.7.
    """
    return formatdate(seconds, usegmt=True).encode()


def written_json(payload: object) -> bytes:
    """Return JSON as it is sent: valid UTF-8 whatever a text holds, so half a surrogate pair stays an escape.

    Args:
        payload: What `json` can write.

    Source: RFC 8259 section 8.1.
    """
    try:
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(payload, separators=(",", ":")).encode()


def parse_json_object(data: bytes | bytearray | str, where: str) -> dict[str, Any]:
    """Read a JSON object that came from a client.

    Args:
        data: The text.
        where: What it is, for the message: `body`, or a field's name.

    Returns:
        The object.

    Raises:
        InvalidRequest: It is not JSON, or not an object.
    """
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{where} is not valid JSON") from error
    if not isinstance(value, dict):
        raise InvalidRequest(f"{where} must be object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
