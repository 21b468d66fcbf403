"""Policies in the words of the window: values that go between its parts, and what commands and roles are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.i18n import translate
from engine.access_types import EVERYONE, Explanation, Policy, PolicyCommand, PolicySpec
from engine.context import RlsContext, Role
from engine.errors import InvalidPolicy
from engine.move_types import Target
from engine.permissions.rows import Command, PolicyTable
from engine.types import Bucket


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy with its meaning.

    Attributes:
        policy: The policy.
        sentence: What it says, in plain language.
        place: The bucket that it belongs to, where those of several are listed.
    """

    policy: Policy
    sentence: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a text, and where.

    Attributes:
        reason: In plain words.
        line, column: Where, from 1.
        start, length: The same in characters of the text, from 0.
    """

    reason: str
    line: int = 1
    column: int = 1
    start: int = 0
    length: int = 0

    @property
    def text(self) -> str:
        """Return the reason with its place, for people."""
        shown = translate("Policies", "Line {line}, column {column}: {reason}")
        return shown.format(line=self.line, column=self.column, reason=self.reason)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a policy would say that is being written.

    Attributes:
        spec: The policy.
        sentence: What it means; empty while something is wrong with it.
        using, check: What is wrong with its expressions, or None.
    """

    spec: PolicySpec
    sentence: str = ""
    using: Flaw | None = None
    check: Flaw | None = None

    @property
    def is_sound(self) -> bool:
        """Return whether it can be kept."""
        return self.using is None and self.check is None


@dataclass(frozen=True, slots=True)
class Script:
    """What a text of statements would do.

    Attributes:
        text: The text.
        sentences: What each of its policies would say, or what it would take away.
        notes: What is to be known beside that, such as that a bucket is not there.
        flaw: What is wrong with it, or None.
    """

    text: str
    sentences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to do what.

    Attributes:
        subject: Who.
        command: What.
        path: To which object; nothing where it is about the bucket itself.
        size_bytes: How large the object would be, or None for as it is.
        mime_type: Of which type it would be, or None for as it is.
        target: Where it is to go: moved by UPDATE, copied by INSERT.
        operation: What `storage.operation()` is; nothing for what one usually does so.
    """

    subject: RlsContext
    command: Command
    path: str
    size_bytes: int | None = None
    mime_type: str | None = None
    target: Target | None = None
    operation: str = ""

    @property
    def table(self) -> PolicyTable:
        """Return whose policies decide."""
        return PolicyTable.OBJECTS if self.path else PolicyTable.BUCKETS


@dataclass(frozen=True, slots=True)
class AskedBucket:
    """The bucket in which something is asked about.

    Attributes:
        name: How it is called.
        address: What to ask of the engine: its id, or the name where there is none of it.
        public: Whether its objects can be read by everybody.
        is_there: Whether there is such a bucket.
    """

    name: str
    address: str
    public: bool = False
    is_there: bool = True

    @classmethod
    def of(cls, bucket: Bucket) -> AskedBucket:
        """Return one that is there."""
        return cls(bucket.name, bucket.id, bucket.public)


@dataclass(frozen=True, slots=True)
class FirstRefused:
    """What is asked to find out why something with several objects was refused.

    Attributes:
        where: The bucket that the object is in.
        question: About the first that is refused, or None where none is by now.
        said: Which that is, and how many are refused of how many.
    """

    where: AskedBucket
    question: Question | None
    said: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a question.

    Attributes:
        explanation: The answer.
        is_there: Whether there is an object at the path.
        is_taken: Whether there is one at the target already.
    """

    explanation: Explanation
    is_there: bool
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Allowance:
    """What some may do who may do the same.

    Attributes:
        names: Who.
        commands: What; nothing where they may do nothing.
    """

    names: tuple[str, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Allowances:
    """Who may do what with an object.

    Attributes:
        groups: Those who may do the same together, whoever may do most first.
        more: How many users were not asked about.
    """

    groups: tuple[Allowance, ...]
    more: int = 0


def flaw_of(error: Exception) -> Flaw | None:
    """Return where a text is wrong, or None if an error is about something else."""
    if not isinstance(error, InvalidPolicy):
        return None
    return Flaw(error.message, error.line, error.column, error.start, error.length)


def command_text(command: PolicyCommand) -> str:
    """Return what a policy is about, as a verb."""
    return {
        PolicyCommand.ALL: translate("Policies", "Everything"),
        PolicyCommand.SELECT: translate("Policies", "Read"),
        PolicyCommand.INSERT: translate("Policies", "Add"),
        PolicyCommand.UPDATE: translate("Policies", "Change"),
        PolicyCommand.DELETE: translate("Policies", "Delete"),
    }[command]


def allowances_text(allowances: Allowances, *, public: bool) -> str:
    """Return who may do what with an object, a line for each who may do the same.

    Args:
        allowances: That.
        public: Whether everybody may read it by its address.
    """
    lines = []
    for group in allowances.groups:
        names = ", ".join(group.names)
        verbs = ", ".join(command_text(PolicyCommand(command.value)).lower() for command in group.commands)
        lines.append(f"{names}: {verbs or translate('Policies', 'nothing')}")
    if allowances.more:
        lines.append(translate("Policies", "and %Ln user(s) more", None, allowances.more))
    if public:
        lines.append(translate("Policies", "Everybody may read it by its address: the bucket is public."))
    return "\n".join(lines)


def role_text(role: str) -> str:
    """Return whom a role stands for."""
    known = {
        EVERYONE: translate("Policies", "Everyone"),
        Role.AUTHENTICATED: translate("Policies", "Signed-in users"),
        Role.ANON: translate("Policies", "Visitors"),
    }
    return known.get(role, role)


def roles_text(roles: Sequence[str]) -> str:
    """Return whom a policy concerns."""
    return ", ".join(role_text(role) for role in roles)
