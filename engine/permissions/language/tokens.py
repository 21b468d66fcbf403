"""Cuts a text into tokens by PostgreSQL's rules. Linear in time, and never fails: what is no token is a `BAD` one.

Source: PostgreSQL, "Lexical Structure" and scan.l.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto

from engine.permissions.language.tree import Span


class Shape(StrEnum):
    """What a token looks like."""

    SPACE = auto()
    COMMENT = auto()
    WORD = auto()
    QUOTED = auto()
    STRING = auto()
    INTEGER = auto()
    DECIMAL = auto()
    OPERATOR = auto()
    MARK = auto()
    BAD = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A token.

    Attributes:
        shape: What it looks like.
        text: What it says: words in small letters, names and strings without quotes, bad ones the reason.
        span: Where it is.
    """

    shape: Shape
    text: str
    span: Span


_TOKEN = re.compile(
    r"""
    (?P<space>[\ \t\n\r\f]+)
  | (?P<line>--[^\n\r]*)
  | (?P<block>/\*)
  | (?P<prefixed>(?:[eEbBxXnN]|[uU]&)'|[uU]&")
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*)
  | (?P<string>'(?:[^']|'')*+'?)
  | (?P<quoted>"(?:[^"]|"")*+"?)
  | (?P<number>[0-9]+(?![0-9A-Za-z_.])|\.?[0-9][0-9A-Za-z_.]*)
  | (?P<cast>::)
  | (?P<operator>[~!@\#^&|`?+\-*/%<>=]{1,63})
  | (?P<mark>[()\[\],.;])
    """,
    re.VERBOSE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_NOT_AT_END_OF_OPERATOR = "+-"
_KEEPS_SIGN = frozenset("~!@#%^&|`?")


def lexemes(text: str) -> Iterator[Lexeme]:
    """Yield all tokens of a text, spaces and comments as well, and `END` at last."""
    at = 0
    while at < len(text):
        token = _next(text, at)
        yield token
        at = token.span.end
    yield Lexeme(Shape.END, "", Span(len(text), 0))


def _next(text: str, at: int) -> Lexeme:
    """Return the token that begins at a place."""
    match = _TOKEN.match(text, at)
    if match is None:
        return Lexeme(Shape.BAD, "this character has no meaning here", Span(at, 1))
    group, found = str(match.lastgroup), match.group()
    span = Span(at, len(found))
    if group == "block":
        return _block(text, at)
    if group == "operator":
        return _operator(found, at)
    if group in ("string", "quoted"):
        return _closed(group, found, span)
    if group == "number":
        return Lexeme(Shape.INTEGER if found.isdigit() else Shape.DECIMAL, found, span)
    if group == "prefixed":
        return _prefixed(text, match)
    return Lexeme(_SHAPES[group], _folded(found), span)


_SHAPES = {
    "space": Shape.SPACE,
    "line": Shape.COMMENT,
    "word": Shape.WORD,
    "cast": Shape.OPERATOR,
    "mark": Shape.MARK,
}


def _folded(word: str) -> str:
    """Return a word in small letters, as PostgreSQL folds it: A to Z alone."""
    return word.lower() if word.isascii() else "".join(each.lower() if each.isascii() else each for each in word)


def _block(text: str, at: int) -> Lexeme:
    """Return the comment that begins at a place; comments nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, at):
        depth += 1 if edge.group() == "/*" else -1
        if not depth:
            return Lexeme(Shape.COMMENT, "", Span(at, edge.end() - at))
    return Lexeme(Shape.BAD, "the comment has no end", Span(at, len(text) - at))


def _operator(found: str, at: int) -> Lexeme:
    """Return an operator: the longest one that neither begins a comment nor ends in a sign of the next number."""
    for comment in ("--", "/*"):
        place = found.find(comment)
        if place >= 0:
            found = found[:place]
    if not _KEEPS_SIGN.intersection(found):
        shorter = found.rstrip(_NOT_AT_END_OF_OPERATOR)
        found = shorter or found[0]
    return Lexeme(Shape.OPERATOR, "<>" if found == "!=" else found, Span(at, len(found)))


def _closed(group: str, found: str, span: Span) -> Lexeme:
    """Return a string or a quoted name, or a bad token where its end is missing."""
    quote = found[0]
    body = found[1:]
    if (len(body) - len(body.rstrip(quote))) % 2 == 0:
        return Lexeme(Shape.BAD, f"the closing {quote} is missing", span)
    inner = body[:-1].replace(quote * 2, quote)
    if group == "quoted" and not inner:
        return Lexeme(Shape.BAD, "a name cannot be empty", span)
    if "\x00" in inner or any("\ud800" <= each <= "\udfff" for each in inner):
        return Lexeme(Shape.BAD, "this text cannot be stored", span)
    return Lexeme(Shape.STRING if group == "string" else Shape.QUOTED, inner, span)


def _prefixed(text: str, match: re.Match[str]) -> Lexeme:
    """Return a bad token for a string with a prefix, up to where a plain string would end."""
    body = _TOKEN.match(text, match.end() - 1)
    end = body.end() if body else match.end()
    reason = "strings with a prefix are not supported; write a plain one, '...'"
    return Lexeme(Shape.BAD, reason, Span(match.start(), end - match.start()))
