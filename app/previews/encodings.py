"""In what encoding a text is written: told by its mark, by being UTF-8, or guessed, and then said so."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from app.i18n import translate
from app.previews.legacy import legacy_of, wide_of

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 LE"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 BE"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
)
_CONTROLS: Final = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r\b\x1b"))
_HIGH: Final = bytes(range(0x80, 0x100))
_SOUND: Final = re.compile(
    b"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|"
    b"[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
"""A character in UTF-8."""

_SOUND_SHARE_MIN: Final = 0.8
_GLANCE_BYTES: Final = 8192
_HIGH_SHARE_MAX: Final = 0.3
_WIDE_ZEROS_MIN: Final = 0.7


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text is written.

    Attributes:
        codec: What Python calls it.
        mark_bytes: How long the mark at its beginning is.
        text: What people call it, and whether it is a guess.
    """

    codec: str
    mark_bytes: int
    text: str


def encoding_of(head: bytes, *, whole: bool) -> Encoding:
    """Return in what encoding a text is written.

    Args:
        head: Its first bytes.
        whole: Whether these are all of it; else a character may be cut at their end.
    """
    for mark, codec, text in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, len(mark), translate("Encodings", "{encoding} with a mark").format(encoding=text))
    if wide := _wide(head):
        codec, text = wide, "UTF-16 LE" if wide.endswith("le") else "UTF-16 BE"
    elif _has_controls(head[:_GLANCE_BYTES]) and (far := wide_of(head)) is not None:
        codec, text = far.codec, far.text
    elif _is_utf8(head, whole=whole):
        return Encoding("utf-8", 0, "ASCII" if head.isascii() else "UTF-8")
    elif _is_nearly_utf8(head):
        codec, text = "utf-8", "UTF-8"
    else:
        legacy = legacy_of(head)
        codec, text = (legacy.codec, legacy.text) if legacy is not None else ("cp1252", "Windows-1252")
    return Encoding(codec, 0, translate("Encodings", "{encoding}, guessed").format(encoding=text))


def looks_like_text(head: bytes) -> bool:
    """Return whether bytes are a text in some encoding that `encoding_of` can tell."""
    glance = head[:_GLANCE_BYTES]
    if any(glance.startswith(mark) for mark, _, _ in _MARKS):
        return True
    if _wide(glance):
        return True
    if _has_controls(glance):
        return wide_of(glance) is not None
    high = len(glance) - len(glance.translate(None, _HIGH))
    if _is_utf8(glance, whole=False) or high <= len(glance) * _HIGH_SHARE_MAX:
        return True
    return _is_nearly_utf8(glance) or legacy_of(glance) is not None


def _has_controls(data: bytes) -> bool:
    """Return whether there are bytes of which no text has any, but for those in units of 16 bits."""
    return len(data.translate(None, _CONTROLS)) < len(data)


def _is_utf8(data: bytes, *, whole: bool) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(data, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _is_nearly_utf8(data: bytes) -> bool:
    """Return whether nearly all that is not ASCII is UTF-8, as in a text in which a few bytes are damaged."""
    high = len(data) - len(data.translate(None, _HIGH))
    return high > 0 and len(data) - len(_SOUND.sub(b"", data)) >= high * _SOUND_SHARE_MIN


def _wide(data: bytes) -> str:
    """Return the kind of UTF-16 in which every second byte is zero, as where Latin letters are written so."""
    glance = data[: _GLANCE_BYTES & ~1]
    half = len(glance) // 2
    if half < 2:
        return ""
    for codec, zeros, letters in (("utf-16-le", glance[1::2], glance[::2]), ("utf-16-be", glance[::2], glance[1::2])):
        if zeros.count(0) >= half * _WIDE_ZEROS_MIN and letters.count(0) == 0:
            return codec
    return ""
