"""What the words of a text are, for an editor: by their look alone, so that half-written texts have colours too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.permissions.language.tokens import Lexeme, Shape, lexemes


class TokenKind(StrEnum):
    """What a token is."""

    KEYWORD = "keyword"
    FUNCTION = "function"
    STRING = "string"
    NUMBER = "number"
    OPERATOR = "operator"
    COLUMN = "column"
    COMMENT = "comment"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a text that has a colour.

    Attributes:
        kind: What it is.
        start, length: Where, in characters.
    """

    kind: TokenKind
    start: int
    length: int


_WORDS: Final = """
all alter and any array as asymmetric between by case cast check coalesce create current_timestamp delete distinct drop
else enable end escape exists false for from if ilike in insert interval is isnull level like not notnull null nullif on
or permissive policy position restrictive row security select some substring symmetric table then to true unknown
update using when with
"""
_KEYWORDS: Final = frozenset(_WORDS.split())
_FUNCTION_WORDS: Final = frozenset({"coalesce", "nullif", "substring", "position", "cast"})
_PLAIN: Final = {
    Shape.COMMENT: TokenKind.COMMENT,
    Shape.STRING: TokenKind.STRING,
    Shape.INTEGER: TokenKind.NUMBER,
    Shape.DECIMAL: TokenKind.NUMBER,
    Shape.OPERATOR: TokenKind.OPERATOR,
    Shape.BAD: TokenKind.ERROR,
}
_NAMED: Final = (Shape.WORD, Shape.QUOTED)


def highlight(text: str) -> tuple[Token, ...]:
    """Return the parts of a text that have a colour, in their order; never fails, whatever the text is."""
    found = [each for each in lexemes(text) if each.shape not in (Shape.SPACE, Shape.END)]
    solid = [each for each in found if each.shape is not Shape.COMMENT]
    names = _names(solid)
    tokens = []
    for each in found:
        kind = names.get(each.span.start) or _PLAIN.get(each.shape)
        if kind is not None:
            tokens.append(Token(kind, each.span.start, each.span.length))
    return tuple(tokens)


def _names(solid: list[Lexeme]) -> dict[int, TokenKind]:
    """Return what the words and quoted names are, by where they begin; from the end, where calls are seen."""
    kinds: dict[int, TokenKind] = {}
    called = False
    for place in range(len(solid) - 1, -1, -1):
        token = solid[place]
        behind = solid[place + 1].text if place + 1 < len(solid) and solid[place + 1].shape is Shape.MARK else ""
        if token.shape not in _NAMED:
            continue
        called = behind == "(" or (behind == "." and called)
        before = solid[place - 1].text if place and solid[place - 1].shape is Shape.OPERATOR else ""
        kinds[token.span.start] = TokenKind.KEYWORD if before == "::" else _name(token, called)
    return kinds


def _name(token: Lexeme, called: bool) -> TokenKind:
    """Return what a word or a quoted name is."""
    if token.shape is Shape.WORD and token.text in _KEYWORDS and not (called and token.text in _FUNCTION_WORDS):
        return TokenKind.KEYWORD
    return TokenKind.FUNCTION if called else TokenKind.COLUMN
