"""Sound files: MP3, FLAC, Ogg, and RIFF (WAV, AVI).

Source: ID3v2.3 and 2.4; ISO/IEC 11172-3 for frame headers; RFC 9639 (FLAC); RFC 3533 (Ogg); RIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from app.previews.content import Ranged
from app.previews.media.found import Found

_HEAD_BYTES: Final = 64 * 1024
_TAG_MAX_BYTES: Final = 2 * 1024 * 1024 + 4096
_ID3_TEXTS: Final = {b"TIT2": "title", b"TPE1": "artist", b"TALB": "album", b"TYER": "year", b"TDRC": "year"}
_ID3_CODECS: Final = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_COMMENTS: Final = {"title": "title", "artist": "artist", "album": "album", "date": "year"}
_COMMENTS_MAX: Final = 200
_CHUNKS_MAX: Final = 200
_RATES_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def read_mp3(file: Ranged, size_bytes: int, found: Found) -> None:
    """Read an MP3 file; arguments as everywhere: the file, its length, what gets what it says."""
    found.container = "MP3"
    begin = _read_id3(file, found)
    file.seek(begin)
    head = file.read(_HEAD_BYTES)
    for place in range(min(len(head) - 4, 8192)):
        if head[place] == 0xFF and head[place + 1] & 0xE6 == 0xE2 and _frame(head, place, size_bytes - begin, found):
            return


def _frame(head: bytes, place: int, size_bytes: int, found: Found) -> bool:
    """Take what a frame of layer 3 says; returns whether it is one."""
    version, rate_index = head[place + 1] >> 3 & 3, head[place + 2] >> 2 & 3
    bits_index = head[place + 2] >> 4
    if version == 1 or rate_index == 3 or bits_index in (0, 15):
        return False
    found.codec("MP3")
    found.sample_rate_hz = _RATES_HZ[version][rate_index]
    found.channels = 1 if head[place + 3] >> 6 == 3 else 2
    found.bit_rate = (_KBITS_1 if version == 3 else _KBITS_2)[bits_index] * 1000
    samples = 1152 if version == 3 else 576
    for mark in (b"Xing", b"Info"):
        at = head.find(mark, place, place + 64)
        if at >= 0 and len(head) >= at + 12 and head[at + 7] & 1:
            found.duration_s = int.from_bytes(head[at + 8 : at + 12]) * samples / found.sample_rate_hz
            found.bit_rate = int(size_bytes * 8 / found.duration_s) if found.duration_s else 0
            return True
    found.duration_s, found.is_estimate = size_bytes * 8 / found.bit_rate, True
    return True


def _read_id3(file: Ranged, found: Found) -> int:
    """Take the tags before the sound; returns where the sound begins."""
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    length = _synchsafe(head[6:10])
    data = file.read(min(length, _TAG_MAX_BYTES))
    is_new = head[3] >= 4
    place = 0
    for _ in range(_COMMENTS_MAX):
        name, size = data[place : place + 4], data[place + 4 : place + 8]
        if len(size) < 4 or not name.strip(b"\0"):
            break
        count = _synchsafe(size) if is_new else int.from_bytes(size)
        _id3_frame(name, data[place + 10 : place + 10 + count], found)
        place += 10 + count
    return 10 + length


def _id3_frame(name: bytes, body: bytes, found: Found) -> None:
    if not body:
        return
    codec = _ID3_CODECS[body[0]] if body[0] < len(_ID3_CODECS) else "latin-1"
    if name in _ID3_TEXTS:
        text = body[1:1024].decode(codec, "replace").partition("\0")[0]
        found.tag(_ID3_TEXTS[name], text[:4] if _ID3_TEXTS[name] == "year" else text)
    elif name == b"APIC":
        mime_end = body.find(b"\0", 1)
        end = b"\0\0" if codec.startswith("utf-16") else b"\0"
        text_end = body.find(end, mime_end + 2)
        if 0 < mime_end < text_end:
            found.picture(body[text_end + len(end) :].lstrip(b"\0"))


def _synchsafe(data: bytes) -> int:
    return sum((byte & 0x7F) << shift for byte, shift in zip(data, (21, 14, 7, 0), strict=True))


def read_flac(file: Ranged, _size_bytes: int, found: Found) -> None:
    """Read a FLAC file."""
    found.container = "FLAC"
    found.codec("FLAC")
    file.seek(4)
    for _ in range(_CHUNKS_MAX):
        head = file.exactly(4)
        kind, length = head[0] & 0x7F, int.from_bytes(head[1:])
        after = file.tell() + length
        if kind in (0, 4, 6):
            _flac_block(kind, file.exactly(length), found)
        if head[0] & 0x80:
            return
        file.seek(after)


def _flac_block(kind: int, data: bytes, found: Found) -> None:
    if kind == 4:
        _take_comments(data, found)
    elif kind == 6:
        mime_length = int.from_bytes(data[4:8])
        text_length = int.from_bytes(data[8 + mime_length : 12 + mime_length])
        found.picture(data[12 + mime_length + text_length + 20 :])
    else:
        packed = int.from_bytes(data[10:18])
        found.sample_rate_hz, found.channels = packed >> 44, (packed >> 41 & 7) + 1
        samples = packed & 0xF_FFFF_FFFF
        found.duration_s = samples / found.sample_rate_hz if found.sample_rate_hz else 0.0


def _take_comments(data: bytes, found: Found) -> None:
    """Take Vorbis comments: the maker's name, then `NAME=text` each, all with their lengths before them."""
    place = 4 + int.from_bytes(data[:4], "little")
    count = int.from_bytes(data[place : place + 4], "little")
    place += 4
    for _ in range(min(count, _COMMENTS_MAX)):
        length = int.from_bytes(data[place : place + 4], "little")
        place += 4
        if place + length > len(data):
            return
        name, _, text = data[place : place + length].decode("utf-8", "replace").partition("=")
        if name.lower() in _COMMENTS:
            found.tag(_COMMENTS[name.lower()], text)
        place += length


