"""PDF: its pages one by one, and what the file says about itself also where that cannot be drawn."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from app.i18n import translate
from app.previews.content import Content, TooMuch
from app.previews.decoder.client import CantShow, Decoder
from app.previews.pictures import picture_from, whole
from app.previews.shapes import EmptyBody, Fact, Inside, Picture
from engine.cancel import CancelToken

_MAX_BYTES: Final = 96 * 1024 * 1024
_GLANCE_BYTES: Final = 512 * 1024
_DRAWING_MAX_S: Final = 8.0
_VERSION: Final = re.compile(rb"%PDF-(\d\.\d)")
_COUNT: Final = re.compile(
    rb"/Type\s{0,8}/Pages\b[^>]{0,400}?/Count\s{1,8}(\d{1,7})|/Count\s{1,8}(\d{1,7})[^>]{0,400}?/Type\s{0,8}/Pages\b"
)
_TITLE: Final = re.compile(rb"/Title\s{0,8}\(((?:[^()\\]|\\.){1,300})\)")
_ESCAPE: Final = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def pdf_of(content: Content, decoder: Decoder, edge_px: int) -> Inside:
    """Return a look at a PDF.

    Args:
        content: The file.
        decoder: What draws its first page.
        edge_px: Longest side of the page that is wanted.
    """
    try:
        picture = drawn_page(whole(content, _MAX_BYTES), decoder, content.token, edge_px)
    except (CantShow, TooMuch):
        note = translate("Previews", "Its pages can't be shown here. Open it to read it.")
        return Inside(EmptyBody(""), facts=_facts(content), note=note)
    return Inside(picture, facts=_facts(content, picture.pages))


def page_of(content: Content, decoder: Decoder, edge_px: int, number: int) -> Picture:
    """Return one page of a PDF.

    Args:
        content: The file.
        decoder: What draws it.
        edge_px: Longest side that is wanted.
        number: Which, from 0.

    Raises:
        CantShow: It cannot be drawn.
        TooMuch: The file is too large for a look.
    """
    return drawn_page(whole(content, _MAX_BYTES), decoder, content.token, edge_px, number)


def drawn_page(data: bytes, decoder: Decoder, token: CancelToken, edge_px: int, number: int = 0) -> Picture:
    """Return a page, the last one where there are not so many.

    Args:
        data: The whole file.
        decoder: What draws it.
        token: Stops waiting.
        edge_px: Longest side that is wanted.
        number: Which, from 0.

    Raises:
        CantShow: It cannot be drawn.
    """
    answer = decoder.ask("pdf", token, (data,), _DRAWING_MAX_S, page=number, edge_px=edge_px)
    pages = answer.head.get("pages")
    pages = pages if isinstance(pages, int) and pages > 0 else 1
    return replace(picture_from(answer, scales=True), page=min(number, pages - 1), pages=pages)


def _facts(content: Content, pages: int = 0) -> tuple[Fact, ...]:
    """Return what stands in the file in plain: much of a PDF is packed, and then only its version does.

    Args:
        content: The file.
        pages: How many there are, or 0 where only the file says so.
    """
    glance = content.read_at(0, _GLANCE_BYTES)
    if content.size_bytes > _GLANCE_BYTES:
        glance += content.read_at(content.size_bytes - _GLANCE_BYTES, _GLANCE_BYTES)
    facts: list[Fact] = []
    if title := _TITLE.search(glance):
        facts.append((translate("Previews", "Title"), _text(title.group(1))))
    counts = [pages] if pages else [int(one or other) for one, other in _COUNT.findall(glance)]
    if counts:
        facts.append((translate("Previews", "Pages"), f"{max(counts):,}"))
    if version := _VERSION.match(glance):
        facts.append((translate("Previews", "Container"), f"PDF {version.group(1).decode()}"))
    if b"/Encrypt" in glance:
        facts.append((translate("Previews", "Protection"), translate("Previews", "Encrypted")))
    return tuple(facts)


def _text(raw: bytes) -> str:
    """Return a text of a PDF.

    Source: ISO 32000-1 section 7.9.2.2.
    """
    plain = _ESCAPE.sub(lambda match: _letter(match.group(1)), raw)
    codec = "utf-16" if plain.startswith((b"\xfe\xff", b"\xff\xfe")) else "latin-1"
    return "".join(letter for letter in plain.decode(codec, "replace") if letter.isprintable())[:200]


def _letter(escaped: bytes) -> bytes:
    if escaped.isdigit() and len(escaped) == 3:
        return bytes([int(escaped, 8) & 0xFF]) if max(escaped) <= ord("7") else b"?"
    return {b"n": b" ", b"r": b" ", b"t": b" "}.get(escaped, escaped)
