"""Multipart uploads, read as they come: text fields first, then one file that is never held whole.

Source: RFC 7578; Supabase's clients (storage-js names the file part `""`, storage3 names it `file`).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from engine.errors import InvalidRequest
from engine.server import bounds
from engine.server.errors import BodyTooLarge

_quiet = logging.getLogger("holdall.multipart")
_quiet.setLevel(logging.CRITICAL)  # malformed forms are told to those who sent them

_FILE_FIELDS: Final = frozenset({"", "file"})


def boundary_of(content_type: str | None) -> bytes | None:
    """Return the boundary of a multipart body, or None when the body is something else.

    Args:
        content_type: The request's field.

    Raises:
        InvalidRequest: Multipart without a boundary.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return None
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidRequest("multipart body has no boundary")
    return boundary


@dataclass(frozen=True, slots=True)
class FilePart:
    """The head of the file, and what was said before it.

    Attributes:
        mime_type: The part's own Content-Type, or None.
        fields: Text fields by name.
    """

    mime_type: str | None
    fields: Mapping[str, str]


class UploadForm:
    """One multipart body: `head()` first, then `pieces()` to the end.

    Args:
        boundary: Between the parts.
        body: The raw body, piece by piece.
    """

    def __init__(self, boundary: bytes, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._parts = _Parts()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._parts.begin,
                    "on_header_field": self._parts.header_name,
                    "on_header_value": self._parts.header_value,
                    "on_header_end": self._parts.header_end,
                    "on_headers_finished": self._parts.headers_end,
                    "on_part_data": self._parts.data,
                    "on_part_end": self._parts.end,
                    "on_end": self._parts.finish,
                },
            )
        except FormParserError as error:
            raise InvalidRequest("multipart boundary is malformed") from error
        self._parser.logger = _quiet

    async def head(self) -> FilePart:
        """Read up to the first byte of the file.

        Raises:
            InvalidRequest: Malformed, or there is no file.
            BodyTooLarge: A field is larger than `bounds.FORM_FIELD_MAX_BYTES`.
            ClientGone: The client left.
        """
        while self._parts.file is None and await self._feed():
            pass
        if self._parts.file is None:
            raise InvalidRequest("multipart body has no file")
        return self._parts.file

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes; afterwards the body is read to its end.

        Raises:
            InvalidRequest: Malformed, cut off, or with a second file.
            ClientGone: The client left.
        """
        while True:
            while self._parts.content:
                yield self._parts.content.popleft()
            if not await self._feed():
                break
        if not self._parts.complete:
            raise InvalidRequest("multipart body ends too early")

    async def _feed(self) -> bool:
        data = await anext(self._body, None)
        if data is None:
            return False
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InvalidRequest("multipart body is malformed") from error
        return True


class _Parts:
    """Collects what the parser calls out: small things in fields, the file's bytes in a queue."""

    def __init__(self) -> None:
        self.file: FilePart | None = None
        self.content: deque[bytes] = deque()
        self.complete = False
        self._fields: dict[str, str] = {}
        self._count = 0
        self._headers: dict[str, str] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._field = bytearray()
        self._in_file = False

    def begin(self) -> None:
        self._count += 1
        if self._count > bounds.FORM_FIELDS_MAX:
            raise InvalidRequest("multipart body has too many parts")
        self._headers = {}
        self._field = bytearray()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name, self._value = bytearray(), bytearray()

    def headers_end(self) -> None:
        options = self._disposition()
        self._in_file = b"filename" in options or self._field_name(options) in _FILE_FIELDS
        if not self._in_file:
            return
        if self.file is not None:
            raise InvalidRequest("multipart body has more than one file")
        self.file = FilePart(self._headers.get("content-type"), dict(self._fields))

    def data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.content.append(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > bounds.FORM_FIELD_MAX_BYTES:
            raise BodyTooLarge("A field of the multipart body is too large")

    def end(self) -> None:
        if not self._in_file:
            self._fields[self._field_name(self._disposition())] = self._field.decode("utf-8", "replace")
        self._in_file = False

    def finish(self) -> None:
        self.complete = True

    def _disposition(self) -> dict[bytes, bytes]:
        return parse_options_header(self._headers.get("content-disposition", ""))[1]

    @staticmethod
    def _field_name(options: Mapping[bytes, bytes]) -> str:
        return options.get(b"name", b"").decode("latin-1")
