"""Markdown, laid out by Qt with nothing loaded; its source is behind the switch."""

from __future__ import annotations

import re
from typing import Final

from app.i18n import translate
from app.previews.content import Content
from app.previews.decoder.client import CantShow, Decoder
from app.previews.folding import unfolded
from app.previews.shapes import Inside, RichBody
from app.previews.texts import coloured

_MAX_CHARS: Final = 128 * 1024
_TOOK_MAX_MS: Final = 30.0
"""Here it takes up to half as long again: it is spaced out, and painted."""

_REHEARSAL_MAX_S: Final = 3.0
_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def markdown_of(content: Content, decoder: Decoder) -> Inside:
    """Return a look at Markdown: laid out where that is quick, which is tried where it can do no harm."""
    source, facts, _ = coloured(content, decoder, "markdown")
    whole = unfolded(source.part) if source.part.next_offset is None else None
    if whole is not None and len(whole) <= _MAX_CHARS:
        text = _FRONT_MATTER.sub("", whole, count=1)
        if _is_quick(text, content, decoder):
            return Inside(RichBody(text), source, facts)
    note = translate("Previews", "Shown as it is written: laying it out would take too long.")
    return Inside(source, facts=facts, note=note)


def _is_quick(text: str, content: Content, decoder: Decoder) -> bool:
    try:
        answer = decoder.ask("markdown", content.token, (text.encode("utf-8", "replace"),), _REHEARSAL_MAX_S)
        return float(answer.head["took_ms"]) <= _TOOK_MAX_MS
    except (CantShow, KeyError, TypeError, ValueError):
        return False
