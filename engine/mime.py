"""The MIME type of an object that came without one: content first, name second.

Order: markup (`engine.mime_markup`), signatures of common formats (`engine.mime_signatures`), text, signatures of rare
formats, name. A name is believed where the content does not contradict it: text never becomes a picture by its
name, random bytes never become text, and a format whose files all begin with a signature needs that signature.

Pure, thread-safe, microseconds a call.
"""

from __future__ import annotations

import codecs
from typing import Final

from engine import limits
from engine.mime_markup import markup_type
from engine.mime_names import OCTET_STREAM, extension_of, is_textual, type_of_extension
from engine.mime_signatures import PROVEN, rare_type, signature_type

_TEXT: Final = "text/plain"
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_STARTS: Final = frozenset(mark[0] for mark, _ in _BYTE_ORDER_MARKS)
_TEXT_BYTES: Final = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\n\v\f\r\b\x1b"})
_HIGH_BYTES: Final = bytes(range(0x80, 0x100))
_GLANCE_BYTES: Final = 64
_LEGACY_HIGH_SHARE: Final = 0.3
"""Most bytes of a text in a Western 8-bit encoding are ASCII; half of random bytes are not."""

_INTERPRETERS: Final = (
    ("python", "text/x-python"),
    ("node", "text/javascript"),
    ("perl", "text/x-perl"),
    ("ruby", "text/x-ruby"),
    ("sh", "application/x-sh"),
)


def sniff(head: bytes, name: str) -> str:
    """Tell the MIME type of content.

    Args:
        head: The content's first bytes; up to `limits.SNIFF_BYTES` are looked at.
        name: Its path or file name.

    Returns:
        `type/subtype`, lower case, without parameters; `application/octet-stream` if nothing is known.

    Source: WHATWG MIME Sniffing Standard for the order of the checks.
    """
    extension = extension_of(name)
    named = type_of_extension(extension)
    if not head:
        return named or OCTET_STREAM
    head = bytes(head[: limits.SNIFF_BYTES])
    found = _markup(head, extension, named) or signature_type(head, extension)
    if found:
        return found
    text = _as_text(head)
    if text is not None:
        return _text_type(text, named)
    return rare_type(head, extension) or _binary_type(head, named)


def _as_text(head: bytes) -> str | None:
    """Decode Unicode text without its mark; None if this is anything else. The last character may be cut off."""
    mark, encoding = b"", "utf-8"
    if head[0] in _MARK_STARTS:
        found = ((mark, name) for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark))
        mark, encoding = next(found, (mark, encoding))
    if encoding == "utf-8" and _has_controls(head):
        return None
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(head[len(mark) :])
    except UnicodeDecodeError:
        return None


def _markup(head: bytes, extension: str, named: str | None) -> str | None:
    if head[0] not in _MARK_STARTS and head.lstrip()[:1] != b"<":
        return None
    text = _as_text(head)
    beginning = text if text is not None else head.decode("latin-1")
    return markup_type(beginning, extension, named if named is not None and is_textual(named) else None)


def _text_type(text: str, named: str | None) -> str:
    if named is not None and is_textual(named):
        return named
    if text.startswith("#!"):
        command = text.partition("\n")[0]
        return next((kind for word, kind in _INTERPRETERS if word in command), _TEXT)
    return _TEXT


def _binary_type(head: bytes, named: str | None) -> str:
    if named is not None and not is_textual(named):
        return OCTET_STREAM if named in PROVEN else named
    return (named or _TEXT) if _is_legacy_text(head) else OCTET_STREAM


def _has_controls(head: bytes) -> bool:
    """Tell whether there are bytes that no text holds; binary content mostly shows within a few bytes."""
    return bool(head[:_GLANCE_BYTES].translate(None, _TEXT_BYTES) or head.translate(None, _TEXT_BYTES))


def _is_legacy_text(head: bytes) -> bool:
    """Tell text in a Western 8-bit encoding: no controls, mostly ASCII."""
    if _has_controls(head):
        return False
    return len(head) - len(head.translate(None, _HIGH_BYTES)) <= len(head) * _LEGACY_HIGH_SHARE
