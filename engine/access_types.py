"""The values of access control that cross the seams: policies, explanations, users, tokens, audit entries.

Frozen and slotted. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from engine.context import NO_CLAIMS
from engine.permissions.rows import Command, PolicyTable

EVERYONE: Final = "public"
"""The role that stands for all roles, as in PostgreSQL."""


class PolicyCommand(StrEnum):
    """What a policy is written for."""

    ALL = "ALL"
    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """What a policy says, as in PostgreSQL's CREATE POLICY.

    Attributes:
        name: Unique for its table.
        table: What it is about.
        command: What it is written for.
        roles: Whom it concerns; `("public",)` is everyone.
        using: Which existing rows, or None where it does not say (INSERT never does).
        check: Which rows may be written, or None: then `using` counts for them as well.
        permissive: Whether it lets in (one is enough), or holds back (all must agree).
    """

    name: str
    table: PolicyTable
    command: PolicyCommand
    roles: tuple[str, ...] = (EVERYONE,)
    using: str | None = None
    check: str | None = None
    permissive: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that is kept.

    Attributes:
        id: UUID.
        spec: What it says; of one that belongs to a bucket, without the condition on the bucket.
        bucket: Name of the bucket that it belongs to, or None where it speaks of all.
        enabled: Whether it counts.
    """

    id: str
    spec: PolicySpec
    bucket: str | None
    enabled: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """What a text of statements came to.

    Attributes:
        created: As they are kept.
        dropped: As they were.
    """

    created: tuple[Policy, ...]
    dropped: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Culprit:
    """The part of an expression that decided.

    Attributes:
        text: As it is written in the policy.
        start, length: Where, in characters of the policy's text.
        value: What it came to: `true`, `false`, `null`, or a value as text.
    """

    text: str
    start: int
    length: int
    value: str


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """What one policy says to one question.

    Attributes:
        policy: The policy.
        clause: `USING` or `WITH CHECK`.
        applies: Whether it concerns this role and command at all, and is enabled.
        result: Whether the row meets it; None for null, which counts as no, and where it does not apply.
        culprits: The sub-expressions that made it fail, or pass.
        at_target: Whether it says so of the row as it would be where the object is to go.
    """

    policy: Policy
    clause: str
    applies: bool
    result: bool | None
    culprits: tuple[Culprit, ...] = ()
    at_target: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why somebody may do something, or may not.

    Attributes:
        allowed: The answer.
        reason: One sentence for a person.
        command: What was asked.
        verdicts: Every policy of the table, those that apply first.
    """

    allowed: bool
    reason: str
    command: Command
    verdicts: tuple[PolicyVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyTemplate:
    """A ready-made set of policies.

    Attributes:
        id: Stable name for programs.
        title: A few words.
        sentence: What it means, in plain language.
        needs_value: What must be filled in (`file types`, `claim and value`), or None.
    """

    id: str
    title: str
    sentence: str
    needs_value: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is known here, to mint tokens for.

    Attributes:
        id: UUID, `auth.uid()` of policies.
        name: What people call them; unique.
        role: The role of their tokens.
        claims: What their tokens say beside that.
        has_password: Whether one was set.
        changed_at: When any of it was changed last, their password too; None where that is not known.
    """

    id: str
    name: str
    role: str
    has_password: bool
    created_at: datetime
    claims: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS)
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What is known of a token that was minted here; the token itself is kept nowhere.

    Attributes:
        id: Its `jti`.
        user_id: Its `sub`, or None.
        role: Its role.
        expires_at: When it ends by itself, or None for never.
        revoked_at: When it was ended, or None.
    """

    id: str
    user_id: str | None
    role: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known of a key that counts now; the key itself is told to nobody.

    Attributes:
        signs_links: Whether it signs links, not tokens.
        algorithm: How; empty where a file holds no key that can be used.
        key_id: What `kid` calls it, or None where it has no name.
        since: When it was made here, or None for others'.
        until: From when on it no longer counts, or None for until it is replaced.
        source: The file or the variable that it comes from; empty for the workspace's own.
    """

    signs_links: bool
    algorithm: str
    key_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that was just minted.

    Attributes:
        token: The JWT; shown once.
        info: What is remembered of it.
    """

    token: str = field(repr=False)
    info: TokenInfo


class AuditResult(StrEnum):
    """How an operation ended."""

    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the audit.

    Attributes:
        id: Its number; never used twice.
        at: When it happened.
        actor: Who did it: a user's id, the name of a job, `service_role`, or `anonymous`.
        user_id: The user, if it was one.
        role: In which role, or None for jobs.
        operation: What was done; a value of `engine.context.Operation`, of `engine.audit.Operation`, or of a
            later program.
        bucket_id: UUID of the bucket, or None where it was in none.
        bucket: Its name then.
        path: The object, the folder with its trailing `/`, or the stored file's key.
        result: How it ended.
        request_id: Of the HTTP request that it came with.
        remote_address: Where that came from.
        detail: What else is to be known, such as all paths of a bulk change, or why it was denied.
    """

    id: int
    at: datetime
    actor: str
    operation: str
    bucket_id: str | None
    path: str
    detail: Mapping[str, Any]
    user_id: str | None = None
    role: str | None = None
    bucket: str | None = None
    result: str = AuditResult.DONE
    request_id: str | None = None
    remote_address: str | None = None

    @property
    def acted_by(self) -> str | None:
        """Return who did it in the name of the actor, whom they tried out; None where it was the actor."""
        found = self.detail.get("acted_by")
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; what is None or empty does not narrow.

    Attributes:
        since, until: From the first, up to but without the second.
        user: Part of an actor's or user's id, or of the id of whoever acted as them.
        operations: Any of these, or those that begin with one that ends with `.`.
        bucket: Its name.
        path: Part of the path.
        result: How it ended.
        role: In which role; empty for what Holdall did by itself.
        request: Part of the id of an HTTP request, which is the first or the last of those that are one entry.
        address: Part of the address that it came from.
    """

    since: datetime | None = None
    until: datetime | None = None
    user: str = ""
    operations: tuple[str, ...] = ()
    bucket: str | None = None
    path: str = ""
    result: AuditResult | None = None
    role: str | None = None
    request: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries, the newest first.

    Attributes:
        next_cursor: Give it back to get older ones, or None at the end.
    """

    entries: tuple[AuditEntry, ...]
    next_cursor: int | None


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Whether the audit is as it was written.

    Attributes:
        entries: How many were looked at.
        sound: Whether each follows from the one before it.
        first_wrong: Number of the first that does not, or None.
        reason: What is wrong with it; empty where nothing is.
    """

    entries: int
    sound: bool
    first_wrong: int | None = None
    reason: str = ""
