"""Sends an object: whole, in part, or the news that the client's copy is still good.

Small answers whose bytes are in the page cache are read in the loop's own thread, which costs less than any hop to
a worker; whatever would have to wait for a disk goes to a worker, so that one cold file never stops the others.
"""

from __future__ import annotations

import asyncio
import os
from typing import Final

from engine.errors import BytesMissing
from engine.files.downloads import ObjectReader
from engine.server import bounds
from engine.server.conditions import Validators, Verdict, evaluate, range_applies
from engine.server.dispositions import SANDBOX, attachment, is_inert, safe_field, safe_mime_type
from engine.server.errors import PreconditionFailed
from engine.server.exchange import NOSNIFF, ClientGone, Exchange, Header, http_date
from engine.server.ranges import ByteRange, parse_range
from engine.server.workers import Workers
from engine.types import StorageObject

_NOWAIT: Final = getattr(os, "RWF_NOWAIT", 0) if hasattr(os, "preadv") else 0
_ACCEPT_RANGES: Final[Header] = (b"accept-ranges", b"bytes")
_NO_REFERRER: Final[Header] = (b"referrer-policy", b"no-referrer")


class Downloads:
    """Answers GET and HEAD for an open object.

    Args:
        workers: Where reads that may block run.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def send(self, exchange: Exchange, reader: ObjectReader) -> None:
        """Answer with the object.

        Args:
            exchange: GET or HEAD; Range, the conditions and `?download` are honoured.
            reader: The object, authorised; stays the caller's to close, and may be in use elsewhere.

        Raises:
            PreconditionFailed: If-Match or If-Unmodified-Since says no.
            RangeNotSatisfiable: The range lies outside the object.
            ClientGone: The client left half way.
            EnvironmentFault: The bytes cannot be read.
        """
        validators = _validators(reader.info)
        verdict = evaluate(exchange.headers, validators)
        if verdict is Verdict.FAILED:
            raise PreconditionFailed("The object is not the one that was expected")
        if verdict is Verdict.NOT_MODIFIED:
            await exchange.answer(304, _caching_headers(reader.info, validators))
            return
        await self._send_bytes(exchange, reader, validators)

    async def _send_bytes(self, exchange: Exchange, reader: ObjectReader, validators: Validators) -> None:
        piece = _piece(exchange, reader, validators)
        start, length = (piece.start, piece.length) if piece else (0, reader.size)
        headers = _caching_headers(reader.info, validators)
        headers += _content_headers(exchange, reader.info)
        headers.append((b"content-length", b"%d" % length))
        if piece:
            headers.append((b"content-range", piece.content_range(reader.size).encode()))
        status = 206 if piece else 200
        if exchange.method == "HEAD" or length == 0:
            await exchange.start(status, headers)
            await exchange.send(b"")
        elif length <= bounds.READ_HERE_MAX_BYTES:
            data = await self._read(reader, start, length)
            await exchange.start(status, headers)
            await exchange.send(data)
        else:
            await exchange.start(status, headers)
            await self._stream(exchange, reader, start, start + length)

    async def _stream(self, exchange: Exchange, reader: ObjectReader, start: int, end: int) -> None:
        """Send in pieces, each when the client has room for it; stop reading when it is gone."""
        gone = asyncio.ensure_future(exchange.until_disconnect())
        try:
            while start < end:
                data = await self._read(reader, start, min(bounds.READ_CHUNK_BYTES, end - start))
                start += len(data)
                await exchange.send(data, more=start < end)
                await asyncio.sleep(0)  # sending alone may never wait; others want their turn, and `gone` its chance
                if gone.done() and start < end:
                    raise ClientGone
        finally:
            gone.cancel()

    async def _read(self, reader: ObjectReader, start: int, length: int) -> bytes | bytearray:
        data: bytes | bytearray | None = _read_cached(reader, start, length)
        if data is None:
            data = await self._workers.run(reader.read_at, start, length)
        if len(data) != length:
            raise BytesMissing("The stored file is shorter than its record", path=reader.info.path)
        return data


def _read_cached(reader: ObjectReader, start: int, length: int) -> bytearray | None:
    """Read without waiting for a disk; None when that cannot be had."""
    fd = reader.fileno()
    if fd is None or not _NOWAIT:
        return None
    data = bytearray(length)
    try:
        count = os.preadv(fd, [data], start, _NOWAIT)
    except OSError:
        return None
    return data if count == length else None


def _validators(info: StorageObject) -> Validators:
    return Validators(info.etag, int(info.updated_at.timestamp()))


def _piece(exchange: Exchange, reader: ObjectReader, validators: Validators) -> ByteRange | None:
    field = exchange.header(b"range")
    if field is None or not range_applies(exchange.headers, validators):
        return None
    return parse_range(field, reader.size)


def _caching_headers(info: StorageObject, validators: Validators) -> list[Header]:
    return [
        (b"etag", validators.etag.encode()),
        (b"last-modified", http_date(validators.modified_s)),
        (b"cache-control", safe_field(info.cache_control, "no-cache").encode()),
    ]


def _content_headers(exchange: Exchange, info: StorageObject) -> list[Header]:
    mime_type = safe_mime_type(info.mime_type)
    headers = [(b"content-type", mime_type.encode()), _ACCEPT_RANGES, NOSNIFF]
    if not is_inert(mime_type):
        headers += [(b"content-security-policy", SANDBOX), _NO_REFERRER]
    if exchange.scope["query_string"] and (name := exchange.query.get("download")) is not None:
        headers.append((b"content-disposition", attachment(name or info.name).encode()))
    return headers
