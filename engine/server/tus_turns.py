"""Who is sending to which resumable upload. Loop's thread only.

An upload takes bytes of one request at a time. A client whose connection broke asks where to go on before the server
has noticed: then the old request is cut, and what it had sent is waited for, so that the answer is true.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from engine.resumable_types import UploadBusy
from engine.server import bounds
from engine.server.connection import Wire


class Turn:
    """One request that sends to an upload.

    Args:
        wire: Its connection.

    Attributes:
        over: Set when it is done, whichever way.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._waiting_since_s: float | None = None
        self.over = asyncio.Event()

    async def heard(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the pieces of its body, and note for how long the client is silent between them.

        Args:
            pieces: Of the body.
        """
        self._waiting_since_s = time.monotonic()
        async for piece in pieces:
            self._waiting_since_s = None
            yield piece
            self._waiting_since_s = time.monotonic()
        self._waiting_since_s = None

    @property
    def is_broken(self) -> bool:
        """Return whether its client is gone, or so silent that it may be."""
        waiting_since_s = self._waiting_since_s
        silent = waiting_since_s is not None and time.monotonic() - waiting_since_s >= bounds.TUS_SILENCE_S
        return silent or self._wire.disconnected

    def cut(self) -> None:
        """End it: what came is kept."""
        self._wire.cut()


class Turns:
    """All of them."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}

    @contextmanager
    def taken(self, upload_id: str, wire: Wire) -> Iterator[Turn]:
        """Have an upload's turn while the block runs.

        Args:
            upload_id: Which.
            wire: The request's connection.

        Raises:
            UploadBusy: Another request has it.
        """
        if upload_id in self._turns:
            raise UploadBusy("Another request is sending to this upload")
        turn = self._turns[upload_id] = Turn(wire)
        try:
            yield turn
        finally:
            del self._turns[upload_id]
            turn.over.set()

    async def settle(self, upload_id: str) -> bool:
        """End a request whose client is gone, and wait until what it sent is durable. For the upload's own caller.

        Args:
            upload_id: Which.

        Returns:
            Whether there was one, and more may be durable now.
        """
        turn = self._turns.get(upload_id)
        if turn is None or not turn.is_broken:
            return False
        turn.cut()
        with suppress(TimeoutError):
            async with asyncio.timeout(bounds.TUS_LEAVE_TIMEOUT_S):
                await turn.over.wait()
        return True
