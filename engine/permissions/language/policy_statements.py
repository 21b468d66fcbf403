"""Reads CREATE POLICY and DROP POLICY as a Supabase project has them, and writes them.

The expressions are cut out of the text and read by `expression.parse`; places count in the whole text.

Source: PostgreSQL, "CREATE POLICY", "DROP POLICY".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.access_types import EVERYONE, PolicyCommand, PolicySpec
from engine.context import Role
from engine.errors import InvalidPolicy
from engine.permissions.language.cursor import Cursor
from engine.permissions.language.expression import parse
from engine.permissions.language.printer import quoted
from engine.permissions.language.refusals import Refusal, located
from engine.permissions.language.tokens import Lexeme, Shape
from engine.permissions.language.tree import Span
from engine.permissions.rows import PolicyTable

MAX_TEXT: Final = 1024 * 1024
"""How many characters statements may have together."""

_NAMED: Final = (Shape.WORD, Shape.QUOTED)
_CURRENT: Final = frozenset({"current_user", "current_role", "session_user"})
_KNOWN_ROLES: Final = frozenset({EVERYONE, *(role.value for role in Role)})
_NO_USING: Final = frozenset({PolicyCommand.INSERT})
_NO_CHECK: Final = frozenset({PolicyCommand.SELECT, PolicyCommand.DELETE})


@dataclass(frozen=True, slots=True)
class CreatePolicy:
    """CREATE POLICY.

    Attributes:
        spec: What it says; expressions as written.
    """

    spec: PolicySpec


@dataclass(frozen=True, slots=True)
class DropPolicy:
    """DROP POLICY.

    Attributes:
        name: Of the policy.
        table: What it is about.
        if_exists: Whether it may be missing.
    """

    name: str
    table: PolicyTable
    if_exists: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """A statement that changes nothing here.

    Attributes:
        note: Why, for a person.
    """

    note: str


Statement = CreatePolicy | DropPolicy | Ignored


def statements(text: str) -> tuple[Statement, ...]:
    """Return the statements of a text, which are separated by `;`.

    Args:
        text: As pasted from a Supabase project, with comments.

    Raises:
        InvalidPolicy: One is none of those that are supported, or an expression is refused.
    """
    if len(text) > MAX_TEXT:
        raise located(Refusal(f"the text is too long; {MAX_TEXT} characters are the most", Span(MAX_TEXT, 0)), text)
    try:
        return tuple(_all(text))
    except Refusal as refusal:
        raise located(refusal, text) from refusal


def _all(text: str) -> list[Statement]:
    """Return all statements.

    Raises:
        Refusal: One is not supported.
    """
    reader = _Reader(text)
    found: list[Statement] = []
    while not reader.cursor.at_end:
        if not reader.cursor.took_mark(";"):
            found.append(reader.statement())
            if not reader.cursor.at_end:
                reader.cursor.need_mark(";")
    return found


class _Reader:
    """Reads one statement after another."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.cursor = Cursor(text)

    def statement(self) -> Statement:
        """Return the statement that comes next."""
        cursor = self.cursor
        if cursor.took_word("create"):
            cursor.need_word("policy")
            return self._create()
        if cursor.took_word("drop"):
            cursor.need_word("policy")
            return self._drop()
        if cursor.took_word("alter"):
            return self._alter()
        raise cursor.unexpected("CREATE POLICY or DROP POLICY")

    def _name(self, what: str) -> str:
        """Return a name that comes next."""
        if self.cursor.now.shape not in _NAMED:
            raise self.cursor.unexpected(what)
        return self.cursor.take().text

    def _table(self) -> PolicyTable:
        """Return the table that comes next.

        Raises:
            Refusal: It is none that has policies here.
        """
        start = self.cursor.now
        path = [self._name("the name of a table")]
        while self.cursor.took_mark("."):
            path.append(self._name("the name of a table"))
        *schema, name = path
        if schema not in ([], ["storage"]) or name not in list(PolicyTable):
            reason = f"policies are for storage.objects and storage.buckets, not for {'.'.join(path)}"
            raise Refusal(reason, start.span.to(self.cursor.before.span))
        return PolicyTable(name)

    def _drop(self) -> DropPolicy:
        """Return what follows DROP POLICY."""
        cursor = self.cursor
        if_exists = cursor.took_word("if")
        if if_exists:
            cursor.need_word("exists")
        name = self._name("the name of a policy")
        cursor.need_word("on")
        table = self._table()
        cursor.took_word("cascade", "restrict")
        return DropPolicy(name, table, if_exists)

    def _alter(self) -> Ignored:
        """Return a note for ALTER TABLE ... ENABLE ROW LEVEL SECURITY; all other changes are refused."""
        cursor = self.cursor
        cursor.need_word("table")
        if cursor.took_word("if"):
            cursor.need_word("exists")
        cursor.took_word("only")
        self._table()
        if not cursor.took_word("enable", "force"):
            raise cursor.unexpected("ENABLE ROW LEVEL SECURITY")
        for word in ("row", "level", "security"):
            cursor.need_word(word)
        return Ignored("row level security is always on here")

    def _create(self) -> CreatePolicy:
        """Return what follows CREATE POLICY."""
        cursor = self.cursor
        start = cursor.now
        name = self._name("the name of a policy")
        cursor.need_word("on")
        table = self._table()
        permissive = self._permissive()
        command = self._command()
        roles = self._roles()
        using = self._clause("using", table) if cursor.is_word("using") else None
        check = self._check(table) if cursor.is_word("with") else None
        spec = PolicySpec(name, table, command, roles, using, check, permissive)
        reason = misfit(spec)
        if reason is not None:
            raise Refusal(reason, start.span)
        return CreatePolicy(spec)

    def _permissive(self) -> bool:
        """Return what AS says, or the default."""
        if not self.cursor.took_word("as"):
            return True
        if not self.cursor.is_word("permissive", "restrictive"):
            raise self.cursor.unexpected("PERMISSIVE or RESTRICTIVE")
        return self.cursor.take().text == "permissive"

    def _command(self) -> PolicyCommand:
        """Return what FOR says, or the default."""
        if not self.cursor.took_word("for"):
            return PolicyCommand.ALL
        word = self.cursor.now.text.upper()
        if self.cursor.now.shape is not Shape.WORD or word not in list(PolicyCommand):
            raise self.cursor.unexpected("ALL, SELECT, INSERT, UPDATE or DELETE")
        self.cursor.take()
        return PolicyCommand(word)

    def _roles(self) -> tuple[str, ...]:
        """Return what TO says, or the default."""
        if not self.cursor.took_word("to"):
            return (EVERYONE,)
        roles = [self._role()]
        while self.cursor.took_mark(","):
            roles.append(self._role())
        return tuple(dict.fromkeys(roles))

    def _role(self) -> str:
        """Return a role that comes next."""
        token = self.cursor.now
        if token.shape is Shape.WORD and token.text in _CURRENT:
            raise Refusal(f"{token.text.upper()} is the database's; name a role, such as authenticated", token.span)
        return self._name("the name of a role")

    def _check(self, table: PolicyTable) -> str:
        """Return the expression of WITH CHECK."""
        self.cursor.take()
        if not self.cursor.is_word("check"):
            raise self.cursor.unexpected("CHECK")
        return self._clause("check", table)

    def _clause(self, word: str, table: PolicyTable) -> str:
        """Return the expression in the parentheses behind a word.

        Raises:
            InvalidPolicy: It is refused; the place counts in the whole text.
        """
        cursor = self.cursor
        cursor.need_word(word)
        start = cursor.need_mark("(").span.end
        end = self._closing().span.start
        text = self._text[start:end]
        try:
            parse(text, table)
        except InvalidPolicy as error:
            raise Refusal(error.message, Span(start + error.start, error.length)) from error
        return text.strip()

    def _closing(self) -> Lexeme:
        """Go past the parenthesis that closes the one before, and return it."""
        depth = 1
        while not self.cursor.at_end:
            token = self.cursor.take()
            if token.shape is Shape.MARK and token.text in "()":
                depth += 1 if token.text == "(" else -1
            if not depth:
                return token
        raise self.cursor.unexpected("`)`")


