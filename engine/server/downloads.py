"""Sends an object: whole, in part, or the news that the client's copy is still good.

Small answers whose bytes are in the page cache are read in the loop's own thread, which costs less than any hop to
a worker; whatever would have to wait for a disk goes to a worker, so that one cold file never stops the others.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from engine.errors import BytesMissing, ChecksumMismatch
from engine.files.downloads import ObjectReader
from engine.files.quarantine import Problem
from engine.server import bounds
from engine.server.conditions import Validators, Verdict, evaluate, range_applies
from engine.server.dispositions import SANDBOX, attachment, is_inert, safe_field, safe_mime_type
from engine.server.errors import PreconditionFailed
from engine.server.exchange import NOSNIFF, ClientGone, Exchange, Header, http_date
from engine.server.file_sender import FileSender
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
        self._files = FileSender(workers)

    async def send(self, exchange: Exchange, reader: ObjectReader) -> None:
        """Answer with the object.

        Args:
            exchange: GET or HEAD; Range, the conditions and `?download` are honoured.
            reader: The object, authorised; stays the caller's to close, and may be in use elsewhere.

        Raises:
            PreconditionFailed: If-Match or If-Unmodified-Since says no.
            RangeNotSatisfiable: The range lies outside the object.
            ClientGone: The client left half way.
            EnvironmentFault: The bytes cannot be read, or are known to be damaged.
        """
        if reader.size != reader.info.size_bytes:
            raise ChecksumMismatch("The stored file has another size than its record", path=reader.info.path)
        if reader.info.problem == Problem.DAMAGED:  # nobody is to take these bytes for the object's
            raise ChecksumMismatch("The stored bytes were changed or damaged", path=reader.info.path)
        shown = _shown(reader.info)
        verdict = evaluate(exchange.headers, shown.validators)
        if verdict is Verdict.FAILED:
            raise PreconditionFailed("The object is not the one that was expected")
        if verdict is Verdict.NOT_MODIFIED:
            await exchange.answer(304, list(shown.caching))
            return
        await self._send_bytes(exchange, reader, shown)

    async def _send_bytes(self, exchange: Exchange, reader: ObjectReader, shown: _Shown) -> None:
        piece = _piece(exchange, reader, shown.validators)
        start, length = (piece.start, piece.length) if piece else (0, reader.size)
        status, headers = 200, [*shown.caching, *shown.content]
        if piece:
            status = 206
            headers.append((b"content-range", piece.content_range(reader.size).encode()))
        if exchange.scope["query_string"] and (name := exchange.query.get("download")) is not None:
            headers.append((b"content-disposition", attachment(name or reader.info.name).encode()))
        if exchange.method == "HEAD":
            await exchange.start(status, [*headers, (b"content-length", b"%d" % length)])
            await exchange.send(b"")
        elif length <= bounds.READ_HERE_MAX_BYTES:
            await exchange.answer(status, headers, await self._read(reader, start, length))
        else:
            await exchange.begin(status, headers, length)
            end = start + length
            sent_to = await self._files.send(exchange, reader, start, end)
            exchange.wire.expect(end - sent_to)
            await self._stream(exchange, reader, sent_to, end)

    async def _stream(self, exchange: Exchange, reader: ObjectReader, start: int, end: int) -> None:
        """Send in pieces, each when the client has room for it; stop reading when it is gone."""
        while start < end:
            data = await self._read(reader, start, min(bounds.READ_CHUNK_BYTES, end - start))
            if exchange.wire.disconnected:
                raise ClientGone
            start += len(data)
            await exchange.send(data, more=start < end)
            await asyncio.sleep(0)  # sending alone may never wait, and others want their turn

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


def _piece(exchange: Exchange, reader: ObjectReader, validators: Validators) -> ByteRange | None:
    field = exchange.header(b"range") if exchange.method == "GET" else None  # RFC 9110 section 14.2
    if field is None or not range_applies(exchange.headers, validators):
        return None
    return parse_range(field, reader.size)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What clients are told of an object beside its bytes; the same for every request.

    Attributes:
        validators: For conditions.
        caching: Header fields of every answer, 304 included.
        content: Header fields of answers that carry bytes.
    """

    validators: Validators
    caching: tuple[Header, ...]
    content: tuple[Header, ...]


@lru_cache(maxsize=2 * bounds.OPEN_OBJECTS_MAX)
def _shown_as(etag: str, updated_at: datetime, cache_control: str, mime_type: str) -> _Shown:
    validators = Validators(etag, int(updated_at.timestamp()))
    mime_type = safe_mime_type(mime_type)
    active = () if is_inert(mime_type) else ((b"content-security-policy", SANDBOX), _NO_REFERRER)
    return _Shown(
        validators,
        caching=(
            (b"etag", etag.encode()),
            (b"last-modified", http_date(validators.modified_s)),
            (b"cache-control", safe_field(cache_control, "no-cache").encode()),
        ),
        content=((b"content-type", mime_type.encode()), _ACCEPT_RANGES, NOSNIFF, *active),
    )


def _shown(info: StorageObject) -> _Shown:
    return _shown_as(info.etag, info.updated_at, info.cache_control, info.mime_type)
