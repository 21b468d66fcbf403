"""A look at a sound or film file: its cover where it has one, and what it says about itself."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from app.formats import number_text
from app.i18n import translate
from app.previews.content import Content, Ranged, TooMuch
from app.previews.decoder.client import CantShow, Decoder
from app.previews.media.found import Found
from app.previews.media.matroska import read_matroska
from app.previews.media.mp4 import read_mp4
from app.previews.media.sounds import read_flac, read_mp3, read_ogg, read_riff
from app.previews.pictures import picture_from
from app.previews.shapes import EmptyBody, Fact, Inside

_READS_MAX: Final = 4_000
_BYTES_MAX: Final = 8 * 1024 * 1024
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DURATION_MAX_S: Final = 100_000 * _HOUR_S

Read = Callable[[Ranged, int, Found], None]


def media_of(content: Content, decoder: Decoder, edge_px: int) -> Inside:
    """Return a look at a sound or film file.

    Args:
        content: The file.
        decoder: What decodes its cover.
        edge_px: Longest side of the cover that is wanted.
    """
    found = Found()
    reader = _reader(content.read_at(0, 64))
    if reader is not None:
        with suppress(EOFError, ValueError, struct.error, TooMuch, IndexError, OverflowError):
            reader(Ranged(content, _READS_MAX, _BYTES_MAX), content.size_bytes, found)
    facts = facts_of(found)
    note = "" if len(facts) > 1 else translate("Previews", "It says nothing about itself that can be read.")
    if found.cover:
        with suppress(CantShow):
            answer = decoder.ask("picture", content.token, (found.cover,), edge_px=edge_px, moving=False)
            return Inside(picture_from(answer), facts=facts, note=note)
    return Inside(EmptyBody(""), facts=facts, note=note)


def _reader(head: bytes) -> Read | None:
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return read_mp4
    marks: tuple[tuple[bytes, Read], ...] = (
        (b"\x1a\x45\xdf\xa3", read_matroska),
        (b"fLaC", read_flac),
        (b"OggS", read_ogg),
        (b"RIFF", read_riff),
        (b"ID3", read_mp3),
        (b"\xff", read_mp3),
    )
    return next((read for mark, read in marks if head.startswith(mark)), None)


def facts_of(found: Found) -> tuple[Fact, ...]:
    """Return what was found, for people."""
    facts: list[Fact] = []
    for name, text in (
        (translate("Previews", "Title"), found.tags.get("title", "")),
        (translate("Previews", "Artist"), found.tags.get("artist", "")),
        (translate("Previews", "Album"), found.tags.get("album", "")),
        (translate("Previews", "Year"), found.tags.get("year", "")),
        (translate("Previews", "Duration"), _duration(found)),
        (translate("Previews", "Dimensions"), f"{found.width:,} × {found.height:,}" if found.width else ""),
        (translate("Previews", "Container"), found.container),
        (translate("Previews", "Codec"), ", ".join(found.codecs)),
        (translate("Previews", "Sound"), _sound(found)),
    ):
        if text:
            facts.append((name, text))
    return tuple(facts)


def _duration(found: Found) -> str:
    if not 0 < found.duration_s < _DURATION_MAX_S:
        return ""
    whole = max(round(found.duration_s), 1)
    minutes, seconds = divmod(whole, _MINUTE_S)
    hours, minutes = divmod(minutes, _MINUTE_S)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return translate("Previews", "about {time}").format(time=text) if found.is_estimate else text


def _sound(found: Found) -> str:
    parts: list[str] = []
    if found.sample_rate_hz:
        parts.append(f"{found.sample_rate_hz / 1000:g} kHz")
    if found.channels:
        names = {1: translate("Previews", "mono"), 2: translate("Previews", "stereo")}
        parts.append(names.get(found.channels) or translate("Previews", "%Ln channel(s)", None, found.channels))
    if found.bit_rate:
        parts.append(f"{number_text(round(found.bit_rate / 1000))} kbit/s")
    return ", ".join(parts)
