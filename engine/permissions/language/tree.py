"""The tree of a policy's expression: typed, frozen, and the only thing that is ever turned into SQL.

Every node says its type and its place in the text. Places do not count when trees are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import islice

from engine.permissions.language.kinds import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text, in characters.

    Attributes:
        start: From 0.
        length: How many.
    """

    start: int
    length: int

    @property
    def end(self) -> int:
        """The place behind it."""
        return self.start + self.length

    def to(self, other: Span) -> Span:
        """Return the place from this to the end of another."""
        return Span(self.start, other.end - self.start)


NOWHERE = Span(0, 0)
"""The place of what no text was written for."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression.

    Attributes:
        kind: Its type.
        span: Where it is written.
    """

    kind: Kind
    span: Span = field(default=NOWHERE, compare=False, kw_only=True)

    @property
    def children(self) -> tuple[Node, ...]:
        """The parts that it is made of, in the order of the text."""
        found: list[Node] = []
        for each in fields(self):
            found.extend(_nodes(getattr(self, each.name)))
        return tuple(found)

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


def _nodes(value: object) -> Iterator[Node]:
    """Yield the nodes of a field's value."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant: text, integer, boolean, UUID as text, JSON as text, microseconds for times; None for NULL."""

    value: str | int | bool | None


@dataclass(frozen=True, slots=True)
class Column(Node):
    """A column of the row that is judged."""

    name: str


@dataclass(frozen=True, slots=True)
class Fact(Node):
    """What is the same for every row: `auth.uid`, `auth.role`, `auth.jwt`, `auth.email`, `storage.operation`, `now`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function, by its full name, with its arguments; `coalesce` and `nullif` too."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """`operand::kind`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left op right` with `=`, `<>`, `<`, `<=`, `>` or `>=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Distinct(Node):
    """`left IS [NOT] DISTINCT FROM right`; `negated` with NOT."""

    left: Node
    right: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """Two or more operands between `and` or `or`."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`NOT operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    """`operand IS [NOT] NULL`."""

    operand: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class IsTruth(Node):
    """`operand IS [NOT] TRUE | FALSE | UNKNOWN`; unknown is None."""

    operand: Node
    value: bool | None
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Node):
    """`operand [NOT] IN (items)`."""

    operand: Node
    items: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`left op ANY (array)`, or `ALL`."""

    operator: str
    every: bool
    left: Node
    array: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`operand [NOT] BETWEEN low AND high`."""

    operand: Node
    low: Node
    high: Node
    negated: bool

    @property
    def compared(self) -> Logic:
        """The two comparisons that it stands for."""
        operators = ("<", ">") if self.negated else (">=", "<=")
        bounds = zip(operators, (self.low, self.high), strict=True)
        sides = tuple(Compare(Kind.BOOLEAN, operator, self.operand, each, span=self.span) for operator, each in bounds)
        return Logic(Kind.BOOLEAN, "or" if self.negated else "and", sides, span=self.span)


@dataclass(frozen=True, slots=True)
class Like(Node):
    """`operand [NOT] LIKE | ILIKE pattern [ESCAPE escape]`."""

    operand: Node
    pattern: Node
    escape: Node | None
    ignores_case: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left op right` with `+`, `-`, `*`, `/` or `%`, over integers, or times and intervals."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """`-operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Concat(Node):
    """`left || right`."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Case(Node):
    """`CASE [operand] WHEN ... THEN ... [ELSE default] END`."""

    operand: Node | None
    branches: tuple[tuple[Node, Node], ...]
    default: Node | None


@dataclass(frozen=True, slots=True)
class ArrayOf(Node):
    """`ARRAY[items]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Subscript(Node):
    """`(array)[index]`, from 1."""

    array: Node
    index: Node


@dataclass(frozen=True, slots=True)
class JsonGet(Node):
    """`operand op key` with `->`, `->>`, `#>` or `#>>`."""

    operator: str
    operand: Node
    key: Node


@dataclass(frozen=True, slots=True)
class JsonHas(Node):
    """`operand ? key`."""

    operand: Node
    key: Node


_SMALL = 3


def is_small(node: Node) -> bool:
    """Return whether a node is so small that it may as well be computed twice."""
    return len(list(islice(node.walk(), _SMALL + 1))) <= _SMALL
