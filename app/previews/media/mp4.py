"""MP4, QuickTime and their kin.

Source: ISO/IEC 14496-12, boxes; QuickTime File Format, metadata lists.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from app.previews.content import Ranged
from app.previews.media.found import Found

_BOX: Final = struct.Struct(">I4s")
_SMALL_MAX_BYTES: Final = 1024
_COVER_MAX_BYTES: Final = 2 * 1024 * 1024
_INSIDE: Final = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"ilst")
_DEPTH_MAX: Final = 8
_TAGS: Final = {b"\xa9nam": "title", b"\xa9ART": "artist", b"\xa9alb": "album", b"\xa9day": "year"}
_CODECS: Final = {
    b"avc1": "H.264", b"avc3": "H.264", b"hvc1": "H.265", b"hev1": "H.265", b"av01": "AV1", b"vp09": "VP9",
    b"mp4v": "MPEG-4", b"mp4a": "AAC", b"alac": "ALAC", b"Opus": "Opus", b"ac-3": "AC-3", b"ec-3": "E-AC-3",
    b"fLaC": "FLAC", b"apcn": "ProRes", b"jpeg": "JPEG",
}  # fmt: skip
_SOUNDS: Final = frozenset({b"mp4a", b"alac", b"Opus", b"ac-3", b"ec-3", b"fLaC"})


def read_mp4(file: Ranged, size_bytes: int, found: Found) -> None:
    """Read a file.

    Args:
        file: The file.
        size_bytes: Its length.
        found: Gets what it says.
    """
    found.container = "QuickTime" if b"qt  " in file.read(32) else "MP4"
    _walk(file, 0, size_bytes, found, 0)


def _walk(file: Ranged, start: int, end: int, found: Found, depth: int) -> None:
    for kind, body, stop in _boxes(file, start, end):
        if kind in _INSIDE and depth < _DEPTH_MAX:
            _walk(file, body, stop, found, depth + 1)
        elif kind == b"meta" and depth < _DEPTH_MAX:
            _walk(file, body + 4, stop, found, depth + 1)
        elif kind in _TAGS or kind == b"covr":
            _tag(file, kind, body, stop, found)
        elif kind in (b"mvhd", b"tkhd", b"stsd"):
            file.seek(body)
            data = file.read(min(stop - body, _SMALL_MAX_BYTES))
            {b"mvhd": _movie, b"tkhd": _track, b"stsd": _sample}[kind](data, found)


def _boxes(file: Ranged, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and end of the boxes in a range; a length that can't be ends them."""
    while start + _BOX.size <= end:
        file.seek(start)
        length, kind = _BOX.unpack(file.exactly(_BOX.size))
        body = start + _BOX.size
        if length == 1:
            length = int.from_bytes(file.exactly(8))
            body += 8
        elif length == 0:
            length = end - start
        if length < body - start:
            return
        yield kind, body, min(start + length, end)
        start += length


def _movie(data: bytes, found: Found) -> None:
    scale, duration = struct.unpack_from(">IQ", data, 20) if data[0] else struct.unpack_from(">II", data, 12)
    if scale and duration not in (0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF):
        found.duration_s = max(found.duration_s, duration / scale)


def _track(data: bytes, found: Found) -> None:
    width, height = struct.unpack_from(">II", data, 88 if data[0] else 76)
    if width >> 16 and height >> 16:
        found.width, found.height = width >> 16, height >> 16


def _sample(data: bytes, found: Found) -> None:
    kind = data[12:16]
    found.codec(_CODECS.get(kind, ""))
    if kind in _SOUNDS:
        found.channels, _, _, _, rate = struct.unpack_from(">HHHHI", data, 32)
        found.sample_rate_hz = rate >> 16


def _tag(file: Ranged, kind: bytes, body: int, stop: int, found: Found) -> None:
    for inner, start, end in _boxes(file, body, stop):
        if inner != b"data":
            continue
        file.seek(start + 8)
        if kind == b"covr":
            if end - start <= _COVER_MAX_BYTES:
                found.picture(file.read(end - start - 8))
        else:
            found.tag(_TAGS[kind], file.read(min(end - start - 8, _SMALL_MAX_BYTES)).decode("utf-8", "replace"))
        return
