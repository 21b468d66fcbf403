"""Reads an expression by PostgreSQL's grammar, operator by operator, and builds its tree.

How tightly operators bind, and which cannot stand in a row, is PostgreSQL's table.

Source: PostgreSQL, "Operator Precedence"; gram.y.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.permissions.language import operators, primaries
from engine.permissions.language.cursor import Cursor
from engine.permissions.language.kinds import Kind
from engine.permissions.language.refusals import Refusal
from engine.permissions.language.sizes import MAX_DEPTH, check_size
from engine.permissions.language.tokens import Shape
from engine.permissions.language.tree import Between, Distinct, IsNull, IsTruth, Like, Node, Span
from engine.permissions.language.typing_rules import settled, truth
from engine.permissions.rows import PolicyTable

_OR, _AND, _NOT, _IS, _COMPARISON, _LIKE, _OTHER, _SUM, _PRODUCT, _MINUS, _CAST = range(1, 12)
_LEVELS = {
    **dict.fromkeys(operators.COMPARISONS, _COMPARISON),
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "%": _PRODUCT,
    "::": _CAST,
}
_WORDS = {
    "or": _OR,
    "and": _AND,
    "is": _IS,
    "isnull": _IS,
    "notnull": _IS,
    "between": _LIKE,
    "in": _LIKE,
    "like": _LIKE,
    "ilike": _LIKE,
    "not": _LIKE,
}
_REFUSED_WORDS = {
    "similar": "SIMILAR TO is not supported; use LIKE",
    "collate": "COLLATE is not supported: text is compared byte by byte",
    "at": "AT TIME ZONE is not supported: times are UTC",
    "overlaps": "OVERLAPS is not supported",
    "operator": "OPERATOR() is not supported",
}
_TRUTHS: dict[str, bool | None] = {"true": True, "false": False, "unknown": None}


class Grammar:
    """Reads one expression.

    Attributes:
        cursor: The tokens.
        table: What the policy is for.
    """

    def __init__(self, text: str, table: PolicyTable) -> None:
        self.cursor = Cursor(text)
        self.table = table
        self._depth = 0
        self._infix: dict[str, Callable[[Node], Node]] = {
            "is": self._is,
            "isnull": self._isnull,
            "notnull": self._isnull,
            "between": self._between,
            "in": self._in,
            "like": self._like,
            "ilike": self._like,
            "not": self._negated,
        }

    def whole(self) -> Node:
        """Return the tree of the whole text.

        Raises:
            Refusal: It is not one expression, or one that is not supported.
        """
        node = self.expression()
        if not self.cursor.at_end:
            raise self.cursor.unexpected("an operator or the end")
        check_size(node)
        return truth(node, "a policy")

    def expression(self, floor: int = 0) -> Node:
        """Return the next expression, of operators that bind at least so tightly.

        Args:
            floor: 0 for all.
        """
        with self._deeper():
            left = self._prefixed()
            chained = 0
            while (level := self._level()) and level >= floor:
                if level == chained:
                    raise Refusal("comparisons cannot stand in a row; use AND, or parentheses", self.cursor.now.span)
                left, chained = self._joined(left, level)
            return left

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Count how deep the expression is nested.

        Raises:
            Refusal: Too deep.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refusal("the expression is nested too deeply", self.cursor.now.span)
        yield
        self._depth -= 1

    def _prefixed(self) -> Node:
        """Return the next operand, with what stands before it."""
        start = self.cursor.now
        if self.cursor.took_word("not"):
            return operators.negation(self.expression(_NOT), start.span)
        if start.shape is Shape.OPERATOR and start.text in ("-", "+"):
            self.cursor.take()
            operand = self.expression(_MINUS)
            return operators.minus(operand, start.span) if start.text == "-" else operand
        return primaries.primary(self)

    def _level(self) -> int:
        """Return how tightly the next operator binds, or 0 where none is next.

        Raises:
            Refusal: It is one that is not supported.
        """
        token = self.cursor.now
        if token.shape is Shape.WORD:
            if token.text in _REFUSED_WORDS:
                raise Refusal(_REFUSED_WORDS[token.text], token.span)
            return _WORDS.get(token.text, 0)
        if token.shape is Shape.OPERATOR:
            return _LEVELS.get(token.text, _OTHER)
        return 0

    def _joined(self, left: Node, level: int) -> tuple[Node, int]:
        """Return an operator's node, and the level that must not follow, or 0."""
        token = self.cursor.take()
        if token.text in self._infix:
            behind = self._infix[token.text](left)
            return behind, level if isinstance(behind, (Distinct, Like, Between)) else 0
        if token.text in ("and", "or"):
            return operators.logic(token.text, left, self.expression(level + 1)), 0
        if token.text == "::":
            kind = primaries.type_name(self.cursor)
            return operators.cast(left, kind, left.span.to(self.cursor.before.span)), 0
        if self.cursor.is_word("any", "some", "all"):
            return self._quantified(token.text, token.span, left), 0
        right = self.expression(level + 1)
        return operators.binary(token.text, left, right, token.span), level if level == _COMPARISON else 0

    def _quantified(self, operator: str, place: Span, left: Node) -> Node:
        """Return `left op ANY (array)` behind its operator."""
        every = self.cursor.take().text == "all"
        if operator not in operators.COMPARISONS:
            raise Refusal(f"{operator} ANY is not supported", place)
        self.cursor.need_mark("(")
        primaries.refuse_select(self.cursor)
        array = self.expression()
        end = self.cursor.need_mark(")")
        return operators.quantified(operator, every, left, array, end.span)

    def _is(self, left: Node) -> Node:
        """Return the node of IS."""
        cursor = self.cursor
        negated = cursor.took_word("not")
        if cursor.took_word("distinct"):
            cursor.need_word("from")
            return operators.distinct(left, self.expression(_COMPARISON), negated)
        if cursor.took_word("null"):
            return IsNull(Kind.BOOLEAN, settled(left), negated, span=left.span.to(cursor.before.span))
        if not cursor.is_word(*_TRUTHS):
            raise cursor.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
        value = _TRUTHS[cursor.take().text]
        operand = truth(left, "what stands before IS")
        return IsTruth(Kind.BOOLEAN, operand, value, negated, span=left.span.to(cursor.before.span))

    def _isnull(self, left: Node) -> Node:
        """Return the node of ISNULL or NOTNULL."""
        end = self.cursor.before
        return IsNull(Kind.BOOLEAN, settled(left), end.text == "notnull", span=left.span.to(end.span))

    def _negated(self, left: Node) -> Node:
        """Return the node of NOT BETWEEN, NOT IN, NOT LIKE or NOT ILIKE."""
        if not self.cursor.is_word("between", "in", "like", "ilike"):
            raise self.cursor.unexpected("BETWEEN, IN, LIKE or ILIKE")
        word = self.cursor.take().text
        if word == "between":
            return self._between(left, negated=True)
        return self._in(left, negated=True) if word == "in" else self._like(left, negated=True)

    def _between(self, left: Node, negated: bool = False) -> Node:
        """Return the node of BETWEEN."""
        if self.cursor.is_word("symmetric"):
            raise Refusal("BETWEEN SYMMETRIC is not supported", self.cursor.now.span)
        self.cursor.took_word("asymmetric")
        low = self.expression(_OTHER)
        self.cursor.need_word("and")
        return operators.between(left, low, self.expression(_OTHER), negated)

    def _in(self, left: Node, negated: bool = False) -> Node:
        """Return the node of IN."""
        self.cursor.need_mark("(")
        primaries.refuse_select(self.cursor)
        items = [self.expression()]
        while self.cursor.took_mark(","):
            items.append(self.expression())
        end = self.cursor.need_mark(")")
        return operators.membership(left, items, negated, end.span)

    def _like(self, left: Node, negated: bool = False) -> Node:
        """Return the node of LIKE or ILIKE."""
        ignores_case = self.cursor.before.text == "ilike"
        if self.cursor.is_word("any", "some", "all"):
            raise Refusal("LIKE ANY is not supported; write several with OR", self.cursor.now.span)
        pattern = self.expression(_OTHER)
        escape = self.expression(_OTHER) if self.cursor.took_word("escape") else None
        return operators.likeness(left, pattern, escape, ignores_case, negated)
