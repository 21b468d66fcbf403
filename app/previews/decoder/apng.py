"""PNG files that move, in the decoder: Qt reads their first frame alone, so each is cut out as a PNG of its own.

Source: W3C, Portable Network Graphics (PNG) Specification (Third Edition), sections 5.3 and 11.3.6.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CONTROL: Final = struct.Struct(">IIIIIHHBB")
_HEADER: Final = struct.Struct(">II")
_FORMAT: Final = QImage.Format.Format_ARGB32_Premultiplied
_SHARED: Final = frozenset({b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"sBIT", b"iCCP"})
"""What counts for all frames."""

_CHUNKS_MAX: Final = 100_000
_SIDE_MAX: Final = 65_535
_TO_BACKGROUND, _TO_PREVIOUS = 1, 2
_OVER: Final = 1


@dataclass(frozen=True, slots=True)
class _Frame:
    """One frame as it stands in the file.

    Attributes:
        place: Where on the canvas.
        shown_ms: How long it stands.
        dispose: What becomes of its place afterwards.
        blend: Whether it is laid over what is there, or put in its stead.
        parts: Its compressed pixels.
    """

    place: QRect
    shown_ms: int
    dispose: int
    blend: int
    parts: list[bytes] = field(default_factory=list)


def moves(data: bytes) -> bool:
    """Return whether a file is a PNG of several frames."""
    if not data.startswith(_SIGNATURE):
        return False
    for kind, body in _chunks(data):
        if kind == b"acTL":
            return len(body) >= _HEADER.size and _HEADER.unpack_from(body)[0] > 1
        if kind == b"IDAT":
            return False
    return False


def count_of(data: bytes) -> int:
    """Return how many frames there are of a file of which `moves` is true, whatever it says itself."""
    return sum(kind == b"fcTL" for kind, _ in islice(_chunks(data), _CHUNKS_MAX))


def frames(data: bytes) -> Iterator[tuple[QImage, int]]:
    """Yield each frame as it is seen, and for how many milliseconds.

    Args:
        data: The whole file, of which `moves` is true.

    Raises:
        ValueError: A frame lies outside the picture, or cannot be read.
    """
    header, shared, found = _parsed(data)
    width, height = _HEADER.unpack_from(header)
    canvas = QImage(width, height, _FORMAT)
    canvas.fill(Qt.GlobalColor.transparent)
    for frame in found:
        if not canvas.rect().contains(frame.place) or frame.place.isEmpty():
            raise ValueError("a frame outside the picture")
        before = canvas.copy(frame.place)
        _paint(canvas, frame.place, _image(header, shared, frame), over=frame.blend == _OVER)
        yield canvas.copy(), frame.shown_ms
        if frame.dispose == _TO_PREVIOUS:
            _paint(canvas, frame.place, before, over=False)
        elif frame.dispose == _TO_BACKGROUND:
            before.fill(Qt.GlobalColor.transparent)
            _paint(canvas, frame.place, before, over=False)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _parsed(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]], list[_Frame]]:
    """Return the header, what counts for all frames, and the frames; a first picture that is none of them is left."""
    header = b""
    shared: list[tuple[bytes, bytes]] = []
    found: list[_Frame] = []
    for kind, body in _chunks(data):
        if kind == b"IHDR":
            header = body
        elif kind in _SHARED:
            shared.append((kind, body))
        elif kind == b"fcTL":
            found.append(_frame(body))
        elif kind == b"IDAT" and found:
            found[-1].parts.append(body)
        elif kind == b"fdAT" and found:
            found[-1].parts.append(body[4:])
    if len(header) < _HEADER.size:
        raise ValueError("no header")
    return header, shared, [frame for frame in found if frame.parts]


def _frame(body: bytes) -> _Frame:
    try:
        _, width, height, left, top, delay, parts, dispose, blend = _CONTROL.unpack_from(body)
    except struct.error as error:
        raise ValueError("a frame without a place") from error
    if max(width, height, left, top) > _SIDE_MAX:
        raise ValueError("a frame outside the picture")
    return _Frame(QRect(left, top, width, height), round(1000 * delay / (parts or 100)), dispose, blend)


def _image(header: bytes, shared: list[tuple[bytes, bytes]], frame: _Frame) -> QImage:
    size = _HEADER.pack(frame.place.width(), frame.place.height())
    chunks = [(b"IHDR", size + header[len(size) :]), *shared, (b"IDAT", b"".join(frame.parts)), (b"IEND", b"")]
    image = QImage.fromData(_SIGNATURE + b"".join(_written(kind, body) for kind, body in chunks))
    if image.size() != frame.place.size():
        raise ValueError("a frame that cannot be read")
    return image


def _written(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _paint(canvas: QImage, place: QRect, image: QImage, *, over: bool) -> None:
    mode = QPainter.CompositionMode
    with QPainter(canvas) as painter:
        painter.setCompositionMode(mode.CompositionMode_SourceOver if over else mode.CompositionMode_Source)
        painter.drawImage(place.topLeft(), image)
