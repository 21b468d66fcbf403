"""Pictures and drawings: decoded in the decoder's process, handed over as pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from app.i18n import translate
from app.previews.content import Content, TooMuch
from app.previews.decoder.client import CantShow, Decoder
from app.previews.decoder.wire import Message
from app.previews.shapes import Frame, Inside, Picture
from app.previews.texts import coloured
from engine.cancel import CancelToken

_PICTURE_MAX_BYTES: Final = 96 * 1024 * 1024
_DRAWING_MAX_BYTES: Final = 4 * 1024 * 1024
DRAWING_MAX_S: Final = 4.0
_EDGE_MAX: Final = 1_000_000
_FORMAT: Final = QImage.Format.Format_ARGB32_Premultiplied
_SHOWN_LEAST_MS: Final = 20
_SHOWN_USUAL_MS: Final = 100


def picture_of(content: Content, decoder: Decoder, edge_px: int) -> Inside:
    """Return a look at a picture, and of one that moves at its first frame, which is there soon.

    Args:
        content: The file.
        decoder: What decodes it.
        edge_px: Longest side that is wanted.

    Raises:
        CantShow: It cannot be decoded.
        TooMuch: The file is too large for a look.
    """
    data = whole(content, _PICTURE_MAX_BYTES)
    answer = decoder.ask("picture", content.token, (data,), edge_px=edge_px, moving=False)
    picture = picture_from(answer)
    size = picture.size
    facts = [(translate("Previews", "Dimensions"), f"{size.width():,} × {size.height():,}")]
    count = answer.head.get("count")
    moves = isinstance(count, int) and count > 1
    if moves:
        facts.append((translate("Previews", "Frames"), f"{count:,}"))
    return Inside(replace(picture, moves=moves), facts=tuple(facts))


def moving_picture(content: Content, decoder: Decoder, edge_px: int) -> Picture:
    """Return a picture that moves with as many of its frames as a look may have; arguments as in `picture_of`."""
    data = whole(content, _PICTURE_MAX_BYTES)
    return picture_from(decoder.ask("picture", content.token, (data,), edge_px=edge_px, moving=True))


def still_picture(data: bytes, decoder: Decoder, token: CancelToken, edge_px: int) -> QImage:
    """Return a picture as it stands, scaled to fit a square.

    Args:
        data: The whole file.
        decoder: What decodes it.
        token: Stops waiting.
        edge_px: Side of the square; smaller pictures stay as they are.

    Raises:
        CantShow: It cannot be decoded.
    """
    answer = decoder.ask("picture", token, (data,), edge_px=edge_px, moving=False)
    return picture_from(answer).frames[0].image


def drawing_of(content: Content, decoder: Decoder, edge_px: int) -> Inside:
    """Return a look at an SVG file: drawn once, with its text behind the switch; the text alone where it can't be."""
    source, facts, _ = coloured(content, decoder, "xml")
    try:
        data = whole(content, _DRAWING_MAX_BYTES)
        answer = decoder.ask("svg", content.token, (data,), DRAWING_MAX_S, edge_px=edge_px)
        picture = picture_from(answer, scales=True)
    except (CantShow, TooMuch):
        return Inside(source, facts=facts, note=translate("Previews", "Shown as text: it cannot be drawn safely."))
    size = (translate("Previews", "Dimensions"), f"{picture.size.width():,} × {picture.size.height():,}")
    left_out = bool(answer.head.get("left_out"))
    note = translate("Previews", "Scripts, animation and what lies outside the file are left out.") if left_out else ""
    return Inside(picture, source, (size,), note)


def picture_from(answer: Message, *, scales: bool = False) -> Picture:
    """Return the picture of an answer.

    Args:
        answer: The decoder's.
        scales: As `Picture.scales`.

    Raises:
        CantShow: The answer is none.
    """
    try:
        size = QSize(int(answer.head["width"]), int(answer.head["height"]))
        frames = [_frame(told, blob) for told, blob in zip(answer.head["frames"], answer.blobs, strict=True)]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CantShow("no picture") from error
    if not frames or size.isEmpty():
        raise CantShow("no picture")
    return Picture(tuple(frames), size, scales)


def _frame(told: dict[str, object], blob: bytes) -> Frame:
    width, height, shown_ms = (int(str(told[name])) for name in ("w", "h", "shown_ms"))
    if not 0 < width < _EDGE_MAX or not 0 < height < _EDGE_MAX or len(blob) != width * height * 4:
        raise ValueError("no pixels")
    image = QImage(blob, width, height, width * 4, _FORMAT).copy()  # the copy owns its pixels
    return Frame(image, max(shown_ms, _SHOWN_LEAST_MS) if shown_ms > 0 else _SHOWN_USUAL_MS)


def whole(content: Content, most_bytes: int) -> bytes:
    """Return all bytes of a content.

    Raises:
        TooMuch: There are more than a look may take.
    """
    if content.size_bytes > most_bytes:
        raise TooMuch
    return content.read_at(0, content.size_bytes)
