"""The same condition in forms in which PostgreSQL goes through its parts in one order or the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tests.engine.policies.expr import AND, ATOM, COMPARE, IS, MATCH, OR, Expr, made

_QUANTIFIED = re.compile(r" (\S+) (ANY|SOME|ALL) \(", re.IGNORECASE)


def ordered(condition: Expr, *, backwards: bool) -> Expr:
    """Return a condition that means the same, and whose parts PostgreSQL goes through as they are written.

    What it would sort by cost, or compute as an array before it compares, is spelled out with AND and OR.

    Args:
        condition: The condition.
        backwards: Whether its parts are written in reverse order.
    """
    return made("boolean", ATOM, "(@ IS TRUE)", (IS + 1, _spelled(condition, backwards)))


def _spelled(expression: Expr, backwards: bool) -> Expr:
    parts = tuple((slot, _spelled(part, backwards)) for slot, part in expression.parts)
    inner = [part for _, part in parts]
    word = expression.texts[1].strip().upper() if len(expression.texts) > 1 else ""
    if expression.level in (AND, OR) and expression.kind == "boolean":
        return replace(expression, parts=parts[::-1] if backwards else parts)
    if word in ("IN (", "NOT IN ("):
        equals, level = ("=", OR) if word == "IN (" else ("<>", AND)
        return _chain(level, [(inner[0], equals, item) for item in inner[1:]], backwards)
    if word in ("BETWEEN", "NOT BETWEEN"):
        above, below, level = (">=", "<=", AND) if word == "BETWEEN" else ("<", ">", OR)
        return _chain(level, [(inner[0], above, inner[1]), (inner[0], below, inner[2])], backwards)
    quantified = _QUANTIFIED.fullmatch(expression.texts[1]) if len(expression.texts) > 1 else None
    if quantified and inner[1].texts[0] == "ARRAY[":
        level = AND if quantified[2].upper() == "ALL" else OR
        return _chain(level, [(inner[0], quantified[1], item) for _, item in inner[1].parts], backwards)
    return replace(expression, parts=parts)


def _chain(level: int, comparisons: Sequence[tuple[Expr, str, Expr]], backwards: bool) -> Expr:
    """Return comparisons between AND or OR."""
    parts = [made("boolean", COMPARE, f"@ {op} @", (MATCH, left), (MATCH, right)) for left, op, right in comparisons]
    word = " AND " if level == AND else " OR "
    return made(
        "boolean", level, word.join("@" for _ in parts), *((level, part) for part in parts[:: -1 if backwards else 1])
    )
