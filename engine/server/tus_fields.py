"""The header fields of resumable uploads, checked as strictly as the protocol says.

Source: tus resumable upload protocol 1.0.0.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidRequest
from engine.server.errors import NoOffsetBody, PartDamaged, WrongTusVersion
from engine.server.exchange import Exchange

if TYPE_CHECKING:
    from hashlib import _Hash

VERSION: Final = "1.0.0"
"""The one version of the protocol."""

EXTENSIONS: Final = "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum"
"""What of the protocol is spoken beside its core."""

OFFSET_BODY: Final = "application/offset+octet-stream"
"""The type of bodies that are parts."""

_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)
_KEY: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]+")
_ALGORITHMS: Final[Mapping[str, Callable[[], _Hash]]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}
ALGORITHMS: Final = ",".join(_ALGORITHMS)
"""Checksums that a part may come with."""


class PartChecksum:
    """The checksum that a part is to have.

    Args:
        algorithm: One of `ALGORITHMS`.
        expected: The digest that was sent.
    """

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self._hash = _ALGORITHMS[algorithm]()
        self._expected = expected

    def update(self, data: bytes) -> None:
        """Add the part's next bytes.

        Args:
            data: In order.
        """
        self._hash.update(data)

    def check(self) -> None:
        """Hold the whole part against what was sent.

        Raises:
            PartDamaged: They differ.
        """
        if not hmac.compare_digest(self._hash.digest(), self._expected):
            raise PartDamaged("Checksum mismatch")


def check_version(exchange: Exchange) -> None:
    """Refuse clients of another protocol.

    Args:
        exchange: The request.

    Raises:
        WrongTusVersion: Tus-Resumable is missing, or another version.
    """
    if exchange.header(b"tus-resumable") != VERSION:
        raise WrongTusVersion(f"Tus-Resumable must be {VERSION}")


def is_offset_body(exchange: Exchange) -> bool:
    """Return whether a request's body says that it is a part.

    Args:
        exchange: The request.
    """
    return (exchange.header(b"content-type") or "").partition(";")[0].strip().lower() == OFFSET_BODY


def check_offset_body(exchange: Exchange) -> None:
    """Refuse a body that does not say that it is a part.

    Args:
        exchange: The request.

    Raises:
        NoOffsetBody: Content-Type is missing, or another type.
    """
    if not is_offset_body(exchange):
        raise NoOffsetBody(f"Content-Type must be {OFFSET_BODY}")


def offset_of(exchange: Exchange) -> int:
    """Return where the client goes on, in bytes.

    Args:
        exchange: The request.

    Raises:
        InvalidRequest: Upload-Offset is missing or no number.
    """
    offset = _number(exchange, b"upload-offset")
    if offset is None:
        raise InvalidRequest("Upload-Offset is missing")
    return offset


def said_length(exchange: Exchange) -> int | None:
    """Return how many bytes the client says that there will be, or None if it does not.

    Args:
        exchange: The request.

    Raises:
        InvalidRequest: Upload-Length is no number.
    """
    return _number(exchange, b"upload-length")


def creation_length(exchange: Exchange) -> int | None:
    """Return how many bytes a new upload will have, or None if that is said later.

    Args:
        exchange: The request.

    Raises:
        InvalidRequest: Neither is said, or both, or something else.
    """
    length, deferred = said_length(exchange), exchange.header(b"upload-defer-length")
    if deferred not in (None, "1"):
        raise InvalidRequest("Upload-Defer-Length must be 1")
    if (length is None) == (deferred is None):
        raise InvalidRequest("Either Upload-Length or Upload-Defer-Length must be sent")
    return length


def metadata_of(text: str) -> Mapping[str, str]:
    """Return what a client says about its upload.

    Args:
        text: Upload-Metadata: names with their values in base64.

    Raises:
        InvalidRequest: It is not of that form, or names something twice.
    """
    values: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        name, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(name) or name in values:
            raise InvalidRequest("Upload-Metadata is malformed")
        values[name] = _text(_decoded(encoded.strip()))
    return values


def checksum_of(exchange: Exchange) -> PartChecksum | None:
    """Return the checksum that the body is to have, if the client says so.

    Args:
        exchange: The request.

    Raises:
        InvalidRequest: Upload-Checksum is malformed, or of an algorithm that is not spoken here.
    """
    field = exchange.header(b"upload-checksum")
    if field is None:
        return None
    algorithm, _, encoded = field.strip().partition(" ")
    if algorithm not in _ALGORITHMS:
        raise InvalidRequest(f"Upload-Checksum must be one of {ALGORITHMS}")
    return PartChecksum(algorithm, _decoded(encoded.strip()))


def _number(exchange: Exchange, name: bytes) -> int | None:
    text = exchange.header(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidRequest(f"{name.decode().title()} must be a whole number")
    return int(text)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("A value is not valid base64") from error


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("A value of Upload-Metadata is not UTF-8") from error
