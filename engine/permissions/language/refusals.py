"""How a text is refused: with the place and the reason in plain words."""

from __future__ import annotations

from engine.errors import InvalidPolicy
from engine.permissions.language.tree import Span


class Refusal(Exception):
    """A part of a text is refused. Stays inside this package: `InvalidPolicy` goes out.

    Attributes:
        reason: In plain words.
        span: The part.
    """

    def __init__(self, reason: str, span: Span) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


def located(refusal: Refusal, text: str, shift: int = 0) -> InvalidPolicy:
    """Return the error for a refusal.

    Args:
        refusal: What is refused.
        text: The whole text.
        shift: Where in it the part begins that the refusal counts from.
    """
    start = min(refusal.span.start + shift, len(text))
    before = text[:start]
    line = before.count("\n") + 1
    column = start - (before.rfind("\n") + 1) + 1
    return InvalidPolicy(refusal.reason, line=line, column=column, start=start, length=refusal.span.length)
