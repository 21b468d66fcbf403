r"""The rules for object paths, prefixes and bucket names, and the cheap arithmetic on them.

A path is text, kept as sent and compared byte for byte; `a//b`, a trailing `/` and any printable Unicode are
legal. Refused are: the empty path, more than `limits.OBJECT_PATH_MAX_BYTES` of UTF-8, lone surrogates (not
UTF-8), control characters (C0, DEL, C1, the line and paragraph separators), characters that turn the direction of
the text around them and so disguise a name, Unicode's noncharacters, a leading `/`, and `.` or `..` segments.

Dot segments are looked for in the path as sent and in what anybody further down could make of it: percent-decoded
until nothing changes (overlong UTF-8 and `%uXXXX` included), NFKC-normalised (full-width and leader dots, full-width
slashes), invisible characters dropped, and with `\` read as a separator. A character that merely looks like a dot
and does not normalise to one is an ordinary letter. A backslash itself is legal, and no separator: file systems that
think otherwise are the local backend's to satisfy.

All functions are pure and thread-safe. Names that need no second look pass one regular expression.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote_to_bytes

from engine import limits
from engine.errors import InvalidBucketName, InvalidKey

_LETTERS: Final = (
    "\u00c0-\u024f\u0300-\u034e\u0400-\u052f\u05d0-\u05ea\u0620-\u064a\u0e01-\u0e3a\u1e00-\u1eff"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
"""The scripts most names are written in: nothing there is invisible or normalises to a dot, slash or percent sign."""

_PLAIN_SEGMENT: Final = rf"[ !#-$&-\-0-\[\]-~\"{_LETTERS}][ -$&-.0-\[\]-~{_LETTERS}]*"
_PLAIN: Final = re.compile(rf"{_PLAIN_SEGMENT}(?:/(?:{_PLAIN_SEGMENT})?)*")
"""Paths of ordinary segments: no `%`, no backslash, no segment that begins with a dot, no unusual character."""

_MAX_BYTES: Final = limits.OBJECT_PATH_MAX_BYTES
_SURELY_SHORT_CHARS: Final = _MAX_BYTES // 3
"""Plain characters take up to three bytes each."""

_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_UNPRINTABLE: Final = re.compile(f"{_FORBIDDEN.pattern[:-1]}\ud800-\udfff]")

_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""Default-ignorable code points and controls: some file systems drop them from names (HFS+ does)."""

_OVERLONG: Final = re.compile(
    rb"(?:\xc0|\xe0\x80|\xf0\x80\x80)([\x80-\xbf])|(?:\xc1|\xe0\x81|\xf0\x80\x81)([\x80-\xbf])"
)
_NESTED_PERCENT: Final = re.compile(r"%(?:25)+")
_PERCENT_U: Final = re.compile(r"%u([0-9a-fA-F]{4})")
_DOT_SEGMENT: Final = re.compile(r"(?:^|[/\\])\.\.?(?:[/\\]|\Z)")


def validate_object_path(path: str) -> str:
    """Check the name of an object within its bucket.

    Args:
        path: Text as the caller sent it, already decoded from whatever carried it.

    Returns:
        `path`, unchanged.

    Raises:
        InvalidKey: It breaks a rule of this module; the hint says which.
    """
    if _PLAIN.fullmatch(path) and (len(path) <= _SURELY_SHORT_CHARS or len(path.encode()) <= _MAX_BYTES):
        return path
    fault = _fault_of(path)
    if fault:
        shown = _printable(path)
        raise InvalidKey(f"Invalid key: {shown}", path=shown, hint=fault)
    return path


def validate_prefix(prefix: str) -> str:
    """Check the name of a folder.

    Args:
        prefix: `""` for the bucket's top, else a path with a trailing `/`.

    Returns:
        `prefix`, unchanged.

    Raises:
        InvalidKey: It breaks a rule of this module or does not end with `/`.
    """
    if not prefix:
        return prefix
    validate_object_path(prefix)
    if not prefix.endswith("/"):
        raise InvalidKey(f"Invalid key: {prefix}", path=prefix, hint="The name of a folder ends with a slash.")
    return prefix


