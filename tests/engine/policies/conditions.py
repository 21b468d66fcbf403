"""Generated conditions, and the policies that are made of them."""

from __future__ import annotations

import random

from tests.engine.policies import pools
from tests.engine.policies.expr import (
    AND,
    ANY,
    ATOM,
    COMPARE,
    IS,
    MATCH,
    NOT,
    OPERATOR,
    OR,
    PLUS,
    Expr,
    atom,
    call,
    made,
)
from tests.engine.policies.postgres import quoted
from tests.engine.policies.values import Values

_COMPARED = ("text",) * 8 + ("bigint",) * 3 + ("integer",) * 3 + ("uuid",) * 4 + ("timestamptz",) * 3 + ("interval",)
_OPERATORS = ("=", "=", "=", "<>", "!=", "<", "<=", ">", ">=")


class ConditionMaker:
    """Makes conditions over everything that the language has.

    Attributes:
        random: Decides; the same seed makes the same conditions.
    """

    def __init__(self, random_: random.Random, table: str = "objects") -> None:
        self.random = random_
        self.values = Values(random_, table)
        self.values.conditions = self
        self._ways = (
            (12, self._comparison),
            (8, self._logic),
            (3, self._not),
            (4, self._like),
            (4, self._in),
            (2, self._between),
            (3, self._null),
            (1, self._truth),
            (2, self._distinct),
            (4, self._quantified),
            (2, self._function),
            (2, self._has_key),
            (2, self._cast),
            (2, self._column),
            (1, lambda depth: self.values.any_of("boolean", depth)),
            (0.5, self._constant),
        )

    def condition(self, depth: int) -> Expr:
        """Return a condition of at most so many levels."""
        if depth <= 0:
            return self._leaf()
        ways = [way for _, way in self._ways]
        (way,) = self.random.choices(ways, [weight for weight, _ in self._ways])
        return way(depth)

    def _leaf(self) -> Expr:
        which = self.random.random()
        if which < 0.1:
            return self._constant(0)
        if which < 0.4:
            return made("boolean", COMPARE, "@ = @", (MATCH, self.values.uuid(0)), (MATCH, self.values.uuid(0)))
        left = self.values.text(0)
        return made("boolean", COMPARE, "@ = @", (MATCH, left), (MATCH, self.values.literal_near(left)))

    def _constant(self, _: int) -> Expr:
        return atom("boolean", self.random.choice(("true", "false", "TRUE", "NULL::boolean", "null::bool")))

    def _column(self, depth: int) -> Expr:
        return atom("boolean", "public") if self.values.table == "buckets" else self._comparison(depth)

    def _pair(self, depth: int) -> tuple[Expr, Expr]:
        kind = self.random.choice(_COMPARED)
        left = self.values.value(kind, depth - 1)
        which = self.random.random()
        if kind == "text" and which < 0.65:
            return left, self.values.literal_near(left)
        if kind == "uuid" and which < 0.2:
            return left, atom("text", quoted(self.random.choice(pools.UUIDS)))
        if kind == "timestamptz" and which < 0.3:
            return left, atom("text", quoted(self.random.choice(pools.TIMES)))
        other = {"bigint": "integer", "integer": "bigint"}.get(kind, kind) if which < 0.5 else kind
        return left, self.values.value(other, depth - 1)

    def _comparison(self, depth: int) -> Expr:
        left, right = self._pair(depth)
        if self.random.random() < 0.1:
            left, right = right, left
        if self.random.random() < 0.04:
            left, right = self.condition(depth - 1), self.condition(depth - 1)
        return made("boolean", COMPARE, f"@ {self.random.choice(_OPERATORS)} @", (MATCH, left), (MATCH, right))

    def _logic(self, depth: int) -> Expr:
        word, level = self.random.choice((("AND", AND), ("OR", OR), ("and", AND), ("or", OR)))
        parts = [self.condition(depth - 1) for _ in range(self.random.choice((2, 2, 2, 3, 4)))]
        return made("boolean", level, f" {word} ".join("@" for _ in parts), *((level, part) for part in parts))

    def _not(self, depth: int) -> Expr:
        return made("boolean", NOT, "NOT @", (NOT, self.condition(depth - 1)))

    def _like(self, depth: int) -> Expr:
        left = self.values.text(depth - 1)
        pattern = atom("text", quoted(pools.pattern(self.random, left.pool)))
        if self.random.random() < 0.1:
            pattern = self.values.text(depth - 1)
        word = self.random.choice(("LIKE", "NOT LIKE", "ILIKE", "LIKE", "NOT ILIKE", "ilike"))
        if self.random.random() < 0.1:
            escape = atom("text", quoted(self.random.choice(("!", "\\", "", "%", "a"))))
            return made(
                "boolean", MATCH, f"@ {word} @ ESCAPE @", *((OPERATOR, part) for part in (left, pattern, escape))
            )
        return made("boolean", MATCH, f"@ {word} @", (OPERATOR, left), (OPERATOR, pattern))

    def _in(self, depth: int) -> Expr:
        kind = self.random.choice(("text", "text", "text", "integer", "bigint", "uuid", "timestamptz"))
        left = self.values.value(kind, depth - 1)
        count = self.random.randrange(1, 5)
        if kind == "text" and self.random.random() < 0.8:
            items = [self.values.literal_near(left) for _ in range(count)]
        else:
            items = [self.values.value(kind, depth - 2) for _ in range(count)]
        if self.random.random() < 0.1:
            items.append(atom(kind, "NULL"))
        word = self.random.choice(("IN", "IN", "NOT IN"))
        form = f"@ {word} ({', '.join('@' for _ in items)})"
        return made("boolean", MATCH, form, (OPERATOR, left), *((ANY, item) for item in items))

    def _between(self, depth: int) -> Expr:
        kind = self.random.choice(("text", "bigint", "integer", "timestamptz", "uuid"))
        parts = [self.values.value(kind, depth - 1), *(self.values.value(kind, depth - 2) for _ in range(2))]
        word = self.random.choice(("BETWEEN", "NOT BETWEEN", "BETWEEN"))
        return made("boolean", MATCH, f"@ {word} @ AND @", *((OPERATOR, part) for part in parts))

    def _something(self, depth: int) -> Expr:
        kinds = ("text", "text", "bigint", "uuid", "timestamptz", "jsonb", "text[]", "boolean", "integer")
        kind = self.random.choice(kinds)
        return self.condition(depth) if kind == "boolean" else self.values.value(kind, depth)

    def _null(self, depth: int) -> Expr:
        word = self.random.choice(("IS NULL", "IS NOT NULL", "is not null"))
        return made("boolean", IS, f"@ {word}", (IS + 1, self._something(depth - 1)))

    def _truth(self, depth: int) -> Expr:
        word = self.random.choice(("TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN"))
        return made("boolean", IS, f"@ IS {word}", (IS + 1, self.condition(depth - 1)))

    def _distinct(self, depth: int) -> Expr:
        left, right = self._pair(depth)
        if self.random.random() < 0.1:
            right = atom(left.kind, "NULL")
        word = self.random.choice(("IS DISTINCT FROM", "IS NOT DISTINCT FROM"))
        return made("boolean", IS, f"@ {word} @", (IS + 1, left), (IS + 1, right))

    def _quantified(self, depth: int) -> Expr:
        kind = self.random.choice(("text", "text", "text", "text", "integer", "uuid"))
        array = self.values.value(f"{kind}[]", depth - 1)
        left = self.values.value(kind, depth - 1)
        if kind == "text" and self.random.random() < 0.6:
            left = self.values.literal_near(array)
        operator = self.random.choice(("=", "=", "=", "<>", "<", ">="))
        word = self.random.choice(("ANY", "ANY", "any", "SOME", "ALL"))
        return made("boolean", COMPARE, f"@ {operator} {word} (@)", (MATCH, left), (ANY, array))

    def _function(self, depth: int) -> Expr:
        which = self.random.randrange(4)
        if which < 2:
            left = self.values.text(depth - 1)
            return call("boolean", "starts_with", left, self.values.literal_near(left))
        operations = [atom("text", quoted(pools.literal(self.random, "operation"))) for _ in range(3)]
        if which == 2:
            one = self.values.text(depth - 1) if self.random.random() < 0.1 else operations[0]
            return call("boolean", "storage.allow_only_operation", one)
        items = operations[: self.random.randrange(1, 4)]
        array = made("text[]", ATOM, f"ARRAY[{', '.join('@' for _ in items)}]", *((ANY, item) for item in items))
        if self.random.random() < 0.1:
            array = self.values.texts(depth - 1)
        return call("boolean", "storage.allow_any_operation", array)

    def _has_key(self, depth: int) -> Expr:
        key = atom("text", quoted(self.random.choice((*pools.KEYS, "x", "red"))))
        if self.random.random() < 0.1:
            key = self.values.text(depth - 1)
        return made("boolean", OPERATOR, "@ ? @", (OPERATOR, self.values.document(depth - 1)), (PLUS, key))

    def _cast(self, depth: int) -> Expr:
        document = atom("jsonb", "user_metadata" if self.values.table == "objects" else "auth.jwt()")
        key = atom("text", quoted(self.random.choice(("public", "public", "admin", "level", "missing"))))
        which = self.random.random()
        if which < 0.5:
            inner = made("text", OPERATOR, "@ ->> @", (OPERATOR, document), (PLUS, key))
        elif which < 0.7:
            inner = made("jsonb", OPERATOR, "@ -> @", (OPERATOR, document), (PLUS, key))
        else:
            inner = self.values.integer(depth - 1) if which < 0.85 else self.values.text(depth - 1)
        return self.values.cast("boolean", inner)
