"""One connection of the server: uvicorn's HTTP/1.1 protocol with limits in time and number.

uvicorn limits the silence between two requests only; a client that never finishes its head or body, or never reads
its answer, would hold a connection for ever. Each connection knows what it waits for and since when; `overdue` is
asked about once a second for all of them. Loop's thread only.

Source: uvicorn's `HttpToolsProtocol`; RFC 9112 section 9.5 (closing unused connections).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from engine.server import bounds
from engine.server.errors import Answer

ABORT: Final = "holdall.abort"
"""Key in a request's `scope["extensions"]`; its `call` cuts the connection at once."""

_logger = logging.getLogger("holdall.connection")
_logger.setLevel(logging.ERROR)  # what strangers send wrong is no warning to the person at this computer


class Connection(HttpToolsProtocol):
    """A client's connection.

    Args:
        config: Of the server.
        server_state: Shared by all connections.
        on_lost: Called when the connection is gone.
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
        self._asked = False
        self._head_since_s: float | None = None
        self._heard_at_s = 0.0
        self._unsent_bytes = 0
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
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self._heard_at_s = time.monotonic()
        if not self.transport.is_closing():
            super().data_received(data)

    def on_message_begin(self) -> None:
        """Start the clock of a request's head."""
        self._head_since_s = time.monotonic()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop the clock of the head and hand the request to the application."""
        self._head_since_s = None
        self.scope["extensions"] = {ABORT: {"call": self.transport.abort}}
        self._asked = True
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP in the form of every other error."""
        self._refuse(Answer(400, "Error", "InvalidRequest", msg))

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one that still takes its last answer is given time, within `overdue`."""
        if self.transport.get_write_buffer_size() == 0:
            super().timeout_keep_alive_handler()
            return
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def overdue(self, now_s: float) -> bool:
        """Return whether the client has been waited for too long. To be called regularly.

        Args:
            now_s: `time.monotonic()`.
        """
        if self._head_since_s is not None and now_s - self._head_since_s > bounds.HEADER_TIMEOUT_S:
            return True
        return self._reads_too_slowly(now_s) or self._sends_too_slowly(now_s)

    def _reads_too_slowly(self, now_s: float) -> bool:
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes == 0 or unsent_bytes != self._unsent_bytes:
            self._unsent_bytes, self._unsent_since_s = unsent_bytes, now_s
            return False
        return now_s - self._unsent_since_s > bounds.WRITE_IDLE_TIMEOUT_S

    def _sends_too_slowly(self, now_s: float) -> bool:
        if not self._asked or not self.cycle.more_body or self.flow.read_paused:
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
