"""Colours for code, in the decoder: languages are told apart by regular expressions that a text can make run away."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType
from pygments.util import ClassNotFound

_SPANS_MAX: Final = 40_000
_KINDS: Final = (
    (Comment.Preproc, "keyword"),
    (Comment, "comment"),
    (Keyword, "keyword"),
    (Number, "number"),
    (String, "string"),
    (Name.Function, "function"),
    (Name.Class, "function"),
    (Name.Tag, "keyword"),
    (Name.Attribute, "function"),
    (Name.Decorator, "function"),
)


def colours(data: bytes, *, name: str, language: str = "") -> tuple[dict[str, Any], list[bytes]]:
    """Cut a text into what is coloured.

    Args:
        data: The text, UTF-8.
        name: The file's name, which tells the language.
        language: The language, where it is known better.

    Returns:
        `language` as people call it, and `spans`: `[start, length, kind]` each, in UTF-16 units; both empty where no
        language is known.
    """
    text = data.decode("utf-8", "replace")
    lexer = _lexer(name, language)
    if lexer is None:
        return {"language": "", "spans": []}, []
    spans: list[tuple[int, int, str]] = []
    place = 0
    for kind, piece in islice(lexer.get_tokens(text), _SPANS_MAX):
        length = len(piece) if piece.isascii() else len(piece.encode("utf-16-le", "surrogatepass")) // 2
        coloured = _kind(kind)
        if coloured:
            spans.append((place, length, coloured))
        place += length
    return {"language": lexer.name, "spans": spans}, []


def _lexer(name: str, language: str) -> Lexer | None:
    options = {"stripnl": False, "ensurenl": False}
    try:
        found = get_lexer_by_name(language, **options) if language else get_lexer_for_filename(name, **options)
    except ClassNotFound:
        return None
    return None if found.name == "Text only" else found


def _kind(token: _TokenType) -> str:
    return next((kind for parent, kind in _KINDS if token in parent), "")
