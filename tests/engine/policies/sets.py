"""Random sets of policies on one table: several commands, roles, both clauses, that let in and that hold back."""

from __future__ import annotations

import random

from tests.engine.policies.postgres import quoted
from tests.engine.policies.rows import ALICE

_ROLES = ("public", "public", "authenticated", "authenticated", "anon", "editor", "authenticated, editor")
_COMMANDS = ("all", "select", "select", "insert", "update", "delete")

_OBJECTS = (
    "true",
    "bucket_id = 'cats'",
    "bucket_id = 'avatars'",
    "bucket_id in ('cats', 'avatars')",
    "owner_id = (select auth.jwt() ->> 'sub')",
    "owner = auth.uid()",
    "owner_id is null",
    "(storage.foldername(name))[1] = (select auth.uid()::text)",
    "(storage.foldername(name))[1] in ('public', 'new', 'private')",
    "storage.extension(name) in ('png', 'txt')",
    "lower(storage.extension(name)) = any (array['jpg', 'txt', 'md'])",
    "name like '%a%'",
    "name not ilike 'new/%'",
    "metadata ->> 'mimetype' like 'image/%'",
    "metadata ->> 'mimetype' = 'text/plain'",
    "(metadata ->> 'contentLength')::int < 500",
    "user_metadata ->> 'team' = (auth.jwt() -> 'app_metadata' ->> 'team')",
    "coalesce(user_metadata ->> 'level', '3') in ('3', '10')",
    "auth.role() = 'authenticated'",
    "auth.jwt() ->> 'user_role' = 'editor'",
    "auth.uid() is not null",
    f"auth.uid() <> '{ALICE}'",
    "size > 100",
    "false",
    "null::boolean",
)
_BUCKETS = (
    "true",
    "public",
    "id = 'cats'",
    "name in ('avatars', 'Docs')",
    "owner = auth.uid()",
    "owner_id is null",
    "auth.role() = 'authenticated'",
    "file_size_limit > 1000",
    "'image/png' = any (allowed_mime_types)",
)
_CONDITIONS = {"objects": _OBJECTS, "buckets": _BUCKETS}


class SetMaker:
    """Makes sets of policies; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def policies(self) -> list[str]:
        """Return the CREATE POLICY statements of a set: some on each table."""
        count = self._random.choice((1, 2, 3, 4, 5, 6))
        made = [self._policy(n, "objects") for n in range(count)]
        return made + [self._policy(n, "buckets") for n in range(self._random.choice((0, 1, 2)))]

    def _policy(self, n: int, table: str) -> str:
        command = self._random.choice(_COMMANDS)
        kind = "restrictive" if self._random.random() < 0.25 else "permissive"
        using = f"using ({self._condition(table)})" if command != "insert" else ""
        has_check = command == "insert" or (command in ("all", "update") and self._random.random() < 0.5)
        check = f"with check ({self._condition(table)})" if has_check else ""
        if using and check and self._random.random() < 0.15:
            using = ""
        role = self._random.choice(_ROLES)
        name = quoted(f"p{n}").replace("'", '"')
        return f"create policy {name} on storage.{table} as {kind} for {command} to {role} {using} {check};"

    def _condition(self, table: str) -> str:
        one, other = (self._random.choice(_CONDITIONS[table]) for _ in range(2))
        form = self._random.choice(("{0}", "{0}", "{0} and {1}", "({0}) or ({1})", "{0} and not ({1})"))
        return form.format(one, other)