def read_ogg(file: Ranged, size_bytes: int, found: Found) -> None:
    """Read an Ogg file."""
    found.container = "Ogg"
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    rate = 0
    if (at := head.find(b"\x01vorbis", 0, 256)) >= 0:
        found.codec("Vorbis")
        found.channels, rate = head[at + 11], int.from_bytes(head[at + 12 : at + 16], "little")
        found.sample_rate_hz = rate
    elif (at := head.find(b"OpusHead", 0, 256)) >= 0:
        found.codec("Opus")
        found.channels, rate, found.sample_rate_hz = head[at + 9], 48_000, 48_000
    elif head.find(b"\x80theora", 0, 256) >= 0:
        found.codec("Theora")
    for mark in (b"\x03vorbis", b"OpusTags"):
        if (at := head.find(mark)) >= 0:
            _take_comments(head[at + len(mark) :], found)
    file.seek(max(size_bytes - _HEAD_BYTES, 0))
    tail = file.read(_HEAD_BYTES)
    last = tail.rfind(b"OggS")
    if rate and last >= 0 and len(tail) >= last + 14:
        samples = int.from_bytes(tail[last + 6 : last + 14], "little", signed=True)
        found.duration_s = max(samples, 0) / rate


def read_riff(file: Ranged, size_bytes: int, found: Found) -> None:
    """Read a WAV or AVI file."""
    file.seek(0)
    form = file.exactly(12)[8:12]
    found.container = "AVI" if form == b"AVI " else "WAV"
    byte_rate = 0
    for kind, start, length in _chunks(file, 12, size_bytes):
        file.seek(start)
        if kind == b"fmt ":
            format_tag, found.channels, found.sample_rate_hz, byte_rate = struct.unpack("<HHII", file.exactly(12))
            found.codec({1: "PCM", 3: "PCM", 0x55: "MP3", 0xFFFE: "PCM"}.get(format_tag, ""))
            found.bit_rate = byte_rate * 8
        elif kind == b"data":
            found.duration_s = length / byte_rate if byte_rate else 0.0
            return
        elif kind == b"LIST" and file.exactly(4) == b"hdrl":
            _avi_head(file.exactly(8 + 56), found)
            return


def _avi_head(data: bytes, found: Found) -> None:
    frame_us, frames = struct.unpack_from("<I12xI", data, 8)
    found.width, found.height = struct.unpack_from("<II", data, 40)
    found.duration_s = frame_us * frames / 1e6


def _chunks(file: Ranged, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and length of the chunks in a range."""
    for _ in range(_CHUNKS_MAX):
        if start + 8 > end:
            return
        file.seek(start)
        kind, length = struct.unpack("<4sI", file.exactly(8))
        yield kind, start + 8, min(length, end - start - 8)
        start += 8 + length + (length & 1)
