"""Remembers the SQL that is made of callers' policies: making it costs several times what running it does.

What was made counts for a caller of whom policies know the same, as long as the policies are the same object; where one
of them asks for the time, nothing is remembered.

Threads: any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement

from engine.access_types import PolicyCommand
from engine.permissions.language.tree import Column, Fact
from engine.permissions.rows import PolicyTable
from engine.permissions.rules import Rule
from engine.types import RlsContext

_CLAUSES_MAX: Final = 512
_STAYING: Final = frozenset({"id", "bucket_id", "name", "path_tokens", "owner", "owner_id", "created_at"})
"""Columns of an object that are the same after its content was replaced."""


class MadeClauses:
    """Makes clauses, or finds them made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: Sequence[Rule] = ()
        self._are_timeless = True
        self._judge_contents = False
        self._made: dict[Hashable, tuple[Any, ColumnElement[bool]]] = {}

    def get(
        self, rules: Sequence[Rule], context: RlsContext, what: Hashable, make: Callable[[], ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        """Return a clause for a caller.

        Args:
            rules: What it is made of; the very same object as long as they are the same.
            context: Who asks.
            what: Tells it from others of the same caller.
            make: Makes it.
        """
        operation = None if context.act is None else context.act.operation
        key = context.user_id, context.role, id(context.claims), operation, what
        with self._lock:
            self._follow(rules)
            found = self._made.get(key)
        if found is not None:
            return found[1]
        clause = make()
        with self._lock:
            if self._are_timeless and rules is self._rules:
                if len(self._made) >= _CLAUSES_MAX:
                    self._made = {}
                self._made[key] = context.claims, clause  # which keeps their identity theirs
        return clause

    def judge_contents(self, rules: Sequence[Rule]) -> bool:
        """Return whether an object may come into sight or leave it by another content.

        Args:
            rules: As `get`.
        """
        with self._lock:
            self._follow(rules)
            return self._judge_contents

    def _follow(self, rules: Sequence[Rule]) -> None:
        """Forget what was made of other rules. Needs the lock."""
        if rules is not self._rules:
            self._rules, self._are_timeless, self._made = rules, not ask_for_time(rules), {}
            self._judge_contents = judge_contents(rules)


def judge_contents(rules: Sequence[Rule]) -> bool:
    """Return whether it depends on an object's content, or on what is said with it, who sees the object.

    Args:
        rules: Any.
    """
    seeing = {PolicyCommand.ALL, PolicyCommand.SELECT}
    said = [rule.using for rule in rules if rule.table is PolicyTable.OBJECTS and rule.command in seeing]
    nodes = (node for one in said if one is not None for node in one.root.walk())
    return any(isinstance(node, Column) and node.name not in _STAYING for node in nodes)


def ask_for_time(rules: Sequence[Rule]) -> bool:
    """Return whether what rules say may change while they stay the same.

    Args:
        rules: Any.
    """
    said = [expression for rule in rules for expression in (rule.using, rule.check) if expression is not None]
    return any(isinstance(node, Fact) and node.name == "now" for one in said for node in one.root.walk())
