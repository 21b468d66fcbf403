"""One connection of the server: uvicorn's HTTP/1.1 protocol with limits, and a short way for short answers.

uvicorn limits the silence between two requests only, with a timer for each; a client that never finishes its head or
body, or never reads its answer, would hold a connection for ever. Here each connection knows what it waits for and
since when, and `overdue` is asked about once a second for all of them.

An answer that is known as a whole goes out in one write (`Wire.answer`); uvicorn's two messages cost two system calls
and, in a small answer, as much time as everything else together. A body is handed over as it came (`Wire.receive`)
instead of being copied twice. Loop's thread only.

Source: uvicorn's `HttpToolsProtocol`; RFC 9112 sections 3 (request line) and 9.5 (closing unused connections).
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable, Iterable
from typing import Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from engine.server import bounds
from engine.server.errors import Answer

WIRE: Final = "holdall.wire"
"""Key in a request's `scope["extensions"]`; its `wire` is the request's `Wire`."""

_NO_BODY: Final = frozenset({204, 304})

_logger = logging.getLogger("holdall.connection")
_logger.setLevel(logging.ERROR)  # what strangers send wrong is no warning to the person at this computer


class Wire:
    """What ASGI has no words for: one request's direct way to its connection.

    Args:
        connection: The connection.
        cycle: uvicorn's state of the request.

    Attributes:
        arrived_bytes: Bytes of the request's body that wait to be received.
    """

    __slots__ = ("_arrived", "_connection", "_cycle", "_transport", "arrived_bytes")

    def __init__(self, connection: Connection, cycle: RequestResponseCycle) -> None:
        self._connection = connection
        self._transport = connection.transport
        self._cycle = cycle
        self._arrived: list[bytes] = []
        self.arrived_bytes = 0

    @property
    def disconnected(self) -> bool:
        """Return whether the connection is gone. uvicorn itself tells the newest of several requests only."""
        return self._connection.lost

    async def receive(self) -> tuple[list[bytes], bool]:
        """Return what has come of the request's body, at least one piece unless that was all.

        Asks the client for it first, if the client waits to be asked.

        Returns:
            The pieces, and whether more is to come; after the client has left half way: nothing, and more.
        """
        cycle = self._cycle
        if cycle.waiting_for_100_continue:
            cycle.waiting_for_100_continue = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        cycle.flow.resume_reading()
        while cycle.more_body and not self._arrived and not self.disconnected:
            cycle.message_event.clear()
            await cycle.message_event.wait()
        pieces, self._arrived, self.arrived_bytes = self._arrived, [], 0
        return pieces, cycle.more_body

    def arrive(self, piece: bytes) -> None:
        """Take a piece of the request's body.

        Args:
            piece: Not empty.
        """
        self._arrived.append(piece)
        self.arrived_bytes += len(piece)
        self._cycle.message_event.set()

    def on_lost(self, wake: Callable[[], None] | None) -> None:
        """Ask to be told when the connection is gone.

        Args:
            wake: Called then, once; None to be told no more.
        """
        self._connection.wake = wake

    def cut(self) -> None:
        """Close the connection at once, whatever is on its way; nothing more is expected of this request."""
        self._cycle.disconnected = True
        self._transport.abort()

    def answer(self, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes | bytearray) -> bool:
        """Write a whole answer in one piece. Only after the whole body of the request was received.

        Args:
            status: HTTP status.
            fields: Header fields, Content-Length among them.
            body: Everything; left out of the answer to HEAD.

        Returns:
            False if the client must be waited for first: nothing was written then.

        Raises:
            ValueError: A field would break the head apart.
        """
        cycle = self._cycle
        if cycle.flow.write_paused:
            return False
        if not self.disconnected:
            self._write(status, fields, body)
        self._complete()
        return True

    def begin(self, status: int, fields: Iterable[tuple[bytes, bytes]], length: int) -> bool:
        """Write the head of an answer whose body follows in pieces.

        Args:
            status: HTTP status.
            fields: Header fields, Content-Length among them.
            length: What Content-Length says.

        Returns:
            False if the client must be waited for first: nothing was written then.
        """
        cycle = self._cycle
        if cycle.flow.write_paused:
            return False
        if not self.disconnected:
            self._write(status, fields, b"")
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        cycle.chunked_encoding = False
        cycle.expected_content_length = length
        return True

    def direct_socket(self) -> socket.socket | None:
        """Return a duplicate of the connection's socket, to be closed by the caller.

        Returns:
            None unless bytes can go past the transport: it has none of its own to write, and does not encrypt.
        """
        encrypts = self._transport.get_extra_info("sslcontext") is not None
        if encrypts or self.disconnected or self._transport.get_write_buffer_size():
            return None
        own: socket.socket = self._transport.get_extra_info("socket")
        try:
            return own.dup()
        except OSError:
            return None

    def note_direct(self, sent_bytes: int | None) -> None:
        """Tell the connection's clock how far sending past the transport has come.

        Args:
            sent_bytes: Bytes so far; None while it is not the client that is waited for.
        """
        self._connection.direct_bytes = sent_bytes

    def expect(self, remaining_bytes: int) -> None:
        """Tell uvicorn how much of a begun answer's body is still to come after bytes went past it.

        Args:
            remaining_bytes: 0 completes the answer.
        """
        self._cycle.expected_content_length = remaining_bytes
        if not remaining_bytes:
            self._complete()

    def _complete(self) -> None:
        cycle = self._cycle
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self._transport.close()
        cycle.on_response()

    def _write(self, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes | bytearray) -> None:
        lines = [b"%b: %b\r\n" % field for field in fields]
        if not self._cycle.keep_alive:
            lines.append(b"connection: close\r\n")
        head = b"".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines):
            raise ValueError("a header field contains a line break")
        empty = status in _NO_BODY or self._cycle.scope["method"] == "HEAD"
        self._transport.write(b"".join((STATUS_LINE[status], head, b"\r\n", b"" if empty else body)))


class Connection(HttpToolsProtocol):
    """A client's connection.

    Args:
        config: Of the server.
        server_state: Shared by all connections.
        on_lost: Called when the connection is gone.

    Attributes:
        direct_bytes: Bytes sent past the transport so far, None while none are to be sent.
        wake: Called when the connection is gone, for whoever waits past the transport.
        lost: Whether it is gone.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        on_lost: Callable[[], None],
    ) -> None:
        super().__init__(config, server_state, app_state={})
        self.logger = _logger
        self._on_lost = on_lost
        self._newest: Wire | None = None
        self._head_bytes = 0
        self._took_head = False
        self._head_since_s: float | None = None
        self._idle_since_s: float | None = None
        self._heard_at_s = 0.0
        self.direct_bytes: int | None = None
        self.wake: Callable[[], None] | None = None
        self.lost = False
        self._unsent: tuple[int, int | None] = (0, None)
        self._unsent_since_s = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn does
        """Take a new connection, or turn it away when there are too many."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=bounds.READ_CHUNK_BYTES)
        self._heard_at_s = self._head_since_s = time.monotonic()
        if len(self.connections) > bounds.CONNECTIONS_MAX:
            self._refuse(Answer(503, "InternalError", "InternalError", "The server has too many connections"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        super().connection_lost(exc)
        self.lost = True
        if self.wake is not None:
            self.wake()
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self._heard_at_s = time.monotonic()
        self._idle_since_s = None
        if self.transport.is_closing():
            return
        self._took_head = False
        super().data_received(data)
        # Behind whole requests that came at once the beginning of one more is no large head.
        if self._head_since_s is not None and not self._took_head:
            self._head_bytes += len(data)
            if self._head_bytes > bounds.HEAD_MAX_BYTES:
                self._refuse(Answer(431, "Error", "InvalidRequest", "Request head is too large"))

    def on_message_begin(self) -> None:
        """Start the clock of a request's head."""
        self._head_since_s = time.monotonic()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop the clock of the head and hand the request to the application."""
        self._head_since_s = None
        self._head_bytes = 0
        self._took_head = True
        scope = self.scope
        super().on_headers_complete()
        self._newest = Wire(self, self.cycle)
        scope["extensions"] = {WIRE: {"wire": self._newest}}

    def on_body(self, body: bytes) -> None:
        """Collect a piece of a body; uvicorn would stop reading after each one, however fast it is taken."""
        if self._newest is None or self.cycle.response_complete:
            return
        self._newest.arrive(body)
        if self._newest.arrived_bytes > bounds.BODY_AHEAD_BYTES:
            self.flow.pause_reading()

    def on_response_complete(self) -> None:
        """Go on with the next request, or start the clock of an idle connection."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since_s = time.monotonic()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP in the form of every other error."""
        self._refuse(Answer(400, "Error", "InvalidRequest", msg))

    def overdue(self, now_s: float) -> bool:
        """Return whether the client has been waited for too long. To be called regularly.

        Args:
            now_s: `time.monotonic()`.
        """
        if self._head_since_s is not None and now_s - self._head_since_s > bounds.HEADER_TIMEOUT_S:
            return True
        return self._idles(now_s) or self._reads_too_slowly(now_s) or self._sends_too_slowly(now_s)

    def _idles(self, now_s: float) -> bool:
        if self._idle_since_s is None or self.transport.get_write_buffer_size() > 0:
            return False
        return now_s - self._idle_since_s > bounds.KEEP_ALIVE_TIMEOUT_S

    def _reads_too_slowly(self, now_s: float) -> bool:
        unsent = self.transport.get_write_buffer_size(), self.direct_bytes
        if unsent == (0, None) or unsent != self._unsent:
            self._unsent, self._unsent_since_s = unsent, now_s
            return False
        return now_s - self._unsent_since_s > bounds.WRITE_IDLE_TIMEOUT_S

    def _sends_too_slowly(self, now_s: float) -> bool:
        if self._newest is None or not self.cycle.more_body or self.flow.read_paused:
            self._heard_at_s = now_s
            return False
        return now_s - self._heard_at_s > bounds.BODY_IDLE_TIMEOUT_S

    def _refuse(self, answer: Answer) -> None:
        body = json.dumps(answer.body()).encode()
        head = (
            f"HTTP/1.1 {answer.status} {answer.error}\r\ncontent-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
