"""Texts from before Unicode, and UTF-16 without a mark: told by in which encoding they make sense.

None of it is certain. What is no sense in any of these is left to others.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_GLANCE_BYTES: Final = 8192
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_HIGH_MIN: Final = 8
_RUN_MIN_BYTES: Final = 3.0
"""Letters of Latin scripts that are not ASCII stand alone; those of other scripts stand together."""

_MIXED_RUN_MIN_BYTES: Final = 1.2
"""The same where the second half of a letter may be ASCII."""

_WIDE_MIN_CHARS: Final = 12
_ASCII: Final = bytes({*range(0x20, 0x7F)} | set(b"\t\n\r"))
_ASCII_SHARE_MAX: Final = 0.9
_SENSE_MIN: Final = 0.9
_KANA_MIN: Final = 0.2
_PLAIN: Final = re.compile("[\t\n\r\x20-\x7e]")
_KANA: Final = re.compile("[\u3041-\u30fe]")
_HAN: Final = re.compile("[\u3000-\u303f\u3041-\u30fe\u4e00-\u9fff\uff01-\uff5e]")
_HANGUL: Final = re.compile("[\uac00-\ud7a3\u3000-\u303f]")
_COMMON_MIN: Final = 0.55
_ODD_MAX: Final = 0.02
_CLEAR: Final = 1.2
"""By so much the letters that are common in one alphabet have to be more than those of the next: the same bytes are
letters in all of them."""

_WORDS: Final = re.compile(
    "[\t\n\r\x20-\x7e\u00a0-\u017f\u0370-\u03ff\u0400-\u04ff\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f"
    "\u2010-\u203a\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]"
)
_BREAKS: Final = re.compile("[\n\x20\u3000-\u3002]")


@dataclass(frozen=True, slots=True)
class Legacy:
    """An encoding that may be meant.

    Attributes:
        codec: What Python calls it.
        text: What people call it.
    """

    codec: str
    text: str


@dataclass(frozen=True, slots=True)
class _Alphabet:
    """An encoding of an alphabet.

    Attributes:
        legacy: The encoding.
        letters: What is written in it.
        common: The letters that are most of a text.
        odd: Letters in an order in which no word has them, such as one that only ends words before another.
        kin: The same for encodings that differ in a few letters only.
    """

    legacy: Legacy
    letters: re.Pattern[str]
    common: str
    odd: re.Pattern[str]
    kin: str


def legacy_of(head: bytes) -> Legacy | None:
    """Return the encoding from before Unicode in which bytes make sense, or None.

    Args:
        head: The first bytes of what is no UTF-8.
    """
    glance = head[:_GLANCE_BYTES]
    runs = _HIGH_RUN.findall(glance)
    high = sum(map(len, runs))
    if high < _HIGH_MIN:
        return None
    for found, makes_sense, run_min in _CANDIDATES:
        text = _decoded(glance, found.codec) if high / len(runs) >= run_min else None
        if text is not None and makes_sense(text):
            return found
    return _alphabet_of(glance) if high / len(runs) >= _RUN_MIN_BYTES else None


def wide_of(head: bytes) -> Legacy | None:
    """Return the kind of UTF-16 in which bytes make sense, also where few of its letters are Latin, or None.

    Args:
        head: The first bytes of what has bytes in it that are in no other text.
    """
    glance = head[: _GLANCE_BYTES & ~1]
    strange = glance.translate(None, _ASCII)
    if len(glance) < 2 * _WIDE_MIN_CHARS or len(strange) <= len(glance) * (1 - _ASCII_SHARE_MAX):
        return None
    kinds = (Legacy("utf-16-le", "UTF-16 LE"), Legacy("utf-16-be", "UTF-16 BE"))
    sound = [kind for kind in kinds if _is_wide(_decoded(glance, kind.codec))]
    return sound[0] if len(sound) == 1 else None


def _is_wide(text: str | None) -> bool:
    return bool(text) and _share(_WORDS, text or "") >= _SENSE_MIN and bool(_BREAKS.search(text or ""))


def _alphabet_of(glance: bytes) -> Legacy | None:
    """Return the one of all alphabets whose common letters are most of the letters, by far, or None."""
    shares = [(_common_share(glance, alphabet), alphabet) for alphabet in _ALPHABETS]
    best, found = max(shares, key=lambda share: share[0])
    others = [share for share, alphabet in shares if alphabet.kin != found.kin]
    return found.legacy if best >= max(_COMMON_MIN, _CLEAR * max(others)) else None


def _common_share(glance: bytes, alphabet: _Alphabet) -> float:
    """Return how many of the letters that are not Latin are common ones, or nothing where they are no such letters."""
    text = glance.decode(alphabet.legacy.codec, "replace")
    letters = _PLAIN.sub("", text)
    if _share(alphabet.letters, letters) < _SENSE_MIN or len(alphabet.odd.findall(text)) > len(letters) * _ODD_MAX:
        return 0.0
    return sum(map(letters.count, alphabet.common)) / len(letters)


def _is_japanese(text: str) -> bool:
    letters = _PLAIN.sub("", text)
    return bool(letters) and _share(_HAN, letters) >= _SENSE_MIN and _share(_KANA, letters) >= _KANA_MIN


def _is_korean(text: str) -> bool:
    letters = _PLAIN.sub("", text)
    return bool(letters) and _share(_HANGUL, letters) >= _SENSE_MIN


def _is_chinese(codec: str, last_common: int) -> Callable[[str], bool]:
    """Return the question whether nearly all letters of a text are among the common ones, which come first."""

    def is_it(text: str) -> bool:
        letters = [letter.encode(codec, "replace") for letter in _PLAIN.sub("", text)]
        common = sum(len(pair) == 2 and 0xA1 <= pair[0] <= last_common for pair in letters)
        plain = sum(len(pair) == 2 and (codec != "gb18030" or pair[1] >= 0xA1) for pair in letters)
        return bool(letters) and min(common, plain) >= len(letters) * _SENSE_MIN

    return is_it


def _share(pattern: re.Pattern[str], text: str) -> float:
    return len(pattern.findall(text)) / len(text)


def _decoded(data: bytes, codec: str) -> str | None:
    """Return a text, without a letter that is cut at its end, or None where it is none."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(data)
    except UnicodeDecodeError:
        return None


