"""The same condition in forms in which PostgreSQL goes through its parts in one order or another.

Of its own it sorts them by what they cost, and works out beforehand what is constant: both may reach a part that fails
where another order would not, and pass one by that another would reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.engine.policies.expr import AND, ANY, ATOM, COMPARE, IS, MATCH, OR, Expr, made

_QUANTIFIED = re.compile(r" (\S+) (ANY|SOME|ALL) \(", re.IGNORECASE)
_BEFOREHAND = ("uuid", "timestamptz", "interval")
_KEEP_TEXTS = ("jsonb", "uuid", "timestamptz", "interval", "text[]")


def orders(condition: Expr) -> Iterator[Expr]:
    """Yield forms that mean the same, whose parts PostgreSQL goes through as they are written.

    What it would sort or compute as a whole is spelled out with AND and OR, and constants are hidden from it.

    Args:
        condition: The condition.
    """
    for shift in (0, -1, 1, 2):
        yield made("boolean", ATOM, "(@ IS TRUE)", (IS + 1, _spelled(condition, shift)))


def _turned(parts: Sequence[Expr], shift: int) -> list[Expr]:
    """Return parts in another order: reversed for -1, else with some of the first behind the others."""
    if shift < 0:
        return list(reversed(parts))
    shift %= max(1, len(parts))
    return [*parts[shift:], *parts[:shift]]


def _spelled(expression: Expr, shift: int) -> Expr:
    if not expression.parts:
        return _hidden(expression)
    inner = _with_hidden_texts(expression, [_spelled(part, shift) for _, part in expression.parts])
    word = expression.texts[1].strip().upper()
    if expression.level in (AND, OR) and expression.kind == "boolean":
        return replace(expression, parts=tuple((expression.level, part) for part in _turned(inner, shift)))
    if word in ("IN (", "NOT IN ("):
        equals, level = ("=", OR) if word == "IN (" else ("<>", AND)
        return _chain(level, [(inner[0], equals, item) for item in inner[1:]], shift)
    if word in ("BETWEEN", "NOT BETWEEN"):
        above, below, level = (">=", "<=", AND) if word == "BETWEEN" else ("<", ">", OR)
        return _chain(level, [(inner[0], above, inner[1]), (inner[0], below, inner[2])], shift)
    quantified = _QUANTIFIED.fullmatch(expression.texts[1])
    if quantified and inner[1].texts[0] == "ARRAY[":
        level = AND if quantified[2].upper() == "ALL" else OR
        return _chain(level, [(inner[0], quantified[1], item) for _, item in inner[1].parts], shift)
    spelled = replace(
        expression, parts=tuple((slot, part) for (slot, _), part in zip(expression.parts, inner, strict=True))
    )
    is_constant = expression.kind in _BEFOREHAND and all(part.texts[0].startswith("'") for part in inner)
    return _same(spelled) if is_constant else spelled


def _with_hidden_texts(expression: Expr, parts: list[Expr]) -> list[Expr]:
    """Return the parts of an expression, its literal texts hidden where they can only be texts."""
    kinds = {expression.kind, *(part.kind for part in parts)}
    if kinds.intersection(_KEEP_TEXTS) or " ESCAPE " in expression.texts:
        return parts
    return [
        _same(replace(part, texts=(f"{part.texts[0]}::text",))) if part.kind == "text" and _is_literal(part) else part
        for part in parts
    ]


def _is_literal(part: Expr) -> bool:
    return not part.parts and part.texts[0].startswith("'")


def _hidden(part: Expr) -> Expr:
    """Return a part without parts, hidden if it is a number or an interval."""
    text = part.texts[0]
    return _same(part) if text.isdigit() or text.startswith("interval ") else part


def _same(part: Expr) -> Expr:
    return made(part.kind, ATOM, "asked.same(@)", (ANY, part))


def _chain(level: int, comparisons: Sequence[tuple[Expr, str, Expr]], shift: int) -> Expr:
    """Return comparisons between AND or OR."""
    parts = [made("boolean", COMPARE, f"@ {op} @", (MATCH, left), (MATCH, right)) for left, op, right in comparisons]
    word = " AND " if level == AND else " OR "
    return made("boolean", level, word.join("@" for _ in parts), *((level, part) for part in _turned(parts, shift)))
