"""Expressions that the generator makes: trees that know how to be written, and how to become smaller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

# How tightly a form binds, as in PostgreSQL's grammar; a part that binds less than its slot asks for gets parentheses.
ANY = 0
OR = 1
AND = 2
NOT = 3
IS = 4
COMPARE = 5
MATCH = 6
OPERATOR = 7
PLUS = 8
TIMES = 9
MINUS = 11
CAST = 13
ATOM = 14


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression.

    Attributes:
        kind: PostgreSQL's name of its type.
        level: How tightly it binds.
        texts: What is written before, between and behind its parts.
        parts: Each with the level that its slot asks for.
        wrapped: Whether it has parentheses that it does not need.
        pool: What it is likely to be compared with.
    """

    kind: str
    level: int
    texts: tuple[str, ...]
    parts: tuple[tuple[int, Expr], ...] = ()
    wrapped: bool = False
    pool: str = field(default="", compare=False)

    @property
    def sql(self) -> str:
        """The expression as it is written."""
        written = [self.texts[0]]
        for (slot, part), text in zip(self.parts, self.texts[1:], strict=True):
            bare = part.level >= slot and not part.wrapped
            written.extend((part.sql if bare else f"({part.sql})", text))
        return "".join(written)

    @property
    def size(self) -> int:
        """How many parts it is made of."""
        return 1 + sum(part.size for _, part in self.parts)

    @property
    def looks_at_the_row(self) -> bool:
        """Whether a column is among its parts."""
        return self._is_column or any(part.looks_at_the_row for _, part in self.parts)

    @property
    def _is_column(self) -> bool:
        word = self.texts[0]
        return not self.parts and word.isidentifier() and word.lower() not in ("true", "false", "null")

    @property
    def writes_own_id(self) -> bool:
        """Whether the caller's id is made a text somewhere."""
        inner = [part for _, part in self.parts]
        here = self.kind == "text" and any("auth.uid()" in part.texts[0] and not part.parts for part in inner)
        return here or any(part.writes_own_id for part in inner)

    def smaller(self) -> Iterator[Expr]:
        """Yield expressions of the same type with something taken away, the smallest first."""
        yield from (inner for inner in self._inner() if inner.kind == self.kind)
        for index, (slot, part) in enumerate(self.parts):
            for other in part.smaller():
                parts = (*self.parts[:index], (slot, other), *self.parts[index + 1 :])
                yield replace(self, parts=parts)

    def _inner(self) -> Iterator[Expr]:
        for _, part in self.parts:
            yield part
            yield from part._inner()


def made(kind: str, level: int, form: str, *parts: tuple[int, Expr], pool: str = "") -> Expr:
    """Return an expression.

    Args:
        kind: Its type.
        level: How tightly it binds.
        form: How it is written, `@` for each part.
        parts: The parts, each with the level of its slot.
        pool: What it is likely to be compared with.
    """
    return Expr(kind, level, tuple(form.split("@")), parts, pool=pool)


def atom(kind: str, text: str, pool: str = "") -> Expr:
    """Return an expression without parts."""
    return Expr(kind, ATOM, (text,), pool=pool)


def call(kind: str, name: str, *arguments: Expr, pool: str = "") -> Expr:
    """Return the call of a function."""
    form = f"{name}({', '.join('@' for _ in arguments)})"
    return made(kind, ATOM, form, *((ANY, argument) for argument in arguments), pool=pool)