_CANDIDATES: Final = (
    (Legacy("cp932", "Shift JIS"), _is_japanese, _MIXED_RUN_MIN_BYTES),
    (Legacy("euc_jp", "EUC-JP"), _is_japanese, _RUN_MIN_BYTES),
    (Legacy("cp949", "EUC-KR"), _is_korean, _RUN_MIN_BYTES),
    (Legacy("gb18030", "GB 18030"), _is_chinese("gb18030", 0xD7), _RUN_MIN_BYTES),
    (Legacy("cp950", "Big5"), _is_chinese("cp950", 0xC6), _MIXED_RUN_MIN_BYTES),
)
"""With the question whether it makes sense, the narrower first, and how long its runs are at least."""

_QUOTES: Final = "\u00a0\u00ab\u00bb\u2013-\u2026\u2116"
_CYRILLIC: Final = ("оеаинтсрвлі", re.compile("[\u0430-\u045f][\u0400-\u042f]"))
_ALPHABETS: Final = (
    _Alphabet(
        Legacy("cp1251", "Windows-1251"), re.compile(f"[{_QUOTES}\u0400-\u045f\u0490\u0491]"), *_CYRILLIC, "windows",
    ),
    _Alphabet(Legacy("koi8_r", "KOI8-R"), re.compile("[\u0400-\u045f]"), *_CYRILLIC, "koi8"),
    _Alphabet(Legacy("koi8_u", "KOI8-U"), re.compile("[\u0400-\u045f\u0490\u0491]"), *_CYRILLIC, "koi8"),
    _Alphabet(
        Legacy("cp1253", "Windows-1253"), re.compile(f"[{_QUOTES}\u0384-\u03ce]"), "αοιετσνηυρςάέίό",
        re.compile("\u03c2[\u03ac-\u03ce]|[\u03ac-\u03ce][\u0386-\u03ab]"), "greek",
    ),
    _Alphabet(
        Legacy("cp1255", "Windows-1255"), re.compile(f"[{_QUOTES}\u05b0-\u05f4]"), "יוהלאתרבמש",
        re.compile("[ךםןףץ][\u05d0-\u05ea]"), "hebrew",
    ),
    _Alphabet(
        Legacy("cp1256", "Windows-1256"), re.compile(f"[{_QUOTES}\u060c-\u06d2]"), "اليمونرتبة",
        re.compile("[\u0629\u0649][\u0621-\u064a]"), "arabic",
    ),
)  # fmt: skip
