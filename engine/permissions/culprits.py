"""The words of an expression that decided: the smallest parts that came to what the whole of it came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.access_types import Culprit
from engine.permissions.language import parts

if TYPE_CHECKING:
    from engine.permissions.language import Expression, Part

FAILED: Final = object()
"""Stands for the value of a part that has none on this row."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An expression on a row.

    Attributes:
        whole: All of it.
        parts: Its parts with their values: those that are conditions.
    """

    whole: tuple[Part, Any]
    parts: tuple[tuple[Part, Any], ...]

    @classmethod
    def of(cls, parts: Sequence[Part], values: Sequence[Any]) -> Judged:
        """Return an expression of whose parts the first is the whole."""
        pairs = tuple(zip(parts, values, strict=True))
        return cls(pairs[0], pairs)

    @property
    def truth(self) -> bool | None:
        """What it came to; None for null, and where it has no value."""
        return _truth(self.whole[1])


def conditions_of(expression: Expression) -> tuple[Part, ...]:
    """Return the whole of an expression, and all smaller conditions in it."""
    from engine.permissions.language import Part  # see there: many a start sees no policy

    found = [part for part in parts(expression) if part.expression.is_condition]
    whole = Part(expression.text, 0, len(expression.text), expression, 0)
    return (whole, *(part for part in found if part.depth))


def culprits_of(judged: Judged) -> tuple[Culprit, ...]:
    """Return the parts that decided: the smallest that let it pass, or that did not."""
    deciding = [(part, value) for part, value in judged.parts if _agrees(value, judged.truth)]
    smallest = [
        (part, value)
        for part, value in deciding
        if not any(other is not part and _within(other, part) for other, _ in deciding)
    ]
    return tuple(Culprit(part.text, part.start, part.length, _text(value)) for part, value in smallest)


def _agrees(value: Any, truth: bool | None) -> bool:  # noqa: ANN401 - what a database gives
    """Return whether a part came to the same side as the whole: it passed, or it did not."""
    return (_truth(value) is True) == (truth is True)


def _within(inner: Part, outer: Part) -> bool:
    """Return whether a part lies within another, and is smaller."""
    starts, ends = inner.start >= outer.start, inner.start + inner.length <= outer.start + outer.length
    return starts and ends and inner.length < outer.length


def _truth(value: Any) -> bool | None:  # noqa: ANN401 - what a database gives
    return None if value is None or value is FAILED else bool(value)


def _text(value: Any) -> str:  # noqa: ANN401 - what a database gives
    if value is FAILED:
        return "error"
    return "null" if value is None else str(bool(value)).lower()
