"""From object paths to names a file system can hold, injectively.

A segment stays as it is wherever it can. `%` is the escape character: `%XX` stands for a byte of UTF-8, `%`
alone for the empty segment, and a segment too long for a file system keeps its beginning and ends in `%~` and
its SHA-256. No two paths map to one physical path on a file system that tells all names apart; on one that does
not (case, Unicode normalisation), and where a file stands in the way of a folder, the commit gives the later object
a spare path. The row records the physical path, so nothing is computed back but where the rows are lost
(`original`).

Source: specification, "Path Mapping"; Windows naming rules (reserved names and characters).
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from typing import Final

from engine import limits

ASIDE_FOLDER: Final = "%conflict"
"""Folder of spare paths inside a bucket's folder; no escaped segment reads like this."""

_PORTABLE_FORBIDDEN: Final = re.compile(r'[<>:"\\|?*%\x00-\x1f]|[. ]$')
_PLAIN_FORBIDDEN: Final = re.compile(r"[%\x00]")
_RESERVED: Final = re.compile(r"(?i)^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$| )")
_ESCAPES: Final = re.compile(r"(?:%[0-9A-F]{2})+")
_SHORTENED: Final = re.compile(r"%~([0-9a-f]{64})$")
_SPARE_PREFIX: Final = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-")
_DIGEST_SHOWN: Final = 16
_FOUND_FOLDER: Final = "recovered"
"""Folder of objects of which only the last segment is known."""


class NameMapper:
    """Maps paths to physical paths for one kind of file system.

    Args:
        portable: Whether names must also suit Windows.
    """

    def __init__(self, *, portable: bool = os.name == "nt") -> None:
        self._portable = portable
        self._forbidden = _PORTABLE_FORBIDDEN if portable else _PLAIN_FORBIDDEN

    def natural(self, path: str) -> str:
        """Return the physical path of an object path, `/` between segments."""
        if len(path) <= limits.SEGMENT_MAX_BYTES // 4 and not self._portable and self._is_plain(path):
            return path
        return "/".join(self.segment(segment) for segment in path.split("/"))

    def spare(self, path: str, version: str) -> str:
        """Return a physical path of its own for one version of an object, its name still readable."""
        leaf = path.rstrip("/").rpartition("/")[2]
        return f"{ASIDE_FOLDER}/{version}-{self.segment(leaf)}"

    def segment(self, segment: str) -> str:
        """Return the physical name of one segment."""
        if not segment:
            return "%"
        escaped = self._forbidden.sub(_escape, segment)
        if self._portable:
            escaped = _RESERVED.sub(lambda match: _escape_text(match[0][0]) + match[0][1:], escaped)
        if len(escaped.encode()) <= limits.SEGMENT_MAX_BYTES:
            return escaped
        return _shortened(escaped, segment)

    @staticmethod
    def _is_plain(path: str) -> bool:
        """Return whether a short path needs no escaping at all."""
        return "%" not in path and "//" not in path and not path.endswith("/")


def original(physical_path: str) -> tuple[str, bool]:
    """Compute an object's path back from where its bytes are, for when its row is lost.

    Args:
        physical_path: Relative to the bucket's folder.

    Returns:
        The path, and whether it is surely the one. It is a substitute where the physical path does not tell all: of a
        spare path only the last segment is known, of a segment that was too long its beginning.
    """
    folder, slash, spare = physical_path.partition("/")
    if folder == ASIDE_FOLDER and slash:
        return f"{_FOUND_FOLDER}/{_unescaped(_SPARE_PREFIX.sub('', spare))}", False
    segments = physical_path.split("/")
    whole = not any(_SHORTENED.search(segment) for segment in segments)
    return "/".join(map(_unescaped, segments)), whole


def folded(key: str) -> str:
    """Return what is the same for all keys that some file system may take for one: case and Unicode form ignored."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", key).casefold())


def _unescaped(segment: str) -> str:
    """Return the segment that has this physical name, or comes nearest to it; what is no escape stays."""
    if segment == "%":
        return ""
    shortened = _SHORTENED.search(segment)
    if shortened:
        segment = f"{segment[: shortened.start()]}~{shortened[1][:_DIGEST_SHOWN]}"
    return _ESCAPES.sub(_unescape, segment)


def _unescape(match: re.Match[str]) -> str:
    """Return the text of a run of escaped bytes; one that is no text was never written here and stays."""
    try:
        return bytes.fromhex(match[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return match[0]


def _escape(match: re.Match[str]) -> str:
    return _escape_text(match[0])


def _escape_text(text: str) -> str:
    """Return `%XX` for each byte."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _shortened(escaped: str, segment: str) -> str:
    """Return the beginning of an over-long name, and what tells it from all others."""
    digest = hashlib.sha256(segment.encode()).hexdigest()
    room = limits.SEGMENT_MAX_BYTES - len(digest) - 2
    head = escaped.encode()[:room].decode(errors="ignore")
    return f"{re.sub('%[0-9A-F]?$', '', head)}%~{digest}"
