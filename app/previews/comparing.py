"""Two contents side by side: texts line by line, pictures as they are, of all else where the bytes first differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.i18n import translate
from app.previews.content import Content
from app.previews.decoder.client import CantShow, Decoder
from app.previews.folding import unfolded
from app.previews.registry import bytes_of, look_inside
from app.previews.shapes import Inside, Picture, TextBody
from app.previews.texts import plain

_TEXT_MAX_CHARS: Final = 256 * 1024
_LINES_MAX: Final = 6_000
_COMPARING_MAX_S: Final = 5.0
_AROUND_LINES: Final = 3
_PART_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A row of two texts side by side.

    Attributes:
        what: `same`, `changed`, `removed`, `added`, or `skipped` for rows that are the same and left out.
        before, after: The lines, or None where there is none; of skipped rows, how many there are.
    """

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs.

    Attributes:
        before, after: A look inside both.
        is_same: The bytes are the same.
        lines: Of two texts, what differs and what stands around it.
        first_difference: Offset of the first byte that differs, where it was looked for.
        note: A sentence about what came out.
    """

    before: Inside
    after: Inside
    is_same: bool = False
    lines: tuple[Line, ...] = ()
    first_difference: int | None = None
    note: str = ""


def compare(before: Content, after: Content, decoder: Decoder, edge_px: int) -> Comparison:
    """Compare two contents.

    Args:
        before: The older one, open.
        after: The newer one, open.
        decoder: Decodes what may be hostile, and works out what differs between texts.
        edge_px: Longest side of pictures that is wanted.

    Raises:
        StorageError: Bytes cannot be read, or nobody waits any more.
    """
    old, new = look_inside(before, decoder, edge_px), look_inside(after, decoder, edge_px)
    if isinstance(old.body, Picture) and isinstance(new.body, Picture):
        return Comparison(old, new)
    if _is_text(old) and _is_text(new):
        lines = _lines(before, after, decoder)
        if lines is not None:
            is_same = not any(line.what != "same" for line in lines)
            if not is_same:
                return Comparison(old, new, lines=tuple(condensed(lines)))
            if not _is_turned(old) and not _is_turned(new):  # the number of a mark says the same as what it stands for
                return Comparison(old, new, is_same, note=translate("Comparing", "Both say the same."))
    place = first_difference(before, after)
    if place is None:
        return Comparison(old, new, is_same=True, note=translate("Comparing", "Both are the same, byte by byte."))
    said = translate("Comparing", "The first difference is at byte {offset} ({hexadecimal}).")
    note = said.format(offset=f"{place:,}", hexadecimal=f"0x{place:x}")
    return Comparison(bytes_of(before), bytes_of(after), first_difference=place, note=note)


def condensed(lines: list[Line]) -> Iterator[Line]:
    """Yield what differs with a few lines around it, and a word about what is left out."""
    differing = [number for number, line in enumerate(lines) if line.what != "same"]
    near = {
        number
        for place in differing
        for number in range(max(place - _AROUND_LINES, 0), min(place + _AROUND_LINES + 1, len(lines)))
    }
    skipped = 0
    for number, line in enumerate(lines):
        if number not in near:
            skipped += 1
            continue
        if skipped:
            yield Line("skipped", str(skipped), str(skipped))
        skipped = 0
        yield line
    if skipped and differing:
        yield Line("skipped", str(skipped), str(skipped))


def first_difference(before: Content, after: Content) -> int | None:
    """Return the offset of the first byte that differs, or None where none does."""
    shorter = min(before.size_bytes, after.size_bytes)
    for offset in range(0, shorter, _PART_BYTES):
        left, right = before.read_at(offset, _PART_BYTES), after.read_at(offset, _PART_BYTES)
        count = min(len(left), len(right), shorter - offset)
        if left[:count] != right[:count]:
            return offset + next(place for place in range(count) if left[place] != right[place])
    return None if before.size_bytes == after.size_bytes else shorter


def _is_text(inside: Inside) -> bool:
    return isinstance(inside.body, TextBody) or isinstance(inside.source, TextBody)


def _is_turned(inside: Inside) -> bool:
    return any(isinstance(body, TextBody) and body.part.is_turned for body in (inside.body, inside.source))


def _lines(before: Content, after: Content, decoder: Decoder) -> list[Line] | None:
    """Return two texts side by side, or None where they are too long or it takes too long."""
    texts = []
    for content in (before, after):
        part = plain(content)[0].part
        text = unfolded(part) if part.next_offset is None else None
        if text is None or len(text) > _TEXT_MAX_CHARS:
            return None
        texts.append(text)
    if max(text.count("\n") for text in texts) > _LINES_MAX:
        return None
    try:
        blobs = [text.encode("utf-8", "replace") for text in texts]
        answer = decoder.ask("difference", before.token, blobs, _COMPARING_MAX_S)
        rows = json.loads(answer.blobs[0])
        return [Line(str(what), _line(left), _line(right)) for what, left, right in rows]
    except (CantShow, ValueError, TypeError, IndexError):
        return None


def _line(text: object) -> str | None:
    return None if text is None else str(text)
