"""The policies as rules: read once for each state of them, parsed, and remembered.

Nothing is open without a policy. The service role bypasses them all; so do a bucket's public flag and a signed link,
for reading alone (`engine.files.downloads`).

Source: specification, "Security Architecture"; PostgreSQL, "Row Security Policies".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from engine.access_types import EVERYONE, PolicyCommand
from engine.errors import InvalidRequest, Unauthorized
from engine.metadata.tables import storage_policies
from engine.permissions.generation import generation_in
from engine.permissions.rows import Command as Command
from engine.permissions.rows import PolicyTable
from engine.types import RlsContext

if TYPE_CHECKING:
    from engine.permissions.language import Expression

_logger = logging.getLogger(__name__)
_ENABLED: Final = select(storage_policies).where(storage_policies.c.enabled)
_NEVER: Final = "false"
_Parsed = Mapping[tuple[str, PolicyTable], "Expression"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy that counts, ready to be applied.

    Attributes:
        policy_id: Whose it is.
        table: What it is about.
        command: What it is written for.
        roles: Whom it concerns.
        permissive: Whether it lets in or holds back.
        bucket_id: The one bucket in which it counts, or None.
        using: Which existing rows; None where it does not say.
        check: Which rows may be written; `using` where it does not say, None for neither.
    """

    policy_id: str
    table: PolicyTable
    command: PolicyCommand
    roles: frozenset[str]
    permissive: bool
    bucket_id: str | None
    using: Expression | None
    check: Expression | None

    def concerns(self, table: PolicyTable, command: Command, role: str) -> bool:
        """Return whether it has a say in what a role does with a table's rows."""
        if self.table is not table or self.command.value not in {PolicyCommand.ALL.value, command.value}:
            return False
        return EVERYONE in self.roles or role in self.roles


class PermissionChecker:
    """Gives the rules of a state of the database. Threads: any.

    A state that was read in a transaction is known by its generation, also if that transaction never commits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[int, tuple[Rule, ...]] | None = None
        self._parsed: _Parsed = {}

    def rules_in(self, connection: Connection) -> tuple[Rule, ...]:
        """Return the rules that a connection's transaction sees.

        Args:
            connection: In a transaction.
        """
        generation = generation_in(connection)
        with self._lock:
            known, parsed = self._known, self._parsed
        if known is not None and known[0] == generation:
            return known[1]
        reader = RuleReader(parsed)
        rules = tuple(reader.rule_of(row) for row in connection.execute(_ENABLED))
        with self._lock:
            self._known, self._parsed = (generation, rules), reader.parsed
        return rules

    def check_service(self, context: RlsContext) -> None:
        """Refuse everybody but the service role.

        Raises:
            Unauthorized: The caller has another role.
        """
        if not context.can_bypass_rls:
            raise Unauthorized(WRITE_DENIED)


WRITE_DENIED: Final = "new row violates row-level security policy"
"""What is said of a row that may not be written. Source: PostgreSQL, and Supabase's clients, which know it."""


class RuleReader:
    """Makes rules of rows; what was parsed before is not parsed again.

    Args:
        known: What was parsed before.

    Attributes:
        parsed: What was needed now.
    """

    def __init__(self, known: _Parsed | None = None) -> None:
        self._known = known or {}
        self.parsed: dict[tuple[str, PolicyTable], Expression] = {}

    def rule_of(self, row: Any) -> Rule:  # noqa: ANN401 - a row, typed by its query
        """Return the rule of a row. One that cannot be read lets nobody in and, if it holds back, holds back all."""
        table = PolicyTable(row.table_name)
        try:
            using, check = self._expression(row.using_text, table), self._expression(row.check_text, table)
        except InvalidRequest:
            _logger.warning("the policy %r cannot be read, and lets nobody in", row.name, exc_info=True)
            using = check = self._expression(_NEVER, table)
        return Rule(
            policy_id=row.id,
            table=table,
            command=PolicyCommand(row.command),
            roles=frozenset(row.roles),
            permissive=row.permissive,
            bucket_id=row.bucket_id,
            using=using,
            check=using if check is None else check,
        )

    def _expression(self, text: str | None, table: PolicyTable) -> Expression | None:
        from engine.permissions.language import parse  # see there: many a start sees no policy

        if text is None:
            return None
        known = self._known.get((text, table))
        self.parsed[text, table] = found = parse(text, table) if known is None else known
        return found
