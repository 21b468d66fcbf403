"""What the callers of one transaction share.

Threads: one at a time, as the transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection

from engine.cancel import CancelToken
from engine.metadata.prepared import PreparedQueries
from engine.permissions.made_clauses import MadeClauses
from engine.permissions.rules import PermissionChecker, Rule
from engine.times import now_us


class State:
    """The rules as one transaction sees them, and its moment: read when the first caller is held to them.

    Args:
        connection: In the transaction.
        permissions: Reads rules.
        clauses: What was made of them before.
        prepared: Queries that were asked before.
        cancel: Ends its statements, whoever's they are; None: nothing does.
    """

    def __init__(
        self,
        connection: Connection,
        permissions: PermissionChecker,
        clauses: MadeClauses,
        prepared: PreparedQueries,
        cancel: CancelToken | None = None,
    ) -> None:
        self._connection = connection
        self._permissions = permissions
        self._rules: tuple[Rule, ...] | None = None
        self._moment_us: int | None = None
        self.clauses, self.prepared, self.cancel = clauses, prepared, cancel

    # No `cached_property` here: until Python 3.12 all objects of a class wait for one lock while one of them reads.

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules."""
        if self._rules is None:
            self._rules = self._permissions.rules_in(self._connection)
        return self._rules

    @property
    def moment_us(self) -> int:
        """What `now()` is for all of them."""
        if self._moment_us is None:
            self._moment_us = now_us()
        return self._moment_us
