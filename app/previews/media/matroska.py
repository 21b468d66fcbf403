"""Matroska and WebM.

Source: RFC 8794 (EBML) and RFC 9559 (Matroska).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from app.previews.content import Ranged
from app.previews.media.found import Found

_SMALL_MAX_BYTES: Final = 1024
_INSIDE: Final = frozenset({0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0, 0xE1})
_CLUSTER: Final = 0x1F43B675
_DOC_TYPE: Final = 0x4282
_SCALE: Final = 0x2AD7B1
_DURATION: Final = 0x4489
_TITLE: Final = 0x7BA9
_CODEC: Final = 0x86
_WIDTH: Final = 0xB0
_HEIGHT: Final = 0xBA
_RATE: Final = 0xB5
_CHANNELS: Final = 0x9F
_WANTED: Final = frozenset({_DOC_TYPE, _SCALE, _DURATION, _TITLE, _CODEC, _WIDTH, _HEIGHT, _RATE, _CHANNELS})
_DEPTH_MAX: Final = 6
_SCALE_USUAL_NS: Final = 1_000_000
_CODECS: Final = {
    "V_MPEG4/ISO/AVC": "H.264", "V_MPEGH/ISO/HEVC": "H.265", "V_VP8": "VP8", "V_VP9": "VP9", "V_AV1": "AV1",
    "A_AAC": "AAC", "A_OPUS": "Opus", "A_VORBIS": "Vorbis", "A_FLAC": "FLAC", "A_AC3": "AC-3", "A_EAC3": "E-AC-3",
    "A_MPEG/L3": "MP3", "A_DTS": "DTS", "S_TEXT/UTF8": "SRT",
}  # fmt: skip


def read_matroska(file: Ranged, size_bytes: int, found: Found) -> None:
    """Read a file.

    Args:
        file: The file.
        size_bytes: Its length.
        found: Gets what it says.
    """
    found.container = "Matroska"
    values: dict[int, bytes] = {}
    _walk(file, 0, size_bytes, found, values, 0)
    scale_ns = int.from_bytes(values.get(_SCALE, b"")) or _SCALE_USUAL_NS
    found.duration_s = _number(values.get(_DURATION, b"")) * scale_ns / 1e9


def _walk(file: Ranged, start: int, end: int, found: Found, values: dict[int, bytes], depth: int) -> None:
    for kind, body, stop in _elements(file, start, end):
        if kind == _CLUSTER:
            return
        if kind in _INSIDE and depth < _DEPTH_MAX:
            _walk(file, body, stop, found, values, depth + 1)
        elif kind in _WANTED:
            file.seek(body)
            data = file.read(min(stop - body, _SMALL_MAX_BYTES))
            values[kind] = data
            _take(kind, data, found)


def _take(kind: int, data: bytes, found: Found) -> None:
    text = data.rstrip(b"\0").decode("utf-8", "replace")
    if kind == _DOC_TYPE and text == "webm":
        found.container = "WebM"
    elif kind == _CODEC:
        found.codec(_CODECS.get(text, text.partition("_")[2][:20]))
    elif kind == _TITLE:
        found.tag("title", text)
    elif kind in (_WIDTH, _HEIGHT):
        setattr(found, "width" if kind == _WIDTH else "height", min(int.from_bytes(data), 1_000_000))
    elif kind == _RATE:
        found.sample_rate_hz = int(_number(data))
    elif kind == _CHANNELS:
        found.channels = min(int.from_bytes(data), 64)


def _elements(file: Ranged, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield id, begin and end of the elements in a range; what can't be ends them."""
    while start + 2 <= end:
        file.seek(start)
        head = file.read(12)
        kind, id_bytes = _variable(head, 0, keep_mark=True)
        length, length_bytes = _variable(head, id_bytes, keep_mark=False)
        if not id_bytes or not length_bytes:
            return
        body = start + id_bytes + length_bytes
        is_unknown = length == (1 << (7 * length_bytes)) - 1
        stop = end if is_unknown else min(body + length, end)
        yield kind, body, stop
        start = stop


def _variable(data: bytes, place: int, *, keep_mark: bool) -> tuple[int, int]:
    """Return a number of variable length and how long it is; length 0 where there is none."""
    if place >= len(data) or not data[place]:
        return 0, 0
    length = 9 - data[place].bit_length()
    if place + length > len(data):
        return 0, 0
    value = int.from_bytes(data[place : place + length])
    return (value if keep_mark else value & ((1 << (7 * length)) - 1)), length


def _number(data: bytes) -> float:
    """Return a floating-point number that can be counted with, or 0."""
    if len(data) not in (4, 8):
        return 0.0
    value = float(struct.unpack(">f" if len(data) == 4 else ">d", data)[0])
    return value if 0 <= value < 1e15 else 0.0
