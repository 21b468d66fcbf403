"""Sends files from the page cache straight into the socket, without passing them through this process.

The transport stays in charge of the connection and keeps reading, so a client that leaves is noticed as ever; bytes
go through a duplicate of its socket while the transport itself has nothing to write. What is not in the page cache
is read by a worker first, so the loop's thread never waits for a disk.

Loop's thread only. Where the system, the file or the connection cannot do it, nothing is sent and the caller goes on
in the ordinary way.

Source: sendfile(2), preadv2(2) (RWF_NOWAIT).
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import Final

from engine.errors import BytesMissing
from engine.files.downloads import ObjectReader
from engine.os_errors import from_os_error
from engine.server import bounds
from engine.server.connection import Wire
from engine.server.exchange import ClientGone, Exchange
from engine.server.workers import Workers

_PROBE_STEP_BYTES: Final = 256 * 1024
"""Distance of the bytes that are asked for: what Linux reads ahead at once, so pages come and go together."""

_UNSUITED: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EOVERFLOW})
_GONE: Final = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN, errno.ETIMEDOUT})
_NOWAIT: Final = getattr(os, "RWF_NOWAIT", 0) if hasattr(os, "preadv") else 0


class FileSender:
    """Sends pieces of files.

    Args:
        workers: Where reads that may wait for a disk run.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def send(self, exchange: Exchange, reader: ObjectReader, start: int, end: int) -> int:
        """Send bytes of an object as the body of an answer whose head was sent with `Exchange.begin`.

        Args:
            exchange: The request.
            reader: The object.
            start: Offset of the first byte.
            end: Offset behind the last.

        Returns:
            Offset behind the last byte sent; what is left is the caller's to send.

        Raises:
            ClientGone: The client left.
            BytesMissing: The file is shorter than `end`.
            IoError: The system refused.
        """
        fd = reader.fileno()
        direct = exchange.wire.direct_socket() if fd is not None and hasattr(os, "sendfile") else None
        if fd is None or direct is None:
            return start
        way = _Way(exchange.wire, direct, fd)
        try:
            return await self._send_slices(exchange, way, start, end)
        finally:
            way.close()

    async def _send_slices(self, exchange: Exchange, way: _Way, start: int, end: int) -> int:
        while True:
            stop = min(end, start + bounds.SENDFILE_SLICE_BYTES)
            if not _is_cached(way.fd, start, stop):
                way.rest()
                exchange.wire.note_direct(None)  # it is not the client that is slow
                await self._workers.run(_warm, way.fd, start, stop)
            while start < stop:
                sent_bytes = await way.send(start, stop)
                if sent_bytes is None:
                    return start
                start += sent_bytes
                exchange.sent_bytes += sent_bytes
                exchange.wire.note_direct(exchange.sent_bytes)
            if start == end:
                return end
            await asyncio.sleep(0)


class _Way:
    """From one file into one socket.

    Args:
        wire: Knows when the connection is gone.
        direct: Duplicate of the connection's socket, non-blocking.
        fd: Of the file.
    """

    def __init__(self, wire: Wire, direct: socket.socket, fd: int) -> None:
        self._wire = wire
        self._direct = direct
        self.fd = fd
        self._woken = asyncio.Event()
        self._watching = False
        wire.on_lost(self._woken.set)

    async def send(self, start: int, stop: int) -> int | None:
        """Send what fits now, at least one byte, waiting for room if need be.

        Returns:
            Bytes sent, or None if this cannot be sent in this way.
        """
        while not self._wire.disconnected:
            try:
                sent_bytes = os.sendfile(self._direct.fileno(), self.fd, start, stop - start)
            except BlockingIOError:
                await self._room()
            except OSError as error:
                if error.errno in _UNSUITED:
                    return None
                if error.errno in _GONE:
                    break
                raise from_os_error(error) from error
            else:
                if sent_bytes == 0:
                    raise BytesMissing("The stored file is shorter than its record")
                return sent_bytes
        raise ClientGone

    def rest(self) -> None:
        """Stop watching for room; to be called before anything but sending is waited for."""
        if self._watching:
            asyncio.get_running_loop().remove_writer(self._direct)
            self._watching = False

    def close(self) -> None:
        """End the way; the connection itself stays."""
        self.rest()
        self._wire.on_lost(None)
        self._wire.note_direct(None)
        self._direct.close()

    async def _room(self) -> None:
        """Wait until the socket takes bytes again, or the client is gone."""
        self._woken.clear()
        if not self._watching:
            asyncio.get_running_loop().add_writer(self._direct, self._woken.set)
            self._watching = True
        await self._woken.wait()


def _is_cached(fd: int, start: int, stop: int) -> bool:
    """Return whether reading these bytes waits for no disk, as far as samples tell."""
    if not _NOWAIT:
        return False
    byte = bytearray(1)
    try:
        return all(
            os.preadv(fd, [byte], offset, _NOWAIT) == 1 for offset in (*range(start, stop, _PROBE_STEP_BYTES), stop - 1)
        )
    except OSError:
        return False


def _warm(fd: int, start: int, stop: int) -> None:
    """Bring bytes into the page cache. Blocks; faults are left to whoever sends."""
    try:
        while start < stop and (data := os.pread(fd, min(bounds.READ_CHUNK_BYTES, stop - start), start)):
            start += len(data)
    except OSError:
        return
