"""JSON, set out line by line. Numbers, double names and their order stay as they are written: no value is made anew."""

from __future__ import annotations

from typing import Final

from app.i18n import translate
from app.previews.content import Content
from app.previews.decoder.client import CantShow, Decoder
from app.previews.folding import folded
from app.previews.shapes import Inside, TextBody, TextPart
from app.previews.texts import PAGE_BYTES, coloured, colours_of

_SETTING_OUT_MAX_S: Final = 4.0


def json_of(content: Content, decoder: Decoder) -> Inside:
    """Return a look at JSON: set out, with the text as it is behind the switch; the text alone where it is broken."""
    source, facts, _ = coloured(content, decoder, "json")
    if content.size_bytes > PAGE_BYTES:
        return Inside(source, facts=facts, note=_too_large())
    text = content.read_at(0, PAGE_BYTES).decode(source.codec, "replace").lstrip("\ufeff")
    out, note = _set_out(text, content, decoder)
    if not out:
        return Inside(source, facts=facts, note=note)
    cut, going_on = folded(out)
    part = TextPart(cut, going_on)
    spans, _ = colours_of(part, content, decoder, "json")
    return Inside(TextBody(part, source.codec, spans), source, facts, note)


def _set_out(text: str, content: Content, decoder: Decoder) -> tuple[str, str]:
    """Return a text set out, or nothing, and what is to be said about it."""
    try:
        answer = decoder.ask("set_out", content.token, (text.encode("utf-8", "replace"),), _SETTING_OUT_MAX_S)
        flaw = answer.head["flaw"]
        if flaw == "broken":
            said = translate("Previews", "This is no JSON: look at line {line}, column {column}.")
            return "", said.format(line=int(answer.head["line"]), column=int(answer.head["column"]))
        if flaw:
            return "", translate("Previews", "Shown as it is written: it is nested too deeply to be set out.")
        note = translate("Previews", "Only its beginning is set out.") if answer.head["cut"] else ""
        return answer.blobs[0].decode("utf-8", "replace"), note
    except (CantShow, KeyError, TypeError, ValueError, IndexError):
        return "", _too_large()


def _too_large() -> str:
    return translate("Previews", "Shown as it is written: it is too large to be set out.")
