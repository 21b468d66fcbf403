"""Texts that are nearly policies, and texts that are nothing at all: what the language has to survive."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from engine.permissions.rows import PolicyTable
from tests.engine.policies import documented
from tests.engine.policies.conditions import ConditionMaker

_TOKENS = (
    "(", ")", "[", "]", ",", ";", ".", "'", '"', "''", "--", "/*", "*/", "$$", "$x$", "::", ":", "=", "<>", "!=", "<=>",
    "->", "->>", "#>", "#>>", "?", "?|", "@>", "||", "|", "&&", "+", "-", "*", "/", "%", "^", "!", "~", "~*", "\\", "`",
    "AND", "OR", "NOT", "IS", "NULL", "TRUE", "IN", "BETWEEN", "LIKE", "ILIKE", "ESCAPE", "SIMILAR TO", "DISTINCT FROM",
    "CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "ARRAY", "ANY", "ALL", "SOME", "SELECT", "FROM", "WHERE", "UNION",
    "EXISTS (select 1)", "INSERT", "DROP TABLE storage_objects", "PRAGMA", "ATTACH", "VALUES", "ROW(1,2)", "INTERVAL",
    "COLLATE \"C\"", "AT TIME ZONE 'UTC'", "OPERATOR(pg_catalog.=)", "create policy p on storage.objects", "to public",
    "using (true)", "with check (true)", "as restrictive", "for all", "drop policy if exists p on storage.objects;",
    "name", "owner", "size", "metadata", "bucket_id", "storage.", "auth.uid()", "auth.users", "storage.objects.name",
    "pg_sleep(1)", "load_extension('x')", "current_user", "0", "1", "9223372036854775808", "1e400", ".5", "0x1F",
    "1_000", "E'\\x41'", "U&'\\0041'", "N'x'", "B'1'", "\x00", "\ufeff", "\u2028", "\u00a0", "\ud800", "\U0001f600",
    "İ", "\r", "\t",
)  # fmt: skip
_NESTS: tuple[Callable[[int], str], ...] = (
    lambda n: "(" * n + "true" + ")" * n,
    lambda n: "(" * n,
    lambda n: "NOT " * n + "true",
    lambda n: "- " * n + "1 = 1",
    lambda n: "size" + " + 1" * n + " = 1",
    lambda n: "name" + " || 'a'" * n + " = 'a'",
    lambda n: "true" + " AND true" * n,
    lambda n: "true" + " OR (true AND false)" * n,
    lambda n: "name" + "::text" * n + " = 'a'",
    lambda n: "CASE WHEN true THEN " * n + "true" + " END" * n,
    lambda n: "coalesce(" * n + "name" + ")" * n + " = 'a'",
    lambda n: "lower(" * n + "name" + ")" * n + " = 'a'",
    lambda n: "ARRAY[" * n + "1" + "]" * n,
    lambda n: "(ARRAY[" * n + "name" + "])[1]" * n + " = 'a'",
    lambda n: "metadata" + " -> 'a'" * n + " is null",
    lambda n: "(select " * n + "auth.uid()" + ")" * n + " = owner",
    lambda n: "/*" * n + "*/" * n + "true",
    lambda n: "name in (" + ", ".join("'a'" for _ in range(n)) + ")",
    lambda n: "name = '" + "x" * n + "'",
    lambda n: "name = '" + "''" * n + "'",
    lambda n: "x" * n,
    lambda n: "1" * n + " = size",
    lambda n: "name like '" + "%a" * n + "'",
    lambda n: "metadata = '" + "[" * n + "]" * n + "'::jsonb",
    lambda n: "name = any ('{" + ",".join("a" for _ in range(n)) + "}')",
    lambda n: "name = any ('" + "{" * n + "}" * n + "')",
    lambda n: "\n" * n + "nope",
    lambda n: "create policy p on storage.objects using (true);" * min(n, 200),
    lambda n: '"' * n,
    lambda n: "true" + " is true" * n,
    lambda n: "true" + " = true" * n,
    lambda n: "a." * n + "b",
    lambda n: "interval '" + "1 day " * n + "' > interval '1 day'",
)  # fmt: skip
_DEPTHS = (3, 30, 60, 150, 1000, 8000)
_CHARACTERS = (
    (0x20, 0x7F),
    (0, 0x20),
    (0x80, 0x250),
    (0x300, 0x370),
    (0x2000, 0x2070),
    (0xD800, 0xE000),
    (0x10000, 0x110000),
)


def nests() -> Iterator[str]:
    """Yield texts that are deep, long, or both."""
    for make in _NESTS:
        for depth in _DEPTHS:
            yield make(depth)


class Mutator:
    """Makes inputs of all kinds; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        maker = ConditionMaker(self._random, PolicyTable.OBJECTS.value)
        self.conditions = [maker.condition(self._random.choice((1, 2, 2, 3))).sql for _ in range(400)]
        self._corpus = [*documented.ALL * 10, *self.conditions]

    def inputs(self, count: int) -> Iterator[str]:
        """Yield so many inputs."""
        ways = (self._mutated, self._mutated, self._mutated, self._spliced, self._soup, self._noise, self._whole)
        for _ in range(count):
            yield self._random.choice(ways)()

    def _whole(self) -> str:
        condition = self._random.choice(self._corpus)
        if self._random.random() < 0.5:
            return condition
        command = self._random.choice(("all", "select", "insert", "update", "delete", "merge"))
        clause = self._random.choice(("using", "with check"))
        table = self._random.choice(("storage.objects", "storage.buckets", '"storage"."objects"', "auth.users"))
        return f"create policy p on {table} for {command} to public, editor {clause} ({condition});"

    def _mutated(self) -> str:
        text = self._random.choice(self._corpus)
        for _ in range(self._random.choice((1, 1, 2, 4))):
            text = self._changed(text)
        return text

    def _changed(self, text: str) -> str:
        start = self._random.randrange(len(text) + 1)
        end = min(len(text), start + self._random.choice((0, 1, 1, 3, 10, 40)))
        which = self._random.randrange(5)
        if which == 0:
            return text[:start] + text[end:]
        if which == 1:
            return text[:end] + text[start:]
        if which == 2:
            return text[:start] + self._random.choice(("", " ")) + self._random.choice(_TOKENS) + " " + text[start:]
        if which == 3:
            return text[:start] + self._random.choice(_TOKENS) + text[end:]
        return text[:start] + self._character() + text[start + 1 :]

    def _spliced(self) -> str:
        one, other = self._random.choice(self._corpus), self._random.choice(self._corpus)
        return one[: self._random.randrange(len(one) + 1)] + other[self._random.randrange(len(other) + 1) :]

    def _soup(self) -> str:
        return self._random.choice((" ", "", "\n")).join(self._several(_TOKENS))

    def _noise(self) -> str:
        return "".join(self._character() for _ in range(self._random.choice((0, 1, 5, 40, 200))))

    def _several(self, choices: Sequence[str]) -> list[str]:
        return [self._random.choice(choices) for _ in range(self._random.choice((1, 3, 8, 20)))]

    def _character(self) -> str:
        return chr(self._random.randrange(*self._random.choice(_CHARACTERS)))
