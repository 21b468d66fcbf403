"""The parts of an expression that are worth showing, where somebody asks why it came out as it did."""

from __future__ import annotations

from dataclasses import dataclass

from engine.permissions.language.evaluation import is_constant
from engine.permissions.language.expression import Expression
from engine.permissions.language.tokens import Shape, lexemes
from engine.permissions.language.tree import Node, Span


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an expression.

    Attributes:
        text: As written, without parentheses around it.
        start, length: Where, in characters of the whole text.
        expression: The part by itself; `expression.is_condition` says whether it is true or false.
        depth: How deep it lies; 0 is the whole.
    """

    text: str
    start: int
    length: int
    expression: Expression
    depth: int


def parts(expression: Expression) -> tuple[Part, ...]:
    """Return all parts but constants, the whole first, each before the parts that it is made of."""
    closing = _parentheses(expression.text)
    found: list[Part] = []
    waiting: list[tuple[Node, int]] = [(expression.root, 0)]
    while waiting:
        node, depth = waiting.pop()
        if not is_constant(node):
            span = _without_parentheses(expression.text, node.span, closing)
            shown = expression.text[span.start : span.end]
            alone = Expression(expression.text, expression.table, node)
            found.append(Part(shown, span.start, span.length, alone, depth))
            waiting.extend((each, depth + 1) for each in reversed(node.children))
    return tuple(found)


def _parentheses(text: str) -> dict[int, int]:
    """Return where the parentheses of a text close, by where they open."""
    opened: list[int] = []
    closing: dict[int, int] = {}
    for token in lexemes(text):
        if token.shape is Shape.MARK and token.text == "(":
            opened.append(token.span.start)
        elif token.shape is Shape.MARK and token.text == ")" and opened:
            closing[opened.pop()] = token.span.start
    return closing


def _without_parentheses(text: str, span: Span, closing: dict[int, int]) -> Span:
    """Return a place without the parentheses around all of it."""
    start, end = span.start, span.end
    while closing.get(start) == end - 1:
        inner = text[start + 1 : end - 1]
        start, end = end - 1 - len(inner.lstrip()), start + 1 + len(inner.rstrip())
    return Span(start, end - start)
