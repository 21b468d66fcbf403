"""JSON in the decoder: set out line by line. One string of a megabyte is one call, which would hold the window up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_DEPTH_MAX: Final = 60
_OUT_MAX_CHARS: Final = 4 * 1024 * 1024
_OUT_MAX_LINES: Final = 50_000


def set_out(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Give JSON a line for each of its members; no value is made anew.

    Args:
        data: The text, UTF-8.

    Returns:
        `flaw`, which is `deep` for what is nested too deeply, `broken` for what is no JSON, with `line` and `column`,
        and nothing for what is set out; `cut`, whether that is its beginning alone; and the lines as a blob.
    """
    text = data.decode("utf-8", "replace")
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except RecursionError:
        return {"flaw": "deep"}, []
    except json.JSONDecodeError as error:
        return {"flaw": "broken", "line": error.lineno, "column": error.colno}, []
    out, cut = _bounded(_pieces(text))
    return {"flaw": "", "cut": cut}, [out.encode("utf-8", "replace")]


def _bounded(pieces: Iterator[str]) -> tuple[str, bool]:
    """Return pieces as one text, as many as a preview may have, and whether there are more."""
    taken: list[str] = []
    chars = lines = 0
    for piece in pieces:
        chars += len(piece)
        lines += piece.startswith("\n")
        if chars > _OUT_MAX_CHARS or lines > _OUT_MAX_LINES:
            return "".join(taken), True
        taken.append(piece)
    return "".join(taken), False


def _pieces(text: str) -> Iterator[str]:
    depth, last = 0, ""
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
        yield piece
        last = word


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEPTH_MAX)
