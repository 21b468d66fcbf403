"""Which kind of content is looked at how; and that a look that fails still shows something: the bytes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from app.i18n import translate
from app.previews.archives import NoArchive, archive_of
from app.previews.content import Content, TooMuch
from app.previews.decoder.client import CantShow, Decoder
from app.previews.jsons import json_of
from app.previews.markdowns import markdown_of
from app.previews.media.looking import media_of
from app.previews.pdfs import pdf_of
from app.previews.pictures import drawing_of, picture_of
from app.previews.shapes import EmptyBody, HexBody, Inside, TextBody
from app.previews.sniffing import HEAD_BYTES, Kind, kind_of
from app.previews.tables import table_of
from app.previews.texts import text_of
from engine.errors import StorageError

_logger = logging.getLogger(__name__)

Look = Callable[[Content, Decoder, int], Inside]

LOOKS: Final[Mapping[Kind, Look]] = {
    Kind.EMPTY: lambda content, decoder, edge_px: Inside(EmptyBody(translate("Previews", "It holds nothing."))),
    Kind.PICTURE: picture_of,
    Kind.DRAWING: drawing_of,
    Kind.TEXT: lambda content, decoder, _: text_of(content, decoder),
    Kind.JSON: lambda content, decoder, _: json_of(content, decoder),
    Kind.MARKDOWN: lambda content, decoder, _: markdown_of(content, decoder),
    Kind.TABLE: lambda content, decoder, _: table_of(content, decoder),
    Kind.PDF: pdf_of,
    Kind.MEDIA: media_of,
    Kind.ARCHIVE: lambda content, decoder, _: archive_of(content, decoder),
    Kind.BYTES: lambda content, decoder, edge_px: bytes_of(content),
}
"""One for each kind."""


def look_inside(content: Content, decoder: Decoder, edge_px: int) -> Inside:
    """Return a look at a content.

    Args:
        content: Open for reading.
        decoder: Decodes what may be hostile.
        edge_px: Longest side of pictures that is wanted.

    Raises:
        StorageError: Its bytes cannot be read, or nobody waits any more.
    """
    kind = kind_of(content.read_at(0, HEAD_BYTES), content.name)
    try:
        return _told_if_turned(LOOKS[kind](content, decoder, edge_px))
    except StorageError:
        raise
    except CantShow as error:
        said = translate("Previews", "It took too long to be shown.") if error.too_long else _damaged()
        return bytes_of(content, _too_large() if error.too_much else said)
    except TooMuch:
        return bytes_of(content, _too_large())
    except NoArchive:
        return bytes_of(content, _damaged())
    except Exception:  # a look that fails is no reason for a window to speak of an error
        _logger.exception("no look at a %s", kind)
        return bytes_of(content, _damaged())


def _told_if_turned(inside: Inside) -> Inside:
    """Say of a text that could show something else than it says that it no longer does."""
    if not any(isinstance(body, TextBody) and body.part.is_turned for body in (inside.body, inside.source)):
        return inside
    said = translate(
        "Previews", "Invisible marks that turn the text around are shown by their numbers, such as <U+202E>."
    )
    return replace(inside, note=f"{inside.note} {said}".strip())


def bytes_of(content: Content, note: str = "") -> Inside:
    """Return the look at what cannot be looked at otherwise: its bytes.

    Args:
        content: Open for reading.
        note: Why.
    """
    return Inside(HexBody(content.size_bytes, content.read_at(0, HEAD_BYTES)), note=note)


def _too_large() -> str:
    return translate("Previews", "It is too large to be shown.")


def _damaged() -> str:
    return translate("Previews", "It can't be shown: it is damaged, or of a kind that is not known here.")
