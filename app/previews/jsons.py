"""JSON, set out line by line. Numbers, double names and their order stay as they are written: no value is made anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from app.i18n import translate
from app.previews.content import Content
from app.previews.decoder.client import Decoder
from app.previews.shapes import Inside, TextBody, TextPart
from app.previews.texts import PAGE_BYTES, coloured, colours_of, folded

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_DEPTH_MAX: Final = 60
_OUT_MAX_CHARS: Final = 4 * 1024 * 1024


def json_of(content: Content, decoder: Decoder) -> Inside:
    """Return a look at JSON: set out, with the text as it is behind the switch; the text alone where it is broken."""
    source, facts, _ = coloured(content, decoder, "json")
    if content.size_bytes > PAGE_BYTES or source.part.next_offset is not None:
        note = translate("Previews", "Shown as it is written: it is too large to be set out.")
        return Inside(source, facts=facts, note=note)
    text = content.read_at(0, PAGE_BYTES).decode(source.codec, "replace").lstrip("\ufeff")
    problem = _problem(text)
    if problem:
        return Inside(source, facts=facts, note=problem)
    cut, going_on = folded(set_out(text))
    part = TextPart(cut, going_on)
    spans, _ = colours_of(part, content, decoder, "json")
    return Inside(TextBody(part, source.codec, spans), source, facts)


def set_out(text: str) -> str:
    """Return JSON with a line for each of its members.

    Args:
        text: JSON that was found good.
    """
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    depth, chars, last = 0, 0, ""
    for match in _TOKEN.finditer(text):
        word = match.group()
        piece = word
        if word in "]}":
            depth -= 1
            piece = word if last in "[{" else _line(depth) + word
        elif last in "[{," and last:
            piece = _line(depth) + word
        if word in "[{":
            depth += 1
        elif word == ":":
            piece = ": "
        chars += len(piece)
        if chars > _OUT_MAX_CHARS:
            return
        yield piece
        last = word


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEPTH_MAX)


def _problem(text: str) -> str:
    """Return what is wrong with a text as JSON, or nothing."""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except RecursionError:
        return translate("Previews", "Shown as it is written: it is nested too deeply to be set out.")
    except json.JSONDecodeError as error:
        said = translate("Previews", "This is no JSON: look at line {line}, column {column}.")
        return said.format(line=error.lineno, column=error.colno)
    return ""