def misfit(spec: PolicySpec) -> str | None:
    """Return what is wrong with the clauses of a policy for its command, or None."""
    if spec.using is not None and spec.command in _NO_USING:
        return "only WITH CHECK is for INSERT: there is no row before"
    if spec.check is not None and spec.command in _NO_CHECK:
        return f"WITH CHECK is not for {spec.command}: nothing is written"
    if spec.using is None and spec.check is None:
        return "the policy has no condition; write USING (...) or WITH CHECK (...)"
    return None


def to_sql(spec: PolicySpec, bucket: str | None) -> str:
    """Return a policy as a statement that a Supabase project accepts.

    Args:
        spec: The policy.
        bucket: The bucket that it belongs to, whose condition is written into it; None for all.

    Raises:
        InvalidPolicy: An expression of it is refused.
    """
    lines = [f"create policy {_identifier(spec.name)}", f"on storage.{spec.table.value}"]
    if not spec.permissive:
        lines.append("as restrictive")
    lines.append(f"for {spec.command.value.lower()}")
    lines.append(f"to {', '.join(map(_role_written, spec.roles))}")
    for word, expression in (("using", spec.using), ("with check", spec.check)):
        if expression is not None:
            lines.append(f"{word} ({_with_bucket(expression, spec, bucket)})")
    return "\n".join(lines) + ";\n"


def _with_bucket(expression: str, spec: PolicySpec, bucket: str | None) -> str:
    """Return an expression in its usual form, with the condition on the bucket before it.

    One that holds back leaves all other buckets out, instead of asking for its own: they would be closed.
    """
    parsed = parse(expression, spec.table)
    if bucket is None:
        return parsed.sql
    column = "bucket_id" if spec.table is PolicyTable.OBJECTS else "name"
    equals, joint, nothing = ("=", "and", "true") if spec.permissive else ("<>", "or", "false")
    condition = f"{column} {equals} {quoted(bucket)}"
    return condition if parsed.sql == nothing else f"({condition}) {joint} ({parsed.sql})"


def _identifier(name: str) -> str:
    """Return a name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def _role_written(role: str) -> str:
    """Return a role as it is written: in quotes, unless everybody knows it."""
    return role if role in _KNOWN_ROLES else _identifier(role)
