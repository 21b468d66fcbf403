"""Reads quoted literals as values of a type, when a policy is written: a wrong one is refused then.

Values are kept as `tree.Literal` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.permissions.language import json_values, kernels, timestamps
from engine.permissions.language.kinds import ELEMENTS, INTEGERS, Kind, fits
from engine.permissions.language.refusals import Refusal
from engine.permissions.language.tree import ArrayOf, Literal, Node, Span

_READERS: Final[dict[Kind, Callable[[str], str | int | bool]]] = {
    Kind.TEXT: str,
    Kind.INT4: kernels.text_to_int4,
    Kind.INT8: kernels.text_to_int8,
    Kind.BOOLEAN: kernels.text_to_boolean,
    Kind.UUID: kernels.text_to_uuid,
    Kind.JSON: json_values.text_to_json,
    Kind.TIME: timestamps.microseconds,
    Kind.INTERVAL: timestamps.interval,
}
_ELEMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s{}",\\](?:[^{}",\\]*[^\s{}",\\])?))\s*(,|$)', re.DOTALL)


def read(literal: Literal, kind: Kind) -> Node:
    """Return a literal without a type as a value of one.

    Raises:
        Refusal: It is none.
    """
    if literal.value is None:
        return Literal(kind, None, span=literal.span)
    text = str(literal.value)
    if kind in ELEMENTS:
        return array(text, kind, literal.span)
    return Literal(kind, _value(text, kind, literal.span), span=literal.span)


def _value(text: str, kind: Kind, span: Span) -> str | int | bool:
    """Return the value that a text stands for.

    Raises:
        Refusal: It stands for none of that type.
    """
    try:
        return _READERS[kind](text)
    except ValueError as error:
        raise Refusal(str(error), span) from error


def recast(literal: Literal, kind: Kind) -> Literal:
    """Return an integer literal as the other type of integers.

    Raises:
        Refusal: It is too large for it.
    """
    if isinstance(literal.value, int) and not fits(literal.value, kind):
        raise Refusal(f"{kind.value} out of range", literal.span)
    return Literal(kind, literal.value, span=literal.span)


def is_constant_integer(node: Node) -> bool:
    """Return whether a node is an integer, or NULL as one."""
    return isinstance(node, Literal) and node.kind in INTEGERS


def array(text: str, kind: Kind, span: Span) -> ArrayOf:
    """Return the array that a literal such as `{a,"b c"}` stands for.

    Raises:
        Refusal: It is none of one dimension.
    """
    elements = elements_of(text)
    if elements is None:
        raise Refusal(f"malformed array literal: {text!r}", span)
    element = ELEMENTS[kind]
    items = [Literal(element, None if each is None else _value(each, element, span), span=span) for each in elements]
    return ArrayOf(kind, tuple(items), span=span)


def elements_of(text: str) -> list[str | None] | None:
    """Return the elements of an array literal, None for NULL; None for a text that is no array literal."""
    body = text.strip(" \t\n\r\v\f")
    if not (body.startswith("{") and body.endswith("}")):
        return None
    body = body[1:-1]
    if not body.strip(" \t\n\r\v\f"):
        return []
    found: list[str | None] = []
    at, comma = 0, ","
    while comma:
        match = _ELEMENT.match(body, at)
        if match is None:
            return None
        quoted, plain, comma = match.groups()
        if quoted is None:
            found.append(None if plain.lower() == "null" else plain)
        else:
            found.append(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
        at = match.end()
    return found