def validate_bucket_name(name: str) -> str:
    """Check the name of a bucket: 1 to 100 characters, those of a path but `/`, no blank at either end.

    Args:
        name: Text as the caller sent it.

    Returns:
        `name`, unchanged.

    Raises:
        InvalidBucketName: It breaks a rule; the hint says which.
    """
    fault = _bucket_fault_of(name)
    if fault:
        raise InvalidBucketName("Bucket name invalid", hint=fault)
    return name


def parent_of(path: str) -> str:
    """Return the folder that shows `path`: up to and including the last `/`, `""` at the top.

    Args:
        path: A valid object path, or a prefix without its trailing `/`.

    Returns:
        A prefix.
    """
    return path[: path.rfind("/") + 1]


def leaf_of(path: str) -> str:
    """Return what follows the last `/`: the name that a folder shows, `""` for a folder marker.

    Args:
        path: A valid object path.

    Returns:
        The last segment.
    """
    return path[path.rfind("/") + 1 :]


def prefix_end(prefix: str) -> str:
    """Return the first text that sorts after everything below `prefix`, byte for byte.

    Paths below a folder are the half-open range from `prefix` to `prefix_end(prefix)`, because `0` follows `/`.

    Args:
        prefix: A valid prefix other than `""`, whose range has no end.

    Returns:
        The exclusive upper bound.

    Raises:
        ValueError: `prefix` does not end with `/`.
    """
    if not prefix.endswith("/"):
        raise ValueError("only a prefix with a trailing slash bounds a range")
    return prefix[:-1] + "0"


def _fault_of(path: str) -> str | None:
    if not path:
        return "The name is empty."
    if path[0] == "/":
        return "The name begins with a slash."
    try:
        size_bytes = len(path.encode())
    except UnicodeEncodeError:
        return "The name is not valid Unicode text."
    if size_bytes > _MAX_BYTES:
        return f"The name is longer than {_MAX_BYTES} bytes."
    if _FORBIDDEN.search(path):
        return "The name contains control or direction characters."
    if _has_dot_segment(path):
        return "The name contains a segment that means this folder or the one above."
    return None


def _bucket_fault_of(name: str) -> str | None:
    if len(name) > limits.BUCKET_NAME_MAX_CHARS:
        return f"The name is longer than {limits.BUCKET_NAME_MAX_CHARS} characters."
    if "/" in name:
        return "The name contains a slash."
    if name != name.strip():
        return "The name begins or ends with a blank."
    return _fault_of(name)


def _has_dot_segment(path: str) -> bool:
    if _DOT_SEGMENT.search(path):
        return True
    if path.isascii() and "%" not in path:
        return False
    return _DOT_SEGMENT.search(_unmasked(path)) is not None


def _unmasked(path: str) -> str:
    """Undo every encoding until nothing changes; decoding only ever shortens the text, so it ends."""
    while True:
        plain = _percent_decoded(_INVISIBLE.sub("", unicodedata.normalize("NFKC", path)))
        if plain == path:
            return plain
        path = plain


def _percent_decoded(text: str) -> str:
    if "%" not in text:
        return text
    text = _NESTED_PERCENT.sub("%", text)
    text = _PERCENT_U.sub(lambda match: chr(int(match[1], 16)), text)
    raw = unquote_to_bytes(text.encode("utf-8", "replace"))
    return _OVERLONG.sub(_shortened, raw).decode("utf-8", "replace")


def _shortened(match: re.Match[bytes]) -> bytes:
    low, high = match.groups()
    return bytes((low[0] & 0x3F if low else high[0] & 0x3F | 0x40,))


def _printable(path: str) -> str:
    """Make a refused name fit for messages: bounded, one line, encodable."""
    cut = path[:_MAX_BYTES]
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), cut)
