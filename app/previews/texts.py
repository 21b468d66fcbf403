"""Texts: a page at a time, with lines cut where laying them out would take too long, and coloured as their language."""

from __future__ import annotations

import codecs
from typing import Final

from app.i18n import translate
from app.previews.content import Content
from app.previews.decoder.client import CantShow, Decoder
from app.previews.encodings import Encoding, encoding_of
from app.previews.folding import folded, is_turned, refolded, unfolded
from app.previews.shapes import Fact, Inside, Span, TextBody, TextPart

PAGE_BYTES: Final = 1024 * 1024
_LINES_MAX: Final = 50_000
"""Of one part: a line takes far more memory than the byte that it may be."""

_LINE_ENDS: Final = (b"\n", b"\r", "\u2029".encode())
_COLOURED_MAX_BYTES: Final = 128 * 1024
_COLOURING_MAX_S: Final = 3.0
_PLAIN: Final = frozenset({"txt", "text", "log", "out"})


def text_of(content: Content, decoder: Decoder) -> Inside:
    """Return a look at a text."""
    body, facts, language = coloured(content, decoder)
    if language:
        facts = (*facts, (translate("Previews", "Language"), language))
    return Inside(body, facts=facts)


def coloured(content: Content, decoder: Decoder, language: str = "") -> tuple[TextBody, tuple[Fact, ...], str]:
    """Return the beginning of a text, what is known about it, and the language that it was coloured as.

    Args:
        content: The text.
        decoder: What colours it.
        language: Which it is, where it is known better than by the name.
    """
    body, facts = plain(content)
    spans, found = colours_of(body.part, content, decoder, language)
    return TextBody(body.part, body.codec, spans), facts, found


def plain(content: Content) -> tuple[TextBody, tuple[Fact, ...]]:
    """Return the beginning of a text without colours, and what is known about it."""
    head = content.read_at(0, PAGE_BYTES)
    encoding = encoding_of(head, whole=len(head) == content.size_bytes)
    part = _part(head, encoding, 0, content.size_bytes)
    return TextBody(part, encoding.codec), _facts(part, encoding)


def more_of(content: Content, offset: int, codec: str) -> TextPart:
    """Return the next page of a text.

    Args:
        content: The text.
        offset: `TextPart.next_offset` of the page before.
        codec: `TextBody.codec`.
    """
    data = content.read_at(offset, PAGE_BYTES)
    return _part(data, Encoding(codec, 0, ""), offset, content.size_bytes)


def colours_of(part: TextPart, content: Content, decoder: Decoder, language: str = "") -> tuple[tuple[Span, ...], str]:
    """Return what is coloured of a text, and as what language; nothing where it is too long or takes too long."""
    text = unfolded(part)
    data = (text or "").encode("utf-8", "replace")
    extension = content.name.rpartition(".")[2].lower()
    is_plain = not language and ("." not in content.name or extension in _PLAIN)
    if is_plain or text is None or len(data) > _COLOURED_MAX_BYTES:
        return (), ""
    try:
        answer = decoder.ask(
            "colours", content.token, (data,), _COLOURING_MAX_S, name=content.name, language=language
        )  # fmt: skip
        spans = tuple((int(start), int(length), str(kind)) for start, length, kind in answer.head["spans"])
    except (CantShow, KeyError, TypeError, ValueError):
        return (), ""
    return refolded(spans, part) if part.folded else spans, str(answer.head.get("language", ""))[:40]


def _part(data: bytes, encoding: Encoding, offset: int, size_bytes: int) -> TextPart:
    """Return bytes as a part of a text; a character that is cut at their end begins the next."""
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors="replace")
    while max(map(data.count, _LINE_ENDS)) > _LINES_MAX:
        data = data[: len(data) // 2 & ~3]
    end = offset + len(data)
    is_last = end >= size_bytes
    text = decoder.decode(data[encoding.mark_bytes :], final=is_last)
    pending = len(decoder.getstate()[0])
    if text.endswith("\r") and not is_last:
        text, pending = text[:-1], pending + len("\r".encode(encoding.codec))  # its other half begins the next part
    cut, going_on = folded(text)
    return TextPart(cut, going_on, None if is_last else end - pending, is_turned(text))


def _facts(part: TextPart, encoding: Encoding) -> tuple[Fact, ...]:
    facts: list[Fact] = [(translate("Previews", "Encoding"), encoding.text)]
    if part.next_offset is None:
        lines = part.text.count("\n") + (not part.text.endswith("\n")) - len(part.folded)
        facts.append((translate("Previews", "Lines"), f"{lines:,}"))
    return tuple(facts)
