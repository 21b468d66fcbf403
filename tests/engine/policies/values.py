"""Generated values: texts, numbers, identities, times, documents and arrays over all that policies may name."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from tests.engine.policies import pools
from tests.engine.policies.expr import (
    ANY,
    ATOM,
    CAST,
    MINUS,
    OPERATOR,
    PLUS,
    TIMES,
    Expr,
    atom,
    call,
    made,
)
from tests.engine.policies.postgres import quoted

Way = Callable[[int], Expr]
"""Makes an expression that is at most so many levels deep."""

_WRAPPED = 0.12
_COLUMNS = {
    "objects": {
        "text": (("bucket_id", "bucket"), ("name", "name"), ("owner_id", "owner"), ("version", "owner")),
        "bigint": ("size",),
        "uuid": ("id", "owner"),
        "timestamptz": ("created_at", "updated_at", "last_accessed_at"),
        "jsonb": ("metadata", "user_metadata"),
        "text[]": (("path_tokens", "segment"),),
    },
    "buckets": {
        "text": (("id", "bucket"), ("name", "bucket"), ("owner_id", "owner")),
        "bigint": ("file_size_limit",),
        "uuid": ("owner",),
        "timestamptz": ("created_at", "updated_at"),
        "jsonb": (),
        "text[]": (("allowed_mime_types", "type"),),
    },
}


class Conditions(Protocol):
    """Makes conditions, which CASE needs."""

    def condition(self, depth: int) -> Expr:
        """Return an expression of type boolean."""


class Values:
    """Makes values of every type but boolean.

    Attributes:
        random: Decides.
        table: `objects` or `buckets`.
    """

    def __init__(self, random_: random.Random, table: str = "objects") -> None:
        self.random = random_
        self.table = table
        self._columns = _COLUMNS[table]
        self.conditions: Conditions | None = None

    def value(self, kind: str, depth: int) -> Expr:
        """Return an expression of a type.

        Args:
            kind: PostgreSQL's name of the type.
            depth: How deep it may become.
        """
        ways = {
            "text": self.text,
            "integer": self.integer,
            "bigint": self.long,
            "uuid": self.uuid,
            "timestamptz": self.time,
            "interval": self.interval,
            "jsonb": self.document,
            "text[]": self.texts,
            "integer[]": self.integers,
            "uuid[]": self.uuids,
            "boolean": self._condition,
        }
        return ways[kind](depth)

    def literal_near(self, other: Expr) -> Expr:
        """Return a text that another expression is likely to be."""
        return atom("text", quoted(pools.literal(self.random, other.pool)), other.pool)

    def text(self, depth: int) -> Expr:
        """Return a text."""
        if depth <= 0:
            return self._choose(0, (6, self._text_column), (3, self._text_fact), (2, self._text_literal))
        return self._choose(
            depth,
            (10, self._text_column),
            (4, self._text_fact),
            (3, self._text_literal),
            (10, self._part_of_path),
            (7, self._text_function),
            (10, self._text_of_document),
            (4, self._concatenated),
            (2, self._text_cast),
            (2, lambda below: self.any_of("text", below)),
            (0.3, lambda _: atom("text", "NULL::text")),
        )

    def _text_column(self, _: int) -> Expr:
        name, pool = self.random.choice(self._columns["text"])
        return atom("text", name, pool)

    def _text_fact(self, _: int) -> Expr:
        name, pool = self.random.choice(
            (("auth.role()", "role"), ("auth.email()", "email"), ("storage.operation()", "operation"))
        )
        return atom("text", name if self.random.random() < 0.6 else f"(select {name})", pool)

    def _text_literal(self, _: int) -> Expr:
        pool = self.random.choice(list(pools.TEXTS))
        return atom("text", quoted(pools.literal(self.random, pool)), pool)

    def _part_of_path(self, depth: int) -> Expr:
        name = self.text(depth - 2) if self.random.random() < 0.2 else atom("text", "name", "name")
        which = self.random.randrange(4)
        if which == 0:
            return call("text", "storage.filename", name, pool="file")
        if which == 1:
            return call("text", "storage.extension", name, pool="extension")
        return self._element(depth)

    def _element(self, depth: int) -> Expr:
        array, index = self.texts(depth - 1), self._small(depth - 1)
        if array.level == ATOM and array.texts[0].isidentifier() and self.random.random() < 0.7:
            return made("text", CAST - 1, "@[@]", (ATOM, array), (ANY, index), pool=array.pool)
        return made("text", CAST - 1, "(@)[@]", (ANY, array), (ANY, index), pool=array.pool)

    def _text_function(self, depth: int) -> Expr:
        inner = self.text(depth - 1)
        which = self.random.randrange(6)
        if which < 2:
            name = self.random.choice(("lower", "upper", "LOWER", "Upper"))
            return call("text", name, inner, pool=inner.pool if self.random.random() < 0.7 else "case")
        if which == 2:
            return self._substring(inner, depth)
        if which == 3:
            delimiter = atom("text", quoted(self.random.choice(pools.DELIMITERS)))
            return call("text", "split_part", inner, delimiter, self._small(depth - 1), pool="segment")
        if which == 4:
            name = self.random.choice(("left", "right"))
            return call("text", name, inner, self._small(depth - 1), pool=inner.pool)
        other = self.literal_near(inner)
        return call("text", "nullif", inner, other, pool=inner.pool)

    def _substring(self, inner: Expr, depth: int) -> Expr:
        start, length = self._small(depth - 1), self._small(depth - 1)
        form = self.random.choice(
            (
                "substring(@ from @ for @)",
                "substring(@, @, @)",
                "substr(@, @, @)",
                "substring(@ from @)",
                "substr(@, @)",
            )
        )
        parts = (inner, start, length)[: form.count("@")]
        return made("text", ATOM, form, *((ANY, part) for part in parts), pool=inner.pool)

    def _text_of_document(self, depth: int) -> Expr:
        document = self.document(depth - 1)
        if self.random.random() < 0.2:
            path = atom("text", quoted(self.random.choice(pools.PATHS)))
            return made("text", OPERATOR, "@ #>> @", (OPERATOR, document), (PLUS, path), pool="scalar")
        return made("text", OPERATOR, "@ ->> @", (OPERATOR, document), (PLUS, self._key(depth)), pool="scalar")

    def _key(self, depth: int) -> Expr:
        which = self.random.random()
        if which < 0.8:
            return atom("text", quoted(self.random.choice(pools.KEYS)))
        return self._small(0) if which < 0.92 else self.text(min(depth - 2, 1))

    def _concatenated(self, depth: int) -> Expr:
        left, right = self.text(depth - 1), self.text(depth - 1)
        which = self.random.random()
        if which < 0.1:
            right = self.integer(depth - 1)
        elif which < 0.4:
            right = self._text_literal(0)
        return made("text", OPERATOR, "@ || @", (OPERATOR, left), (PLUS, right), pool=left.pool)

    def _text_cast(self, depth: int) -> Expr:
        kind = self.random.choice(("uuid", "integer", "bigint", "boolean", "uuid", "text", "jsonb", "timestamptz"))
        if kind == "boolean":
            inner = self._condition(depth - 1)
        elif kind == "timestamptz" and self.random.random() < 0.5:
            inner = self.uuid(depth - 1)
        else:
            inner = self.value(kind, depth - 1)
        pool = {"uuid": "owner", "integer": "number", "bigint": "number", "jsonb": "document"}.get(inner.kind, "scalar")
        return self.cast("text", inner, pool)

    def cast(self, kind: str, inner: Expr, pool: str = "") -> Expr:
        """Return an expression as a value of another type."""
        if self.random.random() < 0.15:
            return made(kind, ATOM, f"cast(@ as {kind})", (ANY, inner), pool=pool)
        name = {"integer": "int", "bigint": "int8", "boolean": "bool"}.get(kind, kind)
        name = kind if self.random.random() < 0.5 else name
        return made(kind, CAST, f"@::{name}", (CAST, inner), pool=pool)

    def integer(self, depth: int) -> Expr:
        """Return an integer of 4 bytes."""
        if depth <= 0:
            return self._number(pools.INTEGERS)
        return self._choose(
            depth,
            (5, lambda _: self._number(pools.INTEGERS)),
            (6, lambda below: call("integer", "length", self.text(below - 1))),
            (3, self._count),
            (3, lambda below: self._arithmetic("integer", below)),
            (2, lambda below: self.cast("integer", self._number_in(below - 1))),
            (2, lambda below: self.any_of("integer", below)),
        )

    def long(self, depth: int) -> Expr:
        """Return an integer of 8 bytes."""
        column = atom("bigint", self._columns["bigint"][0])
        if depth <= 0:
            return column
        return self._choose(
            depth,
            (8, lambda _: column),
            (3, lambda below: self._arithmetic("bigint", below)),
            (1, lambda _: self._number(pools.LONG_INTEGERS, "bigint")),
            (2, lambda below: self.cast("bigint", self._number_in(below - 1))),
            (1, lambda below: self.any_of("bigint", below)),
        )

    def _number(self, numbers: Sequence[int], kind: str = "integer") -> Expr:
        number = atom(kind, str(self.random.choice(numbers)))
        return made(kind, MINUS, "-@", (MINUS + 1, number)) if self.random.random() < 0.1 else number

    def _small(self, depth: int) -> Expr:
        if depth > 0 and self.random.random() < 0.15:
            return self.integer(depth - 1)
        return self._number((1, 1, 1, 2, 2, 3, 0, 5, 10))

    def _count(self, depth: int) -> Expr:
        which = self.random.randrange(3)
        if which == 0:
            inner = self.text(depth - 1)
            return call("integer", "strpos", inner, self.literal_near(inner))
        if which == 1:
            return call("integer", "array_length", self.texts(depth - 1), self._number((1, 1, 1, 2, 0)))
        return call("integer", "cardinality", self.texts(depth - 1))

    def _number_in(self, depth: int) -> Expr:
        """Return what may be read as a number: mostly it is one."""
        which = self.random.random()
        if which < 0.35:
            return atom("text", quoted(self.random.choice(pools.TEXTS["number"])))
        if which < 0.55:
            return made("text", OPERATOR, "@ ->> @", (OPERATOR, atom("jsonb", "user_metadata")), (PLUS, self._key(0)))
        if which < 0.65:
            return made("jsonb", OPERATOR, "@ -> @", (OPERATOR, atom("jsonb", "metadata")), (PLUS, self._key(0)))
        if which < 0.75:
            return self._condition(depth)
        return self.random.choice((self.text, self.integer, self.long))(depth)

    def _arithmetic(self, kind: str, depth: int) -> Expr:
        left = self.value(kind, depth - 1)
        right = self.integer(depth - 1)
        operator = self.random.choice("++--*/%")
        if operator in "*/%" and self.random.random() < 0.7:
            right = self._number((1, 2, 3, 7, 10, 1024))
        if self.random.random() < 0.2 and operator in "+*":
            left, right = right, left
        level = PLUS if operator in "+-" else TIMES
        return made(kind, level, f"@ {operator} @", (level, left), (level + 1, right))

    def uuid(self, depth: int) -> Expr:
        """Return a UUID."""
        column = atom("uuid", self.random.choice(self._columns["uuid"]))
        caller = atom("uuid", self.random.choice(("auth.uid()", "auth.uid()", "(select auth.uid())")))
        given = self.cast("uuid", atom("text", quoted(self.random.choice(pools.UUIDS))))
        if depth <= 0:
            return self.random.choice((column, caller, given))
        return self._choose(
            depth,
            (6, lambda _: column),
            (6, lambda _: caller),
            (3, lambda _: given),
            (1, lambda below: self.cast("uuid", self.text(below - 1))),
            (1, lambda below: self.any_of("uuid", below)),
        )

    def time(self, depth: int) -> Expr:
        """Return a moment."""
        column = atom("timestamptz", self.random.choice(self._columns["timestamptz"]))
        given = self.cast("timestamptz", atom("text", quoted(self.random.choice(pools.TIMES))))
        if depth <= 0:
            return self.random.choice((column, given))
        return self._choose(
            depth,
            (6, lambda _: column),
            (4, lambda _: given),
            (3, lambda _: atom("timestamptz", "now()")),
            (4, self._moved),
            (1, lambda below: self.any_of("timestamptz", below)),
        )

    def _moved(self, depth: int) -> Expr:
        operator = self.random.choice("+-")
        moment, length = self.time(depth - 1), self.interval(depth - 1)
        if operator == "+" and self.random.random() < 0.3:
            moment, length = length, moment
        return made("timestamptz", PLUS, f"@ {operator} @", (PLUS, moment), (PLUS + 1, length))

    def interval(self, depth: int) -> Expr:
        """Return a length of time."""
        given = quoted(self.random.choice(pools.INTERVALS))
        if depth > 0 and self.random.random() < 0.3:
            return made("interval", PLUS, "@ - @", (PLUS, self.time(depth - 1)), (PLUS + 1, self.time(depth - 1)))
        if self.random.random() < 0.5:
            return atom("interval", f"interval {given}")
        return self.cast("interval", atom("text", given))

    def document(self, depth: int) -> Expr:
        """Return a JSON document."""
        columns = [atom("jsonb", name) for name in self._columns["jsonb"]]
        facts = [atom("jsonb", "auth.jwt()"), atom("jsonb", "(select auth.jwt())")]
        choices = columns * 3 + facts
        if depth <= 0 or self.random.random() < 0.6:
            return self.random.choice(choices)
        which = self.random.random()
        if which < 0.1:
            return self.cast("jsonb", atom("text", quoted(self.random.choice(pools.TEXTS["document"]))))
        inner = self.document(depth - 1)
        if which < 0.25:
            path = atom("text", quoted(self.random.choice(pools.PATHS)))
            return made("jsonb", OPERATOR, "@ #> @", (OPERATOR, inner), (PLUS, path))
        if which < 0.35:
            return self.any_of("jsonb", depth)
        return made("jsonb", OPERATOR, "@ -> @", (OPERATOR, inner), (PLUS, self._key(depth)))

    def texts(self, depth: int) -> Expr:
        """Return an array of texts."""
        name, pool = self.random.choice(self._columns["text[]"])
        column = atom("text[]", name, pool)
        folders = call("text[]", "storage.foldername", atom("text", "name", "name"), pool="segment")
        which = self.random.random()
        if depth <= 0 or which < 0.6:
            return self.random.choice((column, folders))
        if which < 0.65:
            return self.any_of("text[]", depth)
        if which < 0.7:
            return call("text[]", "storage.foldername", self.text(depth - 1), pool="segment")
        return self._array("text", depth)

    def integers(self, depth: int) -> Expr:
        """Return an array of integers."""
        return self._array("integer", depth)

    def uuids(self, depth: int) -> Expr:
        """Return an array of UUIDs."""
        return self._array("uuid", depth)

    def _array(self, kind: str, depth: int) -> Expr:
        if kind == "text" and self.random.random() < 0.15:
            return atom("text[]", "'{private,\"team-red\",NULL,png}'::text[]", "segment")
        first = self.value(kind, depth - 1)
        items = [first, *(self.value(kind, depth - 2) for _ in range(self.random.randrange(3)))]
        if kind == "text" and self.random.random() < 0.6:
            items = [self.literal_near(first) for _ in range(self.random.randrange(1, 5))]
        return made(
            f"{kind}[]",
            ATOM,
            f"ARRAY[{', '.join('@' for _ in items)}]",
            *((ANY, item) for item in items),
            pool=first.pool,
        )

    def any_of(self, kind: str, depth: int) -> Expr:
        """Return COALESCE or CASE over values of a type."""
        first, second = self.value(kind, depth - 1), self.value(kind, depth - 1)
        which = self.random.random()
        if which < 0.4:
            return call(kind, self.random.choice(("coalesce", "COALESCE")), first, second, pool=first.pool)
        if which < 0.6 and kind not in ("jsonb",):
            operand = self.text(depth - 1)
            form, slots = "CASE @ WHEN @ THEN @ ELSE @ END", (operand, self.literal_near(operand), first, second)
        elif which < 0.8:
            form, slots = "CASE WHEN @ THEN @ ELSE @ END", (self._condition(depth - 1), first, second)
        else:
            conditions = self._condition(depth - 1), self._condition(depth - 2)
            form, slots = "CASE WHEN @ THEN @ WHEN @ THEN @ END", (conditions[0], first, conditions[1], second)
        return made(kind, ATOM, form, *((ANY, slot) for slot in slots), pool=first.pool)

    def _condition(self, depth: int) -> Expr:
        if self.conditions is None:
            raise RuntimeError("nothing makes conditions here")
        return self.conditions.condition(depth)

    def _choose(self, depth: int, *ways: tuple[float, Way]) -> Expr:
        """Return what one of some ways makes, each as likely as its weight says; some get parentheses."""
        (way,) = self.random.choices([way for _, way in ways], [weight for weight, _ in ways])
        found = way(depth)
        if self.random.random() < _WRAPPED:
            return Expr(found.kind, found.level, found.texts, found.parts, True, found.pool)
        return found
